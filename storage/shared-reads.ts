// Reads that equal requests share: while one is under way, and for a moment after it. What was read is never older than
// `ageMsMax`, and is not used once this instance has delivered something since it was asked for. The key says whose rows were
// read, so that nothing crosses from one tenant or scope to another.

export interface SharedReadsOptions {
  /** Oldest a shared read may be, counted from when it was asked for. */
  readonly ageMsMax: number
  readonly entriesMax: number
  /** Most that all results together may take, in the unit of `sizeOf`. */
  readonly sizeMax?: number
  readonly nowMs: () => number
  /** Changes whenever this instance has stored something. */
  readonly revision: () => number
}

interface Entry<T> {
  readonly read: Promise<T>
  readonly atMs: number
  readonly revision: number
  size: number
}

export class SharedReads<T> {
  readonly #options: SharedReadsOptions
  readonly #sizeOf: (value: T) => number
  readonly #entries = new Map<string, Entry<T>>()
  #size = 0
  #shared = 0
  #made = 0

  constructor(options: SharedReadsOptions, sizeOf: (value: T) => number = () => 1) {
    this.#options = options
    this.#sizeOf = sizeOf
  }

  get entries(): number {
    return this.#entries.size
  }

  get size(): number {
    return this.#size
  }

  /** How many calls were answered by another call's read, and how many read themselves. */
  get counts(): { readonly shared: number; readonly made: number } {
    return { shared: this.#shared, made: this.#made }
  }

  /** A read that fails is shared with those who wait for it and with nobody after. */
  get(key: string, read: () => Promise<T>): Promise<T> {
    const { nowMs, revision, ageMsMax } = this.#options
    const now = nowMs()
    const known = this.#entries.get(key)
    if (known !== undefined && now - known.atMs < ageMsMax && known.revision === revision()) {
      this.#shared++
      return known.read
    }
    this.#drop(key)
    this.#made++
    const entry: Entry<T> = { read: read(), atMs: now, revision: revision(), size: 0 }
    this.#entries.set(key, entry)
    entry.read.then(
      (value) => this.#keep(key, entry, this.#sizeOf(value)),
      () => {
        if (this.#entries.get(key) === entry) this.#drop(key)
      },
    )
    this.#makeRoom()
    return entry.read
  }

  /** What was read last, however old it is. */
  latest(key: string): Promise<T> | undefined {
    return this.#entries.get(key)?.read
  }

  clear(): void {
    this.#entries.clear()
    this.#size = 0
  }

  #keep(key: string, entry: Entry<T>, size: number): void {
    if (this.#entries.get(key) !== entry) return
    entry.size = size
    this.#size += size
    this.#makeRoom()
  }

  /** The oldest go first: a map keeps its entries in the order they came. */
  #makeRoom(): void {
    const { entriesMax, sizeMax = Number.POSITIVE_INFINITY } = this.#options
    for (const key of this.#entries.keys()) {
      if (this.#entries.size <= entriesMax && this.#size <= sizeMax) return
      this.#drop(key)
    }
  }

  #drop(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#size -= entry.size
    this.#entries.delete(key)
  }
}
