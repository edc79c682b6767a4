// One value under inspection: a byte range with its field hints, and the findings of the detectors in it.
// Detectors look at `[from, to)` only and report ranges; `settle` makes one disjoint list of them.

import { CLASS } from '../value/bytes.ts'
import type { Finding } from '../value/finding.ts'
import type { Policy } from './policy.ts'

/** Work a value may cost, in bytes looked at: far above what the worst of the hostile texts needs. */
const WORK_MIN = 1_000_000
const WORK_PER_BYTE = 4000

/** More in one value than this is an attack or a dump: the rest of the value is masked as a whole. */
export const FINDINGS_MAX = 200_000

let opened = 0

export class Subject {
  b: Uint8Array = new Uint8Array(0)
  from = 0
  to = 0
  hints = 0
  /** True when a longer text was cut here, so a token may stop early. */
  readonly findings: Finding[] = []
  /** End of the last token found: anchors inside it need no look. */
  doneTo = 0
  readonly #memoStart = new Map<number, number>()
  readonly #memoEnd = new Map<number, number>()
  /** No END line of a key was found before this. */
  noPemEndTo = 0
  /** Groups of digits before this were judged. */
  numbersDoneTo = 0
  /** Runs of base64 before this were decoded and judged. */
  base64DoneTo = 0
  /** Names of commands before this were looked at. */
  commandsDoneTo = 0
  /** Lists of cookies before this were read. */
  cookiesDoneTo = 0
  /** Manifests that name their kind before this were looked at. */
  manifestsDoneTo = 0
  /** No digit stands between the last name that asked and this. */
  noDigitTo = 0
  /** Bytes of table rows looked at, for all columns. */
  columnWork = 0

  /** Number of the value: offsets repeat, this does not. */
  serial = 0
  /** Work that is left for this value; below nothing it is given up and masked whole. */
  #left = 0
  #policy: Policy | null = null

  open(policy: Policy, b: Uint8Array, from: number, to: number, hints: number): void {
    this.b = b
    this.serial = ++opened
    this.#policy = policy
    this.#left = WORK_MIN + WORK_PER_BYTE * (to - from)
    this.from = from
    this.to = to
    this.hints = hints
    if (this.findings.length > 0) this.findings.length = 0
    this.doneTo = from
    this.noPemEndTo = from
    this.numbersDoneTo = from
    this.base64DoneTo = from
    this.commandsDoneTo = from
    this.cookiesDoneTo = from
    this.manifestsDoneTo = from
    this.noDigitTo = from
    this.columnWork = 0
    if (this.#memoEnd.size > 0) {
      this.#memoStart.clear()
      this.#memoEnd.clear()
    }
  }

  /** Policy of the tenant that owns the value. */
  get policy(): Policy {
    // Only an opened subject is handed to a matcher.
    return this.#policy as Policy
  }

  /** The byte at `i`, 0 outside the value: what lies beyond belongs to somebody else. */
  at(i: number): number {
    return i >= this.from && i < this.to ? (this.b[i] as number) : 0
  }

  found(type: number, start: number, end: number, rank: number): void {
    if (end <= start || end > this.to || start < this.from || this.policy.off?.[type] === 1) return
    if (this.findings.length >= FINDINGS_MAX) {
      const last = this.findings[FINDINGS_MAX - 1] as Finding
      last.end = this.to
      return
    }
    this.findings.push({ start, end, type, rank })
    if (end > this.doneTo) this.doneTo = end
  }

  /** Counts work; throws when a detector needs more than any honest text would, and the value is masked whole. */
  spend(bytes: number): void {
    this.#left -= bytes
    if (this.#left < 0) throw new RangeError('a detector exceeded its budget')
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
    if (p >= this.to) return p
    let i = p
    const b = this.b
    while (i < this.to && ((CLASS[b[i] as number] as number) & mask) !== 0) i++
    if (i - p > 64) {
      this.spend(i - p)
      this.#memoStart.set(mask, p)
      this.#memoEnd.set(mask, i)
    }
    return i
  }
}
