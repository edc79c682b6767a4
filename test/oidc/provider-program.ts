// A real OpenID provider in a process of its own, so that its clock can be another one. It takes every name with every password, as
// long as the file of people has the name, and asks for no consent. `test-provider.ts` starts it.

import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ProviderOptions } from './test-provider.ts'

interface Started {
  readonly oidc: {
    readonly client: { readonly clientId: string }
    readonly session: { readonly accountId: string }
  }
}

const SCOPES = 'openid email profile groups'
const wanted = JSON.parse(process.env['TEST_PROVIDER'] ?? '{}') as ProviderOptions
const { port = 0, shiftS = 0, idTokenSeconds = 3600, isConform = true } = wanted
const realNow = Date.now
Date.now = () => realNow() + shiftS * 1000
const { default: Provider } = await import('oidc-provider')

const client = (client_id: string, token_endpoint_auth_method: string) => ({
  client_id,
  ...(token_endpoint_auth_method === 'none' ? {} : { client_secret: wanted.clientSecret }),
  token_endpoint_auth_method,
  redirect_uris: wanted.redirectUris,
})

const server = createServer()
server.listen(port, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider = new Provider(issuer, {
    clients: [
      client('observa', 'client_secret_basic'),
      client('public', 'none'),
      client('post', 'client_secret_post'),
    ],
    ...(wanted.authMethods === undefined ? {} : { clientAuthMethods: wanted.authMethods }),
    scopes: SCOPES.split(' '),
    claims: {
      openid: ['sub'],
      email: ['email', 'email_verified'],
      profile: ['name'],
      groups: ['groups'],
    },
    conformIdTokenClaims: isConform,
    ttl: {
      IdToken: idTokenSeconds,
      AccessToken: 3600,
      Session: 3600,
      Interaction: 3600,
      Grant: 3600,
    },
    cookies: { keys: ['only for tests'] },
    features: { devInteractions: { enabled: true } },
    findAccount: (_ctx: unknown, id: string) => {
      const people = JSON.parse(readFileSync(wanted.peopleFile, 'utf8')) as Record<string, object>
      const claims = people[id]
      return claims === undefined
        ? undefined
        : { accountId: id, claims: () => ({ sub: id, ...claims }) }
    },
    loadExistingGrant: async ({ oidc }: Started) => {
      const { clientId } = oidc.client
      const grant = new provider.Grant({ clientId, accountId: oidc.session.accountId })
      grant.addOIDCScope(SCOPES)
      await grant.save()
      return grant
    },
  })
  server.on('request', provider.callback())
  process.stdout.write(`${issuer}\n`)
})
