// Claims: the keys by which a model call is known, so that a second report of it is recognised. They are rows of
// integers, made by `canonicalize` and compared by the usage ledger on the main thread (`collector/ledger`).

import { grownInts } from '../grow.ts'

/**
 * Columns of a row: the event's ordinal, and a 64-bit hash of the project and of what identifies the call (its response
 * id, or trace and span).
 */
export const CLAIM = { EVENT: 0, H0: 1, H1: 2 } as const
export const CLAIM_STRIDE = 3

/** The claims of a batch. */
export class ClaimRows {
  ints = new Int32Array(64 * CLAIM_STRIDE)
  count = 0

  reset(): void {
    this.count = 0
  }

  add(event: number, h0: number, h1: number): void {
    const at = this.count++ * CLAIM_STRIDE
    if (at + CLAIM_STRIDE > this.ints.length) this.ints = grownInts(this.ints, at + CLAIM_STRIDE)
    const { ints } = this
    ints[at] = event
    ints[at + 1] = h0
    ints[at + 2] = h1
  }

  /** A copy of the rows that can be sent to another thread. */
  copy(): Int32Array {
    return this.ints.slice(0, this.count * CLAIM_STRIDE)
  }
}
