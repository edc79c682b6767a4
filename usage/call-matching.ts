// Decides which usage reports belong to the same call, by the rows of `core/reports/report-rows.ts`. `canonicalize` asks
// about the reports of a batch, the ledger about those of a batch and those that it remembers. The result depends on the
// reports only, not on the order in which they came.
//
// Two reports belong to one call (docs/decisions/0009-one-call-by-place.md) if
// - a client says so: they have the same response id, or one is a log record of the other's span,
// - one contains the other (parent and child, also with spans without usage in between), and they are equal, or agree in
//   model, time and output,
// - they are siblings from two instrumentations that are equal or agree in the same way, one within the other in time.
// A report that equals the sum of the calls below it repeats them. Equal numbers alone prove nothing.

import { REPORT_FLAG } from '../core/reports/report-rows.ts'
import { decideContainers, restOf, sumOf } from './containers.ts'
import { decideAlone, decideCalls } from './outcomes.ts'
import { type Call, join, LINKS_MAX, startCall, type UsageReport } from './report.ts'
import {
  distance,
  hasNoneInCommon,
  isAround,
  isAroundElsewhere,
  isFailed,
  isInside,
  isNear,
  isSibling,
  isSilent,
  isStreamOf,
  KNOWLEDGE,
} from './similarity.ts'

/**
 * Largest number of similar reports with which one is compared, the newest ones. Without this bound, thousands of equal calls
 * would take quadratic time.
 */
const ALIKE_MAX = 16

/**
 * Decides the reports of one trace, or of several traces that share calls. `all` also contains the spans without a report,
 * which only link children to parents.
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
  const isGuessed = findContainers(calls)
  if (findSteps(reports, calls) || isGuessed) findAbove(all, reports)
  findSums(calls)
  findNotedSums(all, calls)
  decideCalls(reports)
  decideContainers(reports)
  for (const n of reports) n.forget()
}

/** Order in which calls are joined with a report above them: the nearest in time first. */
function byDistanceAbove(a: UsageReport, b: UsageReport): number {
  return fit(a) - fit(b) || (a.start - b.start) | 0 || a.span - b.span
}

/** How well a report fits, lower is better: a report with usage before one without, then the nearest in time. */
function fit(n: UsageReport): number {
  if (n.above === null) return 0
  return (isSilent(n) ? 2 ** 33 : 0) + distance(n, n.above)
}

/**
 * Joins reports of which clients say that they are one call: those with the same response id, and a span with its log
 * records.
 */
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
    // A log record of an agent's span reports a call inside the agent.
    const span = n.has(REPORT_FLAG.LOG) ? spans.get(spanKey(n)) : undefined
    if (span !== undefined && !span.isContainer) join(n, span, true)
  }
}

const spanKey = (n: UsageReport): number => (n.span >>> 0) * 0x20_0000 + (n.trace >>> 11)
const parentKey = (n: UsageReport): number => (n.parent >>> 0) * 0x20_0000 + (n.trace >>> 11)

/** Finds the nearest report above each report, also across spans without a report, and the nearest container. */
function findAbove(all: readonly UsageReport[], reports: readonly UsageReport[]): void {
  const bySpan = spansOf(all)
  for (const n of reports) climb(n, bySpan)
}

function spansOf(all: readonly UsageReport[]): ReadonlyMap<number, UsageReport> {
  const bySpan = new Map<number, UsageReport>()
  for (const n of all) {
    const before = bySpan.get(spanKey(n))
    // A span has more information than its log record, and a report more than a mere link.
    if (before === undefined || rank(n) > rank(before)) bySpan.set(spanKey(n), n)
  }
  return bySpan
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

/**
 * Joins siblings. Only reports with equal input or output, or without any, are compared, which also bounds the number of
 * comparisons.
 */
function joinSiblings(calls: readonly UsageReport[]): void {
  if (calls.length < 2) return
  const groups = new Map<number, UsageReport[]>()
  for (const n of calls.filter((c) => !c.has(REPORT_FLAG.LOG)).toSorted(byStart)) {
    const silent = groupKey(n, 0, 2)
    const keys = isSilent(n) ? [silent] : [groupKey(n, n.input, 0), groupKey(n, n.output, 1)]
    const alike = new Set<UsageReport>()
    for (const key of [...keys, silent])
      for (const o of groups.get(key)?.slice(-ALIKE_MAX) ?? []) alike.add(o)
    // The usage may be in the second span of a stream, whatever the first one reports.
    if (n.has(REPORT_FLAG.STREAM_COPY)) keys.push(silent)
    if (alike.size > 0) joinNearest(n, [...alike])
    for (const key of keys) {
      const list = groups.get(key)
      if (list === undefined) groups.set(key, [n])
      else list.push(n)
    }
  }
}

/** Siblings with equal numbers have equal keys. Others that share a key are compared without a result. */
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
 * Joins reports by time, when the span that connects them is still missing or is not a GenAI span, or when the SDK's span has
 * a trace of its own. One must be within the other in time, with equal output, the same model named by both, and from
 * different instrumentations.
 */
function joinByTime(calls: readonly UsageReport[]): void {
  const isLoose = (n: UsageReport): boolean => n.hasUnseenParent || !n.has(REPORT_FLAG.PARENT)
  if (!calls.some((n) => isLoose(n) && n.has(REPORT_FLAG.TIMES))) return
  const groups = new Map<number, UsageReport[]>()
  for (const n of calls) {
    if (n.has(REPORT_FLAG.LOG) || !n.has(REPORT_FLAG.TIMES)) continue
    if (n.has(KNOWLEDGE) && !isFailed(n)) continue
    const key = isFailed(n) ? FAILED : n.output
    const alike = groups.get(key)
    if (alike === undefined) groups.set(key, [n])
    else alike.push(n)
  }
  for (const alike of groups.values())
    if (alike.length > 1)
      for (const n of alike.toSorted(byStart)) if (isLoose(n)) joinAround(n, alike)
}

/** Failed calls are compared with each other. */
const FAILED = -1

/** Joins a report without any connection with the nearest of the reports around it in time. */
function joinAround(n: UsageReport, alike: readonly UsageReport[]): void {
  const around = alike
    .slice(-ALIKE_MAX)
    .filter((o) =>
      n.hasUnseenParent ? o.trace === n.trace && isAround(o, n) : isAroundElsewhere(o, n),
    )
    .sort((a, b) => distance(n, a) - distance(n, b) || byStart(a, b))
  for (const o of around) if (hasNoneInCommon(o, n) && join(n, o)) return
}

/** Joins the report of a stream's usage, which is written after the stream, with the latest stream to which it may belong. */
function joinStreams(calls: readonly UsageReport[]): void {
  const silent = calls.filter((n) => isSilent(n) && !n.has(REPORT_FLAG.LOG))
  if (silent.length === 0) return
  const isAlone = (n: UsageReport): boolean => callOf(n).members.length === 1
  for (const note of calls.filter((n) => n.isMoment).toSorted(byStart)) {
    if (!isAlone(note)) continue
    const streams = silent.filter((o) => isAlone(o) && isStreamOf(note, o)).sort(byStart)
    const latest = streams.at(-1)
    if (latest !== undefined) join(note, latest, true)
  }
}

/**
 * Finds reports that were taken for calls, because they name a model, but contain the calls below them: those report no more
 * than the report itself and are not its own repetitions. Returns true if there is such a report.
 */
function findContainers(calls: readonly UsageReport[]): boolean {
  let isFound = false
  for (const n of calls) {
    const outer = n.guess
    if (outer === null || isSilent(n) || isSilent(outer) || n.call === outer.call) continue
    if ((n.flags ^ outer.flags) & KNOWLEDGE || callOf(outer).members.length > 1) continue
    if (n.input > outer.input || n.output > outer.output) continue
    outer.containsCalls = true
    isFound = true
  }
  return isFound
}

/**
 * A chain with usage, directly below a call: a step of it. If there are calls in the step, what is above it is no call but contains
 * them; otherwise the step repeats a part of the call. True when there is such a container.
 */
function findSteps(reports: readonly UsageReport[], calls: readonly UsageReport[]): boolean {
  let withCalls: ReadonlySet<UsageReport> | null = null
  let isFound = false
  for (const step of reports) {
    const outer = step.isContainer ? step.above : null
    if (outer === null || step.has(REPORT_FLAG.BARRIER) || isSilent(step) || isSilent(outer))
      continue
    if ((step.flags ^ outer.flags) & KNOWLEDGE || callOf(outer).members.length > 1) continue
    if (step.input > outer.input || step.output > outer.output) continue
    withCalls ??= containersOf(calls)
    if (withCalls.has(step)) {
      outer.containsCalls = true
      isFound = true
    } else step.partOf = outer
  }
  return isFound
}

/** The containers that have calls with usage in them. */
function containersOf(calls: readonly UsageReport[]): ReadonlySet<UsageReport> {
  const out = new Set<UsageReport>()
  for (const n of calls) {
    if (isSilent(n)) continue
    for (let at = n.within; at !== null && !out.has(at); at = at.within) out.add(at)
  }
  return out
}

/** What was done beside a note: the calls below one span there, and whether it was by the agent that the note names. */
interface Branch {
  readonly calls: Map<Call, UsageReport>
  isNamed: boolean
  end: number
}

/**
 * A note about what was done beside it, in a tool or by another agent, repeats the calls there, of which it is the sum. It is written when
 * they have ended. If they were made by the agent that it names and use less, the rest counts: not all that the agent did was reported.
 */
function findNotedSums(all: readonly UsageReport[], calls: readonly UsageReport[]): void {
  const notes = calls.filter(isOpenNote).toSorted(byStart)
  if (notes.length === 0) return
  const bySpan = spansOf(all)
  const noted = new Set<UsageReport>()
  for (const note of notes) {
    const branches = branchesBeside(note, calls, bySpan, noted)
    const sum = branches.find(([, b]) => isSum(note, [...b.calls.values()]))
    const partial = branches
      .filter(([, b]) => b.isNamed && isPartOf(note, b))
      .toSorted(([, a], [, b]) => (b.end - a.end) | 0)[0]
    const [top, branch] = sum ?? partial ?? NO_BRANCH
    if (top === null) continue
    noted.add(top)
    if (branch === sum?.[1]) callOf(note).parts = [...branch.calls.keys()]
    else callOf(note).rest = restOf(note, sumOf(branch.calls.values()))
  }
}
const NO_BRANCH = [null, null] as const

/** A note that no call was found for. */
function isOpenNote(n: UsageReport): boolean {
  const isNote = n.has(REPORT_FLAG.STREAM_COPY) && n.has(REPORT_FLAG.PARENT) && n.isMoment
  return isNote && !isSilent(n) && callOf(n).members.length === 1
}

/** The branches beside a note in which there are calls that have ended, without those that other notes are about. */
function branchesBeside(
  note: UsageReport,
  calls: readonly UsageReport[],
  bySpan: ReadonlyMap<number, UsageReport>,
  noted: ReadonlySet<UsageReport>,
): (readonly [UsageReport, Branch])[] {
  const branches = new Map<UsageReport, Branch>()
  for (const n of calls) {
    if (n === note || n.trace !== note.trace || n.has(REPORT_FLAG.LOG) || isSilent(n)) continue
    // A note counts where nothing else does: what it repeats was counted already.
    if (n.has(REPORT_FLAG.STREAM_COPY) && (!isOpenNote(n) || callOf(n).parts.length > 0)) continue
    if (((note.start - n.end) | 0) < 0) continue
    const found = branchOf(n, note, bySpan)
    if (found === null || noted.has(found.top)) continue
    const branch = branches.get(found.top) ?? { calls: new Map(), isNamed: false, end: n.end }
    branch.calls.set(callOf(n), n)
    branch.isNamed ||= found.isNamed
    if (((n.end - branch.end) | 0) > 0) branch.end = n.end
    branches.set(found.top, branch)
  }
  return [...branches]
}

function isPartOf(note: UsageReport, branch: Branch): boolean {
  if (note.has(KNOWLEDGE)) return false
  const { input, output } = sumOf(branch.calls.values())
  return input <= note.input && output <= note.output
}

/**
 * The child of the note's parent that `n` is below, and whether one of the spans up to it is the agent that the note names; null when `n`
 * is not below such a child, or is one itself.
 */
function branchOf(
  n: UsageReport,
  note: UsageReport,
  bySpan: ReadonlyMap<number, UsageReport>,
): { readonly top: UsageReport; readonly isNamed: boolean } | null {
  let at: UsageReport = n
  let isNamed = false
  for (let i = 0; i < LINKS_MAX; i++) {
    if (at !== n && note.container !== 0 && at.container === note.container) isNamed = true
    if (at.under === note.under) return at === n ? null : { top: at, isNamed }
    const next = at.has(REPORT_FLAG.PARENT) ? bySpan.get(parentKey(at)) : undefined
    if (next === undefined || next === at) return null
    at = next
  }
  return null
}

/** Finds the reports that equal the sum of at least two calls below them. */
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
    for (const c of children) calls.set(callOf(c), c)
    if (calls.size < 2 || calls.has(callOf(parent))) continue
    if (isSum(parent, [...calls.values()])) callOf(parent).parts = [...calls.keys()]
  }
}

function isSum(parent: UsageReport, parts: readonly UsageReport[]): boolean {
  let input = 0
  let output = 0
  for (const p of parts) {
    if ((p.flags ^ parent.flags) & KNOWLEDGE) return false
    const { input: used, output: answered } = p.call?.rest ?? p
    input += used
    output += answered
  }
  return isNear(input, parent.input) && isNear(output, parent.output)
}

/** The call of a report that is in a trace: there each one has one. */
const callOf = (report: UsageReport): Call => report.call as Call
