// Makes sums of the hours that no longer receive events, in the background, so that dashboards need not read all events. It
// may fail or lag without harm: hours without sums are read from the events.

import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import type { Host } from '../../core/component.ts'
import { rollHours } from '../../storage/queries/hours/rolled-hours.ts'
import type { Destination } from './http.ts'

export const HOURS_ROLLED = 'observa_clickhouse_hours_rolled_total'
const EVERY_MS = 60_000
/** Most hours in one run; the next run follows soon. */
const HOURS_MAX = 200
const SOON_MS = 2000
const QUIET_S_MIN = 300

export interface RollerOptions {
  readonly target: Destination
  /** The longest time that an insert may take. */
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
      // The client library would log queries and their parameters.
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

  /** Waits; returns false when the rollup must stop. */
  async #slept(ms: number, stop: AbortSignal): Promise<boolean> {
    return await this.#host.clock.sleep(ms, stop).then(
      () => !stop.aborted,
      () => false,
    )
  }

  /** Returns true when there is more to do. */
  async #roll(): Promise<boolean> {
    try {
      const hours = await rollHours(this.#client, { quietS: this.#quietS, hoursMax: HOURS_MAX })
      if (hours > 0) this.#host.metrics.add(HOURS_ROLLED, '', hours)
      return hours === HOURS_MAX
    } catch (error) {
      const { code, type } = error as { code?: string; type?: string }
      this.#host.log.debug(
        { code, type },
        'the sums of some hours could not be made; will be retried',
      )
      return false
    }
  }
}
