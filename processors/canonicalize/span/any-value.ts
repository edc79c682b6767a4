// OTLP values of attribute rows as JS values and as JSON text. Arrays and key-value lists are read from their
// protobuf messages, and every length is checked against its container. A damaged value is read up to the damage.

import type { Arena } from '../../../core/arena.ts'
import { type SpanBatch, VALUE } from '../../../core/batch.ts'

const DEPTH_MAX = 64
/** The most elements in one value, over all levels. A longer value is cut, so that hostile input cannot occupy a worker. */
const ELEMENTS_MAX = 20_000

// The arena of the value that is being read, in three views: `b` for single bytes, `view` for numbers, `buf` for text.
let b: Uint8Array = new Uint8Array(0)
let view: DataView = new DataView(new ArrayBuffer(0))
let buf: Buffer = Buffer.alloc(0)
let pos = 0
let budget = 0

/**
 * The value of an attribute row: string, number, boolean, array, object or null. Integers beyond 2^53 become strings.
 */
export function attrValue(batch: SpanBatch, attr: number): unknown {
  const off = batch.attrOffset(attr)
  const len = batch.attrLength(attr)
  switch (batch.attrType(attr)) {
    case VALUE.STRING:
      return batch.arena.text(off, len)
    case VALUE.BOOL:
      // A boolean has no bytes in the arena. The column of offsets has its value.
      return off === 1
    case VALUE.INT:
      return intValue(batch.arena.view, off)
    case VALUE.DOUBLE:
      return batch.nums[attr] as number
    case VALUE.ARRAY:
      return start(batch.arena, () => readArray(off, off + len, 0))
    case VALUE.KVLIST:
      return start(batch.arena, () => readMap(off, off + len, 0))
    case VALUE.BYTES:
      return batch.arena.buf.toString('base64', off, off + len)
    default:
      return null
  }
}

function start<T>(arena: Arena, read: () => T): T {
  b = arena.bytes
  view = arena.view
  buf = arena.buf
  budget = ELEMENTS_MAX
  return read()
}

function intValue(v: DataView, off: number): number | string {
  const n = v.getBigInt64(off, true)
  return n >= -9007199254740991n && n <= 9007199254740991n ? Number(n) : n.toString()
}

function varint(end: number): number {
  let value = 0
  let scale = 1
  for (let i = 0; i < 10 && pos < end; i++) {
    const c = b[pos++] as number
    value += (c & 127) * scale
    if (c < 128) return value
    scale *= 128
  }
  pos = end
  return 0
}

function varint64(end: number): number | string {
  let value = 0n
  let shift = 0n
  for (let i = 0; i < 10 && pos < end; i++) {
    const c = b[pos++] as number
    value |= BigInt(c & 127) << shift
    if (c < 128) break
    shift += 7n
  }
  const n = BigInt.asIntN(64, value)
  return n >= -9007199254740991n && n <= 9007199254740991n ? Number(n) : n.toString()
}

/** Skips an unknown field. */
function skip(wire: number, end: number): void {
  if (wire === 0) varint(end)
  else if (wire === 1) pos += 8
  else if (wire === 5) pos += 4
  else if (wire === 2) {
    const n = varint(end)
    pos += n
  } else pos = end
  if (pos > end) pos = end
}

/** The end of the length-delimited field at `pos`, and not more than `end`. */
function fieldEnd(end: number): number {
  const n = varint(end)
  return Math.min(end, pos + n)
}

// ArrayValue: 1 values (repeated AnyValue)
function readArray(off: number, end: number, depth: number): unknown[] {
  const out: unknown[] = []
  pos = off
  while (pos < end && budget-- > 0) {
    const tag = varint(end)
    if (tag !== 10) {
      skip(tag & 7, end)
      continue
    }
    const stop = fieldEnd(end)
    out.push(readAny(stop, depth + 1))
    pos = stop
  }
  return out
}

// KeyValueList: 1 values (repeated KeyValue: 1 key, 2 value)
function readMap(off: number, end: number, depth: number): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  pos = off
  while (pos < end && budget-- > 0) {
    const tag = varint(end)
    if (tag !== 10) {
      skip(tag & 7, end)
      continue
    }
    const stop = fieldEnd(end)
    readEntry(out, stop, depth)
    pos = stop
  }
  return out
}

function readEntry(out: Record<string, unknown>, end: number, depth: number): void {
  let name = ''
  let value: unknown = null
  while (pos < end) {
    const tag = varint(end)
    if (tag === 10) {
      const stop = fieldEnd(end)
      name = buf.utf8Slice(pos, stop)
      pos = stop
    } else if (tag === 18) {
      const stop = fieldEnd(end)
      value = readAny(stop, depth + 1)
      pos = stop
    } else skip(tag & 7, end)
  }
  if (name !== '__proto__') out[name] = value
}

// AnyValue: 1 string, 2 bool, 3 int, 4 double, 5 array, 6 kvlist, 7 bytes
function readAny(end: number, depth: number): unknown {
  if (depth > DEPTH_MAX) return null
  let value: unknown = null
  while (pos < end) {
    const tag = varint(end)
    const wire = tag & 7
    const field = tag >> 3
    if (wire === 0 && field === 2) value = varint(end) !== 0
    else if (wire === 0 && field === 3) value = varint64(end)
    else if (wire === 1 && field === 4) {
      value = pos + 8 <= end ? view.getFloat64(pos, true) : null
      pos += 8
    } else if (wire === 2) {
      const stop = fieldEnd(end)
      value = readDelimited(field, stop, depth, value)
      pos = stop
    } else skip(wire, end)
  }
  return value
}

function readDelimited(field: number, stop: number, depth: number, before: unknown): unknown {
  if (field === 1) return buf.utf8Slice(pos, stop)
  if (field === 5) return readArray(pos, stop, depth)
  if (field === 6) return readMap(pos, stop, depth)
  return field === 7 ? buf.toString('base64', pos, stop) : before
}
