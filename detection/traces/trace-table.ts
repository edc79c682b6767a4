// The live traces, by when they were touched last. A trace is looked up with the four numbers of its id and the tenant and project of its
// spans, so that no text is put together for each span.

import { randomInt } from 'node:crypto'
import { ID, type Observations } from '../observation.ts'
import { type Aged, AgeList } from '../recent.ts'
import type { Trace } from './trace.ts'

export interface TraceEntry extends Aged<TraceEntry> {
  readonly value: Trace
  readonly hash: number
  /** The next one of the same bucket. */
  next: TraceEntry | null
}

const BUCKETS_FIRST = 1024
const ID_AT = ID.TRACE / 4

export class TraceTable extends AgeList<TraceEntry> {
  /** Their number is a power of two, and at least that of the entries. */
  #buckets: (TraceEntry | null)[] = bucketsOf(BUCKETS_FIRST)
  #size = 0
  /** Clients choose the ids, and must not be able to choose them so that they share a bucket. */
  readonly #seed = randomInt(2 ** 32)

  get size(): number {
    return this.#size
  }

  /** The entry of the trace of an observation. */
  find(o: Observations): TraceEntry | null {
    const a = o.idInt(ID_AT)
    const b = o.idInt(ID_AT + 1)
    const c = o.idInt(ID_AT + 2)
    const d = o.idInt(ID_AT + 3)
    const { tenant, project } = o.site
    let entry = this.#buckets[this.#hash(a, b, c, d) & (this.#buckets.length - 1)] ?? null
    for (; entry !== null; entry = entry.next) {
      const { value } = entry
      if (value.id0 !== a || value.id1 !== b || value.id2 !== c || value.id3 !== d) continue
      if (value.tenant === tenant && value.project === project) return entry
    }
    return null
  }

  /** Adds a trace as the newest one. There must be none of its id, tenant and project. */
  add(value: Trace, isDone = false): TraceEntry {
    if (this.#size === this.#buckets.length) this.#grow()
    const hash = this.#hash(value.id0, value.id1, value.id2, value.id3)
    const entry = { value, hash, next: null, older: null, newer: null, isDone, isGone: false }
    this.#put(entry)
    this.#size++
    this.append(entry)
    return entry
  }

  delete(entry: TraceEntry): void {
    entry.isGone = true
    this.unlink(entry)
    this.#size--
    const bucket = entry.hash & (this.#buckets.length - 1)
    let at = this.#buckets[bucket] ?? null
    if (at === entry) this.#buckets[bucket] = entry.next
    else
      for (; at !== null; at = at.next)
        if (at.next === entry) {
          at.next = entry.next
          break
        }
    entry.next = null
    if (this.#size === 0) this.#buckets = bucketsOf(BUCKETS_FIRST)
  }

  #put(entry: TraceEntry): void {
    const bucket = entry.hash & (this.#buckets.length - 1)
    entry.next = this.#buckets[bucket] ?? null
    this.#buckets[bucket] = entry
  }

  #grow(): void {
    this.#buckets = bucketsOf(this.#buckets.length * 2)
    for (const entry of this) this.#put(entry)
  }

  #hash(a: number, b: number, c: number, d: number): number {
    let hash = mixed(this.#seed ^ a)
    hash = mixed(hash ^ b)
    hash = mixed(hash ^ c)
    return mixed(hash ^ d)
  }
}

const bucketsOf = (count: number): (TraceEntry | null)[] =>
  Array.from({ length: count }, () => null)

function mixed(x: number): number {
  const y = Math.imul(x ^ (x >>> 16), 0x7feb_352d)
  const z = Math.imul(y ^ (y >>> 15), 0x846c_a68b)
  return z ^ (z >>> 16)
}
