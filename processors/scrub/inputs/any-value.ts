// Nested values: arrays, maps, bytes and numbers inside an attribute. Walks the AnyValue message, and when
// something in it is a secret builds the message anew with the same shape: a masked element stays an
// element, a map stays a map.

import { keyMeaning } from '../detectors/key-names.ts'
import { type KeyMeaning } from '../value/key-meaning.ts'

const VARINT = 0
const FIXED64 = 1
const LEN = 2
/** Wire type of strings, bytes and messages. */
export const FIELD_LENGTH_DELIMITED = LEN

/** What the walk asks about the leaves. Null = leave it. */
export interface LeafRules {
  /** Text or bytes in `b[from, to)`. */
  text(b: Uint8Array, from: number, to: number, meaning: KeyMeaning, key: string): Uint8Array | null
  /** An integer or a whole double, in decimal. */
  number(decimal: string, meaning: KeyMeaning, key: string): Uint8Array | null
  key(b: Uint8Array, from: number, to: number): Uint8Array | null
}

const DEPTH_MAX = 100

/** The new content of an ArrayValue (`isMap` false) or KeyValueList in `b[from, to)`, or null when nothing changes. */
export function scrubList(
  rules: LeafRules,
  b: Uint8Array,
  from: number,
  to: number,
  isMap: boolean,
  meaning: KeyMeaning,
  key: string,
  depth = 0,
): Uint8Array | null {
  const out: Uint8Array[] = []
  let changed = false
  let p = from
  while (p < to) {
    const start = p
    const f = field(b, p, to)
    p = f.end
    const now =
      f.number !== 1 || f.wire !== LEN || depth > DEPTH_MAX
        ? null
        : isMap
          ? scrubPair(rules, b, f.from, f.end, depth + 1)
          : scrubAny(rules, b, f.from, f.end, meaning, key, depth + 1)
    if (now === null) out.push(b.subarray(start, p))
    else {
      changed = true
      out.push(message(1, now))
    }
  }
  return changed ? Buffer.concat(out) : null
}

/** True when an ArrayValue holds short strings only: without candidates nothing in it needs a look. */
export function isPlainStrings(b: Uint8Array, from: number, to: number): boolean {
  let p = from
  while (p < to) {
    // values (field 1) of an AnyValue, whose only field is a string.
    const length = b[p + 1] as number
    if (b[p] !== 0x0a || length >= 128) return false
    if (length > 0 && (b[p + 2] !== 0x0a || b[p + 3] !== length - 2)) return false
    p += 2 + length
  }
  return p === to
}

function scrubPair(
  rules: LeafRules,
  b: Uint8Array,
  from: number,
  to: number,
  depth: number,
): Uint8Array | null {
  let key = ''
  for (let p = from; p < to; ) {
    const f = field(b, p, to)
    if (f.number === 1 && f.wire === LEN)
      key = Buffer.from(b.subarray(f.from, f.end)).toString('utf8')
    p = f.end
  }
  const meaning = keyMeaning(key)
  const out: Uint8Array[] = []
  let changed = false
  for (let p = from; p < to; ) {
    const f = field(b, p, to)
    let now: Uint8Array | null = null
    if (f.wire === LEN && f.number === 1) now = rules.key(b, f.from, f.end)
    else if (f.wire === LEN && f.number === 2)
      now = scrubAny(rules, b, f.from, f.end, meaning, key, depth)
    if (now !== null) changed = true
    out.push(now === null ? b.subarray(p, f.end) : message(f.number, now))
    p = f.end
  }
  return changed ? Buffer.concat(out) : null
}

/** AnyValue: string 1, bool 2, int 3, double 4, array 5, kvlist 6, bytes 7. */
function scrubAny(
  rules: LeafRules,
  b: Uint8Array,
  from: number,
  to: number,
  meaning: KeyMeaning,
  key: string,
  depth: number,
): Uint8Array | null {
  if (from >= to) return null
  const f = field(b, from, to)
  switch (f.number) {
    case 1:
    case 7: {
      const now = rules.text(b, f.from, f.end, meaning, key)
      return now === null ? null : message(f.number, now)
    }
    case 3:
    case 4: {
      const decimal = f.number === 3 ? signed(f.value) : whole(b, f.from)
      const now = decimal === null ? null : rules.number(decimal, meaning, key)
      return now === null ? null : message(1, now)
    }
    case 5:
    case 6: {
      const now = scrubList(rules, b, f.from, f.end, f.number === 6, meaning, key, depth)
      return now === null ? null : message(f.number, now)
    }
    default:
      return null
  }
}

export interface Field {
  readonly number: number
  readonly wire: number
  readonly from: number
  readonly end: number
  readonly value: bigint
}

/** The field at `p`; a damaged one takes the rest, so that nothing is lost. */
export function field(b: Uint8Array, p: number, to: number): Field {
  const tag = varint(b, p, to)
  const number = Number(tag.value >> 3n)
  const wire = Number(tag.value & 7n)
  const rest = { number: 0, wire: -1, from: tag.end, end: to, value: 0n }
  if (wire === VARINT) {
    const v = varint(b, tag.end, to)
    return { number, wire, from: tag.end, end: v.end, value: v.value }
  }
  if (wire === FIXED64)
    return tag.end + 8 > to ? rest : { number, wire, from: tag.end, end: tag.end + 8, value: 0n }
  if (wire === 5)
    return tag.end + 4 > to ? rest : { number, wire, from: tag.end, end: tag.end + 4, value: 0n }
  if (wire !== LEN) return rest
  const len = varint(b, tag.end, to)
  const end = len.end + Number(len.value)
  return end > to ? rest : { number, wire, from: len.end, end, value: 0n }
}

function varint(b: Uint8Array, p: number, to: number): { value: bigint; end: number } {
  let value = 0n
  let shift = 0n
  let i = p
  while (i < to) {
    const c = b[i++] as number
    value |= BigInt(c & 127) << shift
    if (c < 128 || shift >= 63n) break
    shift += 7n
  }
  return { value, end: i }
}

function signed(v: bigint): string {
  return BigInt.asIntN(64, v).toString()
}

const scratch = new DataView(new ArrayBuffer(8))

/** A double without a fraction as decimal digits, else null. */
export function whole(b: Uint8Array, at: number): string | null {
  for (let i = 0; i < 8; i++) scratch.setUint8(i, b[at + i] as number)
  const v = scratch.getFloat64(0, true)
  return Number.isSafeInteger(v) ? String(v) : null
}

function message(number: number, content: Uint8Array): Uint8Array {
  const head: number[] = [number * 8 + LEN]
  let n = content.length
  while (n >= 128) {
    head.push((n & 127) | 128)
    n >>>= 7
  }
  head.push(n)
  return Buffer.concat([Uint8Array.from(head), content])
}
