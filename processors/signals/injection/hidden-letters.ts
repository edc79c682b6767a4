// Whether a text is written in a way that hides letters: invisible characters, other forms of letters, or letters of another alphabet
// inside a Latin word. One pass over the bytes; texts in ASCII are not looked at.

import { LOOK_ALIKE_LETTERS } from './normalized-text.ts'

/** Beginnings of characters of three and four bytes that hide something, and how many bytes of them tell. */
const ODD: readonly Buffer[] = [
  ...['\u200b', '\u200c', '\u200d', '\u2060', '\ufeff'].map((c) => Buffer.from(c)),
  // Tag characters, full-width and mathematical letters, letters in circles.
  Buffer.from([0xf3, 0xa0, 0x81]),
  // Variation selectors, small capitals, letters in black circles and squares.
  ...[0x84, 0x85, 0x86, 0x87].map((byte) => Buffer.from([0xf3, 0xa0, byte])),
  Buffer.from([0xe1, 0xb4]),
  Buffer.from([0xf0, 0x9f, 0x85]),
  Buffer.from([0xf0, 0x9f, 0x86]),
  Buffer.from([0xef, 0xbd]),
  Buffer.from([0xf0, 0x9d]),
  Buffer.from([0xe2, 0x93]),
]
/** Of the first two bytes of a character of three or four, 1 if one of the above begins with them. */
const ODD_PAIRS = new Uint8Array(32 * 64)
const pairOf = (lead: number, next: number): number => ((lead & 0x1f) << 6) | (next & 0x3f)
for (const bytes of ODD) ODD_PAIRS[pairOf(bytes[0] ?? 0, bytes[1] ?? 0)] = 1
const SOFT_HYPHEN = 0xad
/** Letters of two bytes next to which a Latin one is suspicious; more of them are not looked at. */
const LETTERS_MAX = 64

/** Characters of two bytes that may make a Latin word look like another: combining marks, Greek, Cyrillic and Armenian, and look-alikes. */
const MIXING = new Uint8Array(0x800)
MIXING.fill(1, 0x300, 0x590)
for (const letter of LOOK_ALIKE_LETTERS) MIXING[letter.charCodeAt(0)] = 1

export function hidesLetters(buf: Buffer, from: number, end: number): boolean {
  let letters = 0
  for (let i = from; i < end; i++) {
    const lead = buf[i] as number
    if (lead < 0xc2) continue
    if (lead < 0xe0) {
      const c = ((lead & 0x1f) << 6) | ((buf[i + 1] as number) & 0x3f)
      if (c === SOFT_HYPHEN) return true
      if (MIXING[c] === 0) continue
      if (letters++ < LETTERS_MAX && isBesideLatin(buf, i, from, end)) return true
    } else if (ODD_PAIRS[pairOf(lead, buf[i + 1] ?? 0)] === 1 && isOdd(buf, i, end)) return true
  }
  return false
}

function isOdd(buf: Buffer, at: number, end: number): boolean {
  return ODD.some((bytes) => at + bytes.length <= end && bytes.every((b, i) => buf[at + i] === b))
}

/** Bytes of an escape of JSON, such as `\u0430`. */
const ESCAPE_BYTES = 6

/** Whether a Latin letter stands before or behind the escaped letter at `at`; a digit of another escape is none. */
export function isEscapedBesideLatin(buf: Buffer, at: number, from: number, end: number): boolean {
  const next = at + ESCAPE_BYTES
  if (next < end && isLatin(buf[next] as number)) return true
  if (at <= from || !isLatin(buf[at - 1] as number)) return false
  const before = at - ESCAPE_BYTES
  const isEscape = before >= from && buf[before] === BACKSLASH && buf[before + 1] === SMALL_U
  return !isEscape && buf[at - 2] !== BACKSLASH
}
const BACKSLASH = 0x5c
const SMALL_U = 0x75

/** Whether a Latin letter stands before or behind the letter at `at`; that of an escape, such as `\n`, is none. */
function isBesideLatin(buf: Buffer, at: number, from: number, end: number): boolean {
  if (at + 2 < end && isLatin(buf[at + 2] as number)) return true
  if (at <= from || !isLatin(buf[at - 1] as number)) return false
  return at - 1 <= from || buf[at - 2] !== BACKSLASH
}

const isLatin = (byte: number): boolean => (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a
