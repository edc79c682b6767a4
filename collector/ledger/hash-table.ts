// A bounded table from a 64-bit key to 16 bytes, by generations: when the newest generation is full, the
// oldest is forgotten as a whole. Open addressing in one Int32Array: no object for an entry.

/** key lo, key hi, owner (4 ints), ticket; ticket 0 = empty slot. */
const STRIDE = 7
const OWNER = 2
const TICKET = 6
/** Share of a generation's slots in use at most: linear probing stays short. */
const LOAD_MAX = 0.7

export class HashTable {
  readonly #generations: Generation[]
  readonly #perGeneration: number
  readonly #count: number
  /** Entries forgotten to make room. */
  evicted = 0

  constructor(entriesMax: number, generations = 4) {
    this.#count = generations
    this.#perGeneration = Math.max(16, Math.ceil(entriesMax / generations))
    this.#generations = [new Generation(this.#perGeneration)]
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

  /** Copies the owner of a key into `out` (16 bytes) and returns its ticket; 0 when the key is unknown. */
  find(lo: number, hi: number, out: Uint8Array): number {
    for (const g of this.#generations) {
      const slot = g.slotOf(lo, hi)
      if (slot >= 0) return g.read(slot, out)
    }
    return 0
  }

  /** Adds a key that is not there. */
  add(lo: number, hi: number, owner: Uint8Array, ownerAt: number, ticket: number): void {
    let newest = this.#generations[0] as Generation
    if (newest.size >= this.#perGeneration) {
      newest = this.#rotate()
    }
    newest.insert(lo, hi, owner, ownerAt, ticket)
  }

  /** Removes a key if it was added under this ticket. */
  remove(lo: number, hi: number, ticket: number): void {
    for (const g of this.#generations) {
      const slot = g.slotOf(lo, hi)
      if (slot < 0) continue
      if (g.ticketAt(slot) === ticket) g.removeAt(slot)
      return
    }
  }

  #rotate(): Generation {
    const isFull = this.#generations.length >= this.#count
    const oldest = isFull ? this.#generations.pop() : undefined
    if (oldest !== undefined) this.evicted += oldest.size
    const fresh = oldest ?? new Generation(this.#perGeneration)
    fresh.clear()
    this.#generations.unshift(fresh)
    return fresh
  }
}

class Generation {
  size = 0
  #slots: Int32Array
  #mask: number
  #view: Uint8Array

  constructor(entriesMax: number) {
    // Grows by doubling up to what its entries need, so that a quiet instance stays small.
    const start = Math.min(1024, slotsFor(entriesMax))
    this.#slots = new Int32Array(start * STRIDE)
    this.#mask = start - 1
    this.#view = new Uint8Array(this.#slots.buffer)
  }

  get byteLength(): number {
    return this.#slots.byteLength
  }

  clear(): void {
    this.#slots.fill(0)
    this.size = 0
  }

  slotOf(lo: number, hi: number): number {
    const s = this.#slots
    let i = hashOf(lo, hi) & this.#mask
    for (;;) {
      const at = i * STRIDE
      if (s[at + TICKET] === 0) return -1
      if (s[at] === lo && s[at + 1] === hi) return i
      i = (i + 1) & this.#mask
    }
  }

  read(slot: number, out: Uint8Array): number {
    const at = slot * STRIDE
    const from = (at + OWNER) * 4
    const bytes = this.#view
    for (let i = 0; i < 16; i++) out[i] = bytes[from + i] as number
    return this.#slots[at + TICKET] as number
  }

  ticketAt(slot: number): number {
    return this.#slots[slot * STRIDE + TICKET] as number
  }

  insert(lo: number, hi: number, owner: Uint8Array, ownerAt: number, ticket: number): void {
    if (this.size + 1 > (this.#mask + 1) * LOAD_MAX) this.#grow()
    const s = this.#slots
    let i = hashOf(lo, hi) & this.#mask
    while (s[i * STRIDE + TICKET] !== 0) i = (i + 1) & this.#mask
    const at = i * STRIDE
    s[at] = lo
    s[at + 1] = hi
    s[at + TICKET] = ticket
    const to = (at + OWNER) * 4
    const bytes = this.#view
    for (let k = 0; k < 16; k++) bytes[to + k] = owner[ownerAt + k] as number
    this.size++
  }

  /** Moves later entries of the probe sequence back, so that no tombstones pile up. */
  removeAt(slot: number): void {
    const s = this.#slots
    const mask = this.#mask
    let hole = slot
    let i = (slot + 1) & mask
    while (s[i * STRIDE + TICKET] !== 0) {
      const home = hashOf(s[i * STRIDE] as number, s[i * STRIDE + 1] as number) & mask
      if (((i - home) & mask) >= ((i - hole) & mask)) {
        s.copyWithin(hole * STRIDE, i * STRIDE, (i + 1) * STRIDE)
        hole = i
      }
      i = (i + 1) & mask
    }
    s.fill(0, hole * STRIDE, (hole + 1) * STRIDE)
    this.size--
  }

  #grow(): void {
    const old = this.#slots
    const slots = (this.#mask + 1) * 2
    this.#slots = new Int32Array(slots * STRIDE)
    this.#mask = slots - 1
    this.#view = new Uint8Array(this.#slots.buffer)
    for (let at = 0; at < old.length; at += STRIDE) {
      if (old[at + TICKET] === 0) continue
      let i = hashOf(old[at] as number, old[at + 1] as number) & this.#mask
      while (this.#slots[i * STRIDE + TICKET] !== 0) i = (i + 1) & this.#mask
      this.#slots.set(old.subarray(at, at + STRIDE), i * STRIDE)
    }
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
