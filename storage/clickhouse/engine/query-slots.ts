// How many queries run at once and how many may wait. Each running query holds a thread of the pool and
// memory of the engine; a bounded line keeps a burst from becoming an outage. Writes keep some room to themselves and go first, so
// that no number of readers holds up what was acknowledged on its way into the store.

export type Lane = 'read' | 'write'

export interface SlotLimits {
  readonly runningMax: number
  /** Of them reads. */
  readonly readsMax: number
  /** In each of the two lines. */
  readonly waitingMax: number
}

export class QuerySlots {
  readonly #limits: SlotLimits
  readonly #waiting: Readonly<Record<Lane, (() => void)[]>> = { read: [], write: [] }
  readonly #running: Record<Lane, number> = { read: 0, write: 0 }

  constructor(limits: SlotLimits) {
    this.#limits = limits
  }

  get running(): number {
    return this.#running.read + this.#running.write
  }

  get waiting(): number {
    return this.#waiting.read.length + this.#waiting.write.length
  }

  /** Resolves to a function that gives the slot back; null when the line is full too. */
  take(lane: Lane): Promise<() => void> | null {
    if (this.#isFree(lane)) return Promise.resolve(this.#hold(lane))
    const line = this.#waiting[lane]
    if (line.length >= this.#limits.waitingMax) return null
    return new Promise((resolve) => {
      line.push(() => resolve(this.#hold(lane)))
    })
  }

  #isFree(lane: Lane): boolean {
    if (this.running >= this.#limits.runningMax) return false
    return lane === 'write' || this.#running.read < this.#limits.readsMax
  }

  #hold(lane: Lane): () => void {
    this.#running[lane]++
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      this.#running[lane]--
      this.#next()
    }
  }

  #next(): void {
    for (const lane of ['write', 'read'] as const)
      while (this.#waiting[lane].length > 0 && this.#isFree(lane)) this.#waiting[lane].shift()?.()
  }
}
