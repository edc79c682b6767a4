// The reports that the ledger remembers, by trace, as rows of integers: no object for a report. Bounded by
// reports: the trace that was silent longest is forgotten first. Leaves to `trace-reports.ts` what they mean.

import { REPORT, REPORT_STRIDE } from '../../core/reports/report-rows.ts'
import { intAt } from '../../core/reports/typed-arrays.ts'
import type { UsageCounts } from '../../core/task.ts'
import type { ReportOutcome } from '../../usage/report.ts'
import type { TaskTraces } from './task-traces.ts'
import { TraceIndex } from './trace-index.ts'

const ID_BYTES = 16
/** A report's row of `core/reports/report-rows.ts` as it came, and behind it what was decided. */
const STATE = REPORT_STRIDE
/** What of a container is left over; read when RESTED. */
const REST = STATE + 1
/** The number of the last decision: how many reports it was made from, or more (`Revised.revision`). */
const REVISION = REST + 5
const TICKET = REVISION + 1
const ID = TICKET + 1
const OWNER = ID + 4
/** Where its entry begins in the blocks of its commit, -1 when it has none. */
const ENTRY = OWNER + 4
/** The next row of the same trace, or of the free ones. */
const NEXT = ENTRY + 1
const STRIDE = NEXT + 1

/** STATE: the outcome and two flags. */
const OUTCOME_BITS = 3
const OWNED = 4
const RESTED = 8

/** What was decided about a report and is stored of its event. */
export interface ReportState {
  readonly outcome: ReportOutcome
  /** Event id of the report that counts for it, 16 bytes as latin1; '' when there is none, or it is the one. */
  readonly owner: string
  readonly rest: UsageCounts | null
}

const NONE = -1
const CAPACITY_FIRST = 1024
const TRACES_FIRST = 16

/** The reports of a task, and what is remembered of them beside their rows. */
export interface NewReports {
  readonly traces: TaskTraces
  readonly reports: Int32Array
  readonly eventIds: Uint8Array
  readonly ticket: number
  /** What was decided about a row; an outcome alone when there is nothing beside it. */
  readonly stateOf: (row: number) => ReportState | ReportOutcome
  /** Where the entry of a row begins in the blocks of the task, -1 when it has none. */
  readonly entryOf: (row: number) => number
  /** From how many reports, itself among them, a row was decided. */
  readonly knownOf: (row: number) => number
}

export class ReportHistory {
  readonly #rowsMax: number
  readonly #perTraceMax: number
  readonly #traces: TraceIndex
  #capacity: number
  #rows: Int32Array
  #bytes: Buffer
  #free = NONE
  /** Rows never used begin here. */
  #fresh = 0
  #size = 0
  /** By number of a trace in a task: its record, and how many of its reports are too many. */
  #placeOf = new Int32Array(64)
  #skipped = new Int32Array(64)
  evicted = 0

  constructor(rowsMax: number, perTraceMax: number) {
    this.#rowsMax = rowsMax
    this.#perTraceMax = perTraceMax
    this.#capacity = Math.min(CAPACITY_FIRST, rowsMax)
    this.#rows = new Int32Array(this.#capacity * STRIDE)
    this.#bytes = Buffer.from(this.#rows.buffer)
    this.#traces = new TraceIndex(Math.max(TRACES_FIRST, this.#capacity))
  }

  /** Reports remembered. */
  get size(): number {
    return this.#size
  }

  get sizeMax(): number {
    return this.#rowsMax
  }

  /** Memory taken; it grows with the reports up to the bound and never shrinks. */
  get byteLength(): number {
    return this.#rows.byteLength + this.#traces.byteLength
  }

  has(trace: number): boolean {
    return this.#traces.find(trace) >= 0
  }

  /** Calls `use` with the place of each report of a trace, in the order in which they came. */
  each(trace: number, use: (rows: Int32Array, at: number) => void): void {
    const t = this.#traces.find(trace)
    if (t < 0) return
    for (let r = this.#traces.head(t); r !== NONE; r = this.#next(r)) use(this.#rows, r * STRIDE)
  }

  ticketAt(at: number): number {
    return intAt(this.#rows, at + TICKET)
  }

  /** The event id of the report whose row begins at `at`, 16 bytes as latin1. */
  idText(at: number): string {
    return this.#bytes.latin1Slice((at + ID) * 4, (at + ID) * 4 + ID_BYTES)
  }

  /** True when exactly this was decided, and nothing beside it. */
  isPlainly(at: number, outcome: ReportOutcome): boolean {
    return this.#rows[at + STATE] === outcome
  }

  /** True when the report repeats one that is not among those whose rows begin at `places`. */
  isOfLost(at: number, places: readonly { readonly at: number }[], count: number): boolean {
    const rows = this.#rows
    if ((intAt(rows, at + STATE) & OWNED) === 0) return false
    for (let i = 0; i < count; i++) {
      const other = (places[i] as { readonly at: number }).at
      let n = 0
      while (n < 4 && rows[other + ID + n] === rows[at + OWNER + n]) n++
      if (n === 4) return false
    }
    return true
  }

  /** Where the report's entry begins in the blocks of its commit, -1 when it has none. */
  entryAt(at: number): number {
    return intAt(this.#rows, at + ENTRY)
  }

  revisionAt(at: number): number {
    return intAt(this.#rows, at + REVISION)
  }

  stateAt(at: number): ReportState {
    const state = intAt(this.#rows, at + STATE)
    const from = (at + OWNER) * 4
    const owner = (state & OWNED) === 0 ? '' : this.#bytes.latin1Slice(from, from + ID_BYTES)
    const outcome = (state & OUTCOME_BITS) as ReportOutcome // `#putState` wrote one
    const rest = (state & RESTED) === 0 ? null : this.#rest(at)
    return { outcome, owner, rest }
  }

  #rest(at: number): UsageCounts {
    const n = (i: number): number => this.#rows[at + REST + i] as number
    return { input: n(0), output: n(1), read: n(2), written: n(3), reasoning: n(4) }
  }

  /** Writes what is decided now about a remembered report. */
  revise(at: number, state: ReportState, revision: number): void {
    this.#putState(at, state)
    this.#rows[at + REVISION] = revision
  }

  /** Keeps decided reports. Older ones are evicted before the new ones are put in, so there are never more rows than the bound. */
  add(task: NewReports): void {
    const { traces } = task
    this.#makeRoom(traces)
    this.#findPlaces(traces)
    for (let row = 0; row < traces.rows; row++) {
      const number = traces.numberOf(row)
      const t = number < 0 ? NONE : intAt(this.#placeOf, number)
      // NONE: forgotten as soon as it came, because the task alone has more than the bound.
      if (t === NONE) continue
      if (intAt(this.#skipped, number) > 0) this.#skipped[number] = intAt(this.#skipped, number) - 1
      else this.#put(t, row, task)
    }
  }

  /** Finds the record of each trace, and makes room in those that have more than a trace may have. */
  #findPlaces(traces: TaskTraces): void {
    if (traces.count > this.#placeOf.length) {
      this.#placeOf = new Int32Array(traces.count * 2)
      this.#skipped = new Int32Array(traces.count * 2)
    }
    for (let number = 0; number < traces.count; number++) {
      const t = this.#traces.find(traces.trace(number))
      this.#placeOf[number] = t
      this.#skipped[number] = 0
      if (t === NONE) continue
      const excess = this.#traces.count(t) + traces.size(number) - this.#perTraceMax
      const old = Math.min(Math.max(0, excess), this.#traces.count(t))
      for (let i = 0; i < old; i++) this.#dropFirst(t)
      this.#skipped[number] = Math.max(0, excess - old)
    }
  }

  /** Takes back the reports of a trace that came under a ticket. */
  remove(trace: number, ticket: number): void {
    const t = this.#traces.find(trace)
    if (t < 0) return
    let before = NONE
    for (let r = this.#traces.head(t); r !== NONE; ) {
      const next = this.#next(r)
      if (this.#rows[r * STRIDE + TICKET] === ticket) this.#unlink(t, before, r)
      else before = r
      r = next
    }
    if (this.#traces.count(t) === 0) this.#traces.remove(t)
  }

  /** The traces become the newest; the oldest go until what will be fits. */
  #makeRoom(traces: TaskTraces): void {
    let size = this.#size
    for (let number = 0; number < traces.count; number++) {
      const coming = traces.size(number)
      const t = this.#traces.touch(traces.trace(number))
      const before = this.#traces.count(t)
      const after = Math.min(before + coming, this.#perTraceMax)
      this.evicted += before + coming - after
      size += after - before
    }
    while (size > this.#rowsMax) {
      const t = this.#traces.oldest
      const coming = traces.sizeOf(this.#traces.key(t))
      const gone = Math.min(this.#traces.count(t) + coming, this.#perTraceMax)
      while (this.#traces.count(t) > 0) this.#dropFirst(t)
      this.#traces.remove(t)
      this.evicted += gone
      size -= gone
    }
  }

  #put(t: number, row: number, task: NewReports): void {
    const { reports, eventIds, ticket, stateOf, entryOf, knownOf } = task
    const to = this.#take()
    const rows = this.#rows
    const at = to * STRIDE
    const from = row * REPORT_STRIDE
    for (let i = 0; i < REPORT_STRIDE; i++) rows[at + i] = intAt(reports, from + i)
    const state = stateOf(row)
    if (typeof state === 'number') rows[at + STATE] = state
    else this.#putState(at, state)
    rows[at + REVISION] = knownOf(row)
    rows[at + ENTRY] = entryOf(row)
    rows[at + TICKET] = ticket
    const bytes = this.#bytes
    const id = (at + ID) * 4
    const idFrom = intAt(reports, from + REPORT.EVENT) * ID_BYTES
    for (let i = 0; i < ID_BYTES; i++) bytes[id + i] = eventIds[idFrom + i] as number
    rows[at + NEXT] = NONE
    const tail = this.#traces.tail(t)
    if (tail === NONE) this.#traces.setHead(t, to)
    else rows[tail * STRIDE + NEXT] = to
    this.#traces.setTail(t, to)
    this.#traces.addCount(t, 1)
    this.#size++
  }

  #putState(at: number, { outcome, owner, rest }: ReportState): void {
    const rows = this.#rows
    rows[at + STATE] = outcome | (owner === '' ? 0 : OWNED) | (rest === null ? 0 : RESTED)
    if (owner !== '') this.#bytes.latin1Write(owner, (at + OWNER) * 4, ID_BYTES)
    if (rest === null) return
    rows[at + REST] = rest.input
    rows[at + REST + 1] = rest.output
    rows[at + REST + 2] = rest.read
    rows[at + REST + 3] = rest.written
    rows[at + REST + 4] = rest.reasoning
  }

  #take(): number {
    if (this.#free !== NONE) {
      const row = this.#free
      this.#free = this.#next(row)
      return row
    }
    if (this.#fresh === this.#capacity) this.#grow()
    return this.#fresh++
  }

  #grow(): void {
    this.#capacity = Math.min(this.#capacity * 2, this.#rowsMax)
    const rows = new Int32Array(this.#capacity * STRIDE)
    rows.set(this.#rows)
    this.#rows = rows
    this.#bytes = Buffer.from(rows.buffer)
  }

  #dropFirst(t: number): void {
    this.#unlink(t, NONE, this.#traces.head(t))
  }

  /** Takes a row out of its trace's chain, in which it comes after `before`, and frees it. */
  #unlink(t: number, before: number, row: number): void {
    const next = this.#next(row)
    if (before === NONE) this.#traces.setHead(t, next)
    else this.#rows[before * STRIDE + NEXT] = next
    if (next === NONE) this.#traces.setTail(t, before)
    this.#traces.addCount(t, -1)
    this.#rows[row * STRIDE + NEXT] = this.#free
    this.#free = row
    this.#size--
  }

  #next(row: number): number {
    return intAt(this.#rows, row * STRIDE + NEXT)
  }
}
