// Reports errors and the duration of requests to Sentry, where a DSN is set. What is logged with severity error or fatal is an error.
// Equal errors are reported ten times a minute at most, transactions 600 times, so that a fault in a loop costs nothing.

import { hostname } from 'node:os'
import type { SentryConfig } from '../../config/telemetry-section.ts'
import type { Random } from '../../core/clock.ts'
import { DSN_EXPECTED, parseSentryDsn } from '../../core/config/sentry-dsn.ts'
import { ObservaError } from '../../core/errors.ts'
import type { AnsweredRequest } from '../../core/operations.ts'
import { preparedTextScrubber } from '../../processors/scrub/index.ts'
import {
  causeOf,
  errorItem,
  type LoggedError,
  type SentryCategory,
  type SentryItem,
  type SentryOrigin,
  transactionItem,
} from './sentry-item.ts'
import { SentryTransport, type SentryTransportOptions } from './sentry-transport.ts'

export interface SentryReportsOptions extends SentryTransportOptions {
  readonly release: string
  readonly environment: string
  /** Fraction of requests, from 0 to 1. */
  readonly transactions: number
  readonly random: Random
}

const MINUTE_MS = 60_000
const EQUAL_ERRORS_MAX = 10
const DISTINCT_ERRORS_MAX = 200
const TRANSACTIONS_MAX = 600

export class SentryReports {
  readonly #transport: SentryTransport
  readonly #options: SentryReportsOptions
  readonly #origin: SentryOrigin
  #scrubSettings: unknown
  #scrubber: ReturnType<typeof preparedTextScrubber> | null = null
  #minuteAtMs = 0
  /** Reports of the current minute: of each error, and of transactions. */
  readonly #errors = new Map<string, number>()
  #transactions = 0

  constructor(options: SentryReportsOptions, scrubSettings?: unknown) {
    this.#options = options
    this.#scrubSettings = scrubSettings
    this.#transport = new SentryTransport(options)
    this.#origin = {
      release: options.release,
      environment: options.environment,
      serverName: hostname(),
      scrub: (field, text) => this.#scrub(field, text),
    }
  }

  /** Never throws, and returns at once. */
  readonly error = (line: LoggedError): void => {
    this.#report('error', (nowMs) => {
      // Equal is what comes from the same line of our code for the same reason.
      const { kind, at } = causeOf(line.fields)
      const same = `${line.message}\n${kind ?? ''}\n${at[0] ?? ''}`
      const known = this.#errors.get(same)
      if ((known ?? 0) >= EQUAL_ERRORS_MAX) return 'repeated'
      if (known === undefined && this.#errors.size >= DISTINCT_ERRORS_MAX) return 'rate'
      this.#errors.set(same, (known ?? 0) + 1)
      return errorItem(line, this.#origin, nowMs)
    })
  }

  /** Never throws, and returns at once. Reports the configured fraction. */
  readonly request = (answered: AnsweredRequest): void => {
    const { random, transactions } = this.#options
    if (random() >= transactions) return
    this.#report('transaction', (nowMs) => {
      if (this.#transactions >= TRANSACTIONS_MAX) return 'rate'
      this.#transactions++
      return transactionItem(answered, this.#origin, nowMs)
    })
  }

  /** After a reload: the detectors of the configuration may be others. */
  useScrubSettings(settings: unknown): void {
    this.#scrubSettings = settings
    this.#scrubber = null
  }

  /** Sends what waits, for `ms` at most. */
  close(ms: number): Promise<void> {
    return this.#transport.close(ms)
  }

  #report(
    category: SentryCategory,
    make: (nowMs: number) => SentryItem | 'repeated' | 'rate',
  ): void {
    try {
      const nowMs = this.#options.clock.nowMs()
      if (Math.abs(nowMs - this.#minuteAtMs) >= MINUTE_MS) {
        this.#minuteAtMs = nowMs
        this.#errors.clear()
        this.#transactions = 0
      }
      const made = make(nowMs)
      if (typeof made === 'string') this.#transport.dropped(category, made)
      else this.#transport.add(made)
    } catch {
      // A report must not become a fault of whoever reports, and logging it would come back here.
      this.#transport.dropped(category, 'fault')
    }
  }

  #scrub(field: string, text: string): string {
    // Most instances never report: the detectors are made with the first report.
    this.#scrubber ??= preparedTextScrubber(this.#scrubSettings)
    return this.#scrubber.scrub(text, field).text
  }
}

/** Null where no DSN is set or reports are turned off. Throws when the one in the environment is none. */
export function sentryReportsOf(
  config: SentryConfig,
  env: Readonly<Record<string, string | undefined>>,
  deps: Omit<SentryReportsOptions, 'dsn' | 'release' | 'environment' | 'transactions'>,
  scrubSettings?: unknown,
): SentryReports | null {
  const given = config.dsn?.reveal() ?? env['SENTRY_DSN'] ?? ''
  if (!config.enabled || given === '') return null
  const dsn = parseSentryDsn(given)
  if (dsn === null)
    throw new ObservaError(
      'OBS_SENTRY_DSN',
      `SENTRY_DSN is no DSN: ${DSN_EXPECTED}.`,
      'Correct it, or write telemetry.sentry.enabled: false.',
    )
  const environment =
    config.environment ?? (env['SENTRY_ENVIRONMENT'] || env['NODE_ENV'] || 'production')
  const release = config.release ?? (env['SENTRY_RELEASE'] || `observa@${deps.version}`)
  deps.log.info({ endpoint: dsn.endpoint, environment }, 'errors are reported to Sentry')
  return new SentryReports(
    { ...deps, dsn, environment, release, transactions: config.transactions },
    scrubSettings,
  )
}
