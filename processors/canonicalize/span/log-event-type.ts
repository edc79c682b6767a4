// What a log record is called, and what tells it apart from other records of its span.

import { hash } from 'node:crypto'
import { SPAN, SPAN_STRIDE } from '../../../core/batch.ts'
import { R } from '../../../core/fields.ts'
import { CurrentSpan } from './current-span.ts'

/** Sets event_type `log` or `log:<name>`; returns the text for the event id, which tells records of one span and name apart. */
export function logEventType(span: CurrentSpan): string {
  const row = span.index * SPAN_STRIDE
  const len = span.batch.spans[row + SPAN.NAME_LEN] as number
  const name =
    len > 0
      ? span.arena.text(span.batch.spans[row + SPAN.NAME_OFF] as number, Math.min(len, 200))
      : ''
  const type = name === '' ? 'log' : `log:${name}`
  const literal = type.length < 64 && name.startsWith('gen_ai.') ? span.arena.literal(type) : -1
  if (literal >= 0) span.events.setLiteral(span.event, R.event_type, literal)
  else span.setString(R.event_type, type)
  return `log:${contentHash(span)}:${timeText(span)}:${name}`
}

function timeText(span: CurrentSpan): string {
  const off = span.batch.spans[span.index * SPAN_STRIDE + SPAN.START] as number
  return off < 0 ? '' : span.arena.view.getBigUint64(off, true).toString()
}

/** Of the body and the attributes as they were received, so that a record sent again has the same. */
function contentHash(span: CurrentSpan): string {
  const row = span.index * SPAN_STRIDE
  const off = span.batch.spans[row + SPAN.MSG_OFF] as number
  const len = span.batch.spans[row + SPAN.MSG_LEN] as number
  return off < 0 || len <= 0
    ? ''
    : hash('sha256', span.arena.bytes.subarray(off, off + len), 'hex').slice(0, 32)
}
