import type { Arena } from '../../core/arena.ts'
import type { Compiled } from './compile.ts'
import { slowScan } from './slow-scan.ts'

export class Scanner {
  readonly #compiled: Compiled
  readonly #arena: Arena
  /** Pairs (position, id), ascending. */
  candidates = new Int32Array(0)
  count = 0

  constructor(compiled: Compiled, arena: Arena) {
    this.#compiled = compiled
    this.#arena = arena
  }

  scan(from: number, to: number): number {
    const list = slowScan(this.#compiled, this.#arena.bytes, from, to)
    list.push(0x7fffffff, 0)
    this.candidates = Int32Array.from(list)
    this.count = list.length / 2 - 1
    return this.count
  }
}
