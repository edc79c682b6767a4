// What a batch decided about those of its usage reports that do not simply count, as rows of integers. The worker has decided
// with the same rules as the usage ledger, so the ledger takes this over for traces of which it knows nothing else.

import { grownInts } from '../grow.ts'
import type { UsageCounts } from '../task.ts'

/** Columns of a row. */
export const OUTCOME_ROW = {
  /** Ordinal of the row in `core/reports/report-rows.ts`. */
  REPORT: 0,
  /** An `OUTCOME` of `usage/report.ts`. */
  OUTCOME: 1,
  /** Ordinal of the event that counts instead, -1 without one. */
  OWNER: 2,
  /** 1 when the remainder of a container follows. */
  HAS_REST: 3,
  INPUT: 4,
  OUTPUT: 5,
  CACHE_READ: 6,
  CACHE_WRITE: 7,
  REASONING: 8,
} as const
export const OUTCOME_STRIDE = 9

/** The decisions of a batch. */
export class OutcomeRows {
  #ints = new Int32Array(16 * OUTCOME_STRIDE)
  #count = 0

  reset(): void {
    this.#count = 0
  }

  add(report: number, outcome: number, owner: number, rest: UsageCounts | null): void {
    const at = this.#count++ * OUTCOME_STRIDE
    if (at + OUTCOME_STRIDE > this.#ints.length)
      this.#ints = grownInts(this.#ints, at + OUTCOME_STRIDE)
    const ints = this.#ints
    ints[at + OUTCOME_ROW.REPORT] = report
    ints[at + OUTCOME_ROW.OUTCOME] = outcome
    ints[at + OUTCOME_ROW.OWNER] = owner
    ints[at + OUTCOME_ROW.HAS_REST] = rest === null ? 0 : 1
    ints[at + OUTCOME_ROW.INPUT] = rest?.input ?? 0
    ints[at + OUTCOME_ROW.OUTPUT] = rest?.output ?? 0
    ints[at + OUTCOME_ROW.CACHE_READ] = rest?.read ?? 0
    ints[at + OUTCOME_ROW.CACHE_WRITE] = rest?.written ?? 0
    ints[at + OUTCOME_ROW.REASONING] = rest?.reasoning ?? 0
  }

  /** A copy of the rows that can be sent to another thread. */
  copy(): Int32Array {
    return this.#ints.slice(0, this.#count * OUTCOME_STRIDE)
  }
}
