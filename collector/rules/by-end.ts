// Puts events that come in the order of their start into the order of their end, in which they were received. An event is held back until
// no other can end before it; of too many the one that ends first goes.

const HELD_MAX = 20_000
/** Characters of text in what is held back. */
const HELD_CHARS_MAX = 64_000_000

export interface Ended<T> {
  readonly endMs: number
  readonly chars: number
  readonly value: T
}

export class ByEnd<T> {
  /** A heap: the event that ends first is at its root. */
  readonly #heap: Ended<T>[] = []
  #chars = 0

  get size(): number {
    return this.#heap.length
  }

  push(item: Ended<T>): void {
    const heap = this.#heap
    this.#chars += item.chars
    let at = heap.push(item) - 1
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = heap[above]
      if (parent === undefined || parent.endMs <= item.endMs) break
      heap[at] = parent
      at = above
    }
    heap[at] = item
  }

  /** The event that ends first, if none that starts at `startMs` or later can end before it, or too many are held. */
  next(startMs: number): Ended<T> | null {
    const [first] = this.#heap
    if (first === undefined) return null
    const isFull = this.#heap.length > HELD_MAX || this.#chars > HELD_CHARS_MAX
    if (first.endMs > startMs && !isFull) return null
    this.#chars -= first.chars
    const last = this.#heap.pop()
    if (last !== undefined && last !== first) this.#sink(last)
    return first
  }

  #sink(item: Ended<T>): void {
    const heap = this.#heap
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      const left = heap[child]
      if (left === undefined) break
      const right = heap[child + 1]
      if (right !== undefined && right.endMs < left.endMs) child++
      const least = heap[child]
      if (least === undefined || least.endMs >= item.endMs) break
      heap[at] = least
      at = child
    }
    heap[at] = item
  }
}
