// A quota as a user meets it: set over the API, reached by real requests of both receivers, refused with what is needed to
// act, raised again. An instance that is killed gets its lease back.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import test, { after, before } from 'node:test'
import { startTestPostgres, type TestPostgres } from '../../storage/testing/stores.ts'
import { Instance, until } from '../instance.ts'
import { otlpJson } from '../span-batch.ts'

let server: TestPostgres
before(async () => {
  server = await startTestPostgres()
})
after(() => server.stop())

const JSON_TYPE = { 'content-type': 'application/json' }
const QUOTA = '/api/v1/projects/default/quota'

interface Quota {
  readonly events_per_month: number | null
  readonly used: { readonly events: number; readonly bytes: number }
  readonly held: { readonly events: number }
  readonly resets_at: string
}

const spans = (count: number): string =>
  otlpJson(
    Array.from({ length: count }, () => ({
      name: 'chat',
      traceId: randomBytes(16).toString('hex'),
    })),
  )

const configOf = (): string => `
exporters: { postgres: { url: "${server.url}" } }
service:
  extensions: [api]
  pipelines:
    traces: { receivers: [otlp, observa], processors: [canonicalize], exporters: [file, postgres] }
`

test('a quota: exact, refused with which, used, limit and reset, raised at once, and nothing lost by a kill', async (t) => {
  const dir = await Instance.directory(t, 'quotas')
  const first = await Instance.start({ config: configOf(), dir })
  t.after(() => first.kill())
  const api = (at: Instance, init?: RequestInit) => fetch(at.url(QUOTA, 'http'), init)
  const state = async (at: Instance): Promise<Quota> => (await (await api(at)).json()) as Quota
  const set = async (at: Instance, events: number | null): Promise<void> => {
    const body = JSON.stringify({ events_per_month: events })
    const answer = await api(at, { method: 'PUT', headers: JSON_TYPE, body })
    assert.equal(answer.status, 200, await answer.text())
  }
  assert.equal((await state(first)).events_per_month, null)
  await set(first, 20)
  const send = (at: Instance, body: string) => at.post('/v1/traces', body, JSON_TYPE)
  // Known to the intake within 5 s: an empty request costs nothing.
  await until(
    async () => (await first.metric('observa_quota_projects')) === 1,
    'the limit is known',
  )
  const resent = spans(15)
  assert.equal((await send(first, resent)).status, 200)
  const refused = await send(first, spans(6))
  assert.equal(refused.status, 429)
  assert.match(
    refused.body.toString(),
    /quota events_per_month .*used up: 15 of 20; it resets at \d{4}-\d\d-01/,
  )
  assert.ok(Number(refused.headers.get('retry-after')) > 0)
  assert.match(refused.headers.get('ratelimit') ?? '', /^"events_per_month";r=5;t=\d+$/)
  assert.equal((await send(first, spans(5))).status, 200)

  const legacy = await fetch(first.url('/api/v1/events/ingest', 'http'), {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: `{"event_type":"llm_call"}\n`,
  })
  assert.equal(legacy.status, 429)
  const { error } = (await legacy.json()) as { error: { code: string; details: object } }
  assert.equal(error.code, 'RATE_LIMIT_EXCEEDED')
  const { quota, used, limit } = error.details as Record<string, unknown>
  assert.deepEqual({ quota, used, limit }, { quota: 'events_per_month', used: 20, limit: 20 })
  for (const path of ['/health', '/health/ready'])
    assert.equal((await fetch(first.url(path, 'http'))).status, 200, path)

  await until(async () => (await state(first)).used.events === 20, 'all are counted')
  await set(first, 40)
  await until(async () => (await send(first, resent)).status === 200, 'raised')
  await first.kill('SIGKILL')

  const second = await Instance.start({ config: configOf(), dir })
  t.after(() => second.stop())
  await until(async () => (await state(second)).held.events === 0, 'the lease is given back')
  const now = await state(second)
  assert.equal(now.used.events, 20, 'a re-send is no new event')
  assert.equal((await send(second, spans(20))).status, 200)
  await until(async () => (await state(second)).used.events === 40, 'counted')
  assert.equal((await send(second, spans(1))).status, 429)
})

test('a key that sends too often is told when to come again, with the same headers', async (t) => {
  const config = `
limits: { max_key_requests_per_second: 0.5 }
service:
  extensions: [api]
  pipelines:
    traces: { receivers: [otlp, observa], processors: [canonicalize], exporters: [file] }
`
  const instance = await Instance.start({ config })
  t.after(() => instance.stop())
  const send = () => instance.post('/v1/traces', spans(1), JSON_TYPE)
  assert.equal((await send()).status, 200)
  const refused = await send()
  assert.equal(refused.status, 429)
  assert.match(refused.body.toString(), /too many requests of this key/)
  assert.match(refused.headers.get('retry-after') ?? '', /^[12]$/)
  assert.match(refused.headers.get('ratelimit') ?? '', /^"requests_per_second";r=0;t=[12]$/)
  await until(async () => (await send()).status === 200, 'it may come again')
  assert.equal((await fetch(instance.url('/health', 'http'))).status, 200)
})
