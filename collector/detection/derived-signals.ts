// Writes the signals of jobs into the log, from where every exporter gets them like those of rules. Jobs may run in other processes, which
// have no log, so their signals wait in Postgres.

import type { Logger } from 'pino'
import type { ObservaConfig } from '../../config/root.ts'
import type { Clock } from '../../core/clock.ts'
import type { Metrics } from '../../core/metrics.ts'
import type { Signal } from '../../core/signal.ts'
import { DERIVED_LOGGED } from '../../semantic/semantic-metrics.ts'
import { errorCodeOf } from '../../storage/postgres/connection.ts'
import { PostgresPool } from '../../storage/postgres/pool.ts'
import { takeDerivedSignals } from '../../storage/semantic/derived-signals.ts'
import type { DurableLog } from '../log/log.ts'
import { detectionsOf } from './detections.ts'
import { SignalParts } from './signal-parts.ts'

const LOOK_MS = 1000
const LOOK_MS_AFTER_ERROR = 5000
const PIPELINE = 'derived'

export interface DerivedSignalsOptions {
  /** Of Postgres; holds the password. */
  readonly url: string
  readonly log: DurableLog
  readonly clock: Clock
  readonly metrics: Metrics
  readonly logger: Pick<Logger, 'warn'>
}

export class DerivedSignals {
  readonly #o: DerivedSignalsOptions
  readonly #pool: PostgresPool
  readonly #stopping = new AbortController()
  #parts: SignalParts
  #disabled: ReadonlySet<string>
  #running: Promise<void> | null = null

  constructor(config: ObservaConfig, options: DerivedSignalsOptions) {
    this.#o = options
    this.#pool = new PostgresPool({ url: options.url, max: 1, applicationName: 'observa/derived' })
    this.#parts = partsOf(config)
    this.#disabled = disabledIn(config)
  }

  start(): void {
    this.#running ??= this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
    await this.#pool.end()
  }

  useSettingsOf(config: ObservaConfig): void {
    this.#parts = partsOf(config)
    this.#disabled = disabledIn(config)
  }

  async #run(): Promise<void> {
    const { clock, logger } = this.#o
    const { signal } = this.#stopping
    let wasDown = false
    while (!signal.aborted) {
      let waitMs = LOOK_MS
      try {
        const taken = await takeDerivedSignals(this.#pool, (all) => this.#append(all), signal)
        if (taken > 0) waitMs = 0
        wasDown = false
      } catch (thrown) {
        waitMs = LOOK_MS_AFTER_ERROR
        if (!wasDown && !signal.aborted)
          logger.warn({ code: errorCodeOf(thrown) }, 'signals of jobs wait in Postgres')
        wasDown = true
      }
      await clock.sleep(waitMs, signal).catch(() => {
        // The instance stops.
      })
    }
  }

  async #append(all: readonly Signal[]): Promise<void> {
    const { log, clock, metrics } = this.#o
    const signals = all.filter((s) => !this.#disabled.has(s.type))
    const parts = this.#parts.encode(signals)
    if (parts.length === 0) return
    await log.append({
      pipeline: PIPELINE,
      parts,
      eventCount: 0,
      eventIds: new Uint8Array(0),
      claims: new Int32Array(0),
      createdAtMs: clock.nowMs(),
    })
    for (const s of signals) {
      metrics.add(DERIVED_LOGGED, `type="${s.type}"`)
      metrics.add('observa_signals_total', `type="${s.type}",severity="${s.severity}"`, 1)
    }
  }
}

/** The exporters that get the signals of rules get those of jobs too. */
function partsOf(config: ObservaConfig): SignalParts {
  const all = detectionsOf(config).flatMap((d) => d.exporters)
  return new SignalParts([...new Map(all.map((e) => [e.id, e])).values()])
}

function disabledIn(config: ObservaConfig): ReadonlySet<string> {
  const all = detectionsOf(config).map((d) => new Set<string>(d.settings.disabled))
  // A type is left out where every `signals` processor leaves it out.
  const [first, ...rest] = all
  return new Set([...(first ?? [])].filter((type) => rest.every((set) => set.has(type))))
}
