// Times of a span that other fields are measured from.

export class TimeClues {
  #startMs = Number.NaN
  #firstChunkMs = Number.NaN
  #hasLatency = false

  reset(): void {
    this.#startMs = Number.NaN
    this.#firstChunkMs = Number.NaN
    this.#hasLatency = false
  }

  setStart(ms: number): void {
    this.#startMs = ms
  }

  /** Time from the start to the first chunk of the answer, as an event says it. */
  setFirstChunk(ms: number): void {
    this.#firstChunkMs = ms
  }

  /** A legacy event said how long the operation took. */
  markLatency(): void {
    this.#hasLatency = true
  }

  /** Since the epoch, as a float: good to a microsecond. NaN = not said. */
  get startMs(): number {
    return this.#startMs
  }

  get firstChunkMs(): number {
    return this.#firstChunkMs
  }

  get hasLatency(): boolean {
    return this.#hasLatency
  }
}
