// The event name of a log record, and the text that distinguishes it from other records of its span.

import { hash } from 'node:crypto'
import type { SpanView } from '../../../core/span-view.ts'

const NAME_BYTES_MAX = 200

/** The name of the record, or ''. */
export function logName(record: SpanView): string {
  const length = record.nameLength
  if (length <= 0) return ''
  return record.batch.arena.text(record.nameOffset, Math.min(length, NAME_BYTES_MAX))
}

/** The text for the event id, which distinguishes records with the same span and name. */
export function logIdentity(record: SpanView, name: string): string {
  return `log:${contentHash(record)}:${timeText(record)}:${name}`
}

function timeText({ batch, startOffset: off }: SpanView): string {
  return off < 0 ? '' : batch.arena.view.getBigUint64(off, true).toString()
}

/** A hash of body and attributes as they were received, so that a re-sent record has the same hash. */
function contentHash({ batch, messageOffset: off, messageLength: len }: SpanView): string {
  return off < 0 || len <= 0
    ? ''
    : hash('sha256', batch.arena.bytes.subarray(off, off + len), 'hex').slice(0, 32)
}
