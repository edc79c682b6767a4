// Usage counts once. Within a batch: reports of one call by two instrumentations, by a client's own spans
// beside them, by a log record beside its span, by a container, or by a re-sent request are found here and
// flagged. Across batches: `claims` and `reports` say the same to the ledger, whose corrections come back through `applyCorrections`.

import type { EventTable } from '../../../core/event.ts'
import { N, R } from '../../../core/fields.ts'
import { claimHash } from '../../../core/identity/identity.ts'
import { REPORT, REPORT_FLAG, REPORT_STRIDE } from '../../../core/reports/report-rows.ts'
import type { LedgerCorrection } from '../../../core/task.ts'
import { decideReports } from '../../../usage/one-call.ts'
import { OUTCOME, UsageReport } from '../../../usage/report.ts'
import { PairTable } from '../bytes/pair-table.ts'
import { addLink, addReport, PlainSpans } from './report-rows.ts'

export class DoubleCount {
  /** claim -> event that made it first. */
  readonly #claims = new PairTable()
  /** event id -> first event with it. */
  readonly #seen = new PairTable()
  /** Trace and span -> row of a report there, of a mere link when there is no report. */
  readonly #spans = new PairTable()
  readonly #plain = new PlainSpans()
  /** Trace and input -> REPORT_FLAG.RESPONSE_ID when all the reports of it so far have ids, else 0. */
  readonly #inputs = new PairTable()
  /**
   * Traces in which reports may speak of one call: a log record or a copy, a report above another row, equal input
   * without ids. In all others every report counts, and nothing need be compared.
   */
  readonly #suspected = new PairTable()
  #hasSuspects = false
  readonly #hash = new Int32Array(2)

  readonly #copyNames: readonly string[]

  /** `copyNames`: beginnings of names of spans that report the call of another span again. */
  constructor(copyNames: readonly string[]) {
    this.#copyNames = copyNames
  }

  begin(): void {
    this.#claims.clear()
    this.#seen.clear()
    this.#spans.clear()
    this.#plain.clear()
    this.#inputs.clear()
    this.#suspected.clear()
    this.#hasSuspects = false
  }

  /** True when the event was in the batch before (a client sent it twice). */
  isRepeated(events: EventTable, e: number): boolean {
    const off = events.off(e, R.event_id)
    const v = events.arena.view
    const first = this.#seen.getOrSet(v.getInt32(off, true), v.getInt32(off + 4, true), e)
    if (first < 0) return false
    markDuplicate(events, e, events.off(first, R.event_id))
    return true
  }

  /** An event of no GenAI kind, of which only whose child it is may matter. */
  plain(events: EventTable, e: number, seed: Int32Array): void {
    this.#plain.add(events, e, seed[0] as number)
  }

  /** An event that reports no usage of its own may stand between two that do. */
  link(events: EventTable, e: number, seed: Int32Array, kind: string): void {
    const at = addLink(events, e, seed[0] as number, kind)
    if (at < 0) return
    const rows = events.reports.ints
    this.#spans.getOrSet(rows[at + REPORT.TRACE] as number, rows[at + REPORT.SPAN] as number, at)
  }

  /** Registers what a usage-bearing event reports. `ofSpan`: what stands for its span, null = its own id. */
  claim(events: EventTable, e: number, seed: Int32Array, ofSpan: Uint8Array | null): void {
    const v = events.arena.view
    const off = events.off(e, R.event_id)
    const h0 = ofSpan === null ? v.getInt32(off, true) : int32At(ofSpan, 0)
    const h1 = ofSpan === null ? v.getInt32(off + 4, true) : int32At(ofSpan, 4)
    const len = events.len(e, R.response_id)
    const hash = this.#hash
    if (len > 0) claimHash(seed, v, events.off(e, R.response_id), len, hash)
    const r0 = hash[0] as number
    const r1 = hash[1] as number
    const byResponse = len > 0 ? this.#claims.get(r0, r1) : -1
    // The later report's span claim is registered for the first report, so that a third report that shares only this claim
    // is recognised.
    const bySpan = this.#claims.getOrSet(h0, h1, byResponse < 0 ? e : byResponse)
    const first = Math.min(bySpan < 0 ? e : bySpan, byResponse < 0 ? e : byResponse)
    if (bySpan < 0) events.claims.add(first, h0, h1)
    if (len > 0 && byResponse < 0) {
      this.#claims.set(r0, r1, first)
      events.claims.add(first, r0, r1)
    }
    if (first !== e) markDuplicate(events, e, events.off(first, R.event_id))
    const at = addReport(events, e, seed[0] as number, first === e ? -1 : first, this.#copyNames)
    if (at >= 0) this.#register(events.reports.ints, at)
  }

  #register(rows: Int32Array, at: number): void {
    const flags = rows[at + REPORT.FLAGS] as number
    const trace = rows[at + REPORT.TRACE] as number
    const input = rows[at + REPORT.INPUT] as number
    if ((flags & UNSURE) !== 0 || (rows[at + REPORT.OF] as number) >= 0) this.#suspect(trace)
    this.#spans.set(trace, rows[at + REPORT.SPAN] as number, at)
    const ids = flags & REPORT_FLAG.RESPONSE_ID
    const others = this.#inputs.getOrSet(trace, input, ids)
    if (others < 0 || (others & ids) !== 0) return
    this.#suspect(trace)
    this.#inputs.set(trace, input, 0)
  }

  #suspect(trace: number): void {
    this.#suspected.set(trace, 0, 1)
    this.#hasSuspects = true
  }

  /** Flags containers, which repeat the usage of the calls within them, and reports of one call by siblings without a response id. */
  finish(events: EventTable): void {
    const { ints, count } = events.reports
    for (let at = 0; at < count * REPORT_STRIDE; at += REPORT_STRIDE) this.#lookAbove(ints, at)
    if (count < 2 || !this.#hasSuspects) return
    for (const rows of this.#suspects(ints, count)) {
      const nodes = rows.map((at) => new UsageReport(ints, at))
      decideReports(nodes, 'batch')
      for (const n of nodes) flag(events, n)
    }
  }

  /** Finds the parent of a row, skipping spans that are no GenAI spans. A parent that reports as well makes the trace suspected. */
  #lookAbove(rows: Int32Array, at: number): void {
    if (((rows[at + REPORT.FLAGS] as number) & REPORT_FLAG.PARENT) === 0) return
    const trace = rows[at + REPORT.TRACE] as number
    let above = this.#spans.get(trace, rows[at + REPORT.PARENT] as number)
    if (above < 0) {
      this.#plain.skip(rows, at)
      if (((rows[at + REPORT.FLAGS] as number) & REPORT_FLAG.PARENT) === 0) return
      above = this.#spans.get(trace, rows[at + REPORT.PARENT] as number)
    }
    if (above >= 0 && ((rows[above + REPORT.FLAGS] as number) & REPORT_FLAG.REPORT) !== 0)
      this.#suspect(trace)
  }

  /** The rows of each suspected trace. */
  #suspects(rows: Int32Array, count: number): Iterable<number[]> {
    const traces = new Map<number, number[]>()
    for (let at = 0; at < count * REPORT_STRIDE; at += REPORT_STRIDE) {
      const trace = rows[at + REPORT.TRACE] as number
      if (this.#suspected.get(trace, 0) < 0) continue
      const list = traces.get(trace)
      if (list === undefined) traces.set(trace, [at])
      else list.push(at)
    }
    return traces.values()
  }
}

const UNSURE = REPORT_FLAG.LOG | REPORT_FLAG.STREAM_COPY

function flag(events: EventTable, n: UsageReport): void {
  if (n.outcome === OUTCOME.CONTAINER) events.setNum(n.event, N.usage_aggregate, 1)
  else if (n.outcome === OUTCOME.REPEATS && n.countedEvent >= 0)
    markDuplicate(events, n.event, events.off(n.countedEvent, R.event_id))
  else return
  if (n.has(REPORT_FLAG.COUNTED)) uncount(events.reports.ints, events.reports.count, n.event)
}

/** The ledger must not take it for counted. */
function uncount(rows: Int32Array, count: number, event: number): void {
  // Rows are in the order of their events.
  let low = 0
  let high = count - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if ((rows[middle * REPORT_STRIDE + REPORT.EVENT] as number) < event) low = middle + 1
    else high = middle
  }
  const at = low * REPORT_STRIDE + REPORT.FLAGS
  rows[at] = (rows[at] as number) & ~REPORT_FLAG.COUNTED
}

function int32At(b: Uint8Array, off: number): number {
  return (
    (b[off] as number) |
    ((b[off + 1] as number) << 8) |
    ((b[off + 2] as number) << 16) |
    ((b[off + 3] as number) << 24)
  )
}

/** Flags an event as another report of usage that event at `ofOff` (16 bytes in the arena) reported first. */
function markDuplicate(events: EventTable, e: number, ofOff: number): void {
  events.setNum(e, N.usage_aggregate, 1)
  events.setRange(e, R.usage_duplicate_of, ofOff, 16)
  clearCost(events, e)
}

function clearCost(events: EventTable, e: number): void {
  events.setNum(e, N.cost_usd, Number.NaN)
  events.setNum(e, N.cost_input_usd, Number.NaN)
  events.setNum(e, N.cost_output_usd, Number.NaN)
  events.clear(e, R.price_ref)
  const none = events.arena.literal('none')
  if (none >= 0) events.setLiteral(e, R.cost_source, none)
}

/** Applies what the ledger on the main thread knows: these events report usage that was counted before. */
export function applyCorrections(
  events: EventTable,
  corrections: readonly LedgerCorrection[],
): void {
  let moved: Map<string, number> | null = null
  for (const correction of corrections) {
    if (correction.event < 0 || correction.event >= events.count) continue
    if (correction.reason === 'container') events.setNum(correction.event, N.usage_aggregate, 1)
    else if (correction.of.length === 16) {
      const of = events.arena.append(correction.of)
      moved ??= new Map()
      moved.set(events.hex(correction.event, R.event_id) ?? '', of)
      markDuplicate(events, correction.event, of)
    }
  }
  if (moved !== null) follow(events, moved)
}

/** When A repeats B and B repeats C, A is made to point at C, the event that counts. */
function follow(events: EventTable, moved: ReadonlyMap<string, number>): void {
  for (let e = 0; e < events.count; e++) {
    const first = events.hex(e, R.usage_duplicate_of)
    const of = first === null ? undefined : moved.get(first)
    if (of !== undefined) events.setRange(e, R.usage_duplicate_of, of, 16)
  }
}
