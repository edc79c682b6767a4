// People, and their roles in tenants and projects. Users are read and made with the role `observa_control`, because a
// person may belong to several tenants. Members of a tenant are visible to `observa_app` too.

import type { Statements } from '../postgres/connection.ts'
import type { Page } from '../queries/page.ts'
import { orderOf, type SortOf, sortsOf, textOrder } from '../queries/where-clause.ts'
import { Conditions, type PageWanted } from './rows.ts'

export interface UserRow {
  readonly user_id: string
  readonly email: string
  readonly name: string | null
  readonly created_at: Date
  readonly disabled_at: Date | null
}

export interface MemberRow extends UserRow {
  readonly tenant_id: string
  readonly role: string
  /** The role by project, if it differs from the role in the tenant. */
  readonly project_roles: Readonly<Record<string, string>>
}

const USER = 'u.user_id, u.email, u.name, u.created_at, u.disabled_at'
const MEMBER = `m.tenant_id, m.role, ${USER}, coalesce((SELECT jsonb_object_agg(r.project_id, r.role) FROM project_roles r
    WHERE r.tenant_id = m.tenant_id AND r.user_id = m.user_id), '{}') AS project_roles
  FROM members m JOIN users u ON u.user_id = m.user_id`

/** Returns null when somebody has this address. */
export async function insertUser(
  client: Statements,
  user: { readonly email: string; readonly name: string | null },
): Promise<UserRow | null> {
  const added = await client.query<UserRow>(
    `INSERT INTO users AS u (email, name) VALUES ($1, $2) ON CONFLICT (lower(email)) DO NOTHING RETURNING ${USER}`,
    [user.email, user.name],
  )
  return added.rows[0] ?? null
}

/** Finds a user by id or e-mail address. The case of letters does not matter. */
export async function findUser(client: Statements, idOrEmail: string): Promise<UserRow | null> {
  const by = idOrEmail.includes('@') ? 'lower(u.email) = lower($1)' : 'u.user_id::text = $1'
  const found = await client.query<UserRow>(`SELECT ${USER} FROM users u WHERE ${by}`, [idOrEmail])
  return found.rows[0] ?? null
}

export interface ListedUser extends UserRow {
  /** By tenant. */
  readonly roles: Readonly<Record<string, string>>
  /** The OpenID providers at which the person has signed in. */
  readonly identities: readonly { readonly issuer: string; readonly subject: string }[]
}

/** The users of all tenants. */
export async function listUsers(
  client: Statements,
  f: PageWanted & { readonly tenantId?: string | undefined },
): Promise<Page<ListedUser>> {
  const where = new Conditions().add(
    f.tenantId,
    (p) => `u.user_id IN (SELECT m.user_id FROM members m WHERE m.tenant_id = ${p})`,
  )
  const sql = `${USER}, coalesce((SELECT jsonb_object_agg(m.tenant_id, m.role) FROM members m
    WHERE m.user_id = u.user_id), '{}') AS roles, coalesce((
    SELECT jsonb_agg(jsonb_build_object('issuer', i.issuer, 'subject', i.subject) ORDER BY i.created_at)
    FROM user_identities i WHERE i.user_id = u.user_id), '[]') AS identities FROM users u`
  return await where.page(client, sql, { time: 'u.created_at', id: 'u.user_id' }, f)
}

/** A disabled person cannot sign in. Returns false when nobody has this id. */
export async function disableUser(
  client: Statements,
  userId: string,
  isDisabled: boolean,
): Promise<boolean> {
  const changed = await client.query(
    `UPDATE users SET updated_at = now(), disabled_at = CASE WHEN $2 THEN coalesce(disabled_at, now()) END
     WHERE user_id::text = $1`,
    [userId, isDisabled],
  )
  return changed.rowCount === 1
}

/** The ids of the tenants that a person belongs to. */
export async function tenantsOf(client: Statements, userId: string): Promise<string[]> {
  const found = await client.query<{ tenant_id: string }>(
    'SELECT tenant_id FROM members WHERE user_id::text = $1 ORDER BY 1',
    [userId],
  )
  return found.rows.map((row) => row.tenant_id)
}

/** What members can be sorted by, and the SQL of it. */
const SORTED_BY = {
  created_at: 'm.created_at',
  email: textOrder('u.email'),
  name: textOrder('u.name'),
  role: textOrder('m.role'),
} as const
export type MemberSort = SortOf<keyof typeof SORTED_BY>
export const MEMBER_SORTS = sortsOf(SORTED_BY)

export async function listMembers(
  client: Statements,
  f: PageWanted & { readonly tenantId: string; readonly sort?: MemberSort | undefined },
): Promise<Page<MemberRow>> {
  const where = new Conditions().add(f.tenantId, (p) => `m.tenant_id = ${p}`)
  const order = orderOf(f.sort ?? '-created_at', SORTED_BY)
  return await where.page(client, MEMBER, { time: 'm.created_at', id: 'm.user_id', order }, f)
}

export async function findMember(
  client: Statements,
  tenantId: string,
  userId: string,
): Promise<MemberRow | null> {
  const found = await client.query<MemberRow>(
    `SELECT ${MEMBER} WHERE m.tenant_id = $1 AND m.user_id::text = $2`,
    [tenantId, userId],
  )
  return found.rows[0] ?? null
}

/** Adds the member, or changes the role. */
export async function setMember(
  client: Statements,
  tenantId: string,
  userId: string,
  role: string,
): Promise<void> {
  await client.query(
    `INSERT INTO members (tenant_id, user_id, role) VALUES ($1, $2, $3)
     ON CONFLICT (tenant_id, user_id) DO UPDATE SET role = EXCLUDED.role, updated_at = now()`,
    [tenantId, userId, role],
  )
}

/** Returns false when there was no such member. */
export async function deleteMember(
  client: Statements,
  tenantId: string,
  userId: string,
): Promise<boolean> {
  const gone = await client.query(
    'DELETE FROM members WHERE tenant_id = $1 AND user_id::text = $2',
    [tenantId, userId],
  )
  return gone.rowCount === 1
}

/**
 * The owners of the tenant, locked until the transaction ends, so that two transactions cannot both remove the last
 * but one.
 */
export async function lockOwners(client: Statements, tenantId: string): Promise<readonly string[]> {
  const found = await client.query<{ user_id: string }>(
    "SELECT user_id FROM members WHERE tenant_id = $1 AND role = 'owner' ORDER BY user_id FOR UPDATE",
    [tenantId],
  )
  return found.rows.map((row) => row.user_id)
}

/** Sets the role in a project. `null` removes it, so that the role in the tenant applies. */
export async function setProjectRole(
  client: Statements,
  place: { readonly tenantId: string; readonly projectId: string },
  userId: string,
  role: string | null,
): Promise<void> {
  const values = [place.tenantId, place.projectId, userId]
  if (role === null)
    await client.query(
      'DELETE FROM project_roles WHERE tenant_id = $1 AND project_id = $2 AND user_id = $3',
      values,
    )
  else
    await client.query(
      `INSERT INTO project_roles (tenant_id, project_id, user_id, role) VALUES ($1, $2, $3, $4)
       ON CONFLICT (tenant_id, project_id, user_id) DO UPDATE SET role = EXCLUDED.role`,
      [...values, role],
    )
}

// ---------------------------------------------------------------- identities at OpenID providers

export interface Identity {
  readonly issuer: string
  /** The provider's id of the person, which it gives to nobody else. */
  readonly subject: string
}

/** The person with this identity, who signs in now. Null if nobody has it. */
export async function useIdentity(client: Statements, i: Identity): Promise<UserRow | null> {
  const found = await client.query<UserRow>(
    `UPDATE user_identities AS i SET last_login_at = now() FROM users u
     WHERE i.issuer = $1 AND i.subject = $2 AND u.user_id = i.user_id RETURNING ${USER}`,
    [i.issuer, i.subject],
  )
  return found.rows[0] ?? null
}

/** Returns false when the person has another identity of this issuer, or somebody has this one. */
export async function insertIdentity(
  client: Statements,
  userId: string,
  i: Identity,
): Promise<boolean> {
  const added = await client.query(
    `INSERT INTO user_identities (issuer, subject, user_id, last_login_at) VALUES ($1, $2, $3, now())
     ON CONFLICT DO NOTHING`,
    [i.issuer, i.subject, userId],
  )
  return added.rowCount === 1
}

/** Returns how many identities the person had. */
export async function deleteIdentities(client: Statements, userId: string): Promise<number> {
  const gone = await client.query('DELETE FROM user_identities WHERE user_id = $1', [userId])
  return gone.rowCount ?? 0
}
