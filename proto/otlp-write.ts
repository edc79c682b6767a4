// The small pieces of OTLP messages written from rows: attributes, values, times, counters.

import { ATTR, ATTR_STRIDE, type SpanBatch, VALUE } from '../core/batch.ts'
import type { ByteWriter } from './byte-writer.ts'
import { LEN } from './wire.ts'

/** Rows `[first, first+count)` as KeyValue messages under `field`. */
export function writeAttributes(
  out: ByteWriter,
  batch: SpanBatch,
  field: number,
  first: number,
  count: number,
): void {
  for (let i = first; i < first + count; i++) writeAttribute(out, batch, field, i)
}

/** KeyValue: key 1, value 2. */
export function writeAttribute(
  out: ByteWriter,
  batch: SpanBatch,
  field: number,
  attr: number,
): void {
  const row = attr * ATTR_STRIDE
  const a = batch.attrs
  const mark = out.begin(field)
  const keyLen = a[row + ATTR.KEY_LEN] as number
  out.fieldBytes(1, batch.arena.bytes, a[row + ATTR.KEY_OFF] as number, keyLen)
  writeAny(out, batch, 2, attr)
  out.end(mark)
}

/** The value of attribute row `attr` as an AnyValue under `field`. */
export function writeAny(out: ByteWriter, batch: SpanBatch, field: number, attr: number): void {
  const row = attr * ATTR_STRIDE
  const type = batch.attrs[row + ATTR.TYPE] as number
  const off = batch.attrs[row + ATTR.OFF] as number
  const len = batch.attrs[row + ATTR.LEN] as number
  const b = batch.arena.bytes
  const mark = out.begin(field)
  if (type === VALUE.BOOL) out.fieldVarint(type, off)
  else if (type === VALUE.DOUBLE) out.fieldFixed64At(type, b, off)
  else if (type === VALUE.INT) {
    out.u8(type * 8)
    out.varint64At(b, off)
  } else if (type !== VALUE.EMPTY) {
    out.u8(type * 8 + LEN)
    out.string(b, off, len)
  }
  out.end(mark)
}

export function writeRange(
  out: ByteWriter,
  batch: SpanBatch,
  field: number,
  off: number,
  len: number,
): void {
  if (len > 0) out.fieldBytes(field, batch.arena.bytes, off, len)
}

export function writeTime(out: ByteWriter, batch: SpanBatch, field: number, off: number): void {
  if (off >= 0) out.fieldFixed64At(field, batch.arena.bytes, off)
}

export function writeInt32(out: ByteWriter, field: number, value: number): void {
  if (value === 0) return
  out.tag(field, 0)
  out.varintI32(value)
}

/** Columns are signed; a count above 2^31 comes back as it was. */
export function writeUint32(out: ByteWriter, field: number, value: number): void {
  if (value !== 0) out.fieldVarint(field, value >>> 0)
}
