// The times of a span from which other fields are computed.

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

  /** Sets the time from the start to the first chunk of the response, as an event gives it, in ms. */
  setFirstChunk(ms: number): void {
    this.#firstChunkMs = ms
  }

  /** Notes that a legacy event gave the duration of the operation. */
  markLatency(): void {
    this.#hasLatency = true
  }

  /** The start in ms since the epoch, as a float that is exact to a microsecond. NaN if absent. */
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
