// Issues are told to targets: once a fault, after the wait of its group, over failures and kills, and never to an address that is not the
// target's to name. With a real Postgres, job queue, mail server and HTTP servers.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { withRole } from '../storage/postgres/roles.ts'
import { startTestPostgres, type TestPostgres } from '../storage/testing/stores.ts'
import { changeTarget, createMute, sendAgain, testTarget } from './manage.ts'
import { occur, setStatus } from './testing/issues.ts'
import {
  addTenant,
  aWhile,
  deliveriesOf,
  makeTarget,
  NotifiedTenant,
  until,
} from './testing/notified-tenant.ts'
import { type Receiver, startMailServer, startReceiver } from './testing/receivers.ts'

let server: TestPostgres
before(async () => {
  server = await startTestPostgres()
})
after(() => server.stop())

let tenants = 0
async function started(
  t: TestContext,
  allowed?: readonly string[],
): Promise<{ acme: NotifiedTenant; receiver: Receiver }> {
  const receiver = await startReceiver()
  const acme = await NotifiedTenant.start(
    server,
    `tenant-${++tenants}`,
    allowed === undefined ? {} : { allowed },
  )
  t.after(async () => {
    await acme.stop()
    await receiver.stop()
  })
  return { acme, receiver }
}

const change = (tenantId: string) => ({
  tenantId,
  actor: { kind: 'operator', id: 'test' } as const,
})
const asControl = <T>(work: Parameters<typeof withRole<T>>[2]) =>
  withRole(server.pool, 'observa_control', work)

test('an issue is told once, signed, within 5 s after the wait, and its end is told too', async (t) => {
  const { acme, receiver } = await started(t)
  const { secret } = await acme.target({ kind: 'webhook', url: `${receiver.url}/hook` })
  const { tenant } = acme
  const at = Date.now()
  await occur(server, { tenant, id: 'v1-a' })
  await until(() => receiver.received.length === 1, 'nothing was told')
  const [first] = receiver.received
  assert.ok(first !== undefined && first.atMs - at < 5300, 'too late')
  // Of somebody else's library.
  new Webhook(secret ?? '').verify(first.text, first.headers as Record<string, string>)
  assert.equal(first.body['type'], 'issues.firing')
  const data = first.body['data'] as { issues: Record<string, unknown>[]; title: string }
  assert.equal(data.issues[0]?.['change'], 'opened')
  assert.equal(data.issues[0]?.['url'], 'https://observa.example/issues/v1-a')
  assert.match(data.title, /search failed/)
  await occur(server, { tenant, id: 'v1-a' })
  await aWhile()
  assert.equal(receiver.received.length, 1, 'another occurrence is no news')
  await setStatus(server, tenant, 'v1-a', 'resolved')
  await until(() => receiver.received.length === 2, 'its end was not told')
  assert.equal(receiver.received[1]?.body['type'], 'issues.resolved')
  await occur(server, { tenant, id: 'v1-a', atMs: Date.now() + 1000 })
  await until(() => receiver.received.length === 3, 'that it is back was not told')
  const back = receiver.received[2]?.body['data'] as { issues: Record<string, unknown>[] }
  assert.equal(back.issues[0]?.['change'], 'regressed')
})

test('a storm of 100,000 equal faults is one issue and one notification', async (t) => {
  const { acme, receiver } = await started(t)
  await acme.target({ kind: 'webhook', url: receiver.url })
  const { tenant } = acme
  for (let batch = 0; batch < 200; batch++)
    await occur(server, { tenant, id: 'v1-storm', count: 500 })
  await until(() => receiver.received.length > 0, 'nothing was told')
  await aWhile()
  assert.equal(receiver.received.length, 1)
  const { rows } = await withRole(server.pool, 'observa_exporter', (c) =>
    c.query('SELECT count::int AS n FROM issues WHERE tenant_id = $1', [tenant]),
  )
  assert.deepEqual(rows, [{ n: 100_000 }])
})

test('issues of a group that come within its wait are told together, others apart', async (t) => {
  const { acme, receiver } = await started(t)
  await acme.target({ kind: 'webhook', url: receiver.url, timing: { group_wait_ms: 1500 } })
  const { tenant } = acme
  for (const id of ['v1-1', 'v1-2', 'v1-3']) await occur(server, { tenant, id })
  await occur(server, { tenant, id: 'v1-4', type: 'llm_error' })
  await occur(server, { tenant, id: 'v1-5', severity: 'low' })
  await until(() => receiver.received.length === 2, 'two groups')
  await aWhile()
  const sizes = receiver.received.map(
    (r) => (r.body['data'] as { issues: unknown[] }).issues.length,
  )
  assert.deepEqual(
    sizes.toSorted((a, b) => a - b),
    [1, 3],
  )
})

test('a target that fails is tried again under the same id, and the delivery says why', async (t) => {
  const { acme, receiver } = await started(t)
  await acme.target({ kind: 'webhook', url: receiver.url })
  receiver.answers.push({ status: 500, text: 'out of order' })
  await occur(server, { tenant: acme.tenant, id: 'v1-again' })
  await until(async () => (await acme.deliveries())[0]?.error === 'out of order', 'no reason')
  await until(() => receiver.received.length === 2, 'no second try')
  const [one, two] = receiver.received
  assert.equal(one?.headers['webhook-id'], two?.headers['webhook-id'])
  assert.ok((two?.atMs ?? 0) - (one?.atMs ?? 0) >= 4500, 'the second try came too early')
  await until(async () => (await acme.deliveries())[0]?.status === 'delivered', 'not delivered')
  const [delivery] = await acme.deliveries()
  assert.equal(delivery?.attempts, 2)
  // And again by hand.
  await asControl((client) =>
    sendAgain({ client, ...change(acme.tenant) }, delivery?.delivery_id ?? ''),
  )
  await until(() => receiver.received.length === 3, 'not sent again')
  assert.equal(receiver.received[2]?.headers['webhook-id'], one?.headers['webhook-id'])
})

test('a target that is gone is switched off', async (t) => {
  const { acme, receiver } = await started(t)
  const { target } = await acme.target({ kind: 'webhook', url: receiver.url })
  receiver.answers.push({ status: 410 })
  await occur(server, { tenant: acme.tenant, id: 'v1-gone' })
  await until(async () => (await acme.deliveries())[0]?.status === 'failed', 'not failed')
  const { rows } = await asControl((c) =>
    c.query('SELECT is_enabled, disabled_reason FROM notification_targets WHERE target_id = $1', [
      target.target_id,
    ]),
  )
  assert.deepEqual(rows, [{ is_enabled: false, disabled_reason: 'the target answered 410 Gone' }])
})

test('a private address is refused when connecting, also by a redirect or a name; nothing is sent there', async (t) => {
  const { acme, receiver } = await started(t, [])
  const port = new URL(receiver.url).port
  for (const host of [
    '127.0.0.1',
    'localhost',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '0.0.0.0',
    '169.254.169.254',
    '2130706433',
  ])
    await acme.target({ kind: 'webhook', url: `http://${host}:${port}/` })
  await occur(server, { tenant: acme.tenant, id: 'v1-private' })
  await until(
    async () => (await acme.deliveries()).filter((d) => d.status === 'failed').length === 7,
    'not refused',
  )
  assert.deepEqual(
    new Set((await acme.deliveries()).map((d) => d.error_code)),
    new Set(['OBS_NOTIFY_ADDRESS']),
  )
  assert.equal(receiver.received.length, 0)
})

test('a redirect is not followed', async (t) => {
  const { acme, receiver } = await started(t)
  const inner = await startReceiver()
  t.after(() => inner.stop())
  await acme.target({ kind: 'webhook', url: receiver.url })
  receiver.answers.push({ status: 307, headers: { location: inner.url } })
  await occur(server, { tenant: acme.tenant, id: 'v1-moved' })
  await until(async () => (await acme.deliveries())[0]?.status === 'failed', 'not failed')
  assert.equal((await acme.deliveries())[0]?.error_code, 'OBS_NOTIFY_REDIRECT')
  assert.equal(inner.received.length, 0)
})

test('mail is sent by SMTP, again after a temporary refusal, with one id', async (t) => {
  const mail = await startMailServer()
  t.after(() => mail.stop())
  const acme = await NotifiedTenant.start(server, `tenant-${++tenants}`, {
    mail: { url: mail.url, from: 'Observa <alerts@observa.example>' },
  })
  t.after(() => acme.stop())
  await acme.target({ kind: 'email', to: ['ada@example.com', 'bob@example.com'] })
  mail.refusals.push(451)
  await occur(server, { tenant: acme.tenant, id: 'v1-mail', title: 'search failed: <b>a & b</b>' })
  await until(async () => (await acme.deliveries())[0]?.response_status === 451, 'not refused')
  await until(() => mail.mails.length === 1, 'no mail')
  const [got] = mail.mails
  assert.deepEqual(got?.to, ['ada@example.com', 'bob@example.com'])
  assert.match(got?.text ?? '', /^Subject: Issue: search failed/m)
  assert.match(got?.text ?? '', /&lt;b&gt;a &amp; b&lt;\/b&gt;/)
  const [delivery] = await acme.deliveries()
  assert.match(
    got?.text ?? '',
    new RegExp(`^Message-ID: <${delivery?.delivery_id}@observa.example>`, 'm'),
  )
})

test('Slack, Alertmanager in both directions and PagerDuty get their own forms', async (t) => {
  const { acme, receiver } = await started(t)
  await acme.target({ kind: 'slack', url: `${receiver.url}/slack` })
  await acme.target({
    kind: 'alertmanager_webhook',
    url: `${receiver.url}/am`,
    bearer_token: 'test-token',
  })
  await acme.target({ kind: 'alertmanager', url: `${receiver.url}/`, name: 'am' })
  await acme.target({ kind: 'pagerduty', url: `${receiver.url}/pd`, routing_key: 'test-routing' })
  await occur(server, { tenant: acme.tenant, id: 'v1-forms', title: '<!channel> failed' })
  await until(() => receiver.received.length === 4, 'four targets')
  const at = (path: string): Record<string, unknown> =>
    receiver.received.find((r) => r.path === path)?.body ?? {}
  const slack = at('/slack') as { text: string; blocks: unknown[] }
  assert.ok(
    slack.text.includes('&lt;!channel&gt;') &&
      !JSON.stringify(slack).includes('<!channel>'.padEnd(11, '"')),
  )
  assert.ok(slack.blocks.length >= 2)
  const am = at('/am')
  assert.equal(am['version'], '4')
  assert.equal(am['status'], 'firing')
  const [alert] = am['alerts'] as Record<string, Record<string, string>>[]
  assert.equal(alert?.['endsAt'], '0001-01-01T00:00:00Z')
  assert.deepEqual(alert?.['labels']?.['alertname'], 'tool_error')
  assert.equal(
    receiver.received.find((r) => r.path === '/am')?.headers.authorization,
    'Bearer test-token',
  )
  const [posted] = at('/api/v2/alerts')['list'] as Record<string, unknown>[]
  assert.ok(Date.parse(String(posted?.['endsAt'])) > Date.now())
  const pd = at('/pd')
  assert.equal(pd['event_action'], 'trigger')
  assert.match(String(pd['dedup_key']), /v1:forms$/)
  await setStatus(server, acme.tenant, 'v1-forms', 'resolved')
  await until(() => receiver.received.filter((r) => r.path === '/pd').length === 2, 'no end')
  const end = receiver.received.findLast((r) => r.path === '/pd')?.body
  assert.deepEqual([end?.['event_action'], end?.['dedup_key']], ['resolve', pd['dedup_key']])
})

test('a mute keeps quiet what fits it, and what still goes on is told when it ends', async (t) => {
  const { acme, receiver } = await started(t)
  await acme.target({ kind: 'webhook', url: receiver.url, timing: { group_by: ['issue_id'] } })
  const { tenant } = acme
  const mute = await asControl((client) =>
    createMute(
      { client, ...change(tenant) },
      {
        projectId: null,
        matchers: { tool: ['sea*'] },
        startsAt: null,
        endsAt: new Date(Date.now() + 8000),
        windows: null,
        timeZone: 'UTC',
        reason: 'maintenance',
      },
    ),
  )
  assert.equal(mute.reason, 'maintenance')
  await occur(server, { tenant, id: 'v1-muted' })
  await occur(server, { tenant, id: 'v1-other', evidence: { tool_name: 'book' } })
  await until(() => receiver.received.length === 1, 'the other one')
  await aWhile()
  assert.equal(receiver.received.length, 1)
  await until(() => receiver.received.length === 2, 'not told after the mute', 40_000)
  assert.match(receiver.received[1]?.text ?? '', /v1-muted/)
})

test('an outage of a provider silences the faults of its routes, not those of others', async (t) => {
  const { acme, receiver } = await started(t)
  await acme.target({
    kind: 'webhook',
    url: receiver.url,
    timing: { group_by: ['issue_id'], group_wait_ms: 1000 },
  })
  const { tenant } = acme
  const rate = (route: string, now: string) => ({
    now,
    series: { provider: 'openai', route, model: 'gpt-5' },
  })
  await occur(server, { tenant, id: 'v1-outage', type: 'error_rate', evidence: rate('/a', '82 %') })
  await occur(server, {
    tenant,
    id: 'v1-route-b',
    type: 'error_rate',
    evidence: rate('/b', '71 %'),
    atMs: Date.now() + 5,
  })
  await occur(server, {
    tenant,
    id: 'v1-error',
    type: 'llm_error',
    evidence: { provider: 'openai', model: 'gpt-5' },
  })
  await occur(server, {
    tenant,
    id: 'v1-elsewhere',
    type: 'llm_error',
    evidence: { provider: 'anthropic' },
  })
  await until(() => receiver.received.length === 2, 'two are told')
  await aWhile()
  assert.deepEqual(
    receiver.received.map((r) => /"issue_id":"(v1-[\w-]+)"/.exec(r.text)?.[1] ?? '').toSorted(),
    ['v1-elsewhere', 'v1-outage'],
  )
})

test('a test is sent to a target that nothing has happened for', async (t) => {
  const { acme, receiver } = await started(t)
  const { target } = await acme.target({
    kind: 'webhook',
    url: receiver.url,
    filter: { severity_min: 'high' },
  })
  await asControl((client) => testTarget({ client, ...change(acme.tenant) }, target.target_id))
  await until(() => receiver.received.length === 1, 'no test')
  assert.equal(receiver.received[0]?.body['type'], 'test')
})

test('a token is not sent to an address that was put in place of its own', async (t) => {
  const { acme, receiver } = await started(t)
  const other = await startReceiver()
  t.after(() => other.stop())
  const bearer_token = 'token-for-tests'
  const { target } = await acme.target({
    kind: 'alertmanager_webhook',
    url: receiver.url,
    bearer_token,
  })
  const id = target.target_id
  const authorization = async (at: Receiver): Promise<unknown> => {
    const count = at.received.length
    await asControl((client) => testTarget({ client, ...change(acme.tenant) }, id))
    await until(() => at.received.length > count, 'no test')
    return at.received.at(-1)?.headers.authorization
  }
  const put = (settings: Record<string, unknown>) =>
    asControl((client) => changeTarget({ client, ...change(acme.tenant) }, id, { settings }))
  assert.equal(await authorization(receiver), `Bearer ${bearer_token}`)
  await put({ url: receiver.url })
  assert.equal(await authorization(receiver), `Bearer ${bearer_token}`)
  await put({ url: other.url })
  assert.equal(await authorization(other), undefined)
  await put({ url: other.url, bearer_token: 'another' })
  assert.equal(await authorization(other), 'Bearer another')
})

// ---------------------------------------------------------------- kills

const MAIN = join(import.meta.dirname, '../collector/main.ts')

function worker(t: TestContext): ChildProcess {
  const dir = mkdtempSync(join(tmpdir(), 'observa-notify-'))
  const file = join(dir, 'observa.yaml')
  writeFileSync(
    file,
    `receivers: { otlp: {} }
processors: { canonicalize: {} }
exporters: { postgres: { url: "${server.url}" } }
notifications: { allow_private: [127.0.0.1] }
data_dir: ${dir}
service: { pipelines: { traces: { receivers: [otlp], processors: [canonicalize], exporters: [postgres] } } }
`,
  )
  const child = spawn(process.execPath, [MAIN, 'worker', '--config', file], { stdio: 'ignore' })
  t.after(() => {
    child.kill('SIGKILL')
    rmSync(dir, { recursive: true, force: true })
  })
  return child
}

test('what a worker was sending when it was killed is sent by the next one, under the same id, and once', async (t) => {
  const receiver = await startReceiver()
  t.after(() => receiver.stop())
  const tenant = `tenant-${++tenants}`
  await addTenant(server, tenant)
  await makeTarget(server, tenant, { kind: 'webhook', url: receiver.url })
  // The first worker is killed while the receiver keeps it waiting, and has planned before it.
  receiver.answers.push({ status: 200, isSilent: true })
  const first = worker(t)
  await occur(server, { tenant, id: 'v1-killed' })
  await until(() => receiver.received.length === 1, 'the first try')
  first.kill('SIGKILL')
  await occur(server, { tenant, id: 'v1-meanwhile', type: 'llm_error' })
  worker(t)
  await until(
    () => receiver.received.some((r) => r.text.includes('v1-meanwhile')),
    'what happened meanwhile',
  )
  await until(() => receiver.received.length === 3, 'sent again', 90_000)
  const ids = receiver.received
    .filter((r) => r.text.includes('v1-killed'))
    .map((r) => r.headers['webhook-id'])
  assert.equal(ids.length, 2)
  assert.equal(ids[0], ids[1])
  await until(
    async () => (await deliveriesOf(server, tenant)).every((d) => d.status === 'delivered'),
    'delivered',
  )
  await aWhile()
  assert.equal(receiver.received.length, 3)
})
