// Long calculations on the main thread: they give way to everything else every few milliseconds, so that requests do not wait for them.

import { setImmediate as giveWay } from 'node:timers/promises'

/** The longest time without giving way, in ms. A request waits at most this long for a calculation. */
const WORK_MS = 4
/** The clock is looked at once in so many operations, because looking costs as much as a thousand of them. */
const OPERATIONS = 200_000

export class Breathing {
  readonly #signal: AbortSignal
  #operations = 0
  #since = performance.now()

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  /** Counts multiplications since the last call. True when it is time for `breathe`. */
  isDue(operations: number): boolean {
    this.#operations += operations
    if (this.#operations < OPERATIONS) return false
    this.#operations = 0
    return performance.now() - this.#since >= WORK_MS
  }

  /** Lets everything else run. Rejects if the work was aborted. */
  async breathe(): Promise<void> {
    await giveWay()
    this.#signal.throwIfAborted()
    this.#since = performance.now()
  }
}
