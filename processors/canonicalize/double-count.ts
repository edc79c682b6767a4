// Usage counts once. Within a batch: reports of one call by two instrumentations, by a client's own spans
// beside them, by a log record beside its span, by a container, or by a re-sent request are found here and
// flagged. Across batches: `claims` and `kin` say the same to the ledger, whose hints come back through `applyHints`.

import type { EventTable } from '../../core/event.ts'
import { N, R } from '../../core/fields.ts'
import { claimHash } from '../../core/identity.ts'
import { KIN, KIN_FLAG, KIN_STRIDE } from '../../core/kin-rows.ts'
import type { UsageHint } from '../../core/task.ts'
import { judge, KinNode, VERDICT } from '../../core/usage-kin.ts'
import { addLink, addReport, type ProjectOf, throughPlainSpans } from './kin.ts'
import { PairTable } from './pair-table.ts'

export class DoubleCount {
  /** claim -> event that made it first. */
  readonly #claims = new PairTable()
  /** event id -> first event with it. */
  readonly #seen = new PairTable()
  /** Spans that report usage, and what they report, by trace. */
  readonly #spans = new PairTable()
  readonly #inputs = new PairTable()
  readonly #suspected = new PairTable()

  begin(): void {
    this.#claims.clear()
    this.#seen.clear()
  }

  /** True when the event was in the batch before (a client sent it twice). */
  isRepeated(events: EventTable, e: number): boolean {
    const off = events.off(e, R.event_id)
    const h0 = int32At(events.arena.bytes, off)
    const h1 = int32At(events.arena.bytes, off + 4)
    const first = this.#seen.get(h0, h1)
    if (first < 0) {
      this.#seen.set(h0, h1, e)
      return false
    }
    markDuplicate(events, e, events.off(first, R.event_id))
    return true
  }

  /** An event that reports no usage of its own may stand between two that do. */
  link(events: EventTable, e: number, project: Uint8Array): void {
    addLink(events, e, project)
  }

  /** Registers what a usage-bearing event reports. `spanBytes` at `spanOff`: 8 bytes that stand for its span. */
  claim(
    events: EventTable,
    e: number,
    project: Uint8Array,
    spanBytes: Uint8Array,
    spanOff: number,
  ): void {
    const h0 = int32At(spanBytes, spanOff)
    const h1 = int32At(spanBytes, spanOff + 4)
    const ofSpan = this.#claims.get(h0, h1)
    const response = responseClaim(events, e, project)
    const ofResponse = response === null ? -1 : this.#claims.get(response.h0, response.h1)
    const first = Math.min(ofSpan < 0 ? e : ofSpan, ofResponse < 0 ? e : ofResponse)
    // What the later report also goes by belongs to the first from now on.
    if (ofSpan < 0) this.#add(events, first, h0, h1)
    if (response !== null && ofResponse < 0) this.#add(events, first, response.h0, response.h1)
    if (first !== e) markDuplicate(events, e, events.off(first, R.event_id))
    addReport(events, e, project, first === e ? -1 : first)
  }

  #add(events: EventTable, e: number, h0: number, h1: number): void {
    this.#claims.set(h0, h1, e)
    events.claims.push({ event: e, h0, h1 })
  }

  /** Containers that repeat what is in them, and siblings that report one call without its id. */
  finish(events: EventTable, projectOf: ProjectOf): void {
    throughPlainSpans(events, projectOf, this.#spans)
    const { ints, count } = events.kin
    if (count < 2 || !this.#findSuspects(ints, count)) return
    for (const rows of this.#suspects(ints, count)) {
      const nodes = rows.map((at) => new KinNode(ints, at))
      judge(nodes, 'batch')
      for (const n of nodes) flag(events, n)
    }
  }

  /**
   * Traces in which reports may speak of one call: a log record or a copy, a report above another row, equal input without
   * ids. In all others every report counts, and nothing need be compared. False = there are none.
   */
  #findSuspects(rows: Int32Array, count: number): boolean {
    this.#spans.clear()
    this.#inputs.clear()
    this.#suspected.clear()
    let isAny = false
    const suspect = (trace: number): void => {
      this.#suspected.set(trace, 0, 1)
      isAny = true
    }
    for (let at = 0; at < count * KIN_STRIDE; at += KIN_STRIDE) {
      const flags = rows[at + KIN.FLAGS] as number
      if ((flags & KIN_FLAG.REPORT) === 0) continue
      const trace = rows[at + KIN.TRACE] as number
      const input = rows[at + KIN.INPUT] as number
      if ((flags & UNSURE) !== 0 || (rows[at + KIN.OF] as number) >= 0) suspect(trace)
      this.#spans.set(trace, rows[at + KIN.SPAN] as number, 1)
      const ids = flags & KIN_FLAG.RESPONSE_ID
      const others = this.#inputs.get(trace, input)
      if (others >= 0 && (others & ids) === 0) suspect(trace)
      this.#inputs.set(trace, input, others < 0 ? ids : others & ids)
    }
    for (let at = 0; at < count * KIN_STRIDE; at += KIN_STRIDE) {
      if (((rows[at + KIN.FLAGS] as number) & KIN_FLAG.PARENT) === 0) continue
      const trace = rows[at + KIN.TRACE] as number
      if (this.#spans.get(trace, rows[at + KIN.PARENT] as number) >= 0) suspect(trace)
    }
    return isAny
  }

  /** The rows of each suspected trace. */
  #suspects(rows: Int32Array, count: number): Iterable<number[]> {
    const traces = new Map<number, number[]>()
    for (let at = 0; at < count * KIN_STRIDE; at += KIN_STRIDE) {
      const trace = rows[at + KIN.TRACE] as number
      if (this.#suspected.get(trace, 0) < 0) continue
      const list = traces.get(trace)
      if (list === undefined) traces.set(trace, [at])
      else list.push(at)
    }
    return traces.values()
  }
}

const UNSURE = KIN_FLAG.LOG | KIN_FLAG.STREAM_COPY

function flag(events: EventTable, n: KinNode): void {
  if (n.verdict === VERDICT.CONTAINER) events.setNum(n.event, N.usage_aggregate, 1)
  else if (n.verdict === VERDICT.REPEATS && n.countedEvent >= 0)
    markDuplicate(events, n.event, events.off(n.countedEvent, R.event_id))
  else return
  if (n.has(KIN_FLAG.COUNTED)) uncount(events.kin.ints, events.kin.count, n.event)
}

/** The ledger must not take it for counted. */
function uncount(rows: Int32Array, count: number, event: number): void {
  // Rows are in the order of their events.
  let low = 0
  let high = count - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if ((rows[middle * KIN_STRIDE + KIN.EVENT] as number) < event) low = middle + 1
    else high = middle
  }
  const at = low * KIN_STRIDE + KIN.FLAGS
  rows[at] = (rows[at] as number) & ~KIN_FLAG.COUNTED
}

/** What a provider's response goes by; null when the event names none. */
function responseClaim(
  events: EventTable,
  e: number,
  project: Uint8Array,
): { readonly h0: number; readonly h1: number } | null {
  const len = events.len(e, R.response_id)
  if (len <= 0) return null
  const off = events.off(e, R.response_id)
  return claimHash(project, events.arena.bytes, off, len)
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
export function applyHints(events: EventTable, hints: readonly UsageHint[]): void {
  for (const hint of hints) {
    if (hint.event < 0 || hint.event >= events.count) continue
    if (hint.reason === 'container') events.setNum(hint.event, N.usage_aggregate, 1)
    else if (hint.of.length === 16) markDuplicate(events, hint.event, events.arena.append(hint.of))
  }
}
