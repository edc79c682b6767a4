// A usage report in the form in which reports are compared, and the call to which reports belong.

import { REPORT, REPORT_FLAG, RICHNESS_SHIFT } from '../core/reports/report-rows.ts'
import type { UsageCounts } from '../core/task.ts'

/** The outcome of a report: not decided yet, it counts, it repeats another one, or it contains what others report. */
export const OUTCOME = { OPEN: 0, COUNTED: 1, REPEATS: 2, CONTAINER: 3 } as const
export type ReportOutcome = (typeof OUTCOME)[keyof typeof OUTCOME]

export class UsageReport {
  /** Index of the first column of its row. */
  at = 0
  event = 0
  trace = 0
  span = 0
  parent = 0
  input = 0
  output = 0
  scope = 0
  /** Hashes of the two model names, 16 bits each: requested (high) and answered (low); 0 = none. */
  models = 0
  start = 0
  duration = 0
  flags = 0
  read = 0
  written = 0
  reasoning = 0
  response0 = 0
  response1 = 0
  container = 0
  project = 0
  /** Hash of its parent as received; 0 without a parent. */
  under = 0
  /** Used by the ledger only: the commit that remembers the report; 0 for a new one. */
  ticket = 0
  /** Number of reports from which it was decided, with itself; 0 until then. */
  known = 0
  /** Event id of the report that counts instead and is no longer remembered, 16 bytes as latin1; '' if there is none. */
  forgotten = ''
  // Results of `decideReports`.
  outcome: ReportOutcome = OUTCOME.OPEN
  /** The report that counts instead, if this one repeats it. */
  counted: UsageReport | null = null
  /** For a container that counts: its remainder. Null if the container counts completely, and for other reports. */
  rest: UsageCounts | null = null
  // The following fields are used by `decideReports` only, while it runs.
  call: Call | null = null
  /** The nearest report of a call above it, unless a span in between makes calls of its own. */
  above: UsageReport | null = null
  /** The nearest container above it, whatever is in between. */
  within: UsageReport | null = null
  /** The nearest report above it that may or may not be a call (`GUESSED`), whatever is in between. */
  guess: UsageReport | null = null
  /** It was taken for a call, but calls were found inside it. */
  containsCalls = false
  /** A container: the call that it is a step of. */
  partOf: UsageReport | null = null
  /** A span between it and the root has not been seen (yet). */
  hasUnseenParent = false

  constructor(rows: Int32Array, at: number) {
    this.take(rows, at)
  }

  /** Reads the row at `at` into this object. The ledger reuses its objects. */
  take(rows: Int32Array, at: number): void {
    const of = (column: number): number => rows[at + column] as number
    this.at = at
    this.event = of(REPORT.EVENT)
    this.trace = of(REPORT.TRACE)
    this.span = of(REPORT.SPAN)
    this.parent = of(REPORT.PARENT)
    this.input = of(REPORT.INPUT)
    this.output = of(REPORT.OUTPUT)
    this.scope = of(REPORT.SCOPE)
    this.models = of(REPORT.MODELS)
    this.start = of(REPORT.START)
    this.duration = of(REPORT.DURATION)
    this.flags = of(REPORT.FLAGS)
    this.read = of(REPORT.CACHE_READ)
    this.written = of(REPORT.CACHE_WRITE)
    this.reasoning = of(REPORT.REASONING)
    this.response0 = of(REPORT.RESPONSE0)
    this.response1 = of(REPORT.RESPONSE1)
    this.container = of(REPORT.CONTAINER)
    this.project = of(REPORT.PROJECT)
    this.under = of(REPORT.UNDER)
    this.ticket = 0
    this.known = 0
    this.forgotten = ''
    this.#decide(OUTCOME.OPEN, null, null)
    this.forget()
  }

  /** The report counts; a container may count its remainder only. */
  counts(rest: UsageCounts | null): void {
    this.#decide(OUTCOME.COUNTED, null, rest)
  }

  /** The report repeats another one, of which only the id may be remembered. */
  repeats(counted: UsageReport | null, forgotten: string): void {
    this.forgotten = forgotten
    this.#decide(OUTCOME.REPEATS, counted, null)
  }

  /** The report only contains what others report. */
  contains(): void {
    this.forgotten = ''
    this.#decide(OUTCOME.CONTAINER, null, null)
  }

  #decide(outcome: ReportOutcome, counted: UsageReport | null, rest: UsageCounts | null): void {
    this.outcome = outcome
    this.counted = counted
    this.rest = rest
  }

  /** Clears the fields that are needed during a decision only. */
  forget(): void {
    this.call = null
    this.above = null
    this.within = null
    this.guess = null
    this.containsCalls = false
    this.partOf = null
    this.hasUnseenParent = false
  }

  has(flag: number): boolean {
    return (this.flags & flag) !== 0
  }

  /** Whether it may report a call: it is neither a mere link nor a container. */
  get isCall(): boolean {
    return this.has(REPORT_FLAG.REPORT) && !this.isContainer
  }

  get isContainer(): boolean {
    return this.containsCalls || (this.flags & REPORT_FLAG.CONTAINER) !== 0
  }

  get richness(): number {
    return this.flags >>> RICHNESS_SHIFT
  }

  get end(): number {
    return (this.start + this.duration) | 0
  }

  /** Log records and second spans of streams have no position of their own in a trace. */
  get hasPlace(): boolean {
    if (this.has(REPORT_FLAG.LOG | REPORT_FLAG.STREAM_COPY)) return false
    return !this.isMoment || this.has(REPORT_FLAG.RESPONSE_ID)
  }

  /** It has no duration, so it was written about a call after the fact. */
  get isMoment(): boolean {
    return this.has(REPORT_FLAG.TIMES) && this.duration <= MOMENT_MS
  }
}
const MOMENT_MS = 1

/** Largest number of spans on the way from a report to those above it. */
export const LINKS_MAX = 32

const NO_CALLS: readonly never[] = []

/**
 * The reports of one call. No two of them have the same position (parent and instrumentation), because an instrumentation
 * reports a call once.
 */
export class Call {
  members: UsageReport[] = []
  /** Parent and instrumentation of each report. */
  places: number[] = []
  /** The calls of which this call is the sum. */
  parts: readonly Call[] = NO_CALLS
  /** What counts of it, if calls that count report a part of it. */
  rest: UsageCounts | null = null
}

/** Makes a call of one report. */
export function startCall(n: UsageReport): void {
  const call = new Call()
  call.members.push(n)
  if (n.hasPlace) call.places.push(placeOf(n))
  n.call = call
}

const placeOf = (n: UsageReport): number =>
  ((n.under ^ n.trace) >>> 0) * 0x20_0000 + (n.scope >>> 11)

/**
 * Joins the calls of two reports. Returns false if two of their reports would have the same position. With `isSure` positions
 * are not compared.
 */
export function join(a: UsageReport, b: UsageReport, isSure = false): boolean {
  const x = a.call as Call
  const y = b.call as Call
  if (x === y) return true
  const [into, from] = x.members.length >= y.members.length ? [x, y] : [y, x]
  if (!isSure && from.places.some((s) => into.places.includes(s))) return false
  into.places.push(...from.places)
  for (const m of from.members) {
    m.call = into
    into.members.push(m)
  }
  return true
}
