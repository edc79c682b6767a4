// A LogRecord message from its rows, for records that were edited. The field numbers are those of `log.ts`.

import { ATTR, ATTR_STRIDE, SPAN, type SpanBatch, VALUE } from '../../core/batch.ts'
import type { ByteWriter } from '../byte-writer.ts'
import { LOG_BODY, LOG_SEVERITY } from './log.ts'
import { Wire } from './wire.ts'
import {
  writeAny,
  writeAttribute,
  writeInt32,
  writeRange,
  writeTime,
  writeUint32,
} from './write.ts'

export function writeLogRecord(out: ByteWriter, batch: SpanBatch, row: number): void {
  const s = batch.spans
  const received = scan(batch, row)
  writeTime(out, batch, 1, received.time)
  writeInt32(out, 2, s[row + SPAN.KIND] as number)
  writeAttributesAndBody(out, batch, row)
  writeUint32(out, 7, s[row + SPAN.DROPPED_ATTRS] as number)
  const flags = s[row + SPAN.W3C_FLAGS] as number
  if (flags !== 0) out.fieldFixed32(8, flags)
  const b = batch.arena.bytes
  if ((s[row + SPAN.TRACE_ID] as number) >= 0)
    out.fieldBytes(9, b, s[row + SPAN.TRACE_ID] as number, 16)
  if ((s[row + SPAN.SPAN_ID] as number) >= 0)
    out.fieldBytes(10, b, s[row + SPAN.SPAN_ID] as number, 8)
  writeTime(out, batch, 11, received.observed)
  // If the received record had no event_name, the row's name repeats an attribute.
  if (received.hasName)
    writeRange(out, batch, 12, s[row + SPAN.NAME_OFF] as number, s[row + SPAN.NAME_LEN] as number)
}

/**
 * Writes attributes, body and severity. The rows of body and severity have the literal as their key, while an
 * attribute of that name has its key in the payload.
 */
function writeAttributesAndBody(out: ByteWriter, batch: SpanBatch, row: number): void {
  const body = literalOff(batch, LOG_BODY)
  const severity = literalOff(batch, LOG_SEVERITY)
  const first = batch.spans[row + SPAN.ATTR_FIRST] as number
  const end = first + (batch.spans[row + SPAN.ATTR_COUNT] as number)
  for (let attr = first; attr < end; attr++) {
    const a = attr * ATTR_STRIDE
    const keyOff = batch.attrs[a + ATTR.KEY_OFF]
    if (keyOff === body) writeAny(out, batch, 5, attr)
    else if (keyOff === severity && batch.attrs[a + ATTR.TYPE] === VALUE.STRING)
      writeRange(
        out,
        batch,
        3,
        batch.attrs[a + ATTR.OFF] as number,
        batch.attrs[a + ATTR.LEN] as number,
      )
    else writeAttribute(out, batch, 6, attr)
  }
}

function literalOff(batch: SpanBatch, name: string): number {
  const id = batch.arena.literal(name)
  return id < 0 ? -1 : batch.arena.literalOff(id)
}

interface Received {
  time: number
  observed: number
  hasName: boolean
}

/** The parts of the received message that have no column: both times, and whether it had an event_name. */
function scan(batch: SpanBatch, row: number): Received {
  const found: Received = { time: -1, observed: -1, hasName: false }
  const w = new Wire(batch.arena.bytes)
  w.p = batch.spans[row + SPAN.MSG_OFF] as number
  const end = w.p + (batch.spans[row + SPAN.MSG_LEN] as number)
  while (w.p < end) {
    const tag = w.tag(end)
    const field = tag >>> 3
    if (field === 1) found.time = w.fixed(8, end)
    else if (field === 11) found.observed = w.fixed(8, end)
    else {
      const before = w.p
      w.skip(tag, end)
      // An empty string has one byte, its length.
      if (field === 12) found.hasName = w.p > before + 1
    }
  }
  return found
}
