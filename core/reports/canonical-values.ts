// Those values of an incoming canonical event that need no scrubbing. Its texts are attributes of its row
// (`proto/canonical-events.ts`).

export interface CanonicalValues {
  /** Pairs of the index of a number field and its value. */
  readonly numbers: readonly number[]
  /**
   * Triples of the index of a range field, an offset and a length. The fields are ids, times and the record of what was
   * removed.
   */
  readonly ranges: readonly number[]
}
