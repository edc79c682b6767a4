// The OpenID provider: its address for a sign-in, and the exchange of a code for what it says about the person. The library
// checks signature, issuer, audience, times, nonce and PKCE. It is loaded when a provider is configured, because it is an optional
// package.

import type { ClientAuth, Configuration } from 'openid-client'
import type { Logger } from 'pino'
import type { Clock } from '../../core/clock.ts'
import type { OidcSettings } from '../../core/config/accounts-settings.ts'
import { codeOf, ObservaError } from '../../core/errors.ts'
import type { BrowserSecret } from './browser-secret.ts'
import { guardedFetch, REQUEST_SECONDS_MAX } from './guarded-fetch.ts'
import { type OidcRefusal, OidcRefusedError } from './oidc-refusal.ts'

type Library = typeof import('openid-client')

/** The metadata is read again after this time, because providers change addresses. */
const METADATA_MS_MAX = 3_600_000
/** How far the clocks of the provider and of this instance may be apart. */
const CLOCK_SECONDS_MAX = 60
const SUBJECT_MAX = 255
const GROUPS_MAX = 2000

/** How the provider says that it does not know Observa: in the body, or with a 401 that has a challenge. */
const WRONG_CLIENT = /invalid_client|unauthorized_client|WWW_AUTHENTICATE/

export const CALLBACK_PATH = '/api/v1/auth/oidc/callback'

/** What the provider says about somebody. */
export interface OidcPerson {
  readonly issuer: string
  /** Never changes, and is given to nobody else. */
  readonly subject: string
  /** Null unless the provider has verified that it is the person's. */
  readonly verifiedEmail: string | null
  readonly name: string | null
  readonly groups: readonly string[]
}

/** Loads the library. Throws with the fix if it is not installed. */
export async function loadOidcLibrary(): Promise<Library> {
  try {
    return await import('openid-client')
  } catch (thrown) {
    if (codeOf(thrown) !== 'ERR_MODULE_NOT_FOUND') throw thrown
    throw new ObservaError(
      'OBS_OIDC_NOT_INSTALLED',
      'The configuration has an OpenID provider (oidc), but the optional package openid-client is not installed.',
      'Install with the optional packages (npm ci without --omit=optional), or remove the section oidc.',
      { cause: thrown },
    )
  }
}

export interface OidcProviderParts {
  readonly library: Library
  readonly clock: Clock
  readonly log: Logger
}

export class OidcProvider {
  readonly settings: OidcSettings
  readonly #parts: OidcProviderParts
  #found: { readonly configuration: Promise<Configuration>; readonly untilMs: number } | null = null

  constructor(settings: OidcSettings, parts: OidcProviderParts) {
    this.settings = settings
    this.#parts = parts
  }

  /** The address at which the person signs in. Throws an `OidcRefusedError` when the provider cannot be asked for it. */
  async addressFor(secret: BrowserSecret): Promise<string> {
    const { library } = this.#parts
    return await this.#guarded(async () => {
      const configuration = await this.#configuration()
      const url = library.buildAuthorizationUrl(configuration, {
        redirect_uri: this.#callback,
        scope: this.settings.scopes.join(' '),
        state: secret.state,
        nonce: secret.nonce,
        code_challenge: await library.calculatePKCECodeChallenge(secret.codeVerifier),
        code_challenge_method: 'S256',
      })
      return url.href
    })
  }

  /**
   * Who came back from the provider. `query` is that of the request to the callback, with the question mark. Throws an
   * `OidcRefusedError` for everything that is not a valid answer to this sign-in.
   */
  async personOf(query: string, secret: BrowserSecret): Promise<OidcPerson> {
    const { library } = this.#parts
    return await this.#guarded(async () => {
      const configuration = await this.#configuration()
      const tokens = await library.authorizationCodeGrant(
        configuration,
        new URL(`${this.#callback}${query}`),
        {
          expectedState: secret.state,
          expectedNonce: secret.nonce,
          pkceCodeVerifier: secret.codeVerifier,
          idTokenExpected: true,
        },
      )
      const claims = tokens.claims()
      if (claims === undefined) throw new OidcRefusedError('provider')
      const all = await this.#withUserInfo(configuration, tokens.access_token, claims)
      return this.#personIn(claims.iss, claims.sub, all)
    })
  }

  get #callback(): string {
    return `${this.settings.externalUrl}${CALLBACK_PATH}`
  }

  /** Many providers put the address and the groups into the answer about the user only, and not into the token. */
  async #withUserInfo(
    configuration: Configuration,
    accessToken: string,
    claims: Readonly<Record<string, unknown>> & { readonly sub: string },
  ): Promise<Readonly<Record<string, unknown>>> {
    const { verifiedClaim, groupsClaim, roles } = this.settings
    const wanted = ['email', verifiedClaim, ...(roles.length > 0 ? [groupsClaim] : [])]
    const hasAll = wanted.every((name) => claims[name] !== undefined)
    if (hasAll || configuration.serverMetadata().userinfo_endpoint === undefined) return claims
    const { library } = this.#parts
    const answer = await library.fetchUserInfo(configuration, accessToken, claims.sub)
    const from =
      claims['email'] === undefined || claims[verifiedClaim] === undefined ? answer : claims
    // Both from one place: what the answer says of its address says nothing about another one in the token.
    const address = { email: from['email'], [verifiedClaim]: from[verifiedClaim] }
    return { ...answer, ...claims, ...address }
  }

  #personIn(
    issuer: string,
    subject: string,
    claims: Readonly<Record<string, unknown>>,
  ): OidcPerson {
    if (subject === '' || subject.length > SUBJECT_MAX) throw new OidcRefusedError('provider')
    const { email, name } = claims
    const verified = claims[this.settings.verifiedClaim]
    // Some providers send the word instead of the value.
    const isVerified = verified === true || verified === 'true'
    const given = claims[this.settings.groupsClaim]
    const groups = typeof given === 'string' ? [given] : Array.isArray(given) ? given : []
    return {
      issuer,
      subject,
      verifiedEmail: isVerified && typeof email === 'string' ? email : null,
      name: typeof name === 'string' ? name : null,
      groups: groups.filter((group) => typeof group === 'string').slice(0, GROUPS_MAX),
    }
  }

  /** The metadata of the provider. Requests at the same time share one question, and an old answer serves when it fails. */
  async #configuration(): Promise<Configuration> {
    const { clock } = this.#parts
    const known = this.#found
    if (known !== null && known.untilMs > clock.monotonicMs()) return await known.configuration
    const configuration = this.#discovered()
    const found = { configuration, untilMs: clock.monotonicMs() + METADATA_MS_MAX }
    this.#found = found
    try {
      return await configuration
    } catch (thrown) {
      if (this.#found === found) this.#found = known
      if (known === null) throw thrown
      this.#parts.log.warn({ reason: placeOf(thrown) }, 'the OpenID provider gives no metadata')
      return await known.configuration
    }
  }

  #discovered(): Promise<Configuration> {
    const { library } = this.#parts
    const { issuer, clientId, clientSecret } = this.settings
    const isPlain = issuer.protocol === 'http:'
    return library.discovery(
      new URL(issuer.reveal()),
      clientId,
      { [library.clockTolerance]: CLOCK_SECONDS_MAX },
      clientAuth(library, clientSecret?.reveal() ?? null),
      {
        [library.customFetch]: guardedFetch(this.settings),
        timeout: REQUEST_SECONDS_MAX,
        execute: [
          library.enableNonRepudiationChecks,
          ...(isPlain ? [library.allowInsecureRequests] : []),
        ],
      },
    )
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (thrown) {
      const reason = this.#reasonOf(thrown)
      const place = placeOf(thrown)
      const hint = WRONG_CLIENT.test(place)
        ? { hint: 'check oidc.client_id and client_secret' }
        : {}
      if (reason !== 'denied')
        this.#parts.log.warn({ reason: place, ...hint }, `OpenID sign-in failed: ${reason}`)
      throw new OidcRefusedError(reason, { cause: thrown })
    }
  }

  #reasonOf(thrown: unknown): OidcRefusal {
    const { library } = this.#parts
    for (let error = thrown; error instanceof Error; error = error.cause)
      if (error instanceof OidcRefusedError) return error.reason
    if (thrown instanceof library.AuthorizationResponseError)
      return thrown.error === 'access_denied' ? 'denied' : 'provider'
    switch (codeOf(thrown)) {
      case 'OAUTH_TIMEOUT':
      case 'OAUTH_RESPONSE_IS_NOT_CONFORM':
      case 'OAUTH_RESPONSE_IS_NOT_JSON':
        return 'unavailable'
      case 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED':
        return 'clock'
      default:
        return 'provider'
    }
  }
}

/** The secret in a header, which every provider has to take (RFC 6749), unless the metadata names only the form. */
function clientAuth(library: Library, secret: string | null): ClientAuth {
  if (secret === null) return library.None()
  const [basic, post] = [library.ClientSecretBasic(secret), library.ClientSecretPost(secret)]
  return (server, ...more) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
    const isPostOnly =
      !methods.includes('client_secret_basic') && methods.includes('client_secret_post')
    ;(isPostOnly ? post : basic)(server, ...more)
  }
}

/** The codes of an error and its causes, for the log. Messages are left out, as they hold what the provider sent. */
function placeOf(thrown: unknown): string {
  const codes: string[] = []
  for (let error = thrown; error instanceof Error && codes.length < 4; error = error.cause)
    codes.push(oauthErrorOf(error) ?? codeOf(error) ?? error.name)
  return codes.join(' < ')
}

/** The code of a refusal by the provider, such as `invalid_client`. */
function oauthErrorOf(error: Error): string | null {
  const code = 'error' in error ? error.error : null
  return typeof code === 'string' && /^[a-z_]{1,64}$/.test(code) ? code : null
}
