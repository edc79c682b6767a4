// Memory for request bodies that workers read in place: one shared buffer with a first-fit allocator, used
// again and again. A body of its own for each request would be allocated and zeroed twice, copied to
// the worker, and collected on both sides; buffers outside the heap are what makes V8 collect.

/** Allocations are rounded up to this, so that the free list stays short. */
const GRAIN = 4096

interface Hole {
  off: number
  size: number
}

export class SharedBodies {
  readonly #memory: SharedArrayBuffer
  /** Sorted by offset, never adjacent. */
  readonly #holes: Hole[]
  #used = 0

  /** Room for `bytes`; what does not fit gets memory of its own. */
  constructor(bytes: number) {
    const size = Math.ceil(bytes / GRAIN) * GRAIN
    this.#memory = new SharedArrayBuffer(size)
    this.#holes = [{ off: 0, size }]
  }

  /** Bytes given out, rounded up to the grain. */
  get usedBytes(): number {
    return this.#used
  }

  /** A body of `bytes`; its contents are whatever was there before. */
  allocate(bytes: number): Uint8Array {
    const size = Math.max(1, Math.ceil(bytes / GRAIN)) * GRAIN
    const at = this.#holes.findIndex((h) => h.size >= size)
    const hole = this.#holes[at]
    if (hole === undefined) return new Uint8Array(bytes)
    const { off } = hole
    if (hole.size === size) this.#holes.splice(at, 1)
    else {
      hole.off += size
      hole.size -= size
    }
    this.#used += size
    return new Uint8Array(this.#memory, off, bytes)
  }

  /** Gives a body back. One that has memory of its own is left to the collector. Not twice for one body. */
  release(body: Uint8Array): void {
    if (body.buffer !== this.#memory) return
    const size = Math.max(1, Math.ceil(body.length / GRAIN)) * GRAIN
    this.#used -= size
    this.#insert({ off: body.byteOffset, size })
  }

  #insert(hole: Hole): void {
    const holes = this.#holes
    let at = holes.findIndex((h) => h.off > hole.off)
    if (at < 0) at = holes.length
    const before = holes[at - 1]
    const after = holes[at]
    if (after !== undefined && hole.off + hole.size === after.off) {
      after.off = hole.off
      after.size += hole.size
      if (before !== undefined && before.off + before.size === after.off) {
        before.size += after.size
        holes.splice(at, 1)
      }
    } else if (before !== undefined && before.off + before.size === hole.off) {
      before.size += hole.size
    } else holes.splice(at, 0, hole)
  }
}
