// JSON where it lies in the arena, through the kernel of `kernel/json.as`: what is valid, what is canonical already,
// the members of an object, text as a JSON string. No JS value and no JS string is made.
// Measured 2026-11, canonical messages of the bench's traffic: 0.9 GB/s in JS (`testing/json-bytes.ts`), 4 GB/s here.

import type { Arena } from '../../../core/arena.ts'
import { KERNEL } from '../kernel/json.generated.ts'

/** What `check` asks for: any JSON, or an array of canonical messages, parts, tools, documents; or one canonical tool. */
export const SHAPE = { ANY: 0, MESSAGES: 1, PARTS: 2, TOOLS: 3, DOCUMENTS: 4, TOOL: 5 } as const

/** Answers of `check`. MULTILINE: valid, but with a newline between tokens, so that it cannot be printed as it is. */
export const ANSWER = { NO: 0, YES: 1, MULTILINE: 2 } as const

/** Columns of a row of `members`. A string's range is without quotes. */
export const MEMBER = { KEY_OFF: 0, KEY_LEN: 1, OFF: 2, LEN: 3, KIND: 4 } as const
export const MEMBER_STRIDE = 5
/** ESCAPED: a string with escapes in it. */
export const KIND = {
  STRING: 1,
  ESCAPED: 2,
  NUMBER: 3,
  TRUE: 4,
  FALSE: 5,
  NULL: 6,
  OBJECT: 7,
  ARRAY: 8,
} as const

/** More members than this are left to JSON.parse. */
export const MEMBERS_MAX = 64
/** The kernel reads and writes a little beyond its ranges. */
const SLACK = 64
/** Ranges remembered by `isRepeatedly`. */
const KNOWN = 32

interface Exports {
  check(off: number, len: number, shape: number): number
  reasonCount(): number
  lastReasonOff(): number
  lastReasonLen(): number
  members(off: number, len: number, out: number, max: number): number
  stringMember(off: number, len: number, name: number, nameLen: number): number
  foundLength(): number
  same(a: number, b: number, len: number): number
  contains(off: number, len: number, needle: number, needleLen: number): number
  escapedMax(off: number, len: number): number
  write(list: number, count: number, out: number): number
}

let module: WebAssembly.Module | null = null

export class JsonKernel {
  /** Rows of the last `members`. */
  readonly rows = new Int32Array(MEMBERS_MAX * MEMBER_STRIDE)
  #arena!: Arena
  #exports!: Exports
  /** The memory as words, and the arena's bytes that it is as old as. */
  #words = new Int32Array(0)
  #wordsAre: Uint8Array | null = null
  /** By length: a range of this batch that had the shape, and the shape. */
  readonly #knownOff = new Int32Array(KNOWN)
  readonly #knownLen = new Int32Array(KNOWN)
  readonly #knownShape = new Int32Array(KNOWN)
  #owner: Arena | null = null
  #generation = -1

  /** Begins a batch: from here on ranges are of this arena. */
  bind(arena: Arena): void {
    this.#arena = arena
    this.#knownLen.fill(0)
    if (this.#owner === arena && this.#generation === arena.generation) return
    module ??= new WebAssembly.Module(Uint8Array.from(Buffer.from(KERNEL, 'base64')))
    const { exports } = new WebAssembly.Instance(module, { env: { memory: arena.memory } })
    // The module exports exactly these: `kernel/json.as`. Copied, because the object that V8 makes of them is a hash table.
    this.#exports = { ...(exports as unknown as Exports) }
    this.#owner = arena
    this.#generation = arena.generation
  }

  check(off: number, len: number, shape: number): number {
    this.#slack(off + len)
    return this.#exports.check(off, len, shape)
  }

  /**
   * True when `check` says YES. For what applications send with every call (tools, instructions): text that is byte for
   * byte what stood in another span of the batch is compared, not read again.
   */
  isRepeatedly(off: number, len: number, shape: number): boolean {
    const slot = (len ^ (len >>> 5)) & (KNOWN - 1)
    if (this.#knownLen[slot] === len && this.#knownShape[slot] === shape) {
      this.#slack(off + len)
      if (this.#exports.same(this.#knownOff[slot] as number, off, len) === 1) return true
    }
    if (this.check(off, len, shape) !== ANSWER.YES) return false
    this.#knownOff[slot] = off
    this.#knownLen[slot] = len
    this.#knownShape[slot] = shape
    return true
  }

  isJson(off: number, len: number): boolean {
    return this.check(off, len, SHAPE.ANY) === ANSWER.YES
  }

  /** Reads the members of the object in the range into `rows`; how many, -1 when they must be read by JSON.parse. */
  members(off: number, len: number): number {
    const arena = this.#arena
    const top = arena.top
    const bytes = MEMBERS_MAX * MEMBER_STRIDE * 4
    const out = (arena.reserve(bytes + SLACK + 4) + 3) & ~3
    arena.top = top
    const count = this.#exports.members(off, len, out, MEMBERS_MAX)
    if (count > 0) {
      const words = this.#wordsOf(arena)
      for (let i = 0, at = out >> 2; i < count * MEMBER_STRIDE; i++)
        this.rows[i] = words[at + i] as number
    }
    return count
  }

  /** How many finish reasons the messages of the last `check` have. */
  reasonCount(): number {
    return this.#exports.reasonCount()
  }

  lastReasonOff(): number {
    return this.#exports.lastReasonOff()
  }

  lastReasonLen(): number {
    return this.#exports.lastReasonLen()
  }

  /** Row of the member of that name among the first `count` rows, -1 when there is none. */
  memberNamed(count: number, name: string): number {
    const { rows } = this
    for (let row = 0; row < count * MEMBER_STRIDE; row += MEMBER_STRIDE)
      if (this.#arena.equals(rows[row] as number, rows[row + MEMBER.KEY_LEN] as number, name))
        return row
    return -1
  }

  /**
   * Offset of the first string member named by the literal in the object, without its quote, or -1; length in
   * `foundLength`. Nothing behind it is looked at.
   */
  stringMember(off: number, len: number, literal: number): number {
    const arena = this.#arena
    this.#slack(off + len)
    const nameLen = arena.literalLen(literal)
    return this.#exports.stringMember(off, len, arena.literalOff(literal), nameLen)
  }

  foundLength(): number {
    return this.#exports.foundLength()
  }

  /** True when the range holds the literal, which has at least two bytes. */
  contains(off: number, len: number, literal: number): boolean {
    const arena = this.#arena
    this.#slack(off + len)
    return (
      this.#exports.contains(off, len, arena.literalOff(literal), arena.literalLen(literal)) === 1
    )
  }

  /**
   * Writes pieces at the arena's top: `list` has two numbers for each, see the kernel. `room`: bytes they may take at most,
   * when every byte of text needs the longest escape. Returns how many bytes it wrote.
   */
  write(list: Int32Array, length: number, room: number): number {
    const arena = this.#arena
    let most = room
    if (arena.top + room + length * 4 + SLACK > arena.bytes.length) {
      most = this.#exactRoom(list, length)
      this.ensure(most + length * 4 + SLACK)
    }
    // Behind what will be written, where nothing is yet.
    const at = (arena.top + most + SLACK) >> 2
    const words = this.#wordsOf(arena)
    for (let i = 0; i < length; i++) words[at + i] = list[i] as number
    const size = this.#exports.write(at * 4, length >> 1, arena.top)
    arena.top += size
    return size
  }

  #exactRoom(list: Int32Array, length: number): number {
    let room = 0
    for (let i = 0; i < length; i += 2) {
      const len = list[i + 1] as number
      if (len === 0) room++
      else room += len > 0 ? len : this.#exports.escapedMax(list[i] as number, ~len) + 2
    }
    return room
  }

  #wordsOf(arena: Arena): Int32Array {
    if (this.#wordsAre !== arena.bytes) {
      this.#wordsAre = arena.bytes
      this.#words = new Int32Array(arena.memory.buffer)
    }
    return this.#words
  }

  /** Makes sure that `n` bytes and the kernel's slack follow the arena's top. */
  ensure(n: number): void {
    const top = this.#arena.top
    this.#arena.reserve(n + SLACK)
    this.#arena.top = top
  }

  #slack(to: number): void {
    if (to + SLACK > this.#arena.bytes.length) this.ensure(SLACK)
  }
}
