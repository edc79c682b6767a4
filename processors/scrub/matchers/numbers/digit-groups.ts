// Groups of digits as people write numbers: with spaces, dashes, dots and their Unicode relatives between. Read once around
// a candidate; which number they are is decided by the other files of this folder.

import { isAlnum, isDigit, skipEscape } from '../../value/bytes.ts'

const GROUPS_MAX = 12
const DIGITS_MAX = 40
/** How far left of a candidate the first digit of its number may stand. */
const LEFT_MAX = 40

export class DigitGroups {
  /** Values (0..9) of all digits. */
  readonly digits = new Uint8Array(64)
  /** By group: where it starts and ends in the value, and the number of its first digit. */
  readonly starts = new Int32Array(GROUPS_MAX)
  readonly ends = new Int32Array(GROUPS_MAX)
  readonly firstDigit = new Int32Array(GROUPS_MAX + 1)
  count = 0
  /** Groups before this were read whole, with all that may follow them. */
  readTo = 0

  /** Reads the groups of `b[from, to)` that the digit at `p` belongs to; returns where the first one begins. */
  read(b: Uint8Array, p: number, from: number, to: number): number {
    const start = sequenceStart(b, p, from)
    this.#readFrom(b, start, to)
    const last = this.count - 1
    // All windows that begin before the eighth group were read whole.
    if (this.count < GROUPS_MAX) this.readTo = last < 0 ? start : (this.ends[last] as number)
    else this.readTo = this.starts[7] as number
    return start
  }

  #readFrom(b: Uint8Array, start: number, to: number): void {
    this.count = 0
    let n = 0
    let i = start
    while (this.count < GROUPS_MAX) {
      this.starts[this.count] = i
      this.firstDigit[this.count] = n
      while (i < to && isDigit(b[i]) && n < DIGITS_MAX) this.digits[n++] = (b[i++] as number) - 48
      if (i === this.starts[this.count]) break
      this.ends[this.count++] = i
      if (n >= DIGITS_MAX) break
      const next = pastSeparators(b, i, to)
      if (next < 0) break
      i = next
    }
    this.firstDigit[this.count] = n
  }
}

/** Where the next group begins behind one that ends at `p`; -1 = there is none. */
function pastSeparators(b: Uint8Array, p: number, to: number): number {
  const isDigitAt = (i: number): boolean => i < to && isDigit(b[i])
  let at = p + separatorAt(b, p, to)
  if (at === p) return -1
  // "4111 - 1111" and "4111  1111" are one number; a dot or dash twice is not.
  if (!isDigitAt(at)) {
    const more = separatorAt(b, at, to)
    if (more === 0) return -1
    at += more
    if (!isDigitAt(at)) at += separatorAt(b, at, to)
  }
  return isDigitAt(at) ? at : -1
}

/** First digit of the group sequence that `p` belongs to. */
function sequenceStart(b: Uint8Array, p: number, from: number): number {
  const low = Math.max(from, p - LEFT_MAX)
  let i = p
  for (;;) {
    while (i > low && isDigit(b[i - 1])) i--
    const separator = separatorBefore(b, i, low)
    if (separator === 0 || i - separator <= low || !isDigit(b[i - separator - 1])) break
    i -= separator
  }
  return skipEscape(b, i, from)
}

/** Single bytes that separate groups. */
const SEPARATORS = new Uint8Array(256)
for (const c of ' -.+_') SEPARATORS[c.charCodeAt(0)] = 1

/** Length of a separator inside numbers at `p`: space, dash, dot, NBSP, thin and zero-width spaces, Unicode dashes; 0 = none. */
export function separatorAt(b: Uint8Array, p: number, to: number): number {
  if (p >= to) return 0
  const c = b[p] as number
  if (c < 0x80) return SEPARATORS[c] as number
  if (p + 1 < to && c === 0xc2) return b[p + 1] === 0xa0 || b[p + 1] === 0xad ? 2 : 0
  return p + 2 < to && isWideSeparator(c, b[p + 1] as number, b[p + 2] as number) ? 3 : 0
}

/** Of three bytes in UTF-8: U+2000..2015, U+202F, U+2060, U+2212, U+3000, U+30FC, U+FF0D and U+FF0E. */
function isWideSeparator(a: number, b: number, c: number): boolean {
  if (a === 0xe3) return (b === 0x80 && c === 0x80) || (b === 0x83 && c === 0xbc)
  if (a === 0xef) return b === 0xbc && (c === 0x8d || c === 0x8e)
  if (a !== 0xe2) return false
  if (b === 0x80) return c <= 0x95 || c === 0xaf
  return (b === 0x81 && c === 0xa0) || (b === 0x88 && c === 0x92)
}

/** Length of a separator that ends before `p`; 0 = none. */
function separatorBefore(b: Uint8Array, p: number, from: number): number {
  for (const len of [1, 2, 3]) if (p - len >= from && separatorAt(b, p - len, p) === len) return len
  return 0
}

/** The number goes on behind `end`: letters, digits, or a dot and more digits. */
export function isNumberTail(b: Uint8Array, end: number, to: number): boolean {
  if (end >= to) return false
  if (isAlnum(b[end])) return true
  return b[end] === 0x2e && end + 1 < to && isDigit(b[end + 1])
}
