// Runs the kernel over ranges of an arena: a hash of a range, the places at which literals of a set stand, and how far two
// ranges are equal.

import type { Arena } from '../arena.ts'
import { type LiteralSet, TABLES_AT } from './literal-set.ts'
import { KERNEL } from './range-kernel.generated.ts'

const SLACK = 16

interface Exports {
  readonly hash: (off: number, len: number) => number
  readonly literals: (from: number, to: number, out: number, max: number) => number
  readonly samePrefix: (a: number, b: number, len: number) => number
}

let module: WebAssembly.Module | null = null

const kernels = new WeakMap<Arena, RangeKernel>()

/** The kernel of an arena. */
export function rangeKernel(arena: Arena): RangeKernel {
  let kernel = kernels.get(arena)
  if (kernel === undefined) {
    kernel = new RangeKernel(arena)
    kernels.set(arena, kernel)
  }
  return kernel
}

export class RangeKernel {
  readonly #arena: Arena
  #exports: Exports | null = null
  #generation = -1
  /** The set whose tables are in the memory now. */
  #written: LiteralSet | null = null
  /** Results of the last `findLiterals`: pairs of a position and the index of a literal. */
  found = new Int32Array(0)
  /** Whether the range of the last `findLiterals`, or what two ranges had in common in the last `samePrefix`, is ASCII. */
  isAscii = false

  constructor(arena: Arena) {
    this.#arena = arena
  }

  /**
   * Returns a hash of a range, from 1 to 2^52. It is not cryptographic: somebody who chooses two contents can make their
   * hashes equal.
   */
  hash(off: number, len: number): number {
    return this.#ready().hash(off, len)
  }

  /** How many bytes two ranges of `length` bytes have in common at their beginning. */
  samePrefix(a: number, b: number, length: number): number {
    const n = this.#ready().samePrefix(a, b, length)
    this.isAscii = (n & 1) === 1
    return n >> 1
  }

  /**
   * Finds the positions of all literals of the set in `[from, to)` and returns how many there are. `found` is valid until the
   * arena grows or is written to.
   */
  findLiterals(set: LiteralSet, from: number, to: number): number {
    const arena = this.#arena
    let max = 64 + ((to - from) >> 6)
    for (;;) {
      const out = (arena.scratch(max * 8 + SLACK) + SLACK - 1) & ~7
      const kernel = this.#ready()
      if (this.#written !== set) {
        arena.bytes.set(set.tables, TABLES_AT)
        this.#written = set
      }
      const n = kernel.literals(from, to, out, max)
      if (n >= 0) {
        this.isAscii = (n & 1) === 1
        const count = n >> 1
        this.found = count === 0 ? NONE : new Int32Array(arena.memory.buffer, out, count * 2)
        return count
      }
      max *= 4
    }
  }

  #ready(): Exports {
    const arena = this.#arena
    if (this.#exports !== null && this.#generation === arena.generation) return this.#exports
    module ??= new WebAssembly.Module(Uint8Array.from(Buffer.from(KERNEL, 'base64')))
    const instance = new WebAssembly.Instance(module, { env: { memory: arena.memory } })
    // The module exports exactly these functions: `range-kernel.as`.
    this.#exports = instance.exports as unknown as Exports
    this.#generation = arena.generation
    this.#written = null
    return this.#exports
  }
}

const NONE = new Int32Array(0)
