// Span events and links that nobody reads, as JSON for `attributes`.

import {
  EVENT_ROW,
  EVENT_ROW_STRIDE,
  LINK,
  LINK_STRIDE,
  SPAN,
  SPAN_STRIDE,
  type SpanBatch,
} from '../../../core/batch.ts'
import { keyName } from '../../../core/keys.ts'
import { attrValue } from '../span/any-value.ts'
import type { CurrentSpan } from '../span/current-span.ts'

/** Events that nobody read, as JSON for `attributes`. */
export function keptEvents(span: CurrentSpan, kept: readonly number[]): string {
  const list = kept.map((event) => {
    const row = event * EVENT_ROW_STRIDE
    const ev = span.batch.events
    const off = ev[row + EVENT_ROW.TIME] as number
    return {
      name: span.arena.text(
        ev[row + EVENT_ROW.NAME_OFF] as number,
        ev[row + EVENT_ROW.NAME_LEN] as number,
      ),
      time: off < 0 ? null : span.arena.view.getBigUint64(off, true).toString(),
      attributes: attrsOf(
        span.batch,
        ev[row + EVENT_ROW.ATTR_FIRST] as number,
        ev[row + EVENT_ROW.ATTR_COUNT] as number,
      ),
    }
  })
  return JSON.stringify(list)
}

/** Links to other spans, as JSON for `attributes`; null when there are none. */
export function keptLinks(span: CurrentSpan): string | null {
  const row = span.index * SPAN_STRIDE
  const first = span.batch.spans[row + SPAN.LINK_FIRST] as number
  const count = span.batch.spans[row + SPAN.LINK_COUNT] as number
  if (count === 0) return null
  const list: unknown[] = []
  const hex = (off: number, len: number): string | null =>
    off < 0 ? null : span.arena.buf.toString('hex', off, off + len)
  for (let i = first; i < first + count; i++) {
    const at = i * LINK_STRIDE
    const l = span.batch.links
    list.push({
      trace_id: hex(l[at + LINK.TRACE_ID] as number, 16),
      span_id: hex(l[at + LINK.SPAN_ID] as number, 8),
      attributes: attrsOf(
        span.batch,
        l[at + LINK.ATTR_FIRST] as number,
        l[at + LINK.ATTR_COUNT] as number,
      ),
    })
  }
  return JSON.stringify(list)
}

/** Attributes as an object; JSON text is left as text. */
export function attrsOf(batch: SpanBatch, first: number, count: number): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (let i = first; i < first + count; i++) {
    const name = attrKey(batch, i)
    if (name !== '__proto__') out[name] = attrValue(batch, i)
  }
  return out
}

export function attrKey(batch: SpanBatch, attr: number): string {
  const id = batch.attrs[attr * 6] as number
  return id > 0
    ? keyName(id)
    : batch.arena.text(batch.attrs[attr * 6 + 1] as number, batch.attrs[attr * 6 + 2] as number)
}
