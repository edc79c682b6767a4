// The event name of a log record, and the text that distinguishes it from other records of its span.

import type { SpanView } from '../../../core/span-view.ts'
import { receivedHash } from '../../../proto/otlp/edge-note.ts'

const NAME_BYTES_MAX = 200

/** The name of the record, or ''. */
export function logName(record: SpanView): string {
  const length = record.nameLength
  if (length <= 0) return ''
  return record.batch.arena.text(record.nameOffset, Math.min(length, NAME_BYTES_MAX))
}

/** The text for the event id, which distinguishes records with the same span and name. */
export function logIdentity(record: SpanView, name: string): string {
  return `log:${receivedHash(record.batch, record.index)}:${timeText(record)}:${name}`
}

function timeText({ batch, startOffset: off }: SpanView): string {
  return off < 0 ? '' : batch.arena.view.getBigUint64(off, true).toString()
}
