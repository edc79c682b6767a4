// Notices an engine whose process exists and does nothing: stopped, deadlocked, or starved beyond use. Nothing else would ever end it,
// because a process that exists is not restarted.

/** Between two questions, and at most so long an answer may take, ms. */
const EVERY_MS = 5000
/** Questions in a row without an answer, after which the engine hangs: a minute. One that is only slow answers one of them. */
const UNANSWERED_MAX = 12

export interface HeartbeatOptions {
  /** Asks the engine for a sign of life. Rejects, or resolves with false, when there was none within `ms`. */
  readonly ask: (ms: number) => Promise<boolean>
  /** Called once each time that the engine was silent for too long. */
  readonly onSilent: () => void
  /** For tests. */
  readonly everyMs?: number
}

export class Heartbeat {
  readonly #options: HeartbeatOptions
  readonly #timer: NodeJS.Timeout
  #isAsking = false
  #unanswered = 0

  /** Questions are counted and not time, so that a pause of this process is not taken for one of the engine. */
  constructor(options: HeartbeatOptions) {
    this.#options = options
    this.#timer = setInterval(() => void this.#beat(), options.everyMs ?? EVERY_MS).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  async #beat(): Promise<void> {
    if (this.#isAsking) return
    this.#isAsking = true
    const { ask, onSilent, everyMs = EVERY_MS } = this.#options
    const isAlive = await ask(everyMs).catch(() => false)
    this.#isAsking = false
    this.#unanswered = isAlive ? 0 : this.#unanswered + 1
    if (this.#unanswered < UNANSWERED_MAX) return
    this.#unanswered = 0
    onSilent()
  }
}
