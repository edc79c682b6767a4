// The scanner in plain JavaScript: what the kernel must find, said as simply as possible. It is the oracle of
// the kernel's tests and stands in where a WebAssembly module cannot be made.

import { ALNUM, classAt, classOf, isDigit } from '../value/bytes.ts'
import { type Anchor, type Literals, SPLIT_TEXT_ANCHORS, tailOf } from './anchors.ts'
import { CANDIDATE } from './candidates.ts'

/** Digits that a number must have, over all its groups, to be looked at. */
export const DIGITS_MIN = 9
export const LOOK_BACK = 24
export const LOOK_AHEAD = 40

/** All candidates of `b[from, to)` as pairs (position, id), by position, then by id. */
export function slowScan(c: Literals, b: Uint8Array, from: number, to: number): number[] {
  const out: number[] = []
  for (let p = from; p < to; p++) {
    if (c.anyNumbers && isDigitCandidate(b, p, from, to)) out.push(p, CANDIDATE.DIGITS)
    if (c.escapes.some((e) => startsWith(b, p, to, e, false))) out.push(p, CANDIDATE.ESCAPE)
    for (const e of SPLIT_TEXT_ANCHORS)
      if (startsWith(b, p, to, e, false)) out.push(p, CANDIDATE.SPLIT_TEXT)
    for (const a of c.anchors) if (isAnchorAt(a, b, p, from, to)) out.push(p, a.id)
  }
  return out
}

function startsWith(
  b: Uint8Array,
  p: number,
  to: number,
  want: Uint8Array,
  anyCase: boolean,
): boolean {
  const tail = tailOf(want)
  const count = tail?.count ?? 0
  if (p + want.length + count > to) return false
  for (let i = 0; i < count; i++)
    if (tail?.set[b[p + want.length + i] as number] !== 1) return false
  for (let i = 0; i < want.length; i++) {
    let c = b[p + i] as number
    if (anyCase && c >= 65 && c <= 90) c += 32
    if (c !== want[i]) return false
  }
  return true
}

/**
 * What stands left of an anchor is not asked here: the scan runs over whole payloads, where the byte before a
 * value is a length or the end of another value.
 */
function isAnchorAt(a: Anchor, b: Uint8Array, p: number, from: number, to: number): boolean {
  if (!startsWith(b, p, to, a.bytes, a.anyCase)) return false
  if (a.bytes.length === 1) return isBetween(b, p, from, to)
  return !a.assigns || mayAssign(b, p + a.bytes.length, to)
}

/** An at-sign between something and a letter or digit. */
function isBetween(b: Uint8Array, p: number, from: number, to: number): boolean {
  if (p <= from || p + 1 >= to) return false
  const next = b[p + 1] as number
  return (b[p - 1] as number) > 0x20 && ((classOf(next) & ALNUM) !== 0 || next >= 0x80)
}

/** False when, after the rest of the name and at most 24 bytes, something follows that no assignment has. */
function mayAssign(b: Uint8Array, p: number, to: number): boolean {
  const max = Math.min(to, p + 40)
  let i = p
  while (i < max && isNameByte(b[i] as number)) i++
  if (i >= to) return false
  const c = b[i] as number
  // A full stop or bracket right behind the word ends it, unless the message ends with it: the next one may answer.
  if (c === 0x2e || c === 0x3f)
    return i + 1 < to && (isQuote(b[i + 1] as number) || b[i + 1] === 0x0a)
  if (c === 0x21) return false
  if (c < 0x20 && c !== 0x0a && c !== 0x09 && c !== 0x0d) return false
  // Of brackets only a call with a string: setPassword("..").
  if (c === 0x28) return i + 1 < to && isQuote(b[i + 1] as number)
  if (c !== 0x20) return true
  const blank = i
  while (i < max && b[i] === 0x20) i++
  // Two blanks and more: the name heads a column of an aligned table.
  return i < to && (i - blank > 1 || mayFollowBlank(b, p, i, to))
}

function isQuote(c: number): boolean {
  return c === 0x22 || c === 0x27 || c === 0x60 || c === 0x5c
}

/** " is", " ist", " for", " of", " to", " on", " at", " in", " es", " est", " era", " was", " lautet". */
const FIRST_OF_COPULA = 'ifotaewl'

/** What stands behind the blanks is no letter, the value of a flag, a copula or a word with digits. */
function mayFollowBlank(b: Uint8Array, nameAt: number, p: number, to: number): boolean {
  const c = b[p] as number
  if ((classOf(c) & ALNUM) === 0) return true
  if (nameAt >= 0 && isFlag(b, nameAt)) return true
  return FIRST_OF_COPULA.includes(String.fromCharCode(c)) || isMixedWord(b, p, to)
}

function isNameByte(c: number): boolean {
  return (classOf(c) & ALNUM) !== 0 || c === 0x5f || c === 0x2d
}

/** The word at `p` has a digit among its first 24 bytes: "the password hunter42 works", not "the password field". */
function isMixedWord(b: Uint8Array, p: number, to: number): boolean {
  for (let i = p; i < Math.min(to, p + 24); i++) {
    if (isDigit(b[i])) return true
    if ((b[i] as number) <= 0x20) return false
  }
  return false
}

/** `--token x`: dashes within 40 bytes left of the name. */
function isFlag(b: Uint8Array, p: number): boolean {
  let i = p
  const low = Math.max(0, p - 40)
  while (i > low && (classAt(b, i - 1) & ALNUM || b[i - 1] === 0x5f || b[i - 1] === 0x2d)) i--
  return b[i] === 0x2d && b[i + 1] === 0x2d
}

/** A run of four or more digits begins at `p`, and with its neighbours it has nine or more. */
function isDigitCandidate(b: Uint8Array, p: number, from: number, to: number): boolean {
  if (!isDigit(b[p]) || (p > from && isDigit(b[p - 1]))) return false
  let end = p
  while (end < to && isDigit(b[end]) && end - p < DIGITS_MIN) end++
  const n = end - p
  if (n < 4) return false
  // 0.123456789 is a float.
  if (n >= 7 && p - 2 >= from && b[p - 1] === 0x2e && isDigit(b[p - 2])) return false
  if (n >= DIGITS_MIN) return true
  return (
    n +
      digitsAhead(b, end, Math.min(to, p + LOOK_AHEAD)) +
      digitsBehind(b, p, Math.max(from, p - LOOK_BACK)) >=
    DIGITS_MIN
  )
}

function isJoint(c: number): boolean {
  return (
    c === 0x20 ||
    c === 0x2d ||
    c === 0x2e ||
    c === 0x2b ||
    c === 0x5f ||
    c === 0x28 ||
    c === 0x29 ||
    c >= 0x80
  )
}

function digitsAhead(b: Uint8Array, p: number, max: number): number {
  let n = 0
  let gap = 0
  for (let i = p; i < max; i++) {
    const c = b[i] as number
    if (c >= 48 && c <= 57) {
      n++
      gap = 0
    } else if (!isJoint(c) || ++gap > 4) break
  }
  return n
}

function digitsBehind(b: Uint8Array, p: number, min: number): number {
  let n = 0
  let gap = 0
  for (let i = p - 1; i >= min; i--) {
    const c = b[i] as number
    if (c >= 48 && c <= 57) {
      n++
      gap = 0
    } else if (!isJoint(c) || ++gap > 4) break
  }
  return n
}
