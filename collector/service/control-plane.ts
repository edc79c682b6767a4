// The control plane of a running instance: the keys that are kept in Postgres, and what a first start makes there. It
// needs no Postgres to go on: what was known stays known, and what is missing is made when the database answers.

import type { Logger } from 'pino'
import { type BootstrapOptions, ensureControlPlane } from '../../accounts/bootstrap.ts'
import { KeyDirectory } from '../../accounts/key-directory.ts'
import type { Clock } from '../../core/clock.ts'
import type { StoreAddress } from '../../core/component.ts'
import type { Metrics } from '../../core/metrics.ts'
import { errorCodeOf } from '../../storage/postgres/connection.ts'
import { PostgresPool } from '../../storage/postgres/pool.ts'

export interface ControlPlaneOptions extends BootstrapOptions {
  readonly address: StoreAddress
  readonly clock: Clock
  readonly metrics: Metrics
  readonly log: Logger
  /** The first key of an empty control plane, to be shown once. */
  readonly onFirstKey: (key: string) => void
}

const RETRY_MS = 2000
const TIMEOUT_MS = 5000

export class ControlPlane {
  readonly keys: KeyDirectory
  readonly #options: ControlPlaneOptions
  readonly #stopping = new AbortController()
  #later: Promise<void> = Promise.resolve()

  constructor(options: ControlPlaneOptions) {
    this.#options = options
    const { clock, metrics, log } = options
    const hasPepper = options.pepper !== null
    this.keys = new KeyDirectory({ url: options.address.url, clock, metrics, log, hasPepper })
  }

  async start(): Promise<void> {
    const isDone = await this.#ensure()
    await this.keys.start()
    if (!isDone) this.#later = this.#ensureLater()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#later
    await this.keys.stop()
  }

  async #ensureLater(): Promise<void> {
    const { clock } = this.#options
    const { signal } = this.#stopping
    for (;;) {
      await clock.sleep(RETRY_MS, signal).catch(() => {})
      if (signal.aborted || (await this.#ensure())) return
    }
  }

  /** False when the database does not answer or is not migrated yet. */
  async #ensure(): Promise<boolean> {
    const { address, log, onFirstKey } = this.#options
    const pool = new PostgresPool({
      url: address.url,
      max: 1,
      connectTimeoutMs: TIMEOUT_MS,
      statementTimeoutMs: TIMEOUT_MS,
      applicationName: 'observa/control',
    })
    try {
      const key = await ensureControlPlane(pool, this.#options)
      if (key !== null) onFirstKey(key)
      return true
    } catch (thrown) {
      const code = errorCodeOf(thrown)
      log.warn({ code }, 'the control plane is not ready; it is tried again')
      return false
    } finally {
      await pool.end()
    }
  }
}
