// Characters of the detectors, on bytes: character sets as bit masks, runs of a set, and what stands left
// of a position once escapes are understood (`\n4111..` starts a number, `task-` does not start `sk-`).
// Leaves to others what a run means.

export const DIGIT = 1
export const LOWER = 2
export const UPPER = 4
export const UNDERSCORE = 8
export const DASH = 16
export const DOT = 32
const PLUS = 64
const SLASH = 128
const EQUALS = 256
const TILDE = 512
const HEX_LOWER = 1024
const HEX_UPPER = 2048
const AWS_DIGIT = 4096
export const SPACE = 8192
export const HIGH = 16384
/** What an unquoted value may hold: no space, quote, bracket of markup, separator or CJK. */
export const UNQUOTED = 32768

/** Bit mask by byte. */
export const CLASS: Int32Array = classes()

function classes(): Int32Array {
  const t = new Int32Array(256)
  const add = (chars: string, bit: number): void => {
    for (const c of chars) t[c.charCodeAt(0)] = (t[c.charCodeAt(0)] as number) | bit
  }
  add('0123456789', DIGIT)
  add('abcdefghijklmnopqrstuvwxyz', LOWER)
  add('ABCDEFGHIJKLMNOPQRSTUVWXYZ', UPPER)
  add('_', UNDERSCORE)
  add('-', DASH)
  add('.', DOT)
  add('+', PLUS)
  add('/', SLASH)
  add('=', EQUALS)
  add('~', TILDE)
  add('abcdef', HEX_LOWER)
  add('ABCDEF', HEX_UPPER)
  add('234567', AWS_DIGIT)
  add(' \t\r\n', SPACE)
  for (let i = 128; i < 256; i++) t[i] = i < 0xe0 ? HIGH | UNQUOTED : HIGH
  for (let i = 0x21; i < 0x7f; i++)
    if (!'"\'`\\<>|&;,'.includes(String.fromCharCode(i))) t[i] = (t[i] as number) | UNQUOTED
  return t
}

export const ALNUM = DIGIT | LOWER | UPPER

/** Character sets a token body may be made of. */
export const SETS = {
  digits: DIGIT,
  hex: DIGIT | HEX_LOWER | HEX_UPPER,
  lower_alnum: DIGIT | LOWER,
  base32_upper: AWS_DIGIT | UPPER,
  alnum: ALNUM,
  word: ALNUM | UNDERSCORE,
  word_dash: ALNUM | UNDERSCORE | DASH,
  word_dot_dash: ALNUM | UNDERSCORE | DASH | DOT,
  base64: ALNUM | PLUS | SLASH | EQUALS,
  base64_any: ALNUM | PLUS | SLASH | EQUALS | UNDERSCORE | DASH,
  bearer: ALNUM | UNDERSCORE | DASH | DOT | TILDE | PLUS | SLASH | EQUALS,
  azure: ALNUM | UNDERSCORE | DASH | DOT | TILDE,
} as const
export type SetName = keyof typeof SETS

/** The character classes of a byte, as a bit set. */
export function classOf(byte: number): number {
  return CLASS[byte] as number
}

/** The character classes of the byte at `i`, which must be inside `b`. */
export function classAt(b: Uint8Array, i: number): number {
  return CLASS[b[i] as number] as number
}

/** End of the run of `mask` that starts at `p`, at most `to`. */
export function runEnd(b: Uint8Array, p: number, to: number, mask: number): number {
  let i = p
  while (i < to && (classAt(b, i) & mask) !== 0) i++
  return i
}

/** Start of the run of `mask` that ends before `p`, at least `from`. */
export function runStart(b: Uint8Array, p: number, from: number, mask: number): number {
  let i = p
  while (i > from && (classAt(b, i - 1) & mask) !== 0) i--
  return i
}

export function isDigit(c: number | undefined): boolean {
  return c !== undefined && c >= 48 && c <= 57
}

export function isAlnum(c: number | undefined): boolean {
  return c !== undefined && (classOf(c) & ALNUM) !== 0
}

function isHex(c: number | undefined): boolean {
  return c !== undefined && (classOf(c) & SETS.hex) !== 0
}

const LETTER_ESCAPES = [0x6e, 0x74, 0x72, 0x62, 0x66]

/** True when an escape ends exactly before `p`: `\\n|`, `\\u300c|`, `\\x1b|`, `%20|`. */
export function isEscapeTail(b: Uint8Array, p: number, from: number): boolean {
  if (b[p - 1] === 0x6d && p - 3 >= from && colourStart(b, p, from) >= 0) return true
  if (p - 2 >= from && b[p - 2] === 0x5c && LETTER_ESCAPES.includes(b[p - 1] as number)) return true
  if (p - 3 >= from && b[p - 3] === 0x25) return isHex(b[p - 2]) && isHex(b[p - 1])
  if (p - 4 >= from && b[p - 4] === 0x5c && b[p - 3] === 0x78) return isHex(b[p - 2])
  return (
    p - 6 >= from && b[p - 6] === 0x5c && b[p - 5] === 0x75 && isHex(b[p - 4]) && isHex(b[p - 1])
  )
}

/** Where a colour code of a terminal begins that ends before `p`: `ESC[36m|`, also with the escape spelled out; -1 = none does. */
function colourStart(b: Uint8Array, p: number, from: number): number {
  let i = p - 1
  const low = Math.max(from, p - 14)
  while (i > low && (isDigit(b[i - 1]) || b[i - 1] === 0x3b)) i--
  if (i <= low || b[i - 1] !== 0x5b) return -1
  i--
  if (i > from && b[i - 1] === 0x1b) return i - 1
  for (const spelled of ['\\u001b', '\\x1b', '\\033', '\\e'])
    if (i - spelled.length >= from && hasWord(b, i - spelled.length, i, spelled))
      return i - spelled.length
  return -1
}

/** `start` moved right past the letters of an escape when a run of letters or digits began inside one. */
export function skipEscape(b: Uint8Array, start: number, from: number): number {
  if (start <= from) return start
  const c = b[start - 1]
  if (c === 0x5b && isDigit(b[start])) {
    const end = colourEnd(b, start)
    if (end > 0 && colourStart(b, end, from) >= 0) return end
  }
  if (c === 0x25) return isHex(b[start]) && isHex(b[start + 1]) ? start + 2 : start
  return c === 0x5c ? pastBackslashEscape(b, start) : pastUnicodeEscape(b, start, from)
}

/** Behind the `m` of `36m` or `1;31m` at `p`; -1 = there is none. */
function colourEnd(b: Uint8Array, p: number): number {
  let i = p
  while (i < p + 10 && (isDigit(b[i]) || b[i] === 0x3b)) i++
  return b[i] === 0x6d ? i + 1 : -1
}

/** Behind `n`, `x41` or `u0041`, before which a backslash stands. */
function pastBackslashEscape(b: Uint8Array, start: number): number {
  if (b[start] === 0x75) return isHex(b[start + 1]) && isHex(b[start + 4]) ? start + 5 : start
  if (b[start] === 0x78) return isHex(b[start + 1]) ? start + 3 : start
  return LETTER_ESCAPES.includes(b[start] as number) ? start + 1 : start
}

/** A run of digits may begin in the middle of the four of a \u escape. */
function pastUnicodeEscape(b: Uint8Array, start: number, from: number): number {
  for (let k = 0; k < 4 && start - k - 2 >= from; k++) {
    const left = b[start - k - 1]
    if (left === 0x75 && b[start - k - 2] === 0x5c) return start - k + 4
    if (!isHex(left)) return start
  }
  return start
}

/** True when nothing of `mask` stands left of `p`: the value begins there, or an escape ends there. */
export function isFreeLeft(b: Uint8Array, p: number, from: number, mask: number): boolean {
  if (p <= from) return true
  if ((classAt(b, p - 1) & mask) === 0) return true
  return isEscapeTail(b, p, from)
}

/** True when `b` holds `ascii` at `p`; letters of `ascii` must be lower-case and match either case. */
export function hasWord(b: Uint8Array, p: number, to: number, ascii: string): boolean {
  if (p < 0 || p + ascii.length > to) return false
  for (let i = 0; i < ascii.length; i++) {
    const want = ascii.charCodeAt(i)
    const c = b[p + i] as number
    if (c !== want && !(want >= 97 && want <= 122 && c === want - 32)) return false
  }
  return true
}

let view: Buffer = Buffer.alloc(0)

/** The range one char a byte. */
export function latinText(b: Uint8Array, from: number, to: number): string {
  if (to <= from) return ''
  // A Buffer over the same memory slices fast; there is one memory for thousands of calls.
  if (view.buffer !== b.buffer) view = Buffer.from(b.buffer)
  return view.latin1Slice(b.byteOffset + from, b.byteOffset + to)
}

/** The same, lower-cased. */
export function lowerText(b: Uint8Array, from: number, to: number): string {
  return latinText(b, from, to).toLowerCase()
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
