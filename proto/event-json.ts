// Writes a canonical event as one line of JSON, for Kafka, files and `pipe`. Fields and their order are those of
// `core/fields.ts`. The output is always valid JSON in valid UTF-8 without line breaks. Ranges of type json must
// already be JSON, as `canonicalize` makes them.

import { isUtf8 } from 'node:buffer'
import { type EventTable, PAIR, PAIR_STRIDE } from '../core/event.ts'
import { FIELDS, type Field, type FieldType, numberIndex, rangeIndex } from '../core/fields.ts'
import type { ByteWriter } from './byte-writer.ts'

interface Column {
  readonly kind: FieldType
  /** The index among the range or the number fields. For maps, 0 is metadata and 1 is attributes. */
  readonly index: number
  readonly core: boolean
  /** The texts `,"name":` and `,"name":null`, made once. */
  readonly prefix: Uint8Array
  readonly absent: Uint8Array
}

const COLUMNS: readonly Column[] = (FIELDS as readonly Field[]).map(column)
/**
 * Up to this many pairs, a small table of key hashes finds the few keys that must be compared. For more pairs a set
 * is used.
 */
const TABLE_KEYS_MAX = 256
/** For each hash slot, the number of the map that last used it. */
const slots = new Int32Array(2048)
let mapNumber = 0
/** For each pair of the current map, 1 if a later key has the same hash. */
const suspects = new Uint8Array(TABLE_KEYS_MAX)
const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20

/** Writes event `e` as a JSON object, without a line feed after it. */
export function writeEventJson(out: ByteWriter, events: EventTable, e: number): void {
  const start = out.pos
  for (const column of COLUMNS) writeColumn(out, events, e, column)
  // The first prefix begins with a comma, which is replaced.
  out.bytes[start] = 0x7b
  out.u8(0x7d)
  // `indexOf` of a Buffer is memchr, while `includes` of a Uint8Array costs 2 µs for 4 kB.
  const written = out.buf.subarray(start, out.pos)
  // Ranges are repaired when a payload is indexed, so this is rare: an edit has cut a character in two.
  if (!isUtf8(written)) return rewriteRepaired(out, start)
  if (written.indexOf(LF) >= 0 || written.indexOf(CR) >= 0) flattenWhitespace(written)
}

function writeColumn(out: ByteWriter, events: EventTable, e: number, column: Column): void {
  if (column.kind === 'map') return writeMap(out, events, e, column)
  if (column.kind === 'number' || column.kind === 'int' || column.kind === 'bool')
    return writeNumber(out, events.num(e, column.index), column)
  const len = events.len(e, column.index)
  if (len < 0) {
    if (column.core) out.raw(column.absent)
    return
  }
  out.raw(column.prefix)
  writeRange(out, events.arena.bytes, events.off(e, column.index), len, column.kind)
}

function writeRange(
  out: ByteWriter,
  b: Uint8Array,
  off: number,
  len: number,
  kind: FieldType,
): void {
  if (kind === 'text') return out.jsonString(b, off, len)
  if (kind === 'time') return out.decimalU64At(b, off)
  if (kind === 'id16' || kind === 'id8') {
    out.u8(0x22)
    out.hex(b, off, len)
    return out.u8(0x22)
  }
  if (len === 0) return out.ascii('null')
  out.copy(b, off, len)
}

function writeNumber(out: ByteWriter, value: number, column: Column): void {
  if (Number.isNaN(value)) {
    if (column.core) out.raw(column.absent)
    return
  }
  out.raw(column.prefix)
  if (column.kind === 'bool') out.ascii(value !== 0 ? 'true' : 'false')
  else out.jsonNumber(value)
}

function writeMap(out: ByteWriter, events: EventTable, e: number, column: Column): void {
  const first = column.index === 0 ? events.metadataFirst(e) : events.attributesFirst(e)
  const count = column.index === 0 ? events.metadataCount(e) : events.attributesCount(e)
  if (count === 0 && !column.core) return
  out.raw(column.prefix)
  out.u8(0x7b)
  const hidden = count > TABLE_KEYS_MAX ? hiddenKeys(events, first, count) : null
  if (hidden === null) findSuspects(events, first, count)
  const begin = out.pos
  const b = events.arena.bytes
  const p = events.pairs
  for (let i = first; i < first + count; i++) {
    const isHidden =
      hidden === null
        ? suspects[i - first] === 1 && repeatsLater(events, i, first + count)
        : hidden.has(i)
    if (isHidden) continue
    const row = i * PAIR_STRIDE
    if (out.pos > begin) out.u8(0x2c)
    out.jsonString(b, p[row + PAIR.KEY_OFF] as number, p[row + PAIR.KEY_LEN] as number)
    out.u8(0x3a)
    const off = p[row + PAIR.OFF] as number
    const len = p[row + PAIR.LEN] as number
    if (p[row + PAIR.JSON] === 0) out.jsonString(b, off, len)
    else if (len === 0) out.ascii('null')
    else out.copy(b, off, len)
  }
  out.u8(0x7d)
}

/** Marks the pairs whose key may be repeated, by length and three bytes of the key. */
function findSuspects(events: EventTable, first: number, count: number): void {
  const p = events.pairs
  const b = events.arena.bytes
  mapNumber = (mapNumber + 1) | 0
  for (let i = count - 1; i >= 0; i--) {
    const row = (first + i) * PAIR_STRIDE
    const off = p[row + PAIR.KEY_OFF] as number
    const len = p[row + PAIR.KEY_LEN] as number
    const ends = len === 0 ? 0 : (b[off + len - 1] as number) * 31 + (b[off + (len >> 1)] as number)
    const slot = (len * 67 + ends * 13 + (len > 1 ? (b[off + len - 2] as number) : 0)) & 2047
    suspects[i] = slots[slot] === mapNumber ? 1 : 0
    slots[slot] = mapNumber
  }
}

/** True when a later pair has the same key. The last one is printed. */
function repeatsLater(events: EventTable, i: number, end: number): boolean {
  const p = events.pairs
  const b = events.arena.bytes
  const off = p[i * PAIR_STRIDE + PAIR.KEY_OFF] as number
  const len = p[i * PAIR_STRIDE + PAIR.KEY_LEN] as number
  const last = b[off + len - 1]
  for (let row = (i + 1) * PAIR_STRIDE; row < end * PAIR_STRIDE; row += PAIR_STRIDE) {
    if (p[row + PAIR.KEY_LEN] !== len) continue
    const other = p[row + PAIR.KEY_OFF] as number
    if (other === off || (b[other + len - 1] === last && sameBytes(b, off, other, len))) return true
  }
  return false
}

function sameBytes(b: Uint8Array, x: number, y: number, len: number): boolean {
  for (let i = 0; i < len; i++) if (b[x + i] !== b[y + i]) return false
  return true
}

/** The pairs whose key is repeated later, for long maps. */
function hiddenKeys(events: EventTable, first: number, count: number): Set<number> {
  const seen = new Set<string>()
  const hidden = new Set<number>()
  for (let i = first + count - 1; i >= first; i--) {
    const row = i * PAIR_STRIDE
    const off = events.pairs[row + PAIR.KEY_OFF] as number
    const key = events.arena.latin1(off, events.pairs[row + PAIR.KEY_LEN] as number)
    if (seen.has(key)) hidden.add(i)
    else seen.add(key)
  }
  return hidden
}

/** Removes line breaks. They can only be whitespace between JSON tokens, because strings escape them. */
function flattenWhitespace(json: Uint8Array): void {
  for (let i = 0; i < json.length; i++) if (json[i] === LF || json[i] === CR) json[i] = SPACE
}

/** Replaces every malformed sequence by U+FFFD. JSON syntax is ASCII, so the repair does not change it. */
function rewriteRepaired(out: ByteWriter, start: number): void {
  const text = out.buf.utf8Slice(start, out.pos)
  out.pos = start
  out.utf8(text)
  flattenWhitespace(out.bytes.subarray(start, out.pos))
}

function column(field: Field): Column {
  const { name } = field
  return {
    kind: field.type,
    index:
      field.type === 'map'
        ? name === 'metadata'
          ? 0
          : 1
        : Math.max(rangeIndex(name), numberIndex(name)),
    core: field.core,
    prefix: Buffer.from(`,"${field.name}":`, 'latin1'),
    absent: Buffer.from(`,"${field.name}":${field.type === 'map' ? '{}' : 'null'}`, 'latin1'),
  }
}
