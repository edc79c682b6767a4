// Checks regularly whether the embedded server runs, and restarts it if not. A server that was taken over is no child
// of this process, so there is no event when it ends.

import { connect } from 'node:net'
import type { Logger } from 'pino'
import { messageOf } from '../../../core/errors.ts'

const LOOK_EVERY_MS = 500
const DELAY_MS_FIRST = 200
const DELAY_MS_MAX = 30_000

export interface Supervised {
  isAlive(): boolean
  /** Starts the server on the same port. Rejects when it does not start. */
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

  /** Prevents further restarts. Resolves when a restart in progress has ended. */
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

/** Asks whether the server speaks TLS, which it answers with one byte before it counts or checks a connection. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])

/** True when the server answered something within `ms`. It says nothing about how many connections are left. */
export function acceptsConnections(port: number, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(SSL_REQUEST))
    const end = (isAlive: boolean): void => {
      socket.destroy()
      resolve(isAlive)
    }
    socket.setTimeout(ms, () => end(false))
    socket.once('data', () => end(true))
    socket.once('close', () => end(false))
    socket.once('error', () => end(false))
  })
}
