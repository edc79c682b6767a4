// Decides the outcome of each report, after it is known which of them are one call: the richest counts, and the others repeat
// it.

import { REPORT_FLAG } from '../core/reports/report-rows.ts'
import type { Call, UsageReport } from './report.ts'
import { isSilent } from './similarity.ts'

export function decideCalls(reports: readonly UsageReport[]): void {
  const decided = new Set<Call>()
  for (const n of reports) {
    const call = n.call as Call
    if (decided.has(call)) continue
    decided.add(call)
    decideCall(call)
  }
}

/** Decides a report that is the only one of its traces. */
export function decideAlone(n: UsageReport | undefined): void {
  if (n === undefined) return
  if (n.forgotten === '') n.counts(null)
  else n.repeats(null, n.forgotten)
}

function decideCall(call: Call): void {
  const best = call.members.reduce((a, b) => (isRicher(b, a) ? b : a))
  const known = forgottenOf(call)
  for (const m of call.members) {
    if (known !== undefined) m.repeats(null, known.forgotten)
    else if (call.parts.length > 0) m.contains()
    else if (m === best) m.counts(call.rest)
    else m.repeats(best, '')
  }
}

/**
 * Finds a report of the call that was counted under a report which is no longer remembered. A remembered report that repeats
 * no forgotten one overrides the claim of a new report.
 */
function forgottenOf(call: Call): UsageReport | undefined {
  const isKnown = call.members.some((m) => m.ticket !== 0 && m.forgotten === '')
  return isKnown ? undefined : call.members.find((m) => m.forgotten !== '')
}

/**
 * The order of the reports of one call: most parts of usage, cost and ids; then more tokens, because a count that includes
 * the cache is the complete one; then the span before its log record; then the earlier. It does not depend on the order of
 * arrival.
 */
export function isRicher(a: UsageReport, b: UsageReport): boolean {
  if (a.richness !== b.richness) return a.richness > b.richness
  if (isSilent(a) && (a.flags ^ b.flags) & REPORT_FLAG.ERROR) return a.has(REPORT_FLAG.ERROR)
  if (a.input + a.output !== b.input + b.output) return a.input + a.output > b.input + b.output
  if ((a.flags ^ b.flags) & REPORT_FLAG.LOG) return b.has(REPORT_FLAG.LOG)
  if (a.start !== b.start) return ((a.start - b.start) | 0) < 0
  return a.span !== b.span ? a.span < b.span : a.trace < b.trace
}
