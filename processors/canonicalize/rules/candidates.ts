// The attributes that could fill each target of the current span: one linked list for each slot, the best candidate
// first. The arrays are reused for every span; a generation number marks the entries of the current one.

import { R } from '../../../core/fields.ts'
import type { DialectRule } from './dialect.ts'
import { RANK, RANK_UNIT } from './dialect.ts'
import { takesAllOf } from './targets.ts'

/** The order in which slots are filled: first those that others depend on. */
const PHASES = 4
const PHASE_OF: Readonly<Record<string, number>> = {
  kind: 0,
  operation: 1,
  usage_aggregate: 1,
  request_params: 3,
  input_messages: 3,
  output_messages: 3,
  name: 3,
  drop: 3,
}
/** Slots for which every candidate is used, and not only the best. */
const TAKES_ALL = new Set([
  'metadata',
  'io.input',
  'io.output',
  'drop',
  'usage_aggregate',
  'request_params',
])
/**
 * Candidates from span events rank below all of the span's own attributes, except for content, where an event with
 * details is better than copies of it.
 */
const EVENT_RANK = 1_000_000
const EVENT_CONTENT: ReadonlySet<number> = new Set([
  R.input_messages,
  R.output_messages,
  R.system_instructions,
])

export class Candidates {
  /** The slots that have candidates, by phase. */
  readonly touched: number[][] = []
  readonly takesAll: Uint8Array
  rules: DialectRule[] = []
  attrs = new Int32Array(512)
  #ranks = new Float64Array(512)
  #next = new Int32Array(512)
  readonly #head: Int32Array
  readonly #tail: Int32Array
  readonly #stamp: Int32Array
  readonly #phase: Uint8Array
  #count = 0
  #generation = 0
  #extraRank = 0

  constructor(slots: readonly string[]) {
    this.#head = new Int32Array(slots.length)
    this.#tail = new Int32Array(slots.length)
    this.#stamp = new Int32Array(slots.length)
    const phaseOf = (s: string): number =>
      PHASE_OF[s] ?? (s.startsWith('flag.') || s.startsWith('io.') ? 3 : 2)
    this.#phase = Uint8Array.from(slots, phaseOf)
    this.takesAll = Uint8Array.from(slots, (s) => (TAKES_ALL.has(s) || takesAllOf(s) ? 1 : 0))
    for (let i = 0; i < PHASES; i++) this.touched.push([])
  }

  begin(): void {
    this.#count = 0
    this.#extraRank = 0
    this.#generation++
    for (const list of this.touched) list.length = 0
  }

  /** Candidates that are added from now on come from span events. */
  fromEvents(): void {
    this.#extraRank = EVENT_RANK
  }

  /** The first candidate of a slot that has any. */
  first(slot: number): number {
    return this.#head[slot] as number
  }

  /** The next best candidate, or -1. */
  next(n: number): number {
    return this.#next[n] as number
  }

  rankOf(n: number): number {
    return this.#ranks[n] as number
  }

  add(rule: DialectRule, attr: number): void {
    const n = this.#count++
    if (n >= this.attrs.length) this.#grow()
    this.rules[n] = rule
    this.attrs[n] = attr
    const isContent = this.#extraRank > 0 && EVENT_CONTENT.has(rule.range)
    this.#ranks[n] = isContent ? RANK.detailsEvent * RANK_UNIT : rule.rank + this.#extraRank
    const slot = rule.slot
    if (this.#stamp[slot] === this.#generation) return this.#insert(slot, n)
    this.#stamp[slot] = this.#generation
    this.#head[slot] = n
    this.#tail[slot] = n
    this.#next[n] = -1
    ;(this.touched[this.#phase[slot] as number] as number[]).push(slot)
  }

  #insert(slot: number, n: number): void {
    const rank = this.#ranks[n] as number
    const last = this.#tail[slot] as number
    // This is the usual case, and it makes a span with thousands of similar keys linear.
    if ((this.#ranks[last] as number) <= rank) {
      this.#next[last] = n
      this.#next[n] = -1
      this.#tail[slot] = n
      return
    }
    let before = -1
    let at = this.#head[slot] as number
    while (at >= 0 && (this.#ranks[at] as number) <= rank) {
      before = at
      at = this.#next[at] as number
    }
    this.#next[n] = at
    if (before < 0) this.#head[slot] = n
    else this.#next[before] = n
  }

  #grow(): void {
    const size = this.attrs.length * 2
    const attrs = new Int32Array(size)
    attrs.set(this.attrs)
    this.attrs = attrs
    const next = new Int32Array(size)
    next.set(this.#next)
    this.#next = next
    const ranks = new Float64Array(size)
    ranks.set(this.#ranks)
    this.#ranks = ranks
  }
}
