// What is known of each report of usage, as rows of integers: made by `canonicalize`, compared by
// `usage/one-call.ts` in the worker and again by the ledger on main. Nothing of the payload is in it but counts, times and hashes.

import { grownInts } from '../grow.ts'

/** Columns of a row; all are int32. Ids are hashes: every comparison needs trace and span or parent to agree. */
export const REPORT = {
  EVENT: 0,
  TRACE: 1,
  SPAN: 2,
  PARENT: 3,
  INPUT: 4,
  OUTPUT: 5,
  SCOPE: 6,
  /** Hashes of request model (high half) and response model (low half); 0 = unknown. */
  MODELS: 7,
  /** Milliseconds, modulo 2^32. */
  START: 8,
  DURATION: 9,
  FLAGS: 10,
  /** Ordinal of the event of the batch that claimed the same call first, -1 when none did. */
  OF: 11,
} as const
export const REPORT_STRIDE = 12

export const REPORT_FLAG = {
  /** It reports usage; without it the row only says whose child the span is. */
  REPORT: 1,
  /** Its usage counts, as far as its batch shows. */
  COUNTED: 2,
  RESPONSE_ID: 4,
  /** A second span of a streamed call. */
  STREAM_COPY: 8,
  LOG: 16,
  PARENT: 32,
  TIMES: 64,
  /** INPUT holds the total: the parts are not known. */
  TOTAL_ONLY: 128,
  /** INPUT holds the cost in units of 1e-8 USD: no tokens are known. */
  COST_ONLY: 256,
  /** A tool, an agent and the like: what runs inside is a call of its own. */
  BARRIER: 512,
} as const

/** Rows of a batch, in order of their events. */
export class ReportRows {
  ints = new Int32Array(64 * REPORT_STRIDE)
  count = 0

  reset(): void {
    this.count = 0
  }

  /** A row of zeros to be filled in; returns where it begins. */
  add(): number {
    const at = this.count++ * REPORT_STRIDE
    if (at + REPORT_STRIDE > this.ints.length) this.ints = grownInts(this.ints, at + REPORT_STRIDE)
    for (let i = at; i < at + REPORT_STRIDE; i++) this.ints[i] = 0
    return at
  }

  /** A copy of the rows, for another thread. */
  copy(): Int32Array {
    return this.ints.slice(0, this.count * REPORT_STRIDE)
  }
}
