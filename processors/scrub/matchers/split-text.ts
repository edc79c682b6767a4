// A text in parts inside one value: the crossed of a message, the deltas of a stream (`data: {..}` lines). The
// parts are joined and judged together; what crosses a seam is reported in each part.

import type { Finding } from '../value/finding.ts'
import { JoinedPieces } from '../value/pieces.ts'
import type { Range } from '../value/value-range.ts'
import type { ScannedValue } from './scanned-value.ts'

/** How far behind its sign a part may begin. */
const REACH = 200
/** Shorter parts may be crossed of anything. */
const SHORT = 24

interface Part extends Range {
  /** One text goes on in it; other parts may only stand one after another. */
  readonly isDelta: boolean
}

type Judge = (bytes: Uint8Array) => readonly Finding[]

/** `signs` are positions of `"delta"` or `"type":"text"`. */
export function judgeSplitText(s: ScannedValue, signs: readonly number[], judge: Judge): void {
  const parts: Part[] = []
  for (const sign of signs) {
    s.spend(REACH)
    const part = partAfter(s, sign)
    if (part !== null && part.from >= (parts.at(-1)?.to ?? 0))
      parts.push({ ...part, isDelta: isDelta(s, sign) })
  }
  if (!hasOpenSeam(s.b, parts)) return
  const text = Buffer.concat(parts.map((p) => s.b.subarray(p.from, p.to)))
  const pieces = new JoinedPieces(s.b, parts)
  const alone = s.findings.map((f) => ({ start: f.start, end: f.end }))
  const isWhole = (c: Range): boolean => {
    s.spend(alone.length)
    return alone.some((f) => f.start <= c.from && f.end >= c.to)
  }
  for (const f of judge(text)) {
    const all = pieces.partsOf(f)
    const isStream = all.every((c) => c.piece.isDelta)
    // Parts that only stand one after another were judged alone.
    if (all.length < 2 && !isStream) continue
    for (const c of isStream ? all : pieces.withoutNeighbours(all, isWhole))
      s.found(f.type, c.from, c.to, f.rank)
  }
}

/**
 * The string under `content`, `text` or the like that follows a sign: the first of
 * `"(?:content|text|..)\\{0,8}"\s{0,2}:\s{0,2}\\{0,8}"` that is no value itself. By hand, because a chat has one at
 * each message: as an expression over a string scrubbing cost 4.72 µs a span, like this 4.60 (2026-11-25).
 */
function partAfter(s: ScannedValue, sign: number): Range | null {
  const { b } = s
  const high = Math.min(s.to, sign + REACH)
  const direct = isDelta(s, sign) ? stringAfter(s, sign, high) : null
  if (direct !== null) return direct
  for (let q = sign + 1; q < high; q++) {
    if (b[q] !== QUOTE || b[q - 1] === COLON) continue
    const name = nameAt(b, q + 1, high)
    if (name === 0) continue
    const behind = pastBackslashes(b, q + 1 + name, high)
    if (behind >= high || b[behind] !== QUOTE) continue
    const colon = pastSpaces(b, behind + 1, high)
    if (colon >= high || b[colon] !== COLON) continue
    const value = pastSpaces(b, colon + 1, high)
    const open = pastBackslashes(b, value, high)
    if (open >= high || b[open] !== QUOTE) continue
    return { from: open + 1, to: endOfString(s, open + 1, open - value) }
  }
  return null
}

/** `"delta":"..."`, as the events of OpenAI's responses have it: the string itself. */
function stringAfter(s: ScannedValue, sign: number, high: number): Range | null {
  const { b } = s
  const name = pastBackslashes(b, sign, high) + 1 + DELTA_LENGTH
  const behind = pastBackslashes(b, name, high)
  if (behind >= high || b[behind] !== QUOTE) return null
  const colon = pastSpaces(b, behind + 1, high)
  if (colon >= high || b[colon] !== COLON) return null
  const value = pastSpaces(b, colon + 1, high)
  const open = pastBackslashes(b, value, high)
  if (open >= high || b[open] !== QUOTE) return null
  return { from: open + 1, to: endOfString(s, open + 1, open - value) }
}

const DELTA_LENGTH = 'delta'.length
const QUOTE = 0x22
const COLON = 0x3a
const BACKSLASH = 0x5c
const BACKSLASHES_MAX = 8
const SPACES_MAX = 2
const FIELDS = ['content', 'text', 'partial_json', 'arguments', 'thinking'].map((name) =>
  Buffer.from(name, 'latin1'),
)

/** Length of the name of a field that holds text at `p`; 0 when there is none. */
function nameAt(b: Uint8Array, p: number, high: number): number {
  for (const name of FIELDS) {
    let i = 0
    while (i < name.length && p + i < high && b[p + i] === name[i]) i++
    if (i === name.length) return i
  }
  return 0
}

function pastBackslashes(b: Uint8Array, p: number, high: number): number {
  let i = p
  while (i < high && b[i] === BACKSLASH && i - p < BACKSLASHES_MAX) i++
  return i
}

function pastSpaces(b: Uint8Array, p: number, high: number): number {
  let i = p
  while (i < high && i - p < SPACES_MAX && isSpace(b[i] as number)) i++
  return i
}

function isSpace(c: number): boolean {
  return c === 0x20 || (c >= 9 && c <= 13) || c === 0xa0
}

/** Position of the quote that ends a string begun with `depth` backslashes before its quote, or what stands before it. */
function endOfString(s: ScannedValue, from: number, depth: number): number {
  const rest = Buffer.from(s.b.buffer, s.b.byteOffset + from, s.to - from)
  for (let at = rest.indexOf(QUOTE); at >= 0; at = rest.indexOf(QUOTE, at + 1)) {
    let left = at
    while (left > 0 && rest[left - 1] === BACKSLASH && at - left <= depth) left--
    // A quote with more backslashes than the opening one belongs to the text.
    if (at - left === depth) return from + left
  }
  return s.to
}

/** The sign is `"delta"`, escaped or not. */
function isDelta(s: ScannedValue, sign: number): boolean {
  const letter = s.at(sign) === BACKSLASH ? s.at(sign + 2) : s.at(sign + 1)
  return letter === 0x64
}

/** True when some part ends and the next begins inside a word. */
function hasOpenSeam(b: Uint8Array, parts: readonly Range[]): boolean {
  for (let i = 1; i < parts.length; i++) {
    const left = parts[i - 1] as Range
    const right = parts[i] as Range
    if (left.to === left.from || right.to === right.from) continue
    if (left.to - left.from < SHORT || right.to - right.from < SHORT) return true
    if (isTokenByte(b[left.to - 1] as number) && isTokenByte(b[right.from] as number)) return true
  }
  return false
}

function isTokenByte(c: number): boolean {
  return (
    (c >= 48 && c <= 57) ||
    ((c | 32) >= 97 && (c | 32) <= 122) ||
    c === 0x2d ||
    c === 0x5f ||
    c === 0x40
  )
}
