// An instance without a postgres exporter, such as an edge, follows the control plane of the others: keys that are made and revoked there, and
// quotas. While it cannot reach it, it goes on with what it knows and says so.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import test from 'node:test'
import { makeKey } from '../../accounts/api-key.ts'
import { startTestPostgres } from '../../storage/testing/stores.ts'
import { Instance, until } from '../instance.ts'
import { otlpJson } from '../span-batch.ts'
import { TcpProxy } from '../tcp-proxy.ts'

const spans = (count: number): string =>
  otlpJson(
    Array.from({ length: count }, () => ({
      name: 'chat',
      traceId: randomBytes(16).toString('hex'),
    })),
  )

test('an edge follows keys and quotas of the control plane, and goes on without it', async (t) => {
  const server = await startTestPostgres()
  t.after(() => server.stop())
  const proxy = await TcpProxy.start(Number(new URL(server.url).port))
  t.after(() => proxy.stop())
  const first = makeKey('sk', 'test')
  const core = await Instance.start({
    dir: await Instance.directory(t, 'core'),
    env: { OBSERVA_BOOTSTRAP_KEY: first },
    config: `
auth: keys
exporters: { postgres: { url: "${server.url}" } }
service:
  extensions: [api]
  pipelines:
    traces: { receivers: [otlp, observa], processors: [canonicalize], exporters: [file, postgres] }
`,
  })
  const edge = await Instance.start({
    dir: await Instance.directory(t, 'edge'),
    config: `
auth: keys
control: { url: "${proxy.url(server.url)}" }
service:
  extensions: [api]
  pipelines:
    traces: { receivers: [otlp, observa], processors: [canonicalize], exporters: [file] }
`,
  })
  const send = async (at: Instance, key: string, count = 1): Promise<number> => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` }
    return (await at.post('/v1/traces', spans(count), headers)).status
  }
  const api = async (method: string, path: string, body?: object): Promise<Response> =>
    fetch(core.url(path, 'http'), {
      method,
      headers: {
        authorization: `Bearer ${first}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  const made = async (name: string): Promise<{ readonly id: string; readonly key: string }> => {
    const body = { project_id: 'default', name, scopes: ['ingest'] }
    const answer = await api('POST', '/api/v1/keys', body)
    assert.equal(answer.status, 201, await answer.clone().text())
    const text = await answer.text()
    const key = /"(sk_[^"]{20,})"/.exec(text)?.[1] ?? ''
    return { id: /"key_id":"([^"]+)"/.exec(text)?.[1] ?? '', key }
  }
  const health = async (): Promise<string> => {
    const headers = { authorization: `Bearer ${first}` }
    return (await fetch(edge.url('/health/detailed', 'http'), { headers })).text()
  }

  assert.equal(await send(edge, makeKey('sk', 'test')), 401, 'a key that nobody made')
  assert.equal(await send(edge, first), 200)
  const [one, two] = [await made('one'), await made('two')]
  await until(async () => (await send(edge, one.key)) === 200, 'a new key', 10_000)
  await until(async () => (await send(edge, two.key)) === 200, 'another', 10_000)
  const revoked = await api('DELETE', `/api/v1/keys/${two.id}`)
  assert.ok(revoked.ok, await revoked.text())
  await until(async () => (await send(edge, two.key)) === 401, 'revoked', 10_000)

  // Nothing answers: known keys are good, and it is said.
  proxy.break('silence')
  await until(async () => /degraded/.test(await health()), 'degraded', 30_000)
  assert.match(await health(), /control plane/)
  assert.equal(await send(edge, one.key), 200)
  const three = await made('three')
  assert.notEqual(await send(edge, three.key), 200)
  proxy.heal()
  await until(async () => (await send(edge, three.key)) === 200, 'known after the outage', 30_000)
  await until(async () => !/degraded/.test(await health()), 'well again', 30_000)

  // What others have counted is used up here too.
  const quota = '/api/v1/projects/default/quota'
  assert.equal((await api('PUT', quota, { events_per_month: 20 })).status, 200)
  await until(async () => (await edge.metric('observa_quota_projects')) === 1, 'the limit', 20_000)
  assert.equal(await send(core, first, 19), 200)
  await until(async () => (await send(edge, one.key, 10)) === 429, 'used up', 30_000)
  await core.stop()
  await edge.stop()
})
