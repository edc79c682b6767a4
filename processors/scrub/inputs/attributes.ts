// Attributes of spans, events, links, resources and scopes: their keys, and their values by type. An attribute under a
// plain key whose value has no candidate costs a few comparisons, and nearly all do.

import { ATTR, ATTR_STRIDE, type SpanBatch, VALUE } from '../../../core/batch.ts'
import { internKey, key } from '../../../core/keys.ts'
import type { Finding } from '../value/finding.ts'
import type { KeyMeaning } from '../value/key-meaning.ts'
import { ValueRange } from '../value/value-range.ts'
import { isPlainStrings, type LeafRules, scrubList, whole } from './any-value.ts'
import type { FindingPlace, Location, Owner } from './finding-log.ts'
import { KeyTable } from './key-table.ts'
import type { ValueScrubber } from './value-scrubber.ts'

const LOG_BODY = key('log.body')

export class AttributeScrubber {
  readonly keys: KeyTable
  readonly #values: ValueScrubber
  readonly #range = new ValueRange()
  #batch!: SpanBatch

  constructor(values: ValueScrubber, keys: KeyTable) {
    this.#values = values
    this.keys = keys
  }

  begin(batch: SpanBatch): void {
    this.#batch = batch
  }

  /** The attributes whose first row and count stand in columns of `table`. True when one was changed. */
  scrub(
    owner: Owner,
    table: Int32Array,
    firstCol: number,
    countCol: number,
    place: FindingPlace,
  ): boolean {
    const first = table[firstCol] as number
    let count = table[countCol] as number
    let edited = false
    const infos = this.keys.ready()
    const { cursor, log } = this.#values
    const { scansAll } = owner.judge
    for (let i = first; i < first + count; i++) {
      const row = i * ATTR_STRIDE
      const { attrs } = this.#batch
      const info = infos[attrs[row] as number] as number
      // A rule that looks at every value looks at every key too.
      if ((info & KeyTable.PLAIN) !== 0 && !scansAll) {
        // Nearly all attributes of nearly all spans end here.
        const isIdle =
          attrs[row + ATTR.TYPE] === VALUE.STRING
            ? !cursor.reaches(attrs[row + ATTR.OFF] as number, attrs[row + ATTR.LEN] as number)
            : this.#isIdle(i, row)
        if (isIdle && !this.#isCrossed(i)) continue
      }
      log.dropsAttribute = false
      if (this.#attribute(owner, i, place)) edited = true
      if (log.dropsAttribute) {
        this.#remove(i, first + count)
        count--
        i--
        table[countCol] = count
      }
    }
    return edited
  }

  /** True when something may lie in the value and in others together. */
  #isCrossed(i: number): boolean {
    const { crossing } = this.#values
    if (crossing === null) return false
    const type = this.#batch.attrType(i)
    if (type === VALUE.ARRAY || type === VALUE.KVLIST) return true
    return crossing.has(this.#batch.attrOffset(i))
  }

  /** Takes row `i` out of the rows before `end`. */
  #remove(i: number, end: number): void {
    const row = i * ATTR_STRIDE
    this.#batch.attrs.copyWithin(row, row + ATTR_STRIDE, end * ATTR_STRIDE)
    this.#batch.nums.copyWithin(i, i + 1, end)
  }

  /** True when nothing can be in the value, no string, of an attribute with a plain key. */
  #isIdle(i: number, row: number): boolean {
    const a = this.#batch.attrs
    const type = a[row + ATTR.TYPE] as number
    const off = a[row + ATTR.OFF] as number
    const len = a[row + ATTR.LEN] as number
    if (type === VALUE.BYTES) return !this.#values.cursor.reaches(off, len)
    if (type === VALUE.INT || type === VALUE.DOUBLE)
      return !isLongNumber(this.#batch.nums[i] as number)
    if (type !== VALUE.ARRAY) return type === VALUE.BOOL || type === VALUE.EMPTY
    if (this.#values.cursor.reaches(off, len)) return false
    return isPlainStrings(this.#batch.arena.bytes, off, off + len)
  }

  /** One attribute: its value by type, then its key. */
  #attribute(owner: Owner, i: number, place: FindingPlace): boolean {
    const a = this.#batch.attrs
    const row = i * ATTR_STRIDE
    const keyId = a[row] as number
    const keyOff = a[row + ATTR.KEY_OFF] as number
    const keyLen = a[row + ATTR.KEY_LEN] as number
    const entry = this.keys.entry(keyId, this.#batch.arena.bytes, keyOff, keyLen)
    const at: Location = {
      owner,
      place: keyId === LOG_BODY ? 'log_body' : place,
      key: entry.isDirty ? null : entry.name,
    }
    const edited = this.#value(at, i, entry.meaning, entry.name)
    if (!entry.isDirty && !owner.judge.scansAll) return edited
    return this.#key(at, row, keyOff, keyLen) || edited
  }

  #key(at: Location, row: number, off: number, len: number): boolean {
    const now = this.#values.key(at, this.#batch.arena.bytes, off, off + len)
    if (now === null) return false
    const to = this.#values.append(now)
    const a = this.#batch.attrs
    a[row] = internKey(this.#batch.arena.bytes, to, now.length)
    a[row + ATTR.KEY_OFF] = to
    a[row + ATTR.KEY_LEN] = now.length
    return true
  }

  #value(at: Location, i: number, meaning: KeyMeaning, name: string): boolean {
    const row = i * ATTR_STRIDE
    const a = this.#batch.attrs
    const off = a[row + ATTR.OFF] as number
    const len = a[row + ATTR.LEN] as number
    const type = a[row + ATTR.TYPE] as number
    switch (type) {
      case VALUE.STRING:
      case VALUE.BYTES:
        this.#values.cursor.reaches(off, len)
        return this.#put(i, type, this.#values.inPlace(at, off, len, meaning, name))
      case VALUE.INT:
      case VALUE.DOUBLE: {
        const decimal =
          type === VALUE.INT ? this.#decimal(off) : whole(this.#batch.arena.bytes, off)
        if (decimal === null) return false
        return this.#put(i, VALUE.STRING, this.#values.number(at, decimal, meaning))
      }
      case VALUE.ARRAY:
      case VALUE.KVLIST:
        return this.#list(at, i, meaning, name)
      default:
        return false
    }
  }

  #list(at: Location, i: number, meaning: KeyMeaning, name: string): boolean {
    const row = i * ATTR_STRIDE
    const a = this.#batch.attrs
    const type = a[row + ATTR.TYPE] as number
    const off = a[row + ATTR.OFF] as number
    const end = off + (a[row + ATTR.LEN] as number)
    const b = this.#batch.arena.bytes
    try {
      const isMap = type === VALUE.KVLIST
      return this.#put(i, type, scrubList(this.#leaves(at), b, off, end, isMap, meaning, name))
    } catch {
      // Fail closed: a list that cannot be walked leaves as a marker.
      this.#values.log.failed(at.place)
      return this.#put(i, VALUE.STRING, Buffer.from('[REDACTED:scrub_failed]'))
    }
  }

  #leaves(at: Location): LeafRules {
    const values = this.#values
    return {
      text: (b, from, to, meaning, name) => values.alone(at, b, from, to, meaning, name),
      number: (decimal, meaning) => values.number(at, decimal, meaning),
      key: (b, from, to) => values.key(at, b, from, to),
    }
  }

  #decimal(off: number): string {
    return this.#batch.arena.view.getBigInt64(off, true).toString()
  }

  #put(i: number, type: number, now: Uint8Array | null): boolean {
    if (now === null) return this.#values.log.dropsAttribute
    this.#batch.setAttrRange(i, type, this.#values.append(now), now.length)
    return true
  }

  /** Name of an attribute's key. */
  nameOf(attr: number): string {
    const a = this.#batch.attrs
    const row = attr * ATTR_STRIDE
    const b = this.#batch.arena.bytes
    const off = a[row + ATTR.KEY_OFF] as number
    return this.keys.entry(a[row] as number, b, off, a[row + ATTR.KEY_LEN] as number).name
  }

  /** Replaces parts of an attribute's text that a look at several values together found. */
  replaceIn(at: Location, attr: number, found: readonly Finding[]): void {
    const row = attr * ATTR_STRIDE
    const off = this.#batch.attrs[row + ATTR.OFF] as number
    const len = this.#batch.attrs[row + ATTR.LEN] as number
    const value = this.#range.set(this.#batch.arena.bytes, off, off + len)
    const shifted = found.map((f) => ({ ...f, start: f.start + off, end: f.end + off }))
    const type = this.#batch.attrs[row + ATTR.TYPE] as number
    this.#put(attr, type, this.#values.replace(at, value, shifted))
  }
}

/** Twelve digits and more, or nine that a field name may give a meaning (those keys are not plain). */
function isLongNumber(n: number): boolean {
  return n >= 1e12 && n < 1e19
}
