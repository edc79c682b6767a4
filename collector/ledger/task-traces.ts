// The traces of one task. A trace is open when the ledger has to decide its reports: something of it is remembered, or one of
// its reports may be a call that another trace reports as well. Most traces come whole in one task. They are settled: the worker has
// decided their reports by the same rules, and the ledger only remembers what it decided. No object for a report or a trace.

import { OUTCOME_ROW, OUTCOME_STRIDE } from '../../core/reports/outcome-rows.ts'
import { PairTable } from '../../core/reports/pair-table.ts'
import { REPORT, REPORT_FLAG, REPORT_STRIDE } from '../../core/reports/report-rows.ts'
import { intAt } from '../../core/reports/typed-arrays.ts'
import type { EventFacts, UsageCounts } from '../../core/task.ts'
import { OUTCOME, type ReportOutcome, UsageReport } from '../../usage/report.ts'
import { CANDIDATES_MAX, isTwinCandidate, isTwinOf, KEY, sumKey, twinKey } from './cross-traces.ts'

/** What the traces of a task are compared with. */
export interface Elsewhere {
  /** True when reports of the trace, or ties to other traces, are remembered. */
  isKnown(trace: number): boolean
  /** Calls `use` with traces in which a remembered report may be the same call as `n`, or another run of the same agent. */
  eachTie(n: UsageReport, use: (trace: number) => boolean): void
  /** The remembered trace in which the agent of container `n` reported exactly `rest`; null when there is none. */
  runOf(n: UsageReport, rest: UsageCounts): number | null
}

const NONE = -1
const NO_OUTCOMES = new Int32Array(0)
/** What is kept of a trace. */
const NUMBER = 0
const IS_OPEN = 1

export class TaskTraces {
  /** Traces of the task. */
  count = 0
  /** Rows of reports of the task. */
  rows = 0
  #reports: Int32Array = new Int32Array(0)
  #outcomes: Int32Array = NO_OUTCOMES
  /** False when nothing is known of the worker's decisions. */
  #isDecided = false
  /** Trace -> its number here, and a mark for one that was opened before its first report. */
  readonly #numbers = new PairTable()
  #ids = new Int32Array(64)
  /** How many reports of each trace came. */
  #sizes = new Int32Array(64)
  #open = new Uint8Array(64)
  /** By row: the number of its trace, NONE for a re-sent event. */
  #numberOf = new Int32Array(256)
  /** By row: where its row of outcomes begins, NONE without one. */
  #outcomeAt = new Int32Array(256)
  /** Key of a response, of a call's twins or of an agent's sums -> the latest row with it. */
  readonly #latest = new PairTable()
  /** By row and kind of key: the row before it with the same key. */
  #before = new Int32Array(256 * KEYS)
  readonly #n = new UsageReport(new Int32Array(REPORT_STRIDE), 0)
  readonly #other = new UsageReport(new Int32Array(REPORT_STRIDE), 0)

  /** Takes the reports of a task. `isResend` and `isOwned` say of an event that it is a re-send, or that its call was counted before. */
  take(
    { reports, outcomes, count }: EventFacts,
    elsewhere: Elsewhere,
    isResend: (event: number) => boolean,
    isOwned: (event: number) => boolean,
  ): void {
    this.#reports = reports
    this.#outcomes = outcomes ?? NO_OUTCOMES
    this.#isDecided = outcomes !== undefined
    this.rows = reports.length / REPORT_STRIDE
    this.count = 0
    this.#numbers.clear()
    this.#latest.clear()
    this.#makeRoom(count)
    this.#takeOutcomes()
    for (let row = 0; row < this.rows; row++) {
      const event = intAt(reports, row * REPORT_STRIDE + REPORT.EVENT)
      const trace = intAt(reports, row * REPORT_STRIDE + REPORT.TRACE)
      if (isResend(event)) {
        this.#numberOf[row] = NONE
        // What the worker decided of the others, it decided together with this one.
        this.open(trace)
        continue
      }
      const number = this.#numberFor(trace, elsewhere)
      this.#numberOf[row] = number
      this.#sizes[number] = intAt(this.#sizes, number) + 1
      if (isOwned(event)) this.#open[number] = 1
      this.#compare(row, number, elsewhere)
    }
    this.#compareRests(elsewhere)
  }

  /** The number of the trace of a row, -1 for a report of a re-sent event. */
  numberOf(row: number): number {
    return intAt(this.#numberOf, row)
  }

  /** How many reports of a trace are in the task. */
  sizeOf(trace: number): number {
    const number = this.#numbers.get(trace, NUMBER)
    return number < 0 ? 0 : intAt(this.#sizes, number)
  }

  trace(number: number): number {
    return intAt(this.#ids, number)
  }

  size(number: number): number {
    return intAt(this.#sizes, number)
  }

  isOpen(number: number): boolean {
    return this.#open[number] === 1
  }

  /** Opens a trace, whether reports of it have been seen or not. */
  open(trace: number): void {
    const number = this.#numbers.get(trace, NUMBER)
    if (number < 0) this.#numbers.set(trace, IS_OPEN, 1)
    else this.#open[number] = 1
  }

  /** Calls `use` with each trace of the task in which the agent of container `n` reported exactly `sums`. */
  eachRun(n: UsageReport, sums: UsageCounts, use: (trace: number) => void): void {
    let row = this.#latest.get(n.container ^ KEY.reported, sumKey(sums))
    for (; row >= 0; row = intAt(this.#before, row * KEYS + RUNS)) {
      const o = this.#other
      o.take(this.#reports, row * REPORT_STRIDE)
      if (o.container === n.container && o.input === sums.input && o.output === sums.output)
        use(o.trace)
    }
  }

  /** What the worker decided of a row. */
  outcomeOf(row: number): ReportOutcome {
    const at = intAt(this.#outcomeAt, row)
    if (at !== NONE) return intAt(this.#outcomes, at + OUTCOME_ROW.OUTCOME) as ReportOutcome
    const flags = intAt(this.#reports, row * REPORT_STRIDE + REPORT.FLAGS)
    return (flags & REPORT_FLAG.REPORT) === 0 ? OUTCOME.OPEN : OUTCOME.COUNTED
  }

  /** The event that counts for a row in the worker's opinion, -1 when none does instead of its own. */
  ownerOf(row: number): number {
    const at = intAt(this.#outcomeAt, row)
    return at === NONE ? NONE : intAt(this.#outcomes, at + OUTCOME_ROW.OWNER)
  }

  /** The remainder of a container in the worker's opinion; null without one. */
  restOf(row: number): UsageCounts | null {
    const at = intAt(this.#outcomeAt, row)
    const ints = this.#outcomes
    if (at === NONE || ints[at + OUTCOME_ROW.HAS_REST] === 0) return null
    return {
      input: intAt(ints, at + OUTCOME_ROW.INPUT),
      output: intAt(ints, at + OUTCOME_ROW.OUTPUT),
      read: intAt(ints, at + OUTCOME_ROW.CACHE_READ),
      written: intAt(ints, at + OUTCOME_ROW.CACHE_WRITE),
      reasoning: intAt(ints, at + OUTCOME_ROW.REASONING),
    }
  }

  #takeOutcomes(): void {
    const outcomes = this.#outcomes
    this.#outcomeAt.fill(NONE, 0, this.rows)
    for (let at = 0; at < outcomes.length; at += OUTCOME_STRIDE)
      this.#outcomeAt[intAt(outcomes, at + OUTCOME_ROW.REPORT)] = at
  }

  #numberFor(trace: number, elsewhere: Elsewhere): number {
    const known = this.#numbers.get(trace, NUMBER)
    if (known >= 0) return known
    const number = this.#add(trace)
    const isOpen = !this.#isDecided || this.#numbers.has(trace, IS_OPEN) || elsewhere.isKnown(trace)
    if (isOpen) this.#open[number] = 1
    return number
  }

  #add(trace: number): number {
    const number = this.count++
    if (number === this.#ids.length) this.#growTraces()
    this.#numbers.set(trace, NUMBER, number)
    this.#ids[number] = trace
    this.#sizes[number] = 0
    this.#open[number] = 0
    return number
  }

  /** Opens traces that may share a call: with remembered ones, or with each other. */
  #compare(row: number, number: number, elsewhere: Elsewhere): void {
    const n = this.#n
    n.take(this.#reports, row * REPORT_STRIDE)
    if (!n.has(REPORT_FLAG.REPORT)) return
    elsewhere.eachTie(n, this.#tie)
    if (n.has(REPORT_FLAG.RESPONSE_ID)) {
      const other = this.#link(n.response0 ^ KEY.response, n.response1, row, RESPONSES)
      if (other >= 0) this.#openBoth(number, intAt(this.#numberOf, other))
    }
    if (isTwinCandidate(n)) this.#compareTwins(row, number, n)
    if (n.isContainer) this.#link(n.container ^ KEY.reported, sumKey(n), row, RUNS)
  }

  /** Opens the trace of `#n` and the one that it is tied to, which may be in the task as well. */
  readonly #tie = (trace: number): boolean => {
    if (trace !== this.#n.trace) {
      this.open(trace)
      this.open(this.#n.trace)
    }
    return false
  }

  #compareTwins(row: number, number: number, n: UsageReport): void {
    let other = this.#link(twinKey(n), TWIN, row, TWINS)
    for (let i = 0; i < CANDIDATES_MAX && other >= 0; i++) {
      this.#other.take(this.#reports, other * REPORT_STRIDE)
      if (isTwinOf(n, this.#other)) this.#openBoth(number, intAt(this.#numberOf, other))
      other = intAt(this.#before, other * KEYS + TWINS)
    }
  }

  /** An agent that reports its whole life leaves over in one run what it reported in another. */
  #compareRests(elsewhere: Elsewhere): void {
    const outcomes = this.#outcomes
    for (let at = 0; at < outcomes.length; at += OUTCOME_STRIDE) {
      const row = intAt(outcomes, at + OUTCOME_ROW.REPORT)
      const rest = this.restOf(row)
      const number = intAt(this.#numberOf, row)
      if (rest === null || number < 0) continue
      const n = this.#n
      n.take(this.#reports, row * REPORT_STRIDE)
      const run = elsewhere.runOf(n, rest)
      if (run !== null) this.#tie(run)
      this.eachRun(n, rest, (trace) => {
        this.#openBoth(number, this.#numbers.get(trace, NUMBER))
      })
    }
  }

  #openBoth(a: number, b: number): void {
    if (a === b || b < 0) return
    this.#open[a] = 1
    this.#open[b] = 1
  }

  /** Makes `row` the latest with the key; returns the one before it, -1 when there was none. */
  #link(lo: number, hi: number, row: number, kind: number): number {
    const before = this.#latest.get(lo, hi)
    this.#before[row * KEYS + kind] = before
    this.#latest.set(lo, hi, row)
    return before
  }

  #makeRoom(events: number): void {
    const rows = Math.max(this.rows, events)
    if (rows <= this.#numberOf.length) return
    const size = Math.max(rows, this.#numberOf.length * 2)
    this.#numberOf = new Int32Array(size)
    this.#outcomeAt = new Int32Array(size)
    this.#before = new Int32Array(size * KEYS)
  }

  #growTraces(): void {
    const size = this.#ids.length * 2
    const grown = (ints: Int32Array): Int32Array<ArrayBuffer> => {
      const bigger = new Int32Array(size)
      bigger.set(ints)
      return bigger
    }
    this.#ids = grown(this.#ids)
    this.#sizes = grown(this.#sizes)
    const open = new Uint8Array(size)
    open.set(this.#open)
    this.#open = open
  }
}

/** Kinds of keys by which rows are chained. */
const RESPONSES = 0
const TWINS = 1
const RUNS = 2
const KEYS = 3
/** Second half of the key of twins, which have no second half of their own. */
const TWIN = 0x1b56_c4e9
