// Takes what is older than its retention from Postgres, for one project and class. As `observa_exporter`. Statements are bounded,
// so that no lock is held for long; the next run takes the rest.

import type { RetentionClass } from '../../core/deletion/retention.ts'
import type { Statements } from '../postgres/connection.ts'
import { hourOf } from '../queries/where-clause.ts'

const ROWS_MAX = 20_000

const HOUR = ` AND last_hour <= ${hourOf('$3::timestamptz')}`
const START = ' AND start_time < $3'

const OF: Readonly<Record<Exclude<RetentionClass, 'metrics'>, readonly string[]>> = {
  content: [
    `UPDATE conversations SET last_message = NULL WHERE ctid = ANY (ARRAY(SELECT ctid FROM conversations
       WHERE tenant_id = $1 AND project_id = $2 AND last_message IS NOT NULL AND last_message_at < $3 LIMIT ${ROWS_MAX}))`,
  ],
  events: [
    expire('trace_summaries', 'end_time', START),
    expire('conversations', 'last_at', HOUR),
    expire('sessions', 'last_at', HOUR),
    expire('end_users', 'last_at', HOUR),
    expire('scores', 'at'),
  ],
  signals: [
    expire('signals', 'at'),
    `DELETE FROM issue_history h USING issues i WHERE i.tenant_id = h.tenant_id AND i.project_id = h.project_id AND i.issue_id = h.issue_id
       AND h.tenant_id = $1 AND h.project_id = $2 AND i.last_seen < $3`,
    `DELETE FROM issue_affected h USING issues i WHERE i.tenant_id = h.tenant_id AND i.project_id = h.project_id AND i.issue_id = h.issue_id
       AND h.tenant_id = $1 AND h.project_id = $2 AND i.last_seen < $3`,
    expire('issues', 'last_seen', HOUR),
  ],
  figures: [expire('usage_daily', 'day')],
}

/** `more` is a condition that follows from the age, for which there is an index. */
function expire(table: string, column: string, more = ''): string {
  return `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${table}
    WHERE tenant_id = $1 AND project_id = $2 AND ${column} < $3${more} LIMIT ${ROWS_MAX}))`
}

/** Returns how many rows changed or went. */
export async function expireInPostgres(
  client: Statements,
  what: Exclude<RetentionClass, 'metrics'>,
  {
    tenant,
    project,
    beforeMs,
  }: { readonly tenant: string; readonly project: string; readonly beforeMs: number },
): Promise<number> {
  let rows = 0
  for (const text of OF[what]) {
    const done = await client.query(text, [tenant, project, new Date(beforeMs)])
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
