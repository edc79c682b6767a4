// A bound for an answer that does not come: without it a page would wait for as long as the connection lives.

/** Longer than any question to a store may take; see `queries.timeout` of the api extension. */
export const ANSWER_MS_MAX = 60_000

export class Deadline {
  readonly #abort = new AbortController()
  readonly #given: AbortSignal | undefined
  readonly #stop = (): void => this.#abort.abort(this.#given?.reason)
  #timer: ReturnType<typeof setTimeout> | undefined
  #isOver = false

  constructor(given?: AbortSignal) {
    this.#given = given
    if (given?.aborted === true) this.#stop()
    given?.addEventListener('abort', this.#stop)
    this.extend()
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** Whether the time was over, and nobody gave up before. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Something came: what comes next has the whole time again. */
  extend(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#isOver = true
      this.#abort.abort()
    }, ANSWER_MS_MAX)
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#given?.removeEventListener('abort', this.#stop)
  }
}
