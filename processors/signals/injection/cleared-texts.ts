// Texts of this task in which nothing looked like an injection. Every call of a conversation repeats what was said before, and spans
// around a call repeat its messages: of a text that begins like a cleared one only the rest is searched. The beginnings are
// compared byte by byte, not by a hash, because whoever could make two texts with one hash could hide the second.

import type { Arena } from '../../../core/arena.ts'
import { type RangeKernel, rangeKernel } from '../../../core/kernel/range-kernel.ts'

/** Texts that are remembered; of two in one slot the later one. */
const SLOTS = 1024
/** Texts that are equal up to here are looked for in one slot. Shorter ones are only found when they are equal as a whole. */
const HEAD_BYTES = 96
/** A text with more places than this is not remembered: to go through them is the work, not to find them. */
const PLACES_MAX = 256

const NONE = new Int32Array(0)

/** The texts of each arena, since it was last emptied. */
const texts = new WeakMap<Arena, ClearedTexts>()

export function clearedTexts(arena: Arena): ClearedTexts {
  let known = texts.get(arena)
  if (known === undefined) {
    known = new ClearedTexts(arena)
    texts.set(arena, known)
  }
  return known
}

export class ClearedTexts {
  readonly #arena: Arena
  readonly #from = new Int32Array(SLOTS)
  readonly #length = new Int32Array(SLOTS)
  /** Pairs (distance from the beginning of the text, number of an anchor), by slot. */
  readonly #places: Int32Array[] = Array.from({ length: SLOTS }, () => NONE)
  #resets = -1
  #lastEvent = -1
  #slot = 0
  /** Of the text that was looked up last: how many bytes at its beginning are those of a cleared one. */
  same = 0
  /** Whether these bytes are ASCII. */
  isAscii = true
  /** Bytes that were looked up since these two were last set to 0, and those among them that a cleared text had too. */
  lookedUp = 0
  known = 0
  /** The places of anchors in that cleared text, also those behind the bytes that both have. */
  places: Int32Array = NONE

  constructor(arena: Arena) {
    this.#arena = arena
  }

  /** Forgets all texts when the arena was emptied, or when events are gone through anew and may have been edited. */
  begin(event: number): void {
    const { resets } = this.#arena
    if (resets !== this.#resets || event < this.#lastEvent) this.#length.fill(0)
    this.#resets = resets
    this.#lastEvent = event
  }

  lookUp(from: number, end: number): void {
    const kernel = rangeKernel(this.#arena)
    const length = end - from
    this.#slot = slotOf(kernel, from, length)
    const compared = Math.min(this.#length[this.#slot] ?? 0, length)
    this.same = compared === 0 ? 0 : kernel.samePrefix(this.#from[this.#slot] ?? 0, from, compared)
    this.lookedUp += length
    this.known += this.same
    this.isAscii = this.same === 0 || kernel.isAscii
    this.places = this.same === 0 ? NONE : (this.#places[this.#slot] ?? NONE)
  }

  /** Remembers the text that was looked up last. `places` are kept, so they must not be changed. */
  add(from: number, end: number, places: Int32Array): void {
    // The known text goes on where this one ends, so it says more.
    if (this.same === end - from) return
    const isKept = places.length <= 2 * PLACES_MAX
    this.#from[this.#slot] = from
    this.#length[this.#slot] = isKept ? end - from : 0
    this.#places[this.#slot] = isKept ? places : NONE
  }
}

const slotOf = (kernel: RangeKernel, from: number, length: number): number =>
  kernel.hash(from, Math.min(length, HEAD_BYTES)) % SLOTS
