// Traces by the hash of their id, in the order in which they were last heard of: a record of six integers for each,
// found by open addressing. Grows with its records and never shrinks; who uses it bounds their number.

import { intAt } from '../../core/reports/typed-arrays.ts'

/** The trace's hash, its first and last row, how many rows, and its neighbours in age. */
const KEY = 0
const HEAD = 1
const TAIL = 2
const COUNT = 3
const OLDER = 4
const NEWER = 5
const STRIDE = 6

const NONE = -1
/** Share of slots in use at most: linear probing stays short. */
const LOAD_MAX = 0.7

export class TraceIndex {
  #capacity: number
  #records: Int32Array
  /** Record + 1 by hash, 0 = empty. */
  #slots: Int32Array
  #mask: number
  #free = NONE
  /** Records never used begin here. */
  #fresh = 0
  #oldest = NONE
  #newest = NONE

  constructor(capacity: number) {
    this.#capacity = capacity
    this.#records = new Int32Array(capacity * STRIDE)
    this.#slots = new Int32Array(slotsFor(capacity))
    this.#mask = this.#slots.length - 1
  }

  get byteLength(): number {
    return this.#records.byteLength + this.#slots.byteLength
  }

  /** The trace silent longest, -1 when there is none. */
  get oldest(): number {
    return this.#oldest
  }

  /** The record of a trace, -1 when it is unknown. */
  find(key: number): number {
    for (let i = hashOf(key) & this.#mask; ; i = (i + 1) & this.#mask) {
      const t = intAt(this.#slots, i) - 1
      if (t < 0 || this.#records[t * STRIDE + KEY] === key) return t
    }
  }

  /** The record of a trace, made when there is none; it is the newest now. */
  touch(key: number): number {
    const known = this.find(key)
    if (known >= 0) this.#unlink(known)
    const t = known >= 0 ? known : this.#make(key)
    const r = this.#records
    r[t * STRIDE + OLDER] = this.#newest
    r[t * STRIDE + NEWER] = NONE
    if (this.#newest === NONE) this.#oldest = t
    else r[this.#newest * STRIDE + NEWER] = t
    this.#newest = t
    return t
  }

  remove(t: number): void {
    this.#unlink(t)
    this.#vacate(this.#slotOf(t))
    this.#records[t * STRIDE + NEWER] = this.#free
    this.#free = t
  }

  key(t: number): number {
    return intAt(this.#records, t * STRIDE + KEY)
  }

  head(t: number): number {
    return intAt(this.#records, t * STRIDE + HEAD)
  }

  tail(t: number): number {
    return intAt(this.#records, t * STRIDE + TAIL)
  }

  count(t: number): number {
    return intAt(this.#records, t * STRIDE + COUNT)
  }

  setHead(t: number, row: number): void {
    this.#records[t * STRIDE + HEAD] = row
  }

  setTail(t: number, row: number): void {
    this.#records[t * STRIDE + TAIL] = row
  }

  addCount(t: number, by: number): void {
    this.#records[t * STRIDE + COUNT] = intAt(this.#records, t * STRIDE + COUNT) + by
  }

  #make(key: number): number {
    let t = this.#free
    if (t !== NONE) this.#free = intAt(this.#records, t * STRIDE + NEWER)
    else {
      if (this.#fresh === this.#capacity) this.#grow()
      t = this.#fresh++
    }
    const at = t * STRIDE
    this.#records[at + KEY] = key
    this.#records[at + HEAD] = NONE
    this.#records[at + TAIL] = NONE
    this.#records[at + COUNT] = 0
    this.#occupy(t)
    return t
  }

  #occupy(t: number): void {
    let i = hashOf(this.key(t)) & this.#mask
    while (this.#slots[i] !== 0) i = (i + 1) & this.#mask
    this.#slots[i] = t + 1
  }

  #slotOf(t: number): number {
    let i = hashOf(this.key(t)) & this.#mask
    while (this.#slots[i] !== t + 1) i = (i + 1) & this.#mask
    return i
  }

  /** Moves later entries of the probe sequence back, so that no tombstones pile up. */
  #vacate(slot: number): void {
    const mask = this.#mask
    let hole = slot
    for (let i = (slot + 1) & mask; this.#slots[i] !== 0; i = (i + 1) & mask) {
      const home = hashOf(this.key(intAt(this.#slots, i) - 1)) & mask
      if (((i - home) & mask) < ((i - hole) & mask)) continue
      this.#slots[hole] = intAt(this.#slots, i)
      hole = i
    }
    this.#slots[hole] = 0
  }

  /** Takes a record out of the order of age. */
  #unlink(t: number): void {
    const r = this.#records
    const older = intAt(r, t * STRIDE + OLDER)
    const newer = intAt(r, t * STRIDE + NEWER)
    if (older === NONE) this.#oldest = newer
    else r[older * STRIDE + NEWER] = newer
    if (newer === NONE) this.#newest = older
    else r[newer * STRIDE + OLDER] = older
  }

  /** Every record is in use: none is free, so all go back into the slots. */
  #grow(): void {
    const records = new Int32Array(this.#capacity * 2 * STRIDE)
    records.set(this.#records)
    this.#records = records
    this.#capacity *= 2
    this.#slots = new Int32Array(slotsFor(this.#capacity))
    this.#mask = this.#slots.length - 1
    for (let t = 0; t < this.#fresh; t++) this.#occupy(t)
  }
}

/** A client chooses what is hashed into a key: mix it. */
function hashOf(key: number): number {
  let h = Math.imul(key ^ (key >>> 16), 0x85eb_ca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35)
  return h ^ (h >>> 16)
}

function slotsFor(records: number): number {
  let n = 16
  while (n * LOAD_MAX < records) n *= 2
  return n
}
