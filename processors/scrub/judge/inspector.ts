// One value in, its replacement out: finds, applies the allow list and the actions, counts. Shared by spans,
// metrics and text, so a secret is treated alike wherever it stands. Fails closed: when a detector throws,
// the value is replaced whole and counted.

import type { KeyMeaning } from '../detectors/key-names.ts'
import { FAILED_TYPE, isMarker } from '../detectors/marker.ts'
import type { Policy } from '../matchers/policy.ts'
import { FINDINGS_MAX } from '../matchers/subject.ts'
import { latinText } from '../value/bytes.ts'
import { type Finding } from '../value/finding.ts'
import type { Replacer } from './actions.ts'
import type { AllowList } from './allow-list.ts'
import type { CustomRule } from './custom-rules.ts'
import type { Engine, Range } from './engine.ts'
import { MaskedView } from './masked-view.ts'
import { wholeValue } from './whole-value.ts'

const NONE: KeyMeaning = { kind: 'none', strength: 'weak', hints: 0 }
/** Longest marker, with room. */
const MARKER_MAX = 128
/** Looks at one value; two are the rule, and more only for texts that are made of secrets. */
const ROUNDS_MAX = 4

export class Inspector {
  readonly engine: Engine
  readonly replacer: Replacer
  readonly #allow: AllowList
  readonly #scanning: readonly CustomRule[]
  readonly #failedType: number
  readonly #policy: Policy

  constructor(
    engine: Engine,
    replacer: Replacer,
    allow: AllowList,
    rules: readonly CustomRule[],
    policy: Policy,
  ) {
    this.engine = engine
    this.#policy = policy
    this.replacer = replacer
    this.#allow = allow
    this.#scanning = rules.filter((r) => r.scansAll)
    this.#failedType = engine.compiled.types.indexOf(FAILED_TYPE)
  }

  /** The number rules of the tenant. */
  get numbers(): Policy['numbers'] {
    return this.#policy.numbers
  }

  /** True when some rule wants to see every value, candidates or not. */
  get scansAll(): boolean {
    return this.#scanning.length > 0
  }

  /** Findings in `b[from, to)`, disjoint, sorted, without what the allow list lets pass. */
  find(
    b: Uint8Array,
    from: number,
    to: number,
    candidates: Int32Array,
    at: number,
    last: number,
    meaning: KeyMeaning,
    key: string | null,
  ): Finding[] {
    if (to <= from) return []
    try {
      const found = this.engine.judgeValue(
        this.#policy,
        b,
        from,
        to,
        candidates,
        at,
        last,
        meaning.hints,
      )
      for (const rule of this.#scanning) rule.scan(b, from, to, key, found)
      wholeValue(this.engine, this.#policy, b, from, to, meaning, found)
      if (found.length >= FINDINGS_MAX) return this.#whole(from, to)
      return this.#completed(
        b,
        from,
        to,
        this.withoutExcused(b, found, key, from, to),
        meaning,
        key,
      )
    } catch {
      // A broken detector must not let the value through: drop the value, keep the batch.
      return this.#whole(from, to)
    }
  }

  /** The same for bytes that were not scanned yet. */
  findIn(
    b: Uint8Array,
    from: number,
    to: number,
    meaning: KeyMeaning,
    key: string | null,
  ): Finding[] {
    if (to <= from) return []
    try {
      const found = this.engine.scanBytes(this.#policy, b, from, to, meaning.hints)
      for (const f of found) {
        f.start += from
        f.end += from
      }
      for (const rule of this.#scanning) rule.scan(b, from, to, key, found)
      wholeValue(this.engine, this.#policy, b, from, to, meaning, found)
      if (found.length >= FINDINGS_MAX) return this.#whole(from, to)
      return this.#completed(
        b,
        from,
        to,
        this.withoutExcused(b, found, key, from, to),
        meaning,
        key,
      )
    } catch {
      // As above: fail closed.
      return this.#whole(from, to)
    }
  }

  /** Findings in ranges of `b` looked at as one text, relative to its start. */
  findJoined(b: Uint8Array, ranges: readonly Range[], key: string): Finding[] {
    if (this.#isQuiet(b, ranges)) return []
    const text = Buffer.concat(ranges.map((r) => b.subarray(r.from, r.to)))
    return this.findIn(text, 0, text.length, NONE, key)
  }

  /** True when nothing begins within reach of where a range meets the next; only for ranges that hold nothing themselves. */
  isQuietAtSeams(b: Uint8Array, ranges: readonly Range[]): boolean {
    try {
      return this.engine.isQuietAtSeams(b, ranges)
    } catch {
      // The full look fails in the same way, and closed.
      return false
    }
  }

  /** True when nothing is found; most joined texts need no copy of their own. */
  #isQuiet(b: Uint8Array, ranges: readonly Range[]): boolean {
    if (this.#scanning.length > 0) return false
    try {
      return this.engine.scanJoined(this.#policy, b, ranges).length === 0
    } catch {
      // The full look fails in the same way, and closed.
      return false
    }
  }

  /** Looks again with the findings replaced by their markers, until nothing new turns up. */
  #completed(
    b: Uint8Array,
    from: number,
    to: number,
    found: Finding[],
    meaning: KeyMeaning,
    key: string | null,
  ): Finding[] {
    for (let round = 0; round < ROUNDS_MAX && found.length > 0; round++) {
      const view = new MaskedView(b, from, to, [...found], (f) => this.replacer.marker(f.type))
      const bytes = view.bytes
      const more = this.engine.scanBytes(this.#policy, bytes, 0, bytes.length, meaning.hints)
      for (const rule of this.#scanning) rule.scan(bytes, 0, bytes.length, key, more)
      if (more.length === 0) break
      if (!view.merge(found, this.withoutExcused(bytes, more, key, 0, bytes.length))) break
    }
    return found
  }

  #whole(from: number, to: number): Finding[] {
    return [{ start: from, end: to, type: this.#failedType, rank: 99 }]
  }

  /** True when whatever stands under this key may pass. */
  letsKey(key: string): boolean {
    return this.#allow.letsKey(key)
  }

  /** The findings without what is off, what a marker already stands for and what the allow list excuses. */
  withoutExcused(
    b: Uint8Array,
    found: Finding[],
    key: string | null,
    from: number,
    to: number,
  ): Finding[] {
    if (found.length === 0) return found
    const { off, markers } = this.#policy
    return found.filter((f) => {
      if (off !== null && off[f.type] === 1) return false
      const text = latinText(b, f.start, Math.min(f.end, f.start + 400))
      if (isMarker(text, markers) || this.#isInsideMarker(b, f, from, to)) return false
      return !this.#allow.lets(text, key)
    })
  }

  /** A finding inside a whole marker, such as the type name behind the colon of a URL's user. */
  #isInsideMarker(b: Uint8Array, f: Finding, from: number, to: number): boolean {
    const low = Math.max(from, f.start - MARKER_MAX)
    const text = latinText(b, low, Math.min(to, f.start + MARKER_MAX))
    const open = text.lastIndexOf('[', f.start - low)
    const close = open < 0 ? -1 : text.indexOf(']', open)
    if (close < 0 || f.end > low + close + 1) return false
    return isMarker(text.slice(open, close + 1), this.#policy.markers)
  }
}
