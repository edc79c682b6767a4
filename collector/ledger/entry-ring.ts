// Blocks of entries (`core/reports/usage-entries.ts`) as the ledger keeps them, one for each commit: one after the other in a ring of
// bytes, in which the oldest are written over. Found by the ticket of the commit. No object for a block.

import { expandEntry } from '../../core/reports/entry-expander.ts'
import { intAt } from '../../core/reports/typed-arrays.ts'

const BYTES_FIRST = 64 * 1024
const BLOCKS_FIRST = 256
/** Blocks remembered at most: requests of a single span must not fill the memory with places of blocks. */
const BLOCKS_MAX = 256 * 1024

/** Where a block is: the ticket of its commit, its place and its length. */
const TICKET = 0
const AT = 1
const LENGTH = 2
const STRIDE = 3

export class EntryRing {
  readonly #bytesMax: number
  #bytes: Uint8Array
  /** Where the next block goes. */
  #top = 0
  /** Places of blocks from the oldest on, in a ring as well. */
  #blocks = new Int32Array(BLOCKS_FIRST * STRIDE)
  #oldest = 0
  #count = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
    this.#bytes = new Uint8Array(Math.min(BYTES_FIRST, bytesMax))
  }

  /** Memory taken; it grows up to the bound and never shrinks. */
  get byteLength(): number {
    return this.#bytes.length + this.#blocks.byteLength
  }

  /** Keeps the entries of a commit, unless they are larger than the ring. Tickets come in order. */
  add(blocks: Uint8Array, ticket: number): void {
    if (blocks.length === 0 || blocks.length > this.#bytesMax) return
    while (this.#top + blocks.length > this.#bytes.length && this.#bytes.length < this.#bytesMax)
      this.#grow()
    if (this.#top + blocks.length > this.#bytes.length) {
      // What lies behind is older than what lies at the beginning.
      while (this.#count > 0 && this.#of(0, AT) >= this.#top) this.#drop()
      this.#top = 0
    }
    const end = this.#top + blocks.length
    while (this.#count > 0 && this.#of(0, AT) >= this.#top && this.#of(0, AT) < end) this.#drop()
    this.#bytes.set(blocks, this.#top)
    this.#note(ticket, this.#top, blocks.length)
    this.#top = end
  }

  /** The entry at an offset of a commit's blocks, null when they were written over. `id`: event id, 16 bytes as latin1. */
  get(ticket: number, offset: number, id: string): Uint8Array | null {
    if (offset < 0) return null
    const i = this.#find(ticket)
    if (i < 0) return null
    const at = this.#of(i, AT)
    return expandEntry(this.#bytes.subarray(at, at + this.#of(i, LENGTH)), offset, id)
  }

  /** Tickets rise, but begin again after the largest: they are compared by how long before the newest they were given. */
  #find(ticket: number): number {
    if (this.#count === 0) return -1
    const newest = this.#of(this.#count - 1, TICKET)
    const ageOf = (of: number): number => (newest - of) & 0x7fff_ffff
    let low = 0
    let high = this.#count - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (ageOf(this.#of(middle, TICKET)) > ageOf(ticket)) low = middle + 1
      else high = middle
    }
    return this.#of(low, TICKET) === ticket ? low : -1
  }

  #of(i: number, column: number): number {
    const capacity = this.#blocks.length / STRIDE
    return intAt(this.#blocks, ((this.#oldest + i) % capacity) * STRIDE + column)
  }

  #drop(): void {
    this.#oldest = (this.#oldest + 1) % (this.#blocks.length / STRIDE)
    this.#count--
  }

  #note(ticket: number, at: number, length: number): void {
    const capacity = this.#blocks.length / STRIDE
    if (this.#count === capacity) {
      if (capacity < BLOCKS_MAX) this.#growBlocks()
      else this.#drop()
    }
    const slot = (this.#oldest + this.#count++) % (this.#blocks.length / STRIDE)
    this.#blocks[slot * STRIDE + TICKET] = ticket
    this.#blocks[slot * STRIDE + AT] = at
    this.#blocks[slot * STRIDE + LENGTH] = length
  }

  /** The oldest becomes the first again. */
  #growBlocks(): void {
    const grown = new Int32Array(this.#blocks.length * 2)
    const first = this.#oldest * STRIDE
    grown.set(this.#blocks.subarray(first))
    grown.set(this.#blocks.subarray(0, first), this.#blocks.length - first)
    this.#blocks = grown
    this.#oldest = 0
  }

  /** Grows before anything is written over, so all that is in it lies before `#top`. */
  #grow(): void {
    const grown = new Uint8Array(Math.min(this.#bytes.length * 2, this.#bytesMax))
    grown.set(this.#bytes)
    this.#bytes = grown
  }
}
