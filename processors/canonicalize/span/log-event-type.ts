// What a log record is called, and what tells it apart from other records of its span.

import { hash } from 'node:crypto'
import { SPAN, SPAN_STRIDE } from '../../../core/batch.ts'
import { R } from '../../../core/fields.ts'
import { Work } from './work.ts'

/** Sets event_type `log` or `log:<name>`; returns the text for the event id, which tells records of one span and name apart. */
export function logEventType(w: Work): string {
  const row = w.span * SPAN_STRIDE
  const len = w.batch.spans[row + SPAN.NAME_LEN] as number
  const name =
    len > 0 ? w.arena.text(w.batch.spans[row + SPAN.NAME_OFF] as number, Math.min(len, 200)) : ''
  const type = name === '' ? 'log' : `log:${name}`
  const literal = type.length < 64 && name.startsWith('gen_ai.') ? w.arena.literal(type) : -1
  if (literal >= 0) w.events.setLiteral(w.e, R.event_type, literal)
  else w.setString(R.event_type, type)
  return `log:${contentHash(w)}:${timeText(w)}:${name}`
}

function timeText(w: Work): string {
  const off = w.batch.spans[w.span * SPAN_STRIDE + SPAN.START] as number
  return off < 0 ? '' : w.arena.view.getBigUint64(off, true).toString()
}

/** Of the body and the attributes as they were received, so that a record sent again has the same. */
function contentHash(w: Work): string {
  const row = w.span * SPAN_STRIDE
  const off = w.batch.spans[row + SPAN.MSG_OFF] as number
  const len = w.batch.spans[row + SPAN.MSG_LEN] as number
  return off < 0 || len <= 0
    ? ''
    : hash('sha256', w.arena.bytes.subarray(off, off + len), 'hex').slice(0, 32)
}
