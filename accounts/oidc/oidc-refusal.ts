// Why somebody was not signed in by the OpenID provider. The console has a text for each reason.

import { RolledBackError } from '../../storage/postgres/pool.ts'

export const OIDC_REFUSALS = [
  /** The browser did not begin this sign-in, or it took too long. */
  'state',
  /** The person or the provider said no. */
  'denied',
  /** The provider cannot be reached. */
  'unavailable',
  /** What the provider sent is not valid. */
  'provider',
  /** The clocks of the provider and of this instance are too far apart. */
  'clock',
  /** The provider gave no address that it has verified. */
  'email',
  'domain',
  /** Accounts are made by the operator only. */
  'closed',
  'not_invited',
  'disabled',
  /** The account with this address belongs to another person of the provider. */
  'taken',
  /** The connection is not encrypted. */
  'insecure',
  'too_many',
  /** The accounts cannot be read now. */
  'accounts',
] as const

export type OidcRefusal = (typeof OIDC_REFUSALS)[number]

export class OidcRefusedError extends RolledBackError {
  readonly reason: OidcRefusal

  constructor(reason: OidcRefusal, options?: ErrorOptions) {
    super(`sign-in refused: ${reason}`, options)
    this.name = 'OidcRefusedError'
    this.reason = reason
  }
}
