// One value to be judged: where it stands in some bytes, what the name of its field says, and the candidates that a scan
// found in it. Callers keep one and set it anew for each value, so that judging allocates nothing; whoever judges
// must not keep it.

import { type KeyMeaning, NO_MEANING } from './key-meaning.ts'

/** A part of some bytes. */
export interface Range {
  readonly from: number
  readonly to: number
}

export class ValueRange {
  bytes: Uint8Array = new Uint8Array(0)
  from = 0
  to = 0
  /** What the name of the field says. */
  meaning: KeyMeaning = NO_MEANING
  /** The attribute key, field or header it stands under; null = none. */
  key: string | null = null
  /** Pairs (position, id) of a scan over the bytes; null = the value was not scanned yet. */
  candidates: Int32Array | null = null
  /** Number of the first candidate in the value, and of the first one behind it. */
  firstCandidate = 0
  endCandidate = 0

  /** A value of its own: nothing is known of its field, and it was not scanned. */
  set(bytes: Uint8Array, from: number, to: number): this {
    this.bytes = bytes
    this.from = from
    this.to = to
    this.meaning = NO_MEANING
    this.key = null
    this.candidates = null
    return this
  }

  /** The field it stands under. */
  under(meaning: KeyMeaning, key: string | null): this {
    this.meaning = meaning
    this.key = key
    return this
  }

  /** The candidates `[first, end)` of a scan lie in it. */
  scanned(candidates: Int32Array, first: number, end: number): this {
    this.candidates = candidates
    this.firstCandidate = first
    this.endCandidate = end
    return this
  }
}
