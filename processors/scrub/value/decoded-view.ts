// The decoded view of a text: JSON escapes at any depth of quoting, percent escapes, character references,
// full-width forms and zero-width characters resolved, with the origin of every byte. Detectors that find
// something here have it masked in the original, the whole encoded token.

import { latinText } from './bytes.ts'
import { concatenationAt } from './concatenation.ts'

/** Decodes `b[from, to)` into `out` (at least as long) and the origin of each byte into `map`; returns the length. `map[length]` = `to`. */
export function decodeEscapes(
  b: Uint8Array,
  from: number,
  to: number,
  out: Uint8Array,
  map: Int32Array,
): number {
  let n = 0
  let i = from
  while (i < to) {
    const c = b[i] as number
    if (c < 0xc2 && MAY_ESCAPE[c] === 0) {
      out[n] = c
      map[n++] = i++
      continue
    }
    const step = c < 0x80 ? decodeEscape(b, i, to) : decodeWide(b, i, to)
    if (step === 0) {
      out[n] = c
      map[n++] = i++
      continue
    }
    const length = step & 0xff
    const codePoint = step >>> 8
    // Code point 0 stands for "nothing": a zero-width character that is left out.
    if (codePoint !== 0) {
      const was = n
      n = writeUtf8(out, n, codePoint)
      for (let k = was; k < n; k++) map[k] = i
    }
    i += length
  }
  map[n] = to
  return n
}

/** First bytes of escapes below U+0080, and the quotes of joined strings. */
const MAY_ESCAPE = new Uint8Array(256)
for (const c of '\\%&="\'') MAY_ESCAPE[c.charCodeAt(0)] = 1

function writeUtf8(out: Uint8Array, at: number, c: number): number {
  let n = at
  if (c < 0x80) out[n++] = c
  else if (c < 0x800) {
    out[n++] = 0xc0 | (c >> 6)
    out[n++] = 0x80 | (c & 63)
  } else {
    out[n++] = 0xe0 | (c >> 12)
    out[n++] = 0x80 | ((c >> 6) & 63)
    out[n++] = 0x80 | (c & 63)
  }
  return n
}

function hexAt(b: Uint8Array, p: number, count: number, to: number): number {
  if (p + count > to) return -1
  let v = 0
  for (let i = p; i < p + count; i++) {
    const c = b[i] as number
    const d =
      c >= 48 && c <= 57 ? c - 48 : (c | 0x20) >= 97 && (c | 0x20) <= 102 ? (c | 0x20) - 87 : -1
    if (d < 0) return -1
    v = v * 16 + d
  }
  return v
}

const SIMPLE: Readonly<Record<number, number>> = {
  0x6e: 10,
  0x72: 13,
  0x74: 9,
  0x62: 8,
  0x66: 12,
  0x22: 0x22,
  0x2f: 0x2f,
  0x27: 0x27,
}

/** Code point << 8 | bytes taken; 0 when `p` begins no escape. */
function decodeEscape(b: Uint8Array, p: number, to: number): number {
  const c = b[p] as number
  if (c === 0x25) {
    const v = hexAt(b, p + 1, 2, to)
    return v >= 0x20 && v < 0x7f ? (v << 8) | 3 : 0
  }
  if (c === 0x26) return decodeReference(b, p, to)
  if (c === 0x3d) return decodeQuotedPrintable(b, p, to)
  if (c === 0x22 || c === 0x27) return concatenationAt(b, p, to)
  return decodeBackslash(b, p, to)
}

/** Like `decodeEscape`, for escapes that begin with one or more backslashes. */
function decodeBackslash(b: Uint8Array, p: number, to: number): number {
  let i = p
  while (i < to && b[i] === 0x5c && i - p < 64) i++
  const x = b[i] as number
  if (i >= to) return 0
  if (x === 0x75) {
    const v = hexAt(b, i + 1, 4, to)
    if (v < 0) return 0
    const seen = plainForm(v)
    return (seen << 8) | (i + 5 - p)
  }
  if (x === 0x78) {
    const v = hexAt(b, i + 1, 2, to)
    return v < 0x20 || v >= 0x7f ? 0 : (v << 8) | (i + 3 - p)
  }
  if (x === 0x22 || x === 0x27) {
    const joint = concatenationAt(b, p, to)
    if (joint > 0) return joint
  }
  const simple = SIMPLE[x]
  return simple === undefined ? 0 : (simple << 8) | (i + 1 - p)
}

/** Full-width forms as ASCII, zero-width as nothing, the rest as it is. Surrogate halves become U+FFFD. */
function plainForm(c: number): number {
  if (c >= 0xff01 && c <= 0xff5e) return c - 0xfee0
  if ((c >= 0x200b && c <= 0x200d) || c === 0x2060 || c === 0xfeff || c === 0xad) return 0
  if (c >= 0xd800 && c <= 0xdfff) return 0xfffd
  return c === 0 ? 0xfffd : c
}

/** Bytes of a line break at `p`, also an escaped one; 0 = none. */
function breakAt(b: Uint8Array, p: number, to: number): number {
  const c = b[p]
  if (p >= to) return 0
  if (c === 0x0a) return 1
  if (c === 0x0d) return b[p + 1] === 0x0a ? 2 : 0
  if (c !== 0x5c) return 0
  if (b[p + 1] === 0x6e) return 2
  return b[p + 1] === 0x72 && b[p + 2] === 0x5c && b[p + 3] === 0x6e ? 4 : 0
}

function isTokenByte(c: number | undefined): boolean {
  if (c === undefined) return false
  return (
    (c >= 48 && c <= 57) ||
    ((c | 32) >= 97 && (c | 32) <= 122) ||
    c === 0x2d ||
    c === 0x5f ||
    c === 0x40 ||
    c === 0x2e ||
    c === 0x2b ||
    c === 0x2f
  )
}

/** What encoders write with an equals sign, of the characters that tokens and addresses are made of or bounded by. */
const PRINTABLE = new Set([0x22, 0x27, 0x2b, 0x2d, 0x2e, 0x2f, 0x3a, 0x3b, 0x3d, 0x40, 0x5f])

/** Quoted-printable: `=40`, `=3D`, and a line break inside a word. `a=40` of a query is not: a domain must follow. */
function decodeQuotedPrintable(b: Uint8Array, p: number, to: number): number {
  const brk = breakAt(b, p + 1, to)
  if (brk > 0) {
    const next = p + 1 + brk
    if (!isTokenByte(b[p - 1]) || next >= to || !isTokenByte(b[next])) return 0
    return isAssignment(b, next, to) ? 0 : 1 + brk
  }
  const v = hexAt(b, p + 1, 2, to)
  if (v === 0x20) return isLetter(b[p - 1]) && isLetter(b[p + 3]) ? (0x20 << 8) | 3 : 0
  if (
    !PRINTABLE.has(v) ||
    (((b[p + 2] as number) | 0x20) === (b[p + 2] as number) && (b[p + 2] as number) > 57)
  )
    return 0
  if (v === 0x40) {
    const text = latinText(b, p + 3, Math.min(to, p + 80))
    if (!isTokenByte(b[p - 1]) || !/^(?:=\r?\n)?[\w-]+(?:=\r?\n)?[\w-]*(?:\.|=2E)/.test(text))
      return 0
  }
  return (v << 8) | 3
}

function isLetter(c: number | undefined): boolean {
  return c !== undefined && (c | 32) >= 97 && (c | 32) <= 122
}

/** `NAME=x` follows: the line before was an empty assignment of a list of them, not a word that goes on. */
function isAssignment(b: Uint8Array, p: number, to: number): boolean {
  let i = p
  const max = Math.min(to, p + 48)
  while (i < max && isTokenByte(b[i])) i++
  return i > p && i < to && (b[i] === 0x3d || b[i] === 0x3a) && breakAt(b, i + 1, to) === 0
}

/** Names of character references for what tokens and addresses are made of. */
const NAMED: Readonly<Record<string, number>> = {
  commat: 0x40,
  period: 0x2e,
  colon: 0x3a,
  lowbar: 0x5f,
  equals: 0x3d,
  sol: 0x2f,
  plus: 0x2b,
  hyphen: 0x2d,
  dash: 0x2d,
  nbsp: 0x20,
  quot: 0x22,
  amp: 0x26,
}

function decodeNamed(b: Uint8Array, p: number, to: number): number {
  let i = p + 1
  while (i < to && i < p + 9 && isLetter(b[i])) i++
  if (b[i] !== 0x3b || i >= to) return 0
  const name = latinText(b, p + 1, i)
  const v = NAMED[name]
  return v === undefined ? 0 : (v << 8) | (i + 1 - p)
}

function decodeReference(b: Uint8Array, p: number, to: number): number {
  if (b[p + 1] !== 0x23) return decodeNamed(b, p, to)
  if (p + 3 >= to) return 0
  const hex = b[p + 2] === 0x78 || b[p + 2] === 0x58
  let i = p + (hex ? 3 : 2)
  let v = 0
  const first = i
  while (i < to && i < first + 6) {
    const d = hexAt(b, i, 1, to)
    if (d < 0 || (!hex && d > 9)) break
    v = v * (hex ? 16 : 10) + d
    i++
  }
  if (i === first || b[i] !== 0x3b || v < 0x20 || v > 0xffff) return 0
  return (plainForm(v) << 8) | (i + 1 - p)
}

function decodeWide(b: Uint8Array, p: number, to: number): number {
  const c = b[p] as number
  if (c === 0xc2 && p + 1 < to && b[p + 1] === 0xad) return 2
  if ((c !== 0xe2 && c !== 0xef) || p + 2 >= to) return 0
  const v = ((c & 15) << 12) | (((b[p + 1] as number) & 63) << 6) | ((b[p + 2] as number) & 63)
  const plain = plainForm(v)
  return plain === v ? 0 : (plain << 8) | 3
}

/** True when the escape at `p` hides a character that a token, an address or a number may hold. */
export function isTellingEscape(b: Uint8Array, p: number, to: number): boolean {
  const c = b[p] as number
  if (c >= 0x80) return isTellingWide(b, p, to)
  if (c === 0x5c && b[p + 1] === 0x2f) return true
  if (c === 0x22 || c === 0x27 || (c === 0x5c && (b[p + 1] === 0x22 || b[p + 1] === 0x27)))
    return concatenationAt(b, p, to) > 0
  if (c === 0x3d) return decodeQuotedPrintable(b, p, to) !== 0
  const step = decodeEscape(b, p, to)
  if (step === 0) return false
  const v = step >>> 8
  if (isBoundary(v, c)) return false
  if (c === 0x5c && ![0x75, 0x78, 0x5c].includes(b[p + 1] as number)) return v === 0x2f
  return isTellingCharacter(v, c) || (isWordScript(v) && isBeforeToken(b, p, to))
}

/** < > & and quotes are boundaries as they stand; `c` is the first byte of the escape. */
function isBoundary(v: number, c: number): boolean {
  return v === 0x3c || v === 0x3e || v === 0x22 || v === 0x27 || (v === 0x26 && c === 0x5c)
}

/** Nothing, ASCII that is seen, and blanks that numbers and words are written with. */
function isTellingCharacter(v: number, c: number): boolean {
  if (v === 0 || v === 0xa0 || (v > 0x20 && v < 0x7f)) return true
  return (v === 0x20 && c === 0x25) || (v >= 0x2000 && v <= 0x202f)
}

const TOKEN_REACH = 160

/** Six characters and more with a digit among them stand a little further on: a name in another script says what they are. */
function isBeforeToken(b: Uint8Array, p: number, to: number): boolean {
  const max = Math.min(to, p + TOKEN_REACH)
  let run = 0
  let digit = false
  for (let i = p; i < max; i++) {
    const c = b[i] as number
    if (c === 0x5c) {
      if (b[i + 1] === 0x75) i += 5
      run = 0
      digit = false
    } else if (c <= 0x20 || c >= 0x7f || c === 0x22) {
      run = 0
      digit = false
    } else {
      run++
      if (c >= 48 && c <= 57) digit = true
      if (run >= 6 && digit) return true
    }
  }
  return false
}

/** Latin with accents, Greek, Cyrillic, Hebrew, Arabic, Devanagari, Thai, Chinese, Japanese, Korean. */
function isWordScript(v: number): boolean {
  return (
    (v >= 0xc0 && v <= 0x24f) ||
    (v >= 0x370 && v <= 0x6ff) ||
    (v >= 0x900 && v <= 0xe7f) ||
    (v >= 0x3040 && v <= 0x9fff) ||
    (v >= 0xac00 && v <= 0xd7a3)
  )
}

/** Zero-width characters count between ASCII letters and digits only (emoji are full of them). */
function isTellingWide(b: Uint8Array, p: number, to: number): boolean {
  if (b[p] === 0xef && b[p + 1] === 0xbc) return true
  const after = p + (b[p] === 0xc2 ? 2 : 3)
  return (
    after < to &&
    (b[after] as number) < 0x80 &&
    (b[after] as number) > 0x20 &&
    (b[p - 1] as number) < 0x80
  )
}
