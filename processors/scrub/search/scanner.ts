// Runs the kernel over ranges of one arena. Its tables stand in the arena's kernel memory; when another scanner
// has written its own there, they are written again.

import type { Arena } from '../../../core/arena.ts'
import { KERNEL } from './kernel/scan.generated.ts'

/** The kernel reads up to 18 bytes past the range. */
const SLACK = 64
const END = 0x7fffffff

type Scan = (from: number, to: number, out: number, max: number) => number

let module: WebAssembly.Module | null = null
/** What the kernel reads before it scans: `scan.as`. */
export interface KernelTables {
  /** Stands in the first four bytes, so that a scanner sees whose tables are in the memory. */
  readonly owner: number
  readonly bytes: Uint8Array
}

export class Scanner {
  readonly #arena: Arena
  readonly #tables: KernelTables
  #scan: Scan | null = null
  #generation = -1
  /** Pairs (position, id), by position; after the last comes one at the end of all positions. */
  candidates = new Int32Array(2 * 4096)
  count = 0

  constructor(tables: KernelTables, arena: Arena) {
    this.#arena = arena
    this.#tables = tables
  }

  /** Finds the candidates of `[from, to)`; returns how many. */
  scan(from: number, to: number): number {
    const arena = this.#arena
    // One candidate in 16 bytes is far above what text has; hostile text gets the room it needs.
    let max = 1024 + ((to - from) >> 4)
    for (;;) {
      const out = (arena.scratch(max * 8 + SLACK + 4) + SLACK + 3) & ~3
      const n = this.#ready()(from, to, out, max)
      if (n >= 0) {
        this.#take(out, n)
        return n
      }
      max *= 4
    }
  }

  #take(out: number, n: number): void {
    if (this.candidates.length < 2 * n + 2) this.candidates = new Int32Array(4 * n + 2)
    this.candidates.set(new Int32Array(this.#arena.memory.buffer, out, 2 * n))
    this.candidates[2 * n] = END
    this.count = n
  }

  #ready(): Scan {
    const arena = this.#arena
    if (this.#scan === null || this.#generation !== arena.generation) {
      module ??= new WebAssembly.Module(Uint8Array.from(Buffer.from(KERNEL, 'base64')))
      const instance = new WebAssembly.Instance(module, { env: { memory: arena.memory } })
      // The module exports exactly this function: `kernel/scan.as`.
      this.#scan = instance.exports['scan'] as Scan
      this.#generation = arena.generation
    }
    const { owner, bytes } = this.#tables
    if (arena.view.getInt32(0, true) !== owner) arena.bytes.set(bytes, 0)
    return this.#scan
  }
}
