// Writes JSON text into the arena piece by piece: literals, ranges that are JSON already, text ranges as JSON strings.
// What it writes is what JSON.stringify would have written of the same values, without the values.

import type { Arena } from '../../core/arena.ts'
import type { JsonKernel } from './json-kernel.ts'

export class JsonOut {
  readonly #kernel: JsonKernel
  #arena!: Arena
  #start = 0

  constructor(kernel: JsonKernel) {
    this.#kernel = kernel
  }

  /** Begins a text. Nobody else may append to the arena until `end`. */
  begin(arena: Arena): void {
    this.#arena = arena
    this.#start = arena.top
  }

  /** Offset of the text written since `begin`. */
  get off(): number {
    return this.#start
  }

  /** Its length so far. */
  get len(): number {
    return this.#arena.top - this.#start
  }

  /** Takes back what was written since `begin`. */
  abandon(): void {
    this.#arena.top = this.#start
  }

  /** ASCII text as it is. */
  raw(text: string): void {
    const arena = this.#arena
    const n = text.length
    if (!this.#kernel.hasRoom(n)) this.#kernel.ensure(n)
    const b = arena.bytes
    const at = arena.top
    for (let i = 0; i < n; i++) b[at + i] = text.charCodeAt(i)
    arena.top = at + n
  }

  /** A literal of the arena. */
  literal(id: number): void {
    this.copy(this.#arena.literalOff(id), this.#arena.literalLen(id))
  }

  byte(c: number): void {
    const arena = this.#arena
    if (arena.top >= arena.bytes.length) this.#kernel.ensure(1)
    arena.bytes[arena.top++] = c
  }

  /** A range that is JSON already. */
  copy(off: number, len: number): void {
    if (!this.#kernel.hasRoom(len)) this.#kernel.ensure(len)
    this.#kernel.copy(off, len)
  }

  /** A range of UTF-8 text as a JSON string. */
  text(off: number, len: number): void {
    const n = this.#kernel.room(off, len) + 2
    if (!this.#kernel.hasRoom(n)) this.#kernel.ensure(n)
    const arena = this.#arena
    arena.bytes[arena.top++] = 34
    this.#kernel.escape(off, len)
    arena.bytes[arena.top++] = 34
  }
}
