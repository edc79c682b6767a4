// Which reports of usage speak of the same call: the rules that compare what `core/reports/report-rows.ts` knows of
// them. Pure: `canonicalize` asks about a batch, the ledger about a batch beside what it remembers. What is decided depends on the
// reports alone, not on the order in which they came.
//
// What makes two reports one call (docs/decisions/0009-one-call-by-place.md):
//  - a client said so: the same response id, or a log record of that very span,
//  - one contains the other (parent and child, over spans without usage of their own), and they are equal or of one
//    model, time and output,
//  - they are siblings of two instrumentations, likewise, one within the other in time.
// A report that equals the sum of the calls below it repeats them. Equal numbers alone are no evidence.

import { REPORT_FLAG } from '../core/reports/report-rows.ts'
import { decideContainers } from './containers.ts'
import { decideAlone, decideCalls } from './outcomes.ts'
import { type Call, join, LINKS_MAX, startCall, type UsageReport } from './report.ts'
import {
  distance,
  hasNoneInCommon,
  isAround,
  isAroundElsewhere,
  isInside,
  isNear,
  isSibling,
  isSilent,
  isStreamOf,
  KNOWLEDGE,
} from './similarity.ts'

/** A report is compared with at most so many alike ones, the newest: thousands of equal calls must not cost their square. */
const ALIKE_MAX = 16

/**
 * Decides the reports of one trace, or of several that share calls. `all` also has the spans that report nothing and only say whose
 * child they are.
 */
export function decideReports(all: readonly UsageReport[]): void {
  const reports = all.filter((n) => n.has(REPORT_FLAG.REPORT))
  if (reports.length < 2) return decideAlone(reports[0])
  for (const n of reports) startCall(n)
  joinByClientsWord(reports)
  if (reports.some((n) => n.has(REPORT_FLAG.PARENT | REPORT_FLAG.LOG))) findAbove(all, reports)
  const calls = reports.filter((n) => n.isCall)
  for (const n of calls.toSorted(byDistanceAbove))
    if (n.above !== null && isInside(n, n.above)) join(n, n.above)
  joinSiblings(calls)
  joinByTime(calls)
  joinStreams(calls)
  if (findContainers(calls)) findAbove(all, reports)
  findSums(calls)
  decideCalls(reports)
  decideContainers(reports)
  for (const n of reports) n.forget()
}

/** Of several calls below one report the nearest in time is that report's call: it is joined first. */
function byDistanceAbove(a: UsageReport, b: UsageReport): number {
  return fit(a) - fit(b) || (a.start - b.start) | 0 || a.span - b.span
}

/** The better the lower: a report with usage before one without, then the closer in time. */
function fit(n: UsageReport): number {
  if (n.above === null) return 0
  return (isSilent(n) ? 2 ** 33 : 0) + distance(n, n.above)
}

/** Joins what clients themselves say is one call: reports of one response id, a span and its log records. */
function joinByClientsWord(reports: readonly UsageReport[]): void {
  const byResponse = new Map<number, UsageReport>()
  const spans = new Map<number, UsageReport>()
  for (const n of reports) {
    if (n.has(REPORT_FLAG.LOG)) continue
    const key = spanKey(n)
    const before = spans.get(key)
    if (before === undefined || isSilent(before)) spans.set(key, n)
  }
  for (const n of reports) {
    if (n.has(REPORT_FLAG.RESPONSE_ID)) {
      const key = (n.response0 >>> 0) * 0x20_0000 + (n.response1 >>> 11)
      const first = byResponse.get(key)
      if (first === undefined) byResponse.set(key, n)
      else if (first.isContainer === n.isContainer) join(n, first, true)
    }
    // A record beside an agent's span is a call within the agent.
    const span = n.has(REPORT_FLAG.LOG) ? spans.get(spanKey(n)) : undefined
    if (span !== undefined && !span.isContainer) join(n, span, true)
  }
}

const spanKey = (n: UsageReport): number => (n.span >>> 0) * 0x20_0000 + (n.trace >>> 11)
const parentKey = (n: UsageReport): number => (n.parent >>> 0) * 0x20_0000 + (n.trace >>> 11)

/** Finds the nearest report above each, passing over spans that report nothing, and the nearest container. */
function findAbove(all: readonly UsageReport[], reports: readonly UsageReport[]): void {
  const bySpan = new Map<number, UsageReport>()
  for (const n of all) {
    const before = bySpan.get(spanKey(n))
    // The span itself says more than a log record of it, and a report more than a mere link.
    if (before === undefined || rank(n) > rank(before)) bySpan.set(spanKey(n), n)
  }
  for (const n of reports) climb(n, bySpan)
}

function climb(n: UsageReport, bySpan: ReadonlyMap<number, UsageReport>): void {
  n.above = null
  n.within = null
  let isOneCallPossible = !n.has(REPORT_FLAG.LOG)
  let at: UsageReport = n
  for (let i = 0; i < LINKS_MAX; i++) {
    const isRecord = at.has(REPORT_FLAG.LOG)
    if (!isRecord && !at.has(REPORT_FLAG.PARENT)) return
    const next = bySpan.get(isRecord ? spanKey(at) : parentKey(at))
    if (next === undefined) n.hasUnseenParent = true
    if (next === undefined || next === n || (isRecord && next.has(REPORT_FLAG.LOG))) return
    at = next
    if (isOneCallPossible && at.isCall) {
      n.above = at
      isOneCallPossible = false
    }
    if (at.has(REPORT_FLAG.BARRIER)) isOneCallPossible = false
    if (at.has(REPORT_FLAG.GUESSED)) n.guess ??= at
    if (at.has(REPORT_FLAG.REPORT) && at.isContainer) {
      n.within = at
      return
    }
  }
}

const rank = (n: UsageReport): number =>
  (n.has(REPORT_FLAG.LOG) ? 0 : 2) + (n.has(REPORT_FLAG.REPORT) ? 1 : 0)

/** Only reports of equal input or output, or without any, can be one call; this also bounds what is compared. */
function joinSiblings(calls: readonly UsageReport[]): void {
  if (calls.length < 2) return
  const groups = new Map<number, UsageReport[]>()
  for (const n of calls.filter((c) => !c.has(REPORT_FLAG.LOG)).toSorted(byStart)) {
    const silent = groupKey(n, 0, 2)
    const keys = isSilent(n) ? [silent] : [groupKey(n, n.input, 0), groupKey(n, n.output, 1)]
    const alike = new Set<UsageReport>()
    for (const key of [...keys, silent])
      for (const o of groups.get(key)?.slice(-ALIKE_MAX) ?? []) alike.add(o)
    // The second span of a stream may be the one with the usage, whatever the first one says.
    if (n.has(REPORT_FLAG.STREAM_COPY)) keys.push(silent)
    if (alike.size > 0) joinNearest(n, [...alike])
    for (const key of keys) {
      const list = groups.get(key)
      if (list === undefined) groups.set(key, [n])
      else list.push(n)
    }
  }
}

/** Siblings with equal numbers have equal keys; should others have one, too, they are only compared in vain. */
function groupKey(n: UsageReport, count: number, what: number): number {
  const h = Math.imul(n.under ^ n.trace, 0x85eb_ca6b) ^ Math.imul(count * 4 + what, 0xc2b2_ae35)
  return h ^ (h >>> 15)
}

function byStart(a: UsageReport, b: UsageReport): number {
  return (a.start - b.start) | 0 || a.span - b.span
}

function joinNearest(n: UsageReport, alike: readonly UsageReport[]): void {
  const close = alike
    .filter((o) => isSibling(n, o))
    .sort((a, b) => distance(n, a) - distance(n, b) || byStart(a, b))
  for (const o of close) if (join(n, o)) return
}

/**
 * The span that ties two reports may still be on its way, or may be none that speaks of GenAI; or the SDK's span has a trace of
 * its own. Then time must do: one within the other, equal output, the same model named by both, different instrumentations.
 */
function joinByTime(calls: readonly UsageReport[]): void {
  const isLoose = (n: UsageReport): boolean => n.hasUnseenParent || !n.has(REPORT_FLAG.PARENT)
  if (!calls.some((n) => isLoose(n) && n.has(REPORT_FLAG.TIMES))) return
  const groups = new Map<number, UsageReport[]>()
  for (const n of calls) {
    if (n.has(REPORT_FLAG.LOG) || n.has(KNOWLEDGE) || !n.has(REPORT_FLAG.TIMES)) continue
    const alike = groups.get(n.output)
    if (alike === undefined) groups.set(n.output, [n])
    else alike.push(n)
  }
  for (const alike of groups.values())
    if (alike.length > 1)
      for (const n of alike.toSorted(byStart)) if (isLoose(n)) joinAround(n, alike)
}

/** Joins a report that nothing ties to others with the nearest of the reports around it. */
function joinAround(n: UsageReport, alike: readonly UsageReport[]): void {
  const around = alike
    .slice(-ALIKE_MAX)
    .filter((o) =>
      n.hasUnseenParent ? o.trace === n.trace && isAround(o, n) : isAroundElsewhere(o, n),
    )
    .sort((a, b) => distance(n, a) - distance(n, b) || byStart(a, b))
  for (const o of around) if (hasNoneInCommon(o, n) && join(n, o)) return
}

/** Joins a note with the usage of a stream with the latest stream that it may be of. */
function joinStreams(calls: readonly UsageReport[]): void {
  const silent = calls.filter((n) => isSilent(n) && !n.has(REPORT_FLAG.LOG))
  if (silent.length === 0) return
  const isAlone = (n: UsageReport): boolean => (n.call as Call).members.length === 1
  for (const note of calls.filter((n) => n.isMoment).toSorted(byStart)) {
    if (!isAlone(note)) continue
    const streams = silent.filter((o) => isAlone(o) && isStreamOf(note, o)).sort(byStart)
    const latest = streams.at(-1)
    if (latest !== undefined) join(note, latest, true)
  }
}

/**
 * What was only taken for a call, because it names a model, contains the calls below it that report no more than it does and are none of
 * its own reports. True when there is such a report.
 */
function findContainers(calls: readonly UsageReport[]): boolean {
  let isFound = false
  for (const n of calls) {
    const outer = n.guess
    if (outer === null || isSilent(n) || isSilent(outer) || n.call === outer.call) continue
    if ((n.flags ^ outer.flags) & KNOWLEDGE || (outer.call as Call).members.length > 1) continue
    if (n.input > outer.input || n.output > outer.output) continue
    outer.containsCalls = true
    isFound = true
  }
  return isFound
}

/** Finds the reports that are the sum of at least two calls below them. */
function findSums(reports: readonly UsageReport[]): void {
  const below = new Map<UsageReport, UsageReport[]>()
  for (const n of reports) {
    if (n.above === null || isSilent(n)) continue
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
