// Writes JSON text into the arena from pieces: literals, ranges that are JSON already, and text ranges that become
// JSON strings. The result is what JSON.stringify would write for the same values, without creating them. The pieces
// are collected and written by one call of the kernel, because a call for each costs more than the copying.

import type { Arena, Literal } from '../../../core/arena.ts'
import { grownInts } from '../../../core/grow.ts'
import type { JsonKernel } from './json-kernel.ts'

/** A byte of text may become `\u0000`, which has six bytes. */
const ESCAPE_MAX = 6

export class JsonOut {
  readonly #kernel: JsonKernel
  #arena!: Arena
  #pieces = new Int32Array(256)
  #length = 0
  #room = 0
  /** The range of the text that was written last. */
  off = 0
  len = 0

  constructor(kernel: JsonKernel) {
    this.#kernel = kernel
  }

  /** Begins a text. */
  begin(arena: Arena): void {
    this.#arena = arena
    this.#length = 0
    this.#room = 0
  }

  /** Writes the text: it is at `off` and has `len` bytes. */
  end(): void {
    this.len = this.#kernel.write(this.#pieces, this.#length, this.#room)
    this.off = this.#arena.top - this.len
  }

  /** The number of pieces so far. `back` removes later ones. */
  get mark(): number {
    return this.#length
  }

  back(mark: number): void {
    this.#length = mark
  }

  byte(c: number): void {
    this.#piece(c, 0, 1)
  }

  literal(literal: Literal): void {
    const id = literal.id(this.#arena)
    if (id >= 0) this.copy(this.#arena.literalOff(id), this.#arena.literalLen(id))
    else this.ascii(literal.text)
  }

  /** Writes short ASCII text that needs no escape. */
  ascii(text: string): void {
    const off = this.#arena.appendAscii(text)
    this.copy(off, this.#arena.lastLen)
  }

  /** Writes a range that is JSON already and does not change before `end`. */
  copy(off: number, len: number): void {
    if (len > 0) this.#piece(off, len, len)
  }

  /** Writes a range of UTF-8 text as a JSON string. */
  text(off: number, len: number): void {
    this.#piece(off, ~len, len * ESCAPE_MAX + 2)
  }

  #piece(off: number, len: number, room: number): void {
    const i = this.#length
    if (i === this.#pieces.length) this.#pieces = grownInts(this.#pieces, i + 2)
    this.#pieces[i] = off
    this.#pieces[i + 1] = len
    this.#length = i + 2
    this.#room += room
  }
}
