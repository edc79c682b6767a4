// A new password in place of a forgotten one: a token is sent by mail or printed for the operator, and is good for one
// password within half an hour. The database has its SHA-256 only.

import { randomUUID } from 'node:crypto'
import {
  countResets,
  findReset,
  putReset,
  type ResetUser,
  takeReset,
} from '../storage/control/password-resets.ts'
import { tenantsOf } from '../storage/control/people.ts'
import type { Statements } from '../storage/postgres/connection.ts'
import type { PostgresPool } from '../storage/postgres/pool.ts'
import { withRole } from '../storage/postgres/roles.ts'
import { type Actor, record } from './audited-change.ts'
import { ControlError } from './control-error.ts'
import { checkPassword, hashPassword } from './passwords/password.ts'
import { newToken, replacePassword, tokenHashOf } from './sign-in.ts'

export const RESET_MINUTES = 30
/** Mails to one person within that time, so that nobody can fill the mailbox of somebody else. */
const RESETS_MAX = 3

export interface MadeReset {
  /** `or_` and 256 random bits. */
  readonly token: string
  readonly expiresAt: Date
}

export interface ResetOptions {
  readonly actor: Actor
  /** Of the job that sends it; its next try has the same one. */
  readonly resetId?: string
}

/** Makes a token. Its entry in the audit log is written with the first try. */
export async function makeReset(
  client: Statements,
  userId: string,
  { actor, resetId = randomUUID() }: ResetOptions,
): Promise<MadeReset> {
  const token = newToken('or')
  const tokenHash = tokenHashOf(token)
  const put = await putReset(client, { resetId, userId, tokenHash, minutes: RESET_MINUTES })
  if (put.isNew)
    for (const tenantId of await tenantsOf(client, userId))
      await record(
        { client, actor, tenantId },
        { action: 'account.reset_request', resource: userId },
      )
  return { token, expiresAt: put.expiresAt }
}

/** May another mail be sent to this person? */
export async function mayHaveReset(
  client: Statements,
  userId: string,
  resetId: string,
): Promise<boolean> {
  const others = await countResets(client, userId, { minutes: RESET_MINUTES, but: resetId })
  return others < RESETS_MAX
}

/** Sets the password of the person whose token this is, and ends all their sessions. A password that is refused leaves the token valid. */
export async function confirmReset(
  pool: PostgresPool,
  { token, password }: { readonly token: string; readonly password: string },
  actor: Actor,
): Promise<ResetUser> {
  const tokenHash = tokenHashOf(token)
  const known = await withRole(pool, 'observa_control', (client) => findReset(client, tokenHash))
  if (known === null) throw notValid()
  checkPassword(password, known.email)
  const passwordHash = await hashPassword(password)
  return await withRole(pool, 'observa_control', async (client) => {
    const user = await takeReset(client, tokenHash)
    if (user === null) throw notValid()
    const self: Actor = { ...actor, kind: 'user', id: user.user_id }
    await replacePassword(client, user.user_id, passwordHash, self)
    return user
  })
}

const notValid = (): ControlError =>
  new ControlError(
    'FORBIDDEN',
    'This token is not known, was used, or is over.',
    'Ask for a new one.',
  )

/** Where the console takes the token. It is in the fragment, which no server gets to see. */
export const resetLink = (externalUrl: string, token: string): string =>
  `${externalUrl}/sign-in#reset=${token}`
