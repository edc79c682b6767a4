// Sessions of people, their passwords and invitations. All are read with the role `observa_control`, because nobody
// is signed in yet when a session is looked up. Invitations of a tenant are visible to `observa_app` too.

import type { Statements } from '../postgres/connection.ts'
import type { Page } from '../queries/page.ts'
import { Conditions, type PageWanted } from './rows.ts'

export interface Credentials {
  readonly user_id: string
  readonly email: string
  readonly password_hash: string | null
  readonly is_disabled: boolean
}

export async function findCredentials(
  client: Statements,
  by: { readonly email: string } | { readonly userId: string },
): Promise<Credentials | null> {
  const [condition, value] =
    'email' in by ? ['lower(email) = lower($1)', by.email] : ['user_id::text = $1', by.userId]
  const found = await client.query<Credentials>(
    `SELECT user_id, email, password_hash, disabled_at IS NOT NULL AS is_disabled FROM users WHERE ${condition}`,
    [value],
  )
  return found.rows[0] ?? null
}

/**
 * Sets the password, or with null removes it. Tokens with which a forgotten one could have been replaced are void from then on.
 */
export async function setPassword(
  client: Statements,
  userId: string,
  passwordHash: string | null,
): Promise<void> {
  await client.query('DELETE FROM password_resets WHERE user_id = $1', [userId])
  await client.query(
    'UPDATE users SET password_hash = $2, password_changed_at = now(), updated_at = now() WHERE user_id = $1',
    [userId, passwordHash],
  )
}

export interface NewSession {
  readonly userId: string
  readonly tokenHash: Buffer
  readonly days: number
  readonly ip: string | null
  readonly userAgent: string | null
}

export async function insertSession(
  client: Statements,
  s: NewSession,
): Promise<{ readonly session_id: string; readonly expires_at: Date }> {
  await client.query('UPDATE users SET last_login_at = now() WHERE user_id = $1', [s.userId])
  const added = await client.query<{ session_id: string; expires_at: Date }>(
    `INSERT INTO login_sessions (user_id, token_hash, expires_at, ip, user_agent)
     VALUES ($1, $2, now() + $3 * interval '1 day', $4, $5) RETURNING session_id, expires_at`,
    [s.userId, s.tokenHash, s.days, s.ip, s.userAgent],
  )
  const [row] = added.rows
  if (row === undefined) throw new Error('a session that was added comes back')
  return row
}

export interface Membership {
  readonly tenant_id: string
  readonly tenant_name: string
  readonly role: string
  /** The oldest comes first. */
  readonly projects: readonly { readonly project_id: string; readonly role: string | null }[]
}

export interface SessionRow {
  readonly session_id: string
  readonly user_id: string
  readonly email: string
  readonly name: string | null
  readonly expires_at: Date
  /** The oldest comes first. */
  readonly memberships: readonly Membership[]
}

/** The session of a token that is valid now, with the person's tenants and roles. */
export async function findSession(
  client: Statements,
  tokenHash: Buffer,
): Promise<SessionRow | null> {
  const found = await client.query<SessionRow>(
    `SELECT s.session_id, s.expires_at, u.user_id, u.email, u.name, coalesce((
       SELECT jsonb_agg(jsonb_build_object('tenant_id', m.tenant_id, 'tenant_name', t.name, 'role', m.role, 'projects', coalesce((
         SELECT jsonb_agg(jsonb_build_object('project_id', p.project_id, 'role', r.role) ORDER BY p.created_at, p.project_id)
         FROM projects p LEFT JOIN project_roles r ON r.tenant_id = p.tenant_id AND r.project_id = p.project_id AND r.user_id = m.user_id
         WHERE p.tenant_id = m.tenant_id AND p.archived_at IS NULL), '[]')) ORDER BY m.created_at, m.tenant_id)
       FROM members m JOIN tenants t USING (tenant_id) WHERE m.user_id = u.user_id), '[]') AS memberships
     FROM login_sessions s JOIN users u USING (user_id)
     WHERE s.token_hash = $1 AND s.revoked_at IS NULL AND s.expires_at > now() AND u.disabled_at IS NULL`,
    [tokenHash],
  )
  return found.rows[0] ?? null
}

/** Returns false when the session had ended before. */
export async function endSession(client: Statements, sessionId: string): Promise<boolean> {
  const ended = await client.query(
    'UPDATE login_sessions SET revoked_at = now() WHERE session_id = $1 AND revoked_at IS NULL',
    [sessionId],
  )
  return ended.rowCount === 1
}

/** Ends all sessions of a person except one, if given. */
export async function endSessions(
  client: Statements,
  userId: string,
  but: string | null,
): Promise<void> {
  await client.query(
    `UPDATE login_sessions SET revoked_at = now()
     WHERE user_id = $1 AND revoked_at IS NULL AND session_id IS DISTINCT FROM $2`,
    [userId, but],
  )
}

/** Deletes sessions that ended, and invitations and tokens for a new password that are over. */
export async function removeEnded(client: Statements): Promise<number> {
  const sessions = await client.query(
    "DELETE FROM login_sessions WHERE expires_at < now() OR revoked_at < now() - interval '7 days'",
  )
  const invitations = await client.query(
    "DELETE FROM invitations WHERE expires_at < now() - interval '30 days' AND accepted_at IS NULL",
  )
  const resets = await client.query('DELETE FROM password_resets WHERE expires_at < now()')
  return (sessions.rowCount ?? 0) + (invitations.rowCount ?? 0) + (resets.rowCount ?? 0)
}

// ---------------------------------------------------------------- invitations

export interface InvitationRow {
  readonly invitation_id: string
  readonly tenant_id: string
  readonly email: string
  readonly role: string
  readonly created_at: Date
  readonly created_by: string
  readonly expires_at: Date
  readonly accepted_at: Date | null
  readonly revoked_at: Date | null
}

const INVITATION =
  'invitation_id, tenant_id, email, role, created_at, created_by, expires_at, accepted_at, revoked_at'

export async function insertInvitation(
  client: Statements,
  i: Pick<InvitationRow, 'tenant_id' | 'email' | 'role' | 'created_by'> & {
    readonly tokenHash: Buffer
    readonly days: number
  },
): Promise<InvitationRow> {
  const added = await client.query<InvitationRow>(
    `INSERT INTO invitations (tenant_id, email, role, created_by, token_hash, expires_at)
     VALUES ($1, $2, $3, $4, $5, now() + $6 * interval '1 day') RETURNING ${INVITATION}`,
    [i.tenant_id, i.email, i.role, i.created_by, i.tokenHash, i.days],
  )
  const [row] = added.rows
  if (row === undefined) throw new Error('an invitation that was added comes back')
  return row
}

export async function listInvitations(
  client: Statements,
  f: PageWanted & { readonly tenantId: string },
): Promise<Page<InvitationRow>> {
  const where = new Conditions().add(f.tenantId, (p) => `tenant_id = ${p}`)
  const by = { time: 'created_at', id: 'invitation_id' }
  return await where.page(client, `${INVITATION} FROM invitations`, by, f)
}

/** Returns false when there is no invitation that could be accepted. */
export async function revokeInvitation(
  client: Statements,
  tenantId: string,
  invitationId: string,
): Promise<boolean> {
  const revoked = await client.query(
    `UPDATE invitations SET revoked_at = now()
     WHERE tenant_id = $1 AND invitation_id = $2 AND revoked_at IS NULL AND accepted_at IS NULL`,
    [tenantId, invitationId],
  )
  return revoked.rowCount === 1
}

/**
 * Accepts an invitation. Returns null when it is unknown, expired, revoked, already accepted or for another address.
 */
export async function acceptInvitation(
  client: Statements,
  tokenHash: Buffer,
  email: string,
): Promise<InvitationRow | null> {
  const accepted = await client.query<InvitationRow>(
    `UPDATE invitations SET accepted_at = now()
     WHERE token_hash = $1 AND lower(email) = lower($2) AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > now()
     RETURNING ${INVITATION}`,
    [tokenHash, email],
  )
  return accepted.rows[0] ?? null
}

/**
 * Accepts the invitations for an address that somebody has proved to be theirs, except to some tenants. The oldest comes first.
 */
export async function acceptInvitationsFor(
  client: Statements,
  email: string,
  exceptTo: readonly string[],
): Promise<InvitationRow[]> {
  const accepted = await client.query<InvitationRow>(
    `UPDATE invitations SET accepted_at = now()
     WHERE lower(email) = lower($1) AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > now()
       AND tenant_id <> ALL ($2) RETURNING ${INVITATION}`,
    [email, exceptTo],
  )
  return accepted.rows.toSorted((a, b) => a.created_at.getTime() - b.created_at.getTime())
}
