// API keys: rows without their digest for people, and the changes since a revision for the keys that are held in
// memory to check requests.

import assert from 'node:assert/strict'
import type { KeyScope } from '../../core/tenant.ts'
import type { Statements } from '../postgres/connection.ts'
import type { PostgresPool } from '../postgres/pool.ts'
import { withRole } from '../postgres/roles.ts'
import type { Page } from '../queries/page.ts'
import { orderOf, type SortOf, sortsOf, textOrder } from '../queries/where-clause.ts'
import { Conditions, type PageWanted } from './rows.ts'

export interface KeyRow {
  readonly key_id: string
  readonly tenant_id: string
  readonly project_id: string
  readonly environment: string | null
  readonly name: string | null
  readonly is_peppered: boolean
  readonly last4: string
  readonly scopes: readonly KeyScope[]
  readonly origins: readonly string[]
  readonly rotated_from: string | null
  readonly created_at: Date
  readonly created_by: string
  readonly expires_at: Date | null
  readonly revoked_at: Date | null
  readonly last_used_at: Date | null
}

export interface NewKey
  extends Pick<
    KeyRow,
    | 'key_id'
    | 'tenant_id'
    | 'project_id'
    | 'environment'
    | 'name'
    | 'is_peppered'
    | 'last4'
    | 'scopes'
    | 'origins'
    | 'rotated_from'
    | 'created_by'
    | 'expires_at'
  > {
  readonly digest: Buffer
}

const KEY = `key_id, tenant_id, project_id, environment, name, is_peppered, last4, scopes, origins, rotated_from, created_at,
  created_by, expires_at, revoked_at, last_used_at`

export async function insertKey(client: Statements, key: NewKey): Promise<KeyRow> {
  const added = await client.query<KeyRow>(
    `INSERT INTO api_keys (key_id, tenant_id, project_id, environment, name, digest, is_peppered, last4, scopes, origins,
       rotated_from, created_by, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING ${KEY}`,
    [
      key.key_id,
      key.tenant_id,
      key.project_id,
      key.environment,
      key.name,
      key.digest,
      key.is_peppered,
      key.last4,
      key.scopes,
      key.origins,
      key.rotated_from,
      key.created_by,
      key.expires_at,
    ],
  )
  return onlyRow(added.rows)
}

function onlyRow<Row>([row]: readonly Row[]): Row {
  assert.ok(row !== undefined, 'a row that was added comes back')
  return row
}

/** Finds a key. With `forUpdate` nobody else can change it before the transaction ends. */
export async function findKey(
  client: Statements,
  keyId: string,
  options: { readonly forUpdate?: boolean } = {},
): Promise<KeyRow | null> {
  const lock = options.forUpdate === true ? ' FOR UPDATE' : ''
  const found = await client.query<KeyRow>(`SELECT ${KEY} FROM api_keys WHERE key_id = $1${lock}`, [
    keyId,
  ])
  return found.rows[0] ?? null
}

/** What keys can be sorted by, and the SQL of it. A key that was never used comes before all others. */
const SORTED_BY = {
  created_at: 'created_at',
  last_used_at: 'coalesce(last_used_at, to_timestamp(0))',
  name: textOrder('name'),
} as const
export type KeySort = SortOf<keyof typeof SORTED_BY>
export const KEY_SORTS = sortsOf(SORTED_BY)

export interface KeyFilter extends PageWanted {
  readonly sort?: KeySort | undefined
  readonly tenantId?: string | undefined
  readonly projectId?: string | undefined
  readonly state?: 'active' | 'expired' | 'revoked' | undefined
}

const STATES = {
  active: 'revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())',
  expired: 'revoked_at IS NULL AND expires_at <= now()',
  revoked: 'revoked_at IS NOT NULL',
}

export async function listKeys(client: Statements, f: KeyFilter): Promise<Page<KeyRow>> {
  const where = new Conditions()
    .add(f.tenantId, (p) => `tenant_id = ${p}`)
    .add(f.projectId, (p) => `project_id = ${p}`)
  if (f.state !== undefined) where.and(STATES[f.state])
  const order = orderOf(f.sort ?? '-created_at', SORTED_BY)
  const by = { time: 'created_at', id: 'key_id', order }
  return await where.page(client, `${KEY} FROM api_keys`, by, f)
}

/** The working keys that were made to replace this one. */
export async function activeSuccessors(client: Statements, keyId: string): Promise<string[]> {
  const found = await client.query<{ key_id: string }>(
    `SELECT key_id FROM api_keys WHERE rotated_from = $1 AND ${STATES.active}`,
    [keyId],
  )
  return found.rows.map((row) => row.key_id)
}

/** Refuses the key from now on. The time of the first revocation stays. */
export async function revokeKey(client: Statements, keyId: string): Promise<void> {
  await client.query(
    'UPDATE api_keys SET revoked_at = now() WHERE key_id = $1 AND revoked_at IS NULL',
    [keyId],
  )
}

export async function expireKey(client: Statements, keyId: string, at: Date): Promise<void> {
  await client.query('UPDATE api_keys SET expires_at = least(expires_at, $2) WHERE key_id = $1', [
    keyId,
    at,
  ])
}

/**
 * Lets only one of several instances that start on an empty database make the first key. The lock is held until the
 * transaction ends.
 */
export async function lockFirstStart(client: Statements): Promise<void> {
  await client.query("SELECT pg_advisory_xact_lock(hashtextextended('observa first start', 0))")
}

export async function hasKeys(client: Statements): Promise<boolean> {
  return ((await client.query('SELECT 1 FROM api_keys LIMIT 1')).rowCount ?? 0) > 0
}

// ---------------------------------------------------------------- for the check of requests

/** A key as the check of a request needs it. */
export interface CheckedKey {
  readonly key_id: string
  readonly tenant_id: string
  readonly project_id: string
  readonly environment: string | null
  readonly digest: Buffer
  readonly is_peppered: boolean
  readonly scopes: readonly KeyScope[]
  readonly origins: readonly string[]
  readonly expires_at: Date | null
  readonly is_revoked: boolean
}

export interface KeyChanges {
  readonly revision: number
  /**
   * True when rows were deleted, or more keys changed than can be listed. `keys` then has all keys and not only the
   * changed ones.
   */
  readonly isWhole: boolean
  readonly keys: readonly CheckedKey[]
}

/** For how long refused keys are read too, so that the response gives the reason. */
const REFUSED_DAYS = 7

/**
 * The changes after revision `since`, or everything for null. Changes become visible in the order of their revisions,
 * so none is missed between two calls. Returns at most `limit` keys, the last used first.
 */
export async function readKeyChanges(
  pool: PostgresPool,
  since: number | null,
  limit: number,
): Promise<KeyChanges> {
  const read = async (client: Statements): Promise<KeyChanges> => {
    const counted = await client.query<{ revision: string; reload_at: string }>(
      'SELECT revision, reload_at FROM control_revision',
    )
    const revision = Number(counted.rows[0]?.revision)
    const isWhole = since === null || Number(counted.rows[0]?.reload_at) > since
    if (since === revision) return { revision, isWhole: false, keys: [] }
    const found = await client.query<CheckedKey>(
      `SELECT k.key_id, k.tenant_id, k.project_id, k.environment, k.digest, k.is_peppered, k.scopes, k.origins, k.expires_at,
         k.revoked_at IS NOT NULL OR p.archived_at IS NOT NULL AS is_revoked
       FROM api_keys k JOIN projects p USING (tenant_id, project_id)
       WHERE k.revision > $1 AND ($1 > 0
         OR coalesce(k.revoked_at, k.expires_at, 'infinity') > now() - interval '${REFUSED_DAYS} days')
       ORDER BY k.last_used_at DESC NULLS LAST LIMIT $2`,
      [isWhole ? 0 : since, limit],
    )
    return { revision, isWhole, keys: found.rows }
  }
  // The counter and the rows must be read at the same moment.
  return await pool.transaction(
    async (client) => {
      await client.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ')
      await client.query("SELECT set_config('role', 'observa_control', true)")
      return await read(client)
    },
    { readOnly: true },
  )
}

/** Stores when keys were last used. An earlier time never replaces a later one. */
export async function writeLastUsed(
  pool: PostgresPool,
  used: ReadonlyMap<string, number>,
): Promise<void> {
  await withRole(pool, 'observa_control', (client) =>
    client.query(
      `UPDATE api_keys k SET last_used_at = greatest(k.last_used_at, to_timestamp(u.ms / 1000.0))
       FROM unnest($1::text[], $2::float8[]) AS u(key_id, ms) WHERE k.key_id = u.key_id`,
      [[...used.keys()], [...used.values()]],
    ),
  )
}
