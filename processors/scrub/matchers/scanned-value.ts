// The value that matchers examine: a range of bytes, the hints of its field, and the findings so far. Matchers examine only `[from, to)`
// and report ranges, which `mergeOverlaps` turns into one list without overlaps.

import { classAt } from '../value/bytes.ts'
import type { Finding } from '../value/finding.ts'
import type { Policy } from './policy.ts'
import { WorkBudget } from './work-budget.ts'

/** The most findings in one value. More are an attack or a dump, so the rest of the value is masked as a whole. */
export const FINDINGS_MAX = 200_000

/** The number of slots for built-in matchers that remember their progress. Custom rules use the slots after them. */
const SLOTS = 32
let declared = 0

/** The progress of one matcher in a value, so that it examines nothing twice. It is declared next to the matcher. */
export class Progress {
  readonly slot: number

  /** `rule` is the number of a custom rule; built-in matchers have none. */
  constructor(rule?: number) {
    this.slot = rule === undefined ? declared++ : SLOTS + rule
    if (rule === undefined && this.slot >= SLOTS) throw new RangeError('more matchers than slots')
  }
}

/** The parts of a value that are needed while it is examined. */
interface OpenedValue {
  readonly bytes: Uint8Array
  readonly from: number
  readonly to: number
  readonly meaning: { readonly hints: number }
}

export class ScannedValue {
  #bytes: Uint8Array = new Uint8Array(0)
  #from = 0
  #to = 0
  #hints = 0
  #policy: Policy | null = null
  readonly findings: Finding[] = []
  #foundTo = 0
  readonly #memoStart = new Map<number, number>()
  readonly #memoEnd = new Map<number, number>()
  /** For each slot, the number of the value in which the position was reached, and the position. */
  #reachedIn = new Float64Array(SLOTS)
  #reached = new Int32Array(SLOTS)
  /** The number of the value. Unlike offsets it never repeats. */
  #serial = 0
  readonly #work: WorkBudget

  /** `work` limits the work on all values of a request. All scanned values of the request share it. */
  constructor(work: WorkBudget) {
    this.#work = work
  }

  open(policy: Policy, value: OpenedValue): void {
    this.#serial++
    this.#policy = policy
    this.#bytes = value.bytes
    this.#from = value.from
    this.#to = value.to
    this.#hints = value.meaning.hints
    if (this.findings.length > 0) this.findings.length = 0
    this.#foundTo = value.from
    if (this.#memoEnd.size > 0) {
      this.#memoStart.clear()
      this.#memoEnd.clear()
    }
  }

  /** The bytes around the value; only `[from, to)` is its own. */
  get b(): Uint8Array {
    return this.#bytes
  }

  get from(): number {
    return this.#from
  }

  get to(): number {
    return this.#to
  }

  /** What the name of the field says, as `FIELD_HINT` bits. */
  get hints(): number {
    return this.#hints
  }

  /** Number of the value among those that were opened. */
  get serial(): number {
    return this.#serial
  }

  /** End of the last secret found. */
  get foundTo(): number {
    return this.#foundTo
  }

  /** How far a matcher came in this value; its start when it was not here yet. */
  reached(p: Progress): number {
    return this.#reachedIn[p.slot] === this.#serial ? (this.#reached[p.slot] as number) : this.#from
  }

  advance(p: Progress, to: number): void {
    if (p.slot >= this.#reached.length) this.#grow(p.slot + 1)
    this.#reachedIn[p.slot] = this.#serial
    this.#reached[p.slot] = to
  }

  #grow(slots: number): void {
    const reachedIn = new Float64Array(slots * 2)
    const reached = new Int32Array(slots * 2)
    reachedIn.set(this.#reachedIn)
    reached.set(this.#reached)
    this.#reachedIn = reachedIn
    this.#reached = reached
  }

  /** Policy of the tenant that owns the value. */
  get policy(): Policy {
    // Matchers only get values that were opened, so there is a policy.
    return this.#policy as Policy
  }

  /** The byte at `i`, 0 outside the value: what lies beyond belongs to somebody else. */
  at(i: number): number {
    return i >= this.#from && i < this.#to ? (this.#bytes[i] as number) : 0
  }

  found(type: number, start: number, end: number, rank: number): void {
    if (end <= start || end > this.#to || start < this.#from || this.policy.off?.[type] === 1)
      return
    if (this.findings.length >= FINDINGS_MAX) {
      const last = this.findings[FINDINGS_MAX - 1] as Finding
      last.end = this.#to
      return
    }
    this.findings.push({ start, end, type, rank })
    if (end > this.#foundTo) this.#foundTo = end
  }

  /** Counts bytes looked at; throws when the value may cost no more, and whoever judges it masks it whole. */
  spend(bytes: number): void {
    this.#work.spend(bytes)
  }

  /** True when the last finding is of this type and covers `p`: a token inside its own kind ends where that does. */
  isCovered(type: number, p: number): boolean {
    const last = this.findings[this.findings.length - 1]
    return last !== undefined && last.type === type && p >= last.start && p < last.end
  }

  /**
   * End of the run of `mask` from `p`. Remembers the last run of each mask, so that a run full of
   * anchors (`sk-sk-sk-..`) is walked once and not once an anchor.
   */
  runEnd(p: number, mask: number): number {
    const end = this.#memoEnd.get(mask)
    if (end !== undefined && p < end && p >= (this.#memoStart.get(mask) as number)) return end
    if (p >= this.#to) return p
    let i = p
    const b = this.#bytes
    while (i < this.#to && (classAt(b, i) & mask) !== 0) i++
    if (i - p > 64) {
      this.spend(i - p)
      this.#memoStart.set(mask, p)
      this.#memoEnd.set(mask, i)
    }
    return i
  }
}
