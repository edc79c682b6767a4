// Writes small parts of OTLP messages from rows: attributes, values, times, counters.

import { ATTR, ATTR_STRIDE, type SpanBatch, VALUE } from '../../core/batch.ts'
import { type ByteWriter, varintSize } from '../byte-writer.ts'
import { LEN } from './wire.ts'

/** Writes rows `[first, first+count)` as KeyValue messages under `field`. */
export function writeAttributes(
  out: ByteWriter,
  batch: SpanBatch,
  field: number,
  first: number,
  count: number,
): void {
  for (let i = first; i < first + count; i++) writeAttribute(out, batch, field, i)
}

/** KeyValue: key 1, value 2. Sizes are computed first, so nothing is moved afterwards. */
export function writeAttribute(
  out: ByteWriter,
  batch: SpanBatch,
  field: number,
  attr: number,
): void {
  const row = attr * ATTR_STRIDE
  const keyOff = batch.attrs[row + ATTR.KEY_OFF] as number
  const keyLen = batch.attrs[row + ATTR.KEY_LEN] as number
  const value = anySize(batch, row)
  out.tag(field, LEN)
  out.varint(2 + varintSize(keyLen) + keyLen + varintSize(value) + value)
  out.u8(8 + LEN)
  out.string(batch.arena.bytes, keyOff, keyLen)
  writeAny(out, batch, 2, attr)
}

/**
 * Writes the value of attribute row `attr` as an AnyValue under `field`. The row's type is the field number in
 * AnyValue.
 */
export function writeAny(out: ByteWriter, batch: SpanBatch, field: number, attr: number): void {
  const row = attr * ATTR_STRIDE
  const type = batch.attrs[row + ATTR.TYPE] as number
  const off = batch.attrs[row + ATTR.OFF] as number
  const len = batch.attrs[row + ATTR.LEN] as number
  const b = batch.arena.bytes
  out.tag(field, LEN)
  out.varint(anySize(batch, row))
  if (type === VALUE.BOOL) out.fieldVarint(type, off)
  else if (type === VALUE.DOUBLE) out.fieldFixed64At(type, b, off)
  else if (type === VALUE.INT) {
    out.u8(type * 8)
    out.varint64At(b, off)
  } else if (type !== VALUE.EMPTY) {
    out.u8(type * 8 + LEN)
    out.string(b, off, len)
  }
}

/** The number of bytes of the AnyValue that `writeAny` writes for the row at column index `row`. */
function anySize(batch: SpanBatch, row: number): number {
  const type = batch.attrs[row + ATTR.TYPE] as number
  const len = batch.attrs[row + ATTR.LEN] as number
  if (type === VALUE.EMPTY) return 0
  if (type === VALUE.BOOL) return 2
  if (type === VALUE.DOUBLE) return 9
  if (type !== VALUE.INT) return 1 + varintSize(len) + len
  return 1 + varint64Size(batch.arena.bytes, batch.attrs[row + ATTR.OFF] as number)
}

/**
 * The number of bytes of the varint of the 64-bit value at `off`: one for every seven bits up to the highest one set.
 */
function varint64Size(b: Uint8Array, off: number): number {
  for (let i = 7; i >= 0; i--) {
    const c = b[off + i] as number
    if (c !== 0) return Math.ceil((i * 8 + 32 - Math.clz32(c)) / 7)
  }
  return 1
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

/** Columns are signed, so a count above 2^31 is converted back. */
export function writeUint32(out: ByteWriter, field: number, value: number): void {
  if (value !== 0) out.fieldVarint(field, value >>> 0)
}
