// A growing buffer with operations that need no framing: bytes, text, fixed-width numbers.

/** Below this many bytes a plain loop is faster than a call of TypedArray.set. */
export const LOOP_COPY_MAX = 40
export const POW32 = 4_294_967_296

export class OutputBuffer {
  bytes: Uint8Array<ArrayBuffer>
  buf: Buffer<ArrayBuffer>
  view: DataView<ArrayBuffer>
  pos = 0

  constructor(initialBytes = 64 * 1024) {
    this.buf = Buffer.from(new ArrayBuffer(initialBytes))
    this.bytes = new Uint8Array(this.buf.buffer)
    this.view = new DataView(this.buf.buffer)
  }

  /** Starts again in the same memory. Earlier results of `written()` become invalid. */
  reset(): void {
    this.pos = 0
  }

  /** A view of what was written, valid until the next write or reset. */
  written(from = 0): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(from, this.pos)
  }

  /** A copy with its own ArrayBuffer, which can be transferred to another thread. */
  take(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.pos)
  }

  /** Makes room for `n` more bytes. `bytes`, `buf` and `view` may be replaced. */
  ensure(n: number): void {
    if (this.pos + n > this.bytes.length) this.#grow(this.pos + n)
  }

  #grow(min: number): void {
    const bytes = new Uint8Array(new ArrayBuffer(Math.max(min, this.bytes.length * 2)))
    bytes.set(this.bytes.subarray(0, this.pos))
    this.bytes = bytes
    this.buf = Buffer.from(bytes.buffer)
    this.view = new DataView(bytes.buffer)
  }

  // ------------------------------------------------------------------ bytes and fixed-width numbers

  u8(v: number): void {
    if (this.pos === this.bytes.length) this.#grow(this.pos + 1)
    this.bytes[this.pos++] = v
  }

  u16(v: number): void {
    this.ensure(2)
    this.view.setUint16(this.pos, v, true)
    this.pos += 2
  }

  u32(v: number): void {
    this.ensure(4)
    this.view.setUint32(this.pos, v, true)
    this.pos += 4
  }

  i32(v: number): void {
    this.u32(v >>> 0)
  }

  /** Writes a number below 2^53 as an unsigned 64-bit integer, little-endian. */
  u64(v: number): void {
    this.ensure(8)
    this.view.setUint32(this.pos, v % POW32, true)
    this.view.setUint32(this.pos + 4, Math.floor(v / POW32), true)
    this.pos += 8
  }

  /** Writes a whole number as a signed 64-bit integer, little-endian. Larger numbers are clamped. */
  i64(v: number): void {
    this.ensure(8)
    const whole = Number.isFinite(v) ? BigInt(Math.trunc(v)) : 0n
    this.view.setBigInt64(this.pos, clampI64(whole), true)
    this.pos += 8
  }

  i64Big(v: bigint): void {
    this.ensure(8)
    this.view.setBigInt64(this.pos, clampI64(v), true)
    this.pos += 8
  }

  f64(v: number): void {
    this.ensure(8)
    this.view.setFloat64(this.pos, v, true)
    this.pos += 8
  }

  /** Copies a range of `src`, which is usually `arena.bytes`. */
  copy(src: Uint8Array, off: number, len: number): void {
    if (this.pos + len > this.bytes.length) this.#grow(this.pos + len)
    const to = this.bytes
    let p = this.pos
    if (len <= LOOP_COPY_MAX) {
      for (let i = off, end = off + len; i < end; i++) to[p++] = src[i] as number
      this.pos = p
      return
    }
    to.set(src.subarray(off, off + len), p)
    this.pos = p + len
  }

  raw(src: Uint8Array): void {
    this.copy(src, 0, src.length)
  }

  /** Writes ASCII text without framing: keys and punctuation. */
  ascii(s: string): void {
    this.ensure(s.length)
    const to = this.bytes
    let p = this.pos
    for (let i = 0; i < s.length; i++) to[p++] = s.charCodeAt(i)
    this.pos = p
  }

  /** Writes UTF-8 text without framing. Lone surrogates become U+FFFD. */
  utf8(s: string): void {
    this.ensure(s.length * 3)
    this.pos += this.buf.utf8Write(s, this.pos, s.length * 3)
  }
}

function clampI64(v: bigint): bigint {
  if (v > 0x7fff_ffff_ffff_ffffn) return 0x7fff_ffff_ffff_ffffn
  return v < -0x8000_0000_0000_0000n ? -0x8000_0000_0000_0000n : v
}
