// How many queries run at once and how many may wait. Each running query holds a thread of the pool and
// memory of the engine; a bounded line keeps a burst from becoming an outage.

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

  /** Resolves to a function that gives the slot back; null when the line is full too. */
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

  /** A slot passes straight to the next in line, so the count does not change then. */
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
