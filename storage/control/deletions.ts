// Deletions and their tombstones, and the instances that have to confirm them. Statements run as `observa_control`, those of
// the API as `observa_app`.

import type { SubjectKind, TombstoneKind } from '../../core/deletion/subject.ts'
import type { Statements } from '../postgres/connection.ts'
import type { Page } from '../queries/page.ts'
import { Conditions, type PageWanted } from './rows.ts'

export type DeletionState = 'waiting' | 'deleting' | 'erasing' | 'done' | 'failed'

/** The work of a deletion in one store. `before` and `after` count rows of the subject. */
export interface StoreState {
  readonly state: 'waiting' | 'running' | 'done' | 'skipped' | 'failed'
  readonly before?: number
  readonly after?: number
  readonly detail?: string
  readonly at?: string
}
export type StoreStates = Readonly<Record<string, StoreState>>

export interface DeletionRow {
  readonly tenant_id: string
  readonly deletion_id: string
  readonly project_id: string | null
  readonly subject_kind: SubjectKind
  readonly subject_id: string | null
  readonly state: DeletionState
  readonly stores: StoreStates
  readonly proof: Readonly<Record<string, unknown>> | null
  readonly error_code: string | null
  readonly pass: number
  readonly requested_by: string
  readonly requested_at: Date
  readonly finished_at: Date | null
  readonly keeps_out_until: Date
}

const COLUMNS = `tenant_id, deletion_id, project_id, subject_kind, subject_id, state, stores, proof, error_code, pass,
  requested_by, requested_at, finished_at, keeps_out_until`

export interface NewDeletion {
  readonly tenantId: string
  readonly projectId: string | null
  readonly kind: SubjectKind
  readonly subjectId: string | null
  /** The stored forms of the id of a user, session or conversation; kept until the deletion is done. */
  readonly forms: readonly string[]
  readonly requestedBy: string
  readonly keepOutDays: number
  readonly tombstones: readonly { readonly kind: TombstoneKind; readonly digest: Buffer }[]
}

export async function insertDeletion(client: Statements, d: NewDeletion): Promise<DeletionRow> {
  const made = await client.query<DeletionRow>(
    `INSERT INTO deletions (tenant_id, project_id, subject_kind, subject_id, requested_by, keeps_out_until, forms)
     VALUES ($1, $2, $3, $4, $5, now() + make_interval(days => $6), $7) RETURNING ${COLUMNS}`,
    [d.tenantId, d.projectId, d.kind, d.subjectId, d.requestedBy, d.keepOutDays, d.forms],
  )
  const row = made.rows[0] as DeletionRow
  await insertTombstones(client, row, d.tombstones)
  return row
}

type DeletionKey = Pick<DeletionRow, 'tenant_id' | 'deletion_id'>

export async function insertTombstones(
  client: Statements,
  { tenant_id, deletion_id, keeps_out_until }: DeletionKey & Pick<DeletionRow, 'keeps_out_until'>,
  tombstones: NewDeletion['tombstones'],
): Promise<void> {
  await client.query(
    `INSERT INTO tombstones (tenant_id, deletion_id, kind, digest, keeps_out_until)
     SELECT $1, $2, kind, decode(digest, 'hex'), $5 FROM unnest($3::text[], $4::text[]) AS t(kind, digest)
     ON CONFLICT DO NOTHING`,
    [
      tenant_id,
      deletion_id,
      tombstones.map((t) => t.kind),
      tombstones.map((t) => t.digest.toString('hex')),
      keeps_out_until,
    ],
  )
}

export async function findDeletion(
  client: Statements,
  tenantId: string,
  id: string,
): Promise<DeletionRow | null> {
  const found = await client.query<DeletionRow>(
    `SELECT ${COLUMNS} FROM deletions WHERE tenant_id = $1 AND deletion_id = $2`,
    [tenantId, id],
  )
  return found.rows[0] ?? null
}

export interface DeletionFilter extends PageWanted {
  readonly tenantId?: string | undefined
  readonly state?: string | undefined
  readonly kind?: string | undefined
}

export async function listDeletions(
  client: Statements,
  f: DeletionFilter,
): Promise<Page<DeletionRow>> {
  return await new Conditions()
    .add(f.tenantId, (p) => `tenant_id = ${p}`)
    .add(f.state, (p) => `state = ${p}`)
    .add(f.kind, (p) => `subject_kind = ${p}`)
    .page(client, `${COLUMNS} FROM deletions`, { time: 'requested_at', id: 'deletion_id' }, f)
}

/** Deletions that are neither done nor failed, oldest first. */
export async function openDeletions(client: Statements): Promise<readonly DeletionKey[]> {
  const found = await client.query<DeletionKey>(
    "SELECT tenant_id, deletion_id FROM deletions WHERE state NOT IN ('done', 'failed') ORDER BY requested_at LIMIT 1000",
  )
  return found.rows
}

/** Whether anything of a tenant is being deleted now. */
export async function hasOpenDeletion(client: Statements, tenantId: string): Promise<boolean> {
  const found = await client.query<{ any: boolean }>(
    "SELECT EXISTS (SELECT FROM deletions WHERE tenant_id = $1 AND state NOT IN ('done', 'failed')) AS any",
    [tenantId],
  )
  return found.rows[0]?.any ?? false
}

export interface DeletionChange {
  readonly state?: DeletionState
  readonly stores?: StoreStates
  readonly proof?: Readonly<Record<string, unknown>>
  readonly errorCode?: string
}

/** Changes the given columns. Stores that are not named stay as they are. */
export async function updateDeletion(
  client: Statements,
  { tenant_id, deletion_id }: DeletionKey,
  c: DeletionChange,
): Promise<void> {
  await client.query(
    `UPDATE deletions SET state = coalesce($3, state), stores = stores || $4::jsonb, proof = coalesce($5::jsonb, proof),
       error_code = coalesce($6, error_code), finished_at = CASE WHEN $3 IN ('done', 'failed') THEN now() ELSE finished_at END,
       forms = CASE WHEN $3 = 'done' THEN NULL ELSE forms END
     WHERE tenant_id = $1 AND deletion_id = $2`,
    [
      tenant_id,
      deletion_id,
      c.state ?? null,
      JSON.stringify(c.stores ?? {}),
      c.proof === undefined ? null : JSON.stringify(c.proof),
      c.errorCode ?? null,
    ],
  )
}

/**
 * Starts a failed deletion again from its beginning; steps that are done take no time. Returns false if there is no such
 * failed deletion.
 */
export async function restartDeletion(
  client: Statements,
  tenantId: string,
  id: string,
): Promise<boolean> {
  const changed = await client.query(
    `UPDATE deletions SET state = 'waiting', error_code = NULL, finished_at = NULL
     WHERE tenant_id = $1 AND deletion_id = $2 AND state = 'failed'`,
    [tenantId, id],
  )
  return changed.rowCount === 1
}

/** The digests of all subjects whose data is dropped, newest first, and the tenants that have some. */
export async function activeTombstones(
  client: Statements,
  limit: number,
): Promise<{ readonly digests: readonly Buffer[]; readonly tenants: readonly string[] }> {
  const found = await client.query<{ digest: Buffer }>(
    'SELECT digest FROM tombstones WHERE keeps_out_until > now() ORDER BY created_at DESC LIMIT $1',
    [limit],
  )
  const tenants = await client.query<{ tenant_id: string }>(
    'SELECT DISTINCT tenant_id FROM deletions WHERE keeps_out_until > now()',
  )
  return {
    digests: found.rows.map((r) => r.digest),
    tenants: tenants.rows.map((r) => r.tenant_id),
  }
}

/** The stored forms of the subject's id, while the deletion is open. Run it as `observa_control`. */
export async function formsOfDeletion(
  client: Statements,
  { tenant_id, deletion_id }: DeletionKey,
): Promise<readonly string[]> {
  const found = await client.query<{ forms: string[] | null }>(
    'SELECT forms FROM deletions WHERE tenant_id = $1 AND deletion_id = $2',
    [tenant_id, deletion_id],
  )
  return found.rows[0]?.forms ?? []
}

/** The digests of one deletion, by kind. */
export async function digestsOf(
  client: Statements,
  { tenant_id, deletion_id }: DeletionKey,
  kind: TombstoneKind,
): Promise<readonly Buffer[]> {
  const found = await client.query<{ digest: Buffer }>(
    'SELECT digest FROM tombstones WHERE tenant_id = $1 AND deletion_id = $2 AND kind = $3',
    [tenant_id, deletion_id, kind],
  )
  return found.rows.map((r) => r.digest)
}

/** Deletes expired tombstones and returns their number. */
export async function dropOldTombstones(client: Statements): Promise<number> {
  const gone = await client.query('DELETE FROM tombstones WHERE keeps_out_until < now()')
  await client.query(
    `DELETE FROM deletion_traces t USING deletions d
     WHERE d.tenant_id = t.tenant_id AND d.deletion_id = t.deletion_id AND d.keeps_out_until < now()`,
  )
  await client.query("DELETE FROM instances WHERE seen_at < now() - interval '400 days'")
  return gone.rowCount ?? 0
}
