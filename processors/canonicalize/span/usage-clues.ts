// How a span counts tokens, as far as this differs from the canonical way, until `steps/usage.ts` converts the
// counts.

export class UsageClues {
  #isCacheExtra = false
  #thoughts = Number.NaN
  #total = Number.NaN

  reset(): void {
    this.#isCacheExtra = false
    this.#thoughts = Number.NaN
    this.#total = Number.NaN
  }

  /** Notes that the input count excludes cached tokens. */
  markCacheExtra(): void {
    this.#isCacheExtra = true
  }

  /** Notes that the output count excludes reasoning. `total` is the total in the same report. */
  setThoughtsBeside(thoughts: number, total: number): void {
    this.#thoughts = thoughts
    this.#total = total
  }

  get isCacheExtra(): boolean {
    return this.#isCacheExtra
  }

  /** Reasoning tokens that the output count excludes; NaN if there are none. */
  get thoughtsBeside(): number {
    return this.#thoughts
  }

  get totalBeside(): number {
    return this.#total
  }
}
