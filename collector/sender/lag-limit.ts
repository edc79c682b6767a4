// How far an exporter may fall behind the log, and what happens then. Without a limit, an exporter whose destination is down
// keeps everything, until the whole log is full and nobody can send any more.

import type { Clock } from '../../core/clock.ts'
import type { DurableLog } from '../log/log.ts'

/**
 * `refuse`: receivers answer 503 until it has caught up, so nothing is missing anywhere. `drop_oldest`: what is oldest becomes
 * dead letters. `skip`: what is oldest is never sent to this destination; it is only counted.
 */
export type WhenBehind = 'refuse' | 'drop_oldest' | 'skip'

export interface LagSettings {
  /** Bytes of the log, counted in whole segments because only these are ever freed. Null: no such limit. */
  readonly bytesMax: number | null
  /** Age of the oldest item that waits, milliseconds. Null: no such limit. */
  readonly ageMsMax: number | null
  readonly whenBehind: WhenBehind
}

export class LagLimit {
  readonly #settings: LagSettings
  readonly #exporterId: string
  readonly #log: DurableLog
  readonly #clock: Clock

  constructor(settings: LagSettings, exporterId: string, log: DurableLog, clock: Clock) {
    this.#settings = settings
    this.#exporterId = exporterId
    this.#log = log
    this.#clock = clock
  }

  get whenBehind(): WhenBehind {
    return this.#settings.whenBehind
  }

  /** Whether the exporter is too far behind. The time is that of the oldest item that waits; null when none does. */
  isExceeded(oldestCreatedAtMs: number | null): boolean {
    const { bytesMax, ageMsMax } = this.#settings
    if (oldestCreatedAtMs === null) return false
    if (ageMsMax !== null && this.#clock.nowMs() - oldestCreatedAtMs > ageMsMax) return true
    return bytesMax !== null && this.#log.bytesKeptFor(this.#exporterId) > bytesMax
  }
}
