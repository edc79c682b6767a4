// Authenticates requests by their API key. Without keys every request belongs to the tenant `default`.
// `credential.ts` finds the key in a request.

import { hash, timingSafeEqual } from 'node:crypto'
import { keyDigest, parseKey } from '../../../accounts/api-key.ts'
import type { KnownKey } from '../../../accounts/known-key.ts'
import { type Clock, systemClock } from '../../../core/clock.ts'
import type { Authenticator, AuthResult } from '../../../core/component.ts'
import { DEFAULT_TENANT, type KeyScope, SCOPES } from '../../../core/tenant.ts'
import type { KeyRow, KeysConfig } from './config.ts'
import { credentialOf, urlHasCredential } from './credential.ts'

type Headers = Readonly<Record<string, string | string[] | undefined>>

/** What an authenticator needs of the control plane's keys. */
export interface ControlKeys {
  find(id: string): KnownKey | undefined
  hasOrigin(origin: string): boolean
  used(id: string): void
  /** Resolves after a read of the changes that began after this call. */
  look(): Promise<void>
  /** True when the known keys are too old to say that a key does not exist. */
  readonly isStale: boolean
}

export interface KeysAuthenticatorOptions {
  readonly clock?: Clock
  /** Hashes a key. It is a parameter, so that a test can count the hashes. */
  readonly digest?: (key: string, isPeppered: boolean) => Buffer
  /** The keys of the control plane; null if there is no control plane. */
  readonly control?: ControlKeys | null
}

/** How many verified keys are remembered by a plain hash, which costs a twentieth of a hash with a pepper. */
const VERIFIED_MAX = 50_000

/**
 * Authenticates by the keys of a configuration and of the control plane. All refusals are decided here, 401 before
 * 403.
 */
export function createKeysAuthenticator(
  config: KeysConfig,
  options: KeysAuthenticatorOptions = {},
): Authenticator {
  return new KeysAuthenticator(config, options)
}

class KeysAuthenticator implements Authenticator {
  readonly #clock: Clock
  readonly #digest: (key: string, isPeppered: boolean) => Buffer
  readonly #control: ControlKeys | null
  readonly #configured: ReadonlyMap<string, KnownKey>
  readonly #origins: ReadonlySet<string>
  readonly #nobody: KnownKey
  readonly #verified = new Map<string, KnownKey>()

  constructor(config: KeysConfig, options: KeysAuthenticatorOptions) {
    const pepper = config.pepper ?? null
    this.#clock = options.clock ?? systemClock
    this.#digest =
      options.digest ?? ((key, isPeppered) => keyDigest(key, isPeppered ? pepper : null))
    this.#control = options.control ?? null
    const isPeppered = pepper !== null
    this.#configured = new Map(config.keys.map((row) => [row.id, knownKey(row, isPeppered)]))
    this.#origins = allowedOrigins(config)
    this.#nobody = unknownKey(isPeppered)
  }

  hasKeyFor(origin: string): boolean {
    return this.#origins.has(origin) || (this.#control?.hasOrigin(origin) ?? false)
  }

  authenticate(headers: Headers, url: string, scope: KeyScope): AuthResult | Promise<AuthResult> {
    if (urlHasCredential(url))
      return refused(401, 'An API key must never be part of a URL: revoke it.')
    const credential = credentialOf(headers)
    if (credential.kind === 'none')
      return refused(401, 'An API key is needed: Authorization: Bearer <key>.')
    if (credential.kind === 'unusable') return refused(401, credential.message)
    const { text } = credential
    const plain = hash('sha256', text)
    const verified = this.#verified.get(plain)
    // The objects differ if the key's row has changed since it was verified.
    if (verified !== undefined && verified === this.#find(verified.id))
      return this.#permitted(verified, headers, scope)
    const parsed = parseKey(text)
    if (parsed === null) return unknown()
    const known = this.#find(parsed.id)
    if (known === undefined && this.#control !== null)
      return this.#lookFor(parsed.id, text, plain, headers, scope)
    return this.#check(known, text, plain, headers, scope)
  }

  /** Reads new keys before the decision, because another instance may have just made this one. */
  async #lookFor(
    id: string,
    text: string,
    plain: string,
    headers: Headers,
    scope: KeyScope,
  ): Promise<AuthResult> {
    await this.#control?.look()
    const known = this.#find(id)
    if (known === undefined && this.#control?.isStale === true) return notNow()
    return this.#check(known, text, plain, headers, scope)
  }

  /**
   * Does one hash and one comparison for a known as for an unknown id, so that the time does not reveal which ids
   * exist.
   */
  #check(
    known: KnownKey | undefined,
    text: string,
    plain: string,
    headers: Headers,
    scope: KeyScope,
  ): AuthResult {
    const key = known ?? this.#nobody
    const isRight = timingSafeEqual(this.#digest(text, key.isPeppered), key.digest)
    if (!isRight || key === this.#nobody) return unknown()
    if (this.#verified.size >= VERIFIED_MAX) this.#verified.clear()
    this.#verified.set(plain, key)
    return this.#permitted(key, headers, scope)
  }

  #permitted(key: KnownKey, headers: Headers, scope: KeyScope): AuthResult {
    if (key.isRevoked) return refused(401, 'This API key was revoked.')
    if (this.#clock.nowMs() >= key.expiresAtMs) return refused(401, 'This API key has expired.')
    const isPublishable = key.id.startsWith('pk')
    if (isPublishable && scope !== 'ingest')
      return refused(403, 'A publishable key may only send data.')
    if (isPublishable && !isListedOrigin(headers['origin'], key.origins))
      return refused(403, 'This publishable key is not for this origin.')
    if (!key.scopes.has(scope))
      return refused(403, `This API key does not have the scope ${scope}.`)
    this.#control?.used(key.id)
    return { ok: true, tenant: key.tenant, scopes: key.scopes }
  }

  #find(id: string): KnownKey | undefined {
    return this.#configured.get(id) ?? this.#control?.find(id)
  }
}

/** The authenticator of an instance without keys: everything belongs to the tenant `default`, with every scope. */
export function anonymousAuthenticator(): Authenticator {
  const everybody: AuthResult = {
    ok: true,
    tenant: DEFAULT_TENANT,
    scopes: new Set(SCOPES),
  }
  return { authenticate: () => everybody }
}

/**
 * True when the request carries a text in the form of our keys, right or wrong. Even with `auth: none` such a request
 * is checked, so that data sent with a revoked key is not accepted for the tenant `default`. Other credentials have
 * no meaning, because old clients send any text.
 */
export function hasApiKey(headers: Headers): boolean {
  const credential = credentialOf(headers)
  return credential.kind === 'key' && parseKey(credential.text) !== null
}

/** The origins from which publishable keys may send, for CORS. */
export function allowedOrigins(config: KeysConfig): ReadonlySet<string> {
  return new Set(config.keys.filter((row) => !row.revoked).flatMap((row) => row.origins))
}

/** True for an exact match only: prefixes, suffixes, subdomains and `null` do not match. */
function isListedOrigin(
  origin: string | string[] | undefined,
  origins: ReadonlySet<string>,
): boolean {
  return typeof origin === 'string' && origins.has(origin)
}

function knownKey(row: KeyRow, isPeppered: boolean): KnownKey {
  return {
    id: row.id,
    isPeppered,
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

/** Takes the place of an unknown id's key, so that the check takes as long as for a known id. */
function unknownKey(isPeppered: boolean): KnownKey {
  return {
    id: '',
    isPeppered,
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

/** Answers 503 and not 401, because clients discard their data after a 401. */
function notNow(): AuthResult {
  return {
    ok: false,
    status: 503,
    code: 'SERVICE_UNAVAILABLE',
    message: 'This API key cannot be checked at present: the control plane does not answer.',
    retryAfterS: 5,
  }
}

/** The codes are those of the old server, which its clients know. The message tells the cases apart. */
function refused(status: 401 | 403, message: string): AuthResult {
  return { ok: false, status, code: status === 401 ? 'UNAUTHORIZED' : 'FORBIDDEN', message }
}
