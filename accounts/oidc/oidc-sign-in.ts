// Signs in somebody whom the OpenID provider knows. The account is found by issuer and subject. An address alone finds an account
// only once, and only when the provider has verified it; who may get a new account is decided by `accounts` of the configuration.

import type {
  AccountsSettings,
  GroupRole,
  OidcSettings,
} from '../../core/config/accounts-settings.ts'
import {
  deleteMember,
  findMember,
  findUser,
  insertIdentity,
  insertUser,
  lockOwners,
  setMember,
  type UserRow,
  useIdentity,
} from '../../storage/control/people.ts'
import { acceptInvitationsFor, endSessions, setPassword } from '../../storage/control/sessions.ts'
import { findTenant } from '../../storage/control/tenants.ts'
import type { Statements } from '../../storage/postgres/connection.ts'
import type { PostgresPool } from '../../storage/postgres/pool.ts'
import { withRole } from '../../storage/postgres/roles.ts'
import { type Actor, record } from '../audited-change.ts'
import { displayName, email as emailSchema, ROLES } from '../input.ts'
import { openSession, ownTenant, recordFor, type SignedIn } from '../sign-in.ts'
import type { OidcPerson } from './oidc-provider.ts'
import { OidcRefusedError } from './oidc-refusal.ts'

export interface OidcSignIn {
  readonly pool: PostgresPool
  readonly mode: AccountsSettings['mode']
  readonly settings: OidcSettings
}

/**
 * Opens a session for the person, in one transaction with everything that the sign-in changes. Throws an `OidcRefusedError` when
 * the person may not sign in.
 */
export async function signInByOidc(
  { pool, mode, settings }: OidcSignIn,
  person: OidcPerson,
  actor: Actor,
): Promise<SignedIn> {
  checkDomain(settings, person)
  const signedIn = await withRole(pool, 'observa_control', async (client) => {
    const user =
      (await useIdentity(client, person)) ??
      (await newcomer(client, { mode, settings, person, actor }))
    const self: Actor = { ...actor, kind: 'user', id: user.user_id }
    const metadata = { by: 'oidc', issuer: person.issuer }
    if (user.disabled_at !== null) {
      await recordFor(client, self, { outcome: 'refused', metadata }, 'account.login')
      return null
    }
    await setRoles(client, self, rolesOf(settings.roles, person.groups))
    await recordFor(client, self, { metadata }, 'account.login')
    return await openSession(client, user.user_id, self)
  })
  // The refusal is in the audit log, so the transaction had to be committed.
  if (signedIn === null) throw new OidcRefusedError('disabled')
  return signedIn
}

function checkDomain({ emailDomains }: OidcSettings, { verifiedEmail }: OidcPerson): void {
  if (emailDomains.length === 0) return
  if (verifiedEmail === null) throw new OidcRefusedError('email')
  const domain = verifiedEmail.slice(verifiedEmail.lastIndexOf('@') + 1).toLowerCase()
  if (!emailDomains.includes(domain)) throw new OidcRefusedError('domain')
}

interface Newcomer {
  readonly mode: AccountsSettings['mode']
  readonly settings: OidcSettings
  readonly person: OidcPerson
  readonly actor: Actor
}

/** Somebody who signs in at this provider for the first time: gets the account with the verified address, or a new one. */
async function newcomer(client: Statements, given: Newcomer): Promise<UserRow> {
  const { person, mode } = given
  const parsed = emailSchema.safeParse(person.verifiedEmail)
  if (!parsed.success) throw new OidcRefusedError('email')
  const email = parsed.data
  const known = await findUser(client, email)
  if (known !== null) return await linked(client, known, given)
  if (mode === 'closed') throw new OidcRefusedError('closed')
  const name = displayName.safeParse(person.name).data ?? null
  const made = await insertUser(client, { email, name })
  if (made === null) {
    // Somebody made the account at the same moment.
    const other = await findUser(client, email)
    if (other === null) throw new OidcRefusedError('accounts')
    return await linked(client, other, given)
  }
  if (!(await insertIdentity(client, made.user_id, person))) throw new OidcRefusedError('taken')
  await giveTenants(client, made, given)
  return made
}

/**
 * Gives the person the account that has the address. Whoever made it may not have been asked to prove that the address is theirs,
 * so their password and sessions end.
 */
async function linked(client: Statements, user: UserRow, given: Newcomer): Promise<UserRow> {
  if (user.disabled_at !== null) return user
  const { person, actor } = given
  if (!(await insertIdentity(client, user.user_id, person))) {
    // The same person may have signed in twice at the same moment.
    if ((await useIdentity(client, person))?.user_id === user.user_id) return user
    throw new OidcRefusedError('taken')
  }
  await setPassword(client, user.user_id, null)
  await endSessions(client, user.user_id, null)
  const self: Actor = { ...actor, kind: 'user', id: user.user_id }
  await recordFor(client, self, { metadata: { issuer: person.issuer } }, 'account.link')
  return user
}

/** A new person joins the tenants that invited them; where everybody may sign up, one without any gets a tenant of their own. */
async function giveTenants(client: Statements, user: UserRow, given: Newcomer): Promise<void> {
  const { mode, settings, person, actor } = given
  const self: Actor = { ...actor, kind: 'user', id: user.user_id }
  const signUp = async (tenantId: string, role: string, invited: boolean): Promise<void> => {
    await setMember(client, tenantId, user.user_id, role)
    const metadata = { role, invited, by: 'oidc', issuer: person.issuer }
    await record(
      { client, actor: self, tenantId },
      { action: 'account.signup', resource: user.user_id, metadata },
    )
  }
  const roles = rolesOf(settings.roles, person.groups)
  // Who is in a tenant of the provider's groups is decided by these alone.
  const invitations = await acceptInvitationsFor(client, user.email, [...roles.keys()])
  for (const { tenant_id, role } of invitations) await signUp(tenant_id, role, true)
  const hasGroup = [...roles.values()].some((role) => role !== null)
  if (invitations.length > 0 || hasGroup) return
  if (mode !== 'open' && mode !== 'mail') throw new OidcRefusedError('not_invited')
  const { tenantId, role } = await ownTenant(client, self, user.name ?? user.email)
  await signUp(tenantId, role, false)
}

/** The role in each tenant that the configuration names: the highest of the person's groups, or null for none. */
function rolesOf(
  all: readonly GroupRole[],
  groups: readonly string[],
): ReadonlyMap<string, GroupRole['role'] | null> {
  const found = new Map<string, GroupRole['role'] | null>()
  for (const { group, tenant, role } of all) {
    const present = found.get(tenant) ?? null
    const isMore = present === null || ROLES.indexOf(role) < ROLES.indexOf(present)
    found.set(tenant, groups.includes(group) && isMore ? role : present)
  }
  return found
}

async function setRoles(
  client: Statements,
  self: Actor,
  roles: ReadonlyMap<string, GroupRole['role'] | null>,
): Promise<void> {
  const userId = self.id ?? ''
  for (const [tenantId, role] of roles) {
    const present = (await findMember(client, tenantId, userId))?.role ?? null
    if (present === role || (await findTenant(client, tenantId)) === null) continue
    if (present === 'owner' && (await isLastOwner(client, tenantId, userId))) continue
    if (role === null) await deleteMember(client, tenantId, userId)
    else await setMember(client, tenantId, userId, role)
    const action = role === null ? 'member.remove' : present === null ? 'member.add' : 'member.role'
    const metadata = { from: present, to: role, by: 'oidc' }
    await record({ client, actor: self, tenantId }, { action, resource: userId, metadata })
  }
}

async function isLastOwner(client: Statements, tenantId: string, userId: string): Promise<boolean> {
  const owners = await lockOwners(client, tenantId)
  return owners.length === 1 && owners[0] === userId
}
