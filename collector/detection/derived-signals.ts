// Writes the signals of jobs into the log, from where every exporter gets them like those of rules. Jobs may run in other processes, which
// have no log, so their signals wait in Postgres.

import type { ObservaConfig } from '../../config/root.ts'
import type { Metrics } from '../../core/metrics.ts'
import type { Signal } from '../../core/signals/signal.ts'
import { DERIVED_LOGGED } from '../../semantic/semantic-metrics.ts'
import { takeDerivedSignals } from '../../storage/semantic/derived-signals.ts'
import type { DurableLog } from '../log/log.ts'
import { detectionsOf } from './detections.ts'
import { OutboxLoop, type OutboxOptions } from './outbox-loop.ts'
import { SignalParts } from './signal-parts.ts'

const PIPELINE = 'derived'

export interface DerivedSignalsOptions extends Pick<OutboxOptions, 'url' | 'clock' | 'logger'> {
  readonly log: DurableLog
  readonly metrics: Metrics
}

export class DerivedSignals {
  readonly #o: DerivedSignalsOptions
  readonly #loop: OutboxLoop
  #parts: SignalParts
  #disabled: ReadonlySet<string>

  constructor(config: ObservaConfig, options: DerivedSignalsOptions) {
    this.#o = options
    this.#loop = new OutboxLoop({
      ...options,
      what: 'signals of jobs',
      take: (pool, signal) => takeDerivedSignals(pool, (all) => this.#append(all), signal),
    })
    this.#parts = partsOf(config)
    this.#disabled = disabledIn(config)
  }

  start(): void {
    this.#loop.start()
  }

  stop(): Promise<void> {
    return this.#loop.stop()
  }

  useSettingsOf(config: ObservaConfig): void {
    this.#parts = partsOf(config)
    this.#disabled = disabledIn(config)
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
