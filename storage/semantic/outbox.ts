// A table of Postgres in which rows wait until an instance has written them into its log. The instance deletes a row in the transaction in
// which it was written to the log. A crash can make it come twice, but with the same id, which changes nothing.

import type { QueryResultRow } from '../postgres/connection.ts'
import type { PostgresPool } from '../postgres/pool.ts'
import { withRole } from '../postgres/roles.ts'

const AT_ONCE_MAX = 500

/** Names of the table and of its columns beside `tenant_id`, `project_id` and `created_at`. */
interface Outbox {
  readonly table: 'derived_signals' | 'score_changes'
  readonly id: 'signal_id' | 'score_id'
  readonly value: 'signal' | 'score'
}

interface Waiting<T> extends QueryResultRow {
  readonly tenant_id: string
  readonly project_id: string
  readonly id: string
  readonly value: T
}

/** Hands waiting values to `take`, the oldest first, and deletes them when it resolves. Returns how many. */
export async function takeWaiting<T>(
  pool: PostgresPool,
  { table, id, value }: Outbox,
  take: (values: readonly T[]) => Promise<void>,
  signal: AbortSignal,
): Promise<number> {
  return await withRole(
    pool,
    'observa_exporter',
    async (client) => {
      const found = await client.query<Waiting<T>>(
        `SELECT tenant_id, project_id, ${id} AS id, ${value} AS value FROM ${table} ORDER BY created_at
         LIMIT ${AT_ONCE_MAX} FOR UPDATE SKIP LOCKED`,
      )
      if (found.rows.length === 0) return 0
      await take(found.rows.map((row) => row.value))
      const keys = found.rows.map(({ tenant_id, project_id, id: key }) => ({
        tenant_id,
        project_id,
        id: key,
      }))
      await client.query(
        `DELETE FROM ${table} AS w USING jsonb_to_recordset($1::jsonb) AS t (tenant_id text, project_id text, id text)
         WHERE (w.tenant_id, w.project_id, w.${id}) = (t.tenant_id, t.project_id, t.id)`,
        [JSON.stringify(keys)],
      )
      return found.rows.length
    },
    { signal },
  )
}
