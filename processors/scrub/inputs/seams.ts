// Whether a secret can lie across the seams of some chunks: looked at before anything is joined, for nearly all texts that stand
// one after another are messages, and a message that ends with a word and one that begins with a word are no token.

import type { Range } from '../value/value-range.ts'
import { isFramed } from './joined-text.ts'

/** Chunks this short may be parts of anything. */
const SHORT = 24
/** More capitals in a row may belong to a token. */
const CAPITALS = 4
/** What is looked at of the run of characters on each side of a seam. */
const RUN_MAX = 64
/** Letters in one run: no word of any language is longer, a token may be. */
const WORD_MAX = 30
/** A run of characters that is no word. */
const TOKEN_MIN = 16

/** True when some chunk ends and the next begins in the middle of what may be a token, or carries a text that has to be looked at. */
export function mayCross(b: Uint8Array, chunks: readonly Range[]): boolean {
  for (let i = 1; i < chunks.length; i++) {
    const right = chunks[i] as Range
    if (isFramed(b, right) || isSuspect(b, chunks[i - 1] as Range, right)) return true
  }
  return false
}

/** The same for the texts themselves: what is framed still carries nothing. */
export function hasSuspectSeam(b: Uint8Array, texts: readonly Range[]): boolean {
  for (let i = 1; i < texts.length; i++)
    if (isSuspect(b, texts[i - 1] as Range, texts[i] as Range)) return true
  return false
}

function isSuspect(b: Uint8Array, left: Range, right: Range): boolean {
  const isShort = left.to - left.from < SHORT || right.to - right.from < SHORT
  if (isShort) {
    // What is short may be a piece of a longer run, of which all pieces count.
    const before = Math.max(left.from, left.to - RUN_MAX)
    const behind = Math.min(right.to, right.from + RUN_MAX)
    return isMarked(b, before, left.to) || isMarked(b, right.from, behind)
  }
  if (isBeforeValue(b, left) || beginsWithToken(b, right)) return true
  if (!isWordByte(b[left.to - 1] ?? 0) || !isWordByte(b[right.from] ?? 0)) return false
  const from = runStart(b, left)
  const to = runEnd(b, right)
  const length = left.to - from + (to - right.from)
  return length > WORD_MAX || isMarked(b, from, left.to) || isMarked(b, right.from, to)
}

/** The chunk ends with `="`, `: '` or `=`: the next one begins with a value whose name it does not have. */
function isBeforeValue(b: Uint8Array, { from, to }: Range): boolean {
  let i = to - 1
  if (b[i] === 0x3d) return true
  if (b[i] !== 0x22 && b[i] !== 0x27) return false
  i--
  while (i > from && b[i] === 0x5c) i--
  if (b[i] === 0x20) i--
  return i >= from && (b[i] === 0x3a || b[i] === 0x3d || b[i] === 0x2c)
}

/** The chunk begins with what may be a token, and the word before it says which: `Bearer`, a name. */
function beginsWithToken(b: Uint8Array, { from, to }: Range): boolean {
  const start = b[from] === 0x20 || b[from] === 0x22 ? from + 1 : from
  const high = Math.min(to, start + TOKEN_MIN)
  let hasDigit = false
  for (let i = start; i < high; i++) {
    const c = b[i] ?? 0
    if (c <= 0x20 || c === 0x22) return false
    if (c >= 48 && c <= 57) hasDigit = true
  }
  return hasDigit && high - start === TOKEN_MIN
}

/** Where the run of characters that ends with the chunk begins. */
function runStart(b: Uint8Array, { from, to }: Range): number {
  const low = Math.max(from, to - RUN_MAX)
  let i = to
  while (i > low && (b[i - 1] ?? 0) > 0x20) i--
  return i
}

function runEnd(b: Uint8Array, { from, to }: Range): number {
  const high = Math.min(to, from + RUN_MAX)
  let i = from
  while (i < high && (b[i] ?? 0) > 0x20) i++
  return i
}

/** Holds a character that words do not have: a digit, `_`, `@`, `-`, a quote, `:`, `=`, `/` or capitals in a row. */
function isMarked(b: Uint8Array, from: number, to: number): boolean {
  if (holdsMark(b, from, to)) return true
  for (let i = from; i < to; i++) if (PUNCTUATION[b[i] ?? 0] === 1) return true
  return false
}

const PUNCTUATION = new Uint8Array(256)
for (const c of '":=/+%&$#\\<>|~^`') PUNCTUATION[c.charCodeAt(0)] = 1

/** No secret is made of plain letters alone, unless of capitals: roles and finish reasons need not be joined. */
function holdsMark(b: Uint8Array, from: number, to: number): boolean {
  let capitals = 0
  for (let i = from; i < to; i++) {
    const c = b[i] ?? 0
    if ((c >= 48 && c <= 57) || c === 0x40 || c === 0x5f || c === 0x2d) return true
    capitals = c >= 65 && c <= 90 ? capitals + 1 : 0
    if (capitals > CAPITALS) return true
  }
  return false
}

/** May stand beside a seam inside of a token: no token has a bracket, a quote or a comma. */
function isWordByte(c: number): boolean {
  return c > 0x20 && c < 0x7f && NO_WORD[c] === 0
}

const NO_WORD = new Uint8Array(128)
for (const c of '!?,;{}[]"') NO_WORD[c.charCodeAt(0)] = 1
