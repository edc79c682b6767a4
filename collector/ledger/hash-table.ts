// A bounded table from a 64-bit key to a few integers, its owner, by generations: when the newest generation is full, the
// oldest is forgotten as a whole. Open addressing in one Int32Array, so that there is no object for an entry.

import { intAt } from '../../core/reports/typed-arrays.ts'

/** Columns of a slot: two halves of the key and the ticket, 0 = empty slot. The owner follows. */
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
    for (let i = 0; i < generations.length; i++) {
      const g = generations[i] as Generation
      const at = g.find(lo, hi)
      if (at >= 0) return g.read(at, out)
    }
    return 0
  }

  has(lo: number, hi: number): boolean {
    const generations = this.#generations
    for (let i = 0; i < generations.length; i++)
      if ((generations[i] as Generation).find(lo, hi) >= 0) return true
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
    for (const g of this.#generations) {
      const at = g.find(lo, hi)
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

class Generation {
  size = 0
  readonly #stride: number
  #slots: Int32Array
  #mask: number

  constructor(entriesMax: number, ownerInts: number) {
    this.#stride = OWNER + ownerInts
    // Grows by doubling up to what its entries need, so that a quiet instance stays small.
    const start = Math.min(1024, slotsFor(entriesMax))
    this.#slots = new Int32Array(start * this.#stride)
    this.#mask = start - 1
  }

  get byteLength(): number {
    return this.#slots.byteLength
  }

  clear(): void {
    this.#slots.fill(0)
    this.size = 0
  }

  /** Where the slot of a key begins, -1 when there is none. */
  find(lo: number, hi: number): number {
    const s = this.#slots
    const stride = this.#stride
    const mask = this.#mask
    let i = hashOf(lo, hi) & mask
    for (;;) {
      const at = i * stride
      if (s[at + TICKET] === 0) return -1
      if (s[at + LO] === lo && s[at + HI] === hi) return at
      i = (i + 1) & mask
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
    let i = hashOf(lo, hi) & this.#mask
    while (s[i * stride + TICKET] !== 0) i = (i + 1) & this.#mask
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
    const stride = this.#stride
    const mask = this.#mask
    let hole = slotAt / stride
    let i = (hole + 1) & mask
    while (s[i * stride + TICKET] !== 0) {
      const home = hashOf(intAt(s, i * stride + LO), intAt(s, i * stride + HI)) & mask
      if (((i - home) & mask) >= ((i - hole) & mask)) {
        s.copyWithin(hole * stride, i * stride, (i + 1) * stride)
        hole = i
      }
      i = (i + 1) & mask
    }
    s.fill(0, hole * stride, (hole + 1) * stride)
    this.size--
  }

  #grow(): void {
    const old = this.#slots
    const stride = this.#stride
    const slots = (this.#mask + 1) * 2
    const grown = new Int32Array(slots * stride)
    const mask = slots - 1
    for (let at = 0; at < old.length; at += stride) {
      if (old[at + TICKET] === 0) continue
      let i = hashOf(intAt(old, at + LO), intAt(old, at + HI)) & mask
      while (grown[i * stride + TICKET] !== 0) i = (i + 1) & mask
      for (let k = 0; k < stride; k++) grown[i * stride + k] = intAt(old, at + k)
    }
    this.#slots = grown
    this.#mask = mask
  }
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
