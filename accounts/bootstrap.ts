// The state that every start ensures in the control plane: the tenants and projects that the configuration names exist, and an
// empty control plane gets a first key. A second run changes nothing.

import { Secret } from '../core/config/config-types.ts'
import { ObservaError } from '../core/errors.ts'
import { SCOPES } from '../core/tenant.ts'
import { findKey, hasKeys, lockFirstStart } from '../storage/control/keys.ts'
import { insertUser, setMember } from '../storage/control/people.ts'
import { setPassword } from '../storage/control/sessions.ts'
import { insertProject, insertTenant } from '../storage/control/tenants.ts'
import type { Statements } from '../storage/postgres/connection.ts'
import type { PostgresPool } from '../storage/postgres/pool.ts'
import { withRole } from '../storage/postgres/roles.ts'
import { keyIdOf, parseKey } from './api-key.ts'
import { type Change, record } from './audited-change.ts'
import { ControlError } from './control-error.ts'
import { anyId, email as emailSchema } from './input.ts'
import { createKey, storeKey } from './keys.ts'
import { checkPassword, hashPassword } from './passwords/password.ts'

/** The tenant and the project that the first key belongs to. */
export interface KeyOwner {
  readonly tenantId: string
  readonly projectId: string
}

export interface Bootstrap extends KeyOwner {
  /** A key that the operator has made. If it is null and a key is needed, one is made and printed. */
  readonly key: Secret | null
  /** The owner of the tenant, who is made if nobody has the e-mail address. */
  readonly owner: { readonly email: string; readonly password: Secret } | null
}

export interface BootstrapOptions {
  readonly bootstrap: Bootstrap
  /** The tenants and projects of keys in the configuration. */
  readonly places: readonly KeyOwner[]
  /** True if requests need a key and the configuration has none. */
  readonly needsKey: boolean
  readonly pepper: Secret | null
}

/** Returns the key that was made now and has to be printed once, or null. */
export async function ensureControlPlane(
  pool: PostgresPool,
  options: BootstrapOptions,
): Promise<string | null> {
  const { bootstrap } = options
  const { owner } = bootstrap
  const passwordHash = owner === null ? null : await hashPassword(owner.password.reveal())
  return await withRole(pool, 'observa_control', async (client) => {
    await lockFirstStart(client)
    for (const place of [bootstrap, ...options.places]) await ensurePlace(client, place)
    if (owner !== null && passwordHash !== null)
      await ensureOwner(changeIn(client, bootstrap), owner.email, passwordHash)
    if (bootstrap.key !== null) {
      await ensureKey(client, bootstrap, bootstrap.key.reveal(), options.pepper)
      return null
    }
    if (!options.needsKey || (await hasKeys(client))) return null
    const input = { projectId: bootstrap.projectId, kind: 'sk', scopes: SCOPES } as const
    const made = await createKey(
      changeIn(client, bootstrap),
      { ...input, name: FIRST_KEY_NAME },
      options.pepper,
    )
    return made.key
  })
}

/** The name of the first key of an empty control plane, made here or by the operator. */
const FIRST_KEY_NAME = 'first key'

const changeIn = (client: Statements, place: KeyOwner): Change => ({
  client,
  actor: { kind: 'system', id: null },
  tenantId: place.tenantId,
})

async function ensurePlace(client: Statements, place: KeyOwner): Promise<void> {
  const { tenantId, projectId } = place
  const change = changeIn(client, place)
  if (await insertTenant(client, tenantId, tenantId))
    await record(change, { action: 'tenant.create', resource: tenantId })
  if (await insertProject(client, tenantId, projectId, projectId))
    await record(change, { action: 'project.create', resource: projectId })
}

/** Makes the owner. An existing person stays unchanged, with their password and roles. */
async function ensureOwner(change: Change, email: string, passwordHash: string): Promise<void> {
  const { client, tenantId } = change
  const user = await insertUser(client, { email, name: null })
  if (user === null) return
  await setPassword(client, user.user_id, passwordHash)
  await setMember(client, tenantId, user.user_id, 'owner')
  const metadata = { role: 'owner' }
  await record(change, { action: 'member.add', resource: user.user_id, metadata })
}

/** Stores the key. An existing one stays unchanged, even if it was revoked. */
async function ensureKey(
  client: Statements,
  place: KeyOwner,
  key: string,
  pepper: Secret | null,
): Promise<void> {
  if ((await findKey(client, keyIdOf(key))) !== null) return
  const input = { projectId: place.projectId, scopes: SCOPES, name: FIRST_KEY_NAME }
  await storeKey(changeIn(client, place), key, input, pepper)
}

const VARIABLES = {
  tenant: 'OBSERVA_BOOTSTRAP_TENANT',
  project: 'OBSERVA_BOOTSTRAP_PROJECT',
  key: 'OBSERVA_BOOTSTRAP_KEY',
  email: 'OBSERVA_BOOTSTRAP_EMAIL',
  password: 'OBSERVA_BOOTSTRAP_PASSWORD',
} as const

/** The values of the configuration. Missing ones come from the environment. */
export function bootstrapOf(
  configured: {
    readonly tenant?: string | undefined
    readonly project?: string | undefined
    readonly key?: Secret | undefined
    readonly email?: string | undefined
    readonly password?: Secret | undefined
  },
  env: Readonly<Record<string, string | undefined>>,
): Bootstrap {
  const given = (name: keyof typeof VARIABLES): string | undefined => {
    const text = env[VARIABLES[name]]
    return text === undefined || text === '' ? undefined : text
  }
  const place = (name: 'tenant' | 'project'): string => {
    const text = configured[name] ?? given(name) ?? 'default'
    if (anyId.safeParse(text).success) return text
    throw invalid(VARIABLES[name], 'expected letters, digits, _ . : -')
  }
  const text = given('key')
  const key = configured.key ?? (text === undefined ? null : new Secret(text))
  if (key !== null && parseKey(key.reveal())?.kind !== 'sk')
    throw invalid(
      `bootstrap.key or ${VARIABLES.key}`,
      'expected a whole secret key, as `observa keys create` prints one',
    )
  const owner = ownerOf(
    configured.email ?? given('email'),
    configured.password ?? given('password'),
  )
  return { tenantId: place('tenant'), projectId: place('project'), key, owner }
}

function ownerOf(
  email: string | undefined,
  password: string | Secret | undefined,
): Bootstrap['owner'] {
  if (email === undefined && password === undefined) return null
  const names = `bootstrap.email and .password, or ${VARIABLES.email} and ${VARIABLES.password}`
  if (email === undefined || password === undefined) throw invalid(names, 'one needs the other')
  const secret = typeof password === 'string' ? new Secret(password) : password
  if (!emailSchema.safeParse(email).success) throw invalid(names, 'expected an e-mail address')
  try {
    checkPassword(secret.reveal(), email)
  } catch (thrown) {
    if (!(thrown instanceof ControlError)) throw thrown
    throw invalid(names, thrown.message.replace(/\.$/, ''))
  }
  return { email, password: secret }
}

const invalid = (name: string, rule: string): ObservaError =>
  new ObservaError('OBS_BOOTSTRAP_INVALID', `${name} is not valid: ${rule}.`)
