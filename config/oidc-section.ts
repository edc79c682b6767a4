// The section `oidc` of the configuration: an OpenID provider with which people sign in, beside passwords.

import { z } from 'zod'
import type { AccountsSettings } from '../core/config/accounts-settings.ts'
import {
  allowLinkLocal,
  type OutboundUrl,
  outboundUrl,
  secret,
} from '../core/config/config-types.ts'
import { isLoopback } from '../core/http/host-name.ts'

const issuer = outboundUrl()
  .refine((url) => !url.pathname.includes('/.well-known/'), {
    error:
      'is the address of the metadata: expected the issuer, which is the part before /.well-known/',
  })
  .refine((url) => !/[@?#]/.test(url.reveal()), {
    error: 'expected a URL without user, query and fragment',
  })

const groupRole = z.strictObject({
  group: z.string().min(1).max(256).describe('Name of the group, as the claim has it.'),
  tenant: z.string().min(1).max(128).describe('Id of the tenant.'),
  role: z.enum(['owner', 'admin', 'member', 'viewer']).describe('The role in the tenant.'),
})

export const oidcSection = z
  .strictObject({
    issuer: issuer.describe(
      'The provider, such as https://login.example.com/realms/acme. Its metadata is read from there. Its redirect URI for Observa is `<notifications.external_url>/api/v1/auth/oidc/callback`.',
    ),
    client_id: z.string().min(1).max(512).describe('Name of Observa at the provider.'),
    client_secret: secret()
      .optional()
      .describe('Best as `${env:NAME}` or `${file:path}`. When absent PKCE alone is used.'),
    name: z
      .string()
      .trim()
      .min(1)
      .max(60)
      .default('single sign-on')
      .describe('For people: the button says "Sign in with" and this name.'),
    scopes: z
      .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/, 'expected a scope'))
      .max(32)
      .default(['openid', 'email', 'profile'])
      .describe('Scopes that are asked for; `openid` always is.'),
    email_domains: z
      .array(z.string().regex(/^[A-Za-z0-9.-]+$/, 'expected a domain, such as example.com'))
      .max(1000)
      .default([])
      .describe(
        'Only people with a verified address in one of these domains may sign in. When absent everybody whom the provider knows.',
      ),
    verified_claim: z
      .string()
      .min(1)
      .default('email_verified')
      .describe(
        'Claim that says whether the provider has verified the address. Entra ID has `xms_edov` for it.',
      ),
    groups_claim: z.string().min(1).default('groups').describe('Claim with the groups.'),
    roles: z
      .array(groupRole)
      .max(1000)
      .default([])
      .describe(
        'Roles by group. At each sign-in people get the highest of their groups in every tenant that is named here, and leave those where none of their groups is named. The last owner of a tenant stays.',
      ),
    allow_http: z
      .boolean()
      .default(false)
      .describe('Permits a provider without TLS. On this machine it is always permitted.'),
    allow_link_local: allowLinkLocal(),
  })
  .refine((oidc) => oidc.allow_http || isSafe(oidc.issuer), {
    path: ['issuer'],
    error:
      'is not encrypted: use https, or write "allow_http: true" beside it if the network can be trusted',
  })

const isSafe = (url: OutboundUrl): boolean =>
  url.protocol === 'https:' || isLoopback(url.hostname.replace(/^\[|\]$/g, ''))

/** The settings of accounts in a configuration that passed the checks. */
export function accountsSettingsOf(config: {
  readonly accounts: AccountsSettings['mode']
  readonly oidc?: z.output<typeof oidcSection> | undefined
  readonly notifications: { readonly external_url?: string | undefined }
}): AccountsSettings {
  const { accounts: mode, oidc, notifications } = config
  const externalUrl = notifications.external_url?.replace(/\/+$/, '')
  if (oidc === undefined || externalUrl === undefined) return { mode, oidc: null }
  return {
    mode,
    oidc: {
      issuer: oidc.issuer,
      clientId: oidc.client_id,
      clientSecret: oidc.client_secret ?? null,
      name: oidc.name,
      scopes: [...new Set(['openid', ...oidc.scopes])],
      externalUrl,
      emailDomains: oidc.email_domains.map((domain) => domain.toLowerCase()),
      verifiedClaim: oidc.verified_claim,
      groupsClaim: oidc.groups_claim,
      roles: oidc.roles,
      allowHttp: oidc.allow_http,
      allowLinkLocal: oidc.allow_link_local,
    },
  }
}
