// The note that an edge instance adds to an item which it has scrubbed: how many secrets of which type it removed, a keyed
// digest of them, and the hash of a log record as it was received. The note is a field of Span and LogRecord that OTLP does
// not have, so other receivers skip it. An instance never passes on such a field of a client, because items with unknown
// fields are written anew.

import { hash } from 'node:crypto'
import { SPAN, SPAN_FLAG, SPAN_STRIDE, type SpanBatch } from '../../core/batch.ts'

/** Field number in Span and in LogRecord. */
export const EDGE_NOTE = 20_322

const HASH_DIGITS = 32
const TYPES_MAX = 200
const TEXT_MAX = 200

/** Returns the note about a span or log record as JSON; null if there is nothing to report. */
export function edgeNoteOf(batch: SpanBatch, span: number): string | null {
  const secrets = batch.secrets.get(span)
  const masked = batch.maskedDigests.get(span)
  const received = isEditedLog(batch, span) ? receivedHash(batch, span) : undefined
  if (secrets === undefined && masked === undefined && received === undefined) return null
  return JSON.stringify({ secrets: Object.fromEntries(secrets ?? []), masked, received })
}

/** Applies a note, as if this instance had scrubbed the item. Text that is not a valid note has no effect. */
export function readEdgeNote(batch: SpanBatch, span: number, json: string): void {
  const note = noteIn(json)
  if (note === null) return
  const { secrets, masked, received } = note
  const counts = new Map<string, number>()
  if (typeof secrets === 'object' && secrets !== null)
    for (const [type, n] of Object.entries(secrets).slice(0, TYPES_MAX))
      if (type.length <= TEXT_MAX && Number.isSafeInteger(n) && n > 0) counts.set(type, n)
  if (counts.size > 0) batch.secrets.set(span, counts)
  if (isShortText(masked)) batch.maskedDigests.set(span, masked)
  if (isShortText(received)) batch.receivedHashes.set(span, received)
}

/** Returns a hash of a log record as the first instance received it, so that a re-sent record has the same hash. */
export function receivedHash(batch: SpanBatch, span: number): string {
  const received = batch.receivedHashes.get(span)
  if (received !== undefined) return received
  const off = batch.spans[span * SPAN_STRIDE + SPAN.MSG_OFF] as number
  const len = batch.spans[span * SPAN_STRIDE + SPAN.MSG_LEN] as number
  if (off < 0 || len <= 0) return ''
  return hash('sha256', batch.arena.bytes.subarray(off, off + len), 'hex').slice(0, HASH_DIGITS)
}

function isEditedLog(batch: SpanBatch, span: number): boolean {
  const both = SPAN_FLAG.LOG | SPAN_FLAG.EDITED
  return ((batch.spans[span * SPAN_STRIDE] as number) & both) === both
}

function noteIn(json: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'object' && value !== null ? { ...value } : null
  } catch {
    // The text is not JSON, so no instance of Observa wrote it. The item itself is valid.
    return null
  }
}

const isShortText = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= TEXT_MAX
