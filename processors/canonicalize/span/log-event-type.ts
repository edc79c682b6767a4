// What a log record is called, and what tells it apart from other records of its span.

import { hash } from 'node:crypto'
import type { SpanView } from '../../../core/span-view.ts'

const NAME_BYTES_MAX = 200

/** The name of the record; '' = none. */
export function logName(record: SpanView): string {
  const length = record.nameLength
  if (length <= 0) return ''
  return record.batch.arena.text(record.nameOffset, Math.min(length, NAME_BYTES_MAX))
}

/** The text for the event id: it tells records of one span and name apart. */
export function logIdentity(record: SpanView, name: string): string {
  return `log:${contentHash(record)}:${timeText(record)}:${name}`
}

function timeText({ batch, startOffset: off }: SpanView): string {
  return off < 0 ? '' : batch.arena.view.getBigUint64(off, true).toString()
}

/** Of the body and the attributes as they were received, so that a record sent again has the same. */
function contentHash({ batch, messageOffset: off, messageLength: len }: SpanView): string {
  return off < 0 || len <= 0
    ? ''
    : hash('sha256', batch.arena.bytes.subarray(off, off + len), 'hex').slice(0, 32)
}
