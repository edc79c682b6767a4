// How long work takes at present, learnt from the tasks that were done: what tells a waiting request's time.

/** Weight of a new task in the average; a burst of dear texts shows after some ten tasks. */
const WEIGHT = 0.1
/** Before anything was done: 30 µs a kilobyte, which a cold start needs. */
const FIRST_MS_PER_UNIT = 3e-5
/** A task this small says more about the hand-over than about the work. */
const UNITS_MIN = 16 * 1024

export class WorkRate {
  #msPerUnit = FIRST_MS_PER_UNIT

  /** One worker's time for a unit of work (`workOf`), in ms. */
  get msPerUnit(): number {
    return this.#msPerUnit
  }

  learn(units: number, ms: number): void {
    const measured = ms / Math.max(units, UNITS_MIN)
    this.#msPerUnit += (measured - this.#msPerUnit) * WEIGHT
  }

  /** Time of all workers together for so much work, in ms. */
  msFor(units: number, workers: number): number {
    return (units * this.#msPerUnit) / workers
  }
}
