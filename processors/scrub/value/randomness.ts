// Tells what was drawn at random from what people write: entropy, kinds of characters, words, placeholders.
// Pure functions over byte ranges.

import { classAt, DIGIT, LOWER, latinText, lowerText, SETS, UPPER } from './bytes.ts'

const counts = new Int32Array(256)

/** Shannon entropy in bits per byte; ranges are short (callers bound them). */
export function entropy(b: Uint8Array, from: number, to: number): number {
  const len = to - from
  if (len <= 0) return 0
  for (let i = from; i < to; i++) counts[b[i] as number] = (counts[b[i] as number] as number) + 1
  let bits = 0
  for (let i = from; i < to; i++) {
    const c = counts[b[i] as number] as number
    if (c === 0) continue
    bits -= (c / len) * Math.log2(c / len)
    counts[b[i] as number] = 0
  }
  return bits
}

/** Which classes of characters occur: bit mask of LOWER, UPPER, DIGIT. */
export function mixOf(b: Uint8Array, from: number, to: number): number {
  let mix = 0
  for (let i = from; i < to; i++) mix |= classAt(b, i)
  return mix & (LOWER | UPPER | DIGIT)
}

/** Longest stretch of one repeated byte. */
export function longestRepeat(b: Uint8Array, from: number, to: number): number {
  let best = 0
  let run = 0
  for (let i = from; i < to; i++) {
    run = i > from && b[i] === b[i - 1] ? run + 1 : 1
    if (run > best) best = run
  }
  return best
}

const HEX_ONLY = SETS.hex

export function isHexOnly(b: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if ((classAt(b, i) & HEX_ONLY) === 0) return false
  return true
}

/** An AWS secret access key: 40 of base64, lower, upper and digit, high entropy, no hex digest. */
export function isAwsSecretLike(b: Uint8Array, from: number, to: number): boolean {
  if (to - from !== 40 || isHexOnly(b, from, to)) return false
  return mixOf(b, from, to) === (LOWER | UPPER | DIGIT) && entropy(b, from, to) > 3.8
}

/** How much of a body is looked at for entropy and placeholder words. */
const LOOK_MAX = 256

/** As people write words: a random body holds one in a mixture of cases by chance. */
const FILLER_WORDS = ['example', 'placeholder', 'redacted', 'dummy', 'changeme', 'insert']
  .flatMap((word) => [word, word.toUpperCase(), word.charAt(0).toUpperCase() + word.slice(1)])
  .join('|')
const FILLER = new RegExp(`${FILLER_WORDS}|[cC]hangeMe`)
const FILLER_SIGNS = /change_me|your[-_]|[-_]here|\.\.\.|1234567890|abcdefghij/

/** A run of x in either case that is a tenth of the body: in a long one five of them stand by chance. */
function isOfX(text: string): boolean {
  const run = /x{5,}/.exec(text)
  return run !== null && run[0].length >= text.length / 10
}

/** One character so often in a row, and in so large a part of the body, does not come by chance; eight digits alone do. */
const REPEAT_MIN = 8
const REPEAT_SHARE = 0.25

/** True for bodies that stand for a token: x-runs, `your-key-here`, EXAMPLE. */
export function isFiller(b: Uint8Array, from: number, to: number): boolean {
  const end = Math.min(to, from + LOOK_MAX)
  if (longestRepeat(b, from, end) >= Math.max(REPEAT_MIN, (end - from) * REPEAT_SHARE)) return true
  const text = lowerText(b, from, end)
  return FILLER_SIGNS.test(text) || isOfX(text) || FILLER.test(latinText(b, from, end))
}

/**
 * Lower-case words and short numbers joined by dashes, dots or underscores: a name, not a token. A password may be a word
 * and a year; a body behind a vendor's literal is none, so there `digitsMax` is 4.
 */
export function isWordy(b: Uint8Array, from: number, to: number, digitsMax = 3): boolean {
  let start = from
  for (let i = from; i <= to; i++) {
    if (i < to && !isJoint(b[i] as number)) continue
    if (!isWordOrNumber(b, start, i, digitsMax)) return false
    start = i + 1
  }
  return to > from
}

function isJoint(c: number): boolean {
  return c === 0x2d || c === 0x5f || c === 0x2e || c === 0x2f || c === 0x3a
}

/** `word`, `Word`, `v12`, `2024`, or nothing. */
function isWordOrNumber(b: Uint8Array, from: number, to: number, digitsMax: number): boolean {
  const n = to - from
  if (n > 21) return false
  let digits = 0
  for (let i = from; i < to; i++) {
    const c = classAt(b, i)
    if ((c & DIGIT) !== 0) digits++
    else if ((c & LOWER) === 0 && !(i === from && (c & UPPER) !== 0)) return false
  }
  if (digits === 0) return true
  return digits <= digitsMax && (digits === n || (digits === n - 1 && (b[from] as number) === 0x76))
}
