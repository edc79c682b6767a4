// Signing in at an OpenID provider on real instances: who gets which account, what the browser keeps, where it is sent, and whom
// the configuration keeps out. `provider.test.ts` has what is accepted of a provider.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { CALLBACK_PATH } from '../../accounts/oidc/oidc-provider.ts'
import { Draw, fake } from '../../processors/scrub/corpus/fake-secrets.ts'
import { withRole } from '../../storage/postgres/roles.ts'
import { startTestPostgres, type TestPostgres } from '../../storage/testing/stores.ts'
import { Instance, until } from '../instance.ts'
import { CONSOLE, type Step, TestBrowser } from './test-browser.ts'
import { TestProvider } from './test-provider.ts'

const PASSWORD = 'correct horse battery staple'
const OWNER = 'owner@test.invalid'
const START = `${CONSOLE}/api/v1/auth/oidc/start`

let server: TestPostgres
let provider: TestProvider
let open: Instance
let invite: Instance
let closed: Instance

before(async () => {
  server = await startTestPostgres({ migrate: false })
  provider = await TestProvider.start({ redirectUris: [`${CONSOLE}${CALLBACK_PATH}`] })
  open = await started(
    'open',
    {},
    { OBSERVA_BOOTSTRAP_EMAIL: OWNER, OBSERVA_BOOTSTRAP_PASSWORD: PASSWORD },
  )
  invite = await started('invite', {
    email_domains: ['Test.invalid'],
    roles: [
      { group: 'viewers', tenant: 'default', role: 'viewer' },
      { group: 'admins', tenant: 'default', role: 'admin' },
      { group: 'admins', tenant: 'missing', role: 'admin' },
    ],
  })
  closed = await started('closed')
})
after(async () => {
  await Promise.all([open, invite, closed].map((instance) => instance?.stop()))
  await provider?.stop()
  await server?.stop()
})

/** All instances share one database. `127.0.0.1` is a trusted proxy. */
const configuration = (accounts: string, more: object): string => `
auth: keys
accounts: ${accounts}
notifications: { external_url: "${CONSOLE}/" }
oidc: ${JSON.stringify({
  issuer: provider.issuer,
  client_id: 'observa',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference of the configuration.
  client_secret: '${env:TEST_CLIENT_SECRET}',
  name: 'Test & Co',
  scopes: ['email', 'profile', 'groups'],
  ...more,
})}
exporters: { postgres: { url: "${server.url}" } }
extensions: { api: { trusted_proxies: [127.0.0.1] } }
service:
  pipelines:
    traces: { receivers: [otlp, observa], processors: [scrub, canonicalize, cost, signals], exporters: [file, postgres] }
`

const started = (accounts: string, more: object = {}, env: Record<string, string> = {}) =>
  Instance.start({
    env: { TEST_CLIENT_SECRET: provider.clientSecret, ...env },
    config: configuration(accounts, more),
  })

let people = 0

/** Somebody whom the provider knows, with an address of their own. */
function person(claims: object = {}): { readonly subject: string; readonly email: string } {
  people++
  const subject = `subject-${people}`
  const email = `person-${people}@test.invalid`
  provider.knows(subject, { email, email_verified: true, name: `Person ${people}`, ...claims })
  return { subject, email }
}

interface Visit {
  readonly browser: TestBrowser
  /** The answer of the callback. */
  readonly step: Step
  /** Reason of a refusal; null after a sign-in. */
  readonly refused: string | null
}

async function signIn(at: Instance, subject: string, returnTo?: string): Promise<Visit> {
  const browser = new TestBrowser(() => at.url('', 'http'))
  const query = returnTo === undefined ? '' : `?return_to=${encodeURIComponent(returnTo)}`
  const first = await browser.open(`${START}${query}`)
  assert.equal(first.status, 303)
  const back = await browser.logInAt(first.location ?? '', subject)
  const step = await browser.open(back)
  return { browser, step, refused: refusalIn(step) }
}

function refusalIn(step: Step): string | null {
  assert.equal(step.status, 303, step.text)
  return /^https:\/\/observa\.test\/sign-in#oidc=(\w+)$/.exec(step.location ?? '')?.[1] ?? null
}

interface Me {
  readonly user_id: string
  readonly email: string
  readonly name: string | null
  readonly tenants: readonly { readonly tenant_id: string; readonly role: string }[]
  readonly expires_at: string
}

async function me(browser: TestBrowser): Promise<Me> {
  const answer = await browser.open(`${CONSOLE}/api/v1/auth/me`)
  assert.equal(answer.status, 200, answer.text)
  return JSON.parse(answer.text) as Me
}

let callers = 0
async function ask(
  at: Instance,
  method: string,
  path: string,
  body: unknown,
  token?: string,
): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
  callers++
  const res = await fetch(at.url(`/api/v1/${path}`, 'http'), {
    method,
    headers: {
      'content-type': 'application/json',
      'x-forwarded-for': `10.7.0.${callers}`,
      'x-forwarded-proto': 'https',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  })
  const text = await res.text()
  return { status: res.status, body: text === '' ? {} : JSON.parse(text) }
}

const logIn = (email: string) => ask(open, 'POST', 'auth/login', { email, password: PASSWORD })

interface AuditRow {
  readonly action: string
  readonly outcome: string
  readonly metadata: Record<string, unknown>
}

const auditOf = async (userId: string): Promise<AuditRow[]> => {
  const found = await withRole(server.pool, 'observa_control', (client) =>
    client.query<AuditRow>(
      `SELECT action, outcome, metadata FROM audit_log WHERE actor = $1 ORDER BY at, audit_id`,
      [userId],
    ),
  )
  return found.rows
}

const users = (...args: string[]) => {
  const main = join(import.meta.dirname, '../../collector/main.ts')
  const done = spawnSync(process.execPath, [main, 'users', ...args, '--database', server.url], {
    encoding: 'utf8',
  })
  assert.equal(done.status, 0, done.stderr)
  return done.stdout
}

test('the sign-in page learns of the provider, and where to begin', async () => {
  const res = await fetch(invite.url('/api/v1/auth/options', 'http'))
  const body = (await res.json()) as { accounts: string; oidc: Record<string, unknown> }
  assert.equal(body.accounts, 'invite')
  assert.equal(body.oidc['name'], 'Test & Co')
  assert.equal(body.oidc['start_url'], START)
})

test('where everybody may sign up, somebody new gets an account and a tenant, and finds both again by subject', async () => {
  const { subject, email } = person()
  const { browser, step } = await signIn(open, subject)
  assert.equal(step.location, `${CONSOLE}/`)
  const first = await me(browser)
  assert.equal(first.email, email)
  assert.deepEqual(
    first.tenants.map((t) => t.role),
    ['owner'],
  )
  const days = (Date.parse(first.expires_at) - Date.now()) / 86_400_000
  assert.ok(days > 89 && days <= 90, `${days} days`)
  provider.knows(subject, { email: 'renamed@test.invalid', email_verified: false })
  const again = await signIn(open, subject)
  assert.deepEqual((await me(again.browser)).user_id, first.user_id)
  const audit = await auditOf(first.user_id)
  assert.deepEqual(
    audit.map((a) => a.action),
    ['tenant.create', 'account.signup', 'account.login', 'account.login'],
  )
  assert.deepEqual(audit.at(-1)?.metadata, { by: 'oidc', issuer: provider.issuer })
})

test('the session is a cookie that scripts cannot read, and the cookie of the sign-in is gone', async () => {
  const { browser, step } = await signIn(open, person().subject)
  const session = step.setCookies.find((line) => line.startsWith('__Host-observa='))
  assert.match(session ?? '', /; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=77\d{5}$/)
  assert.deepEqual([...browser.cookies(CONSOLE).keys()], ['__Host-observa'])
  const start = await new TestBrowser(() => open.url('', 'http')).open(START)
  assert.match(
    start.setCookies.join(),
    /^__Host-observa_oidc=[^;]+; Secure; Path=\/; HttpOnly; SameSite=Lax; Max-Age=600$/,
  )
})

test('the browser comes back to the page that was asked for, and to no other site', async () => {
  const { subject } = person()
  const cases: [string, string][] = [
    ['/traces?range=7d&q=a%20b', '/traces?range=7d&q=a%20b'],
    ['//evil.test.invalid/', '/'],
    ['/\\evil.test.invalid/', '/'],
    ['https://evil.test.invalid/', '/'],
    ['/\t/evil.test.invalid', '/'],
    ['traces', '/'],
    ['javascript:alert(1)', '/'],
  ]
  for (const [wanted, expected] of cases) {
    const { step } = await signIn(open, subject, wanted)
    assert.equal(step.location, `${CONSOLE}${expected}`, wanted)
  }
})

test('an account with the verified address is linked once, and whoever had its password is out', async () => {
  const { subject, email } = person({ email_verified: false })
  const made = await ask(open, 'POST', 'auth/signup', {
    email: email.toUpperCase(),
    password: PASSWORD,
    tenant_name: 'Before',
  })
  const token = String(made.body['token'])
  assert.equal((await signIn(open, subject)).refused, 'email', 'not verified')
  assert.equal((await logIn(email)).status, 200, 'nothing has changed')
  provider.knows(subject, { email, email_verified: true })
  const { browser } = await signIn(open, subject)
  const found = await me(browser)
  assert.equal(found.user_id, made.body['user_id'])
  assert.equal((await logIn(email)).status, 401, 'the password is gone')
  const gone = async () => (await ask(open, 'POST', 'auth/logout', {}, token)).status === 401
  await until(gone, 'the session that was there before has ended')
  assert.ok((await auditOf(found.user_id)).some((a) => a.action === 'account.link'))
})

test('another person of the provider with the same address does not get the account, until it is unlinked', async () => {
  const { subject, email } = person()
  const first = await me((await signIn(open, subject)).browser)
  const successor = person({ email })
  assert.equal((await signIn(open, successor.subject)).refused, 'taken')
  const listed = JSON.parse(users('list', '--json')) as { email: string; identities: unknown }[]
  assert.deepEqual(listed.find((u) => u.email === email)?.identities, [
    { issuer: provider.issuer, subject },
  ])
  users('unlink', email)
  const { browser } = await signIn(open, successor.subject)
  assert.equal((await me(browser)).user_id, first.user_id)
  assert.equal((await signIn(open, subject)).refused, 'taken', 'and now it is the other way round')
})

test('a callback that another browser began, or nobody, signs nobody in and asks the provider nothing', async () => {
  const { subject } = person()
  const attacker = new TestBrowser(() => open.url('', 'http'))
  const begun = await attacker.open(START)
  const theirs = await attacker.logInAt(begun.location ?? '', subject)
  const victim = new TestBrowser(() => open.url('', 'http'))
  assert.equal(refusalIn(await victim.open(theirs)), 'state', 'no cookie')
  await victim.open(START)
  assert.equal(refusalIn(await victim.open(theirs)), 'state', 'the cookie of another sign-in')
  assert.equal(victim.cookies(CONSOLE).size, 0, 'no session, and the sign-in is over')
  const bare = new TestBrowser(() => open.url('', 'http'))
  const callback = `${CONSOLE}${CALLBACK_PATH}`
  for (const query of ['', '?code=a', '?state=', '?error=access_denied', '?code=a&state=b'])
    assert.equal(refusalIn(await bare.open(`${callback}${query}`)), 'state', query)
  assert.equal(refusalIn(await attacker.open(theirs)), null, 'the code was not used up')
})

test('a callback that is opened again, also with its cookie, makes no second session', async () => {
  const { subject } = person()
  const browser = new TestBrowser(() => open.url('', 'http'))
  const begun = await browser.open(START)
  const back = await browser.logInAt(begun.location ?? '', subject)
  const cookie = `__Host-observa_oidc=${browser.cookies(CONSOLE).get('__Host-observa_oidc')}`
  assert.equal(refusalIn(await browser.open(back)), null)
  assert.equal(refusalIn(await browser.open(back)), 'state')
  assert.equal(refusalIn(await browser.open(back, { headers: { cookie } })), 'provider')
})

test('without an invitation or group nobody new gets in, and an invitation to the address is taken', async () => {
  const { subject, email } = person()
  const invitedBy = async (token: string): Promise<void> => {
    const invited = await ask(open, 'POST', 'invitations', { email, role: 'viewer' }, token)
    assert.equal(invited.status, 201, JSON.stringify(invited.body))
  }
  assert.equal((await signIn(invite, subject)).refused, 'not_invited')
  await invitedBy(String((await logIn(OWNER)).body['token']))
  assert.equal((await signIn(invite, subject)).refused, 'not_invited', 'groups decide about it')
  assert.equal((await signIn(closed, subject)).refused, 'closed')
  const host = { email: `host-${email}`, password: PASSWORD, tenant_name: 'Host' }
  const made = await ask(open, 'POST', 'auth/signup', host)
  await invitedBy(String(made.body['token']))
  const joined = await me((await signIn(invite, subject)).browser)
  const tenant = (made.body['tenants'] as Me['tenants'])[0]?.tenant_id
  assert.deepEqual(
    joined.tenants.map((t) => [t.tenant_id, t.role]),
    [[tenant, 'viewer']],
  )
})

test('where accounts are closed, only those who have one get in', async () => {
  const { subject, email } = person()
  assert.equal((await signIn(closed, subject)).refused, 'closed')
  users('create', email, '--role', 'member')
  const { browser } = await signIn(closed, subject)
  assert.deepEqual(
    (await me(browser)).tenants.map((t) => t.role),
    ['member'],
  )
})

test('only verified addresses of the listed domains get in, also those who have an account', async () => {
  for (const [claims, reason] of [
    [{ email: 'a@evil.invalid' }, 'domain'],
    [{ email: 'a@sub.test.invalid' }, 'domain'],
    [{ email: 'a@test.invalid@evil.invalid' }, 'domain'],
    [{ email_verified: false }, 'email'],
    [{ email: undefined }, 'email'],
  ] as const)
    assert.equal((await signIn(invite, person(claims).subject)).refused, reason)
  const { subject } = person({ email: 'known@evil.invalid' })
  assert.equal((await signIn(open, subject)).refused, null)
  assert.equal((await signIn(invite, subject)).refused, 'domain')
})

test('groups give roles at every sign-in and take them, and the last owner stays', async () => {
  const { subject, email } = person({ groups: ['viewers', 'admins', 'others'] })
  const roles = async () => {
    const found = await me((await signIn(invite, subject)).browser)
    return found.tenants.map((t) => `${t.tenant_id} ${t.role}`)
  }
  assert.deepEqual(await roles(), ['default admin'], 'the highest, and no tenant is made')
  for (const [groups, expected] of [
    [['viewers'], ['default viewer']],
    [['admin', 'Viewers'], []],
    ['viewers', ['default viewer']],
    [undefined, []],
    [[{ group: 'admins' }], []],
  ] as const) {
    provider.knows(subject, { email, email_verified: true, groups: groups as unknown as string[] })
    assert.deepEqual(await roles(), expected, JSON.stringify(groups))
  }
  const owner = person({ email: OWNER, groups: [] })
  const found = await me((await signIn(invite, owner.subject)).browser)
  assert.deepEqual(
    found.tenants.map((t) => t.role),
    ['owner'],
  )
})

test('a disabled person is refused and that is in the audit log; sessions end by disabling and by logging out', async () => {
  const { subject, email } = person()
  const { browser } = await signIn(open, subject)
  const { user_id: userId } = await me(browser)
  users('disable', email)
  const status = async () => (await browser.open(`${CONSOLE}/api/v1/auth/me`)).status
  await until(async () => (await status()) === 401, 'the session is refused')
  assert.equal((await signIn(open, subject)).refused, 'disabled')
  const last = (await auditOf(userId)).at(-1)
  assert.deepEqual([last?.action, last?.outcome], ['account.login', 'refused'])
  users('enable', email)
  const again = await signIn(open, subject)
  await me(again.browser)
  const cookie = again.browser.cookies(CONSOLE).get('__Host-observa') ?? ''
  assert.equal((await ask(open, 'POST', 'auth/logout', {}, cookie)).status, 204)
  const after = async () => (await again.browser.open(`${CONSOLE}/api/v1/auth/me`)).status
  await until(async () => (await after()) === 401, 'the session that was logged out is refused')
})

test('while the provider is away the instance is ready, says so, and passwords work', async () => {
  const fresh = await started('open')
  try {
    await provider.goDown()
    const browser = new TestBrowser(() => fresh.url('', 'http'))
    assert.equal(refusalIn(await browser.open(START)), 'unavailable')
    assert.equal((await fetch(fresh.url('/health/ready', 'http'))).status, 200)
    await provider.comeBack()
    assert.equal((await signIn(fresh, person().subject)).refused, null)
    assert.match(fresh.stderr, /OpenID sign-in failed: unavailable/)
    assert.equal(await fresh.metric('observa_oidc_sign_ins_total{outcome="unavailable"}'), 1)
  } finally {
    await provider.comeBack().catch(() => undefined)
    await fresh.stop()
  }
})

test('without https nobody signs in, and an address has so many attempts as with passwords', async () => {
  const plain = await fetch(open.url('/api/v1/auth/oidc/start', 'http'), {
    redirect: 'manual',
    headers: { 'x-forwarded-for': '10.8.0.1' },
  })
  assert.equal(plain.headers.get('location'), `${CONSOLE}/sign-in#oidc=insecure`)
  const browser = new TestBrowser(() => open.url('', 'http'), '10.8.0.2')
  let last: Step | null = null
  for (let i = 0; i < 101; i++) last = await browser.open(`${CONSOLE}${CALLBACK_PATH}`)
  assert.equal(last === null ? null : refusalIn(last), 'too_many')
})

test('a secret in the name of the browser is not stored with the session', async () => {
  const { subject } = person()
  const browser = new TestBrowser(() => open.url('', 'http'))
  const begun = await browser.open(START)
  const back = await browser.logInAt(begun.location ?? '', subject)
  const secret = fake('github_token', new Draw(13))
  await browser.open(back, {
    headers: { 'user-agent': `Agent ${secret}`, cookie: cookies(browser) },
  })
  const { user_id: userId } = await me(browser)
  const stored = await withRole(server.pool, 'observa_control', (client) =>
    client.query<{ user_agent: string }>(
      'SELECT user_agent FROM login_sessions WHERE user_id = $1',
      [userId],
    ),
  )
  assert.equal(stored.rows.length, 1)
  assert.ok(!stored.rows[0]?.user_agent.includes(secret), stored.rows[0]?.user_agent)
})

const cookies = (browser: TestBrowser): string =>
  [...browser.cookies(CONSOLE)].map(([name, value]) => `${name}=${value}`).join('; ')

test('nothing of a sign-in is in the log: no code, no secret, no cookie, no address', () => {
  for (const instance of [open, invite, closed]) {
    assert.ok(!instance.stderr.includes(provider.clientSecret))
    assert.doesNotMatch(instance.stderr, /code=|person-\d|os_[A-Za-z0-9_-]{20}|observa_oidc/)
  }
})

test('a start without the optional package ends with what to do', async () => {
  const hook = `import { registerHooks } from 'node:module'
    registerHooks({ resolve: (name, context, next) => {
      if (name !== 'openid-client') return next(name, context)
      throw Object.assign(new Error('not here'), { code: 'ERR_MODULE_NOT_FOUND' })
    } })`
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(hook)}`
  await assert.rejects(started('open', {}, { NODE_OPTIONS }), (thrown) => {
    assert.match(String(thrown), /OBS_OIDC_NOT_INSTALLED.*npm ci without --omit=optional/s)
    return true
  })
})
