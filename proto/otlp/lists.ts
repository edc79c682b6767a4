// Checks lists and maps inside attribute values when a request is indexed. If a copy would contain data that no
// processor sees (unknown fields, repeated members, malformed UTF-8), the list is written anew.

import { type SpanBatch, VALUE } from '../../core/batch.ts'
import type { ByteWriter } from '../byte-writer.ts'
import { malformed } from '../refusal.ts'
import type { RequestTally } from '../request-tally.ts'
import { isValidUtf8 } from '../utf8.ts'
import { FIXED64, LEN, VARINT, Wire } from './wire.ts'

const ASCII_WORD = 0x80808080 | 0

export class ListReader extends Wire {
  readonly batch: SpanBatch
  readonly tally: RequestTally
  /** True if some text of the current span, resource or scope was not valid UTF-8. */
  isRepaired = false
  #words: Int32Array<ArrayBuffer>

  constructor(tally: RequestTally) {
    super(tally.batch.arena.bytes)
    this.tally = tally
    this.batch = tally.batch
    this.#words = new Int32Array(this.batch.arena.memory.buffer)
  }

  /** Must be called after anything was appended to the arena, because its memory may have moved. */
  refresh(): void {
    if (this.b === this.batch.arena.bytes) return
    this.b = this.batch.arena.bytes
    this.#words = new Int32Array(this.batch.arena.memory.buffer)
  }

  /**
   * Reads four bytes at a time, because half of all bytes of a request are checked here (0.3 µs a span of 2.8 kB).
   */
  isAscii(off: number, len: number): boolean {
    const b = this.b
    const end = off + len
    let i = off
    if (len >= 16) {
      const w = this.#words
      while ((i & 3) !== 0) if ((b[i++] as number) > 127) return false
      let k = i >> 2
      const last = end >> 2
      for (; k + 3 < last; k += 4) {
        const any =
          (w[k] as number) | (w[k + 1] as number) | (w[k + 2] as number) | (w[k + 3] as number)
        if ((any & ASCII_WORD) !== 0) return false
      }
      i = k << 2
    }
    for (; i < end; i++) if ((b[i] as number) > 127) return false
    return true
  }

  /** True when the list has only well-formed known fields. Both list messages repeat field 1. */
  isClean(type: number, start: number, end: number, depth: number): boolean {
    if (depth > this.tally.limits.depthMax)
      throw malformed(`Values are nested deeper than ${this.tally.limits.depthMax} levels.`)
    let isClean = true
    let count = 0
    this.p = start
    while (this.p < end) {
      const tag = this.tag(end)
      if (tag >>> 3 !== 1) {
        isClean = false
        this.skip(tag, end)
        continue
      }
      this.expect(tag, LEN)
      const len = this.length(end)
      const stop = this.p + len
      count++
      const ok =
        type === VALUE.ARRAY
          ? this.#isCleanValue(this.p, stop, depth)
          : this.#isCleanPair(this.p, stop, depth)
      if (!ok) isClean = false
      this.p = stop
    }
    this.tally.addValues(count)
    return isClean
  }

  #isCleanPair(start: number, end: number, depth: number): boolean {
    let isClean = true
    let seen = 0
    this.p = start
    while (this.p < end) {
      const tag = this.tag(end)
      const field = tag >>> 3
      if (field > 2) {
        isClean = false
        this.skip(tag, end)
        continue
      }
      this.expect(tag, LEN)
      const len = this.length(end)
      const at = this.p
      if ((seen & field) !== 0) isClean = false
      seen |= field
      const ok = field === 1 ? this.#isText(at, len) : this.#isCleanValue(at, at + len, depth)
      if (!ok) isClean = false
      this.p = at + len
    }
    return isClean
  }

  #isCleanValue(start: number, end: number, depth: number): boolean {
    let isClean = true
    let members = 0
    this.p = start
    while (this.p < end) {
      const tag = this.tag(end)
      const field = tag >>> 3
      if (field > 7 || members++ > 0) isClean = false
      if (field > 7 || field === VALUE.BOOL || field === VALUE.INT || field === VALUE.DOUBLE) {
        if (field <= 7) this.expect(tag, field === VALUE.DOUBLE ? FIXED64 : VARINT)
        this.skip(tag, end)
        continue
      }
      this.expect(tag, LEN)
      const len = this.length(end)
      const at = this.p
      if (field === VALUE.STRING && !this.#isText(at, len)) isClean = false
      if (field === VALUE.ARRAY || field === VALUE.KVLIST)
        if (!this.isClean(field, at, at + len, depth + 1)) isClean = false
      this.p = at + len
    }
    return isClean
  }

  #isText(off: number, len: number): boolean {
    if (this.isAscii(off, len) || isValidUtf8(this.b, off, len)) return true
    this.isRepaired = true
    return false
  }

  /** Writes the known content of a list that `isClean` has checked, so it cannot fail. */
  rewrite(out: ByteWriter, type: number, start: number, end: number): void {
    let p = start
    while (p < end) {
      this.p = p
      const tag = this.tag(end)
      if (tag >>> 3 !== 1) {
        this.skip(tag, end)
        p = this.p
        continue
      }
      const len = this.length(end)
      const at = this.p
      const mark = out.begin(1)
      if (type === VALUE.ARRAY) this.#rewriteValue(out, at, at + len)
      else this.#rewritePair(out, at, at + len)
      out.end(mark)
      p = at + len
    }
  }

  #rewritePair(out: ByteWriter, start: number, end: number): void {
    let key = -1
    let keyLen = 0
    let value = -1
    let valueEnd = 0
    this.p = start
    while (this.p < end) {
      const tag = this.tag(end)
      if (tag >>> 3 > 2) {
        this.skip(tag, end)
        continue
      }
      const len = this.length(end)
      if (tag >>> 3 === 1) {
        key = this.p
        keyLen = len
      } else {
        value = this.p
        valueEnd = this.p + len
      }
      this.p += len
    }
    if (key >= 0) out.fieldText(1, this.batch.arena.text(key, keyLen))
    if (value < 0) return
    const mark = out.begin(2)
    this.#rewriteValue(out, value, valueEnd)
    out.end(mark)
  }

  #rewriteValue(out: ByteWriter, start: number, end: number): void {
    let last = -1
    this.p = start
    while (this.p < end) {
      const at = this.p
      const tag = this.tag(end)
      if (tag >>> 3 <= 7) last = at
      this.skip(tag, end)
    }
    if (last < 0) return
    this.p = last
    const tag = this.tag(end)
    const field = tag >>> 3
    if ((tag & 7) !== LEN) {
      this.skip(tag, end)
      return out.copy(this.b, last, this.p - last)
    }
    const len = this.length(end)
    const at = this.p
    if (field === VALUE.STRING) return out.fieldText(1, this.batch.arena.text(at, len))
    if (field === VALUE.BYTES) return out.fieldBytes(7, this.b, at, len)
    const mark = out.begin(field)
    this.rewrite(out, field, at, at + len)
    out.end(mark)
  }
}
