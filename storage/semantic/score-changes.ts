// Changes of scores, whoever made them, on their way into the log of an instance. A trigger of Postgres notes them, as long as an
// instance asks for them.

import type { ScoreChange } from '../../core/scores/score-change.ts'
import type { QueryResultRow } from '../postgres/connection.ts'
import type { PostgresPool } from '../postgres/pool.ts'
import { withRole } from '../postgres/roles.ts'

const AT_ONCE_MAX = 500
/** The trigger notes changes for a day after this. */
const NOTE_EVERY = "interval '1 hour'"

interface Waiting extends QueryResultRow {
  readonly tenant_id: string
  readonly project_id: string
  readonly score_id: string
  readonly score: ScoreChange
}

/** Says that somebody takes changes. Changes before the first call are not noted. */
export async function noteScoreReader(pool: PostgresPool): Promise<void> {
  await withRole(pool, 'observa_exporter', (client) =>
    client.query(
      `UPDATE score_readers SET seen_at = now() WHERE seen_at < now() - ${NOTE_EVERY}`,
      [],
    ),
  )
}

/** Hands waiting changes to `take`, the oldest first, and deletes them when it resolves. Returns how many. */
export async function takeScoreChanges(
  pool: PostgresPool,
  take: (changes: readonly ScoreChange[]) => Promise<void>,
  signal: AbortSignal,
): Promise<number> {
  return await withRole(
    pool,
    'observa_exporter',
    async (client) => {
      const found = await client.query<Waiting>(
        `SELECT tenant_id, project_id, score_id, score FROM score_changes ORDER BY created_at
         LIMIT ${AT_ONCE_MAX} FOR UPDATE SKIP LOCKED`,
      )
      if (found.rows.length === 0) return 0
      await take(found.rows.map((row) => row.score))
      await client.query(
        `DELETE FROM score_changes AS c USING jsonb_to_recordset($1::jsonb) AS t (tenant_id text, project_id text, score_id text)
         WHERE (c.tenant_id, c.project_id, c.score_id) = (t.tenant_id, t.project_id, t.score_id)`,
        [JSON.stringify(found.rows.map(keyOf))],
      )
      return found.rows.length
    },
    { signal },
  )
}

const keyOf = ({ tenant_id, project_id, score_id }: Waiting): object => ({
  tenant_id,
  project_id,
  score_id,
})
