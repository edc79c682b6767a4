// Limits how many queries run at a time and how many may wait. Each running query uses a thread of the pool and
// memory of the engine. The bounded queue keeps a burst from becoming an outage.

export class QuerySlots {
  readonly #runningMax: number
  readonly #waitingMax: number
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(runningMax: number, waitingMax: number) {
    this.#runningMax = runningMax
    this.#waitingMax = waitingMax
  }

  get running(): number {
    return this.#running
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** Resolves to a function that releases the slot. Returns null when the queue is full too. */
  take(): Promise<() => void> | null {
    if (this.#running < this.#runningMax) {
      this.#running++
      return Promise.resolve(this.#giveBack())
    }
    if (this.#waiting.length >= this.#waitingMax) return null
    return new Promise((resolve) => {
      this.#waiting.push(() => resolve(this.#giveBack()))
    })
  }

  /** A released slot goes straight to the next in the queue, so the count does not change then. */
  #giveBack(): () => void {
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      const next = this.#waiting.shift()
      if (next === undefined) this.#running--
      else next()
    }
  }
}
