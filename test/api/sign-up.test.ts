// Who signs up learns nothing about who has an account: without an invitation where one is needed, and where a link is sent by mail.

import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { type MailServer, startMailServer } from '../../notifications/testing/receivers.ts'
import { startTestPostgres, type TestPostgres } from '../../storage/testing/stores.ts'
import { Instance, until } from '../instance.ts'

const PASSWORD = 'correct horse battery'

let server: TestPostgres
let mail: MailServer
let byInvitation: Instance
let byMail: Instance

before(async () => {
  server = await startTestPostgres({ migrate: false })
  mail = await startMailServer()
  byMail = await started('mail')
  byInvitation = await started('invite')
})
after(async () => {
  await byInvitation.stop()
  await byMail.stop()
  await server.stop()
  await mail.stop()
})

const started = (accounts: string): Promise<Instance> =>
  Instance.start({
    config: `
auth: keys
accounts: ${accounts}
notifications: { smtp: { url: "${mail.url}", from: "Observa <no-reply@observa.example>" } }
exporters: { postgres: { url: "${server.url}" } }
extensions: { api: {} }
service:
  extensions: [api]
  pipelines:
    traces: { receivers: [otlp, observa], processors: [scrub, canonicalize, cost, signals], exporters: [file, postgres] }
`,
  })

interface Answer {
  readonly status: number
  readonly body: Record<string, unknown>
  readonly cookie: string | null
}

async function post(at: Instance, path: string, body: object): Promise<Answer> {
  const res = await fetch(at.url(`/api/v1/auth/${path}`, 'http'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const text = await res.text()
  return {
    status: res.status,
    body: text === '' ? {} : JSON.parse(text),
    cookie: res.headers.get('set-cookie'),
  }
}

const signUp = (email: string, more: object = { tenant_name: 'Acme' }): Promise<Answer> =>
  post(byMail, 'signup', { email, password: PASSWORD, ...more })

const tenantsIn = ({ body: { tenants } }: Answer): number =>
  Array.isArray(tenants) ? tenants.length : 0

/** An error without the id of its request. */
const withoutId = (body: unknown): string =>
  JSON.stringify(body, (key, value) => (key === 'request_id' ? undefined : value))

/** The tokens of the mails to this address, oldest first. */
const tokensTo = (email: string): readonly string[] =>
  mail.mails
    .filter((m) => m.to.includes(email))
    // Lines of mails are wrapped with `=`.
    .map((m) => /\bor_[\w-]{43}/.exec(m.text.replaceAll('=\r\n', ''))?.[0] ?? '')

const tokenTo = async (email: string): Promise<string> => {
  await until(() => tokensTo(email).length > 0, 'a mail', 15_000)
  return tokensTo(email)[0] ?? ''
}

test('with accounts: mail a new address and one that has an account get the same answer, and a link', async () => {
  const email = 'ada@test.invalid'
  const first = await signUp(email)
  assert.deepEqual([first.status, first.cookie], [202, null])
  const login = { email, password: PASSWORD }
  assert.equal((await post(byMail, 'login', login)).status, 401, 'the address is not proven yet')
  const token = await tokenTo(email)
  const next = 'another long password'
  assert.equal((await post(byMail, 'reset/confirm', { token, password: next })).status, 204)
  const signedIn = await post(byMail, 'login', { email, password: next })
  assert.equal(signedIn.status, 200)
  assert.equal(tenantsIn(signedIn), 1)

  for (const again of [email, email.toUpperCase()]) {
    const { status, body, cookie } = await signUp(again, { tenant_name: 'Other' })
    assert.deepEqual({ status, body, cookie }, { ...first })
  }
  const unchanged = await post(byMail, 'login', { email, password: next })
  assert.equal(unchanged.status, 200, 'the password stays')
  assert.equal(tenantsIn(unchanged), 1, 'and so do the tenants')
  await until(() => tokensTo(email).length === 2, 'the owner is told', 15_000)
})

test('what is wrong with a sign-up is told the same for every address', async () => {
  await signUp('eve@test.invalid')
  for (const more of [{}, { tenant_name: 'x', password: 'short' }, { invitation: 'oi_nothing' }]) {
    const [known, unknown] = await Promise.all(
      ['eve@test.invalid', 'nobody@test.invalid'].map((email) => signUp(email, more)),
    )
    assert.ok((known?.status ?? 0) >= 400)
    const told = (answer: Answer | undefined) => {
      return [answer?.status, withoutId(answer?.body)]
    }
    assert.deepEqual(told(known), told(unknown), JSON.stringify(more))
  }
})

test('where an invitation is needed, who has none is refused before the address is looked for', async () => {
  const refused = async (email: string) => {
    const body = { email, password: PASSWORD, invitation: 'oi_nothing' }
    const { status, body: said } = await post(byInvitation, 'signup', body)
    return [status, withoutId(said)]
  }
  assert.deepEqual(await refused('ada@test.invalid'), await refused('nobody@test.invalid'))
})
