// A strict JSON tokenizer (RFC 8259) over bytes, which reports positions and copies nothing. Depth is limited,
// numbers stay text, and strings may contain invalid UTF-8, which the code that stores them repairs.

import { malformed } from '../refusal.ts'

/** Far more than 64 levels of OTLP values need (three JSON levels each), and far less than the stack allows. */
export const JSON_DEPTH_MAX = 300
const QUOTE = 0x22
const BACKSLASH = 0x5c
/** 0 for an ordinary byte of a string. Quote, backslash and control characters end a run of them. */
const STOPS = new Uint8Array(256)
  .fill(1, 0, 0x20)
  .fill(1, QUOTE, QUOTE + 1)
  .fill(1, BACKSLASH, BACKSLASH + 1)

export class JsonScanner {
  b: Uint8Array
  p: number
  end: number
  /** The last string: its content between the quotes, and whether it has escapes. */
  strOff = 0
  strLen = 0
  hasEscapes = false
  /** The offset of the document. Positions in messages are counted from here. */
  base: number

  constructor(b: Uint8Array, start = 0, end = b.length) {
    this.b = b
    this.p = start
    this.end = end
    this.base = start
  }

  /** Continues at the same position of `bytes`, to which the document was moved when the memory of the arena grew. */
  continueIn(bytes: Uint8Array): void {
    this.b = bytes
  }

  /** Skips white space and returns the next byte without consuming it, or -1 at the end. */
  peek(): number {
    const b = this.b
    while (this.p < this.end) {
      const c = b[this.p] as number
      if (c > 0x20 || (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09)) return c
      this.p++
    }
    return -1
  }

  fail(what: string): never {
    throw malformed(`The JSON is not valid: ${what} at byte ${this.p - this.base}.`)
  }

  /** Consumes the byte `c`. */
  expect(c: number): void {
    if (this.peek() !== c) this.fail(`expected "${String.fromCharCode(c)}"`)
    this.p++
  }

  /** Skips a UTF-8 byte-order mark at the beginning. */
  skipMark(): void {
    const { b, p } = this
    if (b[p] === 0xef && b[p + 1] === 0xbb && b[p + 2] === 0xbf) this.p += 3
  }

  /** True when only white space is left. */
  isAtEnd(): boolean {
    return this.peek() === -1
  }

  /** Reads a string. Its position is in `strOff`, `strLen`, `hasEscapes`. */
  string(): void {
    if (this.peek() !== QUOTE) this.fail('expected a string')
    const { b, end } = this
    let p = this.p + 1
    this.strOff = p
    this.hasEscapes = false
    for (;;) {
      // After the end of `b` the table returns undefined, which is not 0 either.
      while (STOPS[b[p] as number] === 0) p++
      if (p >= end) break
      const c = b[p] as number
      if (c === QUOTE) break
      if (c !== BACKSLASH) {
        this.p = p
        this.fail('a control character in a string')
      }
      this.hasEscapes = true
      p = this.#escape(p)
    }
    if (p >= end) {
      this.p = end
      this.fail('a string is not closed')
    }
    this.strLen = p - this.strOff
    this.p = p + 1
  }

  /** Checks the escape at `p` and returns the position after it. */
  #escape(p: number): number {
    const { b, end } = this
    const c = b[p + 1]
    if (p + 1 < end && c === 0x75) {
      if (p + 6 <= end && hex4(b, p + 2) >= 0) return p + 6
    } else if (p + 1 < end && c !== undefined && unescaped(c) >= 0) return p + 2
    this.p = p
    return this.fail('a bad escape')
  }

  /** Consumes a number and returns where it began. It ends at `p`. */
  number(): number {
    this.peek()
    const start = this.p
    let p = start
    const first = this.#at(p)
    if (first !== 0x2d && (first < 0x30 || first > 0x39)) this.fail('a value is missing')
    if (first === 0x2d) p++
    if (this.#at(p) === 0x30) p++
    else p = this.#digits(p)
    if (this.#at(p) === 0x2e) p = this.#digits(p + 1)
    if (this.#at(p) === 0x65 || this.#at(p) === 0x45) {
      p++
      if (this.#at(p) === 0x2b || this.#at(p) === 0x2d) p++
      p = this.#digits(p)
    }
    this.p = p
    return start
  }

  #at(p: number): number {
    return p < this.end ? (this.b[p] as number) : -1
  }

  #digits(at: number): number {
    let p = at
    while (p < this.end && (this.b[p] as number) >= 0x30 && (this.b[p] as number) <= 0x39) p++
    if (p === at) {
      this.p = Math.min(p, this.end)
      this.fail('expected a digit')
    }
    return p
  }

  /** Consumes `true`, `false` or `null`. */
  word(text: 'true' | 'false' | 'null'): void {
    for (let i = 0; i < text.length; i++)
      if (this.p + i >= this.end || this.b[this.p + i] !== text.charCodeAt(i))
        this.fail('an unknown word')
    this.p += text.length
  }

  /** Consumes and checks any value. */
  skip(depth = 0): void {
    const c = this.peek()
    if (c === QUOTE) return this.string()
    if (c === 0x7b) return this.#skipObject(depth)
    if (c === 0x5b) return this.#skipArray(depth)
    if (c === 0x74) return this.word('true')
    if (c === 0x66) return this.word('false')
    if (c === 0x6e) return this.word('null')
    this.number()
  }

  #deeper(depth: number): number {
    if (depth >= JSON_DEPTH_MAX) throw malformed('The JSON is nested too deep.')
    return depth + 1
  }

  #skipObject(depth: number): void {
    const inner = this.#deeper(depth)
    for (let more = this.open(0x7d); more; more = this.next(0x7d)) {
      this.string()
      this.expect(0x3a)
      this.skip(inner)
    }
  }

  #skipArray(depth: number): void {
    const inner = this.#deeper(depth)
    for (let more = this.open(0x5d); more; more = this.next(0x5d)) this.skip(inner)
  }

  /**
   * Consumes the opening bracket. Returns true when an element follows; otherwise the closing bracket was consumed
   * too.
   */
  open(close: number): boolean {
    this.p++
    if (this.peek() !== close) return true
    this.p++
    return false
  }

  /** Called after an element. Returns true when a comma was consumed, false when it was the closing bracket. */
  next(close: number): boolean {
    const c = this.peek()
    if (c !== 0x2c && c !== close) this.fail('expected a comma or a closing bracket')
    this.p++
    return c === 0x2c
  }
}

/**
 * Writes the text of a JSON string (its content between the quotes, checked by `JsonScanner`) to `to` at `at`, and
 * returns the end. The text is never longer than the input. Lone surrogates become U+FFFD.
 */
export function unescape(
  to: Uint8Array,
  at: number,
  b: Uint8Array,
  off: number,
  len: number,
): number {
  let p = at
  const end = off + len
  for (let i = off; i < end; i++) {
    const c = b[i] as number
    if (c !== BACKSLASH) to[p++] = c
    else if (b[i + 1] !== 0x75) to[p++] = unescaped(b[++i] as number)
    else {
      let code = hex4(b, i + 2)
      i += 5
      if (code >= 0xd800 && code < 0xe000) {
        const low =
          b[i + 1] === BACKSLASH && b[i + 2] === 0x75 && i + 7 <= end ? hex4(b, i + 3) : -1
        if (code < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
          code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00)
          i += 6
        } else code = 0xfffd
      }
      p = putChar(to, p, code)
    }
  }
  return p
}

/** Writes a code point as UTF-8 and returns the end. */
function putChar(to: Uint8Array, at: number, code: number): number {
  let p = at
  if (code < 0x80) {
    to[p++] = code
    return p
  }
  if (code < 0x800) to[p++] = 0xc0 | (code >> 6)
  else {
    if (code < 0x10000) to[p++] = 0xe0 | (code >> 12)
    else {
      to[p++] = 0xf0 | (code >> 18)
      to[p++] = 0x80 | ((code >> 12) & 63)
    }
    to[p++] = 0x80 | ((code >> 6) & 63)
  }
  to[p++] = 0x80 | (code & 63)
  return p
}

/** The byte that `\c` denotes, or -1 when it is no escape. */
function unescaped(c: number): number {
  switch (c) {
    case 0x22:
    case 0x5c:
    case 0x2f:
      return c
    case 0x62:
      return 8
    case 0x66:
      return 12
    case 0x6e:
      return 10
    case 0x72:
      return 13
    case 0x74:
      return 9
    default:
      return -1
  }
}

/** The value of four hex digits, or -1 when one of them is none. */
function hex4(b: Uint8Array, off: number): number {
  let v = 0
  for (let i = 0; i < 4; i++) {
    const d = hexDigit(b[off + i] as number)
    if (d < 0) return -1
    v = v * 16 + d
  }
  return v
}

export function hexDigit(c: number): number {
  if (c >= 0x30 && c <= 0x39) return c - 0x30
  if (c >= 0x61 && c <= 0x66) return c - 0x57
  return c >= 0x41 && c <= 0x46 ? c - 0x37 : -1
}
