// Who a request is, by its API key; and the authenticator of an instance without keys, where everybody is
// the tenant `default`. Where the key is found in a request is in `credential.ts`.

import { timingSafeEqual } from 'node:crypto'
import { type Clock, systemClock } from '../../../core/clock.ts'
import type { Authenticator, AuthResult } from '../../../core/component.ts'
import { DEFAULT_TENANT, type TenantContext } from '../../../core/tenant.ts'
import { keyDigest, parseKey } from './api-key.ts'
import type { KeyRow, KeysConfig, Scope } from './config.ts'
import { credentialOf, urlHasCredential } from './credential.ts'

type Headers = Readonly<Record<string, string | string[] | undefined>>

/** A row of the configuration in the form that a request needs. */
interface KnownKey {
  readonly digest: Buffer
  readonly tenant: TenantContext
  readonly scopes: ReadonlySet<string>
  readonly origins: ReadonlySet<string>
  readonly isRevoked: boolean
  readonly expiresAtMs: number
}

export interface KeysAuthenticatorOptions {
  readonly clock?: Clock
  /** The hash of a key; a parameter so that a test can count the work done. */
  readonly digest?: (key: string) => Buffer
}

/** Authenticates by the keys of a configuration. All refusals are decided here, 401 before 403. */
export function createKeysAuthenticator(
  config: KeysConfig,
  options: KeysAuthenticatorOptions = {},
): Authenticator {
  const clock = options.clock ?? systemClock
  const digest = options.digest ?? ((key: string) => keyDigest(key, config.pepper ?? null))
  const known = new Map(config.keys.map((row) => [row.id, knownKey(row)]))
  const nobody = unknownKey()
  const origins = allowedOrigins(config)
  return {
    hasKeyFor: (origin) => origins.has(origin),
    authenticate: (headers, url, scope) => {
      if (urlHasCredential(url))
        return refused(401, 'An API key must never be part of a URL: revoke it.')
      const credential = credentialOf(headers)
      if (credential.kind === 'none')
        return refused(401, 'An API key is needed: Authorization: Bearer <key>.')
      if (credential.kind === 'unusable') return refused(401, credential.message)
      const parsed = parseKey(credential.text)
      if (parsed === null) return unknown()
      // From here a known and an unknown id cost the same: one hash and one comparison.
      const key = known.get(parsed.id) ?? nobody
      const isRight = timingSafeEqual(digest(credential.text), key.digest)
      if (!isRight || key === nobody) return unknown()
      if (key.isRevoked) return refused(401, 'This API key was revoked.')
      if (clock.nowMs() >= key.expiresAtMs) return refused(401, 'This API key has expired.')
      return permitted(key, parsed.kind === 'pk', headers, scope)
    },
  }
}

/** For an instance without keys: everything is the one tenant `default`, with every scope. */
export function anonymousAuthenticator(): Authenticator {
  const everybody: AuthResult = {
    ok: true,
    tenant: DEFAULT_TENANT,
    scopes: new Set(['ingest', 'query']),
  }
  return { authenticate: () => everybody }
}

/**
 * Is there one of our keys, right or wrong? Beside `auth: none` such a request is judged by its key, so that what is
 * sent with a revoked key does not end up with everybody's. Other credentials say nothing: old clients send any text.
 */
export function hasApiKey(headers: Headers): boolean {
  const credential = credentialOf(headers)
  return credential.kind === 'key' && parseKey(credential.text) !== null
}

/** The origins from which publishable keys may send, for CORS. */
export function allowedOrigins(config: KeysConfig): ReadonlySet<string> {
  return new Set(config.keys.filter((row) => !row.revoked).flatMap((row) => row.origins))
}

function permitted(
  key: KnownKey,
  isPublishable: boolean,
  headers: Headers,
  scope: Scope,
): AuthResult {
  if (isPublishable && scope !== 'ingest')
    return refused(403, 'A publishable key may only send data.')
  if (isPublishable && !isListedOrigin(headers['origin'], key.origins))
    return refused(403, 'This publishable key is not for this origin.')
  if (!key.scopes.has(scope)) return refused(403, `This API key does not have the scope ${scope}.`)
  return { ok: true, tenant: key.tenant, scopes: key.scopes }
}

/** Exact match only: no prefix, suffix, subdomain or `null`. */
function isListedOrigin(
  origin: string | string[] | undefined,
  origins: ReadonlySet<string>,
): boolean {
  return typeof origin === 'string' && origins.has(origin)
}

function knownKey(row: KeyRow): KnownKey {
  return {
    digest: Buffer.from(row.hash, 'hex'),
    tenant: {
      tenantId: row.tenant,
      projectId: row.project,
      environment: row.environment ?? null,
      keyId: row.id,
    },
    scopes: new Set(row.scopes),
    origins: new Set(row.origins),
    isRevoked: row.revoked,
    expiresAtMs:
      row.expires_at === undefined ? Number.POSITIVE_INFINITY : Date.parse(row.expires_at),
  }
}

/** Stands in for an id nobody has, so that the answer takes as long. */
function unknownKey(): KnownKey {
  return {
    digest: Buffer.alloc(32),
    tenant: DEFAULT_TENANT,
    scopes: new Set(),
    origins: new Set(),
    isRevoked: true,
    expiresAtMs: 0,
  }
}

function unknown(): AuthResult {
  return refused(401, 'This API key is not known.')
}

/** The codes are those of the old server, which its clients know; the message tells one case from another. */
function refused(status: 401 | 403, message: string): AuthResult {
  return { ok: false, status, code: status === 401 ? 'UNAUTHORIZED' : 'FORBIDDEN', message }
}
