// Which attributes could fill which target of the span at hand: one linked list a slot, best candidate first.
// Arrays are reused from span to span; a generation number says what is of this one.

import { R } from '../../../core/fields.ts'
import type { Rule } from './dialect.ts'
import { RANK, RANK_UNIT } from './dialect.ts'
import { takesAllOf } from './targets.ts'

/** Slots are filled in this order: what later ones depend on first. */
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
/** Every candidate of these slots counts, not only the best. */
const TAKES_ALL = new Set([
  'metadata',
  'io.input',
  'io.output',
  'drop',
  'usage_aggregate',
  'request_params',
])
/** Candidates from span events rank below all of the span's own, but for content: a details event beats copies of it. */
const EVENT_RANK = 1_000_000
const EVENT_CONTENT: ReadonlySet<number> = new Set([
  R.input_messages,
  R.output_messages,
  R.system_instructions,
])

export class Candidates {
  /** Slots with candidates, by phase. */
  readonly touched: number[][] = []
  readonly takesAll: Uint8Array
  rules: Rule[] = []
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

  /** What is added from now on comes from span events. */
  fromEvents(): void {
    this.#extraRank = EVENT_RANK
  }

  /** First candidate of a slot that was touched. */
  first(slot: number): number {
    return this.#head[slot] as number
  }

  /** The next best one, -1 = none. */
  next(n: number): number {
    return this.#next[n] as number
  }

  rankOf(n: number): number {
    return this.#ranks[n] as number
  }

  add(rule: Rule, attr: number): void {
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
    // The usual case, and what keeps a span of thousands of like keys linear.
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
