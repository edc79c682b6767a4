// What the worker did not know of its reports, and whether a decision differs from an earlier one.

import { REPORT_FLAG } from '../../core/reports/report-rows.ts'
import type { LedgerCorrection, UsageCounts } from '../../core/task.ts'
import { OUTCOME, type UsageReport } from '../../usage/report.ts'
import type { ReportState } from './report-history.ts'

/** `batchRest`: the remainder that the batch found. */
export function noteCorrection(
  n: UsageReport,
  batchRest: UsageCounts | null,
  stateOf: (n: UsageReport) => ReportState,
  out: Map<number, LedgerCorrection>,
): void {
  const correction = correctionOf(n, batchRest, stateOf)
  if (correction === null) out.delete(n.event)
  else out.set(n.event, correction)
}

export function isSameState(a: ReportState, b: ReportState): boolean {
  return a.outcome === b.outcome && a.owner === b.owner && isSameRest(a.rest, b.rest)
}

function isSameRest(a: UsageCounts | null, b: UsageCounts | null): boolean {
  if (a === null || b === null) return a === b
  const { input, output, read, written, reasoning } = a
  return (
    input === b.input &&
    output === b.output &&
    read === b.read &&
    written === b.written &&
    reasoning === b.reasoning
  )
}

/** What the batch of a new report did not know; null when it was right. */
function correctionOf(
  n: UsageReport,
  batchRest: UsageCounts | null,
  stateOf: (n: UsageReport) => ReportState,
): LedgerCorrection | null {
  if (!n.has(REPORT_FLAG.REPORT)) return null
  const { event, known } = n
  const isCounted = n.has(REPORT_FLAG.COUNTED)
  if (n.outcome === OUTCOME.COUNTED)
    return isCounted && isSameRest(n.rest, batchRest)
      ? null
      : { event, reason: 'counts', rest: n.rest, known }
  if (!isCounted) return null
  if (n.outcome === OUTCOME.CONTAINER) return { event, reason: 'container', known }
  return { event, reason: 'duplicate', of: Buffer.from(stateOf(n).owner, 'latin1'), known }
}
