// A map whose entries are ordered by when they were touched last, and of which those at the quiet end can be marked as done: they are
// passed over until they are touched again, so a walk over what has become quiet takes no longer than there is to do.

export interface Entry<T> {
  readonly key: string
  readonly value: T
  /** Neighbours in age; null at the ends. */
  older: Entry<T> | null
  newer: Entry<T> | null
  isDone: boolean
  /** Set when it is deleted, for whoever still holds it. */
  isGone: boolean
}

export class Recent<T> {
  readonly #entries = new Map<string, Entry<T>>()
  #oldest: Entry<T> | null = null
  #newest: Entry<T> | null = null
  /** The oldest that is not done; all older ones are. */
  #waiting: Entry<T> | null = null

  get size(): number {
    return this.#entries.size
  }

  get oldest(): Entry<T> | null {
    return this.#oldest
  }

  /** The oldest entry that is not done. */
  get waiting(): Entry<T> | null {
    return this.#waiting
  }

  get(key: string): Entry<T> | undefined {
    return this.#entries.get(key)
  }

  /** Values, least recently touched first. */
  *values(): Generator<T> {
    for (let e = this.#oldest; e !== null; e = e.newer) yield e.value
  }

  *[Symbol.iterator](): Generator<Entry<T>> {
    for (let e = this.#oldest; e !== null; e = e.newer) yield e
  }

  /** Adds an entry as the newest one. There must be none with the key. */
  add(key: string, value: T, isDone = false): Entry<T> {
    const entry: Entry<T> = { key, value, older: null, newer: null, isDone, isGone: false }
    this.#entries.set(key, entry)
    this.#append(entry)
    return entry
  }

  /** Makes an entry the newest, and no longer done. */
  touch(entry: Entry<T>): void {
    if (entry === this.#newest && !entry.isDone) return
    this.#unlink(entry)
    entry.isDone = false
    this.#append(entry)
  }

  /** Marks the oldest entry that is not done. */
  done(): void {
    const entry = this.#waiting
    if (entry === null) return
    entry.isDone = true
    this.#waiting = entry.newer
  }

  delete(entry: Entry<T>): void {
    entry.isGone = true
    this.#entries.delete(entry.key)
    this.#unlink(entry)
  }

  #append(entry: Entry<T>): void {
    entry.older = this.#newest
    entry.newer = null
    if (this.#newest === null) this.#oldest = entry
    else this.#newest.newer = entry
    this.#newest = entry
    if (!entry.isDone) this.#waiting ??= entry
  }

  #unlink(entry: Entry<T>): void {
    const { older, newer } = entry
    if (this.#waiting === entry) this.#waiting = newer
    if (older === null) this.#oldest = newer
    else older.newer = newer
    if (newer === null) this.#newest = older
    else newer.older = older
  }
}
