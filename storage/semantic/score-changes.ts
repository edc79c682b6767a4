// Changes of scores, whoever made them, on their way into the log of an instance. A trigger of Postgres notes them, as long as an
// instance asks for them.

import type { ScoreChange } from '../../core/scores/score-change.ts'
import type { PostgresPool } from '../postgres/pool.ts'
import { withRole } from '../postgres/roles.ts'
import { takeWaiting } from './outbox.ts'

/** The trigger notes changes for a day after this. */
const NOTE_EVERY = "interval '1 hour'"

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
export const takeScoreChanges = (
  pool: PostgresPool,
  take: (changes: readonly ScoreChange[]) => Promise<void>,
  signal: AbortSignal,
): Promise<number> =>
  takeWaiting(pool, { table: 'score_changes', id: 'score_id', value: 'score' }, take, signal)
