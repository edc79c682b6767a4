// How a span counts tokens, as far as this differs from the canonical way, until `steps/usage.ts` converts the
// counts.

export class UsageClues {
  #isCacheExtra = false
  #isCacheProven = false
  #thoughts = Number.NaN
  #total = Number.NaN
  #tools = 0

  reset(): void {
    this.#isCacheExtra = false
    this.#isCacheProven = false
    this.#thoughts = Number.NaN
    this.#total = Number.NaN
    this.#tools = 0
  }

  /** Notes that the input count excludes cached tokens. */
  markCacheExtra(): void {
    this.#isCacheExtra = true
  }

  /** Notes that the provider's own answer has this input count, and its cached tokens beside it. */
  proveCacheExtra(): void {
    this.#isCacheExtra = true
    this.#isCacheProven = true
  }

  /** Notes that the output count excludes reasoning. `total` is the total in the same report. */
  setThoughtsBeside(thoughts: number, total: number): void {
    this.#thoughts = thoughts
    this.#total = total
  }

  /** Notes tokens that the provider's own tools added to the prompt, and that its count of the prompt excludes. */
  setToolInput(tokens: number): void {
    if (tokens > 0) this.#tools = tokens
  }

  /** Such tokens; 0 if there are none. */
  get toolInput(): number {
    return this.#tools
  }

  /** No total says otherwise: it was made of the same counts. */
  get isCacheProven(): boolean {
    return this.#isCacheProven
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
