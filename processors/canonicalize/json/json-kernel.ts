// Reads JSON in the arena with the WebAssembly kernel of `kernel/json.as`: whether it is valid, whether it is already
// canonical, the members of an object, text as a JSON string. It creates no JS values or strings. Measured 2026-11
// with the canonical messages of the bench's traffic: 0.9 GB/s in JS (`testing/json-bytes.ts`), 4 GB/s here.

import type { Arena } from '../../../core/arena.ts'
import { KERNEL } from '../kernel/json.generated.ts'

/**
 * What `check` tests for: any JSON, or an array of canonical messages, parts, tools or documents, or one canonical
 * tool.
 */
export const SHAPE = { ANY: 0, MESSAGES: 1, PARTS: 2, TOOLS: 3, DOCUMENTS: 4, TOOL: 5 } as const

/**
 * Results of `check`. MULTILINE: valid, but with a newline between tokens, so that it cannot be printed unchanged.
 */
export const ANSWER = { NO: 0, YES: 1, MULTILINE: 2 } as const

/** The columns of a row of `members`. A string's range excludes the quotes. */
export const MEMBER = { KEY_OFF: 0, KEY_LEN: 1, OFF: 2, LEN: 3, KIND: 4 } as const
export const MEMBER_STRIDE = 5
/** ESCAPED is a string that contains escapes. */
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

/** Objects with more members are parsed with JSON.parse. */
export const MEMBERS_MAX = 64
/** The kernel reads and writes a few bytes beyond its ranges. */
const SLACK = 64
/** How many ranges `isRepeatedly` remembers. */
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
  /** The rows of the last `members`. */
  readonly rows = new Int32Array(MEMBERS_MAX * MEMBER_STRIDE)
  #arena!: Arena
  #exports!: Exports
  /** The memory as words, and the arena's bytes at the time when this view was made. */
  #words = new Int32Array(0)
  #wordsAre: Uint8Array | null = null
  /** By length: a range of this batch that had the shape, and the shape. */
  readonly #knownOff = new Int32Array(KNOWN)
  readonly #knownLen = new Int32Array(KNOWN)
  readonly #knownShape = new Int32Array(KNOWN)
  #owner: Arena | null = null
  #generation = -1

  /** Begins a batch, whose ranges are in this arena. */
  bind(arena: Arena): void {
    this.#arena = arena
    this.#knownLen.fill(0)
    if (this.#owner === arena && this.#generation === arena.generation) return
    module ??= new WebAssembly.Module(Uint8Array.from(Buffer.from(KERNEL, 'base64')))
    const { exports } = new WebAssembly.Instance(module, { env: { memory: arena.memory } })
    // The module exports exactly these functions (`kernel/json.as`). They are copied, because V8's object for them is
    // a slow hash table.
    this.#exports = { ...(exports as unknown as Exports) }
    this.#owner = arena
    this.#generation = arena.generation
  }

  check(off: number, len: number, shape: number): number {
    this.#slack(off + len)
    return this.#exports.check(off, len, shape)
  }

  /**
   * True when `check` returns YES. Applications send some texts with every call (tools, instructions). If the text
   * equals that of an earlier span of the batch, it is compared and not checked again.
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

  /**
   * Reads the members of the object in the range into `rows`. Returns how many, or -1 when JSON.parse must be used.
   */
  members(off: number, len: number): number {
    const arena = this.#arena
    const bytes = MEMBERS_MAX * MEMBER_STRIDE * 4
    const out = (arena.scratch(bytes + SLACK + 4) + 3) & ~3
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

  /** The row of the member with that name among the first `count` rows, or -1. */
  memberNamed(count: number, name: string): number {
    const { rows } = this
    for (let row = 0; row < count * MEMBER_STRIDE; row += MEMBER_STRIDE)
      if (this.#arena.equals(rows[row] as number, rows[row + MEMBER.KEY_LEN] as number, name))
        return row
    return -1
  }

  /**
   * The offset of the first string member of the object whose name is the literal, without its quote, or -1. The
   * length is in `foundLength`. Nothing after it is read.
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

  /** True when the range contains the literal, which has at least two bytes. */
  contains(off: number, len: number, literal: number): boolean {
    const arena = this.#arena
    this.#slack(off + len)
    return (
      this.#exports.contains(off, len, arena.literalOff(literal), arena.literalLen(literal)) === 1
    )
  }

  /**
   * Writes pieces at the top of the arena and returns the number of bytes. `list` has two numbers for each piece, see
   * the kernel. `room` is the most bytes that they may take, when every byte of text needs the longest escape.
   */
  write(list: Int32Array, length: number, room: number): number {
    const arena = this.#arena
    let most = room
    if (arena.top + room + length * 4 + SLACK > arena.bytes.length) {
      most = this.#exactRoom(list, length)
      this.ensure(most + length * 4 + SLACK)
    }
    // This position is after everything that will be written, where the memory is unused.
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

  /** Ensures that `n` bytes, and the bytes that the kernel may touch beyond, follow the arena's top. */
  ensure(n: number): void {
    this.#arena.scratch(n + SLACK)
  }

  #slack(to: number): void {
    if (to + SLACK > this.#arena.bytes.length) this.ensure(SLACK)
  }
}
