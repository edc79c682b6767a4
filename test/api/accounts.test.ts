// Tests accounts on a real instance: from sign-up to the first trace, invitations, roles, sessions that end on every instance, passwords
// of any length, and a back-off that delays only the address with wrong passwords.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import test, { after, before, type TestContext } from 'node:test'
import { type MailServer, startMailServer } from '../../notifications/testing/receivers.ts'
import { withRole } from '../../storage/postgres/roles.ts'
import { startTestPostgres, type TestPostgres } from '../../storage/testing/stores.ts'
import { Instance, until } from '../instance.ts'
import { otlpJson } from '../span-batch.ts'

const PASSWORD = 'correct horse battery staple'
const FIRST = 'first@test.invalid'

let server: TestPostgres
let open: Instance
let mail: MailServer

before(async () => {
  server = await startTestPostgres({ migrate: false })
  mail = await startMailServer()
  open = await started('open', {
    OBSERVA_BOOTSTRAP_EMAIL: FIRST,
    OBSERVA_BOOTSTRAP_PASSWORD: PASSWORD,
  })
})
after(async () => {
  await open.stop()
  await server.stop()
  await mail.stop()
})

/** Two instances with this configuration share a database. `127.0.0.1` is a trusted proxy. */
const started = (accounts: string, env: Record<string, string> = {}): Promise<Instance> =>
  Instance.start({
    env,
    config: `
auth: keys
accounts: ${accounts}
${accounts === 'open' ? `notifications: ${notifications()}` : ''}
exporters: { postgres: { url: "${server.url}" } }
extensions: { api: { trusted_proxies: [127.0.0.1] } }
service:
  pipelines:
    traces: { receivers: [otlp, observa], processors: [scrub, canonicalize, cost, signals], exporters: [file, postgres] }
`,
  })

const notifications = (): string =>
  JSON.stringify({
    external_url: 'https://observa.example/',
    smtp: { url: mail.url, from: 'Observa <no-reply@observa.example>' },
  })

interface Answer {
  readonly status: number
  readonly body: Record<string, unknown>
  readonly headers: Headers
}

type Options = {
  readonly token?: string | undefined
  readonly body?: unknown
  readonly headers?: Record<string, string>
  readonly at?: Instance
}

/** Each request comes from another address, unless `headers` set one, because the rate limits have tests of their own. */
let callers = 0
async function ask(method: string, path: string, options: Options = {}): Promise<Answer> {
  const { token, body, headers, at = open } = options
  callers++
  const res = await fetch(at.url(`/api/v1/${path}`, 'http'), {
    method,
    headers: {
      'x-forwarded-for': `10.1.${callers >> 8}.${callers & 255}`,
      'x-forwarded-proto': 'https',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await res.text()
  return { status: res.status, body: text === '' ? {} : JSON.parse(text), headers: res.headers }
}

let people = 0

interface Person {
  readonly email: string
  readonly token: string
}

async function signedUp(more: Record<string, unknown> = {}, email?: string): Promise<Person> {
  people++
  const address = email ?? `person-${people}@test.invalid`
  const body = { email: address, password: PASSWORD, tenant_name: `Tenant ${people}`, ...more }
  const { status, body: said } = await ask('POST', 'auth/signup', { body })
  assert.equal(status, 201, JSON.stringify(said))
  return { email: address, token: String(said['token']) }
}

const tenantsOf = (answer: Answer): { tenant_id: string; role: string }[] =>
  answer.body['tenants'] as { tenant_id: string; role: string }[]

test('after sign-up a project and a key can be made, and the session can read the span that was sent', async () => {
  const { token, email } = await signedUp()
  const me = await ask('GET', 'auth/me', { token })
  assert.equal(me.body['email'], email)
  assert.equal(tenantsOf(me)[0]?.role, 'owner')
  assert.deepEqual((await ask('GET', 'traces', { token })).body['data'], [], 'no project yet')
  const project = await ask('POST', 'projects', { token, body: { name: 'Shop' } })
  const project_id = project.body['project_id']
  const made = await ask('POST', 'keys', { token, body: { project_id, kind: 'secret' } })
  assert.equal(made.status, 201)
  const key = String(made.body['key'])
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` }
  assert.equal((await open.post('/v1/traces', otlpJson([{ name: 'chat' }]), headers)).status, 200)
  await open.drained()
  const traces = await ask('GET', 'traces', { token })
  assert.equal((traces.body['data'] as unknown[]).length, 1)
  const log = await ask('GET', 'audit?action=key.create', { token })
  assert.equal((log.body['data'] as { actor_kind: string }[])[0]?.actor_kind, 'user')
})

test('environment variables create the first account, as the owner of the initial tenant', async () => {
  const done = await ask('POST', 'auth/login', { body: { email: FIRST, password: PASSWORD } })
  assert.equal(done.status, 200)
  assert.deepEqual(tenantsOf(done), [{ tenant_id: 'default', name: 'default', role: 'owner' }])
  assert.equal(open.stderr.includes(PASSWORD), false)
})

test('login gives browsers a cookie and scripts a token, both valid for 90 days', async () => {
  const { email } = await signedUp()
  const done = await ask('POST', 'auth/login', {
    body: { email: email.toUpperCase(), password: PASSWORD },
  })
  assert.equal(done.status, 200)
  const days = (Date.parse(String(done.body['expires_at'])) - Date.now()) / 86_400_000
  assert.ok(days > 89.9 && days < 90.1, `${days} days`)
  const cookie = done.headers.get('set-cookie') ?? ''
  assert.match(cookie, /^__Host-observa=os_\S+; Path=\/; Secure; HttpOnly; SameSite=Lax/)
  const plain = await ask('POST', 'auth/login', {
    body: { email, password: PASSWORD },
    headers: { 'x-forwarded-proto': 'http', 'x-forwarded-for': '127.0.0.1' },
  })
  assert.match(
    plain.headers.get('set-cookie') ?? '',
    /^observa_session=os_\S+; Path=\/; HttpOnly; SameSite=Strict/,
  )
  const sent = { cookie: cookie.split(';', 1)[0] ?? '' }
  assert.equal((await ask('GET', 'auth/me', { headers: sent })).status, 200)
  const write = (more: Record<string, string>) =>
    ask('POST', 'projects', { body: { name: 'x' }, headers: { ...sent, ...more } })
  assert.equal((await write({ origin: 'https://evil.example' })).status, 403)
  assert.equal((await write({ 'sec-fetch-site': 'cross-site' })).status, 403)
  assert.equal((await write({ 'sec-fetch-site': 'same-origin' })).status, 201)
})

test('after logout a session is refused at once by the same instance and within seconds by another', async (t: TestContext) => {
  const other = await started('closed')
  t.after(() => other.stop())
  const { token, email } = await signedUp()
  const me = (at: Instance) => ask('GET', 'auth/me', { token, at }).then((a) => a.status)
  assert.deepEqual([await me(open), await me(other)], [200, 200], 'both remember it now')
  assert.equal((await ask('POST', 'auth/logout', { token })).status, 204)
  assert.equal(await me(open), 401, 'ended here')
  await until(async () => (await me(other)) === 401, 'ended there', 5000)
  await t.test(
    'a changed password ends all other sessions, and the old one is no more',
    async () => {
      const first = String(
        (await ask('POST', 'auth/login', { body: { email, password: PASSWORD } })).body['token'],
      )
      const second = String(
        (await ask('POST', 'auth/login', { body: { email, password: PASSWORD } })).body['token'],
      )
      const next = 'another horse, another battery'
      const wrong = await ask('POST', 'auth/password', {
        token: first,
        body: { current: 'no', password: next },
      })
      assert.equal(wrong.status, 403)
      const body = { current: PASSWORD, password: next }
      assert.equal((await ask('POST', 'auth/password', { token: first, body })).status, 204)
      await until(
        async () => (await ask('GET', 'auth/me', { token: second, at: other })).status === 401,
        'ended',
        5000,
      )
      assert.equal((await ask('GET', 'auth/me', { token: first })).status, 200)
      assert.equal(
        (await ask('POST', 'auth/login', { body: { email, password: PASSWORD } })).status,
        401,
      )
      assert.equal(
        (await ask('POST', 'auth/login', { body: { email, password: next } })).status,
        200,
      )
    },
  )
  await t.test(
    'when sign-up is closed, nobody can create an account, even with an invitation',
    async () => {
      const signup = { email: 'x@test.invalid', password: PASSWORD, tenant_name: 'x' }
      assert.equal((await ask('POST', 'auth/signup', { body: signup, at: other })).status, 403)
      const invited = { email: 'x@test.invalid', password: PASSWORD, invitation: 'oi_x' }
      assert.equal((await ask('POST', 'auth/signup', { body: invited, at: other })).status, 403)
    },
  )
})

test('an invitation gives its role to a new member once, and only for its address', async () => {
  const owner = await signedUp()
  const email = 'invited@test.invalid'
  const made = await ask('POST', 'invitations', {
    token: owner.token,
    body: { email, role: 'viewer' },
  })
  assert.equal(made.status, 201)
  const invitation = String(made.body['token'])
  const signup = (address: string) =>
    ask('POST', 'auth/signup', { body: { email: address, password: PASSWORD, invitation } })
  assert.equal((await signup('somebody-else@test.invalid')).status, 403)
  const joined = await signup(email)
  assert.equal(joined.status, 201)
  assert.deepEqual(
    tenantsOf(joined).map((t) => t.role),
    ['viewer'],
  )
  assert.equal((await signup('again@test.invalid')).status, 403)
  const token = String(joined.body['token'])
  assert.equal((await ask('POST', 'projects', { token, body: { name: 'x' } })).status, 403)
  assert.equal((await ask('GET', 'projects', { token })).status, 200)
  const listed = await ask('GET', 'invitations', { token: owner.token })
  assert.equal(JSON.stringify(listed.body).includes(invitation), false)
  const second = await ask('POST', 'invitations', {
    token: owner.token,
    body: { email: 'w@test.invalid' },
  })
  const id = String(second.body['invitation_id'])
  assert.equal((await ask('DELETE', `invitations/${id}`, { token: owner.token })).status, 204)
  const withdrawn = {
    email: 'w@test.invalid',
    password: PASSWORD,
    invitation: second.body['token'],
  }
  assert.equal((await ask('POST', 'auth/signup', { body: withdrawn })).status, 403)
})

test('a person can join a second tenant, acts in the tenant that a request names, and in no other', async () => {
  const [host, guest, stranger] = [await signedUp(), await signedUp(), await signedUp()]
  const made = await ask('POST', 'invitations', {
    token: host.token,
    body: { email: guest.email, role: 'admin' },
  })
  const body = { invitation: made.body['token'] }
  assert.equal(
    (await ask('POST', 'invitations/accept', { token: stranger.token, body })).status,
    403,
  )
  const joined = await ask('POST', 'invitations/accept', { token: guest.token, body })
  const tenant = String(joined.body['tenant_id'])
  await until(
    async () => tenantsOf(await ask('GET', 'auth/me', { token: guest.token })).length === 2,
    'in two',
    5000,
  )
  const headers = { 'x-tenant-id': tenant }
  const project = await ask('POST', 'projects', {
    token: guest.token,
    headers,
    body: { name: 'theirs' },
  })
  assert.equal(project.body['tenant_id'], tenant)
  assert.equal((await ask('GET', 'projects', { token: stranger.token, headers })).status, 404)
  const members = await ask('GET', 'members', { token: guest.token, headers })
  const rows = members.body['data'] as { user_id: string; role: string; email: string }[]
  const ownerId = rows.find((m) => m.role === 'owner')?.user_id
  const demote = await ask('PATCH', `members/${ownerId}`, {
    token: guest.token,
    headers,
    body: { role: 'viewer' },
  })
  assert.equal(demote.status, 403, 'an admin does not decide about owners')
  const guestId = rows.find((m) => m.email === guest.email)?.user_id
  const raise = await ask('PATCH', `members/${guestId}`, {
    token: guest.token,
    headers,
    body: { role: 'owner' },
  })
  assert.equal(raise.status, 403, 'nor makes itself one')
  const adminKey = await ask('POST', 'keys', {
    token: guest.token,
    headers,
    body: { project_id: project.body['project_id'], scopes: ['query', 'admin'] },
  })
  const byKey = { token: String(adminKey.body['key']) }
  const roles = [
    await ask('PATCH', `members/${guestId}`, { ...byKey, body: { role: 'owner' } }),
    await ask('PATCH', `members/${ownerId}`, { ...byKey, body: { role: 'viewer' } }),
    await ask('DELETE', `members/${ownerId}`, byKey),
    await ask('POST', 'invitations', { ...byKey, body: { email: 'o@x.test', role: 'owner' } }),
  ].map((answer) => answer.status)
  assert.deepEqual(roles, [403, 403, 403, 403], 'also not by a key that an admin made')
  const removed = await ask('DELETE', `members/${guestId}`, { token: host.token })
  assert.equal(removed.status, 204)
  await until(
    async () => (await ask('GET', 'projects', { token: guest.token, headers })).status === 404,
    'out',
    5000,
  )
})

test('a role for a project applies to that project only, and the role none denies access', async () => {
  const owner = await signedUp()
  const project = String(
    (await ask('POST', 'projects', { token: owner.token, body: { name: 'p' } })).body['project_id'],
  )
  const email = 'by-project@test.invalid'
  const { body } = await ask('POST', 'invitations', { token: owner.token, body: { email } })
  const guest = await signedUp({ invitation: body['token'], tenant_name: undefined }, email)
  const headers = { 'x-project-id': project }
  assert.equal((await ask('GET', 'traces', { token: guest.token, headers })).status, 200)
  const userId = String((await ask('GET', 'auth/me', { token: guest.token })).body['user_id'])
  const path = `members/${userId}/projects/${project}`
  assert.equal((await ask('PUT', path, { token: owner.token, body: { role: 'none' } })).status, 200)
  await until(
    async () => (await ask('GET', 'traces', { token: guest.token, headers })).status === 404,
    'shut out',
    5000,
  )
  assert.equal((await ask('DELETE', path, { token: owner.token })).status, 200)
  await until(
    async () => (await ask('GET', 'traces', { token: guest.token, headers })).status === 200,
    'back',
    5000,
  )
})

test('every byte of a long password counts, and weak passwords are refused', async () => {
  const long = `${'a long beginning that is the same '.repeat(3)}end`
  const { email } = await signedUp({ password: long })
  const login = (password: string) => ask('POST', 'auth/login', { body: { email, password } })
  assert.equal((await login(long)).status, 200)
  assert.equal((await login(`${long.slice(0, -3)}END`)).status, 401, 'differs after byte 72')
  assert.equal((await login(long.slice(0, 72))).status, 401)
  for (const password of ['short', 'password123', 'aaaaaaaaaaaaaa', 'poor@test.invalid']) {
    const body = { email: 'poor@test.invalid', password, tenant_name: 'x' }
    assert.equal((await ask('POST', 'auth/signup', { body })).status, 400, password)
  }
})

test('an unknown address, a wrong password and a missing password get the same response', async () => {
  const { email } = await signedUp()
  const said = async (body: unknown) => {
    const { status, body: answer } = await ask('POST', 'auth/login', { body })
    return [status, (answer['error'] as { message: string }).message]
  }
  const wrong = await said({ email, password: 'wrong password' })
  assert.equal(wrong[0], 401)
  assert.deepEqual(await said({ email: 'nobody@test.invalid', password: 'wrong password' }), wrong)
  const taken = { email: email.toUpperCase(), password: PASSWORD, tenant_name: 'x' }
  assert.equal((await ask('POST', 'auth/signup', { body: taken })).status, 409)
})

test('someone who guesses passwords must wait, and the owner of the account need not', async () => {
  const { email } = await signedUp()
  const from = (ip: string, password: string) =>
    ask('POST', 'auth/login', { body: { email, password }, headers: { 'x-forwarded-for': ip } })
  for (let i = 0; i < 5; i++) assert.equal((await from('10.9.9.9', `guess ${i}`)).status, 401)
  const slowed = await from('10.9.9.9', 'guess again')
  assert.equal(slowed.status, 429)
  assert.ok(Number(slowed.headers.get('retry-after')) >= 1)
  assert.equal((await from('10.9.9.9', PASSWORD)).status, 429, 'not even with the right one')
  assert.equal((await from('10.8.8.8', PASSWORD)).status, 200, 'the owner, from elsewhere')
})

test('an address can make 100 requests to the account routes in 15 minutes; other addresses and routes are not limited', async () => {
  const headers = { 'x-forwarded-for': '10.7.7.7' }
  const body = { email: 'a@test.invalid', password: 'short', tenant_name: 'x' }
  const statuses: number[] = []
  for (let i = 0; i < 101; i++)
    statuses.push((await ask('POST', 'auth/signup', { headers, body })).status)
  assert.ok(statuses.slice(0, 100).every((status) => status === 400))
  assert.equal(statuses[100], 429)
  const over = await ask('POST', 'auth/login', {
    headers,
    body: { email: 'a@test.invalid', password: 'x' },
  })
  assert.equal(over.status, 429)
  assert.match(over.headers.get('ratelimit') ?? '', /"address";r=0;t=\d+/)
  assert.equal((await ask('GET', '../../health', { headers })).status, 200)
})

test('a password sent over plain HTTP from another machine is refused', async () => {
  const headers = { 'x-forwarded-proto': 'http', 'x-forwarded-for': '203.0.113.9' }
  const { status } = await ask('POST', 'auth/login', {
    headers,
    body: { email: 'a@test.invalid', password: 'x' },
  })
  assert.equal(status, 403)
})

const NEXT = 'a horse that I remember'
const confirm = (token: string, password = NEXT) =>
  ask('POST', 'auth/reset/confirm', { body: { token, password } }).then((a) => a.status)

/** The tokens that were sent to an address, in order. Lines of mails are wrapped with `=`. */
const tokensTo = (email: string): readonly string[] =>
  mail.mails
    .filter((m) => m.to.includes(email))
    .map((m) => {
      const text = m.text.replaceAll('=\r\n', '').replaceAll('=3D', '=')
      const link = /https:\/\/observa\.example\/sign-in#reset=(or_[\w-]{43})/.exec(text)
      return link?.[1] ?? assert.fail(text)
    })

test('a forgotten password is replaced with a token that is mailed, used once, and known to the database by its hash', async () => {
  const { email, token: session } = await signedUp()
  const forgotten = (address: string) => ask('POST', 'auth/reset', { body: { email: address } })
  mail.refusals.push(451)
  const asked = await forgotten(email.toUpperCase())
  assert.equal(asked.status, 202)
  const unknown = await forgotten('nobody@test.invalid')
  assert.deepEqual([unknown.status, unknown.body], [202, asked.body])
  await until(() => tokensTo(email).length === 1, 'mailed at the second try', 15_000)
  const [token = ''] = tokensTo(email)
  const stored = await withRole(server.pool, 'observa_control', (c) =>
    c.query<{ row: string }>(
      `SELECT r::text || extract(epoch FROM r.expires_at - r.created_at) AS row FROM password_resets r JOIN users USING (user_id) WHERE email = $1`,
      [email],
    ),
  )
  assert.equal(stored.rows.length, 1)
  assert.equal(stored.rows[0]?.row.includes(token), false)
  assert.equal(await confirm(token, 'short'), 400, 'by the same rules')
  assert.equal(await confirm(`${token.slice(0, -1)}${token.endsWith('A') ? 'Q' : 'A'}`), 403)
  const racers = await Promise.all([confirm(token), confirm(token)])
  assert.deepEqual(
    new Set(racers),
    new Set([204, 403]),
    'one of two wins, also after a refused one',
  )
  await until(
    async () => (await ask('GET', 'auth/me', { token: session })).status === 401,
    'all sessions ended',
    5000,
  )
  const login = (password: string) => ask('POST', 'auth/login', { body: { email, password } })
  assert.equal((await login(PASSWORD)).status, 401)
  const again = await login(NEXT)
  assert.equal(again.status, 200)
  const log = await ask('GET', 'audit', { token: String(again.body['token']) })
  const actions = (log.body['data'] as { action: string }[]).map((entry) => entry.action)
  const count = (action: string) => actions.filter((a) => a === action).length
  assert.deepEqual([count('account.reset_request'), count('account.reset')], [1, 1])
  assert.equal(JSON.stringify(log.body).includes(token), false)
  assert.equal(mail.mails.filter((m) => m.to.includes('nobody@test.invalid')).length, 0)
})

test('a token for a new password is over after its time, when the password changes, and for a disabled person; three are sent in half an hour', async () => {
  const { email, token: session } = await signedUp()
  const next = async (sent: number): Promise<string> => {
    // A request while another one for the address is in the queue sends no second mail.
    await until(
      async () => {
        assert.equal((await ask('POST', 'auth/reset', { body: { email } })).status, 202)
        return tokensTo(email).length >= sent
      },
      `mail ${sent}`,
      15_000,
    )
    return tokensTo(email).at(-1) ?? ''
  }
  const sql = (text: string) =>
    withRole(server.pool, 'observa_control', (c) => c.query(text, [email]))
  const mine = 'user_id = (SELECT user_id FROM users WHERE email = $1)'
  const old = await next(1)
  await sql(`UPDATE password_resets SET expires_at = now() - interval '1 s' WHERE ${mine}`)
  assert.equal(await confirm(old), 403, 'over')
  const second = await next(2)
  await sql('UPDATE users SET disabled_at = now() WHERE email = $1')
  assert.equal(await confirm(second), 403, 'disabled')
  await sql('UPDATE users SET disabled_at = NULL WHERE email = $1')
  await next(3)
  for (let i = 0; i < 4; i++) await ask('POST', 'auth/reset', { body: { email } })
  const queued = async (): Promise<number> => {
    const found = await server.pool.query<{ n: number }>(
      "SELECT count(*)::int AS n FROM observa_jobs.job WHERE name = 'accounts.reset' AND state < 'completed'",
    )
    return found.rows[0]?.n ?? 0
  }
  await until(async () => (await queued()) === 0, 'the queue is empty', 10_000)
  const body = { current: PASSWORD, password: NEXT }
  assert.equal((await ask('POST', 'auth/password', { token: session, body })).status, 204)
  for (const token of tokensTo(email)) assert.equal(await confirm(token, PASSWORD), 403, 'changed')
  assert.equal(tokensTo(email).length, 3)
})

test('without a mail server the answer says what to do, and the operator prints a token', async (t: TestContext) => {
  const other = await started('closed')
  t.after(() => other.stop())
  const { email } = await signedUp()
  const asked = await ask('POST', 'auth/reset', { body: { email }, at: other })
  assert.equal(asked.status, 503)
  assert.match(JSON.stringify(asked.body), /notifications\.smtp.*observa users reset EMAIL/)
  const main = join(import.meta.dirname, '../../collector/main.ts')
  const args = ['users', 'reset', email, '--json', '--database', server.url]
  const cli = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' })
  assert.equal(cli.status, 0, cli.stderr)
  const made = JSON.parse(cli.stdout) as { token: string; email: string; url: string | null }
  assert.deepEqual([made.email, made.url], [email, null])
  assert.equal(await confirm(made.token), 204)
  const login = { body: { email, password: NEXT } }
  assert.equal((await ask('POST', 'auth/login', login)).status, 200)
})

test('a disabled person is signed out and cannot sign in until enabled again', async () => {
  const { token, email } = await signedUp()
  const login = { body: { email, password: PASSWORD } }
  const set = (at: string) =>
    withRole(server.pool, 'observa_control', (c) =>
      c.query(`UPDATE users SET disabled_at = ${at} WHERE email = $1`, [email]),
    )
  assert.equal((await ask('GET', 'auth/me', { token })).status, 200)
  await set('now()')
  await until(async () => (await ask('GET', 'auth/me', { token })).status === 401, 'out', 5000)
  assert.equal((await ask('POST', 'auth/login', login)).status, 401)
  await set('NULL')
  assert.equal((await ask('POST', 'auth/login', login)).status, 200)
})

test('an API key cannot use the account routes', async () => {
  const { token } = await signedUp()
  const project = await ask('POST', 'projects', { token, body: { name: 'p' } })
  const { project_id } = project.body
  const made = await ask('POST', 'keys', {
    token,
    body: { project_id, scopes: ['admin', 'query', 'ingest'] },
  })
  const key = String(made.body['key'])
  assert.equal((await ask('GET', 'keys', { token: key })).status, 200)
  assert.equal((await ask('GET', 'auth/me', { token: key })).status, 403)
  assert.equal((await ask('GET', 'auth/me', { token: `${key}x` })).status, 401)
})

test('an invalid, ended or wrongly encoded session token gets a 401', async () => {
  for (const token of ['os_', `os_${'A'.repeat(43)}`, `os_${'A'.repeat(44)}`])
    assert.equal((await ask('GET', 'auth/me', { token })).status, 401, token)
  assert.equal((await ask('GET', 'auth/me')).status, 401)
})

test('to somebody who signed in a path that is not served is 404, and to others 401', async () => {
  const { token } = await signedUp()
  const known = await ask('GET', 'no-such-thing', { token })
  assert.equal(known.status, 404)
  assert.equal((known.body['error'] as Record<string, string>)['code'], 'NOT_FOUND')
  assert.equal((await ask('PUT', 'traces', { token })).status, 405)
  for (const token of [undefined, 'sk_wrong', `obs_sess_${'a'.repeat(43)}`])
    assert.equal((await ask('GET', 'no-such-thing', { token })).status, 401, token)
})

test('no answer of the API may be kept by a browser or a proxy', async () => {
  const { token } = await signedUp()
  for (const path of ['traces', 'auth/me', 'no-such-thing', 'traces?limit=x']) {
    const { headers } = await ask('GET', path, { token })
    assert.equal(headers.get('cache-control'), 'no-store', path)
  }
})

test('a body that cannot be read is told in words of the API and not of its framework', async () => {
  const { token } = await signedUp()
  const errorOf = async (type: string, body: string): Promise<readonly [number, string]> => {
    const res = await fetch(open.url('/api/v1/projects', 'http'), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': type },
      body,
    })
    const { error } = (await res.json()) as { error: { code: string; message: string } }
    assert.doesNotMatch(JSON.stringify(error), /FST_|fastify/i)
    return [res.status, error.code]
  }
  const json = 'application/json'
  assert.deepEqual(await errorOf('text/xml', '<a/>'), [415, 'UNSUPPORTED_MEDIA_TYPE'])
  assert.deepEqual(await errorOf(json, '{"name":'), [400, 'VALIDATION_ERROR'])
  assert.deepEqual(await errorOf(json, ''), [400, 'VALIDATION_ERROR'])
  const long = JSON.stringify({ name: 'x'.repeat(2 ** 20) })
  assert.deepEqual(await errorOf(json, long), [413, 'PAYLOAD_TOO_LARGE'])
})
