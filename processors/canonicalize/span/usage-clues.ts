// How a span counts tokens, as far as it differs from the canonical way, until `steps/usage.ts` puts it right.

export class UsageClues {
  #isCacheExtra = false
  #thoughts = Number.NaN
  #total = Number.NaN

  reset(): void {
    this.#isCacheExtra = false
    this.#thoughts = Number.NaN
    this.#total = Number.NaN
  }

  /** The input count leaves the cached tokens out. */
  markCacheExtra(): void {
    this.#isCacheExtra = true
  }

  /** The output count leaves thoughts out. `total`: the total that stands beside them. */
  setThoughtsBeside(thoughts: number, total: number): void {
    this.#thoughts = thoughts
    this.#total = total
  }

  get isCacheExtra(): boolean {
    return this.#isCacheExtra
  }

  /** Thoughts that the output count leaves out; NaN = none. */
  get thoughtsBeside(): number {
    return this.#thoughts
  }

  get totalBeside(): number {
    return this.#total
  }
}
