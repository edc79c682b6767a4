// A text in pieces inside one value: the parts of a message, the deltas of a stream (`data: {..}` lines). The
// pieces are joined and judged together; what crosses a seam is reported in each piece.

import type { Finding, Subject } from './subject.ts'

/** Pieces of one value that are looked at, and how far behind its sign a piece may begin. */
const PIECES_MAX = 20_000
const REACH = 200
/** Shorter pieces may be parts of anything. */
const SHORT = 24

interface Range {
  readonly from: number
  readonly to: number
}

type Judge = (bytes: Uint8Array) => readonly Finding[]

/** `signs` are positions of `"delta"` or `"type":"text"`. */
export function judgePieces(s: Subject, signs: readonly number[], judge: Judge): void {
  const pieces: Range[] = []
  for (const sign of signs.slice(0, PIECES_MAX)) {
    const piece = pieceAfter(s, sign)
    if (piece !== null && piece.from >= (pieces.at(-1)?.to ?? 0)) pieces.push(piece)
  }
  if (!hasOpenSeam(s.b, pieces)) return
  const text = Buffer.concat(pieces.map((p) => s.b.subarray(p.from, p.to)))
  for (const f of judge(text)) report(s, f, pieces)
}

/** The string under `content`, `text` or the like that follows a sign. */
function pieceAfter(s: Subject, sign: number): Range | null {
  const text = Buffer.from(s.b.buffer, s.b.byteOffset + sign, Math.min(s.to, sign + REACH) - sign)
  const m =
    /[^:]\\{0,8}"(?:content|text|partial_json|arguments|thinking)\\{0,8}"\s{0,2}:\s{0,2}(\\{0,8})"/.exec(
      text.latin1Slice(0, text.length),
    )
  if (m === null) return null
  const from = sign + m.index + m[0].length
  const closing = Buffer.from(`${m[1]}"`, 'latin1')
  const rest = Buffer.from(s.b.buffer, s.b.byteOffset + from, s.to - from)
  for (let at = rest.indexOf(closing); at >= 0; at = rest.indexOf(closing, at + 1)) {
    // A quote with more backslashes than the opening one belongs to the text.
    if (at === 0 || rest[at - 1] !== 0x5c) return { from, to: from + at }
  }
  return { from, to: s.to }
}

/** True when some piece ends and the next begins inside a word. */
function hasOpenSeam(b: Uint8Array, pieces: readonly Range[]): boolean {
  for (let i = 1; i < pieces.length; i++) {
    const left = pieces[i - 1] as Range
    const right = pieces[i] as Range
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

/** "Answer briefly." and "ann@mail.test" make no longer address: what one piece holds whole is not joined. */
function isFoundAlone(s: Subject, type: number, p: Range): boolean {
  return s.findings.some((f) => f.type === type && f.start <= p.from && f.end >= p.to)
}

/** A finding that lies in more than one piece, in each of them. */
function report(s: Subject, f: Finding, pieces: readonly Range[]): void {
  let base = 0
  const parts: Range[] = []
  for (const p of pieces) {
    const length = p.to - p.from
    const from = Math.max(f.start, base)
    const to = Math.min(f.end, base + length)
    if (to > from) parts.push({ from: p.from + from - base, to: p.from + to - base })
    base += length
    if (base >= f.end) break
  }
  if (parts.length < 2 || parts.some((p) => isFoundAlone(s, f.type, p))) return
  for (const p of parts) s.found(f.type, p.from, p.to, f.rank)
}
