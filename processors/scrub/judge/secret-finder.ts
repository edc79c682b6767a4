// Finds the secrets of one byte range: raw view first, then the decoded view when escapes may hide something,
// then base64 inside. Knows nothing of spans or strings; `inputs/` brings the ranges.

import { Arena } from '../../../core/arena.ts'
import type { InnerScan } from '../matchers/active-detector.ts'
import { isGlued } from '../matchers/glued-tokens.ts'
import { matchNumber } from '../matchers/numbers/numbers.ts'
import type { Policy } from '../matchers/policy.ts'
import { ScannedValue } from '../matchers/scanned-value.ts'
import { judgeSplitText } from '../matchers/split-text.ts'
import { findAwsSecret } from '../matchers/tokens.ts'
import { WorkBudget } from '../matchers/work-budget.ts'
import type { CompiledDetectors } from '../search/anchors.ts'
import { CANDIDATE, FIRST_ANCHOR } from '../search/candidates.ts'
import { Scanner } from '../search/scanner.ts'
import { isFreeLeft, startsInDigits } from '../value/bytes.ts'
import { decodeEscapes, isTellingEscape } from '../value/decoded-view.ts'
import { type Finding, mergeOverlaps } from '../value/finding.ts'
import { type KeyMeaning, NO_MEANING } from '../value/key-meaning.ts'
import { type Range, ValueRange } from '../value/value-range.ts'

/** Rounds of decoding: JSON in JSON is one round, `%2540` is two. */
const DECODE_ROUNDS_MAX = 3
/** What a matcher costs that finds nothing, in bytes looked at. Those of a name try a dozen expressions behind it. */
const MATCH_COST = 64
const NAME_COST = 500
/** What decoding and another scan cost, for each byte. */
const DECODE_COST = 8
/** More than the longest anchor (255) and all that the scanner looks at behind it (64) or before it (40). */
const SEAM_REACH = 320
const QUOTE = 0x22
const LISTED = ['{"content"', '{"text"']
const LINE_END = Uint8Array.of(0x0a)
/** What AWS key ids and secrets stand apart at most. */
const PAIR_REACH = 220

/** The detectors that are on, ready to run; one for each thread and place of use. */
export class SecretFinder {
  readonly compiled: CompiledDetectors
  /** All types. */
  readonly everything: Policy
  /** What the values of a request may cost. Whoever judges a value opens its share. */
  readonly work: WorkBudget
  readonly #scanned: ScannedValue
  readonly #sides: Side[] = []

  /**
   * `compile` is handed what scans decoded bytes: the matchers that need it are compiled with it. `keyMarks` tell pseudonyms
   * that were made with a key of ours.
   */
  constructor(
    compile: (inner: InnerScan) => CompiledDetectors,
    keyMarks: readonly string[] = [],
    work = new WorkBudget(),
  ) {
    this.work = work
    this.#scanned = new ScannedValue(work)
    this.compiled = compile((policy, bytes, length) => this.#inner(policy, bytes, length))
    const { numbers, types } = this.compiled
    this.everything = { off: null, numbers, markers: new Set([...types, ...keyMarks]) }
  }

  /** A scanner over `arena` for these detectors. */
  scanner(arena: Arena): Scanner {
    return new Scanner(this.compiled.tables, arena)
  }

  #innerDepth = 0

  /** The best finding in bytes that a matcher decoded; wrapped secrets may be wrapped once more. */
  #inner(policy: Policy, bytes: Uint8Array, length: number): { type: number; rank: number } | null {
    if (this.#innerDepth >= 2) return null
    this.#innerDepth++
    try {
      let best: Finding | null = null
      for (const f of this.find(policy, new ValueRange().set(bytes, 0, length)))
        if (best === null || f.rank > best.rank) best = f
      return best === null ? null : { type: best.type, rank: best.rank }
    } finally {
      this.#innerDepth--
    }
  }

  /** Findings of a value, disjoint and sorted. One that was not scanned is copied to a side arena and scanned there. */
  find(policy: Policy, value: ValueRange): Finding[] {
    if (value.candidates !== null) return this.#judge(this.#scanned, policy, value)
    const { from, to } = value
    return this.#besides((side) => {
      const start = side.arena.append(value.bytes.subarray(from, to))
      const found = this.#scan(side, policy, start, start + (to - from), value.meaning)
      for (const f of found) {
        f.start += from - start
        f.end += from - start
      }
      return found
    })
  }

  /** The same for parts of `bytes` one after another, as one text; findings are relative to its start. */
  findJoined(policy: Policy, bytes: Uint8Array, parts: readonly Range[]): Finding[] {
    return this.#besides((side) => {
      const start = side.arena.top
      for (const r of parts) side.arena.append(bytes.subarray(r.from, r.to))
      const found = this.#scan(side, policy, start, side.arena.top, NO_MEANING)
      for (const f of found) {
        f.start -= start
        f.end -= start
      }
      return found
    })
  }

  /**
   * True when the scanner sees nothing where the parts meet. Of long ones only the ends are looked at: in between
   * it sees what it saw when they stood alone.
   */
  isQuietAtSeams(bytes: Uint8Array, parts: readonly Range[]): boolean {
    return this.#besides((side) => {
      const { arena } = side
      const from = arena.top
      for (const r of parts) {
        if (r.to - r.from <= 2 * SEAM_REACH) arena.append(bytes.subarray(r.from, r.to))
        else {
          arena.append(bytes.subarray(r.from, r.from + SEAM_REACH))
          arena.append(LINE_END)
          arena.append(bytes.subarray(r.to - SEAM_REACH, r.to))
        }
      }
      return side.scanner.scan(from, arena.top) === 0
    })
  }

  #scan(side: Side, policy: Policy, from: number, to: number, meaning: KeyMeaning): Finding[] {
    // Without a candidate only digits in the first place could matter, and nothing stands left of them here.
    if (side.scanner.scan(from, to) === 0) return []
    const { candidates, count } = side.scanner
    const { bytes } = side.arena
    const value = side.value.set(bytes, from, to).under(meaning, null).scanned(candidates, 0, count)
    return this.#judge(side.scanned, policy, value)
  }

  /** Runs `work` with an empty arena of its own: looks at values are nested. */
  #besides<T>(work: (side: Side) => T): T {
    const side = this.#sides.pop() ?? this.#newSide()
    try {
      side.arena.reset()
      return work(side)
    } finally {
      this.#sides.push(side)
    }
  }

  #newSide(): Side {
    const arena = new Arena(1024 * 1024)
    const value = new ValueRange()
    return { arena, scanner: this.scanner(arena), scanned: new ScannedValue(this.work), value }
  }

  #judge(s: ScannedValue, policy: Policy, value: ValueRange): Finding[] {
    s.open(policy, value)
    if (startsInDigits(s.b, s.from, s.to)) matchNumber(s, s.from, policy.numbers)
    const hidden = this.#judgeCandidates(s, value)
    if (hidden) this.#judgeDecoded(s, value, 0)
    if (s.findings.some((f) => s.at(f.end) === QUOTE)) this.#judgeListed(s)
    this.#pairAwsKeys(s)
    return mergeOverlaps(s.findings)
  }

  /** A secret that ends where a string of JSON does may go on in the next object of a list: `[{"content":".."},{"content":".."}]`. */
  #judgeListed(s: ScannedValue): void {
    const text = Buffer.from(s.b.buffer, s.b.byteOffset + s.from, s.to - s.from)
    for (const sign of LISTED) {
      const signs: number[] = []
      for (let i = text.indexOf(sign); i >= 0; i = text.indexOf(sign, i + 1)) signs.push(s.from + i)
      if (signs.length > 1)
        judgeSplitText(s, signs, (t) => this.find(s.policy, new ValueRange().set(t, 0, t.length)))
    }
  }

  /** Runs the detectors behind each candidate; true when an escape may hide more. */
  #judgeCandidates(s: ScannedValue, value: ValueRange): boolean {
    const { anchors } = this.compiled
    const { numbers } = s.policy
    const candidates = value.candidates as Int32Array
    let hidden = false
    let signs: number[] | null = null
    for (let i = value.firstCandidate; i < value.endCandidate; i++) {
      const p = candidates[2 * i] as number
      const id = candidates[2 * i + 1] as number
      if (id === CANDIDATE.DIGITS) {
        s.spend(MATCH_COST)
        matchNumber(s, p, numbers)
      } else if (id === CANDIDATE.ESCAPE) hidden ||= isTellingEscape(s.b, p, s.to)
      else if (id === CANDIDATE.SPLIT_TEXT) (signs ??= []).push(p)
      else {
        const anchor = anchors[id - FIRST_ANCHOR]
        if (anchor === undefined || p + anchor.bytes.length > s.to) continue
        for (const active of anchor.detectors) {
          if (active.row.group === 'token' && s.isCovered(active.type, p)) continue
          s.spend(active.row.group === 'context' ? NAME_COST : MATCH_COST)
          const { length } = anchor.bytes
          const isFree = active.leftMask === 0 || isFreeLeft(s.b, p, s.from, active.leftMask)
          if (isFree || isGlued(s, p, length, active)) active.match(s, p, length, active)
        }
      }
    }
    if (signs !== null && signs.length > 1)
      judgeSplitText(s, signs, (text) =>
        this.find(s.policy, new ValueRange().set(text, 0, text.length)),
      )
    return hidden
  }

  /** Decodes the value, judges what comes out and maps findings back to the original. */
  #judgeDecoded(s: ScannedValue, value: ValueRange, depth: number): void {
    const { bytes, from, to, meaning } = value
    s.spend(DECODE_COST * (to - from))
    this.#besides((side) => {
      const start = side.arena.reserve(to - from + 8)
      const origins = new Int32Array(to - from + 1)
      const end = start + decodeEscapes(bytes, from, to, side.arena.bytes.subarray(start), origins)
      side.scanner.scan(start, end)
      const { candidates, count } = side.scanner
      const decoded = side.value.set(side.arena.bytes, start, end).under(meaning, null)
      decoded.scanned(candidates, 0, count)
      const t = side.scanned
      t.open(s.policy, decoded)
      const hidden = this.#judgeCandidates(t, decoded)
      this.#pairAwsKeys(t)
      if (hidden && depth + 1 < DECODE_ROUNDS_MAX) this.#judgeDecoded(t, decoded, depth + 1)
      for (const f of t.findings)
        s.found(
          f.type,
          origins[f.start - start] as number,
          origins[f.end - start] as number,
          f.rank,
        )
    })
  }

  /** A 40-character key near an access key id is its secret, whatever its name. */
  #pairAwsKeys(s: ScannedValue): void {
    const { awsKeyType, awsSecret } = this.compiled
    if (awsSecret === null) return
    // What is found on the way is appended: only what was there before is looked at.
    for (let i = 0, n = s.findings.length; i < n; i++) {
      const f = s.findings[i] as Finding
      if (f.type !== awsKeyType) continue
      findAwsSecret(s, Math.max(s.from, f.start - PAIR_REACH), f.start, awsSecret)
      findAwsSecret(s, f.end, Math.min(s.to, f.end + PAIR_REACH), awsSecret)
    }
  }
}

interface Side {
  readonly arena: Arena
  readonly scanner: Scanner
  readonly scanned: ScannedValue
  readonly value: ValueRange
}
