// The words of a task's observations: each text once, as the bytes that it has in the arena. Most are ranges that many events share, so a
// range is looked up first; else its hash, and only then bytes are compared.

import type { Arena } from '../core/arena.ts'
import { grownBytes } from '../core/grow.ts'
import { rangeKernel } from '../core/kernel/range-kernel.ts'

const PLACES = 4096
const SLOTS_FIRST = 2048
/** Up to here a loop copies faster than a call. */
const LOOP_BYTES_MAX = 48
const NONE = -1

export class WordTable {
  readonly #arena: Arena
  count = 0
  /** By word: where it ends in `bytes`. */
  ends = new Uint32Array(SLOTS_FIRST / 2)
  bytes = new Uint8Array(64 * 1024)
  #hashes = new Float64Array(SLOTS_FIRST / 2)
  /** Word + 1 by hash, 0 for none: open addressing. */
  #slots = new Int32Array(SLOTS_FIRST)
  /** The last word of each of some ranges. */
  readonly #placeOff = new Int32Array(PLACES)
  readonly #placeLen = new Int32Array(PLACES)
  readonly #placeWord = new Int32Array(PLACES)

  constructor(arena: Arena) {
    this.#arena = arena
  }

  reset(): void {
    this.count = 0
    this.#slots.fill(0)
    this.#placeLen.fill(NONE)
  }

  /** The number of the word in a range of the arena. */
  of(off: number, len: number): number {
    const place = (Math.imul(off, 0x9e37_79b1) ^ len) & (PLACES - 1)
    if (this.#placeOff[place] === off && this.#placeLen[place] === len)
      return this.#placeWord[place] as number
    const word = this.#find(off, len)
    this.#placeOff[place] = off
    this.#placeLen[place] = len
    this.#placeWord[place] = word
    return word
  }

  /** The number of a text that stands nowhere in the arena as it is. */
  ofText(text: string): number {
    const arena = this.#arena
    const { top } = arena
    const off = arena.appendText(text)
    const word = this.#find(off, arena.lastLen)
    arena.release(top)
    return word
  }

  #find(off: number, len: number): number {
    const hash = rangeKernel(this.#arena).hash(off, len)
    const mask = this.#slots.length - 1
    for (let i = hash & mask; ; i = (i + 1) & mask) {
      const word = (this.#slots[i] as number) - 1
      if (word < 0) return this.#add(off, len, hash, i)
      if (this.#hashes[word] === hash && this.#isSame(word, off, len)) return word
    }
  }

  #isSame(word: number, off: number, len: number): boolean {
    const from = word === 0 ? 0 : (this.ends[word - 1] as number)
    if ((this.ends[word] as number) - from !== len) return false
    const text = this.#arena.bytes
    for (let i = 0; i < len; i++) if (this.bytes[from + i] !== text[off + i]) return false
    return true
  }

  #add(off: number, len: number, hash: number, slot: number): number {
    const word = this.count++
    const from = word === 0 ? 0 : (this.ends[word - 1] as number)
    if (from + len > this.bytes.length) this.bytes = grownBytes(this.bytes, from + len)
    const text = this.#arena.bytes
    if (len > LOOP_BYTES_MAX) this.bytes.set(text.subarray(off, off + len), from)
    else for (let i = 0; i < len; i++) this.bytes[from + i] = text[off + i] as number
    this.#slots[slot] = word + 1
    this.ends[word] = from + len
    this.#hashes[word] = hash
    // Half of the slots stay free.
    if (this.count === this.ends.length) this.#grow()
    return word
  }

  #grow(): void {
    const size = this.ends.length * 2
    const ends = new Uint32Array(size)
    ends.set(this.ends)
    this.ends = ends
    const hashes = new Float64Array(size)
    hashes.set(this.#hashes)
    this.#hashes = hashes
    this.#slots = new Int32Array(size * 2)
    const mask = this.#slots.length - 1
    for (let word = 0; word < this.count; word++) {
      let i = (hashes[word] as number) & mask
      while (this.#slots[i] !== 0) i = (i + 1) & mask
      this.#slots[i] = word + 1
    }
  }
}
