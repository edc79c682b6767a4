// Makes, rotates and revokes API keys of the control plane. The key itself is only in the response to its creation.

import type { Secret } from '../core/config/config-types.ts'
import type { KeyScope } from '../core/tenant.ts'
import {
  activeSuccessors,
  expireKey,
  findKey,
  insertKey,
  type KeyRow,
  revokeKey,
} from '../storage/control/keys.ts'
import { insertEnvironment } from '../storage/control/tenants.ts'
import { type KeyKind, type KeyMode, keyDigest, keyIdOf, makeKey, parseKey } from './api-key.ts'
import { type Change, nameOf, record } from './audited-change.ts'
import { ControlError } from './control-error.ts'
import { projectOf } from './tenants.ts'

export interface NewKeyInput {
  readonly projectId: string
  readonly kind: KeyKind
  readonly mode?: KeyMode | undefined
  /** The default is everything except `admin` for a secret key, and `ingest` for a publishable key. */
  readonly scopes?: readonly KeyScope[] | undefined
  readonly origins?: readonly string[] | undefined
  readonly environment?: string | undefined
  readonly name?: string | undefined
  readonly expiresAt?: Date | undefined
}

export interface MadeKey {
  /** The key, which is shown once. */
  readonly key: string
  readonly row: KeyRow
}

export async function createKey(
  change: Change,
  input: NewKeyInput,
  pepper: Secret | null,
): Promise<MadeKey> {
  return await storeKey(change, makeKey(input.kind, input.mode ?? 'live'), input, pepper)
}

/** Like `createKey`, with a key that the operator has made. */
export async function storeKey(
  change: Change,
  key: string,
  input: Omit<NewKeyInput, 'kind' | 'mode'>,
  pepper: Secret | null,
): Promise<MadeKey> {
  const project = await projectOf(change, input.projectId)
  if (project.archived_at !== null)
    throw new ControlError('CONFLICT', `The project ${input.projectId} is archived.`)
  if (input.environment !== undefined)
    await insertEnvironment(change.client, change.tenantId, input.projectId, input.environment)
  const { scopes, origins } = rightsOf(key, input)
  if (input.expiresAt !== undefined && input.expiresAt.getTime() <= Date.now())
    throw new ControlError('INVALID', 'The key would have expired already.')
  const row = await insertKey(change.client, {
    ...stored(key, pepper),
    tenant_id: change.tenantId,
    project_id: input.projectId,
    environment: input.environment ?? null,
    name: input.name ?? null,
    scopes,
    origins,
    rotated_from: null,
    created_by: nameOf(change.actor),
    expires_at: input.expiresAt ?? null,
  })
  const metadata = { project: input.projectId, scopes, origins, expires_at: row.expires_at }
  await record(change, { action: 'key.create', resource: row.key_id, metadata })
  return { key, row }
}

export interface Rotation {
  /** When the old key stops working. If absent, it works until it is revoked. */
  readonly oldExpiresAt?: Date | undefined
}

/**
 * Makes a second key with the same rights. Both work, so that clients can change without a gap. There are never more
 * than two.
 */
export async function rotateKey(
  change: Change,
  keyId: string,
  rotation: Rotation,
  pepper: Secret | null,
): Promise<MadeKey> {
  const old = await ownKey(change, keyId)
  if (old.revoked_at !== null || isPast(old.expires_at))
    throw new ControlError(
      'CONFLICT',
      `The key ${keyId} does not work any more.`,
      'Create a new one.',
    )
  const [successor] = await activeSuccessors(change.client, keyId)
  if (successor !== undefined)
    throw new ControlError(
      'CONFLICT',
      `The key ${keyId} has a successor already, ${successor}.`,
      `Revoke ${keyId} once every client has the new key, or revoke ${successor}.`,
    )
  const key = makeKey(
    keyId.startsWith('pk') ? 'pk' : 'sk',
    keyId.includes('_test_') ? 'test' : 'live',
  )
  const row = await insertKey(change.client, {
    ...stored(key, pepper),
    tenant_id: old.tenant_id,
    project_id: old.project_id,
    environment: old.environment,
    name: old.name,
    scopes: old.scopes,
    origins: old.origins,
    rotated_from: keyId,
    created_by: nameOf(change.actor),
    expires_at: old.expires_at,
  })
  if (rotation.oldExpiresAt !== undefined)
    await expireKey(change.client, keyId, rotation.oldExpiresAt)
  await record(change, { action: 'key.rotate', resource: keyId, metadata: { to: row.key_id } })
  return { key, row }
}

/** Revokes a key, on every instance within seconds. A second call has no effect. */
export async function revokeOwnKey(change: Change, keyId: string): Promise<KeyRow> {
  const key = await ownKey(change, keyId)
  if (key.revoked_at !== null) return key
  await revokeKey(change.client, keyId)
  await record(change, { action: 'key.revoke', resource: keyId })
  return await ownKey(change, keyId)
}

/** Finds a key of the tenant. The key of another tenant is not found. */
export async function ownKey({ client, tenantId }: Change, keyId: string): Promise<KeyRow> {
  const found = await findKey(client, keyId, { forUpdate: true })
  if (found === null || found.tenant_id !== tenantId)
    throw new ControlError('NOT_FOUND', `There is no key ${keyId}.`)
  return found
}

export function stateOf(
  key: Pick<KeyRow, 'revoked_at' | 'expires_at'>,
): 'active' | 'expired' | 'revoked' {
  if (key.revoked_at !== null) return 'revoked'
  return isPast(key.expires_at) ? 'expired' : 'active'
}

/** After so many days without a request a key is better revoked: nobody would notice that it was stolen. */
export const UNUSED_DAYS = 90

/** A key that works, and with which nobody has sent for so long, since it was made where it was never used. */
export function isUnused(
  key: Pick<KeyRow, 'revoked_at' | 'expires_at' | 'last_used_at' | 'created_at'>,
  nowMs: number,
): boolean {
  const since = (key.last_used_at ?? key.created_at).getTime()
  return stateOf(key) === 'active' && nowMs - since > UNUSED_DAYS * 86_400_000
}

const isPast = (at: Date | null): boolean => at !== null && at.getTime() <= Date.now()

function stored(key: string, pepper: Secret | null) {
  return {
    key_id: keyIdOf(key),
    digest: keyDigest(key, pepper),
    is_peppered: pepper !== null,
    last4: key.slice(-4),
  }
}

/**
 * The rights of a new key. A publishable key is visible in every page that uses it, so it may only send from these
 * pages.
 */
function rightsOf(
  key: string,
  input: Pick<NewKeyInput, 'scopes' | 'origins'>,
): { readonly scopes: readonly KeyScope[]; readonly origins: readonly string[] } {
  const parsed = parseKey(key)
  if (parsed === null)
    throw new ControlError('INVALID', 'This is no key.', 'Make one with: observa keys create')
  const origins = [...new Set(input.origins ?? [])]
  if (parsed.kind === 'sk') {
    const scopes: readonly KeyScope[] = input.scopes ?? ['ingest', 'query', 'content']
    return { scopes: [...new Set(scopes)], origins }
  }
  const scopes: readonly KeyScope[] = [...new Set<KeyScope>(input.scopes ?? ['ingest'])]
  if (scopes.some((scope) => scope !== 'ingest'))
    throw new ControlError('INVALID', 'A publishable key may only have the scope ingest.')
  if (origins.length === 0)
    throw new ControlError(
      'INVALID',
      'A publishable key needs the origins of its pages.',
      'Such as https://app.example.com: scheme, host and port, nothing else.',
    )
  return { scopes, origins }
}
