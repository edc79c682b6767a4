// What of a canonical event that comes in again has nothing to scrub. Its texts are attributes of its row (`proto/canonical-events.ts`).

export interface CanonicalValues {
  /** Index of a number field and its value, again and again. */
  readonly numbers: readonly number[]
  /** Index of a range field, offset and length: ids, times, and what was removed. */
  readonly ranges: readonly number[]
}
