// Tokens that a provider did not make, or made for another purpose: each is refused, whatever its header says. The provider is a program
// of the test, which signs as it is told, because a real one makes no wrong tokens.

import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { pino } from 'pino'
import { type BrowserSecret, newBrowserSecret } from '../../accounts/oidc/browser-secret.ts'
import { loadOidcLibrary, OidcProvider } from '../../accounts/oidc/oidc-provider.ts'
import { systemClock } from '../../core/clock.ts'
import { OutboundUrl, Secret } from '../../core/config/config-types.ts'

type Claims = Record<string, unknown>
type Header = Record<string, unknown> & { readonly alg: string }

const library = await loadOidcLibrary()
const ours = generateKeyPairSync('rsa', { modulusLength: 2048 })
const theirs = generateKeyPairSync('rsa', { modulusLength: 2048 })
const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const CLIENT_SECRET = 'client-secret-for-tests'
const KID = 'key-1'

let issuer = ''
let token = ''
let answer: Claims = {}
let algorithms: readonly string[] = ['RS256']

const server = createServer((req, res) => {
  const json = (body: unknown): void => {
    res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
  if (req.url === '/.well-known/openid-configuration')
    json({
      issuer,
      authorization_endpoint: `${issuer}/auth`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      userinfo_endpoint: `${issuer}/me`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: algorithms,
    })
  else if (req.url === '/jwks')
    json({ keys: [{ ...ours.publicKey.export({ format: 'jwk' }), kid: KID, use: 'sig' }] })
  else if (req.url === '/me') json(answer)
  else json({ access_token: 'access', token_type: 'Bearer', id_token: token })
})
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
after(() => void server.close())

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Signs with a key, or as it is told. */
function jwt(header: Header, claims: Claims, by: KeyObject | ((text: string) => string)): string {
  const text = `${part(header)}.${part(claims)}`
  const signature =
    typeof by === 'function'
      ? by(text)
      : sign('sha256', Buffer.from(text), by).toString('base64url')
  return `${text}.${signature}`
}
const hmac = (key: string | Buffer) => (text: string) =>
  createHmac('sha256', key).update(text).digest('base64url')

function claimsFor(secret: BrowserSecret, more: Claims = {}): Claims {
  const now = Math.floor(Date.now() / 1000)
  const { nonce } = secret
  const email = { email: 'ada@test.invalid', email_verified: true }
  return {
    iss: issuer,
    aud: 'observa',
    sub: 'ada',
    iat: now,
    exp: now + 300,
    nonce,
    ...email,
    ...more,
  }
}

const RIGHT: Header = { alg: 'RS256', kid: KID }

/** What becomes of a sign-in with the token that `make` returns. */
async function personWith(make: (secret: BrowserSecret) => string) {
  const oidc = new OidcProvider(
    {
      issuer: new OutboundUrl(new URL(issuer)),
      clientId: 'observa',
      clientSecret: new Secret(CLIENT_SECRET),
      name: 'Test',
      scopes: ['openid', 'email'],
      externalUrl: 'https://observa.test.invalid',
      emailDomains: [],
      verifiedClaim: 'email_verified',
      groupsClaim: 'groups',
      roles: [],
      allowHttp: false,
      allowLinkLocal: false,
    },
    { library, clock: systemClock, log: pino({ level: 'silent' }) },
  )
  const secret = newBrowserSecret('/', Date.now())
  token = make(secret)
  return await oidc.personOf(`?code=c&state=${secret.state}`, secret)
}

test('a token that the provider signed is accepted', async () => {
  const person = await personWith((s) => jwt(RIGHT, claimsFor(s), ours.privateKey))
  assert.equal(person.verifiedEmail, 'ada@test.invalid')
})

const publicKey = ours.publicKey.export({ format: 'pem', type: 'spki' })
const jwk = theirs.publicKey.export({ format: 'jwk' })
const forgeries: Readonly<Record<string, (claims: Claims) => string>> = {
  'no signature, and the algorithm none': (c) => jwt({ alg: 'none' }, c, () => ''),
  'the algorithm none in other letters': (c) => jwt({ alg: 'nOnE', kid: KID }, c, () => ''),
  'the signature cut off': (c) => jwt(RIGHT, c, () => ''),
  'the signature of another text': (c) =>
    jwt(RIGHT, c, () => sign('sha256', Buffer.from('x'), ours.privateKey).toString('base64url')),
  'HS256 with the public key': (c) => jwt({ alg: 'HS256', kid: KID }, c, hmac(publicKey)),
  'HS256 with the secret of the client': (c) => jwt({ alg: 'HS256' }, c, hmac(CLIENT_SECRET)),
  'another key under the same name': (c) => jwt(RIGHT, c, theirs.privateKey),
  'a key that the token brings itself': (c) => jwt({ ...RIGHT, jwk }, c, theirs.privateKey),
  'a key of an unknown name': (c) => jwt({ alg: 'RS256', kid: 'other' }, c, theirs.privateKey),
  'a key of another kind': (c) => jwt({ alg: 'ES256', kid: KID }, c, curve.privateKey),
  'a critical extension that nobody knows': (c) =>
    jwt({ ...RIGHT, crit: ['x'], x: 1 }, c, ours.privateKey),
}
for (const [what, forge] of Object.entries(forgeries))
  test(`refused: ${what}`, async () => {
    // Also where the metadata names these algorithms, as those of some providers do.
    for (const named of [['RS256'], ['RS256', 'HS256', 'none', 'ES256']]) {
      algorithms = named
      await assert.rejects(
        personWith((s) => forge(claimsFor(s))),
        { reason: 'provider' },
        named.join(),
      )
    }
    algorithms = ['RS256']
  })

const now = Math.floor(Date.now() / 1000)
const wrongClaims: Readonly<Record<string, Claims>> = {
  'another issuer': { iss: 'https://other.test.invalid' },
  'another audience': { aud: 'other' },
  'several audiences, made for another of them': { aud: ['observa', 'other'], azp: 'other' },
  'no audience': { aud: undefined },
  'no subject': { sub: undefined },
  'an empty subject': { sub: '' },
  'a subject that is no text': { sub: 7 },
  'no end': { exp: undefined },
  'no nonce': { nonce: undefined },
  'a time that is over': { exp: now - 3600, iat: now - 7200 },
  'a time that has not begun': { nbf: now + 3600 },
}
for (const [what, claims] of Object.entries(wrongClaims))
  test(`refused: a token with ${what}`, async () => {
    await assert.rejects(
      personWith((s) => jwt(RIGHT, claimsFor(s, claims), ours.privateKey)),
      ({ reason }) => reason === 'provider' || reason === 'clock',
    )
  })

test('what the provider says of one address holds for no other, and of one person for nobody else', async () => {
  const email = 'victim@test.invalid'
  const mine = { sub: 'ada', email: 'ada@test.invalid', email_verified: true }
  const with_ = async (claims: Claims, said: Claims) => {
    answer = said
    return await personWith((s) => jwt(RIGHT, claimsFor(s, claims), ours.privateKey))
  }
  const unsaid = { email, email_verified: undefined }
  assert.equal((await with_(unsaid, mine)).verifiedEmail, 'ada@test.invalid')
  assert.equal((await with_(unsaid, { sub: 'ada', email_verified: true })).verifiedEmail, null)
  assert.equal((await with_(unsaid, { ...mine, email_verified: false })).verifiedEmail, null)
  const bare = { email: undefined, email_verified: true }
  assert.equal((await with_(bare, { sub: 'ada', email })).verifiedEmail, null)
  await assert.rejects(with_(unsaid, { ...mine, sub: 'eve' }), { reason: 'provider' })
})
