// Which reports of usage in one trace speak of the same call: the rules that compare what `core/reports/report-rows.ts` knows of
// them. Pure: `canonicalize` asks about a batch, the ledger about a batch beside what it remembers.
//
// What makes two reports one call (docs/decisions/0009-one-call-by-place.md):
//  - one contains the other (parent and child, over spans without usage of their own) and they are equal,
//  - they are siblings of two instrumentations, equal, of one model, one within the other in time,
//  - a client said so: the same response id, or a log record of that very span.
// A report that equals the sum of the calls below it repeats them. Equal numbers alone are no evidence.

import { REPORT_FLAG } from '../core/reports/report-rows.ts'
import {
  distance,
  hasNoneInCommon,
  isAround,
  isEqual,
  isNear,
  isSibling,
  KNOWLEDGE,
} from './likeness.ts'
import { decideAlone, decideCalls, rememberedById } from './outcomes.ts'
import { type Call, join, LINKS_MAX, OUTCOME, startCall, type UsageReport } from './report.ts'

/** A report is compared with at most so many equal ones, the newest: thousands of equal calls must not cost their square. */
const ALIKE_MAX = 16

/**
 * Decides the open reports of one trace. `ofTrace` has all of the trace in order of arrival, also spans that report nothing and
 * only say whose child they are; reports that were decided before come first. Ties by time alone are for the ledger, which has the widest view.
 */
export function decideReports(ofTrace: readonly UsageReport[], view: 'batch' | 'ledger'): void {
  const reports = ofTrace.filter((n) => n.has(REPORT_FLAG.REPORT))
  if (reports.length < 2) return decideAlone(reports[0])
  for (const n of reports) startCall(n)
  if (reports.some(hasClientsWord)) joinByClientsWord(ofTrace, reports)
  if (reports.some((n) => n.has(REPORT_FLAG.PARENT))) findAbove(ofTrace, reports)
  for (const n of reports) if (n.above !== null && isEqual(n, n.above)) join(n, n.above)
  joinSiblings(reports)
  if (view === 'ledger') joinByTime(reports)
  findSums(reports)
  decideCalls(reports)
  for (const n of reports) {
    n.call = null
    n.above = null
    n.hasUnseenParent = false
  }
}

/** True when `joinByClientsWord` has something to look at. */
function hasClientsWord(n: UsageReport): boolean {
  return n.has(REPORT_FLAG.LOG) || n.isSaid || (n.ticket === 0 && n.of >= 0)
}

/** Joins what clients themselves say is one call: reports of one response id (found by its claim), a span and its log record. */
function joinByClientsWord(ofTrace: readonly UsageReport[], reports: readonly UsageReport[]): void {
  const byEvent = new Map<number, UsageReport>()
  const spans = new Map<number, UsageReport>()
  for (const n of ofTrace) {
    if (n.ticket === 0 && n.has(REPORT_FLAG.REPORT)) byEvent.set(n.event, n)
    if (n.has(REPORT_FLAG.REPORT) && !n.has(REPORT_FLAG.LOG)) spans.set(n.span, n)
  }
  let byId: Map<string, UsageReport> | null = null
  for (const n of reports) {
    if (n.ticket === 0 && n.of >= 0) joinFirst(n, byEvent.get(n.of))
    if (n.isSaid && n.owner !== '') {
      byId ??= rememberedById(ofTrace)
      const owner = byId.get(n.owner)
      if (owner?.call != null) join(n, owner, true)
    }
    const span = n.has(REPORT_FLAG.LOG) ? spans.get(n.span) : undefined
    if (span !== undefined) join(n, span, true)
  }
}

/** Joins a report with the first one of the same response id. That may be in another trace: then the call is counted there. */
function joinFirst(n: UsageReport, first: UsageReport | undefined): void {
  n.isSaid = true
  if (first !== undefined) join(n, first, true)
  else if (n.outcome === OUTCOME.OPEN) {
    n.outcome = OUTCOME.REPEATS
    n.countedEvent = n.of
  }
}

/** Finds the nearest report above each, passing over spans that report nothing. */
function findAbove(ofTrace: readonly UsageReport[], reports: readonly UsageReport[]): void {
  const bySpan = new Map<number, UsageReport>()
  for (const n of ofTrace) {
    const before = bySpan.get(n.span)
    // The span itself says more than a log record of it, and a report more than a mere link.
    if (before === undefined || rank(n) > rank(before)) bySpan.set(n.span, n)
  }
  for (const n of reports) {
    let at: UsageReport | undefined = n
    for (let i = 0; i < LINKS_MAX && at?.has(REPORT_FLAG.PARENT) === true; i++) {
      at = bySpan.get(at.parent)
      if (at === undefined) n.hasUnseenParent = true
      else if (at === n || at.has(REPORT_FLAG.REPORT | REPORT_FLAG.BARRIER)) break
    }
    if (at !== undefined && at !== n && at.has(REPORT_FLAG.REPORT) && at.span !== n.span)
      n.above = at
  }
}

const rank = (n: UsageReport): number =>
  (n.has(REPORT_FLAG.LOG) ? 0 : 2) + (n.has(REPORT_FLAG.REPORT) ? 1 : 0)

function joinSiblings(reports: readonly UsageReport[]): void {
  const groups = new Map<number, UsageReport[]>()
  for (const n of reports) {
    if (n.has(REPORT_FLAG.LOG)) continue
    // Only reports of equal input can be one call; this also bounds what is compared.
    const key = (n.parent >>> 0) * 0x20_0000 + (n.input & 0x1f_ffff)
    const alike = groups.get(key)
    if (alike === undefined) groups.set(key, [n])
    else {
      joinNearest(n, alike)
      alike.push(n)
    }
  }
}

function joinNearest(n: UsageReport, alike: readonly UsageReport[]): void {
  const close = alike
    .slice(-ALIKE_MAX)
    .filter((o) => isSibling(n, o))
    .sort((a, b) => distance(n, a) - distance(n, b))
  for (const o of close) if (join(n, o)) return
}

/**
 * The span that ties two reports may still be on its way, or may be none that speaks of GenAI. Then time must
 * do: one within the other, exactly equal, the same model named by both, different instrumentations.
 */
function joinByTime(reports: readonly UsageReport[]): void {
  if (!reports.some((n) => n.hasUnseenParent && n.has(REPORT_FLAG.TIMES))) return
  const groups = new Map<number, UsageReport[]>()
  for (const n of reports) {
    if (n.has(REPORT_FLAG.LOG) || n.has(KNOWLEDGE) || !n.has(REPORT_FLAG.TIMES)) continue
    const key = (n.output >>> 0) * 0x20_0000 + (n.input & 0x1f_ffff)
    const alike = groups.get(key)
    if (alike === undefined) groups.set(key, [n])
    else alike.push(n)
  }
  for (const alike of groups.values())
    for (const n of alike) if (n.hasUnseenParent && alike.length > 1) joinAround(n, alike)
}

/** Joins a report whose parent is unknown with the nearest of the reports around it. */
function joinAround(n: UsageReport, alike: readonly UsageReport[]): void {
  const around = alike
    .slice(-ALIKE_MAX)
    .filter((o) => isAround(o, n))
    .sort((a, b) => distance(n, a) - distance(n, b))
  for (const o of around) if (hasNoneInCommon(o, n) && join(n, o)) return
}

/** Finds the reports that are the sum of at least two calls below them. */
function findSums(reports: readonly UsageReport[]): void {
  if (!reports.some((n) => n.above !== null)) return
  const below = new Map<UsageReport, UsageReport[]>()
  for (const n of reports) {
    if (n.above === null) continue
    const list = below.get(n.above)
    if (list === undefined) below.set(n.above, [n])
    else list.push(n)
  }
  for (const [parent, children] of below) {
    const calls = new Map<Call, UsageReport>()
    for (const c of children) calls.set(c.call as Call, c)
    if (calls.size < 2 || calls.has(parent.call as Call)) continue
    if (isSum(parent, [...calls.values()])) (parent.call as Call).parts = [...calls.keys()]
  }
}

function isSum(parent: UsageReport, parts: readonly UsageReport[]): boolean {
  let input = 0
  let output = 0
  for (const p of parts) {
    if ((p.flags ^ parent.flags) & KNOWLEDGE) return false
    input += p.input
    output += p.output
  }
  return isNear(input, parent.input) && isNear(output, parent.output)
}
