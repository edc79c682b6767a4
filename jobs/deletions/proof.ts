// The proof of a finished deletion: the counts of each store before and after, their hash, and a signature with the pseudonym key of the
// instances if that key is in the database. The proof is stored in the audit log, which nobody can change.

import { createHmac, hash } from 'node:crypto'
import { record } from '../../accounts/audited-change.ts'
import { type DeletionRow, digestsOf, updateDeletion } from '../../storage/control/deletions.ts'
import type { Statements } from '../../storage/postgres/connection.ts'
import { currentKeyRow } from '../../storage/queries/pseudonym-keys.ts'

export interface Proof {
  readonly sha256: string
  /** The HMAC-SHA-256 of the same text; null if there is no key in the database. */
  readonly hmac: string | null
  readonly key_id: string | null
  readonly text: string
}

/** Finishes the deletion, and stores its proof in the row and in the audit log in one transaction. Needs the role `observa_control`. */
export async function finish(client: Statements, row: DeletionRow, left: number): Promise<void> {
  const [digest] = await digestsOf(client, row, row.subject_kind)
  const text = JSON.stringify({
    deletion_id: row.deletion_id,
    tenant_id: row.tenant_id,
    project_id: row.project_id,
    subject: { kind: row.subject_kind, sha256: digest?.toString('hex') ?? null },
    requested_at: row.requested_at.toISOString(),
    requested_by: row.requested_by,
    finished_at: new Date().toISOString(),
    pass: row.pass,
    left,
    stores: row.stores,
  })
  const proof = await sign(client, text)
  await updateDeletion(client, row, { state: 'done', proof: { ...proof } })
  const { text: _, ...metadata } = proof
  await record(
    { client, actor: { kind: 'system', id: null }, tenantId: row.tenant_id },
    { action: 'deletion.done', resource: row.deletion_id, metadata: { ...metadata, left } },
  )
}

async function sign(client: Statements, text: string): Promise<Proof> {
  const sha256 = hash('sha256', text, 'hex')
  const row = await currentKeyRow(client)
  if (row === null) return { sha256, hmac: null, key_id: null, text }
  const key = createHmac('sha256', row.key).update('observa deletion proof').digest()
  return {
    sha256,
    hmac: createHmac('sha256', key).update(text).digest('hex'),
    key_id: row.key_id,
    text,
  }
}
