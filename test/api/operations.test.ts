// Tests the operations that the API offers for an instance: the configuration, explained payloads, dead letters, jobs and diagnostics, and
// that callers without permission are refused.

import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { keyForTests } from '../../collector/extensions/keys/testing/key-for-tests.ts'
import type { KeyScope } from '../../core/tenant.ts'
import { Draw, fake } from '../../processors/scrub/corpus/fake-secrets.ts'
import { Instance, until } from '../instance.ts'
import { otlpJson } from '../span-batch.ts'

const scopes: KeyScope[] = ['ingest', 'query', 'content', 'admin']
const operator = keyForTests('sk', { tenant: 'default', project: 'default', scopes })
const tenant = keyForTests('sk', { tenant: 'tenant-b', project: 'shop', scopes })
const reader = keyForTests('sk', { tenant: 'default', project: 'default', scopes: ['query'] })

/** The password of the destination, which is a secret of the configuration. */
const HEADER = 'token-of-the-destination'

let at: Instance
let refusing: Instance

before(async () => {
  refusing = await Instance.start()
  at = await Instance.start({
    config: `
auth: keys
exporters:
  postgres: { embedded: true }
  # It takes no OTLP there and says so for good.
  otlp_http/gone: { endpoint: "${refusing.url('/nowhere', 'http')}", headers: { x-token: ${HEADER} } }
extensions:
  keys: { keys: ${JSON.stringify([operator, tenant, reader].map((k) => k.row))} }
service:
  extensions: [keys, api]
  pipelines:
    traces: { receivers: [otlp], processors: [scrub, canonicalize, cost, signals], exporters: [postgres, otlp_http/gone] }
`,
  })
})

after(async () => {
  await at.stop()
  await refusing.stop()
})

interface Body {
  readonly data: readonly [Letter, ...Letter[]]
  readonly ok: boolean
  readonly errors: readonly { readonly line: number; readonly suggestion: string | null }[]
  readonly events: readonly [Explained, ...Explained[]]
  readonly rejected: readonly { readonly reason: string }[]
  readonly signals: readonly { readonly type: string }[]
  readonly effective: { readonly limits: { readonly max_spans: number } }
  readonly yaml: string
  readonly content: string
  readonly metrics: string
  readonly error: { readonly code: string; readonly message: string }
}

interface Letter {
  readonly id: string
  readonly kind: string
  readonly exporter: string
  readonly items: number
  readonly can_retry: boolean
}

interface Explained {
  readonly event: Readonly<Record<string, unknown>>
  readonly explain: Readonly<Record<string, { readonly source: string }>>
  readonly scrubbed: readonly unknown[]
}

async function ask(path: string, body?: unknown, { key = operator.key, method = '' } = {}) {
  const res = await fetch(at.url(path.startsWith('/') ? path : `/api/v1/${path}`, 'http'), {
    method: method === '' ? (body === undefined ? 'GET' : 'POST') : method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await res.text()
  return { status: res.status, text, body: JSON.parse(text) as Body }
}

test('what concerns the whole instance is for admins of the tenants that operate it, and for no others', async () => {
  for (const path of ['config/effective', 'dead-letters', 'pipeline', '/diagnostics']) {
    assert.equal((await ask(path)).status, 200, path)
    assert.equal((await ask(path, undefined, { key: tenant.key })).status, 403, path)
    assert.equal((await ask(path, undefined, { key: reader.key })).status, 403, path)
  }
})

test('the effective configuration has what was not written, and no secret', async () => {
  const { body, text } = await ask('config/effective')
  assert.equal(body.effective.limits.max_spans, 100_000)
  assert.match(body.yaml, /otlp_http\/gone/)
  assert.ok(!text.includes(HEADER))
})

test('an edited configuration is checked with the line of each error, and names no content of a file of this machine', async () => {
  const yaml = 'receivers:\n  otlp: {}\nprocessors:\n  scrub: { detetors: {} }\n'
  const { body } = await ask('config/validate', { yaml })
  assert.equal(body.ok, false)
  const wrong = body.errors.find((error) => error.line === 4)
  assert.match(wrong?.suggestion ?? '', /detectors/)
  const peek = 'receivers: { otlp: { protocols: { http: { endpoint: "${file:/etc/hostname}" } } } }'
  const refused = await ask('config/validate', { yaml: peek })
  assert.match(refused.text, /is not read here/)
})

const span = (attributes: Readonly<Record<string, string | number>>) =>
  JSON.parse(otlpJson([{ name: 'chat gpt-4o', durationMs: 9000, attributes }])) as object

test('a payload is explained: scrubbed, with the source of each field and its signals, and nothing of it is stored', async () => {
  const secret = fake('openai_key', new Draw(1))
  const payload = span({
    'gen_ai.operation.name': 'chat',
    'gen_ai.request.model': 'gpt-4o',
    'gen_ai.usage.input_tokens': 7,
    'gen_ai.prompt': `use ${secret}`,
  })
  for (const given of [
    { payload },
    { payload: JSON.stringify(payload) },
    { payload: Buffer.from(JSON.stringify(payload)).toString('base64'), encoding: 'base64' },
  ]) {
    const { status, body, text } = await ask('explain', given)
    assert.equal(status, 200, text)
    const [{ event, explain, scrubbed }] = body.events
    assert.equal(event['input_tokens'], 7)
    assert.match(String(event['start_time']), /^2026-.*\.\d{9}Z$/)
    assert.match(explain['input_tokens']?.source ?? '', /gen_ai\.usage\.input_tokens/)
    assert.equal(scrubbed.length, 1)
    assert.ok(!text.includes(secret))
    assert.deepEqual(body.signals.map((s) => s.type).toSorted(), [
      'high_latency',
      'secret_detected',
    ])
  }
  const broken = await ask('explain', { payload: '{"resourceSpans": ' })
  assert.match(broken.body.rejected[0]?.reason ?? '', /malformed/)
  const traces = await ask('traces')
  assert.deepEqual(traces.body.data, [])
})

test('a dead letter is listed, looked at, put into the log again, and dropped', async () => {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${operator.key}` }
  const sent = await at.post('/v1/traces', otlpJson([{ name: 'refused' }]), headers)
  assert.equal(sent.status, 200)
  await until(async () => (await ask('dead-letters')).body.data.length === 1, 'a dead letter')
  const [letter] = (await ask('dead-letters')).body.data
  assert.deepEqual([letter.exporter, letter.items, letter.can_retry], ['otlp_http/gone', 1, true])
  const path = `dead-letters/${encodeURIComponent(letter.id)}`
  assert.equal((await ask(path)).status, 200)
  assert.equal((await ask(`${path}/retry`, {})).status, 200)
  // The destination refuses it again: another letter, of a later place in the log.
  const again = async () => (await ask('dead-letters')).body.data.map((l) => l.id)
  await until(async () => {
    const ids = await again()
    return ids.length === 1 && ids[0] !== letter.id
  }, 'the letter of the second refusal')
  assert.equal((await ask(path)).status, 404)
  const [second] = await again()
  const dropped = `dead-letters/${encodeURIComponent(second ?? '')}`
  assert.equal((await ask(dropped, undefined, { method: 'DELETE' })).status, 200)
  assert.equal((await ask(dropped, undefined, { method: 'DELETE' })).status, 404)
  for (const id of ['..:..', 'file:../../x', 'a:0000000000000001-00000'])
    assert.equal((await ask(`dead-letters/${encodeURIComponent(id)}`)).status, 404, id)
  const { text } = await ask('audit')
  const entries = text.match(/"action":"dead_letter\.\w+"/g)
  assert.deepEqual(entries, ['"action":"dead_letter.drop"', '"action":"dead_letter.retry"'])
})

test('an operator sees the jobs of the instance, another tenant none of them', async () => {
  await until(async () => (await ask('jobs')).body.data.length > 0, 'a job')
  const [job] = (await ask('jobs?kind=sessions.clean')).body.data
  assert.equal(job.kind, 'sessions.clean')
  assert.deepEqual((await ask('jobs', undefined, { key: tenant.key })).body.data, [])
})

test('diagnostics hold the state of the instance and no secret', async () => {
  const { body, text } = await ask('/diagnostics')
  assert.match(body.metrics, /otelcol_receiver_accepted_spans/)
  assert.ok(!text.includes(HEADER))
})
