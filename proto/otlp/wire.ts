// Reads the protobuf wire format: tags, varints, lengths, and unknown fields. Every length is checked against the
// surrounding message, so callers never read outside of it.

import { malformed } from '../refusal.ts'

export const VARINT = 0
export const FIXED64 = 1
export const LEN = 2
const START_GROUP = 3
const END_GROUP = 4
export const FIXED32 = 5
const GROUP_DEPTH_MAX = 64

/** A cursor over bytes. `end` is always the end of the innermost message being read. */
export class Wire {
  b: Uint8Array
  p = 0
  /** The halves of the last `varint64`. */
  lo = 0
  hi = 0

  constructor(bytes: Uint8Array) {
    this.b = bytes
  }

  /** The next tag: field number * 8 + wire type. */
  tag(end: number): number {
    const first = this.b[this.p] as number
    if (first < 128 && first > 7) {
      this.p++
      return first
    }
    const tag = this.varint(end)
    if (this.hi !== 0 || tag < 8) throw malformed('A field number is 0 or too large.')
    return tag
  }

  /** The next length. The content begins at `p` and ends before `end`. */
  length(end: number): number {
    const p = this.p
    let n = this.b[p] as number
    if (p < end && n < 128) this.p = p + 1
    else {
      n = this.varint(end)
      if (this.hi !== 0) throw malformed('A length is longer than the message around it.')
    }
    if (n > end - this.p) throw malformed('A length is longer than the message around it.')
    return n
  }

  /** The low 32 bits (unsigned) of the next varint. The high ones are in `hi`. */
  varint(end: number): number {
    const b = this.b
    let p = this.p
    let lo = 0
    let hi = 0
    for (let shift = 0; ; shift += 7) {
      if (p >= end) throw malformed('The message ends inside a number.')
      const c = b[p++] as number
      if (shift < 28) lo |= (c & 127) << shift
      else if (shift === 28) {
        lo |= (c & 15) << 28
        hi = (c & 127) >> 4
      } else hi |= (c & 127) << (shift - 32)
      if (c < 128) {
        if (shift === 63 && c > 1) throw malformed('A number has more than 64 bits.')
        break
      }
      if (shift === 63) throw malformed('A number is longer than ten bytes.')
    }
    this.p = p
    this.lo = lo >>> 0
    this.hi = hi >>> 0
    return this.lo
  }

  /** Consumes `n` bytes and returns where they began. */
  fixed(n: number, end: number): number {
    const at = this.p
    if (end - at < n) throw malformed('The message ends inside a field.')
    this.p = at + n
    return at
  }

  /** Skips the value of an unknown field. Groups are skipped without recursion. */
  skip(tag: number, end: number): void {
    const type = tag & 7
    if (type === VARINT) this.varint(end)
    else if (type === FIXED64) this.fixed(8, end)
    else if (type === LEN) {
      // `p += length()` would be wrong: it reads `p` before `length` has moved it.
      const n = this.length(end)
      this.p += n
    } else if (type === FIXED32) this.fixed(4, end)
    else if (type === START_GROUP) this.#skipGroup(tag >>> 3, end)
    else throw malformed('A field has an illegal wire type.')
  }

  #skipGroup(field: number, end: number): void {
    const open = [field]
    while (open.length > 0) {
      if (this.p >= end) throw malformed('A group is not closed.')
      const tag = this.tag(end)
      const type = tag & 7
      if (type === START_GROUP) {
        if (open.length === GROUP_DEPTH_MAX) throw malformed('Groups are nested too deep.')
        open.push(tag >>> 3)
      } else if (type === END_GROUP) {
        if (open.pop() !== tag >>> 3) throw malformed('A group is closed by another one.')
      } else this.skip(tag, end)
    }
  }

  /** Checks a known field: the wire type must be that of its definition. */
  expect(tag: number, type: number): void {
    if ((tag & 7) !== type) throw malformed('A known field has the wrong wire type.')
  }
}
