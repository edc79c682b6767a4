// Prices found lately, by the bytes of provider and model: an application calls few models, and their names need not
// become strings to be recognised. Bounded: one entry a slot, the newer one stays.
// Measured 2026-11: 0.05 µs a look-up, 0.25 µs with strings and a Map.

const SLOTS = 512
const BYTES_MAX = 256

interface Entry<T> {
  /** Provider, then model. */
  readonly bytes: Uint8Array
  readonly providerLen: number
  readonly price: T | null
}

/** `T`: what a price is to whoever remembers it. */
export class PriceMemo<T> {
  readonly #entries: (Entry<T> | undefined)[] = Array.from({ length: SLOTS })
  #slot = 0

  /** The price remembered for the two ranges (length below 0: not said), undefined when there is none. */
  find(
    b: Uint8Array,
    providerOff: number,
    providerLen: number,
    modelOff: number,
    modelLen: number,
  ): T | null | undefined {
    // A few bytes tell the models of an application apart; all of them are compared below.
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
    const { bytes } = entry
    const from = Math.max(0, providerLen)
    if (bytes.length !== from + modelLen) return undefined
    for (let i = 0; i < from; i++) if (bytes[i] !== b[providerOff + i]) return undefined
    for (let i = 0; i < modelLen; i++) if (bytes[from + i] !== b[modelOff + i]) return undefined
    return entry.price
  }

  /** Remembers the price of what was looked for last. */
  add(
    b: Uint8Array,
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
    this.#entries[this.#slot] = { bytes, providerLen, price }
  }
}
