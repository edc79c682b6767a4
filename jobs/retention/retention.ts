// Removes, once an hour, data that is older than the retention time of its project, of its tenant or of the configuration.

import type { ClickHouseClient } from '@clickhouse/client'
import { z } from 'zod'
import type { Clock } from '../../core/clock.ts'
import {
  ARCHIVED_CLASSES,
  type ArchivedClass,
  effectiveArchive,
  effectiveRetention,
  RETENTION_CLASSES,
  type RetentionClass,
} from '../../core/deletion/retention.ts'
import { counter, gauge, type Metrics } from '../../core/metrics.ts'
import type { ArchivePlace } from '../../storage/archive/archive-place.ts'
import { dropLeftBehind } from '../../storage/archive/staging.ts'
import { heldDays } from '../../storage/control/archives.ts'
import {
  listRetention,
  type RetentionDefaults,
  type RetentionRow,
  readDefaults,
} from '../../storage/control/retention.ts'
import type { PostgresPool } from '../../storage/postgres/pool.ts'
import { withRole } from '../../storage/postgres/roles.ts'
import {
  deleteExpired,
  type Expired,
  emptyContent,
  placesWithEvents,
} from '../../storage/retention/clickhouse-retention.ts'
import { expireInPostgres, placesInPostgres } from '../../storage/retention/postgres-retention.ts'
import { archiveExpired, wholeDays } from '../archive/archive-expired.ts'
import { defineJobKind, type JobHandler } from '../job-kind.ts'

const REMOVED = 'observa_retention_removed_rows_total'
const LAST = 'observa_retention_last_run_timestamp_seconds'

export const RETENTION_METRICS = [
  counter(REMOVED, 'Rows that retention emptied or removed, by class of data and store.', [
    'class',
    'store',
  ]),
  gauge(LAST, 'When retention last went through in this process, s since the epoch.'),
]

const APPLY_RETENTION = defineJobKind({
  name: 'retention.apply',
  payload: z.object({}),
  concurrency: 1,
  timeoutMs: 60 * 60_000,
  everySeconds: 3600,
})

const DAY_MS = 86_400_000

export interface RetentionDeps {
  readonly pool: PostgresPool
  readonly clickhouse: ClickHouseClient | null
  readonly clock: Clock
  readonly metrics: Metrics
  /** Null where no archive is configured: what should be archived then stays in the stores. */
  readonly archive?: ArchivePlace | null
  /** Told of what stays for want of an archive. */
  readonly onUnarchived?: (what: ArchivedClass, projects: number) => void
}

export function applyRetention(deps: RetentionDeps): JobHandler<object> {
  return {
    kind: APPLY_RETENTION,
    run: async ({ signal, log }) => {
      const onUnarchived = (what: ArchivedClass, projects: number): void =>
        log.warn(
          { code: 'OBS_ARCHIVE_NONE', class: what, projects },
          'what should be archived stays: no archive is configured',
        )
      const removed = await removeExpired({ onUnarchived, ...deps }, signal)
      if (removed > 0) log.info({ removed }, 'retention has taken away what was old')
    },
  }
}

/** Returns the number of rows that were emptied or removed. */
export async function removeExpired(deps: RetentionDeps, signal: AbortSignal): Promise<number> {
  const { pool, clickhouse, clock, metrics } = deps
  const [rows, defaults, held] = await withRole(
    pool,
    'observa_control',
    async (c) => [await listRetention(c), await readDefaults(c), await heldDays(c)] as const,
    { readOnly: true },
  )
  const places = await placesOf(deps)
  let removed = 0
  for (const what of RETENTION_CLASSES) {
    signal.throwIfAborted()
    const expired = places.flatMap(({ tenant, project }): Expired[] => {
      const days = effectiveRetention(...levels(rows, defaults, tenant, project))[`${what}_days`]
      if (days === null) return []
      const beforeMs = clock.nowMs() - days * DAY_MS
      return [
        { tenant, project, beforeMs, heldDays: held.get(`${tenant}\n${project}\n${what}`) ?? [] },
      ]
    })
    const isArchived = ({ tenant, project }: Expired): boolean =>
      effectiveArchive(...levels(rows, defaults, tenant, project)).some((c) => c === what)
    const all = await archived(deps, what, expired, isArchived, signal)
    const inClickHouse = clickhouse === null ? 0 : await expireIn(clickhouse, what, all)
    const inPostgres = await expireRows(pool, what, all)
    if (inClickHouse > 0) metrics.add(REMOVED, `class="${what}",store="clickhouse"`, inClickHouse)
    if (inPostgres > 0) metrics.add(REMOVED, `class="${what}",store="postgres"`, inPostgres)
    removed += inClickHouse + inPostgres
  }
  metrics.set(LAST, '', clock.nowMs() / 1000)
  return removed
}

/** Archives what has to be, and resolves with what may be removed now. */
async function archived(
  deps: RetentionDeps,
  what: RetentionClass,
  expired: readonly Expired[],
  isArchived: (expired: Expired) => boolean,
  signal: AbortSignal,
): Promise<readonly Expired[]> {
  const known = ARCHIVED_CLASSES.find((c) => c === what)
  const toArchive = known === undefined ? [] : expired.filter(isArchived)
  if (known === undefined || toArchive.length === 0) return expired
  const rest = expired.filter((e) => !toArchive.includes(e))
  const { archive: place = null, clickhouse, pool, clock, metrics } = deps
  if (place === null) {
    deps.onUnarchived?.(known, toArchive.length)
    return rest
  }
  if (clickhouse !== null) await dropLeftBehind(clickhouse)
  const done: Expired[] = []
  for (const e of toArchive) {
    const whole = { ...e, beforeMs: wholeDays(e.beforeMs) }
    await archiveExpired({ pool, clickhouse, place, clock, metrics }, known, whole, signal)
    done.push({ ...whole, isArchived: true })
  }
  return [...rest, ...done]
}

function expireIn(
  clickhouse: ClickHouseClient,
  what: RetentionClass,
  all: readonly Expired[],
): Promise<number> {
  return what === 'content' ? emptyContent(clickhouse, all) : deleteExpired(clickhouse, what, all)
}

async function expireRows(
  pool: PostgresPool,
  what: RetentionClass,
  all: readonly Expired[],
): Promise<number> {
  if (what === 'metrics') return 0
  let rows = 0
  for (const expired of all)
    rows += await withRole(pool, 'observa_exporter', (c) => expireInPostgres(c, what, expired))
  return rows
}

interface Place {
  readonly tenant: string
  readonly project: string
}

async function placesOf({ pool, clickhouse }: RetentionDeps): Promise<readonly Place[]> {
  const inPostgres = await withRole(pool, 'observa_exporter', placesInPostgres, { readOnly: true })
  const inEvents = clickhouse === null ? [] : await placesWithEvents(clickhouse)
  const all = new Map([...inPostgres, ...inEvents].map((p) => [`${p.tenant}\n${p.project}`, p]))
  return [...all.values()]
}

function levels(
  rows: readonly RetentionRow[],
  defaults: RetentionDefaults,
  tenant: string,
  project: string,
): readonly (RetentionDefaults | null)[] {
  const of = (id: string): RetentionRow | null =>
    rows.find((r) => r.tenant_id === tenant && r.project_id === id) ?? null
  return [of(project), of(''), defaults]
}
