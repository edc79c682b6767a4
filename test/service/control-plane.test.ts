// The control plane of running instances with a real Postgres: what the first start creates, keys that several instances
// share, revocation on all instances, and ingest while the database is down.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import test, { after, before, type TestContext } from 'node:test'
import { keyIdOf, makeKey } from '../../accounts/api-key.ts'
import { createKey, revokeOwnKey } from '../../accounts/keys.ts'
import { keyForTests } from '../../collector/extensions/keys/testing/key-for-tests.ts'
import { withRole } from '../../storage/postgres/roles.ts'
import { startTestPostgres, type TestPostgres } from '../../storage/testing/stores.ts'
import { Instance, until } from '../instance.ts'
import { otlpJson } from '../span-batch.ts'
import { TcpProxy } from '../tcp-proxy.ts'

let server: TestPostgres
let proxy: TcpProxy

before(async () => {
  server = await startTestPostgres({ migrate: false })
  proxy = await TcpProxy.start(server.engine.port)
})
after(async () => {
  await proxy.stop()
  await server.stop()
})

const PIPELINES = `
  pipelines:
    traces: { receivers: [otlp, observa], processors: [scrub, canonicalize, cost, signals], exporters: [file, postgres] }
`
const configOf = (url: string, more = ''): string => `
exporters: { postgres: { url: "${url}", statement_timeout: 2s } }
${more}
service:
  extensions: [${more.includes('keys:') && more.includes('extensions:') ? 'keys, api' : 'api'}]${PIPELINES}`

async function started(
  t: TestContext,
  config: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Instance> {
  const instance = await Instance.start({ config, env })
  t.after(() => instance.stop())
  return instance
}

async function send(at: Instance, key: string | null, name = 'chat'): Promise<number> {
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (key !== null) headers['authorization'] = `Bearer ${key}`
  const body = otlpJson([{ name, traceId: randomBytes(16).toString('hex') }])
  return (await at.post('/v1/traces', body, headers)).status
}

const printedKeys = (at: Instance): string[] => at.stderr.match(/sk_live_[0-9A-Za-z]{42}/g) ?? []

test('the first start on an empty control plane prints a key once, and every instance accepts it', async (t) => {
  const config = configOf(server.url, 'auth: keys')
  const [a, b] = await Promise.all([started(t, config), started(t, config)])
  const keys = [...printedKeys(a), ...printedKeys(b)]
  assert.equal(keys.length, 1, keys.join(' '))
  const key = keys[0] as string
  for (const at of [a, b]) {
    assert.equal(await send(at, key), 200)
    assert.equal(await send(at, null), 401)
    assert.equal(await send(at, makeKey('sk', 'live')), 401)
  }
  const again = await started(t, config)
  assert.deepEqual(printedKeys(again), [])
  assert.equal(await send(again, key), 200)
  await t.test(
    'after the key is revoked in the database, every instance refuses it within 5 s',
    async () => {
      await withRole(server.pool, 'observa_control', (client) =>
        revokeOwnKey(
          { client, actor: { kind: 'operator', id: 'test' }, tenantId: 'default' },
          keyIdOf(key),
        ),
      )
      const startedAt = performance.now()
      for (const at of [a, b, again])
        await until(async () => (await send(at, key)) === 401, 'refused', 5000)
      t.diagnostic(`refused everywhere after ${Math.round(performance.now() - startedAt)} ms`)
    },
  )
})

test('a key given by an environment variable is created once, and auth: none stays open', async (t) => {
  const key = makeKey('sk', 'live')
  const listed = keyForTests('sk', { tenant: 'acme', project: 'file' })
  const keys = `extensions: { keys: { keys: ${JSON.stringify([listed.row])} } }`
  const env = { OBSERVA_BOOTSTRAP_TENANT: 'globex', OBSERVA_BOOTSTRAP_KEY: key }
  const at = await started(t, configOf(server.url, `auth: none\n${keys}`), env)
  assert.equal(await send(at, key, 'by environment'), 200)
  assert.equal(await send(at, listed.key, 'by file'), 200)
  assert.equal(await send(at, null, 'by nobody'), 200)
  assert.equal(at.stderr.includes(key.slice(16)), false, 'a given key is printed nowhere')
  await at.drained()
  const owner = Object.fromEntries(
    (await at.events()).map((e) => [e['name'], [e['tenant_id'], e['project_id']].join('/')]),
  )
  assert.deepEqual(owner, {
    'by environment': 'globex/default',
    'by file': 'acme/file',
    'by nobody': 'default/default',
  })
  const { rows } = await withRole(server.pool, 'observa_control', (c) =>
    c.query("SELECT tenant_id FROM projects WHERE tenant_id IN ('acme', 'globex') ORDER BY 1"),
  )
  assert.deepEqual(rows, [{ tenant_id: 'acme' }, { tenant_id: 'globex' }])
})

test('an invalid key in the environment stops the start, and the error says what is expected', async () => {
  const env = { OBSERVA_BOOTSTRAP_KEY: 'sk_live_short' }
  await assert.rejects(
    Instance.start({ config: configOf(server.url), env }),
    /OBS_BOOTSTRAP_INVALID.*observa keys create/,
  )
})

test('while the database is down, known keys keep working and requests with unknown ones are told to retry', async (t) => {
  const at = await started(t, configOf(proxy.url(server.url), 'auth: keys'))
  const made = await withRole(server.pool, 'observa_control', (client) => {
    const change = { client, actor: { kind: 'operator', id: 'test' }, tenantId: 'default' } as const
    return createKey(change, { projectId: 'default', kind: 'sk' }, null)
  })
  assert.equal(await send(at, made.key), 200, 'made elsewhere, known at once')
  const health = async (): Promise<{ status: string; checks: Record<string, unknown> }> => {
    const headers = { authorization: `Bearer ${made.key}` }
    const res = await fetch(at.url('/health/detailed', 'http'), { headers })
    return (await res.json()) as { status: string; checks: Record<string, unknown> }
  }
  assert.match(JSON.stringify(await health()), /"status":"ok".*"control plane":{"ok":true/)
  t.after(() => proxy.heal())
  proxy.break('silence')
  await until(async () => (await at.metric('observa_control_sync_age_seconds')) > 10, 'stale')
  assert.equal(await send(at, made.key), 200)
  assert.equal(await send(at, makeKey('sk', 'live')), 503)
  const cut = await health()
  assert.equal(cut.status, 'degraded')
  assert.match(JSON.stringify(cut.checks['control plane']), /"ok":false.*does not answer for 1\d s/)
  assert.match(at.stderr, /the control plane does not answer; keys are checked by what is known/)
  proxy.heal()
  await until(async () => (await send(at, makeKey('sk', 'live'))) === 401, 'heard again')
  assert.match(JSON.stringify((await health()).checks['control plane']), /"ok":true/)
})
