// Maps 64-bit hashes to numbers within a batch. It uses typed arrays and is emptied by increasing a generation
// number. A Map with such keys allocates a number for each of them (2026-11: 0.35 µs a span in all, 0.05 here).

const START = 2048

export class PairTable {
  /** Rows of two halves of the hash, the generation and the value. */
  #rows = new Int32Array(START * 4)
  #mask = START - 1
  #count = 0
  #generation = 1

  clear(): void {
    this.#count = 0
    this.#generation++
  }

  /** The value of the pair, or -1. */
  get(h0: number, h1: number): number {
    const at = this.#find(h0, h1)
    return this.#rows[at + 2] === this.#generation ? (this.#rows[at + 3] as number) : -1
  }

  has(h0: number, h1: number): boolean {
    return this.#rows[this.#find(h0, h1) + 2] === this.#generation
  }

  set(h0: number, h1: number, value: number): void {
    const at = this.#find(h0, h1)
    const rows = this.#rows
    if (rows[at + 2] !== this.#generation) this.#count++
    rows[at] = h0
    rows[at + 1] = h1
    rows[at + 2] = this.#generation
    rows[at + 3] = value
    if (this.#count * 2 > this.#mask) this.#grow()
  }

  /** Returns the pair's value. If it has none, sets it to `value` and returns -1. */
  getOrSet(h0: number, h1: number, value: number): number {
    const at = this.#find(h0, h1)
    const rows = this.#rows
    if (rows[at + 2] === this.#generation) return rows[at + 3] as number
    rows[at] = h0
    rows[at + 1] = h1
    rows[at + 2] = this.#generation
    rows[at + 3] = value
    if (++this.#count * 2 > this.#mask) this.#grow()
    return -1
  }

  /** The position of the pair, or where it would be added. */
  #find(h0: number, h1: number): number {
    const rows = this.#rows
    for (let slot = (h0 ^ (h1 >>> 7)) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const at = slot * 4
      if (rows[at + 2] !== this.#generation || (rows[at] === h0 && rows[at + 1] === h1)) return at
    }
  }

  #grow(): void {
    const before = this.#rows
    const generation = this.#generation
    this.#rows = new Int32Array(before.length * 2)
    this.#mask = this.#mask * 2 + 1
    this.#generation = 1
    this.#count = 0
    for (let at = 0; at < before.length; at += 4)
      if (before[at + 2] === generation)
        this.set(before[at] as number, before[at + 1] as number, before[at + 3] as number)
  }
}
