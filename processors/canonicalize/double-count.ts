// Usage counts once. Within a batch: reports of one call by two instrumentations, by a client's own spans
// beside them, by a log record beside its span, or by a re-sent request are found here and the later ones
// flagged. Across batches: `claims` name each call for the ledger, whose hints come back through `applyHints`.

import { hash } from 'node:crypto'
import { SPAN, SPAN_FLAG, SPAN_STRIDE, type SpanBatch } from '../../core/batch.ts'
import type { EventTable } from '../../core/event.ts'
import { N, R } from '../../core/fields.ts'
import type { UsageHint } from '../../core/task.ts'

/** What a usage-bearing event needs to be compared with others. */
interface Report {
  readonly event: number
  readonly span: number
  readonly input: number
  readonly output: number
  readonly scope: number
  readonly hasResponseId: boolean
}

const claimInput = Buffer.alloc(16 + 5 + 512)
claimInput.latin1Write('resp:', 16, 5)

export class DoubleCount {
  /** claim (two halves as text) -> event that made it first. */
  readonly #claims = new Map<string, number>()
  /** event id (latin1) -> first event with it. */
  readonly #seen = new Map<string, number>()
  readonly #reports: Report[] = []

  begin(): void {
    this.#claims.clear()
    this.#seen.clear()
    this.#reports.length = 0
  }

  /** True when the event was in the batch before (a client sent it twice). */
  isRepeated(events: EventTable, e: number): boolean {
    const off = events.off(e, R.event_id)
    const id = events.arena.latin1(off, 16)
    const first = this.#seen.get(id)
    if (first === undefined) {
      this.#seen.set(id, e)
      return false
    }
    markDuplicate(events, e, events.off(first, R.event_id))
    return true
  }

  /** Registers what a usage-bearing event reports. `spanClaim`: offset of 8 bytes that stand for its span. */
  claim(
    events: EventTable,
    e: number,
    span: number,
    project: Uint8Array,
    spanClaim: Uint8Array,
  ): void {
    const keys = [keyOf(spanClaim)]
    const response = this.#responseClaim(events, e, project)
    if (response !== null) keys.push(keyOf(response))
    let first = -1
    for (const k of keys) {
      const owner = this.#claims.get(k)
      if (owner !== undefined && (first < 0 || owner < first)) first = owner
    }
    const owner = first < 0 ? e : first
    // What the later report also goes by belongs to the first from now on.
    if (!this.#claims.has(keys[0] as string)) this.#add(events, owner, keys[0] as string, spanClaim)
    if (response !== null && !this.#claims.has(keys[1] as string))
      this.#add(events, owner, keys[1] as string, response)
    if (first >= 0) {
      markDuplicate(events, e, events.off(first, R.event_id))
      return
    }
    const row = span * SPAN_STRIDE
    this.#reports.push({
      event: e,
      span,
      input: events.num(e, N.input_tokens),
      output: events.num(e, N.output_tokens),
      scope: events.batch.spans[row + SPAN.SCOPE] as number,
      hasResponseId: response !== null,
    })
  }

  #add(events: EventTable, e: number, k: string, bytes: Uint8Array): void {
    this.#claims.set(k, e)
    const v = new DataView(bytes.buffer, bytes.byteOffset, 8)
    events.claims.push({ event: e, h0: v.getInt32(0, true), h1: v.getInt32(4, true) })
  }

  #responseClaim(events: EventTable, e: number, project: Uint8Array): Uint8Array | null {
    const len = events.len(e, R.response_id)
    if (len <= 0 || len > 512) return null
    claimInput.set(project, 0)
    const off = events.off(e, R.response_id)
    claimInput.set(events.arena.bytes.subarray(off, off + len), 21)
    return hash('sha256', claimInput.subarray(0, 21 + len), 'buffer')
  }

  /** Parents that repeat their children, and siblings that report one call without its id. */
  finish(events: EventTable): void {
    if (this.#reports.length < 2) return
    const byTrace = new Map<string, Report[]>()
    for (const r of this.#reports) {
      const off = events.off(r.event, R.trace_id)
      if (events.len(r.event, R.trace_id) < 0) continue
      const trace = events.arena.latin1(off, 16)
      const list = byTrace.get(trace)
      if (list === undefined) byTrace.set(trace, [r])
      else list.push(r)
    }
    for (const list of byTrace.values()) if (list.length > 1) this.#compare(events, list)
  }

  #compare(events: EventTable, list: readonly Report[]): void {
    const byParent = new Map<string, Report[]>()
    for (const r of list) {
      const parent = parentOf(events, r.event)
      const siblings = byParent.get(parent)
      if (siblings === undefined) byParent.set(parent, [r])
      else siblings.push(r)
    }
    for (const r of list) {
      const children = byParent.get(spanOf(events, r.event))
      if (children !== undefined) markContainer(events, r, children)
    }
    for (const siblings of byParent.values())
      if (siblings.length > 1) markSiblings(events, siblings)
  }
}

function keyOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, 8).latin1Slice(0, 8)
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

/** Reports of different instrumentations, one within the other in time, with the same numbers. */
function markSiblings(events: EventTable, siblings: readonly Report[]): void {
  for (let i = 1; i < siblings.length; i++) {
    const later = siblings[i] as Report
    for (let j = 0; j < i; j++) {
      const earlier = siblings[j] as Report
      if (!isSameCall(events, earlier, later)) continue
      markDuplicate(events, later.event, events.off(earlier.event, R.event_id))
      break
    }
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

export function isLegacy(batch: SpanBatch, span: number): boolean {
  return ((batch.spans[span * SPAN_STRIDE] as number) & SPAN_FLAG.LEGACY) !== 0
}
