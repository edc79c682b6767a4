// Bytes in which each text is written once: varints, and texts that refer to the place where they were written first. The
// entries of a task are written in this form (`usage-entries.ts`).
//
// A text begins with a varint: 0 is null; an odd number, length * 2 + 1, is followed by the bytes; an even number is twice
// the place of an equal text.

import { grownBytes, grownInts } from '../grow.ts'

const SLOTS_FIRST = 1024

export class TextBlockWriter {
  bytes = new Uint8Array(16 * 1024)
  view = new DataView(this.bytes.buffer)
  top = 0
  /** Places of texts by the hash of their bytes. 0 is an empty slot, because no text begins at 0. */
  #slots = new Int32Array(SLOTS_FIRST)
  #used = 0

  reset(): void {
    this.top = 0
    if (this.#used > 0) this.#slots.fill(0)
    this.#used = 0
  }

  /** Makes room for the given number of bytes, which the caller may then write. */
  ensure(room: number): void {
    if (this.top + room <= this.bytes.length) return
    this.bytes = grownBytes(this.bytes, this.top + room)
    this.view = new DataView(this.bytes.buffer)
  }

  /** Writes an integer from 0 to 2^53 - 1. */
  varint(value: number): void {
    let n = value
    while (n > 0x7fff_ffff) {
      this.bytes[this.top++] = (n % 128) | 0x80
      n = Math.floor(n / 128)
    }
    while (n > 0x7f) {
      this.bytes[this.top++] = (n & 0x7f) | 0x80
      n >>>= 7
    }
    this.bytes[this.top++] = n
  }

  float(value: number): void {
    this.view.setFloat64(this.top, value, true)
    this.top += 8
  }

  int(value: number): void {
    this.view.setInt32(this.top, value, true)
    this.top += 4
  }

  /** Leaves a gap that is filled later, and returns its place. */
  skip(length: number): number {
    this.top += length
    return this.top - length
  }

  copy(from: Uint8Array, off: number, len: number): void {
    const { bytes } = this
    let at = this.top
    for (let i = off; i < off + len; i++) bytes[at++] = from[i] as number
    this.top = at
  }

  /** Returns the place of an equal text, -1 when none has been written. */
  find(from: Uint8Array, off: number, len: number): number {
    const at = this.#slots[this.#slotOf(from, off, len)] as number
    return at === 0 ? -1 : at
  }

  /** Writes a text, or the place of an equal one, and returns the place. */
  text(from: Uint8Array, off: number, len: number): number {
    const slot = this.#slotOf(from, off, len)
    const known = this.#slots[slot] as number
    if (known !== 0) {
      this.varint(known * 2)
      return known
    }
    const at = this.top
    this.literal(from, off, len)
    this.#slots[slot] = at
    if (++this.#used * 2 > this.#slots.length) this.#grow()
    return at
  }

  /** Writes a text that will hardly occur again, and does not remember its place. */
  literal(from: Uint8Array, off: number, len: number): void {
    this.varint(len * 2 + 1)
    this.copy(from, off, len)
  }

  #slotOf(from: Uint8Array, off: number, len: number): number {
    const slots = this.#slots
    const mask = slots.length - 1
    let i = hashOf(from, off, len) & mask
    while (slots[i] !== 0 && !this.#isAt(slots[i] as number, from, off, len)) i = (i + 1) & mask
    return i
  }

  #isAt(place: number, from: Uint8Array, off: number, len: number): boolean {
    const { bytes } = this
    let code = len * 2 + 1
    let at = place
    // The length is compared in its written form, seven bits a byte.
    for (; code > 0x7f; code >>>= 7) if (bytes[at++] !== ((code & 0x7f) | 0x80)) return false
    if (bytes[at++] !== code) return false
    for (let i = 0; i < len; i++) if (bytes[at + i] !== from[off + i]) return false
    return true
  }

  #grow(): void {
    const places = this.#slots.filter((place) => place !== 0)
    this.#slots = grownInts(new Int32Array(0), this.#slots.length * 2)
    const mask = this.#slots.length - 1
    const reader = new TextBlockReader(this.bytes, 0)
    for (const place of places) {
      reader.seek(place)
      const len = (reader.varint() - 1) / 2
      let i = hashOf(this.bytes, reader.at, len) & mask
      while (this.#slots[i] !== 0) i = (i + 1) & mask
      this.#slots[i] = place
    }
  }
}

function hashOf(bytes: Uint8Array, off: number, len: number): number {
  let h = len
  for (let i = off; i < off + len; i++) h = Math.imul(h ^ (bytes[i] as number), 0x0100_0193)
  return h ^ (h >>> 15)
}

export class TextBlockReader {
  readonly #bytes: Uint8Array
  /** Start of the block, to which the places of texts are relative. */
  readonly #from: number
  readonly view: DataView
  at: number
  /** Offset of the text that was read last. */
  textAt = 0

  constructor(bytes: Uint8Array, from: number) {
    this.#bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#from = from
    this.at = from
  }

  /** Continues reading at another place. */
  seek(at: number): void {
    this.at = at
  }

  int(): number {
    this.at += 4
    return this.view.getInt32(this.at - 4, true)
  }

  varint(): number {
    let value = 0
    let scale = 1
    for (;;) {
      const byte = this.#bytes[this.at++] as number
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 128
    }
  }

  float(): number {
    this.at += 8
    return this.view.getFloat64(this.at - 8, true)
  }

  /** Reads a text and returns its length, -1 for null. The text is at `textAt`. */
  text(): number {
    const code = this.varint()
    if (code === 0) return -1
    if (code % 2 === 1) {
      this.textAt = this.at
      this.at += (code - 1) / 2
      return (code - 1) / 2
    }
    const next = this.at
    this.at = this.#from + code / 2
    const len = (this.varint() - 1) / 2
    this.textAt = this.at
    this.at = next
    return len
  }
}

/** Maps a signed integer to one that is not negative, a small one to a small one. */
export function zigzag(n: number): number {
  return n < 0 ? -n * 2 - 1 : n * 2
}

export function fromZigzag(code: number): number {
  return code % 2 === 0 ? code / 2 : -(code + 1) / 2
}
