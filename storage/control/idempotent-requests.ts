// Requests with an Idempotency-Key: one of each key is worked, and its answer is kept for a day for those that repeat it.

import type { Statements } from '../postgres/connection.ts'

export interface IdempotentRequest {
  readonly tenantId: string
  /** The credential: keys of two clients are two keys. */
  readonly caller: string
  /** Hashes, hex: of the key that the client chose, and of what it asks for. */
  readonly keyHash: string
  readonly requestHash: string
}

export interface KeptAnswer {
  readonly request_hash: string
  /** Null while it is being worked. */
  readonly status: number | null
  readonly answer: unknown
}

const KEPT = '24 hours'
/** Longer than any request may take: what has no answer by then was interrupted, and a repetition is worked. */
const INTERRUPTED = '10 minutes'

/** Null when the request is now ours to work, else what is known of the one before. */
export async function beginRequest(
  client: Statements,
  request: IdempotentRequest,
): Promise<KeptAnswer | null> {
  const { tenantId, caller, keyHash, requestHash } = request
  await client.query(
    `DELETE FROM idempotent_requests WHERE tenant_id = $1
       AND (begun_at < now() - interval '${KEPT}' OR (status IS NULL AND begun_at < now() - interval '${INTERRUPTED}'))`,
    [tenantId],
  )
  const begun = await client.query(
    `INSERT INTO idempotent_requests (tenant_id, caller, key_hash, request_hash) VALUES ($1, $2, $3, $4)
     ON CONFLICT DO NOTHING RETURNING 1`,
    [tenantId, caller, keyHash, requestHash],
  )
  if (begun.rows.length > 0) return null
  const found = await client.query<KeptAnswer>(
    'SELECT request_hash, status, answer FROM idempotent_requests WHERE tenant_id = $1 AND caller = $2 AND key_hash = $3',
    [tenantId, caller, keyHash],
  )
  // Between the two statements it may have failed, which removes it: whoever asks again may work it.
  return found.rows[0] ?? { request_hash: requestHash, status: null, answer: null }
}

/** Keeps the answer. Null: it shows a credential and is not kept. */
export async function keepAnswer(
  client: Statements,
  { tenantId, caller, keyHash }: IdempotentRequest,
  { status, answer }: { readonly status: number; readonly answer: unknown },
): Promise<void> {
  await client.query(
    `UPDATE idempotent_requests SET status = $4, answer = $5 WHERE tenant_id = $1 AND caller = $2 AND key_hash = $3`,
    [tenantId, caller, keyHash, status, answer === null ? null : JSON.stringify(answer)],
  )
}

/** A request that failed changed nothing and may be made again. */
export async function forgetRequest(
  client: Statements,
  { tenantId, caller, keyHash }: IdempotentRequest,
): Promise<void> {
  await client.query(
    'DELETE FROM idempotent_requests WHERE tenant_id = $1 AND caller = $2 AND key_hash = $3',
    [tenantId, caller, keyHash],
  )
}
