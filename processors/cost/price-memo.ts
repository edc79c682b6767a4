// Recent price look-ups by the bytes of two names: a provider, or the host of one, and a model. An application calls few
// models, and their names can be recognised without creating strings. The memory is bounded: each slot has one entry, and
// the newer one stays. Measured 2026-11: 0.05 µs a look-up, 0.25 µs with strings and a Map.

import type { Arena } from '../../core/arena.ts'

const SLOTS = 512
const BYTES_MAX = 256

interface Entry<T> {
  /** The bytes of the provider, then of the model. */
  readonly bytes: DataView
  readonly providerLen: number
  readonly price: T | null
}

/** `T` is the type of the remembered price. */
export class PriceMemo<T> {
  readonly #entries: (Entry<T> | undefined)[] = Array.from({ length: SLOTS })
  #slot = 0

  /** The price remembered for the two ranges, or undefined. A length below 0 means that the value is absent. */
  find(
    { bytes: b, view }: Arena,
    providerOff: number,
    providerLen: number,
    modelOff: number,
    modelLen: number,
  ): T | null | undefined {
    // A few bytes distinguish the models of an application. All bytes are compared below.
    let h = providerLen * 31 + modelLen
    if (providerLen > 0) h = h * 31 + (b[providerOff] as number)
    if (modelLen > 0)
      h =
        (h * 31 + (b[modelOff + modelLen - 1] as number)) * 31 +
        (b[modelOff + (modelLen >> 1)] as number) * 7 +
        (b[modelOff + (modelLen >> 2)] as number)
    this.#slot = h & (SLOTS - 1)
    const entry = this.#entries[this.#slot]
    if (entry === undefined || entry.providerLen !== providerLen) return undefined
    const from = Math.max(0, providerLen)
    if (entry.bytes.byteLength !== from + modelLen) return undefined
    const isKnown =
      isSame(entry.bytes, 0, view, providerOff, from) &&
      isSame(entry.bytes, from, view, modelOff, modelLen)
    return isKnown ? entry.price : undefined
  }

  /** Remembers the price for the last look-up. */
  add(
    { bytes: b }: Arena,
    providerOff: number,
    providerLen: number,
    modelOff: number,
    modelLen: number,
    price: T | null,
  ): void {
    const from = Math.max(0, providerLen)
    if (from + modelLen > BYTES_MAX) return
    const bytes = new Uint8Array(from + modelLen)
    bytes.set(b.subarray(providerOff, providerOff + from))
    bytes.set(b.subarray(modelOff, modelOff + modelLen), from)
    this.#entries[this.#slot] = { bytes: new DataView(bytes.buffer), providerLen, price }
  }
}

function isSame(a: DataView, aOff: number, b: DataView, bOff: number, len: number): boolean {
  let i = 0
  for (; i + 4 <= len; i += 4)
    if (a.getInt32(aOff + i, true) !== b.getInt32(bOff + i, true)) return false
  for (; i < len; i++) if (a.getUint8(aOff + i) !== b.getUint8(bOff + i)) return false
  return true
}
