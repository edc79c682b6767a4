// Usage counts once. Within a batch: reports of one call by two instrumentations, by a client's own spans
// beside them, by a log record beside its span, or by a re-sent request are found here and the later ones
// flagged. Across batches: `claims` name each call for the ledger, whose hints come back through `applyHints`.

import { SPAN, SPAN_STRIDE, type SpanBatch } from '../../core/batch.ts'
import type { EventTable } from '../../core/event.ts'
import { N, R } from '../../core/fields.ts'
import { claimHash } from '../../core/identity.ts'
import type { UsageHint } from '../../core/task.ts'

/** What a usage-bearing event needs to be compared with others. */
interface Report {
  readonly event: number
  readonly span: number
  readonly input: number
  readonly output: number
  readonly scope: number
  readonly project: Uint8Array
  readonly hasResponseId: boolean
}

export class DoubleCount {
  /** claim -> event that made it first. */
  readonly #claims = new Map<number, number>()
  /** event id -> first event with it. */
  readonly #seen = new Map<number, number>()
  readonly #reports: Report[] = []

  begin(): void {
    this.#claims.clear()
    this.#seen.clear()
    this.#reports.length = 0
  }

  /** True when the event was in the batch before (a client sent it twice). */
  isRepeated(events: EventTable, e: number): boolean {
    const off = events.off(e, R.event_id)
    const id = keyAt(events.arena.bytes, off)
    const first = this.#seen.get(id)
    if (first === undefined) {
      this.#seen.set(id, e)
      return false
    }
    markDuplicate(events, e, events.off(first, R.event_id))
    return true
  }

  /** Registers what a usage-bearing event reports. `spanClaim`: bytes whose first 8 stand for its span. */
  claim(
    events: EventTable,
    e: number,
    span: number,
    project: Uint8Array,
    spanBytes: Uint8Array,
    spanOff: number,
  ): void {
    const h0 = int32At(spanBytes, spanOff)
    const h1 = int32At(spanBytes, spanOff + 4)
    const ofSpan = this.#claims.get(keyOf(h0, h1))
    const id = events.text(e, R.response_id)
    const response = id === null || id === '' ? null : claimHash(project, `resp:${id}`)
    const ofResponse =
      response === null ? undefined : this.#claims.get(keyOf(response.h0, response.h1))
    const first = Math.min(ofSpan ?? e, ofResponse ?? e)
    // What the later report also goes by belongs to the first from now on.
    if (ofSpan === undefined) this.#add(events, first, h0, h1)
    if (response !== null && ofResponse === undefined)
      this.#add(events, first, response.h0, response.h1)
    if (first !== e) {
      markDuplicate(events, e, events.off(first, R.event_id))
      return
    }
    this.#reports.push({
      event: e,
      span,
      input: events.num(e, N.input_tokens),
      output: events.num(e, N.output_tokens),
      scope: events.batch.spans[span * SPAN_STRIDE + SPAN.SCOPE] as number,
      project,
      hasResponseId: response !== null,
    })
  }

  #add(events: EventTable, e: number, h0: number, h1: number): void {
    this.#claims.set(keyOf(h0, h1), e)
    events.claims.push({ event: e, h0, h1 })
  }

  /** Parents that repeat their children, and siblings that report one call without its id. */
  finish(events: EventTable): void {
    if (this.#reports.length < 2) return
    if (this.#hasParents(events)) this.#findContainers(events)
    if (this.#reports.some((r) => !r.hasResponseId)) this.#findSiblings(events)
  }

  /** Cheap and mostly false: is any report's parent a report as well? */
  #hasParents(events: EventTable): boolean {
    const b = events.arena.bytes
    const spans = new Set<number>()
    for (const r of this.#reports)
      if (events.len(r.event, R.span_id) > 0) spans.add(keyAt(b, events.off(r.event, R.span_id)))
    return this.#reports.some(
      (r) =>
        events.len(r.event, R.parent_span_id) > 0 &&
        spans.has(keyAt(b, events.off(r.event, R.parent_span_id))),
    )
  }

  #findContainers(events: EventTable): void {
    const children = new Map<string, Report[]>()
    for (const r of this.#reports) push(children, traceOf(events, r) + parentOf(events, r.event), r)
    for (const r of this.#reports) {
      const own = children.get(traceOf(events, r) + spanOf(events, r.event))
      if (own !== undefined) markContainer(events, r, own)
    }
  }

  #findSiblings(events: EventTable): void {
    const siblings = new Map<string, Report[]>()
    for (const r of this.#reports) {
      if (events.len(r.event, R.trace_id) < 0) continue
      // Only reports of equal input can be one call; this also bounds what is compared.
      const name = `${traceOf(events, r)}${parentOf(events, r.event)}${zero(r.input)}`
      const alike = push(siblings, name, r)
      if (alike.length > 1) markSibling(events, alike)
    }
  }
}

function push(map: Map<string, Report[]>, key: string, r: Report): Report[] {
  const list = map.get(key)
  if (list === undefined) {
    const made = [r]
    map.set(key, made)
    return made
  }
  list.push(r)
  return list
}

/** 53 of the first 64 bits as a number: equal for equal hashes, and collisions are out of reach. */
function keyOf(h0: number, h1: number): number {
  return (h0 >>> 0) * 2097152 + (h1 >>> 11)
}

function keyAt(b: Uint8Array, off: number): number {
  return keyOf(int32At(b, off), int32At(b, off + 4))
}

function int32At(b: Uint8Array, off: number): number {
  return (
    (b[off] as number) |
    ((b[off + 1] as number) << 8) |
    ((b[off + 2] as number) << 16) |
    ((b[off + 3] as number) << 24)
  )
}

/** Project and trace: nothing is compared across them. */
function traceOf(events: EventTable, r: Report): string {
  const id =
    events.len(r.event, R.trace_id) < 0
      ? ''
      : events.arena.latin1(events.off(r.event, R.trace_id), 16)
  return Buffer.from(r.project.buffer, r.project.byteOffset, 8).latin1Slice(0, 8) + id
}

function parentOf(events: EventTable, e: number): string {
  const len = events.len(e, R.parent_span_id)
  return len < 0 ? '' : events.arena.latin1(events.off(e, R.parent_span_id), 8)
}

function spanOf(events: EventTable, e: number): string {
  return events.len(e, R.span_id) < 0 ? '-' : events.arena.latin1(events.off(e, R.span_id), 8)
}

/** A span whose children report what it reports is a container of theirs. */
function markContainer(events: EventTable, parent: Report, children: readonly Report[]): void {
  let input = 0
  let output = 0
  let first = -1
  for (const c of children) {
    if (c.event === parent.event || events.num(c.event, N.usage_aggregate) === 1) continue
    if (first < 0) first = c.event
    input += zero(c.input)
    output += zero(c.output)
  }
  if (first < 0 || !isNear(input, zero(parent.input)) || !isNear(output, zero(parent.output)))
    return
  events.setNum(parent.event, N.usage_aggregate, 1)
  if (children.length === 1) markDuplicate(events, parent.event, events.off(first, R.event_id))
}

/** Of many alike only so many are compared: a batch of thousands of equal calls must not cost their square. */
const ALIKE_MAX = 16

/** The last of the list against those before it: different instrumentations, one within the other in time. */
function markSibling(events: EventTable, alike: readonly Report[]): void {
  const later = alike.at(-1) as Report
  for (let i = Math.max(0, alike.length - 1 - ALIKE_MAX); i < alike.length - 1; i++) {
    const earlier = alike[i] as Report
    if (!isSameCall(events, earlier, later)) continue
    markDuplicate(events, later.event, events.off(earlier.event, R.event_id))
    return
  }
}

function isSameCall(events: EventTable, a: Report, b: Report): boolean {
  if (a.hasResponseId && b.hasResponseId) return false
  if (events.num(a.event, N.usage_aggregate) === 1 || events.num(b.event, N.usage_aggregate) === 1)
    return false
  if (zero(a.input) !== zero(b.input) || !isNear(zero(a.output), zero(b.output))) return false
  if (!isSameModel(events, a.event, b.event)) return false
  if (isStreamCopy(events.batch, a.span) !== isStreamCopy(events.batch, b.span))
    return a.scope === b.scope
  return !isSameScope(events, a.event, b.event) && isNested(events, a.event, b.event)
}

function isSameScope(events: EventTable, a: number, b: number): boolean {
  return events.text(a, R.scope_name) === events.text(b, R.scope_name)
}

function isSameModel(events: EventTable, a: number, b: number): boolean {
  const of = (e: number): string | null =>
    events.text(e, R.request_model) ?? events.text(e, R.response_model)
  const x = of(a)
  const y = of(b)
  return (
    x === y ||
    x === null ||
    y === null ||
    events.text(a, R.response_model) === events.text(b, R.response_model)
  )
}

function isNested(events: EventTable, a: number, b: number): boolean {
  const as = events.timeMs(a, R.start_time)
  const ae = events.timeMs(a, R.end_time)
  const bs = events.timeMs(b, R.start_time)
  const be = events.timeMs(b, R.end_time)
  return (as <= bs && be <= ae) || (bs <= as && ae <= be)
}

const STREAM_COPY = 'streaming response from '
/** logfire reports a streamed call a second time, in a span of its own. */
function isStreamCopy(batch: SpanBatch, span: number): boolean {
  const row = span * SPAN_STRIDE
  const len = batch.spans[row + SPAN.NAME_LEN] as number
  return (
    len > STREAM_COPY.length &&
    batch.arena.equals(batch.spans[row + SPAN.NAME_OFF] as number, STREAM_COPY.length, STREAM_COPY)
  )
}

/** Two counts of one call may differ by a token: clients and instrumentations end streams differently. */
function isNear(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1
}

function zero(n: number): number {
  return Number.isNaN(n) ? 0 : n
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
    if (hint.event < 0 || hint.event >= events.count || hint.of.length !== 16) continue
    markDuplicate(events, hint.event, events.arena.append(hint.of))
  }
}
