// `observa worker`: works the jobs in the Postgres of a configuration, in a process of its own.

import type { ObservaConfig } from '../../../config/root.ts'
import { systemClock } from '../../../core/clock.ts'
import { ObservaError } from '../../../core/errors.ts'
import { Metrics } from '../../../core/metrics.ts'
import { migratePostgres } from '../../../storage/migrations/postgres.ts'
import { errorCodeOf } from '../../../storage/postgres/connection.ts'
import { PostgresPool } from '../../../storage/postgres/pool.ts'
import { Listeners } from '../../http/listeners.ts'
import { archivePlaceOf } from '../../jobs/archive-place-of.ts'
import { JobService } from '../../jobs/job-service.ts'
import { notificationSettingsOf } from '../../jobs/notification-settings.ts'
import { openSentry } from '../../sentry/open-sentry.ts'
import { makeAuthenticators } from '../../service/authenticators.ts'
import { clickhouseAddressOf, isEmbedded } from '../../service/clickhouse-address.ts'
import { PARTS } from '../../service/declared-metrics.ts'
import { metricsHandler, watchProcess } from '../../service/metrics-endpoint.ts'
import { onSignals } from '../../stop-signal.ts'
import type { UncaughtErrors } from '../../uncaught-errors.ts'
import { CONFIG_OPTIONS, parseOptions } from '../args.ts'
import type { Io } from '../io.ts'
import { loadOrExplain } from '../load.ts'
import { packageVersion } from '../version.ts'
import { reach } from './database.ts'

/** Running jobs get so long after a signal; less than what process managers wait. */
const DRAIN_MS = 20_000
const STOP_MS_MAX = 25_000
const RETRY_MS = 2000
/** Errors of the drain get so long to be reported. */
const REPORTS_MS = 2000

export async function workerVerb(
  args: readonly string[],
  io: Io,
  faults: UncaughtErrors,
): Promise<number> {
  const values = parseOptions('worker', args, {
    ...CONFIG_OPTIONS,
    database: { type: 'string' },
    metrics: { type: 'string' },
  })
  const config = await loadOrExplain(values, io)
  if (config === null) return 1
  const metrics = new Metrics()
  const version = packageVersion()
  const { log, sentry } = openSentry(config, { env: io.env, metrics, version })
  for (const part of PARTS) metrics.declare(part.metrics)
  const { url } = await reach(config, values, io, { startsEmbedded: false })
  const stopped = onSignals(io)
  const notifications = notificationSettingsOf(config)
  const clock = systemClock
  const jobs = new JobService({
    url,
    clickhouse: clickhouseAddressOf(config),
    hasClickHouse: clickhouseAddressOf(config) !== null || isEmbedded(config),
    semantic: config.semantic,
    notifications,
    archive: archivePlaceOf(config, clock),
    clock,
    metrics,
    log,
    isWorker: true,
    isStoreWorker: false,
  })
  faults.use(log, async () => {
    await jobs.stop(DRAIN_MS)
    await sentry?.close(REPORTS_MS)
  })
  const ending = new AbortController()
  void stopped.then(() => ending.abort())
  await migrated(url, ending.signal, (code) =>
    log.warn({ code }, 'Postgres is not ready; it is tried again'),
  )
  if (!ending.signal.aborted) await jobs.start()
  const listeners = await metricsListener(config, metrics, values.metrics)
  io.err('observa worker: jobs are worked here; Ctrl-C or SIGTERM drains\n')
  io.err(`${await stopped}: draining\n`)
  const kill = setTimeout(() => process.exit(1), STOP_MS_MAX)
  await jobs.stop(DRAIN_MS)
  await Promise.all([listeners.close(0), sentry?.close(REPORTS_MS)])
  clearTimeout(kill)
  io.err('stopped; what was not finished is left to other workers\n')
  setImmediate(() => process.exit(0))
  return 0
}

async function metricsListener(
  config: ObservaConfig,
  metrics: Metrics,
  endpoint: string | undefined,
): Promise<Listeners> {
  const listeners = new Listeners()
  if (endpoint === undefined) return listeners
  watchProcess(metrics, packageVersion())
  const guard = makeAuthenticators(config).guardWithoutKey(endpoint)
  listeners.route(endpoint, '/metrics', metricsHandler(metrics, guard))
  await listeners.open()
  return listeners
}

/** A worker may be started before any instance, and before the database. */
async function migrated(
  url: string,
  signal: AbortSignal,
  onFailure: (code: string) => void,
): Promise<void> {
  const pool = new PostgresPool({ url, max: 1, applicationName: 'observa/worker' })
  try {
    while (!signal.aborted) {
      try {
        await migratePostgres(pool)
        return
      } catch (thrown) {
        // Roles that may not be made, or a newer database: waiting does not help.
        if (thrown instanceof ObservaError) throw thrown
        onFailure(errorCodeOf(thrown))
        await systemClock.sleep(RETRY_MS, signal).catch(() => {})
      }
    }
  } finally {
    await pool.end()
  }
}
