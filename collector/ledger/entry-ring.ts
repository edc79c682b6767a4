// Entries of counted reports (`core/reports/usage-entries.ts`) as the ledger keeps them: one after the other in a ring of bytes, in
// which the oldest are written over. Found by where they lie, and known by the event id in them.

import { entryId } from '../../core/reports/usage-entries.ts'

const BYTES_FIRST = 64 * 1024

export class EntryRing {
  readonly #bytesMax: number
  #bytes: Uint8Array
  /** Where the next one goes. */
  #top = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
    this.#bytes = new Uint8Array(Math.min(BYTES_FIRST, bytesMax))
  }

  /** Memory taken; it grows up to the bound and never shrinks. */
  get byteLength(): number {
    return this.#bytes.length
  }

  /** Where the entry lies now, -1 when it is larger than the ring. */
  add(entry: Uint8Array): number {
    if (entry.length > this.#bytesMax) return -1
    while (this.#top + entry.length > this.#bytes.length && this.#bytes.length < this.#bytesMax)
      this.#grow()
    if (this.#top + entry.length > this.#bytes.length) this.#top = 0
    const at = this.#top
    this.#bytes.set(entry, at)
    this.#top += entry.length
    return at
  }

  /** The entry at a place, null when it was written over. `id`: event id, 16 bytes as latin1. */
  get(at: number, id: string): Uint8Array | null {
    if (at < 0 || at + 4 > this.#bytes.length) return null
    const b = this.#bytes
    const length =
      (b[at] as number) |
      ((b[at + 1] as number) << 8) |
      ((b[at + 2] as number) << 16) |
      ((b[at + 3] as number) << 24)
    if (length < MIN_BYTES || at + length > b.length) return null
    const entry = b.subarray(at, at + length)
    return entryId(entry) === id ? entry : null
  }

  #grow(): void {
    const grown = new Uint8Array(Math.min(this.#bytes.length * 2, this.#bytesMax))
    grown.set(this.#bytes)
    this.#bytes = grown
  }
}
const MIN_BYTES = 64
