// One report of usage as it is compared with others, and the call that it belongs to.

import { REPORT, REPORT_FLAG, RICHNESS_SHIFT } from '../core/reports/report-rows.ts'
import type { UsageCounts } from '../core/task.ts'

/** What was decided about a report: nothing yet, it counts, it repeats another one, or it only contains what others report. */
export const OUTCOME = { OPEN: 0, COUNTED: 1, REPEATS: 2, CONTAINER: 3 } as const
export type Outcome = (typeof OUTCOME)[keyof typeof OUTCOME]

export class UsageReport {
  /** Where its row begins. */
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
  /** Its parent as it was received, 0 without one. */
  under = 0
  /** Ledger only: which commit remembers it (0 = it is new). */
  ticket = 0
  /** Of how many reports it was decided together with, itself among them; 0 until it is decided. */
  known = 0
  /** Event id of a report that counts for it and is remembered no longer, 16 bytes as latin1; '' = none. */
  forgotten = ''
  // What `decideReports` says.
  outcome: Outcome = OUTCOME.OPEN
  /** The report that counts for it, when it repeats one. */
  counted: UsageReport | null = null
  /** A container that counts: what its calls did not report. Null when that is all, or when it is no container. */
  rest: UsageCounts | null = null
  // The next ones are set and cleared by `decideReports` while it runs.
  call: Call | null = null
  /** The nearest report of a call above it, with nothing between them that makes calls of its own. */
  above: UsageReport | null = null
  /** The nearest container above it, whatever stands between. */
  within: UsageReport | null = null
  /** The nearest report above it of which nothing says that it is a call, whatever stands between. */
  guess: UsageReport | null = null
  /** It was taken for a call, and calls were found inside it. */
  containsCalls = false
  /** A span between it and the root has not been seen, or not yet. */
  hasUnseenParent = false

  constructor(rows: Int32Array, at: number) {
    this.take(rows, at)
  }

  /** Becomes the new report whose row begins at `at`; the ledger uses its objects again and again. */
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

  /** It counts; a container perhaps only a rest. */
  counts(rest: UsageCounts | null): void {
    this.#decide(OUTCOME.COUNTED, null, rest)
  }

  /** It repeats a report, or one of which nothing but the id is remembered. */
  repeats(counted: UsageReport | null, forgotten: string): void {
    this.forgotten = forgotten
    this.#decide(OUTCOME.REPEATS, counted, null)
  }

  /** It only contains what others report. */
  contains(): void {
    this.forgotten = ''
    this.#decide(OUTCOME.CONTAINER, null, null)
  }

  #decide(outcome: Outcome, counted: UsageReport | null, rest: UsageCounts | null): void {
    this.outcome = outcome
    this.counted = counted
    this.rest = rest
  }

  /** Clears what only a decision under way needs. */
  forget(): void {
    this.call = null
    this.above = null
    this.within = null
    this.guess = null
    this.containsCalls = false
    this.hasUnseenParent = false
  }

  has(flag: number): boolean {
    return (this.flags & flag) !== 0
  }

  /** It may report a call: no link between spans, and no container. */
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

  /** Log records and second spans of streams have no place of their own in a trace. */
  get hasPlace(): boolean {
    if (this.has(REPORT_FLAG.LOG | REPORT_FLAG.STREAM_COPY)) return false
    return !this.isMoment || this.has(REPORT_FLAG.RESPONSE_ID)
  }

  /** It took no time: a note about a call that was, not the call. */
  get isMoment(): boolean {
    return this.has(REPORT_FLAG.TIMES) && this.duration <= MOMENT_MS
  }
}
const MOMENT_MS = 1

/** At most so many spans are passed on the way from a report to the ones above it. */
export const LINKS_MAX = 32

const NO_CALLS: readonly never[] = []

/** The reports of one call. No two of them have the same place (parent and instrumentation), for an instrumentation reports a call once. */
export class Call {
  members: UsageReport[] = []
  /** Parent and instrumentation of each member. */
  places: number[] = []
  /** The calls whose sum this call is. */
  parts: readonly Call[] = NO_CALLS
}

/** Begins a call with one report. */
export function startCall(n: UsageReport): void {
  const call = new Call()
  call.members.push(n)
  if (n.hasPlace) call.places.push(placeOf(n))
  n.call = call
}

const placeOf = (n: UsageReport): number =>
  ((n.under ^ n.trace) >>> 0) * 0x20_0000 + (n.scope >>> 11)

/** Makes the calls of two reports one; false when two members would have the same place. With `isSure` places are not compared. */
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
