// Decides who may use a receiver, the API and /metrics. The mode is what `auth` says and does not depend on which
// keys exist. With `keys` every request needs a key. With `none` a request without a key belongs to the default
// tenant, and a guard refuses requests of web pages. Keys are looked up for each request, so that a reload can
// replace them.

import { accountsSettingsOf } from '../../config/oidc-section.ts'
import type { ObservaConfig } from '../../config/root.ts'
import type { Authenticator, ExtensionContext } from '../../core/component.ts'
import { ObservaError } from '../../core/errors.ts'
import { isLoopback } from '../../core/http/host-name.ts'
import type { GuardOptions, RequestGuard } from '../../core/http/request-guard.ts'
import {
  anonymousAuthenticator,
  type ControlKeys,
  createKeysAuthenticator,
  hasApiKey,
  type KeysConfig,
} from '../extensions/keys/index.ts'
import { splitEndpoint } from '../http/listeners.ts'
import { BrowserGuard, openGuard } from '../http/request-guard.ts'

type MakeGuard = (endpoint: string, options?: GuardOptions) => RequestGuard

export interface Authenticators {
  /**
   * The authenticator of a receiver with this configuration. `auth: keys` in it requires keys even when the root does
   * not.
   */
  forReceiver(config: unknown): Authenticator
  guardOfReceiver(config: unknown): MakeGuard
  forApi(): Authenticator
  /** Makes the guard of the API. */
  readonly guard: MakeGuard
  /** Makes the guard for endpoints that never need a key: on loopback only web pages are refused. */
  readonly guardWithoutKey: MakeGuard
  /** Uses the keys of this configuration from the next request on. */
  useKeysOf(config: ObservaConfig): void
  /** Uses the keys of the control plane as well from now on. */
  useControlPlane(keys: ControlKeys): void
}

export function makeAuthenticators(config: ObservaConfig): Authenticators {
  const everybody = anonymousAuthenticator()
  let configured = keysConfigOf(config)
  let control: ControlKeys | null = null
  let keys: Authenticator | null = null
  const renew = (): void => {
    const isKnown = configured !== null || control !== null
    keys = isKnown ? createKeysAuthenticator(configured ?? NO_KEYS, { control }) : null
  }
  renew()
  const hasKeyFor = (origin: string): boolean => keys?.hasKeyFor?.(origin) ?? false
  const withKey: Authenticator = {
    // Only used when there are keys. Keys are replaced and never removed.
    authenticate: (headers, url, scope) =>
      (keys as Authenticator).authenticate(headers, url, scope),
    hasKeyFor,
  }
  const withOrWithoutKey: Authenticator = {
    authenticate: (headers, url, scope) =>
      (keys !== null && hasApiKey(headers) ? keys : everybody).authenticate(headers, url, scope),
    hasKeyFor,
  }
  const authenticator = (needsKey: boolean): Authenticator => {
    if (!needsKey) return withOrWithoutKey
    if (keys !== null) return withKey
    throw new ObservaError(
      'OBS_CONFIG_NO_KEYS',
      '`auth: keys` is set, but there is nothing that knows keys.',
      'Add a postgres exporter to a pipeline, a keys extension to service.extensions, or control.url.',
    )
  }
  const guardWhere = (needsKey: boolean): MakeGuard =>
    needsKey
      ? () => openGuard
      : (endpoint, options) => new BrowserGuard(endpoint, config.allowed_hosts, options)
  const needsKey = config.auth === 'keys'
  return {
    forReceiver: (own) => authenticator(needsKey || asksForKeys(own)),
    guardOfReceiver: (own) => guardWhere(needsKey || asksForKeys(own)),
    forApi: () => authenticator(needsKey),
    guard: guardWhere(needsKey),
    guardWithoutKey: (endpoint) =>
      guardWhere(needsKey && !isLoopback(splitEndpoint(endpoint).host))(endpoint),
    useKeysOf: (next) => {
      configured = keysConfigOf(next) ?? configured
      renew()
    },
    useControlPlane: (known) => {
      control = known
      renew()
    },
  }
}

const NO_KEYS: KeysConfig = { keys: [] }

/** What extensions need to know about keys and accounts. */
export const credentialSettingsOf = (
  config: ObservaConfig,
): Pick<ExtensionContext, 'keyPepper' | 'accounts'> => ({
  keyPepper: keysConfigOf(config)?.pepper ?? null,
  accounts: accountsSettingsOf(config),
})

/** The configuration of the keys extension that is started, or null. */
export function keysConfigOf(config: ObservaConfig): KeysConfig | null {
  const started = config.service.extensions.find((id) => /^keys(\/|$)/.test(id))
  const found = started === undefined ? undefined : config.extensions.get(started)
  // The keys factory parsed this configuration, so it has that factory's type.
  return found === undefined ? null : (found.config as KeysConfig)
}

const asksForKeys = (config: unknown): boolean =>
  typeof config === 'object' && config !== null && 'auth' in config && config.auth === 'keys'
