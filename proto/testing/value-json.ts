// Writes an attribute value as JSON text, for tests that read rows. (`canonicalize` has its own writer, which knows
// canonical shapes.) Integers are exact, bytes become base64, NaN and infinities become strings, because JSON has no
// such numbers.

import { ATTR, ATTR_STRIDE, type SpanBatch, VALUE } from '../../core/batch.ts'
import type { ByteWriter } from '../byte-writer.ts'
import { Wire } from '../otlp/wire.ts'

/** A buffer for one number. */
const int = new Uint8Array(8)
const intView = new DataView(int.buffer)

/** Writes the value of attribute row `attr` as JSON. */
export function writeAttrJson(out: ByteWriter, batch: SpanBatch, attr: number): void {
  const row = attr * ATTR_STRIDE
  const a = batch.attrs
  writeValueJson(
    out,
    batch.arena.bytes,
    a[row + ATTR.TYPE] as number,
    a[row + ATTR.OFF] as number,
    a[row + ATTR.LEN] as number,
  )
}

/**
 * Writes a value given as in an attribute row (see `VALUE`). Lists must have been indexed: then they contain only
 * well-formed known fields, and field numbers need not be checked again.
 */
export function writeValueJson(
  out: ByteWriter,
  b: Uint8Array,
  type: number,
  off: number,
  len: number,
): void {
  switch (type) {
    case VALUE.STRING:
      return out.jsonString(b, off, len)
    case VALUE.BOOL:
      return out.ascii(off === 0 ? 'false' : 'true')
    case VALUE.INT:
      return out.decimalI64At(b, off)
    case VALUE.DOUBLE:
      return doubleJson(out, b, off)
    case VALUE.ARRAY:
      return arrayJson(out, new Wire(b), off, off + len)
    case VALUE.KVLIST:
      return objectJson(out, new Wire(b), off, off + len)
    case VALUE.BYTES:
      out.u8(0x22)
      out.base64(b, off, len)
      return out.u8(0x22)
    default:
      return out.ascii('null')
  }
}

function doubleJson(out: ByteWriter, b: Uint8Array, off: number): void {
  for (let i = 0; i < 8; i++) int[i] = b[off + i] as number
  const v = intView.getFloat64(0, true)
  if (Number.isFinite(v)) out.ascii(Object.is(v, -0) ? '-0' : String(v))
  else out.ascii(`"${v}"`)
}

function arrayJson(out: ByteWriter, w: Wire, start: number, end: number): void {
  out.u8(0x5b)
  let p = start
  while (p < end) {
    if (p > start) out.u8(0x2c)
    w.p = p
    w.tag(end)
    const len = w.length(end)
    p = w.p + len
    anyJson(out, w, w.p, p)
  }
  out.u8(0x5d)
}

/** KeyValueList: of a repeated key the last value is printed. */
function objectJson(out: ByteWriter, w: Wire, start: number, end: number): void {
  const pairs = new Map<string, readonly [number, number, number, number]>()
  let p = start
  while (p < end) {
    w.p = p
    w.tag(end)
    const len = w.length(end)
    p = w.p + len
    addPair(pairs, w, w.p, p)
  }
  out.u8(0x7b)
  let isFirst = true
  for (const [key, keyLen, value, valueEnd] of pairs.values()) {
    if (!isFirst) out.u8(0x2c)
    isFirst = false
    out.jsonString(w.b, key, keyLen)
    out.u8(0x3a)
    anyJson(out, w, value, valueEnd)
  }
  out.u8(0x7d)
}

function addPair(
  pairs: Map<string, readonly [number, number, number, number]>,
  w: Wire,
  start: number,
  end: number,
): void {
  let key = start
  let keyLen = 0
  let value = start
  let valueEnd = start
  w.p = start
  while (w.p < end) {
    const tag = w.tag(end)
    const len = w.length(end)
    if (tag >>> 3 === 1) {
      key = w.p
      keyLen = len
    } else {
      value = w.p
      valueEnd = w.p + len
    }
    w.p += len
  }
  const name = Buffer.from(w.b.buffer, w.b.byteOffset + key, keyLen).toString('latin1')
  pairs.set(name, [key, keyLen, value, valueEnd])
}

/** AnyValue in `[start, end)`, which has at most one member after indexing. */
function anyJson(out: ByteWriter, w: Wire, start: number, end: number): void {
  if (start === end) return out.ascii('null')
  w.p = start
  const tag = w.tag(end)
  const field = tag >>> 3
  if (field === VALUE.BOOL) return out.ascii(w.varint(end) === 0 && w.hi === 0 ? 'false' : 'true')
  if (field === VALUE.INT) {
    w.varint(end)
    intView.setUint32(0, w.lo, true)
    intView.setUint32(4, w.hi, true)
    return out.decimalI64At(int, 0)
  }
  if (field === VALUE.DOUBLE) return doubleJson(out, w.b, w.fixed(8, end))
  const len = w.length(end)
  const at = w.p
  if (field === VALUE.ARRAY) return arrayJson(out, w, at, at + len)
  if (field === VALUE.KVLIST) return objectJson(out, w, at, at + len)
  writeValueJson(out, w.b, field, at, len)
}
