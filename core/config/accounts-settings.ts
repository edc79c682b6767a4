// What the configuration says about accounts, in the form that the API needs. `config/oidc-section.ts` has the options.

import type { OutboundUrl, Secret } from './config-types.ts'

export interface AccountsSettings {
  /** Who may make an account. */
  readonly mode: 'open' | 'mail' | 'invite' | 'closed'
  /** Null where people sign in with a password only. */
  readonly oidc: OidcSettings | null
}

/** An OpenID provider with which people sign in. */
export interface OidcSettings {
  readonly issuer: OutboundUrl
  readonly clientId: string
  /** Null for a client that has none, which PKCE alone protects. */
  readonly clientSecret: Secret | null
  /** For people: the text of the button. */
  readonly name: string
  readonly scopes: readonly string[]
  /** Where people open the console, without a final slash. */
  readonly externalUrl: string
  /** In lower case. Empty if people of every domain may sign in. */
  readonly emailDomains: readonly string[]
  /** The claim that says whether the address was verified. */
  readonly verifiedClaim: string
  readonly groupsClaim: string
  readonly roles: readonly GroupRole[]
  readonly allowHttp: boolean
  readonly allowLinkLocal: boolean
}

/** The role in a tenant that members of a group of the provider have. */
export interface GroupRole {
  readonly group: string
  readonly tenant: string
  readonly role: 'owner' | 'admin' | 'member' | 'viewer'
}
