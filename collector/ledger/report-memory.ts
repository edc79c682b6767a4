// The reports that the ledger remembers, by trace, as rows of integers: no object for a report. Bounded by
// reports: the trace that was silent longest is forgotten first. Leaves to `trace-reports.ts` what they mean.

import { REPORT_STRIDE } from '../../core/reports/report-rows.ts'
import type { Outcome, RememberedIds, UsageReport } from '../../usage/report.ts'
import { TraceTable } from './trace-table.ts'

const ID_BYTES = 16
/** A report's row of `core/reports/report-rows.ts` as it came, and behind it what was decided. */
const STATE = REPORT_STRIDE
const TICKET = STATE + 1
const ID = TICKET + 1
const OWNER = ID + 4
/** The next row of the same trace, or of the free ones. */
const NEXT = OWNER + 4
const STRIDE = NEXT + 1

/** STATE: the verdict and two flags. */
const OUTCOME_BITS = 3
const SAID = 4
const OWNED = 8

const NONE = -1
const CAPACITY_FIRST = 1024
const TRACES_FIRST = 16

export class ReportMemory implements RememberedIds {
  readonly #rowsMax: number
  readonly #perTraceMax: number
  readonly #traces: TraceTable
  #capacity: number
  #rows: Int32Array
  #bytes: Buffer
  #free = NONE
  /** Rows never used begin here. */
  #fresh = 0
  #size = 0
  evicted = 0

  constructor(rowsMax: number, perTraceMax: number) {
    this.#rowsMax = rowsMax
    this.#perTraceMax = perTraceMax
    this.#capacity = Math.min(CAPACITY_FIRST, rowsMax)
    this.#rows = new Int32Array(this.#capacity * STRIDE)
    this.#bytes = Buffer.from(this.#rows.buffer)
    this.#traces = new TraceTable(Math.max(TRACES_FIRST, this.#capacity))
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

  /** Calls `use` with the place of each report of a trace, in the order in which they came. */
  each(trace: number, use: (rows: Int32Array, at: number) => void): void {
    const t = this.#traces.find(trace)
    if (t < 0) return
    for (let r = this.#traces.head(t); r !== NONE; r = this.#next(r)) use(this.#rows, r * STRIDE)
  }

  /** Gives a report, already read from the row at `at`, the outcome that was decided before. */
  recall(n: UsageReport, at: number): void {
    const state = this.#rows[at + STATE] as number
    const outcome = (state & OUTCOME_BITS) as Outcome // `#put` wrote one
    n.recall(outcome, (state & SAID) !== 0, this.#rows[at + TICKET] as number, this)
  }

  idText(at: number): string {
    return this.#bytes.latin1Slice((at + ID) * 4, (at + ID) * 4 + ID_BYTES)
  }

  ownerText(at: number): string {
    if (((this.#rows[at + STATE] as number) & OWNED) === 0) return ''
    return this.#bytes.latin1Slice((at + OWNER) * 4, (at + OWNER) * 4 + ID_BYTES)
  }

  /**
   * Keeps decided reports, by trace; their rows are in `reports`, their ids in `eventIds`. Older reports are evicted before the
   * new ones are put in, so there are never more rows than the bound.
   */
  add(
    traces: ReadonlyMap<number, readonly UsageReport[]>,
    reports: Int32Array,
    eventIds: Uint8Array,
    ticket: number,
  ): void {
    this.#makeRoom(traces)
    for (const [trace, ofTrace] of traces) {
      const t = this.#traces.find(trace)
      // Forgotten as soon as it came: the task alone has more than the bound.
      if (t < 0) continue
      const excess = this.#traces.count(t) + ofTrace.length - this.#perTraceMax
      const old = Math.min(Math.max(0, excess), this.#traces.count(t))
      for (let i = 0; i < old; i++) this.#dropFirst(t)
      for (let i = Math.max(0, excess - old); i < ofTrace.length; i++)
        this.#put(t, ofTrace[i] as UsageReport, reports, eventIds, ticket)
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
  #makeRoom(traces: ReadonlyMap<number, readonly UsageReport[]>): void {
    let size = this.#size
    for (const [trace, ofTrace] of traces) {
      const t = this.#traces.touch(trace)
      const before = this.#traces.count(t)
      const after = Math.min(before + ofTrace.length, this.#perTraceMax)
      this.evicted += before + ofTrace.length - after
      size += after - before
    }
    while (size > this.#rowsMax) {
      const t = this.#traces.oldest
      const coming = traces.get(this.#traces.key(t))?.length ?? 0
      const gone = Math.min(this.#traces.count(t) + coming, this.#perTraceMax)
      while (this.#traces.count(t) > 0) this.#dropFirst(t)
      this.#traces.remove(t)
      this.evicted += gone
      size -= gone
    }
  }

  #put(t: number, n: UsageReport, reports: Int32Array, eventIds: Uint8Array, ticket: number): void {
    const row = this.#take()
    const rows = this.#rows
    const at = row * STRIDE
    for (let i = 0; i < REPORT_STRIDE; i++) rows[at + i] = reports[n.at + i] as number
    const owner = n.owner
    rows[at + STATE] = n.outcome | (n.isSaid ? SAID : 0) | (owner === '' ? 0 : OWNED)
    rows[at + TICKET] = ticket
    const bytes = this.#bytes
    const id = (at + ID) * 4
    const from = n.event * ID_BYTES
    for (let i = 0; i < ID_BYTES; i++) bytes[id + i] = eventIds[from + i] as number
    if (owner !== '') bytes.latin1Write(owner, (at + OWNER) * 4, ID_BYTES)
    rows[at + NEXT] = NONE
    const tail = this.#traces.tail(t)
    if (tail === NONE) this.#traces.setHead(t, row)
    else rows[tail * STRIDE + NEXT] = row
    this.#traces.setTail(t, row)
    this.#traces.addCount(t, 1)
    this.#size++
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
    return this.#rows[row * STRIDE + NEXT] as number
  }
}
