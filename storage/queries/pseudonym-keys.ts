// The keys of pseudonyms in Postgres, which all instances on the database share.

import type { Statements } from '../postgres/connection.ts'
import type { PostgresPool } from '../postgres/pool.ts'
import { withRole } from '../postgres/roles.ts'

export interface KeyRow {
  readonly key_id: string
  /** Null if the key is only in the configuration of the instances. */
  readonly key: string | null
  readonly created_at: string
  readonly retired_at: string | null
}

/** Changes the keys under a lock. `decide` gets the existing keys, oldest first, and returns the new list. */
export async function changeKeyRows(
  pool: PostgresPool,
  decide: (rows: readonly KeyRow[]) => readonly KeyRow[],
): Promise<readonly KeyRow[]> {
  return await withRole(pool, 'observa_control', async (client) => {
    await client.query('LOCK TABLE pseudonym_keys IN SHARE ROW EXCLUSIVE MODE')
    const before = await readKeyRows(client)
    const after = decide(before)
    const gone = before.filter((old) => !after.some((row) => row.key_id === old.key_id))
    for (const { key_id } of gone)
      await client.query('DELETE FROM pseudonym_keys WHERE key_id = $1', [key_id])
    for (const row of after)
      await client.query(
        `INSERT INTO pseudonym_keys (key_id, key, created_at, retired_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (key_id) DO UPDATE SET retired_at = excluded.retired_at`,
        [row.key_id, row.key, row.created_at, row.retired_at],
      )
    return after
  })
}

async function readKeyRows(client: Statements): Promise<KeyRow[]> {
  const found = await client.query<KeyRow>(
    `SELECT key_id, key, created_at::text, retired_at::text FROM pseudonym_keys
     ORDER BY pseudonym_keys.created_at, key_id`,
  )
  return found.rows
}

/** The newest key that is in use and stored here; null where the instances have theirs in the configuration. */
export async function currentKeyRow(
  client: Statements,
): Promise<{ readonly key_id: string; readonly key: string } | null> {
  const rows = await readKeyRows(client)
  const row = rows.findLast((r) => r.retired_at === null && r.key !== null)
  return row === undefined || row.key === null ? null : { key_id: row.key_id, key: row.key }
}
