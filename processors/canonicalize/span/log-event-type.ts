// What a log record is called, and what tells it apart from other records of its span.

import { hash } from 'node:crypto'
import { SPAN, SPAN_STRIDE, type SpanBatch } from '../../../core/batch.ts'

const NAME_BYTES_MAX = 200

/** The name of the record numbered `index`; '' = none. */
export function logName(batch: SpanBatch, index: number): string {
  const row = index * SPAN_STRIDE
  const len = batch.spans[row + SPAN.NAME_LEN] as number
  if (len <= 0) return ''
  return batch.arena.text(batch.spans[row + SPAN.NAME_OFF] as number, Math.min(len, NAME_BYTES_MAX))
}

/** The text for the event id: it tells records of one span and name apart. */
export function logIdentity(batch: SpanBatch, index: number, name: string): string {
  return `log:${contentHash(batch, index)}:${timeText(batch, index)}:${name}`
}

function timeText(batch: SpanBatch, index: number): string {
  const off = batch.spans[index * SPAN_STRIDE + SPAN.START] as number
  return off < 0 ? '' : batch.arena.view.getBigUint64(off, true).toString()
}

/** Of the body and the attributes as they were received, so that a record sent again has the same. */
function contentHash(batch: SpanBatch, index: number): string {
  const row = index * SPAN_STRIDE
  const off = batch.spans[row + SPAN.MSG_OFF] as number
  const len = batch.spans[row + SPAN.MSG_LEN] as number
  return off < 0 || len <= 0
    ? ''
    : hash('sha256', batch.arena.bytes.subarray(off, off + len), 'hex').slice(0, 32)
}
