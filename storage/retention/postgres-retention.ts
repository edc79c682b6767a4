// Takes what is older than its retention from Postgres, for one project and class. As `observa_exporter`. Statements are bounded,
// so that no lock is held for long; the next run takes the rest.

import type { RetentionClass } from '../../core/deletion/retention.ts'
import type { Statements } from '../postgres/connection.ts'
import { hourOf } from '../queries/where-clause.ts'
import type { Expired } from './clickhouse-retention.ts'

const ROWS_MAX = 20_000

const HOUR = ` AND last_hour <= ${hourOf('$3::timestamptz')}`
const START = ' AND start_time < $3'

type Class = Exclude<RetentionClass, 'metrics'>

const ISSUES = [
  `DELETE FROM issue_history h USING issues i WHERE i.tenant_id = h.tenant_id AND i.project_id = h.project_id AND i.issue_id = h.issue_id
     AND h.tenant_id = $1 AND h.project_id = $2 AND i.last_seen < $3 AND ${notHeld('i.last_seen')}`,
  `DELETE FROM issue_affected h USING issues i WHERE i.tenant_id = h.tenant_id AND i.project_id = h.project_id AND i.issue_id = h.issue_id
     AND h.tenant_id = $1 AND h.project_id = $2 AND i.last_seen < $3 AND ${notHeld('i.last_seen')}`,
  expire('issues', 'last_seen', HOUR),
]

const OF: Readonly<Record<Class, readonly string[]>> = {
  content: [
    `UPDATE conversations SET last_message = NULL WHERE ctid = ANY (ARRAY(SELECT ctid FROM conversations
       WHERE tenant_id = $1 AND project_id = $2 AND last_message IS NOT NULL AND last_message_at < $3 AND ${notHeld('last_message_at')}
       LIMIT ${ROWS_MAX}))`,
  ],
  events: [
    expire('trace_summaries', 'end_time', START),
    expire('conversations', 'last_at', HOUR),
    expire('sessions', 'last_at', HOUR),
    expire('end_users', 'last_at', HOUR),
    expire('scores', 'at'),
  ],
  signals: [expire('signals', 'at'), ...ISSUES],
  figures: [expire('usage_daily', 'day')],
}

/** The same without the tables that an archive has: their rows were removed with it, and later ones are archived with the next run. */
const BESIDE_ARCHIVE: Readonly<Record<Class, readonly string[]>> = {
  ...OF,
  events: [],
  signals: ISSUES,
}

/** Holds for rows of days that were not restored from an archive. */
function notHeld(column: string): string {
  return `to_char(${column}::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD') <> ALL ($4::text[])`
}

/** `more` is a condition that follows from the age, for which there is an index. */
function expire(table: string, column: string, more = ''): string {
  return `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${table}
    WHERE tenant_id = $1 AND project_id = $2 AND ${column} < $3${more} AND ${notHeld(column)} LIMIT ${ROWS_MAX}))`
}

/** Returns how many rows changed or went. */
export async function expireInPostgres(
  client: Statements,
  what: Class,
  { tenant, project, beforeMs, heldDays = [], isArchived = false }: Expired,
): Promise<number> {
  let rows = 0
  for (const text of (isArchived ? BESIDE_ARCHIVE : OF)[what]) {
    const done = await client.query(text, [tenant, project, new Date(beforeMs), heldDays])
    rows += done.rowCount ?? 0
  }
  return rows
}

/** Tenants and projects that have traces or signals. */
export async function placesInPostgres(
  client: Statements,
): Promise<readonly { readonly tenant: string; readonly project: string }[]> {
  const found = await client.query<{ tenant: string; project: string }>(
    `SELECT DISTINCT tenant_id AS tenant, project_id AS project FROM usage_daily
     UNION SELECT DISTINCT tenant_id, project_id FROM trace_summaries UNION SELECT DISTINCT tenant_id, project_id FROM signals`,
  )
  return found.rows
}
