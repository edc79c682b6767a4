// Makes people and changes their roles. A tenant that has an owner always keeps one.

import {
  deleteIdentities,
  deleteMember,
  disableUser,
  findMember,
  findUser,
  insertUser,
  lockOwners,
  type MemberRow,
  setMember,
  setProjectRole,
  tenantsOf,
  type UserRow,
} from '../storage/control/people.ts'
import { endSessions } from '../storage/control/sessions.ts'
import type { Statements } from '../storage/postgres/connection.ts'
import { type Change, record } from './audited-change.ts'
import { ControlError } from './control-error.ts'
import type { ProjectRole, Role } from './input.ts'
import { projectOf, tenantOf } from './tenants.ts'

/**
 * Adds a person to the tenant by e-mail address, and makes the person if nobody has the address. Needs a role that
 * sees the people of all tenants.
 */
export async function addMember(
  change: Change,
  person: { readonly email: string; readonly name?: string | undefined },
  role: Role,
): Promise<MemberRow> {
  const { client, tenantId } = change
  await tenantOf(change)
  const user =
    (await insertUser(client, { email: person.email, name: person.name ?? null })) ??
    (await userOf(client, person.email))
  if ((await findMember(client, tenantId, user.user_id)) !== null)
    throw new ControlError('CONFLICT', `${person.email} is a member of ${tenantId} already.`)
  await setMember(client, tenantId, user.user_id, role)
  await record(change, { action: 'member.add', resource: user.user_id, metadata: { role } })
  return await memberOf(change, user.user_id)
}

export async function changeRole(change: Change, userId: string, role: Role): Promise<MemberRow> {
  const member = await memberOf(change, userId)
  checkMayGive(change, role, member.role)
  if (role !== 'owner') await keepOwner(change, userId)
  await setMember(change.client, change.tenantId, userId, role)
  const metadata = { from: member.role, to: role }
  await record(change, { action: 'member.role', resource: userId, metadata })
  return await memberOf(change, userId)
}

/** Changes the role in a project. `null` means that the role in the tenant applies to the project too. */
export async function changeProjectRole(
  change: Change,
  userId: string,
  projectId: string,
  role: ProjectRole | null,
): Promise<MemberRow> {
  const member = await memberOf(change, userId)
  await projectOf(change, projectId)
  if (member.role === 'owner')
    throw new ControlError('CONFLICT', 'An owner has every right in every project.')
  const place = { tenantId: change.tenantId, projectId }
  await setProjectRole(change.client, place, userId, role)
  const metadata = { project: projectId, role }
  await record(change, { action: 'member.project_role', resource: userId, metadata })
  return await memberOf(change, userId)
}

export async function removeMember(change: Change, userId: string): Promise<void> {
  const member = await memberOf(change, userId)
  checkMayGive(change, member.role)
  await keepOwner(change, userId)
  await deleteMember(change.client, change.tenantId, userId)
  const metadata = { role: member.role }
  await record(change, { action: 'member.remove', resource: userId, metadata })
}

/** Disables a person in all tenants, or enables them again. The audit log of each tenant gets an entry. */
export async function setDisabled(
  change: Omit<Change, 'tenantId'>,
  userId: string,
  isDisabled: boolean,
): Promise<void> {
  if (!(await disableUser(change.client, userId, isDisabled))) throw noUser(userId)
  const action = isDisabled ? 'user.disable' : 'user.enable'
  for (const tenantId of await tenantsOf(change.client, userId))
    await record({ ...change, tenantId }, { action, resource: userId })
}

/**
 * Forgets who the person is at OpenID providers. The next sign-in there with a verified address finds the account anew. All
 * sessions of the person end. Returns how many identities there were.
 */
export async function unlinkIdentities(
  change: Omit<Change, 'tenantId'>,
  userId: string,
): Promise<number> {
  const identities = await deleteIdentities(change.client, userId)
  if (identities === 0) return 0
  await endSessions(change.client, userId, null)
  for (const tenantId of await tenantsOf(change.client, userId))
    await record({ ...change, tenantId }, { action: 'user.unlink', resource: userId })
  return identities
}

/** Finds a person by id or e-mail address. */
export async function userOf(client: Statements, idOrEmail: string): Promise<UserRow> {
  const found = await findUser(client, idOrEmail)
  if (found === null) throw noUser(idOrEmail)
  return found
}

export async function memberOf({ client, tenantId }: Change, userId: string): Promise<MemberRow> {
  const found = await findMember(client, tenantId, userId)
  if (found === null) throw new ControlError('NOT_FOUND', `There is no member ${userId}.`)
  return found
}

/** Throws when one of the roles is `owner` and the actor is no owner. */
export function checkMayGive({ by }: Change, ...roles: readonly string[]): void {
  if (by === undefined || by === 'owner' || !roles.includes('owner')) return
  throw new ControlError('FORBIDDEN', 'Only an owner decides who is an owner.')
}

async function keepOwner({ client, tenantId }: Change, leaving: string): Promise<void> {
  const owners = await lockOwners(client, tenantId)
  if (owners.length !== 1 || owners[0] !== leaving) return
  throw new ControlError(
    'CONFLICT',
    'This is the only owner of the tenant.',
    'Make another member the owner first.',
  )
}

const noUser = (idOrEmail: string): ControlError =>
  new ControlError('NOT_FOUND', `There is no user ${idOrEmail}.`)
