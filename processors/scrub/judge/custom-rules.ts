// Rules of the user: a pattern, optionally only near keywords or under certain keys. The pattern was found
// to run in bounded time when the configuration was read (`pattern-cost.ts`); here it is only run.

import { Progress, type ScannedValue } from '../matchers/scanned-value.ts'
import type { KeywordRule } from '../search/anchors.ts'
import { type Finding, mergeOverlaps } from '../value/finding.ts'
import type { ValueRange } from '../value/value-range.ts'
import { type KeyGlob, keyGlob } from './allow-list.ts'
import type { Action } from './judge.ts'
import { boundedPattern } from './pattern-cost.ts'

export interface RuleSettings {
  readonly name: string
  readonly pattern: string
  readonly keywords: readonly string[]
  readonly keys: readonly string[]
  readonly allow: readonly string[]
  readonly ignoreCase: boolean
  readonly action: Action | null
}

/** Bytes looked at on each side of a keyword; at least half of it where keywords stand close together. */
const REACH = 256
const RANK = 5

export class CustomRule {
  readonly name: string
  /** No keyword leads to it: it looks at every value (under its keys). */
  readonly scansAll: boolean
  readonly #expression: RegExp
  readonly #keys: readonly KeyGlob[]
  readonly #allow: ReadonlySet<string>
  #type = -1
  readonly #progress: Progress

  /** `number` tells the rules of one engine apart. */
  constructor(settings: RuleSettings, number: number) {
    this.#progress = new Progress(number)
    this.name = settings.name
    this.scansAll = settings.keywords.length === 0
    this.#expression = new RegExp(
      boundedPattern(settings.pattern),
      settings.ignoreCase ? 'gi' : 'g',
    )
    this.#keys = settings.keys.map(keyGlob)
    this.#allow = new Set(settings.allow)
  }

  setType(type: number): void {
    this.#type = type
  }

  /** As a rule behind its keywords. Keys are not known there, so rules with keys scan by value instead. */
  asExtra(keywords: readonly string[]): KeywordRule {
    return {
      name: this.name,
      keywords,
      rank: RANK,
      match: (s, p, len) => this.#near(s, p, len),
    }
  }

  #near(s: ScannedValue, p: number, len: number): void {
    const doneTo = s.reached(this.#progress)
    // What was read for the keyword before is not read again, but for a value that may have begun there.
    const from = Math.max(s.from, p - REACH, doneTo - REACH)
    const to = Math.min(s.to, p + len + REACH)
    s.spend(to - from)
    s.advance(this.#progress, to)
    this.#run(s.b, from, to, (start, end) => s.found(this.#type, start, end, RANK))
  }

  /** Adds what it finds in the value. */
  scan(value: ValueRange, found: Finding[]): void {
    const { bytes, from, to, key } = value
    if (this.#keys.length > 0 && (key === null || !this.#keys.some((is) => is(key)))) return
    const before = found.length
    this.#run(bytes, from, to, (start, end) =>
      found.push({ start, end, type: this.#type, rank: RANK }),
    )
    if (found.length > before) mergeOverlaps(found)
  }

  #run(
    b: Uint8Array,
    from: number,
    to: number,
    report: (start: number, end: number) => void,
  ): void {
    const utf8 = Buffer.from(b.buffer, b.byteOffset + from, to - from)
    // One char a byte keeps positions; patterns are ASCII or match UTF-8 bytes through negated classes.
    const text = utf8.toString('latin1')
    this.#expression.lastIndex = 0
    for (;;) {
      const m = this.#expression.exec(text)
      if (m === null) return
      if (m[0].length === 0) this.#expression.lastIndex++
      else if (!this.#allow.has(m[0])) report(from + m.index, from + m.index + m[0].length)
    }
  }
}
