// Memory for request bodies that workers read without a copy: one shared buffer with a first-fit allocator. Otherwise
// a body would be allocated and zeroed twice, copied to the worker, and garbage collected on both sides; such buffers
// outside the heap cause most of V8's collections.

/** Allocations are rounded up to this many bytes, so that the list of free ranges stays short. */
const GRAIN = 4096

interface Hole {
  off: number
  size: number
}

export class SharedBodies {
  readonly #memory: SharedArrayBuffer
  /** The free ranges, sorted by offset and never adjacent. */
  readonly #holes: Hole[]
  #used = 0

  /** `bytes` is the size of the shared buffer. Bodies that do not fit get memory of their own. */
  constructor(bytes: number) {
    const size = Math.ceil(bytes / GRAIN) * GRAIN
    this.#memory = new SharedArrayBuffer(size)
    this.#holes = [{ off: 0, size }]
  }

  /** How many bytes are allocated, rounded up to whole grains. */
  get usedBytes(): number {
    return this.#used
  }

  /** Allocates a body of `bytes`. It contains whatever was there before. */
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

  /** Releases a body, once. A body with its own memory is left to the garbage collector. */
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
