// Usage reports as rows of integers. `canonicalize` makes them, `usage/call-matching.ts` compares them in the worker, and
// the usage ledger compares them again on the main thread. They hold counts, times and hashes, and nothing else of the
// payload.

import { grownInts } from '../grow.ts'

/** Columns of a row; all are int32. Ids are hashes: every comparison needs trace and span or parent to agree. */
export const REPORT = {
  EVENT: 0,
  /** Hash of the trace id; for an event without a trace, a hash of its response id. */
  TRACE: 1,
  SPAN: 2,
  PARENT: 3,
  INPUT: 4,
  OUTPUT: 5,
  SCOPE: 6,
  /** Hashes of the requested model (high half) and of the model that answered (low half); 0 means unknown. */
  MODELS: 7,
  /** Start in milliseconds, modulo 2^32. */
  START: 8,
  DURATION: 9,
  FLAGS: 10,
  CACHE_READ: 11,
  CACHE_WRITE: 12,
  REASONING: 13,
  /** 64-bit hash of the project and the provider's response id; both halves are 0 without one. */
  RESPONSE0: 14,
  RESPONSE1: 15,
  /** For a container: hash of its scope and of the names of agent and service. 0 for other events. */
  CONTAINER: 16,
  /** Hash of project and service. */
  PROJECT: 17,
  /** Hash of the parent as received; 0 without a parent. PARENT skips spans of the batch that are not GenAI spans. */
  UNDER: 18,
} as const
export const REPORT_STRIDE = 19

export const REPORT_FLAG = {
  /** The event reports a call or usage. Without this flag the row only gives the span's parent. */
  REPORT: 1,
  /** The event's usage counts, as far as can be decided from its batch alone. */
  COUNTED: 2,
  RESPONSE_ID: 4,
  /** The second span of a streamed call, which repeats the first. */
  STREAM_COPY: 8,
  LOG: 16,
  PARENT: 32,
  TIMES: 64,
  /** INPUT holds the total of input and output, because the span does not give them separately. */
  TOTAL_ONLY: 128,
  /** INPUT holds the cost in units of 1e-8 USD, because the span gives no token counts. */
  COST_ONLY: 256,
  /**
   * The span is a tool, an agent or the like: model calls below it are calls of their own, not further reports of a
   * call above it.
   */
  BARRIER: 512,
  /** An agent, a chain or the like, whose usage repeats that of the calls below it, as far as they report any. */
  CONTAINER: 1024,
  /** A model call that reports no usage. */
  NO_USAGE: 2048,
  ERROR: 4096,
  /** Nothing but a model or counts says that the event is a call; it may be what contains calls. */
  GUESSED: 8192,
} as const

/**
 * Position in FLAGS of a number for how much detail a report has. Of several reports of a call, the one with the most detail
 * counts.
 */
export const RICHNESS_SHIFT = 16

/** The reports of a batch, in the order of their events. */
export class ReportRows {
  ints = new Int32Array(64 * REPORT_STRIDE)
  count = 0

  reset(): void {
    this.count = 0
  }

  /** Adds a row of zeros for the caller to fill in, and returns the index of its first column. */
  add(): number {
    const at = this.count++ * REPORT_STRIDE
    if (at + REPORT_STRIDE > this.ints.length) this.ints = grownInts(this.ints, at + REPORT_STRIDE)
    for (let i = at; i < at + REPORT_STRIDE; i++) this.ints[i] = 0
    return at
  }

  /** A copy of the rows that can be sent to another thread. */
  copy(): Int32Array {
    return this.ints.slice(0, this.count * REPORT_STRIDE)
  }
}
