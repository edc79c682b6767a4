// Reloading a running instance: what differs between two configurations, which of it can change live, and
// one reload after the other. Reading files is the loader's work, changing what runs the service's.

import { isDeepStrictEqual } from 'node:util'
import type { Logger } from 'pino'
import type { LoadResult } from '../../config/load.ts'
import type { ObservaConfig } from '../../config/root.ts'
import { problemLine } from '../../config/tree/problems.ts'
import type { Clock } from '../../core/clock.ts'
import { OutboundUrl, Secret } from '../../core/config/config-types.ts'
import { messageOf, ObservaError } from '../../core/errors.ts'
import { counter, gauge, type Metrics } from '../../core/metrics.ts'

// ---------------------------------------------------------------- what differs

export interface Differences {
  /** Can change while the instance runs, such as `processors.scrub`. */
  readonly live: readonly string[]
  /** Cannot, such as `exporters.kafka` or `queue.max_bytes`. */
  readonly restart: readonly string[]
}

/** What can change in a running instance; everything else, also what is added later, needs a restart. */
const LIVE =
  /^(processors\..+|extensions\.keys(\/.+)?|service\.pipelines\..+\.processors|telemetry\.logs\.level)$/

/** Compares by value, secrets too; `tests` are no part of what runs. */
export function differences(now: ObservaConfig, next: ObservaConfig): Differences {
  const before = partsOf(now)
  const after = partsOf(next)
  const paths = [...new Set([...before.keys(), ...after.keys()])].filter(
    (path) => !isDeepStrictEqual(revealed(before.get(path)), revealed(after.get(path))),
  )
  return {
    live: paths.filter((path) => LIVE.test(path)),
    restart: paths.filter((path) => !LIVE.test(path)),
  }
}

/** Throws for a configuration that this instance could only run after a restart; else says what changes. */
export function planReload(now: ObservaConfig, next: ObservaConfig): readonly string[] {
  const { live, restart } = differences(now, next)
  if (restart.length === 0) return live
  const subject = `${restart.join(', ')} ${restart.length === 1 ? 'differs' : 'differ'}`
  throw new ObservaError(
    'OBS_RELOAD_RESTART',
    `${subject} from what is running and can change only with a restart; nothing was reloaded.`,
    'Restart, or take the change back and reload again.',
  )
}

/** The configuration as the parts that are compared and named, by path. */
function partsOf(config: ObservaConfig): Map<string, unknown> {
  const { receivers, processors, exporters, extensions, service, telemetry, ...others } = config
  const { tests: _tests, printable: _printable, ...options } = others
  const parts = new Map<string, unknown>([['service.extensions', service.extensions]])
  for (const [section, components] of Object.entries({ receivers, exporters, extensions }))
    for (const [id, component] of components) parts.set(`${section}.${id}`, component.config)
  // With the settings, for a file that a processor reads may be another one now.
  for (const [id, p] of processors) parts.set(`processors.${id}`, [p.config, p.settings])
  for (const [id, p] of service.pipelines) {
    // Their order means nothing.
    parts.set(`service.pipelines.${id}`, [p.receivers.toSorted(), p.exporters.toSorted()])
    parts.set(`service.pipelines.${id}.processors`, p.processors)
  }
  addOptions(parts, '', options)
  addOptions(parts, 'telemetry.', telemetry)
  return parts
}

/** `queue.max_bytes` of `{queue: {max_bytes}}`, `durability` of `{durability}`. */
function addOptions(parts: Map<string, unknown>, prefix: string, options: object): void {
  for (const [name, value] of Object.entries(options) as [string, unknown][])
    if (typeof value !== 'object' || value === null) parts.set(`${prefix}${name}`, value)
    else
      for (const [key, option] of Object.entries(value) as [string, unknown][])
        parts.set(`${prefix}${name}.${key}`, option)
}

/** Secrets and URLs keep their value private, so that two of them look equal: taken out, and only to be compared. */
function revealed(value: unknown): unknown {
  if (value instanceof Secret || value instanceof OutboundUrl) return [value.reveal()]
  if (Array.isArray(value)) return value.map(revealed)
  if (typeof value !== 'object' || value === null) return value
  if (Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, revealed(v)]))
}

// ---------------------------------------------------------------- one after the other

export interface ReloaderDeps {
  /** Reads the configuration again; null for an instance that was started without a file. */
  readonly load: (() => Promise<LoadResult>) | null
  /** Takes the configuration on and says what changed, or throws and changes nothing. */
  readonly apply: (config: ObservaConfig) => Promise<readonly string[]>
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>
  readonly metrics: Metrics
  readonly clock: Clock
}

type Outcome = 'applied' | 'refused' | 'failed'

const RELOADS = 'observa_reloads_total'
const LAST_SUCCESS = 'observa_config_last_reload_success_timestamp_seconds'

export const RELOAD_METRICS = [
  counter(RELOADS, 'Reloads of the configuration, by outcome.', ['outcome']),
  gauge(LAST_SUCCESS, 'When the configuration in use was taken on.'),
]

export class Reloader {
  readonly #deps: ReloaderDeps
  #isOpen = false
  #isWanted = false
  #isRunning = false

  constructor(deps: ReloaderDeps) {
    this.#deps = deps
    const { metrics } = deps
    metrics.declare(RELOAD_METRICS)
    for (const outcome of ['applied', 'refused', 'failed'] satisfies Outcome[])
      metrics.add(RELOADS, `outcome="${outcome}"`, 0)
  }

  /** The instance runs with what it was started with; a signal that came during the start is answered now. */
  open(): void {
    this.#isOpen = true
    this.#succeeded()
    this.#next()
  }

  /** From now on signals are ignored: the instance stops. */
  close(): void {
    this.#isOpen = false
  }

  /** One reload at a time. Any number of signals during one are answered by one more: it reads the newest file. */
  request(): void {
    this.#isWanted = true
    this.#next()
  }

  #next(): void {
    if (!this.#isOpen || !this.#isWanted || this.#isRunning) return
    this.#isWanted = false
    this.#isRunning = true
    void this.#reload().finally(() => {
      this.#isRunning = false
      this.#next()
    })
  }

  async #reload(): Promise<void> {
    const { load, log, metrics } = this.#deps
    if (load === null) {
      log.warn('SIGHUP: started without --config, so there is no file to reload')
      return
    }
    const outcome = await this.#outcome(load)
    // What a stop broke off is no failure.
    if (outcome === null) return
    metrics.add(RELOADS, `outcome="${outcome}"`)
    if (outcome === 'applied') this.#succeeded()
  }

  async #outcome(load: () => Promise<LoadResult>): Promise<Outcome | null> {
    const { apply, log } = this.#deps
    try {
      const result = await load()
      for (const warning of result.warnings) log.warn(problemLine(warning))
      if (!result.ok) {
        for (const error of result.errors) log.error(problemLine(error))
        log.error('reload failed: the configuration is wrong; everything runs on as it was')
        return 'failed'
      }
      const changed = await apply(result.config)
      log.info({ changed }, 'configuration reloaded')
      return 'applied'
    } catch (thrown) {
      if (!this.#isOpen) return null
      if (thrown instanceof ObservaError && thrown.code === 'OBS_RELOAD_RESTART') {
        log.error(`reload refused: ${thrown.line()}`)
        return 'refused'
      }
      log.error(`reload failed: ${messageOf(thrown)}; everything runs on as it was`)
      return 'failed'
    }
  }

  #succeeded(): void {
    this.#deps.metrics.set(LAST_SUCCESS, '', this.#deps.clock.nowMs() / 1000)
  }
}
