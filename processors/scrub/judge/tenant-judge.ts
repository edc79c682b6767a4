// Judges the values of one tenant: finds by its policy, applies its allow list and actions. Shared by spans, metrics and
// text, so a secret is treated alike wherever it stands. Fails closed: when a detector throws, the value is replaced
// whole.

import { FAILED_TYPE, isMarker } from '../detectors/marker.ts'
import type { NumberRule, NumberRules, Policy } from '../matchers/policy.ts'
import { FINDINGS_MAX } from '../matchers/scanned-value.ts'
import { latinText } from '../value/bytes.ts'
import { type Finding } from '../value/finding.ts'
import { NO_MEANING } from '../value/key-meaning.ts'
import { type Range, ValueRange } from '../value/value-range.ts'
import type { AllowList } from './allow-list.ts'
import type { CustomRule } from './custom-rules.ts'
import type { Action, Judge } from './judge.ts'
import { MaskedView } from './masked-view.ts'
import { findInNamedField } from './named-field.ts'
import type { Replacer } from './replacer.ts'
import { replacementIn } from './replacer.ts'
import type { SecretFinder } from './secret-finder.ts'

/** Longest marker, with room. */
const MARKER_MAX = 128
/** Looks at one value; two are the rule, and more only for texts that are made of secrets. */
const ROUNDS_MAX = 4

export class TenantJudge implements Judge {
  readonly numbers: NumberRules
  readonly #finder: SecretFinder
  readonly #replacer: Replacer
  readonly #allow: AllowList
  readonly #scanning: readonly CustomRule[]
  readonly #failedType: number
  readonly #policy: Policy

  constructor(
    finder: SecretFinder,
    replacer: Replacer,
    allow: AllowList,
    rules: readonly CustomRule[],
    policy: Policy,
  ) {
    this.#finder = finder
    this.numbers = policy.numbers
    this.#policy = policy
    this.#replacer = replacer
    this.#allow = allow
    this.#scanning = rules.filter((r) => r.scansAll)
    this.#failedType = finder.compiled.types.indexOf(FAILED_TYPE)
  }

  get scansAll(): boolean {
    return this.#scanning.length > 0
  }

  find(value: ValueRange): Finding[] {
    if (value.to <= value.from) return []
    this.#finder.work.openValue(value.to - value.from)
    try {
      const found = this.#finder.find(this.#policy, value)
      for (const rule of this.#scanning) rule.scan(value, found)
      findInNamedField(this.#finder, this.#policy, value, found)
      if (found.length >= FINDINGS_MAX) return this.#whole(value)
      return this.#completed(value, this.withoutExcused(value, found))
    } catch {
      // A broken detector must not let the value through: drop the value, keep the batch.
      return this.#whole(value)
    }
  }

  findJoined(b: Uint8Array, ranges: readonly Range[], key: string): Finding[] {
    if (this.#isQuiet(b, ranges)) return []
    const text = Buffer.concat(ranges.map((r) => b.subarray(r.from, r.to)))
    return this.find(new ValueRange().set(text, 0, text.length).under(NO_MEANING, key))
  }

  isQuietAtSeams(b: Uint8Array, ranges: readonly Range[]): boolean {
    try {
      return this.#finder.isQuietAtSeams(b, ranges)
    } catch {
      // The full look fails in the same way, and closed.
      return false
    }
  }

  /** True when nothing is found; most joined texts need no copy of their own. */
  #isQuiet(b: Uint8Array, ranges: readonly Range[]): boolean {
    if (this.#scanning.length > 0) return false
    let bytes = 0
    for (const r of ranges) bytes += r.to - r.from
    this.#finder.work.openValue(bytes)
    try {
      return this.#finder.findJoined(this.#policy, b, ranges).length === 0
    } catch {
      // The full look fails in the same way, and closed.
      return false
    }
  }

  /** Looks again with the findings replaced by their markers, until nothing new turns up. */
  #completed(value: ValueRange, found: Finding[]): Finding[] {
    for (let round = 0; round < ROUNDS_MAX && found.length > 0; round++) {
      const view = new MaskedView(value, [...found], (f) => this.#replacer.marker(f.type))
      const { bytes } = view
      const masked = new ValueRange().set(bytes, 0, bytes.length).under(value.meaning, value.key)
      const more = this.#finder.find(this.#policy, masked)
      for (const rule of this.#scanning) rule.scan(masked, more)
      if (more.length === 0) break
      if (!view.merge(found, this.withoutExcused(masked, more))) break
    }
    return found
  }

  #whole(value: ValueRange): Finding[] {
    return [{ start: value.from, end: value.to, type: this.#failedType, rank: 99 }]
  }

  letsKey(key: string): boolean {
    return this.#allow.letsKey(key)
  }

  withoutExcused(value: ValueRange, found: Finding[]): Finding[] {
    if (found.length === 0) return found
    const { off, markers } = this.#policy
    return found.filter((f) => {
      if (off !== null && off[f.type] === 1) return false
      const text = latinText(value.bytes, f.start, Math.min(f.end, f.start + 400))
      if (isMarker(text, markers) || this.#isInsideMarker(value, f)) return false
      return !this.#allow.lets(text, value.key)
    })
  }

  /** A finding inside a whole marker, such as the type name behind the colon of a URL's user. */
  #isInsideMarker(value: ValueRange, f: Finding): boolean {
    const { bytes: b, from, to } = value
    const low = Math.max(from, f.start - MARKER_MAX)
    const text = latinText(b, low, Math.min(to, f.start + MARKER_MAX))
    const open = text.lastIndexOf('[', f.start - low)
    const close = open < 0 ? -1 : text.indexOf(']', open)
    if (close < 0 || f.end > low + close + 1) return false
    return isMarker(text.slice(open, close + 1), this.#policy.markers)
  }

  get awsSecret(): NumberRule | null {
    return this.#finder.compiled.awsSecret
  }

  typeName(type: number): string {
    return this.#finder.compiled.types[type] as string
  }

  isOwnRule(type: number): boolean {
    return type >= this.#finder.compiled.extraFrom
  }

  actionOf(type: number): Action {
    return this.#replacer.actionOf(type)
  }

  replacement(value: ValueRange, f: Finding, tenant: string): Uint8Array {
    return replacementIn(this.#replacer, value, f, tenant)
  }
}
