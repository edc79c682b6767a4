// Signing up, in and out, and changing a password. Each runs in one transaction with its entry in the audit log. The
// password is hashed before the transaction begins, because hashing would keep it open.

import { hash, randomBytes, randomUUID } from 'node:crypto'
import type { AccountsSettings } from '../core/config/accounts-settings.ts'
import { findMember, insertUser, setMember, tenantsOf } from '../storage/control/people.ts'
import {
  acceptInvitation,
  type Credentials,
  endSession,
  endSessions,
  findCredentials,
  findSession,
  type InvitationRow,
  insertInvitation,
  insertSession,
  revokeInvitation,
  type SessionRow,
  setPassword,
} from '../storage/control/sessions.ts'
import type { Statements } from '../storage/postgres/connection.ts'
import type { PostgresPool } from '../storage/postgres/pool.ts'
import { withRole } from '../storage/postgres/roles.ts'
import { type Actor, type Change, type Done, nameOf, record } from './audited-change.ts'
import { ControlError } from './control-error.ts'
import type { Role } from './input.ts'
import { checkPassword, hashPassword, isPassword } from './passwords/password.ts'
import { checkMayGive } from './people.ts'
import { createTenant } from './tenants.ts'

export type AccountsMode = AccountsSettings['mode']

const SESSION_DAYS = 90
const INVITATION_DAYS = 7

/** A session token: `os_` and 256 random bits. The prefix distinguishes it from a key. */
const TOKEN = /^os_[A-Za-z0-9_-]{43}$/
export const isSessionToken = (text: string): boolean => TOKEN.test(text)
export const tokenHashOf = (token: string): Buffer => hash('sha256', token, 'buffer')
export const newToken = (prefix: string): string =>
  `${prefix}_${randomBytes(32).toString('base64url')}`

export interface SignedIn {
  readonly token: string
  readonly expiresAt: Date
  readonly session: SessionRow
}

export interface SignUp {
  readonly email: string
  readonly password: string
  readonly name?: string | undefined
  readonly tenantName?: string | undefined
  readonly invitation?: string | undefined
}

/** Makes a person: with an invitation as a member of its tenant, without one as the owner of a new tenant. */
export async function signUp(
  pool: PostgresPool,
  mode: AccountsMode,
  input: SignUp,
  actor: Actor,
): Promise<SignedIn> {
  const { email, invitation } = input
  checkSignUp(mode, input)
  const passwordHash = await hashPassword(input.password)
  return await withRole(pool, 'observa_control', async (client) => {
    // First of all: who has no invitation must not learn whether the address has an account.
    const invited = invitation === undefined ? null : await invitedTo(client, invitation, email)
    const user = await insertUser(client, { email, name: input.name ?? null })
    if (user === null)
      throw new ControlError('CONFLICT', 'This address has an account.', 'Log in instead.')
    await setPassword(client, user.user_id, passwordHash)
    const self: Actor = { ...actor, kind: 'user', id: user.user_id }
    const { tenantId, role } = invited ?? (await ownTenant(client, self, input.tenantName ?? ''))
    await setMember(client, tenantId, user.user_id, role)
    const change = { client, actor: self, tenantId }
    const metadata = { role, invited: invitation !== undefined }
    await record(change, { action: 'account.signup', resource: user.user_id, metadata })
    return await openSession(client, user.user_id, self)
  })
}

/**
 * Makes a person whose address is not proven yet: without a password, which a link in a mail sets. Returns the id of the person with
 * this address, new or not, so that nobody else can tell which.
 */
export async function signUpByMail(
  pool: PostgresPool,
  mode: AccountsMode,
  input: SignUp,
  actor: Actor,
): Promise<string | null> {
  const { email } = input
  checkSignUp(mode, input)
  return await withRole(pool, 'observa_control', async (client) => {
    const user = await insertUser(client, { email, name: input.name ?? null })
    if (user === null) return (await findCredentials(client, { email }))?.user_id ?? null
    const self: Actor = { ...actor, kind: 'user', id: user.user_id }
    const { tenantId, role } = await ownTenant(client, self, input.tenantName ?? '')
    await setMember(client, tenantId, user.user_id, role)
    const metadata = { role, invited: false, by: 'mail' }
    const done = { action: 'account.signup', resource: user.user_id, metadata }
    await record({ client, actor: self, tenantId }, done)
    return user.user_id
  })
}

/** Refuses what is wrong with a sign-up, whoever has the address. */
function checkSignUp(mode: AccountsMode, input: SignUp): void {
  const { email, invitation } = input
  if (mode === 'closed')
    throw new ControlError('FORBIDDEN', 'No accounts are made here.', 'Ask whoever runs this.')
  if (mode === 'invite' && invitation === undefined)
    throw new ControlError('FORBIDDEN', 'An invitation is needed.', 'Ask a member for one.')
  if (invitation === undefined && input.tenantName === undefined)
    throw new ControlError('INVALID', 'tenant_name is missing: what the new tenant is called.')
  checkPassword(input.password, email)
}

/** Makes a tenant, of which the person becomes the owner. */
export async function ownTenant(
  client: Statements,
  actor: Actor,
  name: string,
): Promise<{ readonly tenantId: string; readonly role: Role }> {
  const tenantId = randomUUID()
  await createTenant({ client, actor, tenantId }, name)
  return { tenantId, role: 'owner' }
}

async function invitedTo(
  client: Statements,
  token: string,
  email: string,
): Promise<{ readonly tenantId: string; readonly role: string }> {
  const taken = await acceptInvitation(client, tokenHashOf(token), email)
  if (taken === null)
    throw new ControlError(
      'FORBIDDEN',
      'This invitation is not known, is over, or is for another address.',
      'Ask for a new one.',
    )
  return { tenantId: taken.tenant_id, role: taken.role }
}

/** Adds a person who has an account to another tenant. */
export async function join(
  pool: PostgresPool,
  session: SessionRow,
  invitation: string,
  actor: Actor,
): Promise<string> {
  return await asControl(pool, async (client) => {
    const { tenantId, role } = await invitedTo(client, invitation, session.email)
    if ((await findMember(client, tenantId, session.user_id)) !== null)
      throw new ControlError('CONFLICT', 'You are a member of this tenant already.')
    await setMember(client, tenantId, session.user_id, role)
    const metadata = { role, invited: true }
    const done = { action: 'member.join', resource: session.user_id, metadata }
    await record({ client, actor, tenantId }, done)
    return tenantId
  })
}

/** Signs in. An unknown address, a wrong password and a disabled person get the same response after the same work. */
export async function logIn(
  pool: PostgresPool,
  { email, password }: { readonly email: string; readonly password: string },
  actor: Actor,
): Promise<SignedIn | null> {
  const known = await asControl(pool, (client) => findCredentials(client, { email }))
  const isRight = await isPassword(password, known?.password_hash ?? null)
  return await asControl(pool, async (client) => {
    if (known === null) return null
    const isIn = isRight && !known.is_disabled
    const self: Actor = { ...actor, kind: 'user', id: known.user_id }
    await recordFor(client, self, isIn ? {} : { outcome: 'refused' }, 'account.login')
    return isIn ? await openSession(client, known.user_id, self) : null
  })
}

export async function logOut(pool: PostgresPool, session: SessionRow, actor: Actor): Promise<void> {
  await asControl(pool, async (client) => {
    if (await endSession(client, session.session_id))
      await recordFor(client, actor, {}, 'account.logout')
  })
}

/**
 * Changes the password and ends all other sessions of the person. Returns null when the present password is wrong.
 */
export async function changePassword(
  pool: PostgresPool,
  session: SessionRow,
  passwords: { readonly current: string; readonly next: string },
  actor: Actor,
): Promise<boolean> {
  checkPassword(passwords.next, session.email)
  const by = { userId: session.user_id }
  const known = await asControl(pool, (client) => findCredentials(client, by))
  const isRight = await isPassword(passwords.current, known?.password_hash ?? null)
  const passwordHash = isRight ? await hashPassword(passwords.next) : null
  await asControl(pool, async (client) => {
    const outcome = passwordHash === null ? ({ outcome: 'refused' } as const) : {}
    await recordFor(client, actor, outcome, 'account.password')
    if (passwordHash === null) return
    await setPassword(client, session.user_id, passwordHash)
    await endSessions(client, session.user_id, session.session_id)
  })
  return isRight
}

/** Sets a new password on behalf of the operator, and ends all sessions. */
export async function resetPassword(
  client: Statements,
  user: Pick<Credentials, 'user_id' | 'email'>,
  password: string,
  actor: Actor,
): Promise<void> {
  checkPassword(password, user.email)
  await replacePassword(client, user.user_id, await hashPassword(password), actor)
}

/** Sets a password in place of one that was forgotten: all sessions of the person end. */
export async function replacePassword(
  client: Statements,
  userId: string,
  passwordHash: string,
  actor: Actor,
): Promise<void> {
  await setPassword(client, userId, passwordHash)
  await endSessions(client, userId, null)
  for (const tenantId of await tenantsOf(client, userId))
    await record({ client, actor, tenantId }, { action: 'account.reset', resource: userId })
}

/** Makes a password for a person, who should change it. */
export const newPassword = (): string => randomBytes(15).toString('base64url')

export async function invite(
  change: Change,
  email: string,
  role: Role,
): Promise<{ readonly token: string; readonly row: InvitationRow }> {
  checkMayGive(change, role)
  const token = newToken('oi')
  const row = await insertInvitation(change.client, {
    tenant_id: change.tenantId,
    email,
    role,
    created_by: nameOf(change.actor),
    tokenHash: tokenHashOf(token),
    days: INVITATION_DAYS,
  })
  const metadata = { role }
  await record(change, { action: 'invitation.create', resource: row.invitation_id, metadata })
  return { token, row }
}

export async function withdraw(change: Change, invitationId: string): Promise<void> {
  if (!(await revokeInvitation(change.client, change.tenantId, invitationId)))
    throw new ControlError('NOT_FOUND', `There is no invitation ${invitationId} to withdraw.`)
  await record(change, { action: 'invitation.revoke', resource: invitationId })
}

export async function openSession(
  client: Statements,
  userId: string,
  actor: Actor,
): Promise<SignedIn> {
  const token = newToken('os')
  const tokenHash = tokenHashOf(token)
  const { expires_at: expiresAt } = await insertSession(client, {
    userId,
    tokenHash,
    days: SESSION_DAYS,
    ip: actor.ip ?? null,
    userAgent: actor.userAgent?.slice(0, 500) ?? null,
  })
  const session = await findSession(client, tokenHash)
  if (session === null) throw new Error('a session that was opened is found')
  return { token, expiresAt, session }
}

/** Adds an entry to the audit log of each tenant that the person belongs to. */
export async function recordFor(
  client: Statements,
  actor: Actor,
  more: Pick<Done, 'outcome' | 'metadata'>,
  action: string,
): Promise<void> {
  for (const tenantId of await tenantsOf(client, actor.id ?? ''))
    await record({ client, actor, tenantId }, { action, resource: actor.id, ...more })
}

const asControl = <T>(pool: PostgresPool, work: (client: Statements) => Promise<T>): Promise<T> =>
  withRole(pool, 'observa_control', work)
