// A list of integers that is filled and emptied for every span. Setting an array's length to 0 frees its memory,
// which must be allocated again at the next push (2026-11: 0.6 µs a span for the lists of one span). This list keeps
// its memory.

import { grownInts } from '../../../core/grow.ts'

export class IntList {
  items = new Int32Array(32)
  length = 0

  clear(): void {
    this.length = 0
  }

  push(value: number): void {
    if (this.length === this.items.length) this.items = grownInts(this.items, this.length + 1)
    this.items[this.length++] = value
  }

  /** Adds a row of four. */
  push4(a: number, b: number, c: number, d: number): void {
    const at = this.length
    if (at + 4 > this.items.length) this.items = grownInts(this.items, at + 4)
    const { items } = this
    items[at] = a
    items[at + 1] = b
    items[at + 2] = c
    items[at + 3] = d
    this.length = at + 4
  }

  at(i: number): number {
    return this.items[i] as number
  }

  set(i: number, value: number): void {
    this.items[i] = value
  }

  /** Removes the row of four at `at`. */
  remove4(at: number): void {
    this.items.copyWithin(at, at + 4, this.length)
    this.length -= 4
  }

  /** A view of the contents, valid until the next push. */
  values(): Int32Array {
    return this.items.subarray(0, this.length)
  }
}
