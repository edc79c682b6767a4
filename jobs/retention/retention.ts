// Removes, once an hour, data that is older than the retention time of its project, of its tenant or of the configuration.

import type { ClickHouseClient } from '@clickhouse/client'
import { z } from 'zod'
import type { Clock } from '../../core/clock.ts'
import {
  effectiveRetention,
  RETENTION_CLASSES,
  type RetentionClass,
  type RetentionDays,
} from '../../core/deletion/retention.ts'
import { counter, gauge, type Metrics } from '../../core/metrics.ts'
import { listRetention, type RetentionRow, readDefaults } from '../../storage/control/retention.ts'
import type { PostgresPool } from '../../storage/postgres/pool.ts'
import { withRole } from '../../storage/postgres/roles.ts'
import {
  deleteExpired,
  type Expired,
  emptyContent,
  placesWithEvents,
} from '../../storage/retention/clickhouse-retention.ts'
import { expireInPostgres, placesInPostgres } from '../../storage/retention/postgres-retention.ts'
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
}

export function applyRetention(deps: RetentionDeps): JobHandler<object> {
  return {
    kind: APPLY_RETENTION,
    run: async ({ signal, log }) => {
      const removed = await removeExpired(deps, signal)
      if (removed > 0) log.info({ removed }, 'retention has taken away what was old')
    },
  }
}

/** Returns the number of rows that were emptied or removed. */
export async function removeExpired(deps: RetentionDeps, signal: AbortSignal): Promise<number> {
  const { pool, clickhouse, clock, metrics } = deps
  const [rows, defaults] = await withRole(
    pool,
    'observa_control',
    async (c) => [await listRetention(c), await readDefaults(c)] as const,
    { readOnly: true },
  )
  const places = await placesOf(deps)
  let removed = 0
  for (const what of RETENTION_CLASSES) {
    signal.throwIfAborted()
    const all = places.flatMap(({ tenant, project }): Expired[] => {
      const days = daysOf(rows, defaults, tenant, project)[`${what}_days`]
      return days === null ? [] : [{ tenant, project, beforeMs: clock.nowMs() - days * DAY_MS }]
    })
    const inClickHouse = clickhouse === null ? 0 : await expireIn(clickhouse, what, all)
    const inPostgres = await expireRows(pool, what, all)
    if (inClickHouse > 0) metrics.add(REMOVED, `class="${what}",store="clickhouse"`, inClickHouse)
    if (inPostgres > 0) metrics.add(REMOVED, `class="${what}",store="postgres"`, inPostgres)
    removed += inClickHouse + inPostgres
  }
  metrics.set(LAST, '', clock.nowMs() / 1000)
  return removed
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

function daysOf(
  rows: readonly RetentionRow[],
  defaults: RetentionDays,
  tenant: string,
  project: string,
): RetentionDays {
  const of = (id: string): RetentionRow | null =>
    rows.find((r) => r.tenant_id === tenant && r.project_id === id) ?? null
  return effectiveRetention(of(project), of(''), defaults)
}
