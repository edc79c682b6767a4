// Requests that wait for a worker, by the key they came with. Keys take turns, a request each: whoever sends much waits
// for itself, and whoever sends little is in the next task. Bounded by what admission lets in; a key is here only while
// something of it waits.

export interface Queued {
  /** Whose it is: requests with equal keys wait in one line. */
  readonly key: string
  /** Estimated cost in bytes: the decoded bytes, and as many as a request costs beside them (`workOf`). Not time. */
  readonly work: number
  /** When it began to wait, of a clock that only goes on. */
  readonly queuedAtMs: number
  /** The client hung up: nobody waits for the answer. */
  isGone(): boolean
}

/** What a request costs beside its bytes, in bytes: small ones are not free. */
const REQUEST_WORK = 4096

/** Estimated cost of a request of so many decoded bytes. */
export function workOf(decodedBytes: number): number {
  return decodedBytes + REQUEST_WORK
}

/** What may be in one task. */
export interface TaskLimits<T> {
  /** Most work of a task; a single larger request still goes alone. */
  readonly workMax: number
  readonly requestsMax: number
  /** A line with so much work at most is short. */
  readonly shortWork: number
  /** True when the two requests may be in one task. */
  readonly isAlike: (first: T, item: T) => boolean
}

interface Line<T> {
  readonly waiting: T[]
  work: number
}

export class FairQueue<T extends Queued> {
  /** In the order of their turns. */
  readonly #lines = new Map<string, Line<T>>()
  #length = 0
  #work = 0
  /** Work of the tasks of short lines since others had a turn. */
  #shortWork = 0

  get length(): number {
    return this.#length
  }

  /** Estimated cost of all that waits. */
  get work(): number {
    return this.#work
  }

  /** Keys that wait. */
  get keys(): number {
    return this.#lines.size
  }

  push(item: T): void {
    let line = this.#lines.get(item.key)
    if (line === undefined) {
      line = { waiting: [], work: 0 }
      this.#lines.set(item.key, line)
    }
    line.waiting.push(item)
    line.work += item.work
    this.#work += item.work
    this.#length++
  }

  /** Estimated cost of what waits under a key. */
  workOf(key: string): number {
    return this.#lines.get(key)?.work ?? 0
  }

  /**
   * Work that would be done before a new request of this key: all that waits under the key, and, because keys take turns, of
   * each other key no more than this key's line is long with the new request, whose cost is `work`.
   */
  workBefore(key: string, work: number): number {
    const own = this.workOf(key) + work
    let before = this.workOf(key)
    for (const [other, line] of this.#lines) if (other !== key) before += Math.min(line.work, own)
    return before
  }

  /** When the first in a key's line began to wait; where the key has none, the first of all. */
  waitingSinceMs(key: string): number {
    const own = this.#lines.get(key)?.waiting[0]
    if (own !== undefined) return own.queuedAtMs
    let first = Number.POSITIVE_INFINITY
    for (const { waiting } of this.#lines.values())
      first = Math.min(first, waiting[0]?.queuedAtMs ?? first)
    return first
  }

  /**
   * The requests of the next task. A key whose whole line is short goes before the others, in a task without them: it waits for
   * the task that runs and for nothing else, and its own task is soon done. Whoever sends a little in many names does not stop
   * the others: after so much work of short lines as one task may have, it is the turn of all.
   */
  nextTask(limits: TaskLimits<T>, gone: (item: T) => void): T[] {
    const isShort = (item: T): boolean => this.workOf(item.key) <= limits.shortWork
    const first = this.#shortWork < limits.workMax ? this.next(isShort, gone) : null
    if (first === null) {
      this.#shortWork = 0
      return this.#fill([], limits, () => true, gone)
    }
    const taken = this.#work === 0 ? [first] : this.#fill([first], limits, isShort, gone)
    this.#shortWork += taken.reduce((n, item) => n + item.work, 0)
    return taken
  }

  #fill(
    taken: T[],
    { workMax, requestsMax, isAlike }: TaskLimits<T>,
    isWanted: (item: T) => boolean,
    gone: (item: T) => void,
  ): T[] {
    let work = taken.reduce((n, item) => n + item.work, 0)
    const fits = (item: T): boolean => {
      const [first] = taken
      if (first === undefined) return true
      const hasRoom = work + item.work <= workMax && taken.length < requestsMax
      return hasRoom && isWanted(item) && isAlike(first, item)
    }
    for (let item = this.next(fits, gone); item !== null; item = this.next(fits, gone)) {
      taken.push(item)
      work += item.work
    }
    return taken
  }

  /** The next request that `fits` says may go, or null; those whose clients are gone are handed to `gone` and forgotten. */
  next(fits: (item: T) => boolean, gone: (item: T) => void): T | null {
    for (const [key, line] of this.#lines) {
      while (line.waiting[0]?.isGone() === true) gone(this.#shift(key, line))
      const first = line.waiting[0]
      if (first === undefined || !fits(first)) continue
      this.#shift(key, line)
      // The key had its turn: its line goes behind those of all others.
      if (this.#lines.delete(key) && line.waiting.length > 0) this.#lines.set(key, line)
      return first
    }
    return null
  }

  #shift(key: string, line: Line<T>): T {
    const item = line.waiting.shift() as T
    line.work -= item.work
    this.#work -= item.work
    this.#length--
    if (line.waiting.length === 0) this.#lines.delete(key)
    return item
  }
}
