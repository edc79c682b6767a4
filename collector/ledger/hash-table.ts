// A bounded table from a 64-bit key to a few integers, its owner, by generations: when the newest generation is full, the
// oldest is forgotten as a whole. Open addressing in one Int32Array, so that there is no object for an entry.

import { intAt } from '../../core/reports/typed-arrays.ts'

/** Columns of a slot: two halves of the key and the ticket. The owner follows. */
const LO = 0
const HI = 1
const TICKET = 2
const OWNER = 3
/** Share of a generation's slots in use at most: linear probing stays short. */
const LOAD_MAX = 0.7

export class HashTable {
  readonly #generations: Generation[]
  readonly #perGeneration: number
  readonly #ownerInts: number
  readonly #count: number
  /** Entries forgotten to make room. */
  evicted = 0

  /** `ownerInts`: how many integers an owner has. */
  constructor(entriesMax: number, ownerInts: number, generations = 4) {
    this.#count = generations
    this.#ownerInts = ownerInts
    this.#perGeneration = Math.max(16, Math.ceil(entriesMax / generations))
    this.#generations = [new Generation(this.#perGeneration, ownerInts)]
  }

  get size(): number {
    return this.#generations.reduce((n, g) => n + g.size, 0)
  }

  get entriesMax(): number {
    return this.#perGeneration * this.#count
  }

  /** Memory taken; it grows with the entries up to the bound and never shrinks. */
  get byteLength(): number {
    return this.#generations.reduce((n, g) => n + g.byteLength, 0)
  }

  /** Copies the owner of a key into `out` and returns its ticket; 0 when the key is unknown. */
  find(lo: number, hi: number, out: Int32Array): number {
    const generations = this.#generations
    const hash = hashOf(lo, hi)
    for (let i = 0; i < generations.length; i++) {
      const g = generations[i] as Generation
      const at = g.find(lo, hi, hash)
      if (at >= 0) return g.read(at, out)
    }
    return 0
  }

  has(lo: number, hi: number): boolean {
    const generations = this.#generations
    const hash = hashOf(lo, hi)
    for (let i = 0; i < generations.length; i++)
      if ((generations[i] as Generation).find(lo, hi, hash) >= 0) return true
    return false
  }

  /** Adds a key that is not there; its owner begins at `owner[ownerAt]`. */
  add(lo: number, hi: number, owner: Int32Array, ownerAt: number, ticket: number): void {
    let newest = this.#generations[0] as Generation
    if (newest.size >= this.#perGeneration) newest = this.#rotate()
    newest.insert(lo, hi, owner, ownerAt, ticket)
  }

  /** Removes a key if it was added under this ticket. */
  remove(lo: number, hi: number, ticket: number): void {
    const hash = hashOf(lo, hi)
    for (const g of this.#generations) {
      const at = g.find(lo, hi, hash)
      if (at < 0) continue
      if (g.ticketAt(at) === ticket) g.removeAt(at)
      return
    }
  }

  #rotate(): Generation {
    const isFull = this.#generations.length >= this.#count
    const oldest = isFull ? this.#generations.pop() : undefined
    if (oldest !== undefined) this.evicted += oldest.size
    const fresh = oldest ?? new Generation(this.#perGeneration, this.#ownerInts)
    fresh.clear()
    this.#generations.unshift(fresh)
    return fresh
  }
}

/**
 * Beside the slots lie tags, a byte for each: 0 = empty slot, else bits of the key's hash. Nearly every key that is looked for is in none
 * of the generations, and the tags, which fit into the processor's cache, tell so without a look at the slots, which do not.
 */
class Generation {
  size = 0
  readonly #stride: number
  #slots: Int32Array
  #tags: Uint8Array
  #mask: number

  constructor(entriesMax: number, ownerInts: number) {
    this.#stride = OWNER + ownerInts
    // Grows by doubling up to what its entries need, so that a quiet instance stays small.
    const start = Math.min(1024, slotsFor(entriesMax))
    this.#slots = new Int32Array(start * this.#stride)
    this.#tags = new Uint8Array(start)
    this.#mask = start - 1
  }

  get byteLength(): number {
    return this.#slots.byteLength + this.#tags.byteLength
  }

  clear(): void {
    this.#tags.fill(0)
    this.size = 0
  }

  /** Where the slot of a key begins, -1 when there is none. */
  find(lo: number, hi: number, hash: number): number {
    const tags = this.#tags
    const mask = this.#mask
    const wanted = tagOf(hash)
    for (let i = hash & mask; ; i = (i + 1) & mask) {
      const tag = tags[i] as number
      if (tag === 0) return -1
      if (tag !== wanted) continue
      const at = i * this.#stride
      if (this.#slots[at + LO] === lo && this.#slots[at + HI] === hi) return at
    }
  }

  read(at: number, out: Int32Array): number {
    const s = this.#slots
    const owner = this.#stride - OWNER
    for (let i = 0; i < owner; i++) out[i] = intAt(s, at + OWNER + i)
    return intAt(s, at + TICKET)
  }

  ticketAt(at: number): number {
    return intAt(this.#slots, at + TICKET)
  }

  insert(lo: number, hi: number, owner: Int32Array, ownerAt: number, ticket: number): void {
    if (this.size + 1 > (this.#mask + 1) * LOAD_MAX) this.#grow()
    const s = this.#slots
    const stride = this.#stride
    const hash = hashOf(lo, hi)
    let i = hash & this.#mask
    while (this.#tags[i] !== 0) i = (i + 1) & this.#mask
    this.#tags[i] = tagOf(hash)
    const at = i * stride
    s[at + LO] = lo
    s[at + HI] = hi
    s[at + TICKET] = ticket
    for (let k = 0; k < stride - OWNER; k++) s[at + OWNER + k] = intAt(owner, ownerAt + k)
    this.size++
  }

  /** Moves later entries of the probe sequence back, so that no tombstones pile up. */
  removeAt(slotAt: number): void {
    const s = this.#slots
    const tags = this.#tags
    const stride = this.#stride
    const mask = this.#mask
    let hole = slotAt / stride
    let i = (hole + 1) & mask
    while (tags[i] !== 0) {
      const home = hashOf(intAt(s, i * stride + LO), intAt(s, i * stride + HI)) & mask
      if (((i - home) & mask) >= ((i - hole) & mask)) {
        s.copyWithin(hole * stride, i * stride, (i + 1) * stride)
        tags[hole] = tags[i] as number
        hole = i
      }
      i = (i + 1) & mask
    }
    tags[hole] = 0
    this.size--
  }

  #grow(): void {
    const { length } = this.#tags
    const old = this.#slots
    const oldTags = this.#tags
    const stride = this.#stride
    const slots = new Int32Array(length * 2 * stride)
    const tags = new Uint8Array(length * 2)
    const mask = length * 2 - 1
    for (let from = 0; from < length; from++) {
      if (oldTags[from] === 0) continue
      const at = from * stride
      const hash = hashOf(intAt(old, at + LO), intAt(old, at + HI))
      let i = hash & mask
      while (tags[i] !== 0) i = (i + 1) & mask
      tags[i] = tagOf(hash)
      for (let k = 0; k < stride; k++) slots[i * stride + k] = intAt(old, at + k)
    }
    this.#slots = slots
    this.#tags = tags
    this.#mask = mask
  }
}

/** The highest bits of a hash, of which the place of a slot has the lowest; never 0. */
function tagOf(hash: number): number {
  return hash >>> 24 || 1
}

/** The keys are pieces of SHA-256, but a client chooses what is hashed: mix both halves. */
function hashOf(lo: number, hi: number): number {
  let h = Math.imul(lo ^ (hi >>> 16), 0x9e37_79b1) ^ hi
  h = Math.imul(h ^ (h >>> 15), 0x85eb_ca6b)
  return h ^ (h >>> 13)
}

function slotsFor(entries: number): number {
  let n = 16
  while (n * LOAD_MAX < entries) n *= 2
  return n
}
