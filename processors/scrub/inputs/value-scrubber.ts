// Scrubs single values of a batch: in place with the candidates of the payload's scan, or on their own. Says what stands
// in the place of a value; whoever calls puts it there.

import type { SpanBatch } from '../../../core/batch.ts'
import { isPrivateInteger } from '../matchers/numbers/numbers.ts'
import type { Scanner } from '../search/scanner.ts'
import { startsInDigits } from '../value/bytes.ts'
import { type Finding, mergeOverlaps } from '../value/finding.ts'
import { type KeyMeaning, NO_MEANING } from '../value/key-meaning.ts'
import { ValueRange } from '../value/value-range.ts'
import { Cursor } from './cursor.ts'
import type { FindingLog, Location, Owner } from './finding-log.ts'

export class ValueScrubber {
  readonly log: FindingLog
  readonly cursor = new Cursor()
  readonly #value = new ValueRange()
  /**
   * Findings over several values of the span at hand, in each by where it begins in the payload; null for most spans.
   * Values are judged one by one with them, for once a part is replaced the rest cannot be told from text.
   */
  crossing: ReadonlyMap<number, readonly Finding[]> | null = null
  #batch!: SpanBatch
  /** Where the payloads end; behind are values that were replaced. */
  #scannedTo = 0

  constructor(log: FindingLog) {
    this.log = log
  }

  /** Scans the payloads of a batch, which begin at `from`. */
  begin(batch: SpanBatch, scanner: Scanner, from: number): void {
    this.#batch = batch
    this.#scannedTo = batch.arena.top
    scanner.scan(from, this.#scannedTo)
    this.cursor.begin(scanner, batch.arena)
  }

  /** Puts new bytes behind everything else in the arena. */
  append(bytes: Uint8Array): number {
    const at = this.#batch.arena.append(bytes)
    this.cursor.refresh(this.#batch.arena)
    return at
  }

  /** The new bytes of a value of the payload that the cursor stands at; null when it stays. */
  inPlace(
    at: Location,
    off: number,
    len: number,
    meaning: KeyMeaning,
    name: string | null,
  ): Uint8Array | null {
    const { cursor } = this
    const { bytes } = this.#batch.arena
    // The text of a message alone has nothing to be joined with.
    if (meaning.kind === 'none' && this.crossing === null && !at.owner.judge.scansAll)
      if (cursor.isLoneSign(off + len) && !startsInDigits(bytes, off, off + len)) return null
    const value = this.#value.set(bytes, off, off + len).under(meaning, name)
    return this.#scrub(at, value.scanned(cursor.candidates, cursor.at, cursor.behind(off + len)))
  }

  /** The same for bytes that were not part of the scan: nested values, keys, joined text. */
  alone(
    at: Location,
    bytes: Uint8Array,
    from: number,
    to: number,
    meaning: KeyMeaning,
    name: string | null,
  ): Uint8Array | null {
    return this.#scrub(at, this.#value.set(bytes, from, to).under(meaning, name))
  }

  /** A number by its decimal digits; what takes its place is a text. */
  number(at: Location, decimal: string, meaning: KeyMeaning): Uint8Array | null {
    const rule = isPrivateInteger(decimal, meaning.hints, at.owner.judge.numbers)
    const bytes = Buffer.from(decimal, 'latin1')
    const value = this.#value.set(bytes, 0, bytes.length).under(meaning, null)
    if (rule !== null)
      return this.replace(at, value, [{ start: 0, end: bytes.length, type: rule.type, rank: 9 }])
    if (meaning.kind !== 'password' || meaning.strength !== 'whole') return null
    return this.#scrub(at, value)
  }

  #scrub(at: Location, value: ValueRange): Uint8Array | null {
    return this.replace(at, value, this.#withCrossing(value, at.owner.judge.find(value)))
  }

  /** Adds what was found over several values of which this is one. */
  #withCrossing(value: ValueRange, found: Finding[]): readonly Finding[] {
    const more = this.crossing?.get(value.from)
    return more === undefined ? found : mergeOverlaps([...found, ...more])
  }

  /** Replaces findings in a value and notes them. */
  replace(at: Location, value: ValueRange, found: readonly Finding[]): Uint8Array | null {
    if (found.length === 0) return null
    const { bytes, from, to } = value
    const { judge, tenant } = at.owner
    const parts: Uint8Array[] = []
    let last = from
    for (const f of found) {
      if (this.log.found(f, at) === 'report') continue
      this.log.mixMasked(bytes, f.start, f.end)
      parts.push(bytes.subarray(last, f.start))
      parts.push(judge.replacement(value, f, tenant))
      last = f.end
    }
    if (parts.length === 0) return null
    parts.push(bytes.subarray(last, to))
    return Buffer.concat(parts)
  }

  /** True when the range is as it came and the scan found nothing to look at in it. */
  isQuiet(owner: Owner, from: number, to: number): boolean {
    if (to > this.#scannedTo || owner.judge.scansAll) return false
    return !this.cursor.holds(from, to - from)
  }

  /** The key of an attribute, or inside a map. */
  key(at: Location, bytes: Uint8Array, from: number, to: number): Uint8Array | null {
    const location = { ...at, place: 'attribute_key' } as const
    return this.alone(location, bytes, from, to, NO_MEANING, null)
  }
}
