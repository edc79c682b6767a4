// Walks the candidates of a scan beside the rows of a batch: both are mostly in the order of the payload, so
// asking whether a value has a candidate is a comparison or two.

import type { Arena } from '../../../core/arena.ts'
import { CANDIDATE } from '../search/candidates.ts'
import type { Scanner } from '../search/scanner.ts'
import { startsInDigits } from '../value/bytes.ts'

export class Cursor {
  #candidates = new Int32Array([0x7fffffff, 0])
  #at = 0
  /** Positions of the candidate before the cursor and of the one it stands on: in between there is none. */
  #before = -1
  #next = 0x7fffffff
  /** The arena's bytes: the payload does not move, but the view is replaced when the memory grows. */
  #bytes: Uint8Array = new Uint8Array(0)

  begin(scanner: Scanner, arena: Arena): void {
    this.#candidates = scanner.candidates
    this.#stand(0)
    this.#bytes = arena.bytes
  }

  /** After each append to the arena. */
  refresh(arena: Arena): void {
    this.#bytes = arena.bytes
  }

  get candidates(): Int32Array {
    return this.#candidates
  }

  /** Number of the candidate the cursor stands on. */
  get at(): number {
    return this.#at
  }

  /** True when the value may hold something; then the cursor stands on the first candidate at or after `off`. */
  reaches(off: number, len: number): boolean {
    // Most values lie between two candidates, whatever their order.
    if (off <= this.#before || off + len > this.#next) {
      this.seek(off)
      if (this.#next < off + len) return true
    }
    return startsInDigits(this.#bytes, off, off + len)
  }

  /** True when a candidate lies in the range; moves the cursor. */
  holds(off: number, len: number): boolean {
    if (off > this.#before && off + len <= this.#next) return false
    this.seek(off)
    return this.#next < off + len
  }

  /** Puts the cursor on the first candidate at or after `off`. */
  seek(off: number): void {
    const candidates = this.#candidates
    let c = this.#at
    if (this.#before >= off) c = this.#searchBack(off, c)
    while ((candidates[2 * c] as number) < off) c++
    this.#stand(c)
  }

  #stand(c: number): void {
    this.#at = c
    this.#before = c === 0 ? -1 : (this.#candidates[2 * c - 2] as number)
    this.#next = this.#candidates[2 * c] as number
  }

  /** Rows may point anywhere: legacy and JSON input is not in the order of the rows. */
  #searchBack(off: number, high: number): number {
    const candidates = this.#candidates
    let lo = 0
    let hi = high
    while (lo < hi) {
      const mid = (lo + hi) >> 1
      if ((candidates[2 * mid] as number) < off) lo = mid + 1
      else hi = mid
    }
    return lo
  }

  /** True when the only candidate before `end` is the sign of a text in parts, which says something only beside another one. */
  isLoneSign(end: number): boolean {
    const candidates = this.#candidates
    const c = 2 * this.#at
    return candidates[c + 1] === CANDIDATE.SPLIT_TEXT && (candidates[c + 2] ?? 0) >= end
  }

  /** Number behind the last candidate before `end`. */
  behind(end: number): number {
    const candidates = this.#candidates
    let c = this.#at
    while ((candidates[2 * c] as number) < end) c++
    return c
  }
}
