// Reloads the configuration of a running instance: finds what differs between two configurations, decides which of it
// can change live, and runs one reload at a time. The loader reads the files, the service applies the changes.

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
  /** Paths of options that can change while the instance runs, such as `processors.scrub`. */
  readonly live: readonly string[]
  /** Paths of options that cannot, such as `exporters.kafka` or `queue.max_bytes`. */
  readonly restart: readonly string[]
}

/**
 * The options that can change in a running instance. All others need a restart, including those that are added in the
 * future.
 */
const LIVE =
  /^(processors\..+|extensions\.keys(\/.+)?|service\.pipelines\..+\.processors|telemetry\.logs\.level)$/

/** Compares values, secrets included. `tests` do not affect a running instance and are not compared. */
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

/** Returns what changes. Throws if the new configuration needs a restart. */
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

/** Splits the configuration into the parts that are compared and named, by path. */
function partsOf(config: ObservaConfig): Map<string, unknown> {
  const { receivers, processors, exporters, extensions, service, telemetry, ...others } = config
  const { tests: _tests, printable: _printable, ...options } = others
  const parts = new Map<string, unknown>([['service.extensions', service.extensions]])
  for (const [section, components] of Object.entries({ receivers, exporters, extensions }))
    for (const [id, component] of components) parts.set(`${section}.${id}`, component.config)
  // The settings are compared as well, because a file that a processor reads may have changed.
  for (const [id, p] of processors) parts.set(`processors.${id}`, [p.config, p.settings])
  for (const [id, p] of service.pipelines) {
    // The order of receivers and exporters has no effect.
    parts.set(`service.pipelines.${id}`, [p.receivers.toSorted(), p.exporters.toSorted()])
    parts.set(`service.pipelines.${id}.processors`, p.processors)
  }
  addOptions(parts, '', options)
  addOptions(parts, 'telemetry.', telemetry)
  return parts
}

/** Adds one part for each option, named `queue.max_bytes` or `durability`. */
function addOptions(parts: Map<string, unknown>, prefix: string, options: object): void {
  const entries: [string, unknown][] = Object.entries(options)
  for (const [name, value] of entries)
    if (typeof value !== 'object' || value === null) parts.set(`${prefix}${name}`, value)
    else {
      const nested: [string, unknown][] = Object.entries(value)
      for (const [key, option] of nested) parts.set(`${prefix}${name}.${key}`, option)
    }
}

/**
 * Replaces secrets and URLs by their private value, so that different ones do not compare as equal. The result is
 * used for comparison only.
 */
function revealed(value: unknown): unknown {
  if (value instanceof Secret || value instanceof OutboundUrl) return [value.reveal()]
  if (Array.isArray(value)) return value.map(revealed)
  if (typeof value !== 'object' || value === null) return value
  if (Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, revealed(v)]))
}

// ---------------------------------------------------------------- one after the other

export interface ReloaderDeps {
  /** Reads the configuration again. Null for an instance that was started without a file. */
  readonly load: (() => Promise<LoadResult>) | null
  /** Applies the configuration and returns what changed. If it throws, nothing has changed. */
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
  gauge(LAST_SUCCESS, 'Unix time at which the configuration in use was applied.'),
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

  /** Called when the start is complete. A signal that arrived during the start is handled now. */
  open(): void {
    this.#isOpen = true
    this.#succeeded()
    this.#next()
  }

  /** Called when the instance stops. Signals are ignored from now on. */
  close(): void {
    this.#isOpen = false
  }

  /**
   * Requests a reload. All requests during a reload cause only one further reload, because it reads the newest files.
   */
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
    // The reload was interrupted by a stop, which is not a failure.
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
        log.error('reload failed: the configuration is wrong; the previous one stays in use')
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
      log.error(`reload failed: ${messageOf(thrown)}; the previous configuration stays in use`)
      return 'failed'
    }
  }

  #succeeded(): void {
    this.#deps.metrics.set(LAST_SUCCESS, '', this.#deps.clock.nowMs() / 1000)
  }
}
