// A growing output buffer with the primitives of protobuf, RowBinary and JSON text. The encoders decide what is
// written. This file never reads a batch; it takes ranges of bytes (bytes, offset, length).

import { LOOP_COPY_MAX, OutputBuffer, POW32 } from './output-buffer.ts'

/** 0 means that the byte is copied. Otherwise it is the letter after the backslash, or 1 for a \u00XX escape. */
const ESCAPE = escapeTable()
const HEX = Buffer.from('0123456789abcdef', 'latin1')

export class ByteWriter extends OutputBuffer {
  // ------------------------------------------------------------------ varints and protobuf

  /** LEB128 of a non-negative integer below 2^53 (protobuf lengths and tags, RowBinary lengths). */
  varint(v: number): void {
    this.ensure(10)
    const b = this.bytes
    let p = this.pos
    let n = v
    while (n > 0x7fffffff) {
      b[p++] = (n % 128) | 128
      n = Math.floor(n / 128)
    }
    let m = n | 0
    while (m > 127) {
      b[p++] = (m & 127) | 128
      m >>>= 7
    }
    b[p++] = m
    this.pos = p
  }

  /** Varint of the 64-bit little-endian value at `src[off..+8)` (an INT attribute). */
  varint64At(src: Uint8Array, off: number): void {
    this.ensure(10)
    let lo = u32At(src, off)
    let hi = u32At(src, off + 4)
    const b = this.bytes
    let p = this.pos
    while (hi !== 0 || lo > 127) {
      b[p++] = (lo & 127) | 128
      lo = ((lo >>> 7) | (hi << 25)) >>> 0
      hi >>>= 7
    }
    b[p++] = lo
    this.pos = p
  }

  /** Varint of an int32 as protobuf writes it: a negative one is sign-extended to ten bytes. */
  varintI32(v: number): void {
    if (v >= 0) return this.varint(v)
    this.ensure(10)
    const b = this.bytes
    let p = this.pos
    let n = v
    for (let i = 0; i < 9; i++) {
      b[p++] = (n & 127) | 128
      n >>= 7
    }
    b[p++] = 1
    this.pos = p
  }

  tag(field: number, wireType: number): void {
    this.varint(field * 8 + wireType)
  }

  /** Field `field` as length-delimited copy of a range. */
  fieldBytes(field: number, src: Uint8Array, off: number, len: number): void {
    this.varint(field * 8 + 2)
    this.varint(len)
    this.copy(src, off, len)
  }

  fieldText(field: number, s: string): void {
    const mark = this.begin(field)
    this.utf8(s)
    this.end(mark)
  }

  fieldVarint(field: number, v: number): void {
    this.varint(field * 8)
    this.varint(v)
  }

  /** Field `field` as fixed64 from 8 little-endian bytes. */
  fieldFixed64At(field: number, src: Uint8Array, off: number): void {
    this.varint(field * 8 + 1)
    this.copy(src, off, 8)
  }

  fieldFixed32(field: number, v: number): void {
    this.varint(field * 8 + 5)
    this.u32(v >>> 0)
  }

  /**
   * Opens a nested message and returns its position for `end`. It leaves room for a length of two bytes, because most
   * messages are between 128 bytes and 16 KiB. `end` moves the content if the length needs another size.
   */
  begin(field: number): number {
    this.varint(field * 8 + 2)
    this.ensure(2)
    this.pos += 2
    return this.pos
  }

  end(mark: number): void {
    const len = this.pos - mark
    const size = varintSize(len)
    if (size === 1 && len <= LOOP_COPY_MAX) {
      const to = this.bytes
      for (let i = mark, end = this.pos; i < end; i++) to[i - 1] = to[i] as number
    } else if (size !== 2) {
      this.ensure(4)
      this.bytes.copyWithin(mark - 2 + size, mark, this.pos)
    }
    // The varint is written here, because `varint` may grow the buffer, which keeps only the bytes before `pos`.
    const b = this.bytes
    let p = mark - 2
    let n = len
    while (n > 127) {
      b[p++] = (n & 127) | 128
      n >>>= 7
    }
    b[p] = n
    this.pos = mark - 2 + size + len
  }

  // ------------------------------------------------------------------ RowBinary

  /** String: length varint and bytes. */
  string(src: Uint8Array, off: number, len: number): void {
    this.varint(len)
    this.copy(src, off, len)
  }

  stringText(s: string): void {
    const size = Buffer.byteLength(s, 'utf8')
    this.varint(size)
    this.utf8(s)
  }

  /** The null byte of Nullable(T): 1 = null and nothing follows, 0 = the value follows. */
  nullable(isNull: boolean): void {
    this.u8(isNull ? 1 : 0)
  }

  /** Nullable(String); a negative length is null. */
  nullableString(src: Uint8Array, off: number, len: number): void {
    if (len < 0) return this.u8(1)
    this.u8(0)
    this.string(src, off, len)
  }

  /** Nullable(Float64); NaN is null. */
  nullableF64(v: number): void {
    if (Number.isNaN(v)) return this.u8(1)
    this.u8(0)
    this.f64(v)
  }

  /** Nullable(Int64); NaN is null. */
  nullableI64(v: number): void {
    if (Number.isNaN(v)) return this.u8(1)
    this.u8(0)
    this.i64(v)
  }

  /** Header of Array and Map: the number of entries. */
  arrayHeader(count: number): void {
    this.varint(count)
  }

  /** FixedString(size); longer input is cut, shorter is padded with zeros. */
  fixedString(src: Uint8Array, off: number, len: number, size: number): void {
    const n = Math.min(len, size)
    this.ensure(size)
    this.copy(src, off, n)
    this.bytes.fill(0, this.pos, this.pos + size - n)
    this.pos += size - n
  }

  /** DateTime64(9) from 8 bytes of unsigned ns; beyond the signed range it is the largest one. */
  dateTime64At(src: Uint8Array, off: number): void {
    if ((src[off + 7] as number) < 128) return this.copy(src, off, 8)
    this.ensure(8)
    this.view.setBigInt64(this.pos, 0x7fff_ffff_ffff_ffffn, true)
    this.pos += 8
  }

  // ------------------------------------------------------------------ JSON text

  /** A range of UTF-8 as a quoted JSON string. The range must be valid UTF-8. */
  jsonString(src: Uint8Array, off: number, len: number): void {
    this.ensure(len * 6 + 2)
    const to = this.bytes
    let p = this.pos
    to[p++] = 0x22
    for (let i = off, end = off + len; i < end; i++) {
      const c = src[i] as number
      const e = ESCAPE[c] as number
      if (e === 0) to[p++] = c
      else if (e === 1) p = unicodeEscape(to, p, c)
      else {
        to[p++] = 0x5c
        to[p++] = e
      }
    }
    to[p++] = 0x22
    this.pos = p
  }

  jsonText(s: string): void {
    const bytes = Buffer.from(s, 'utf8')
    this.jsonString(bytes, 0, bytes.length)
  }

  /** A number as JSON. NaN and infinities, which JSON does not have, become null. */
  jsonNumber(v: number): void {
    if (v >= 0 && v < 2_147_483_648 && (v | 0) === v) return this.#digits(v)
    this.ascii(Number.isFinite(v) ? String(v) : 'null')
  }

  /** The unsigned 64-bit little-endian integer at `src[off..+8)` in decimal. */
  decimalU64At(src: Uint8Array, off: number): void {
    this.#decimal(u32At(src, off + 4), u32At(src, off))
  }

  /** The signed 64-bit little-endian integer at `src[off..+8)` in decimal. */
  decimalI64At(src: Uint8Array, off: number): void {
    const lo = u32At(src, off)
    const hi = u32At(src, off + 4)
    if (hi < 0x8000_0000) return this.#decimal(hi, lo)
    this.u8(0x2d)
    this.#decimal((~hi + (lo === 0 ? 1 : 0)) >>> 0, -lo >>> 0)
  }

  /** A byte range as lower-case hex, without quotes. */
  hex(src: Uint8Array, off: number, len: number): void {
    this.ensure(len * 2)
    const to = this.bytes
    let p = this.pos
    for (let i = off, end = off + len; i < end; i++) {
      const c = src[i] as number
      to[p++] = HEX[c >> 4] as number
      to[p++] = HEX[c & 15] as number
    }
    this.pos = p
  }

  /** A byte range as standard base64, without quotes. */
  base64(src: Uint8Array, off: number, len: number): void {
    this.ascii(Buffer.from(src.buffer, src.byteOffset + off, len).toString('base64'))
  }

  #digits(v: number): void {
    this.ensure(10)
    let digits = 1
    for (let limit = 10; v >= limit && digits < 10; limit *= 10) digits++
    let p = this.pos + digits
    this.pos = p
    let n = v
    do {
      const q = Math.trunc(n / 10)
      this.bytes[--p] = 48 + (n - q * 10)
      n = q
    } while (n > 0)
  }

  /** Long division by 10^9 in 16-bit digits keeps every step below 2^53. */
  #decimal(hi: number, lo: number): void {
    if (hi === 0 && lo < 2_147_483_648) return this.#digits(lo)
    const E9 = 1_000_000_000
    let r = hi % E9
    const q3 = Math.floor(hi / E9)
    const a = r * 65_536 + (lo >>> 16)
    const q2 = Math.floor(a / E9)
    r = a - q2 * E9
    const b = r * 65_536 + (lo & 65_535)
    const q1 = Math.floor(b / E9)
    const low = b - q1 * E9
    // The quotient is q3 * 2^32 + q2 * 2^16 + q1, below 1.9 * 10^10.
    const high = q3 * POW32 + q2 * 65_536 + q1
    if (high === 0) return this.#digits(low)
    this.ascii(String(high))
    this.ensure(9)
    let n = low
    for (let i = 8; i >= 0; i--) {
      const q = Math.trunc(n / 10)
      this.bytes[this.pos + i] = 48 + (n - q * 10)
      n = q
    }
    this.pos += 9
  }
}

/** Bytes of the varint of a length. */
export function varintSize(v: number): number {
  if (v < 128) return 1
  if (v < 16_384) return 2
  if (v < 2_097_152) return 3
  return v < 268_435_456 ? 4 : 5
}

function u32At(src: Uint8Array, off: number): number {
  return (
    ((src[off] as number) |
      ((src[off + 1] as number) << 8) |
      ((src[off + 2] as number) << 16) |
      ((src[off + 3] as number) << 24)) >>>
    0
  )
}

function unicodeEscape(to: Uint8Array, at: number, c: number): number {
  to[at] = 0x5c
  to[at + 1] = 0x75
  to[at + 2] = 0x30
  to[at + 3] = 0x30
  to[at + 4] = HEX[c >> 4] as number
  to[at + 5] = HEX[c & 15] as number
  return at + 6
}

function escapeTable(): Uint8Array {
  const t = new Uint8Array(256)
  t.fill(1, 0, 32)
  t[0x08] = 0x62
  t[0x09] = 0x74
  t[0x0a] = 0x6e
  t[0x0c] = 0x66
  t[0x0d] = 0x72
  t[0x22] = 0x22
  t[0x5c] = 0x5c
  // DEL is allowed in JSON, but terminals and some line readers do not handle it.
  t[0x7f] = 1
  return t
}
