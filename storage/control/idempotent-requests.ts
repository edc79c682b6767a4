// Requests with an Idempotency-Key. Only one request of each key is processed, and its response is kept for a day and
// repeated.

import type { Statements } from '../postgres/connection.ts'

export interface IdempotentRequest {
  readonly tenantId: string
  /** The credential. Equal keys of two clients are different keys. */
  readonly caller: string
  /** Hashes in hex, of the key that the client chose and of its request. */
  readonly keyHash: string
  readonly requestHash: string
}

export interface KeptAnswer {
  readonly request_hash: string
  /** Null while the request is processed. */
  readonly status: number | null
  readonly answer: unknown
}

const KEPT = '24 hours'
/** Longer than any request takes. A request without a response by then was interrupted, and a repetition is processed. */
const INTERRUPTED = '10 minutes'

/** Returns null if the caller must process the request, otherwise the state of the earlier one. */
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
  // The earlier request may have failed and been removed between the two statements. The next repetition is then processed.
  return found.rows[0] ?? { request_hash: requestHash, status: null, answer: null }
}

/** Stores the response. Null means that the response shows a credential and must not be stored. */
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

/** Removes a request that failed and changed nothing, so that it can be repeated. */
export async function forgetRequest(
  client: Statements,
  { tenantId, caller, keyHash }: IdempotentRequest,
): Promise<void> {
  await client.query(
    'DELETE FROM idempotent_requests WHERE tenant_id = $1 AND caller = $2 AND key_hash = $3',
    [tenantId, caller, keyHash],
  )
}
