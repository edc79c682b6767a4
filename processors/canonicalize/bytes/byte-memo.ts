// Remembers a result for a short value by the value's bytes. Few values are repeated often, and they can be
// recognised without creating strings. The memory is bounded: each slot has one entry, and the newer one stays.

const SLOTS = 64
const BYTES_MAX = 128

interface Entry<T> {
  readonly bytes: Uint8Array
  readonly value: T
}

export class ByteMemo<T> {
  readonly #entries: (Entry<T> | undefined)[] = Array.from({ length: SLOTS })

  find(b: Uint8Array, off: number, len: number): T | undefined {
    const entry = this.#entries[slotOf(b, off, len)]
    if (entry === undefined) return undefined
    const { bytes } = entry
    if (bytes.length !== len) return undefined
    for (let i = 0; i < len; i++) if (bytes[i] !== b[off + i]) return undefined
    return entry.value
  }

  add(b: Uint8Array, off: number, len: number, value: T): void {
    if (len > BYTES_MAX) return
    this.#entries[slotOf(b, off, len)] = { bytes: b.slice(off, off + len), value }
  }
}

/** A few bytes distinguish most values. All bytes are compared afterwards. */
function slotOf(b: Uint8Array, off: number, len: number): number {
  if (len === 0) return 0
  const h = (len * 31 + (b[off] as number)) * 31 + (b[off + len - 1] as number)
  return (h * 31 + (b[off + (len >> 1)] as number) * 7) & (SLOTS - 1)
}
