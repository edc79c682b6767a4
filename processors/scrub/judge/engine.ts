// Finds the secrets of one byte range: raw view first, then the decoded view when escapes may hide something,
// then base64 inside. Knows nothing of spans or strings; `inputs/` brings the ranges.

import { Arena } from '../../../core/arena.ts'
import type { Detector } from '../detectors/detector.ts'
import { isGlued } from '../matchers/glued-tokens.ts'
import { matchNumber } from '../matchers/numbers.ts'
import type { Policy } from '../matchers/policy.ts'
import type { InnerScan } from '../matchers/rule.ts'
import { judgePieces } from '../matchers/split-text.ts'
import { Subject } from '../matchers/subject.ts'
import { findAwsSecret } from '../matchers/tokens.ts'
import {
  CANDIDATE,
  type Compiled,
  compile,
  type ExtraRule,
  FIRST_ANCHOR,
} from '../search/compile.ts'
import { Scanner } from '../search/scanner.ts'
import { isDigit, isFreeLeft } from '../value/bytes.ts'
import { decodeLayer, isTellingEscape } from '../value/decoded-view.ts'
import { type Finding, settle } from '../value/finding.ts'

/** Rounds of decoding: JSON in JSON is one round, `%2540` is two. */
const LAYERS_MAX = 3
/** Bytes a matcher looks at when it finds nothing, about. */
const MATCH_COST = 64
/** More than the longest anchor (255) and all that the scanner looks at behind it (64) or before it (40). */
const SEAM_REACH = 320
const LINE_END = Uint8Array.of(0x0a)
/** What AWS key ids and secrets stand apart at most. */
const PAIR_REACH = 220

/** The detectors that are on, ready to run; one for each thread and place of use. */
export class Engine {
  readonly compiled: Compiled
  /** All types. */
  readonly everything: Policy
  readonly #subject = new Subject()
  readonly #side: Side[] = []

  constructor(isOn: (d: Detector) => boolean, extra: readonly ExtraRule[]) {
    const inner: InnerScan = (policy, bytes, length) => this.#inner(policy, bytes, length)
    this.compiled = compile(isOn, extra, inner)
    const { numbers, types } = this.compiled
    this.everything = { off: null, numbers, markers: new Set(types) }
  }

  /** A scanner over `arena` for these detectors. */
  scanner(arena: Arena): Scanner {
    return new Scanner(this.compiled, arena)
  }

  #innerDepth = 0

  #inner(policy: Policy, bytes: Uint8Array, length: number): { type: number; rank: number } | null {
    if (this.#innerDepth >= 2) return null
    this.#innerDepth++
    try {
      const found = this.scanBytes(policy, bytes, 0, length, 0)
      let best: Finding | null = null
      for (const f of found) if (best === null || f.rank > best.rank) best = f
      return best === null ? null : { type: best.type, rank: best.rank }
    } finally {
      this.#innerDepth--
    }
  }

  /** Copies the range into a side arena, scans and judges it. Findings are relative to the range's start. */
  scanBytes(policy: Policy, bytes: Uint8Array, from: number, to: number, hints: number): Finding[] {
    const side = this.#takeSide()
    try {
      side.arena.reset()
      const off = side.arena.append(bytes.subarray(from, to))
      return this.#scanSide(policy, side, off, off + (to - from), hints)
    } finally {
      this.#side.push(side)
    }
  }

  /** The same for ranges of `bytes` one after another, as one text. */
  scanJoined(policy: Policy, bytes: Uint8Array, ranges: readonly Range[]): Finding[] {
    const side = this.#takeSide()
    try {
      side.arena.reset()
      const off = side.arena.top
      let end = off
      for (const r of ranges)
        end = side.arena.append(bytes.subarray(r.from, r.to)) + (r.to - r.from)
      return this.#scanSide(policy, side, off, end, 0)
    } finally {
      this.#side.push(side)
    }
  }

  /**
   * True when the scanner sees nothing where the ranges meet. Of long ones only the ends are looked at: in between
   * it sees what it saw when they stood alone.
   */
  isQuietAtSeams(bytes: Uint8Array, ranges: readonly Range[]): boolean {
    const side = this.#takeSide()
    try {
      const { arena } = side
      arena.reset()
      const from = arena.top
      for (const r of ranges) {
        if (r.to - r.from <= 2 * SEAM_REACH) arena.append(bytes.subarray(r.from, r.to))
        else {
          arena.append(bytes.subarray(r.from, r.from + SEAM_REACH))
          arena.append(LINE_END)
          arena.append(bytes.subarray(r.to - SEAM_REACH, r.to))
        }
      }
      return side.scanner.scan(from, arena.top) === 0
    } finally {
      this.#side.push(side)
    }
  }

  #scanSide(policy: Policy, side: Side, off: number, end: number, hints: number): Finding[] {
    // Without a candidate only digits in the first place could matter, and nothing stands left of them here.
    if (side.scanner.scan(off, end) === 0) return []
    const { candidates, count } = side.scanner
    const s = side.subject
    s.open(policy, side.arena.bytes, off, end, hints)
    const found = this.#judge(s, candidates, 0, count)
    for (const f of found) {
      f.start -= off
      f.end -= off
    }
    return found
  }

  #takeSide(): Side {
    const side = this.#side.pop()
    if (side !== undefined) return side
    const arena = new Arena(1024 * 1024)
    return { arena, scanner: this.scanner(arena), subject: new Subject() }
  }

  /** Findings of the value `b[from, to)`, disjoint and sorted, given its candidates `[at, last)` (pairs). */
  judgeValue(
    policy: Policy,
    b: Uint8Array,
    from: number,
    to: number,
    candidates: Int32Array,
    at: number,
    last: number,
    hints: number,
  ): Finding[] {
    this.#subject.open(policy, b, from, to, hints)
    return this.#judge(this.#subject, candidates, at, last)
  }

  #judge(s: Subject, candidates: Int32Array, at: number, last: number): Finding[] {
    if (startsInDigits(s.b, s.from, s.to)) matchNumber(s, s.from, s.policy.numbers)
    const hidden = this.#judgeCandidates(s, candidates, at, last)
    if (hidden) this.#judgeLayer(s, 0)
    this.#pairAwsKeys(s)
    return settle(s.findings)
  }

  /** Runs the rules behind each candidate; true when an escape may hide more. */
  #judgeCandidates(s: Subject, candidates: Int32Array, at: number, last: number): boolean {
    const { anchors } = this.compiled
    const { numbers } = s.policy
    let hidden = false
    let signs: number[] | null = null
    for (let i = at; i < last; i++) {
      const p = candidates[2 * i] as number
      const id = candidates[2 * i + 1] as number
      if (id === CANDIDATE.DIGITS) matchNumber(s, p, numbers)
      else if (id === CANDIDATE.ESCAPE) hidden ||= isTellingEscape(s.b, p, s.to)
      else if (id === CANDIDATE.PIECE) (signs ??= []).push(p)
      else {
        const anchor = anchors[id - FIRST_ANCHOR]
        if (anchor === undefined || p + anchor.bytes.length > s.to) continue
        for (const rule of anchor.rules) {
          if (rule.detector.group === 'token' && s.isCovered(rule.type, p)) continue
          s.spend(MATCH_COST)
          const { length } = anchor.bytes
          const isFree = rule.leftMask === 0 || isFreeLeft(s.b, p, s.from, rule.leftMask)
          if (isFree || isGlued(s, p, length, rule)) rule.match(s, p, length, rule)
        }
      }
    }
    if (signs !== null && signs.length > 1)
      judgePieces(s, signs, (text) => this.scanBytes(s.policy, text, 0, text.length, 0))
    return hidden
  }

  /** Decodes the value, judges what comes out and maps findings back to the original. */
  #judgeLayer(s: Subject, depth: number): void {
    const { b, from, to, hints } = s
    const side = this.#takeSide()
    try {
      side.arena.reset()
      const off = side.arena.reserve(to - from + 8)
      const map = new Int32Array(to - from + 1)
      const n = decodeLayer(b, from, to, side.arena.bytes.subarray(off), map)
      side.scanner.scan(off, off + n)
      const t = side.subject
      const layer = side.arena.bytes
      t.open(s.policy, layer, off, off + n, hints)
      const hidden = this.#judgeCandidates(t, side.scanner.candidates, 0, side.scanner.count)
      this.#pairAwsKeys(t)
      if (hidden && depth + 1 < LAYERS_MAX) this.#judgeLayer(t, depth + 1)
      for (const f of t.findings)
        s.found(f.type, map[f.start - off] as number, map[f.end - off] as number, f.rank)
    } finally {
      this.#side.push(side)
    }
  }

  /** A 40-character key near an access key id is its secret, whatever its name. */
  #pairAwsKeys(s: Subject): void {
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

/**
 * True when the digits a value begins with run together with the bytes before it (a length of 48..57 reads as
 * a digit), so that the scanner saw one run which began outside.
 */
export function startsInDigits(b: Uint8Array, from: number, to: number): boolean {
  if (from >= to || !isDigit(b[from])) return false
  const left = b[from - 1] as number
  return isDigit(left) || left === 0x2e
}

/** A part of some bytes. */
export interface Range {
  readonly from: number
  readonly to: number
}

interface Side {
  readonly arena: Arena
  readonly scanner: Scanner
  readonly subject: Subject
}
