// Takes what is older than its retention from ClickHouse. A TTL knows one age for a table, and parts hold many projects; so each
// class is one statement for all projects, run when there is something to take. Content is emptied, the rest deleted.

import type { ClickHouseClient } from '@clickhouse/client'
import { CONTENT_TEXTS } from '../../core/fields.ts'
import { count, deleteRows, sqlText } from '../deletion/clickhouse-subject.ts'

/** Rows of one project that were received (events of hours: began) before a time are to go. */
export interface Expired {
  readonly tenant: string
  readonly project: string
  readonly beforeMs: number
  /** Days whose rows stay, because they were restored from an archive: `2026-01-31`. */
  readonly heldDays?: readonly string[]
  /** These rows were archived, and removed with it: only what is made of them is left to remove. */
  readonly isArchived?: boolean
}

/** Columns with content, which become null; a map is emptied instead. */
export const CONTENT_COLUMNS = CONTENT_TEXTS
export const CONTENT_MAPS = ['attributes', 'attributes_json'] as const

const MUTATION_S = 3600

/** Tenants and projects that have events. */
export async function placesWithEvents(
  client: ClickHouseClient,
): Promise<readonly { readonly tenant: string; readonly project: string }[]> {
  const result = await client.query({
    query: 'SELECT DISTINCT tenant_id AS tenant, project_id AS project FROM event_hours',
    format: 'JSONEachRow',
  })
  return await result.json<{ tenant: string; project: string }>()
}

function expired(all: readonly Expired[], column: string): string {
  const each = all.map(
    ({ tenant, project, beforeMs, heldDays = [] }) =>
      `(tenant_id = ${sqlText(tenant)} AND project_id = ${sqlText(project)} AND ${column} < toDateTime(${Math.floor(beforeMs / 1000)}, 'UTC')${heldSql(column, heldDays)})`,
  )
  return each.length === 0 ? 'false' : `(${each.join(' OR ')})`
}

function heldSql(column: string, days: readonly string[]): string {
  if (days.length === 0) return ''
  return ` AND toString(toDate(${column}, 'UTC')) NOT IN (${days.map(sqlText).join(', ')})`
}

/** Returns how many events lost their content. */
export async function emptyContent(
  client: ClickHouseClient,
  all: readonly Expired[],
): Promise<number> {
  const has = [
    ...CONTENT_COLUMNS.map((c) => `${c} IS NOT NULL`),
    ...CONTENT_MAPS.map((c) => `notEmpty(${c})`),
  ]
  const where = `${expired(all, 'received_at')} AND (${has.join(' OR ')})`
  const rows = all.length === 0 ? 0 : await count(client, 'canonical_events', where)
  if (rows === 0) return 0
  const to = [
    ...CONTENT_COLUMNS.map((c) => `${c} = NULL`),
    ...CONTENT_MAPS.map((c) => `${c} = map()`),
  ]
  await client.command({
    query: `ALTER TABLE canonical_events UPDATE ${to.join(', ')} WHERE ${where}`,
    clickhouse_settings: { mutations_sync: '2', max_execution_time: MUTATION_S },
  })
  return rows
}

const TABLES = {
  events: [
    ['canonical_events', 'received_at'],
    ['trace_hours', 'received_at'],
    // What was found out about the events of that time goes with them.
    ['vectors', 'at'],
    ['topic_assignments', 'at'],
    ['sampled_traces', 'sampled_at'],
    ['scored_events', 'hour'],
    ['scores', 'at'],
  ],
  signals: [['signals', 'received_at']],
  metrics: [['metric_points', 'received_at']],
  figures: [
    ['usage_rollup', 'hour'],
    ['usage_by_dimension', 'hour'],
    ['rolled_hours', 'hour'],
    ['event_hours', 'hour'],
  ],
} as const

/** Tables that an archive has (`storage/archive`). Rows that came after it was written are archived with the next run. */
const ARCHIVED_TABLES: ReadonlySet<string> = new Set(['canonical_events', 'signals'])

/** Returns how many rows went. */
export async function deleteExpired(
  client: ClickHouseClient,
  what: keyof typeof TABLES,
  all: readonly Expired[],
): Promise<number> {
  if (all.length === 0) return 0
  let rows = 0
  for (const [table, column] of TABLES[what]) {
    const isArchive = ARCHIVED_TABLES.has(table)
    const left = isArchive ? all.filter((e) => e.isArchived !== true) : all
    if (left.length === 0) continue
    const where = expired(left, column)
    rows += await count(client, table, where)
    await deleteRows(client, table, where)
  }
  return rows
}
