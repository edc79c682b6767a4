// Lets long calculations on the main thread give way to other work every few milliseconds, so that requests do not wait for
// them.

import { setImmediate as nextTurn } from 'node:timers/promises'

/** Longest time without giving way, ms. A request waits at most this long for a calculation. */
const WORK_MS = 4
/** The clock is read once for this many operations, because reading it costs as much as a thousand of them. */
const OPERATIONS = 200_000

export class Yielding {
  readonly #signal: AbortSignal
  #operations = 0
  #since = performance.now()

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  /** Counts multiplications since the last call. Returns true when it is time to give way. */
  isDue(operations: number): boolean {
    this.#operations += operations
    if (this.#operations < OPERATIONS) return false
    this.#operations = 0
    return performance.now() - this.#since >= WORK_MS
  }

  /** Lets other work run. Rejects if the calculation was aborted. */
  async giveWay(): Promise<void> {
    await nextTurn()
    this.#signal.throwIfAborted()
    this.#since = performance.now()
  }
}
