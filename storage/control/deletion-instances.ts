// The deletions that each instance has confirmed, and when it was last seen. All statements run as `observa_control`.

import type { Statements } from '../postgres/connection.ts'

/** Time without a sign of life after which nobody waits for an instance. It confirms when it comes back. */
export const LIVE_S = 60

/** Records that the instance is alive. */
export async function seen(client: Statements, instance: string): Promise<void> {
  await client.query(
    `INSERT INTO instances (instance) VALUES ($1) ON CONFLICT (instance) DO UPDATE SET seen_at = now()`,
    [instance],
  )
}

/** Records an orderly end of an instance that has nothing left to send, so that nobody waits for it. */
export async function left(client: Statements, instance: string): Promise<void> {
  await client.query('DELETE FROM instances WHERE instance = $1', [instance])
}

export interface Unconfirmed {
  readonly tenant_id: string
  readonly deletion_id: string
  readonly state: string
  readonly is_settled: boolean
}

/**
 * The deletions that an instance has not confirmed: those to be settled, and those to be erased once their stores are clean.
 */
export async function unconfirmed(
  client: Statements,
  instance: string,
): Promise<readonly Unconfirmed[]> {
  const found = await client.query<Unconfirmed>(
    `SELECT d.tenant_id, d.deletion_id, d.state, i.settled_at IS NOT NULL AS is_settled
     FROM deletions d LEFT JOIN deletion_instances i ON i.deletion_id = d.deletion_id AND i.instance = $1
     WHERE d.keeps_out_until > now() AND d.state <> 'failed'
       AND (i.settled_at IS NULL OR (i.erased_at IS NULL AND d.state IN ('erasing', 'done')))
     ORDER BY d.requested_at LIMIT 1000`,
    [instance],
  )
  return found.rows
}

/**
 * Records that the instance drops new data of these deletions, and that all data it accepted before is in the stores.
 * `hadMore`: it had earlier data, so deletions that have finished with the stores are repeated.
 */
export async function settle(
  client: Statements,
  instance: string,
  ids: readonly string[],
  hadMore: boolean,
): Promise<void> {
  await client.query(
    `INSERT INTO deletion_instances (deletion_id, instance, settled_at) SELECT id, $1, now() FROM unnest($2::uuid[]) AS id
     ON CONFLICT (deletion_id, instance) DO UPDATE SET settled_at = now()`,
    [instance, ids],
  )
  if (!hadMore) return
  await client.query(
    `UPDATE deletions SET state = 'waiting', pass = pass + 1, finished_at = NULL
     WHERE deletion_id = ANY ($1) AND state IN ('deleting', 'erasing', 'done')`,
    [ids],
  )
  await client.query(
    'UPDATE deletion_instances SET erased_at = NULL WHERE deletion_id = ANY ($1) AND instance = $2',
    [ids, instance],
  )
}

export async function erased(
  client: Statements,
  instance: string,
  id: string,
  letters: number,
): Promise<void> {
  await client.query(
    `UPDATE deletion_instances SET erased_at = now(), letters = letters + $3 WHERE deletion_id = $1 AND instance = $2`,
    [id, instance, letters],
  )
}

export interface Confirmations {
  readonly live: number
  readonly settled: number
  readonly erased: number
  readonly letters: number
  /** Instances that were seen once but not lately and have not confirmed. They do so when they come back. */
  readonly away: number
}

export async function confirmations(client: Statements, id: string): Promise<Confirmations> {
  const found = await client.query<Confirmations>(
    `SELECT count(*) FILTER (WHERE is_live)::int AS live, count(*) FILTER (WHERE is_live AND settled_at IS NOT NULL)::int AS settled,
       count(*) FILTER (WHERE is_live AND erased_at IS NOT NULL)::int AS erased, coalesce(sum(letters), 0)::int AS letters,
       count(*) FILTER (WHERE NOT is_live AND settled_at IS NULL)::int AS away
     FROM (SELECT n.seen_at > now() - make_interval(secs => $2) AS is_live, i.* FROM instances n
       LEFT JOIN deletion_instances i ON i.instance = n.instance AND i.deletion_id = $1) AS x`,
    [id, LIVE_S],
  )
  return found.rows[0] as Confirmations
}
