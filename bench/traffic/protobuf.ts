// Writes ExportTraceServiceRequest bytes. Deliberately independent of `proto/`, so that the product does not decode what its
// own code wrote. Messages are written into one growing buffer, and nested lengths use the shortest varint.

import type { Attribute, AttributeValue } from './operation.ts'

export class ProtobufWriter {
  #bytes = Buffer.allocUnsafe(1 << 16)
  #length = 0

  finish(): Uint8Array {
    return new Uint8Array(this.#bytes.subarray(0, this.#length))
  }

  varintField(field: number, value: number): void {
    this.#varint(field << 3)
    this.#varint(value)
  }

  /** An unsigned 64-bit integer, little-endian. */
  fixed64Field(field: number, value: bigint): void {
    this.#varint((field << 3) | 1)
    this.#reserve(8)
    this.#length = this.#bytes.writeBigUInt64LE(value, this.#length)
  }

  doubleField(field: number, value: number): void {
    this.#varint((field << 3) | 1)
    this.#reserve(8)
    this.#length = this.#bytes.writeDoubleLE(value, this.#length)
  }

  stringField(field: number, value: string): void {
    const size = Buffer.byteLength(value)
    this.#varint((field << 3) | 2)
    this.#varint(size)
    this.#reserve(size)
    this.#length += this.#bytes.write(value, this.#length)
  }

  hexField(field: number, hex: string): void {
    this.#varint((field << 3) | 2)
    this.#varint(hex.length / 2)
    this.#reserve(hex.length / 2)
    this.#length += this.#bytes.write(hex, this.#length, 'hex')
  }

  /** A nested message. Its bytes are shifted once its length is known, so that the length has the shortest varint. */
  message(field: number, write: () => void): void {
    this.#varint((field << 3) | 2)
    const at = this.#length
    this.#reserve(2)
    this.#length += 2
    write()
    const size = this.#length - at - 2
    const width = varintWidth(size)
    if (width !== 2) {
      this.#reserve(width)
      this.#bytes.copyWithin(at + width, at + 2, at + 2 + size)
    }
    this.#length = at
    this.#varint(size)
    this.#length += size
  }

  /** KeyValue { string key = 1; AnyValue value = 2 }. */
  attribute(field: number, [key, value]: Attribute): void {
    this.message(field, () => {
      this.stringField(1, key)
      this.message(2, () => {
        this.#anyValue(value)
      })
    })
  }

  /** AnyValue { string = 1; bool = 2; int = 3; double = 4; ArrayValue = 5 { repeated AnyValue values = 1 } }. */
  #anyValue(value: AttributeValue): void {
    if ('string' in value) this.stringField(1, value.string)
    else if ('bool' in value) this.varintField(2, value.bool ? 1 : 0)
    else if ('int' in value) this.varintField(3, value.int)
    else if ('double' in value) this.doubleField(4, value.double)
    else
      this.message(5, () => {
        for (const text of value.strings)
          this.message(1, () => {
            this.stringField(1, text)
          })
      })
  }

  /** A non-negative integer up to 2^53. */
  #varint(value: number): void {
    this.#reserve(8)
    let rest = value
    while (rest > 127) {
      this.#bytes[this.#length++] = (rest % 128) | 128
      rest = Math.floor(rest / 128)
    }
    this.#bytes[this.#length++] = rest
  }

  #reserve(size: number): void {
    if (this.#length + size <= this.#bytes.length) return
    const bigger = Buffer.allocUnsafe((this.#bytes.length + size) * 2)
    this.#bytes.copy(bigger, 0, 0, this.#length)
    this.#bytes = bigger
  }
}

function varintWidth(value: number): number {
  let width = 1
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) width++
  return width
}
