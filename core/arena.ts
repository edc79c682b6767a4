// The one address space of a worker. Request payloads, edited values and literals are all byte ranges (offset, length)
// of one WebAssembly memory: WASM code can read and write them in place, and an encoder can copy a range without
// knowing where it came from. What the bytes mean is left to others: `batch.ts` keeps the tables over them, `event.ts`
// the fields made from them.

/**
 * Bytes at the start of the memory that belong to WASM code (its tables and scratch space). The arena never hands
 * them out.
 */
export const KERNEL_BYTES = 256 * 1024
/** Space for literals: strings such as "llm" or a provider's name, which stay in memory from batch to batch. */
const LITERAL_BYTES = 512 * 1024
const LITERALS_END = KERNEL_BYTES + LITERAL_BYTES
const PAGE = 65_536
/** Above this size the memory is replaced after the batch, because WASM memory cannot shrink. */
const KEEP_BYTES_MAX = 96 * 1024 * 1024

/**
 * A growing byte arena in a `WebAssembly.Memory`. `bytes`, `buf` and `view` are replaced whenever the memory grows, so
 * read them from the arena again after every call that may append.
 */
export class Arena {
  memory: WebAssembly.Memory
  bytes!: Uint8Array
  buf!: Buffer
  view!: DataView
  /** Offset of the next free byte. */
  top = LITERALS_END
  /** Length in bytes of what the last `append...` call wrote. */
  lastLen = 0
  /** How often everything was freed. An offset that was noted at another count says nothing. */
  resets = 0
  /** Raised each time the memory object is replaced. WASM instances that use the memory must then be created again. */
  generation = 0
  readonly #literals = new Map<string, number>()
  #literalTop = KERNEL_BYTES
  readonly #literalOff: number[] = []
  readonly #literalLen: number[] = []

  constructor(initialBytes = 4 * 1024 * 1024) {
    this.memory = new WebAssembly.Memory({ initial: Math.ceil(initialBytes / PAGE) + 16 })
    this.#refresh()
  }

  /** Frees everything except the literals. Offsets that were handed out before are no longer valid. */
  reset(): void {
    this.top = LITERALS_END
    this.resets++
    if (this.bytes.length > KEEP_BYTES_MAX) this.#replaceMemory()
  }

  /** Reserves `n` bytes and returns their offset. The bytes are not cleared. */
  reserve(length: number): number {
    const off = this.top
    const end = off + length
    if (end > this.bytes.length) this.#grow(end)
    this.top = end
    return off
  }

  /** Makes room for `n` bytes behind the used ones and returns their offset. They stay free, for results that are read at once. */
  scratch(length: number): number {
    const { top } = this
    const off = this.reserve(length)
    this.top = top
    return off
  }

  /** Gives back all bytes from `end` on, which must be reserved and unused. */
  release(end: number): void {
    this.top = end
  }

  /** Copies `src` into the arena and returns its offset. */
  append(src: Uint8Array): number {
    const off = this.reserve(src.length)
    this.bytes.set(src, off)
    this.lastLen = src.length
    return off
  }

  /** Writes a JS string as UTF-8 (lone surrogates become U+FFFD) and returns its offset. `lastLen` has the length. */
  appendText(text: string): number {
    const max = text.length * 3
    const off = this.reserve(max)
    const written = this.buf.utf8Write(text, off, max)
    this.top = off + written
    this.lastLen = written
    return off
  }

  /** Does the same as `appendText` for a short ASCII string, faster than a call into native code. */
  appendAscii(text: string): number {
    const n = text.length
    const off = this.reserve(n)
    const b = this.bytes
    for (let i = 0; i < n; i++) b[off + i] = text.charCodeAt(i)
    this.lastLen = n
    return off
  }

  /** Decodes the range as UTF-8; invalid bytes become U+FFFD. */
  text(off: number, len: number): string {
    return len === 0 ? '' : this.buf.utf8Slice(off, off + len)
  }

  /**
   * Decodes the range as Latin-1, one character for each byte. Use this only for ASCII, such as numbers and most keys.
   */
  latin1(off: number, len: number): string {
    return len === 0 ? '' : this.buf.latin1Slice(off, off + len)
  }

  /** True when the range holds exactly `s` (ASCII). */
  equals(off: number, len: number, text: string): boolean {
    if (len !== text.length) return false
    const b = this.bytes
    for (let i = 0; i < len; i++) if (b[off + i] !== text.charCodeAt(i)) return false
    return true
  }

  /**
   * Stores a string for the life of the arena and returns its id. Call this at start-up or for a bounded vocabulary
   * only. Returns -1 when the space for literals is full; the caller then appends the string instead.
   */
  literal(text: string): number {
    const known = this.#literals.get(text)
    if (known !== undefined) return known
    const bytes = Buffer.from(text, 'utf8')
    if (this.#literalTop + bytes.length > LITERALS_END) return -1
    this.bytes.set(bytes, this.#literalTop)
    const id = this.#literalOff.length
    this.#literalOff.push(this.#literalTop)
    this.#literalLen.push(bytes.length)
    this.#literalTop += bytes.length
    this.#literals.set(text, id)
    return id
  }

  literalOff(id: number): number {
    return this.#literalOff[id] as number
  }

  literalLen(id: number): number {
    return this.#literalLen[id] as number
  }

  #grow(end: number): void {
    const want = Math.max(
      end,
      Math.min(this.bytes.length * 2, this.bytes.length + 64 * 1024 * 1024),
    )
    this.memory.grow(Math.ceil((want - this.bytes.length) / PAGE))
    this.#refresh()
  }

  #replaceMemory(): void {
    const literals = this.bytes.slice(KERNEL_BYTES, this.#literalTop)
    this.memory = new WebAssembly.Memory({ initial: 16 + 64 })
    this.generation++
    this.#refresh()
    this.bytes.set(literals, KERNEL_BYTES)
  }

  #refresh(): void {
    const ab = this.memory.buffer
    this.bytes = new Uint8Array(ab)
    this.buf = Buffer.from(ab)
    this.view = new DataView(ab)
  }
}

/** A string that is used as a literal again and again. Its id is looked up once for each arena. */
export class Literal {
  readonly text: string
  #arena: Arena | null = null
  #id = -1

  constructor(text: string) {
    this.text = text
  }

  /** The id of the literal; -1 when the arena has no room for it. */
  id(arena: Arena): number {
    if (this.#arena !== arena) {
      this.#arena = arena
      this.#id = arena.literal(this.text)
    }
    return this.#id
  }
}

declare global {
  // Node's Buffer has these fast methods, but @types/node does not declare them.
  interface Buffer {
    utf8Slice(start: number, end: number): string
    latin1Slice(start: number, end: number): string
    utf8Write(s: string, offset: number, length: number): number
    latin1Write(s: string, offset: number, length: number): number
  }
}
