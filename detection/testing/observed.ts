// For tests of the detection: observations of given events, as the worker writes them.

import { Arena } from '../../core/arena.ts'
import { SpanBatch } from '../../core/batch.ts'
import { EventTable } from '../../core/event.ts'
import { type FieldName, numberIndex, R, rangeIndex } from '../../core/fields.ts'
import { encoder } from '../encode.ts'
import { CALL_STRIDE, FIGURE, FIGURE_STRIDE } from '../observation.ts'
import { SITE_STRIDE } from '../site.ts'

export interface TestEvent {
  /** Numbers below 256, of which the ids are made; 0 for none. */
  readonly event: number
  readonly trace: number
  readonly span: number
  readonly parent: number
  readonly startMs: number
  readonly endMs: number
  readonly fields: Partial<Record<FieldName, string | number>>
}

/** The bytes of the observations of a task with these events. */
export function observed(list: readonly TestEvent[]): Uint8Array {
  const events = new EventTable(new SpanBatch(new Arena()))
  for (const { event, trace, span, parent, startMs, endMs, fields } of list) {
    const e = events.add(0)
    const { arena } = events
    const id = (field: number, size: number, n: number): void => {
      if (n === 0) return
      const off = arena.reserve(size)
      arena.bytes.fill(n, off, off + size)
      events.setRange(e, field, off, size)
    }
    const time = (field: number, ms: number): void => {
      const off = arena.reserve(8)
      arena.view.setBigUint64(off, BigInt(ms) * 1_000_000n, true)
      events.setRange(e, field, off, 8)
    }
    id(R.event_id, 16, event)
    id(R.trace_id, 16, trace)
    id(R.span_id, 8, span)
    id(R.parent_span_id, 8, parent)
    time(R.start_time, startMs)
    time(R.end_time, endMs)
    for (const [name, value] of Object.entries(fields)) {
      const field = name as FieldName // The keys of `fields` are such names.
      if (typeof value === 'number') events.setNum(e, numberIndex(field), value)
      else events.setText(e, rangeIndex(field), value)
    }
  }
  const ctx = { count: () => {}, signal: () => {}, signals: [], explain: false }
  const input = { batch: events.batch, events, signals: [] }
  const [part] = encoder('detection:signals', {}).encode(input, new Set(), ctx)
  if (part === undefined) throw new Error('there are no observations')
  return part.bytes
}

/** The same observations, so much later. */
export function moved(bytes: Uint8Array, byMs: number): Uint8Array {
  const out = new Uint8Array(bytes)
  const head = new Uint32Array(out.buffer, 0, 8)
  const [, words = 0, wordBytes = 0, sites = 0, calls = 0, count = 0] = head
  const padded = (size: number): number => (size + 7) & ~7
  const at =
    32 +
    padded(words * 4) +
    padded(wordBytes) +
    padded(sites * SITE_STRIDE * 4) +
    calls * CALL_STRIDE * 8
  const figures = new Float64Array(out.buffer, at, count * FIGURE_STRIDE)
  for (let i = FIGURE.START; i < figures.length; i += FIGURE_STRIDE)
    figures[i] = (figures[i] ?? 0) + byMs
  return out
}
