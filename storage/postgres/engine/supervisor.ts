// Looks whether the embedded server is still there, and starts it again when it is not. The server is no child of this
// process in the strict sense (one that was taken over never was), so its end is seen by looking, not by an event.

import type { Logger } from 'pino'
import { messageOf } from '../../../core/errors.ts'

const LOOK_EVERY_MS = 500
const DELAY_MS_FIRST = 200
const DELAY_MS_MAX = 30_000

export interface Supervised {
  isAlive(): boolean
  /** Starts it on the same port; rejects when it does not start. */
  restart(): Promise<void>
}

export class Supervisor {
  readonly #server: Supervised
  readonly #log: Pick<Logger, 'error' | 'info'>
  readonly #timer: ReturnType<typeof setInterval>
  #delayMs = DELAY_MS_FIRST
  #restarting: Promise<void> | null = null
  #isStopping = false
  restarts = 0

  constructor(server: Supervised, log: Pick<Logger, 'error' | 'info'>) {
    this.#server = server
    this.#log = log
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS)
    this.#timer.unref()
  }

  /** No restart begins any more; resolves when one that is under way has ended. */
  async stop(): Promise<void> {
    this.#isStopping = true
    clearInterval(this.#timer)
    await this.#restarting
  }

  #look(): void {
    if (this.#isStopping || this.#restarting !== null || this.#server.isAlive()) return
    this.#restarting = this.#restart().finally(() => {
      this.#restarting = null
    })
  }

  async #restart(): Promise<void> {
    this.#log.error(
      { code: 'OBS_POSTGRES_ENGINE_DIED', delayMs: this.#delayMs },
      'the embedded Postgres died; restarting it',
    )
    await new Promise((resolve) => setTimeout(resolve, this.#delayMs))
    if (this.#isStopping) return
    try {
      await this.#server.restart()
      this.restarts++
      this.#delayMs = DELAY_MS_FIRST
      this.#log.info({ restarts: this.restarts }, 'the embedded Postgres is back')
    } catch (thrown) {
      this.#delayMs = Math.min(this.#delayMs * 2, DELAY_MS_MAX)
      this.#log.error({ reason: messageOf(thrown) }, 'the embedded Postgres did not start again')
    }
  }
}
