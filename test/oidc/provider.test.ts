// What is accepted of an OpenID provider and what is not, with a real provider on its own port: codes that were used, stolen or given to
// others, wrong nonces, other issuers, clocks that are off, and a provider that is away.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { pino } from 'pino'
import { type BrowserSecret, newBrowserSecret } from '../../accounts/oidc/browser-secret.ts'
import { CALLBACK_PATH, loadOidcLibrary, OidcProvider } from '../../accounts/oidc/oidc-provider.ts'
import type { OidcRefusal } from '../../accounts/oidc/oidc-refusal.ts'
import { systemClock } from '../../core/clock.ts'
import type { OidcSettings } from '../../core/config/accounts-settings.ts'
import { OutboundUrl, Secret } from '../../core/config/config-types.ts'
import { CONSOLE, TestBrowser } from './test-browser.ts'
import { TestProvider } from './test-provider.ts'

const CALLBACK = `${CONSOLE}${CALLBACK_PATH}`
const library = await loadOidcLibrary()

let provider: TestProvider

before(async () => {
  provider = await TestProvider.start({ redirectUris: [CALLBACK] })
  provider.knows('ada', { email: 'ada@test.invalid', email_verified: true, name: 'Ada' })
  provider.knows('eve', { email: 'eve@test.invalid', email_verified: true })
})
after(async () => {
  await provider.stop()
})

const log: string[] = []

function client(
  at: Pick<TestProvider, 'issuer' | 'clientSecret'> = provider,
  more: Partial<OidcSettings> = {},
): OidcProvider {
  const settings: OidcSettings = {
    issuer: new OutboundUrl(new URL(at.issuer)),
    clientId: 'observa',
    clientSecret: new Secret(at.clientSecret),
    name: 'Test',
    scopes: ['openid', 'email', 'profile', 'groups'],
    externalUrl: CONSOLE,
    emailDomains: [],
    verifiedClaim: 'email_verified',
    groupsClaim: 'groups',
    roles: [],
    allowHttp: false,
    allowLinkLocal: false,
    ...more,
  }
  const stream = { write: (line: string) => void log.push(line) }
  return new OidcProvider(settings, { library, clock: systemClock, log: pino({}, stream) })
}

const secretNow = (): BrowserSecret => newBrowserSecret('/', Date.now())
const browser = (): TestBrowser => new TestBrowser(() => assert.fail('the callback stays closed'))

/** Signs in at the provider; `change` may alter the address before the browser opens it. */
async function codeFor(
  oidc: OidcProvider,
  secret: BrowserSecret,
  subject = 'ada',
  change: (url: URL) => void = () => undefined,
): Promise<URL> {
  const address = new URL(await oidc.addressFor(secret))
  change(address)
  return new URL(await browser().logInAt(address.href, subject))
}

const refusal = (reason: OidcRefusal) => (thrown: unknown) => {
  assert.equal((thrown as { reason?: string }).reason, reason, String(thrown))
  return true
}

test('the address has state, nonce and PKCE, and nothing from which the code verifier could be found', async () => {
  const secret = secretNow()
  const { searchParams } = new URL(await client().addressFor(secret))
  assert.equal(searchParams.get('response_type'), 'code')
  assert.equal(searchParams.get('state'), secret.state)
  assert.equal(searchParams.get('nonce'), secret.nonce)
  assert.equal(searchParams.get('code_challenge_method'), 'S256')
  assert.equal(searchParams.get('redirect_uri'), CALLBACK)
  assert.ok(!searchParams.toString().includes(secret.codeVerifier))
})

test('a person comes with issuer, subject and verified address, from the token or from the answer about the user', async (t) => {
  const inToken = await TestProvider.start({ redirectUris: [CALLBACK], isConform: false })
  t.after(() => inToken.stop())
  const claims = { email: 'ada@test.invalid', email_verified: true, name: 'Ada', groups: ['a'] }
  for (const at of [provider, inToken]) {
    at.knows('ada', claims)
    const oidc = client(at)
    const secret = secretNow()
    const back = await codeFor(oidc, secret)
    assert.deepEqual(await oidc.personOf(back.search, secret), {
      issuer: at.issuer,
      subject: 'ada',
      verifiedEmail: 'ada@test.invalid',
      name: 'Ada',
      groups: ['a'],
    })
  }
})

test('an address counts only when the provider says that it is verified', async () => {
  const cases: [unknown, string | null][] = [
    [true, 'v@test.invalid'],
    ['true', 'v@test.invalid'],
    [false, null],
    ['false', null],
    [undefined, null],
    [1, null],
  ]
  for (const [given, expected] of cases) {
    const email_verified = given as boolean
    provider.knows('vera', { email: 'v@test.invalid', email_verified })
    const oidc = client()
    const secret = secretNow()
    const back = await codeFor(oidc, secret, 'vera')
    const person = await oidc.personOf(back.search, secret)
    assert.equal(person.verifiedEmail, expected, String(given))
  }
})

test('clients with a secret in the form, and with none, can be used', async (t) => {
  const postOnly = await TestProvider.start({
    redirectUris: [CALLBACK],
    authMethods: ['client_secret_post', 'none'],
  }).catch(() => null)
  const kinds: [TestProvider, Partial<OidcSettings>][] = [
    [provider, { clientId: 'public', clientSecret: null }],
  ]
  if (postOnly !== null) {
    t.after(() => postOnly.stop())
    postOnly.knows('ada', {})
    kinds.push([postOnly, { clientId: 'post' }])
  }
  for (const [at, more] of kinds) {
    const oidc = client(at, more)
    const secret = secretNow()
    const back = await codeFor(oidc, secret)
    assert.equal((await oidc.personOf(back.search, secret)).subject, 'ada', more.clientId)
  }
})

test('a code is good once', async () => {
  const oidc = client()
  const secret = secretNow()
  const back = await codeFor(oidc, secret)
  await oidc.personOf(back.search, secret)
  await assert.rejects(oidc.personOf(back.search, secret), refusal('provider'))
})

test('a code that was given to another browser is refused: by PKCE with our state, by the state with theirs', async () => {
  const oidc = client()
  const [mine, theirs] = [secretNow(), secretNow()]
  const back = await codeFor(oidc, theirs, 'eve')
  await assert.rejects(oidc.personOf(back.search, mine), refusal('provider'), 'their state')
  back.searchParams.set('state', mine.state)
  await assert.rejects(oidc.personOf(back.search, mine), refusal('provider'), 'their verifier')
})

test('a token with another nonce is refused', async () => {
  const oidc = client()
  const secret = secretNow()
  const back = await codeFor(oidc, secret, 'ada', (url) => url.searchParams.set('nonce', 'other'))
  await assert.rejects(oidc.personOf(back.search, secret), refusal('provider'))
  const bare = secretNow()
  const without = await codeFor(oidc, bare, 'ada', (url) => url.searchParams.delete('nonce'))
  await assert.rejects(oidc.personOf(without.search, bare), refusal('provider'))
})

test('an answer of another issuer, or without one, is refused before the code is sent anywhere (mix-up)', async () => {
  const oidc = client()
  for (const change of [
    (url: URL) => url.searchParams.set('iss', 'https://other.test.invalid'),
    (url: URL) => url.searchParams.delete('iss'),
    (url: URL) => url.searchParams.append('iss', provider.issuer),
    (url: URL) => url.searchParams.append('state', 'second'),
    (url: URL) => url.searchParams.delete('code'),
  ]) {
    const secret = secretNow()
    const back = await codeFor(oidc, secret)
    const unchanged = back.search
    change(back)
    await assert.rejects(oidc.personOf(back.search, secret), refusal('provider'), back.search)
    assert.equal((await oidc.personOf(unchanged, secret)).subject, 'ada', 'the code was not used')
  }
})

test('a token for another client is refused, and so is a wrong secret', async () => {
  const secret = secretNow()
  const back = await codeFor(client(), secret)
  const other = client(provider, { clientId: 'public', clientSecret: null })
  await assert.rejects(other.personOf(back.search, secret), refusal('provider'))
  const wrong = client(provider, { clientSecret: new Secret('wrong') })
  log.length = 0
  const again = secretNow()
  const code = await codeFor(wrong, again)
  await assert.rejects(wrong.personOf(code.search, again), refusal('provider'))
  assert.match(log.join(''), /check oidc.client_id and client_secret/, log.join(''))
  assert.ok(!log.join('').includes(code.searchParams.get('code') ?? '?'), 'and no code')
})

test('somebody who stops at the provider is told so', async () => {
  const oidc = client()
  const secret = secretNow()
  const visitor = browser()
  const form = await visitor.follow(await oidc.addressFor(secret), (url) =>
    url.includes('/interaction/'),
  )
  const back = await visitor.follow(`${form}/abort`, (url) => url.startsWith(CALLBACK))
  await assert.rejects(oidc.personOf(new URL(back).search, secret), refusal('denied'))
})

test('clocks may be a minute apart, and not ten', async (t) => {
  for (const { shiftS, isAccepted } of [
    { shiftS: -70, isAccepted: true },
    { shiftS: 45, isAccepted: true },
    { shiftS: -600, isAccepted: false },
  ]) {
    const off = await TestProvider.start({
      redirectUris: [CALLBACK],
      shiftS,
      idTokenSeconds: 60,
      isConform: false,
    })
    t.after(() => off.stop())
    off.knows('ada', { email: 'ada@test.invalid', email_verified: true })
    const oidc = client(off)
    const secret = secretNow()
    const back = await codeFor(oidc, secret)
    const person = oidc.personOf(back.search, secret)
    if (isAccepted) assert.equal((await person).subject, 'ada', `${shiftS} s`)
    else await assert.rejects(person, refusal('clock'), `${shiftS} s`)
  }
})

test('a provider that is away is told as such, at the beginning and at the end, and works when it is back', async (t) => {
  const shaky = await TestProvider.start({ redirectUris: [CALLBACK] })
  t.after(() => shaky.stop())
  shaky.knows('ada', {})
  const oidc = client(shaky)
  await shaky.goDown()
  await assert.rejects(oidc.addressFor(secretNow()), refusal('unavailable'))
  await shaky.comeBack()
  const secret = secretNow()
  const back = await codeFor(oidc, secret)
  await shaky.goDown()
  await assert.rejects(oidc.personOf(back.search, secret), refusal('unavailable'))
  await shaky.comeBack()
  const again = secretNow()
  const code = await codeFor(oidc, again)
  assert.equal((await oidc.personOf(code.search, again)).subject, 'ada')
})

test('metadata of another issuer is refused, and no address that it names is asked without TLS or in a link-local network', async (t) => {
  let metadata: Record<string, unknown> = {}
  const asked: string[] = []
  const server = createServer((req, res) => {
    asked.push(req.url ?? '')
    res.setHeader('content-type', 'application/json').end(JSON.stringify(metadata))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const at = { issuer, clientSecret: 'any' }
  metadata = { issuer: 'https://other.test.invalid', authorization_endpoint: `${issuer}/a` }
  await assert.rejects(client(at).addressFor(secretNow()), refusal('provider'))
  for (const token_endpoint of [
    'http://169.254.169.254/latest',
    'https://metadata.google.internal/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://10.1.2.3/token',
    'ftp://127.0.0.1/',
    'file:///etc/passwd',
  ]) {
    metadata = { issuer, authorization_endpoint: `${issuer}/a`, token_endpoint }
    const oidc = client(at)
    const secret = secretNow()
    await oidc.addressFor(secret)
    const query = `?code=x&state=${secret.state}`
    const started = performance.now()
    await assert.rejects(
      oidc.personOf(query, secret),
      (thrown) => /unavailable|provider/.test(String(thrown)),
      token_endpoint,
    )
    assert.ok(performance.now() - started < 5000, `${token_endpoint} was not tried`)
  }
  assert.deepEqual([...new Set(asked)], ['/.well-known/openid-configuration'])
})

test('a provider that redirects, talks without end or says nonsense is refused', async (t) => {
  const answers: Record<string, (end: (text: string, status?: number) => void) => void> = {
    redirect: (end) => end('', 302),
    endless: (end) => end('x'.repeat(2 * 1024 * 1024)),
    nonsense: (end) => end('<html>'),
    broken: (end) => end('{}', 500),
  }
  for (const [name, answer] of Object.entries(answers)) {
    const server = createServer((_req, res) =>
      answer((text, status = 200) => {
        res.writeHead(status, {
          'content-type': 'application/json',
          ...(status === 302 ? { location: provider.issuer } : {}),
        })
        res.end(text)
      }),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.after(() => server.close())
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const oidc = client({ issuer, clientSecret: 'any' })
    await assert.rejects(
      oidc.addressFor(secretNow()),
      (thrown) => /unavailable|provider/.test(String(thrown)),
      name,
    )
  }
})
