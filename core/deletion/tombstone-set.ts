// The tombstones: digests of deleted subjects, in shared memory that the main thread writes and all workers read. A worker checks for each
// event whether it belongs to a deleted subject. Without deletions the check costs one read of an integer per task.
//
// The layout is in 32-bit words. Word 0 is the number of entries, word 1 the number of entries that did not fit, and from word 4 on there
// are two open-addressing tables. An entry has two words, the first eight bytes of the digest; an entry of zeros is free. The writer fills
// the inactive table and then switches word 2, so that a reader never sees half of a change.

const HEAD_WORDS = 4
const COUNT = 0
const TABLE = 2

/** The most entries. If there are more, the newest are kept. */
export const TOMBSTONES_MAX = 65_536
/** The size of a table: a power of two, and at least twice the number of entries. */
const SLOTS = 2 * TOMBSTONES_MAX
const TABLE_WORDS = 2 * SLOTS

export function tombstoneMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer((HEAD_WORDS + 2 * TABLE_WORDS) * 4)
}

export class TombstoneSet {
  readonly #words: Int32Array

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory)
  }

  get size(): number {
    return Atomics.load(this.#words, COUNT)
  }

  has(digest: Uint8Array): boolean {
    const [lo, hi] = wordsOf(digest)
    const words = this.#words
    const base = this.#base(Atomics.load(words, TABLE))
    for (let slot = lo & (SLOTS - 1), n = 0; n < SLOTS; slot = (slot + 1) & (SLOTS - 1), n++) {
      const at = base + 2 * slot
      const first = words[at]
      const second = words[at + 1]
      if (first === lo && second === hi) return true
      if (first === 0 && second === 0) return false
    }
    return false
  }

  /** Replaces all entries. Returns the number of entries at the end of the list that did not fit. Only one thread may call it. */
  replace(digests: readonly Uint8Array[]): number {
    const words = this.#words
    const next = 1 - Atomics.load(words, TABLE)
    const base = this.#base(next)
    words.fill(0, base, base + TABLE_WORDS)
    let count = 0
    for (const digest of digests.slice(0, TOMBSTONES_MAX)) if (this.#add(base, digest)) count++
    Atomics.store(words, TABLE, next)
    Atomics.store(words, COUNT, count)
    return Math.max(0, digests.length - TOMBSTONES_MAX)
  }

  #add(base: number, digest: Uint8Array): boolean {
    const [lo, hi] = wordsOf(digest)
    const words = this.#words
    for (let slot = lo & (SLOTS - 1); ; slot = (slot + 1) & (SLOTS - 1)) {
      const at = base + 2 * slot
      if (words[at] === lo && words[at + 1] === hi) return false
      if (words[at] !== 0 || words[at + 1] !== 0) continue
      words[at] = lo
      words[at + 1] = hi
      return true
    }
  }

  #base(table: number): number {
    return HEAD_WORDS + (table === 0 ? 0 : TABLE_WORDS)
  }
}

/** Reads the first eight bytes of a digest. Eight zeros would look like a free entry, but no digest in practice starts with them. */
function wordsOf(digest: Uint8Array): readonly [number, number] {
  const view = new DataView(digest.buffer, digest.byteOffset, 8)
  return [view.getInt32(0, true), view.getInt32(4, true)]
}
