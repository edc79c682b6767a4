// Reads single entries out of blocks (`usage-entries.ts`).

import { R } from '../fields.ts'
import {
  BLOCK,
  COST_TEXTS,
  ENTRY_BYTES_MAX,
  FORM_LIST,
  GIVEN,
  HEAD_BYTES,
  NULL_LENGTH,
  NUMBERS,
  SHAPE,
  SHAPE_TEXTS,
  TEXTS,
} from './entry-fields.ts'
import { fromZigzag, TextBlockReader } from './text-block.ts'

/**
 * Returns the single entry that begins at `offset` in one or more blocks. `id` is the event id, 16 bytes as a Latin-1 string.
 */
export function expandEntry(blocks: Uint8Array, offset: number, id: string): Uint8Array {
  const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.length)
  let from = 0
  for (;;) {
    const length = view.getUint32(from + BLOCK.LENGTH, true)
    if (offset < from + length) break
    from += length
  }
  if (blocks[from + BLOCK.FORM] === FORM_LIST)
    return blocks.slice(offset, offset + view.getUint32(offset, true))
  return new EntryExpander(blocks, from).expand(offset, id)
}

class EntryExpander {
  readonly #block: Uint8Array
  readonly #from: number
  readonly #reader: TextBlockReader
  readonly #out = Buffer.alloc(ENTRY_BYTES_MAX)
  #top = HEAD_BYTES

  constructor(block: Uint8Array, from: number) {
    this.#block = block
    this.#from = from
    this.#reader = new TextBlockReader(block, from)
  }

  expand(offset: number, id: string): Uint8Array {
    const reader = this.#reader
    const out = this.#out
    reader.seek(offset + 2)
    reader.varint()
    const received =
      reader.view.getFloat64(this.#from + BLOCK.RECEIVED, true) + fromZigzag(reader.varint())
    const shape = this.#readShape()
    out.writeUInt16LE(id.length, this.#top)
    this.#top += 2 + out.write(id, this.#top + 2, 'latin1')
    for (let i = 0; i < 3; i++) this.#copyText(reader.text(), reader.textAt)
    this.#copyTimes()
    this.#copyNumbers()
    const isGiven = shape.isText(SHAPE.indexOf(R.cost_source), this.#block, GIVEN)
    for (const field of TEXTS) {
      const i = SHAPE.findIndex((other) => other === field)
      if (i >= 0) this.#copyText(shape.lengths[i] as number, shape.offsets[i] as number)
      else if (!isGiven && COST_TEXTS.includes(field)) this.#copyText(-1, 0)
      else this.#copyText(reader.text(), reader.textAt)
    }
    for (let i = SHAPE.length; i < SHAPE_TEXTS; i++) {
      out[this.#top++] = shape.prefixes[i - SHAPE.length] as number
      this.#copyText(shape.lengths[i] as number, shape.offsets[i] as number)
    }
    out.writeUInt32LE(this.#top, 0)
    out.writeDoubleLE(received, 8)
    return Uint8Array.prototype.slice.call(out, 0, this.#top)
  }

  #readShape(): Shape {
    const reader = this.#reader
    const at = reader.varint()
    const next = reader.at
    if (at > 0) reader.seek(this.#from + at)
    const shape = new Shape()
    for (let i = 0; i < SHAPE_TEXTS; i++) {
      if (i >= SHAPE.length) shape.prefixes.push(reader.varint())
      shape.lengths.push(reader.text())
      shape.offsets.push(reader.textAt)
    }
    if (at > 0) reader.seek(next)
    return shape
  }

  #copyText(length: number, offset: number): void {
    const out = this.#out
    out.writeUInt16LE(length < 0 ? NULL_LENGTH : length, this.#top)
    this.#top += 2
    if (length < 0) return
    out.set(this.#block.subarray(offset, offset + length), this.#top)
    this.#top += length
  }

  #copyTimes(): void {
    const { view } = this.#reader
    const base = view.getBigUint64(this.#from + BLOCK.START, true)
    const start = this.#copyTime(base)
    this.#copyTime(start ?? base)
  }

  #copyTime(base: bigint): bigint | null {
    const reader = this.#reader
    const out = this.#out
    const code = reader.varint()
    if (code === 0) {
      this.#copyText(-1, 0)
      return null
    }
    const ns =
      code === 1
        ? base + BigInt(reader.float()) * 2n ** 32n + BigInt(reader.float())
        : base + BigInt(fromZigzag(code - 2))
    out.writeUInt16LE(8, this.#top)
    out.writeBigUInt64LE(ns, this.#top + 2)
    this.#top += 10
    return ns
  }

  #copyNumbers(): void {
    const reader = this.#reader
    const mask = reader.varint()
    for (let i = 0; i < NUMBERS.length; i++) {
      let n = Number.NaN
      if ((mask & (1 << i)) !== 0) {
        const code = reader.varint()
        n = code === 1 ? reader.float() : code / 2
      }
      this.#out.writeDoubleLE(n, this.#top)
      this.#top += 8
    }
  }
}

class Shape {
  readonly offsets: number[] = []
  readonly lengths: number[] = []
  readonly prefixes: number[] = []

  isText(i: number, block: Uint8Array, text: string): boolean {
    const at = this.offsets[i] as number
    const length = this.lengths[i] as number
    return (
      length === text.length &&
      Buffer.from(block.buffer, block.byteOffset + at, length).latin1Slice(0, length) === text
    )
  }
}
