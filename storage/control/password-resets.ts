// Tokens for a new password. They are read and written as `observa_control`, because a person with a token is not signed in.

import type { Statements } from '../postgres/connection.ts'

export interface ResetUser {
  readonly user_id: string
  readonly email: string
}

/** Stores a token, or replaces that of an earlier attempt with the same id; `isNew` is then false. */
export async function putReset(
  client: Statements,
  reset: {
    readonly resetId: string
    readonly userId: string
    readonly tokenHash: Buffer
    readonly minutes: number
  },
): Promise<{ readonly expiresAt: Date; readonly isNew: boolean }> {
  const put = await client.query<{ expires_at: Date; is_new: boolean }>(
    `INSERT INTO password_resets (reset_id, user_id, token_hash, expires_at)
     VALUES ($1, $2, $3, now() + $4 * interval '1 minute')
     ON CONFLICT (reset_id) DO UPDATE SET token_hash = EXCLUDED.token_hash, expires_at = EXCLUDED.expires_at
     RETURNING expires_at, created_at = now() AS is_new`,
    [reset.resetId, reset.userId, reset.tokenHash, reset.minutes],
  )
  const [row] = put.rows
  if (row === undefined) throw new Error('a reset that was stored comes back')
  return { expiresAt: row.expires_at, isNew: row.is_new }
}

/** Counts the other tokens that the person received in this time. */
export async function countResets(
  client: Statements,
  userId: string,
  { minutes, but }: { readonly minutes: number; readonly but: string },
): Promise<number> {
  const found = await client.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM password_resets
     WHERE user_id = $1 AND reset_id <> $3 AND created_at > now() - $2 * interval '1 minute'`,
    [userId, minutes, but],
  )
  return found.rows[0]?.n ?? 0
}

const OF_TOKEN =
  'r.token_hash = $1 AND r.expires_at > now() AND u.user_id = r.user_id AND u.disabled_at IS NULL'

/** The person for whom a valid token was made. */
export async function findReset(client: Statements, tokenHash: Buffer): Promise<ResetUser | null> {
  const found = await client.query<ResetUser>(
    `SELECT u.user_id, u.email FROM password_resets r, users u WHERE ${OF_TOKEN}`,
    [tokenHash],
  )
  return found.rows[0] ?? null
}

/** Uses up a token. If several callers have the same token, one of them gets the person. */
export async function takeReset(client: Statements, tokenHash: Buffer): Promise<ResetUser | null> {
  const taken = await client.query<ResetUser>(
    `DELETE FROM password_resets r USING users u WHERE ${OF_TOKEN} RETURNING u.user_id, u.email`,
    [tokenHash],
  )
  return taken.rows[0] ?? null
}
