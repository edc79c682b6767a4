// A set of literals for which the kernel searches all at once, in upper or lower case (ASCII), in the memory layout that
// `range-kernel.as` reads. Of each literal, two times five bytes that are rare in English are chosen, one at an even and one at an odd
// distance from its beginning: one of them is at an even position of the text, so the kernel looks at even positions only.

import { FREQUENT } from './frequent-letters.ts'

const TABLES_MAX = 128 * 1024
const HASH_BITS = 17
const BITS = 0
const SLOTS = 16 * 1024
const SLOT_BITS = 12
const ENTRIES = 24 * 1024
const ENTRY_BYTES = 12
/** Where the tables stand in the memory of an arena. */
export const TABLES_AT = 128 * 1024
const MULTIPLIER = 0x9e3779b97f4a7c15n
/** Length of a fingerprint, bytes. */
const GRAM = 5
/** Least length of a literal, bytes, so that a fingerprint begins at an even and one at an odd distance from its beginning. */
const LENGTH_MIN = GRAM + 1

const LETTERS = 4
const WEIGHTS: ReadonlyMap<string, number> = new Map(
  Array.from({ length: FREQUENT.length / LETTERS }, (_, i) => [
    FREQUENT.slice(i * LETTERS, (i + 1) * LETTERS),
    1 / (i + 10),
  ]),
)

/** Folds ASCII letters to lower case. Other bytes may change too, to something equally rare. */
const fold = (byte: number): number => byte | 0x20

export class LiteralSet {
  readonly tables: Uint8Array
  readonly #view: DataView

  /**
   * Every literal has at least six bytes. Throws if one is shorter, or if the literals need more room than the kernel has.
   */
  constructor(literals: readonly Uint8Array[]) {
    let top = ENTRIES + (2 * literals.length + 1) * ENTRY_BYTES
    const size = literals.reduce((sum, bytes) => sum + bytes.length, top)
    if (size > TABLES_MAX) throw new Error('too many literals for the kernel')
    this.tables = new Uint8Array(size)
    this.#view = new DataView(this.tables.buffer)
    for (const [number, bytes] of literals.entries()) {
      if (bytes.length < LENGTH_MIN) throw new Error('a literal is too short')
      this.tables.set(bytes.map(fold), top)
      for (const odd of [0, 1])
        this.#add(2 * number + odd + 1, number, bytes, rarestPart(bytes, odd), TABLES_AT + top)
      top += bytes.length
    }
  }

  #add(entry: number, number: number, bytes: Uint8Array, from: number, address: number): void {
    const view = this.#view
    const hash = gramHash(bytes, from)
    const bit = BITS + (hash >>> 3)
    this.tables[bit] = (this.tables[bit] as number) | (1 << (hash & 7))
    const slot = SLOTS + (hash >>> (HASH_BITS - SLOT_BITS)) * 2
    const at = ENTRIES + entry * ENTRY_BYTES
    view.setUint16(at, view.getUint16(slot, true), true)
    view.setUint16(at + 2, number, true)
    view.setUint16(at + 4, bytes.length, true)
    view.setUint16(at + 6, from, true)
    view.setUint32(at + 8, address, true)
    view.setUint16(slot, entry, true)
  }
}

function gramHash(bytes: Uint8Array, at: number): number {
  let gram = 0n
  for (let i = GRAM - 1; i >= 0; i--) gram = (gram << 8n) | BigInt(fold(bytes[at + i] as number))
  const shift = BigInt(64 - 8 * GRAM)
  return Number(BigInt.asUintN(64, (gram << shift) * MULTIPLIER) >> BigInt(64 - HASH_BITS))
}

/** Where the rarest five bytes begin, at an even (0) or an odd (1) distance from the beginning of the literal. */
function rarestPart(bytes: Uint8Array, odd: number): number {
  const text = Buffer.from(bytes).toString('latin1').toLowerCase()
  const weight = (at: number): number => WEIGHTS.get(text.slice(at, at + LETTERS)) ?? 0
  let best = odd
  let least = Number.POSITIVE_INFINITY
  for (let from = odd; from + GRAM <= text.length; from += 2) {
    // Five letters are no more frequent than four of them.
    const most = Math.min(weight(from), weight(from + 1))
    if (most >= least) continue
    least = most
    best = from
  }
  return best
}
