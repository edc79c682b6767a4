// Indexes attributes and their values: KeyValue and AnyValue messages become attribute rows of the batch. If a
// message has something that a row cannot represent (unknown fields, repeated members, malformed UTF-8), its owner is
// marked as edited, because in a copy of the received bytes that would bypass the processors.

import { VALUE } from '../../core/batch.ts'
import { internKey, internKeyAfter, UNKNOWN_KEY } from '../../core/keys.ts'
import { ByteWriter } from '../byte-writer.ts'
import { appendRepaired, isValidUtf8 } from '../utf8.ts'
import { ListReader } from './lists.ts'
import { FIXED64, LEN, VARINT } from './wire.ts'

const KEY_VALID = 1
const KEY_INVALID = 2
/** For each key id, whether its bytes are valid UTF-8. The number of key ids is bounded. */
const keyText = new Uint8Array(1 << 16)

export class ValueIndexer extends ListReader {
  /** True if the current span, resource or scope cannot be copied unchanged. */
  isDirty = false
  /** True if the current item has more rows than an item may have. */
  isOverfull = false
  /** The number of rows at which the current item is full. */
  attrLimit = 0
  /** The value that was read last; see VALUE. */
  type = 0
  off = 0
  len = 0
  num = 0
  #scratch: ByteWriter | null = null

  beginOwner(): void {
    this.isDirty = false
    this.isRepaired = false
    this.isOverfull = false
    this.attrLimit = this.batch.attrCount + this.tally.limits.rowsPerItemMax
  }

  /** KeyValue: key 1 string, value 2 AnyValue. Adds a row for the message in `[p, end)`. */
  attribute(start: number, end: number): void {
    const b = this.b
    const keyLen = b[start + 1] as number
    const key = start + 2
    const p = key + keyLen
    // The usual form: a short key, then the value, then nothing.
    if (b[start] === 0x0a && keyLen < 128 && p + 1 < end && b[p] === 0x12) {
      this.p = p + 1
      const len = this.length(end)
      if (this.p + len === end) {
        this.value(this.p, end, 1)
        return this.addRow(key, keyLen)
      }
    }
    this.#oddAttribute(start, end)
  }

  #oddAttribute(start: number, end: number): void {
    let key = start
    let keyLen = 0
    let seen = 0
    this.#clearValue()
    this.p = start
    while (this.p < end) {
      const tag = this.tag(end)
      const field = tag >>> 3
      if (field > 2) {
        this.isDirty = true
        this.skip(tag, end)
        continue
      }
      this.expect(tag, LEN)
      const len = this.length(end)
      if ((seen & field) !== 0) this.isDirty = true
      seen |= field
      if (field === 1) {
        key = this.p
        keyLen = len
        this.p += len
      } else this.value(this.p, this.p + len, 1)
    }
    this.addRow(key, keyLen)
  }

  /** The key of the row that was added last, over all owners. It predicts the next key. */
  #previousKey = UNKNOWN_KEY

  /** Adds the value that was read last under the key at `[key, key+keyLen)`. */
  addRow(key: number, keyLen: number): void {
    if (this.batch.attrCount >= this.attrLimit) {
      this.isOverfull = true
      return
    }
    let keyOff = key
    let len = keyLen
    let id = internKeyAfter(this.#previousKey, this.b, key, keyLen)
    this.#previousKey = id
    if (keyText[id] !== KEY_VALID && !this.#isKeyText(id, key, keyLen)) {
      keyOff = appendRepaired(this.batch.arena, key, keyLen)
      len = this.batch.arena.lastLen
      this.#repaired()
      id = internKey(this.b, keyOff, len)
    }
    this.batch.addAttr(id, keyOff, len, this.type, this.off, this.len, this.num)
  }

  #isKeyText(id: number, key: number, keyLen: number): boolean {
    if (id !== UNKNOWN_KEY && keyText[id] !== 0) return false
    const isValid = isValidUtf8(this.b, key, keyLen)
    if (id !== UNKNOWN_KEY) keyText[id] = isValid ? KEY_VALID : KEY_INVALID
    return isValid
  }

  #clearValue(): void {
    this.type = VALUE.EMPTY
    this.off = 0
    this.len = 0
    this.num = Number.NaN
  }

  /**
   * AnyValue in `[start, end)`: string 1, bool 2, int 3, double 4, array 5, kvlist 6, bytes 7.
   * The result is in `type`, `off`, `len`, `num`; of several members the last one wins.
   */
  value(start: number, end: number, depth: number): void {
    this.#clearValue()
    if (start === end) {
      this.p = end
      return
    }
    const first = this.b[start] as number
    if (first === 0x0a) {
      this.p = start + 1
      const len = this.length(end)
      if (this.p + len === end) {
        this.type = VALUE.STRING
        this.text(this.p, len)
        this.p = end
        return
      }
    }
    this.p = start
    let members = 0
    while (this.p < end) {
      const tag = this.tag(end)
      if (tag >>> 3 > 7) {
        this.isDirty = true
        this.skip(tag, end)
        continue
      }
      if (members++ > 0) this.isDirty = true
      this.#member(tag, end, depth)
    }
  }

  #member(tag: number, end: number, depth: number): void {
    const field = tag >>> 3
    this.type = field
    this.len = 0
    this.num = Number.NaN
    if (field === VALUE.BOOL || field === VALUE.INT) {
      this.expect(tag, VARINT)
      this.varint(end)
      return field === VALUE.INT ? this.#int() : this.#bool()
    }
    if (field === VALUE.DOUBLE) {
      this.expect(tag, FIXED64)
      this.off = this.fixed(8, end)
      this.len = 8
      this.num = this.batch.arena.view.getFloat64(this.off, true)
      return
    }
    this.expect(tag, LEN)
    const len = this.length(end)
    const at = this.p
    if (field === VALUE.STRING) this.text(at, len)
    else {
      this.off = at
      this.len = len
      if (field !== VALUE.BYTES) this.#nested(field, at, len, depth)
    }
    this.p = at + len
  }

  #bool(): void {
    this.off = this.lo === 0 && this.hi === 0 ? 0 : 1
    this.num = this.off
  }

  #int(): void {
    const off = this.batch.arena.reserve(8)
    this.refresh()
    const b = this.b
    const lo = this.lo
    const hi = this.hi
    b[off] = lo
    b[off + 1] = lo >>> 8
    b[off + 2] = lo >>> 16
    b[off + 3] = lo >>> 24
    b[off + 4] = hi
    b[off + 5] = hi >>> 8
    b[off + 6] = hi >>> 16
    b[off + 7] = hi >>> 24
    this.off = off
    this.len = 8
    this.num = (hi | 0) * 4_294_967_296 + lo
  }

  /** Sets `off` and `len` to text that is valid UTF-8, which is nearly always the range itself. */
  text(off: number, len: number): void {
    this.off = off
    this.len = len
    if (this.isAscii(off, len) || isValidUtf8(this.b, off, len)) return
    this.off = appendRepaired(this.batch.arena, off, len)
    this.len = this.batch.arena.lastLen
    this.#repaired()
  }

  #repaired(): void {
    this.isDirty = true
    this.isRepaired = true
    this.refresh()
  }

  /** Reads an ArrayValue or KeyValueList completely, and writes it anew if a copy would contain unseen data. */
  #nested(type: number, at: number, len: number, depth: number): void {
    this.type = type
    if (this.isClean(type, at, at + len, depth + 1)) return
    this.#scratch ??= new ByteWriter(4096)
    this.#scratch.reset()
    this.rewrite(this.#scratch, type, at, at + len)
    this.off = this.batch.arena.append(this.#scratch.written())
    this.len = this.batch.arena.lastLen
    this.isDirty = true
    this.refresh()
  }
}
