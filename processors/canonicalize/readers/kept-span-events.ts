// Writes span events and links that nothing reads as JSON for `attributes`.

import type { SpanBatch } from '../../../core/batch.ts'
import { keyName, UNKNOWN_KEY } from '../../../core/keys.ts'
import { SpanEventView, SpanLinkView } from '../../../core/span-view.ts'
import { attrValue } from '../span/any-value.ts'
import type { CurrentSpan } from '../span/current-span.ts'

/** Span events that nothing read, as JSON for `attributes`. */
export function keptEvents(span: CurrentSpan, kept: readonly number[]): string {
  const view = new SpanEventView(span.batch)
  const list = kept.map((event) => {
    const { timeOffset, firstAttr, attrCount } = view.at(event)
    return {
      name: view.name(),
      time: timeOffset < 0 ? null : span.arena.view.getBigUint64(timeOffset, true).toString(),
      attributes: attrsOf(span.batch, firstAttr, attrCount),
    }
  })
  return JSON.stringify(list)
}

/** Links to other spans as JSON for `attributes`, or null when there are none. */
export function keptLinks(span: CurrentSpan): string | null {
  const { firstLink: first, linkCount: count } = span.received
  if (count === 0) return null
  const list: unknown[] = []
  const hex = (off: number, len: number): string | null =>
    off < 0 ? null : span.arena.buf.toString('hex', off, off + len)
  const view = new SpanLinkView(span.batch)
  for (let i = first; i < first + count; i++) {
    view.at(i)
    list.push({
      trace_id: hex(view.traceIdOffset, 16),
      span_id: hex(view.spanIdOffset, 8),
      attributes: attrsOf(span.batch, view.firstAttr, view.attrCount),
    })
  }
  return JSON.stringify(list)
}

/** Attributes as an object. JSON text stays text. */
export function attrsOf(batch: SpanBatch, first: number, count: number): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (let i = first; i < first + count; i++) {
    const name = attrKey(batch, i)
    if (name !== '__proto__') out[name] = attrValue(batch, i)
  }
  return out
}

export function attrKey(batch: SpanBatch, attr: number): string {
  const id = batch.attrKey(attr)
  return id === UNKNOWN_KEY ? batch.attrKeyText(attr) : keyName(id)
}
