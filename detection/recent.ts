// Entries are ordered by when they were touched last, and those at the quiet end can be marked as done: they are passed over until they
// are touched again, so a walk over what has become quiet takes no longer than there is to do.

/** What an entry of type `E` needs for the order. */
export interface Aged<E> {
  /** Neighbours in age; null at the ends. */
  older: E | null
  newer: E | null
  isDone: boolean
  /** Set when it is deleted, for whoever still holds it. */
  isGone: boolean
}

/** The order alone. How an entry is found is the matter of the class that extends this one. */
export class AgeList<E extends Aged<E>> {
  #oldest: E | null = null
  #newest: E | null = null
  /** The oldest that is not done; all older ones are. */
  #waiting: E | null = null

  get oldest(): E | null {
    return this.#oldest
  }

  /** The oldest entry that is not done. */
  get waiting(): E | null {
    return this.#waiting
  }

  /** Least recently touched first. */
  *[Symbol.iterator](): Generator<E> {
    for (let e = this.#oldest; e !== null; e = e.newer) yield e
  }

  /** Makes an entry the newest, and no longer done. */
  touch(entry: E): void {
    if (entry === this.#newest && !entry.isDone) return
    this.unlink(entry)
    entry.isDone = false
    this.append(entry)
  }

  /** Marks the oldest entry that is not done. */
  done(): void {
    const entry = this.#waiting
    if (entry === null) return
    entry.isDone = true
    this.#waiting = entry.newer
  }

  protected append(entry: E): void {
    entry.older = this.#newest
    entry.newer = null
    if (this.#newest === null) this.#oldest = entry
    else this.#newest.newer = entry
    this.#newest = entry
    if (!entry.isDone) this.#waiting ??= entry
  }

  protected unlink(entry: E): void {
    const { older, newer } = entry
    if (this.#waiting === entry) this.#waiting = newer
    if (older === null) this.#oldest = newer
    else older.newer = newer
    if (newer === null) this.#newest = older
    else newer.older = older
  }
}

export interface Entry<T> extends Aged<Entry<T>> {
  readonly key: string
  readonly value: T
}

/** A map with that order. */
export class Recent<T> extends AgeList<Entry<T>> {
  readonly #entries = new Map<string, Entry<T>>()

  get size(): number {
    return this.#entries.size
  }

  get(key: string): Entry<T> | undefined {
    return this.#entries.get(key)
  }

  /** Values, least recently touched first. */
  *values(): Generator<T> {
    for (const { value } of this) yield value
  }

  /** Adds an entry as the newest one. There must be none with the key. */
  add(key: string, value: T, isDone = false): Entry<T> {
    const entry: Entry<T> = { key, value, older: null, newer: null, isDone, isGone: false }
    this.#entries.set(key, entry)
    this.append(entry)
    return entry
  }

  delete(entry: Entry<T>): void {
    entry.isGone = true
    this.#entries.delete(entry.key)
    this.unlink(entry)
  }
}
