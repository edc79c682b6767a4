// The two modes of `auth` on a running instance: which requests need a key, what a key does where none is needed, which
// addresses may be listened on, and that publishable keys work from the pages they are for.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import {
  type KeyForTests,
  keyForTests,
} from '../../collector/extensions/keys/testing/key-for-tests.ts'
import { rawRequest } from '../hostile/raw-request.ts'
import { Instance } from '../instance.ts'
import { freePort } from '../ports.ts'
import { otlpJson } from '../span-batch.ts'

const acme = keyForTests('sk', { tenant: 'acme', project: 'shop', scopes: ['ingest', 'query'] })
const revoked = keyForTests('sk', { revoked: true })
const unknown = keyForTests('sk')
const PAGE = 'https://app.example.com'
const publishable = keyForTests('pk', { tenant: 'acme', origins: [PAGE] })

async function started(t: TestContext, auth: string, keys: KeyForTests[]): Promise<Instance> {
  const instance = await Instance.start({
    config: `
${auth}
extensions: { keys: { keys: ${JSON.stringify(keys.map((k) => k.row))} } }
service: { extensions: [keys, api] }
`,
  })
  t.after(() => instance.stop())
  return instance
}

async function send(at: Instance, name: string, authorization?: string): Promise<number> {
  const headers = { 'content-type': 'application/json' }
  const all = authorization === undefined ? headers : { ...headers, authorization }
  const body = otlpJson([{ name, traceId: randomBytes(16).toString('hex') }])
  return (await at.post('/v1/traces', body, all)).status
}

test('auth: none accepts requests without a key even if keys exist, and a key decides the tenant', async (t) => {
  const at = await started(t, 'auth: none', [acme, revoked])
  assert.equal(await send(at, 'nobody'), 200)
  assert.equal(await send(at, 'any text', 'Bearer sk-of-another-product'), 200)
  assert.equal(await send(at, 'another scheme', 'Digest x'), 200)
  assert.equal(await send(at, 'keyed', `Bearer ${acme.key}`), 200)
  assert.equal(await send(at, 'lost', `Bearer ${revoked.key}`), 401)
  assert.equal(await send(at, 'lost', `Bearer ${unknown.key}`), 401)
  await at.drained()
  const tenants = (await at.events()).map((e) => [e['name'], e['tenant_id']])
  assert.deepEqual(Object.fromEntries(tenants), {
    nobody: 'default',
    'any text': 'default',
    'another scheme': 'default',
    keyed: 'acme',
  })
  assert.equal((await fetch(at.url('/health/detailed', 'http'))).status, 200)
  assert.match(at.stderr, /NO KEY IS NEEDED/)
})

test('a keys extension without any key still requires keys', async (t) => {
  const at = await started(t, '', [])
  assert.equal(await send(at, 'nobody'), 401)
  assert.equal((await fetch(at.url('/health/detailed', 'http'))).status, 401)
  assert.equal((await fetch(at.url('/health', 'http'))).status, 200)
})

test('a publishable key works from its page without further settings: preflight and request', async (t) => {
  for (const auth of ['auth: keys', 'auth: none']) {
    const at = await started(t, auth, [publishable])
    for (const [port, path] of [
      ['otlp', '/v1/traces'],
      ['http', '/v1/traces'],
    ] as const) {
      const ask = (method: string, origin: string): Promise<Response> =>
        fetch(at.url(path, port), {
          method,
          headers: {
            origin,
            'content-type': 'application/json',
            'x-api-key': publishable.key,
            'access-control-request-method': 'POST',
          },
          ...(method === 'POST' ? { body: '{}' } : {}),
        })
      for (const method of ['OPTIONS', 'POST']) {
        const own = await ask(method, PAGE)
        assert.ok(own.ok, `${auth} ${method}: ${own.status}`)
        assert.equal(own.headers.get('access-control-allow-origin'), PAGE, `${auth} ${method}`)
        const other = await ask(method, 'https://evil.example')
        assert.equal(other.headers.get('access-control-allow-origin'), null)
        assert.ok(method === 'OPTIONS' || other.status === 403)
      }
    }
  }
})

test('without keys, a non-loopback address is refused at start unless `auth: none` is written', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'observa-open-'))
  t.after(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }))
  const file = join(dir, 'open.yaml')
  await writeFile(
    file,
    `receivers: { otlp: { protocols: { http: { endpoint: "0.0.0.0:${await freePort()}" } } } }
processors: { scrub: {} }
exporters: { debug: {} }
service: { pipelines: { traces: { receivers: [otlp], processors: [scrub], exporters: [debug] } } }
`,
  )
  const main = join(import.meta.dirname, '../../collector/main.ts')
  const run = spawnSync(process.execPath, [main, 'run', '--config', file], { timeout: 60_000 })
  assert.equal(run.status, 1)
  assert.match(run.stderr.toString(), /open\.yaml:1:\d+: OBS_CONFIG_NO_AUTH.*auth: none/)
})

/** An address of this machine other than loopback, such as the probes of a container use. */
const ownAddress = (): string | undefined =>
  Object.values(networkInterfaces())
    .flat()
    .find((a) => a !== undefined && !a.internal && a.family === 'IPv4')?.address

test('on 0.0.0.0 with `auth: none`, requests to the machine’s own address work, and foreign names are refused', async (t) => {
  const address = ownAddress()
  if (address === undefined) {
    t.skip('this machine has loopback addresses only')
    return
  }
  const port = await freePort()
  const at = await Instance.start({
    config: `
auth: none
extensions: { api/open: { endpoint: "0.0.0.0:${port}" } }
service: { extensions: [api, api/open] }
`,
  })
  t.after(() => at.stop())
  assert.equal((await fetch(`http://${address}:${port}/health`)).status, 200)
  const asked = (host: string) =>
    rawRequest(port, { target: '/health', headers: [['Host', host]] }).then((r) => r.status)
  assert.equal(await asked(`127.0.0.1:${port}`), 200)
  assert.equal(await asked(`${address}:${port}`), 403, 'not the address that was connected to')
  assert.equal(await asked('evil.example'), 403)
})
