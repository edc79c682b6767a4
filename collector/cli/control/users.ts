// `observa users`: people, the tenants they belong to, and their roles there.

import { text } from 'node:stream/consumers'
import * as input from '../../../accounts/input.ts'
import { makeReset, RESET_MINUTES, resetLink } from '../../../accounts/password-reset.ts'
import {
  addMember,
  changeProjectRole,
  changeRole,
  removeMember,
  setDisabled,
  unlinkIdentities,
  userOf,
} from '../../../accounts/people.ts'
import { newPassword, resetPassword } from '../../../accounts/sign-in.ts'
import { type ListedUser, listUsers, type MemberRow } from '../../../storage/control/people.ts'
import { parse } from '../args.ts'
import type { Io } from '../io.ts'
import { CONTROL_OPTIONS, type ControlSession, withControl } from './database.ts'
import { allPages, checked, day, type Line, printRow, printRows, usageOf } from './print.ts'

const pairs = (roles: Readonly<Record<string, string>>): string =>
  Object.entries(roles)
    .map(([place, role]) => `${place}=${role}`)
    .join(' ')

const userLine = (u: ListedUser): Line => ({
  USER: u.user_id,
  EMAIL: u.email,
  NAME: u.name ?? '',
  ROLES: pairs(u.roles),
  'SIGNS IN AT': u.identities.map((i) => i.issuer).join(' '),
  STATE: u.disabled_at === null ? 'active' : 'disabled',
  CREATED: day(u.created_at),
})

const memberLine = (m: MemberRow): Line => ({
  USER: m.user_id,
  EMAIL: m.email,
  TENANT: m.tenant_id,
  ROLE: m.role,
  'ROLES BY PROJECT': pairs(m.project_roles),
})

const ACTIONS = `list | create EMAIL [--role owner|admin|member|viewer] [--name TEXT] | role USER ROLE [--project P]
              | remove USER | password USER [--stdin] | reset USER | disable USER | enable USER | unlink USER`

export async function usersCommand(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse('users', args, {
    ...CONTROL_OPTIONS,
    tenant: { type: 'string' },
    role: { type: 'string', default: 'member' },
    name: { type: 'string' },
    project: { type: 'string' },
    stdin: { type: 'boolean' },
  })
  const [action, who = '', role] = positionals
  const run = (work: (s: ControlSession) => Promise<MemberRow | null>): Promise<number> =>
    withControl('users', values, io, async (s) => {
      const row = await work(s)
      if (row !== null) printRow(io, row, values.json, memberLine)
    })
  const found = async (s: ControlSession): Promise<string> => (await userOf(s.client, who)).user_id
  switch (`${action} ${positionals.length}`) {
    case 'list 1':
      return await run((s) => list(s, values.tenant, values.limit, values.json, io))
    case 'create 2':
      return await run((s) => {
        const name =
          values.name === undefined ? undefined : checked(input.displayName, values.name, '--name')
        const person = { email: checked(input.email, who, 'EMAIL'), name }
        return addMember(s.change(), person, checked(input.role, values.role, '--role'))
      })
    case 'role 3':
      return await run(async (s) => {
        const userId = await found(s)
        const { project } = values
        if (project === undefined)
          return await changeRole(s.change(), userId, checked(input.role, role, 'ROLE'))
        const inProject = role === 'inherit' ? null : checked(input.projectRole, role, 'ROLE')
        return await changeProjectRole(s.change(), userId, project, inProject)
      })
    case 'remove 2':
      return await run(async (s) => {
        await removeMember(s.change(), await found(s))
        io.err(`${who} is no longer a member of ${s.change().tenantId}\n`)
        return null
      })
    case 'password 2': {
      const given = values.stdin === true ? (await text(io.stdin)).replace(/\r?\n$/, '') : null
      return await run((s) => password(s, who, given, io))
    }
    case 'reset 2':
      return await run((s) => reset(s, who, values.json, io))
    case 'disable 2':
    case 'enable 2':
      return await run((s) => disable(s, who, action === 'disable', io))
    case 'unlink 2':
      return await run((s) => unlink(s, who, io))
    default:
      return usageOf('users', ACTIONS, io)()
  }
}

async function list(
  { client }: ControlSession,
  tenantId: string | undefined,
  limit: string | undefined,
  isJson: boolean | undefined,
  io: Io,
): Promise<null> {
  const rows = await allPages(limit, (w) => listUsers(client, { tenantId, ...w }))
  printRows(io, rows, isJson, userLine)
  return null
}

/**
 * Sets a new password. If none was given, one is made and printed alone on standard output, because somebody has to
 * pass it on.
 */
async function password(
  s: ControlSession,
  who: string,
  given: string | null,
  io: Io,
): Promise<null> {
  const user = await userOf(s.client, who)
  const next = given ?? newPassword()
  await resetPassword(s.client, user, next, s.change().actor)
  io.err(`${user.email} has a new password, and all sessions have ended`)
  io.err(given === null ? '. It is not shown again:\n\n' : '\n')
  if (given === null) io.out(`${next}\n`)
  return null
}

/** Prints a token with which the person sets a new password, for somebody who cannot be sent a mail. */
async function reset(
  s: ControlSession,
  who: string,
  isJson: boolean | undefined,
  io: Io,
): Promise<null> {
  const user = await userOf(s.client, who)
  const { token, expiresAt } = await makeReset(s.client, user.user_id, s.change())
  const url = s.externalUrl === null ? null : resetLink(s.externalUrl, token)
  if (isJson === true) {
    const { user_id, email } = user
    const row = { user_id, email, token, url, expires_at: expiresAt.toISOString() }
    io.out(`${JSON.stringify(row, null, 2)}\n`)
    return null
  }
  const where = url === null ? 'Forgot password on the sign-in page' : 'this page'
  io.err(
    `${user.email} can set a new password with ${where}, once within ${RESET_MINUTES} min:\n\n`,
  )
  io.out(`${url ?? token}\n`)
  return null
}

async function disable(s: ControlSession, who: string, isDisabled: boolean, io: Io): Promise<null> {
  const user = await userOf(s.client, who)
  await setDisabled(s.change(), user.user_id, isDisabled)
  io.err(`${user.email} is ${isDisabled ? 'disabled' : 'enabled'}\n`)
  return null
}

async function unlink(s: ControlSession, who: string, io: Io): Promise<null> {
  const user = await userOf(s.client, who)
  const had = await unlinkIdentities(s.change(), user.user_id)
  const done = had === 0 ? 'has signed in at no provider' : 'is nobody at the provider any more'
  io.err(`${user.email} ${done}\n`)
  return null
}
