// Adds up quiet hours beside the inserts, so that dashboards need not read the events again. It may fail or be
// late without harm: what is not added up is read from the events.

import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import type { Host } from '../../core/component.ts'
import { rollHours } from '../../storage/queries/rolled-hours.ts'
import type { Target } from './http.ts'

export const HOURS_ROLLED = 'observa_clickhouse_hours_rolled_total'
const EVERY_MS = 60_000
/** At once; more follow soon. */
const HOURS_MAX = 200
const SOON_MS = 2000
const QUIET_S_MIN = 300

export interface RollerOptions {
  readonly target: Target
  /** Longest time an insert may take. */
  readonly insertTimeoutMs: number
}

export class Roller {
  readonly #client: ClickHouseClient
  readonly #host: Host
  readonly #quietS: number
  readonly #stop = new AbortController()
  readonly #running: Promise<void>

  constructor(host: Host, options: RollerOptions) {
    const { target } = options
    this.#host = host
    this.#quietS = Math.max(QUIET_S_MIN, Math.ceil((options.insertTimeoutMs * 2) / 1000))
    this.#client = createClient({
      url: target.url,
      username: target.username,
      password: target.password,
      database: target.database,
      request_timeout: 300_000,
      // The library would print queries and their parameters.
      log: { level: ClickHouseLogLevel.OFF },
    })
    this.#running = this.#run(this.#stop.signal)
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
    await this.#client.close()
  }

  async #run(stop: AbortSignal): Promise<void> {
    let waitMs = EVERY_MS
    while (await this.#slept(waitMs, stop)) waitMs = (await this.#roll()) ? SOON_MS : EVERY_MS
  }

  /** False when it is time to end. */
  async #slept(ms: number, stop: AbortSignal): Promise<boolean> {
    return await this.#host.clock.sleep(ms, stop).then(
      () => !stop.aborted,
      () => false,
    )
  }

  /** True when there is more to do. */
  async #roll(): Promise<boolean> {
    try {
      const hours = await rollHours(this.#client, { quietS: this.#quietS, hoursMax: HOURS_MAX })
      if (hours > 0) this.#host.metrics.add(HOURS_ROLLED, '', hours)
      return hours === HOURS_MAX
    } catch (error) {
      const { code, type } = error as { code?: string; type?: string }
      this.#host.log.debug({ code, type }, 'hours could not be added up; tried again later')
      return false
    }
  }
}
