// Looks up short words (span kinds, provider names, operations) in the arena without creating a JS string. The case
// of ASCII letters does not matter.

export class ByteWords {
  readonly #slots: Int32Array
  readonly #mask: number
  readonly #words: Uint8Array[] = []
  readonly #values: number[] = []

  /** `entries` has words and the numbers (>= 0) that `find` returns for them. */
  constructor(entries: Iterable<readonly [string, number]>) {
    const list = [...entries]
    let size = 16
    while (size < list.length * 4) size *= 2
    this.#slots = new Int32Array(size).fill(-1)
    this.#mask = size - 1
    for (const [word, value] of list) this.#add(Buffer.from(word.toLowerCase(), 'latin1'), value)
  }

  /** The number of the word in the range, or -1. */
  find(bytes: Uint8Array, off: number, len: number): number {
    if (len > 64) return -1
    let slot = hashOf(bytes, off, len) & this.#mask
    for (;;) {
      const i = this.#slots[slot] as number
      if (i < 0) return -1
      if (isSame(this.#words[i] as Uint8Array, bytes, off, len)) return this.#values[i] as number
      slot = (slot + 1) & this.#mask
    }
  }

  #add(word: Uint8Array, value: number): void {
    let slot = hashOf(word, 0, word.length) & this.#mask
    while ((this.#slots[slot] as number) >= 0) {
      // The first entry of a word is used, because tables list the more specific one first.
      if (isSame(this.#words[this.#slots[slot] as number] as Uint8Array, word, 0, word.length))
        return
      slot = (slot + 1) & this.#mask
    }
    this.#slots[slot] = this.#words.length
    this.#words.push(word)
    this.#values.push(value)
  }
}

function lower(c: number): number {
  return c >= 65 && c <= 90 ? c + 32 : c
}

function hashOf(bytes: Uint8Array, off: number, len: number): number {
  let h = len
  for (let i = off, end = off + len; i < end; i++)
    h = (Math.imul(h, 31) + lower(bytes[i] as number)) | 0
  return (h ^ (h >>> 13)) & 0x7fffffff
}

function isSame(word: Uint8Array, bytes: Uint8Array, off: number, len: number): boolean {
  if (word.length !== len) return false
  for (let i = 0; i < len; i++) if (word[i] !== lower(bytes[off + i] as number)) return false
  return true
}
