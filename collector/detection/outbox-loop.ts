// Carries on what jobs have put into a table of Postgres, once a second, and without a pause while there is more. Without the database it
// waits.

import type { Logger } from 'pino'
import type { Clock } from '../../core/clock.ts'
import { errorCodeOf } from '../../storage/postgres/connection.ts'
import { PostgresPool } from '../../storage/postgres/pool.ts'

const LOOK_MS = 1000
const LOOK_MS_AFTER_ERROR = 5000

export interface OutboxOptions {
  /** Of Postgres; holds the password. */
  readonly url: string
  readonly clock: Clock
  readonly logger: Pick<Logger, 'warn'>
  /** What waits, for the log: `signals of jobs`. */
  readonly what: string
  /** Takes some and returns how many; 0 when nothing waits. */
  readonly take: (pool: PostgresPool, signal: AbortSignal) => Promise<number>
}

export class OutboxLoop {
  readonly #o: OutboxOptions
  readonly #pool: PostgresPool
  readonly #stopping = new AbortController()
  #running: Promise<void> | null = null

  constructor(options: OutboxOptions) {
    this.#o = options
    this.#pool = new PostgresPool({ url: options.url, max: 1, applicationName: 'observa/derived' })
  }

  start(): void {
    this.#running ??= this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
    await this.#pool.end()
  }

  async #run(): Promise<void> {
    const { clock, logger, take, what } = this.#o
    const { signal } = this.#stopping
    let wasDown = false
    while (!signal.aborted) {
      let waitMs = LOOK_MS
      try {
        if ((await take(this.#pool, signal)) > 0) waitMs = 0
        wasDown = false
      } catch (thrown) {
        waitMs = LOOK_MS_AFTER_ERROR
        if (!wasDown && !signal.aborted)
          logger.warn({ code: errorCodeOf(thrown) }, `${what} wait in Postgres`)
        wasDown = true
      }
      await clock.sleep(waitMs, signal).catch(() => {
        // The instance stops.
      })
    }
  }
}
