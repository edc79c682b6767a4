// The logger of a process together with the reports to Sentry that it feeds. The two need each other: lines of severity error are
// reported, and what prevents a report is logged.

import type { Logger } from 'pino'
import type { ObservaConfig } from '../../config/root.ts'
import { systemClock } from '../../core/clock.ts'
import type { Metrics } from '../../core/metrics.ts'
import { makeLogger } from '../service/logger.ts'
import { type SentryReports, sentryReportsOf } from './sentry-reports.ts'

export interface OpenSentryOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly metrics: Metrics
  readonly version: string
}

export function openSentry(
  config: ObservaConfig,
  { env, metrics, version }: OpenSentryOptions,
): { readonly log: Logger; readonly sentry: SentryReports | null } {
  let sentry: SentryReports | null = null
  const log = makeLogger(config.telemetry.logs, process.stderr, (line) => sentry?.error(line))
  const deps = { log, metrics, version, clock: systemClock, random: Math.random }
  sentry = sentryReportsOf(config.telemetry.sentry, env, deps, scrubSettingsOf(config))
  return { log, sentry }
}

/** Those of the first `scrub` processor, so that a user's own detectors count here too; else all built-in ones. */
export function scrubSettingsOf(config: ObservaConfig): unknown {
  const scrub = [...config.processors.values()].find((p) => p.factory.type === 'scrub')
  return scrub?.settings
}
