// Which authenticator a receiver and the API use: keys where the configuration asks for them, else
// everybody is the one default tenant. Keys are looked up anew for each request, so that a reload can replace them.

import type { ObservaConfig } from '../../config/root.ts'
import type { Authenticator } from '../../core/component.ts'
import { ObservaError } from '../../core/errors.ts'
import {
  anonymousAuthenticator,
  createKeysAuthenticator,
  type KeysConfig,
} from '../extensions/keys/index.ts'

export interface Authenticators {
  /** `config`: the receiver's own; `auth: keys` there asks for keys even when the root does not. */
  forReceiver(config: unknown): Authenticator
  forApi(): Authenticator
  /** From the next request on the keys are those of this configuration. */
  useKeysOf(config: ObservaConfig): void
}

export function makeAuthenticators(config: ObservaConfig): Authenticators {
  const anonymous = anonymousAuthenticator()
  let keys = keysOf(config)
  const live: Authenticator = {
    // Given out only when there are keys, and those are replaced but never taken away.
    authenticate: (headers, url, scope) =>
      (keys as Authenticator).authenticate(headers, url, scope),
  }
  const withKeys = (): Authenticator => {
    if (keys !== null) return live
    throw new ObservaError(
      'OBS_CONFIG_NO_KEYS',
      '`auth: keys` is set, but no keys extension is started.',
      'Add one under extensions and to service.extensions.',
    )
  }
  return {
    forReceiver: (own) => (config.auth === 'keys' || asksForKeys(own) ? withKeys() : anonymous),
    forApi: () => (config.auth === 'keys' || keys !== null ? withKeys() : anonymous),
    useKeysOf: (next) => {
      keys = keysOf(next) ?? keys
    },
  }
}

/** An authenticator for the keys extension that is started; null without one. */
function keysOf(config: ObservaConfig): Authenticator | null {
  const started = config.service.extensions.find((id) => /^keys(\/|$)/.test(id))
  const found = started === undefined ? undefined : config.extensions.get(started)
  // The keys factory parsed this configuration, so it has that factory's type.
  return found === undefined ? null : createKeysAuthenticator(found.config as KeysConfig)
}

const asksForKeys = (config: unknown): boolean =>
  typeof config === 'object' && config !== null && 'auth' in config && config.auth === 'keys'
