// The whole product with real embedded stores: recorded requests of real SDKs go in, sums and events come out of the REST
// API; two tenants stay separate, paging neither repeats nor skips, and the data is the same after a restart.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { keyForTests } from '../../collector/extensions/keys/testing/key-for-tests.ts'
import { SIGNAL_TYPES } from '../../core/signals/signal.ts'
import { Instance } from '../instance.ts'
import { otlpJson } from '../span-batch.ts'

const captures = join(import.meta.dirname, '../captures')
const a = keyForTests('sk', { tenant: 'tenant-a', project: 'project-a' })
const b = keyForTests('sk', { tenant: 'tenant-b', project: 'project-b' })
const admin = keyForTests('sk', {
  tenant: 'tenant-a',
  project: 'project-a',
  scopes: ['ingest', 'query', 'content', 'admin'],
})
const ingestOnly = keyForTests('sk', { scopes: ['ingest'] })

const CONFIG = `
auth: keys
exporters:
  clickhouse: { embedded: true }
  postgres: { embedded: true }
extensions:
  keys: { keys: ${JSON.stringify([a, b, admin, ingestOnly].map((k) => k.row))} }
service:
  extensions: [keys, api]
  pipelines:
    traces: { receivers: [otlp, observa], processors: [scrub, canonicalize, cost, signals], exporters: [clickhouse, postgres] }
    logs: { receivers: [otlp], processors: [scrub, canonicalize, cost, signals], exporters: [clickhouse, postgres] }
`

let instance: Instance

before(async () => {
  instance = await Instance.start({ config: CONFIG })
})

after(async () => {
  await instance.stop()
})

interface Answer {
  readonly status: number
  readonly body: Record<string, unknown>
}

async function get(path: string, key: string | null = a.key): Promise<Answer> {
  const headers: Record<string, string> = key === null ? {} : { authorization: `Bearer ${key}` }
  const res = await fetch(instance.url(path, 'http'), { headers })
  return { status: res.status, body: (await res.json()) as Record<string, unknown> }
}

const rowsOf = (answer: Answer): Record<string, unknown>[] =>
  answer.body['data'] as Record<string, unknown>[]

async function all(path: string, limit: number): Promise<Record<string, unknown>[]> {
  const out: Record<string, unknown>[] = []
  let cursor: string | null = null
  do {
    const more: string = cursor === null ? '' : `&cursor=${cursor}`
    const answer = await get(`${path}limit=${limit}${more}`)
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    out.push(...rowsOf(answer))
    cursor = answer.body['next_cursor'] as string | null
  } while (cursor !== null)
  return out
}

interface Truth {
  readonly input_tokens: number
  readonly output_tokens_accepted: readonly number[]
}

/** Sends the requests of a recorded folder unchanged, and returns the sums of its calls. */
async function send(folder: string): Promise<Truth> {
  const read = (name: string): Buffer => readFileSync(join(captures, folder, name))
  const manifest = JSON.parse(read('manifest.json').toString()) as {
    file: string
    path: string
    content_type: string
  }[]
  for (const m of manifest) {
    if (m.path.endsWith('/metrics')) continue
    const res = await instance.post(m.path, read(m.file), {
      'content-type': m.content_type,
      authorization: `Bearer ${a.key}`,
    })
    assert.equal(res.status, 200, `${folder}/${m.file}`)
    assert.equal(res.body.length, 0, `${folder}/${m.file}: something was rejected`)
  }
  return JSON.parse(read('truth.json').toString()) as Truth
}

const sums = { input: 0, output: [0, 0] }

test('every recorded request is accepted completely, and token sums are right in both stores', async () => {
  for (const folder of readdirSync(captures).toSorted()) {
    const truth = await send(folder)
    sums.input += truth.input_tokens
    sums.output[0] = (sums.output[0] ?? 0) + Math.min(...truth.output_tokens_accepted)
    sums.output[1] = (sums.output[1] ?? 0) + Math.max(...truth.output_tokens_accepted)
  }
  await instance.drained()
  const traces = await all('/api/v1/traces?', 100)
  const total = (name: string): number => traces.reduce((n, t) => n + Number(t[name]), 0)
  assert.equal(total('input_tokens'), sums.input)
  assert.ok(total('output_tokens') >= (sums.output[0] ?? 0))
  assert.ok(total('output_tokens') <= (sums.output[1] ?? 0))
  const events = await all('/api/v1/events?', 100)
  const counted = events.filter((e) => e['usage_aggregate'] === false)
  assert.equal(
    counted.reduce((n, e) => n + Number(e['input_tokens'] ?? 0), 0),
    sums.input,
  )
})

test('sending the same requests again changes nothing', async () => {
  const before = (await all('/api/v1/events?', 500)).length
  for (const folder of readdirSync(captures)) await send(folder)
  await instance.drained()
  assert.equal((await all('/api/v1/events?', 500)).length, before)
  const traces = await all('/api/v1/traces?', 100)
  assert.equal(
    traces.reduce((n, t) => n + Number(t['input_tokens']), 0),
    sums.input,
  )
})

test('paging neither repeats nor skips an event', async () => {
  const small = await all('/api/v1/events?', 7)
  const large = await all('/api/v1/events?', 1000)
  const ids = (rows: Record<string, unknown>[]): unknown[] => rows.map((r) => r['event_id'])
  assert.deepEqual(ids(small), ids(large))
  assert.equal(new Set(ids(small)).size, small.length)
  const traces = (await all('/api/v1/traces?', 3)).map((t) => t['trace_id'])
  assert.equal(new Set(traces).size, traces.length)
})

test('a trace, its events and its signals are found by id', async () => {
  const [signal] = rowsOf(await get('/api/v1/signals?type=llm_error&limit=1'))
  assert.ok(signal !== undefined)
  const id = String(signal['trace_id'])
  const trace = await get(`/api/v1/traces/${id}`)
  assert.equal(trace.body['trace_id'], id)
  const events = rowsOf(await get(`/api/v1/traces/${id}/events`))
  assert.ok(events.some((e) => e['event_id'] === signal['event_id']))
  assert.ok(events.every((e) => e['trace_id'] === id && e['tenant_id'] === 'tenant-a'))
  const uuid = id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  assert.equal((await get(`/api/v1/traces/${uuid}`)).status, 200)
  const one = await get(`/api/v1/signals/${String(signal['signal_id'])}`)
  assert.deepEqual(one.body, signal)
  assert.equal((await get(`/api/v1/signals/${'0'.repeat(32)}`)).status, 404)
  assert.equal((await get(`/api/v1/signals/${String(signal['signal_id'])}`, b.key)).status, 404)
})

test('the summary of signals has the same counts as the list', async () => {
  const listed = await all('/api/v1/signals?', 100)
  const counted = rowsOf(await get('/api/v1/signals/summary'))
  assert.equal(
    counted.reduce((n, row) => n + Number(row['count']), 0),
    listed.length,
  )
  assert.deepEqual(rowsOf(await get('/api/v1/signals/summary', b.key)), [])
})

test('the API offers the types of signals that rules raise, and no others', async () => {
  for (const type of ['made_up', 'toString'])
    assert.equal((await get(`/api/v1/signals?type=${type}`)).status, 400, type)
  // `processors/signals/disabled.test.ts` holds the list against the rules.
  for (const type of SIGNAL_TYPES)
    assert.equal((await get(`/api/v1/signals?type=${type}`)).status, 200, type)
})

/** The total with its cost to a billionth of a dollar: sums of doubles in another order differ in their last digits. */
function roundedCost(total: unknown): Record<string, unknown> {
  const row = total as Record<string, unknown>
  return { ...row, cost_usd: Number(row['cost_usd']).toFixed(9) }
}

test('traces, sessions, users and conversations have times with nanoseconds, of a trace those of its events', async () => {
  for (const [list, ...fields] of [
    ['traces', 'start_time', 'end_time'],
    ['sessions', 'first_at', 'last_at'],
    ['users', 'first_at', 'last_at'],
    ['conversations', 'first_at', 'last_at'],
  ] as const) {
    const rows = await all(`/api/v1/${list}?`, 500)
    assert.ok(rows.length > 0, list)
    for (const row of rows)
      for (const field of fields)
        assert.match(String(row[field]), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/, list)
  }
  const [trace] = rowsOf(await get('/api/v1/traces?limit=1'))
  const events = await all(`/api/v1/traces/${String(trace?.['trace_id'])}/events?`, 500)
  const first = events.map((e) => String(e['start_time'])).toSorted()[0] ?? ''
  assert.equal(trace?.['start_time'], first)
})

test('costs over time, by dimension and on the dashboard add up to the recorded sums', async () => {
  const range = 'from=2020-01-01T00:00:00Z&to=2021-01-01T00:00:00Z'
  assert.equal((await get(`/api/v1/costs?${range}`)).status, 200)
  const events = await all('/api/v1/events?', 500)
  const times = events.map((e) => Date.parse(String(e['start_time']))).filter((ms) => ms > 0)
  const first = Math.min(...times)
  const days = (Math.max(...times) - first) / 86_400_000
  let total = 0
  let overTime = 0
  let byModel = 0
  for (let from = first; from <= first + days * 86_400_000; from += 300 * 86_400_000) {
    const of = `from=${Math.floor(from)}&to=${Math.floor(from) + 300 * 86_400_000}`
    const costs = await get(`/api/v1/costs?${of}&bucket=day`)
    assert.equal(costs.status, 200, JSON.stringify(costs.body))
    total += Number((costs.body['total'] as Record<string, unknown>)['input_tokens'])
    overTime += rowsOf(costs).reduce((n, row) => n + Number(row['input_tokens']), 0)
    const breakdown = await get(`/api/v1/costs/breakdown?by=provider,model&${of}`)
    byModel += rowsOf(breakdown).reduce((n, row) => n + Number(row['input_tokens']), 0)
    const overview = await get(`/api/v1/dashboard/overview?${of}`)
    assert.equal(overview.status, 200, JSON.stringify(overview.body))
    assert.deepEqual(roundedCost(overview.body['total']), roundedCost(costs.body['total']))
  }
  assert.deepEqual([total, overTime, byModel], [sums.input, sums.input, sums.input])
  assert.equal(
    (await get('/api/v1/costs?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z')).status,
    400,
  )
  assert.equal((await get('/api/v1/costs/breakdown?by=nonsense')).status, 400)
})

test('ids of a legacy trace apply to its events, whichever request they come in', async () => {
  const trace = '8cb6cbbd-b818-46af-96ba-781393f8d3aa'
  const event = (type: string, span: string, attributes: object, ids: object = {}): string =>
    JSON.stringify({
      tenant_id: 'tenant-a',
      project_id: 'project-a',
      environment: 'prod',
      trace_id: trace,
      span_id: `3d2b1${span}-5145-4fe1-96c2-7d41aeb05000`,
      parent_span_id: null,
      timestamp: '2026-03-01T10:00:05.000Z',
      event_type: type,
      attributes: { [type]: attributes },
      ...ids,
    })
  const call = {
    model: 'gpt-4o',
    input_tokens: 7,
    output_tokens: 3,
    latency_ms: 10,
    output: 'fine',
  }
  const requests = [
    event('llm_call', '001', call),
    event(
      'trace_start',
      '002',
      { name: 'ask' },
      { conversation_id: 'c-legacy', session_id: 's-legacy', user_id: 'u-legacy' },
    ),
    event('llm_call', '003', call),
  ]
  for (const body of [...requests, ...requests]) {
    const res = await instance.post(
      '/api/v1/events/ingest',
      body,
      { 'content-type': 'application/x-ndjson', authorization: `Bearer ${a.key}` },
      'http',
    )
    assert.equal(res.status, 200)
    await instance.drained()
  }
  for (const [path, id] of [
    ['conversations', 'c-legacy'],
    ['sessions', 's-legacy'],
    ['users', 'u-legacy'],
  ]) {
    const one = await get(`/api/v1/${path}/${id}`)
    assert.equal(one.status, 200, JSON.stringify(one.body))
    assert.deepEqual(
      [
        one.body['llm_calls'],
        one.body['input_tokens'],
        one.body['output_tokens'],
        one.body['traces'],
      ],
      [2, 14, 6, 1],
      path,
    )
    assert.equal((await get(`/api/v1/${path}/${id}`, b.key)).status, 404)
    assert.ok((await all(`/api/v1/${path}?`, 1)).some((row) => Object.values(row).includes(id)))
    assert.deepEqual(rowsOf(await get(`/api/v1/${path}`, b.key)), [])
  }
  const talk = await get('/api/v1/conversations/c-legacy')
  assert.equal(talk.body['last_message'], 'fine')
  const events = rowsOf(await get(`/api/v1/traces/${trace}/events`))
  assert.equal(events.length, 3)
  assert.ok(events.every((e) => e['user_id'] === 'u-legacy' && e['session_id'] === 's-legacy'))
})

test('filters reach the stores', async () => {
  const llm = await all('/api/v1/events?kind=llm&', 500)
  assert.ok(llm.length > 0 && llm.every((e) => e['kind'] === 'llm'))
  const errors = await all('/api/v1/events?status=error&', 500)
  assert.ok(errors.length > 0 && errors.every((e) => e['status'] === 'error'))
  const words = await all('/api/v1/events?text=paris&', 500)
  assert.ok(words.length > 0)
  assert.ok(words.every((e) => /paris/i.test(JSON.stringify(e))))
  assert.equal((await all('/api/v1/events?from=2100-01-01T00:00:00Z&', 10)).length, 0)
})

test('a tenant gets the same answer for an id of another tenant as for an unknown id', async () => {
  const [mine] = await all('/api/v1/traces?', 1)
  const id = String(mine?.['trace_id'])
  assert.deepEqual(rowsOf(await get('/api/v1/traces', b.key)), [])
  assert.deepEqual(rowsOf(await get('/api/v1/events', b.key)), [])
  assert.deepEqual(rowsOf(await get('/api/v1/signals', b.key)), [])
  for (const path of [`/api/v1/traces/${id}`, `/api/v1/traces/${id}/events`]) {
    const foreign = await get(path, b.key)
    const unknown = await get(path.replace(id, 'f'.repeat(32)), b.key)
    assert.equal(foreign.status, 404)
    const without = (answer: Answer): unknown => ({
      ...(answer.body['error'] as object),
      request_id: '',
    })
    assert.deepEqual(without(foreign), without(unknown))
  }
})

test('without a key 401, without the scope 403, with a wrong parameter 400', async () => {
  assert.equal((await get('/api/v1/traces', null)).status, 401)
  assert.equal((await get('/api/v1/traces', ingestOnly.key)).status, 403)
  assert.equal((await get('/api/v1/traces/xyz')).status, 400)
  const wrong = await get('/api/v1/traces?limit=5000')
  assert.equal(wrong.status, 400)
  const { code, request_id } = wrong.body['error'] as { code: string; request_id: string }
  assert.equal(code, 'VALIDATION_ERROR')
  assert.match(request_id, /^[0-9a-f-]{36}$/)
  assert.equal((await get("/api/v1/events?kind='%3BDROP%20TABLE%20x")).status, 200)
})

test('every response has the security headers', async () => {
  for (const path of ['/health', '/api/v1/traces', '/nowhere', '/docs/']) {
    const res = await fetch(instance.url(path, 'http'))
    for (const name of [
      'content-security-policy',
      'strict-transport-security',
      'x-frame-options',
      'x-content-type-options',
      'x-xss-protection',
      'referrer-policy',
      'x-request-id',
    ])
      assert.ok(res.headers.get(name), `${path}: ${name}`)
    await res.arrayBuffer()
  }
})

test('the OpenAPI document has every route', async () => {
  const { body } = await get('/api/v1/openapi.json', null)
  const paths = Object.keys(body['paths'] as object)
  for (const path of [
    '/api/v1/traces',
    '/api/v1/traces/{id}',
    '/api/v1/traces/{id}/events',
    '/api/v1/events',
    '/api/v1/signals',
    '/api/v1/signals/{id}',
    '/api/v1/signals/summary',
    '/api/v1/conversations',
    '/api/v1/conversations/{id}',
    '/api/v1/sessions',
    '/api/v1/sessions/{id}',
    '/api/v1/users',
    '/api/v1/users/{id}',
    '/api/v1/costs',
    '/api/v1/costs/breakdown',
    '/api/v1/dashboard/overview',
    '/health',
    '/health/detailed',
    '/version',
  ])
    assert.ok(paths.includes(path), path)
})

test('a planted secret is in no file of the instance, no table and no log', async () => {
  const secret = ['ghp', 'q7Rz'.repeat(9)].join('_')
  const body = otlpJson([
    { name: `call ${secret}`, attributes: { note: `token=${secret}`, [secret]: 'as a key' } },
  ])
  const res = await instance.post('/v1/traces', body, {
    'content-type': 'application/json',
    authorization: `Bearer ${a.key}`,
  })
  assert.equal(res.status, 200)
  await instance.drained()
  const found = rowsOf(await get('/api/v1/signals?type=secret_detected&limit=10'))
  assert.ok(found.length > 0)
  assert.ok(!JSON.stringify(await all('/api/v1/events?', 500)).includes(secret))
  assert.ok(!instance.stderr.includes(secret))
  assert.deepEqual(filesWith(join(instance.dir, 'data'), secret), [])
})

test('a secret in free text that people and programs send is in no file of the instance', async () => {
  const secret = ['ghp', 'w4Tn'.repeat(9)].join('_')
  const text = `it leaks ${secret} here`
  const [issue] = rowsOf(await get('/api/v1/issues?limit=1'))
  assert.ok(issue !== undefined)
  const id = String(issue['issue_id'])
  const trace_id = 'ab'.repeat(16)
  const sent: readonly (readonly [method: string, path: string, body: object])[] = [
    ['POST', 'scores', { trace_id, name: text, value: text, comment: text, source: text }],
    ['POST', `issues/${id}/comments`, { note: text }],
    ['PATCH', `issues/${id}`, { status: 'acknowledged', note: text, assignee: text }],
    ['POST', 'issues/bulk', { issue_ids: [id], note: text }],
    [
      'POST',
      'mutes',
      { matchers: { tool: [text] }, ends_at: '2999-01-01T00:00:00Z', reason: text },
    ],
    ['POST', 'views', { name: text, page: 'events', query: { text, user_id: text } }],
    ['POST', 'budgets', { name: text, scope: 'tenant', amount: 1 }],
    ['POST', 'projects', { name: text }],
    ['PATCH', 'tenants/tenant-a', { name: text }],
    [
      'POST',
      'targets',
      { name: text, kind: 'webhook', url: 'https://example.com/', filter: { service: [text] } },
    ],
  ]
  for (const [method, path, body] of sent) {
    const res = await fetch(instance.url(`/api/v1/${path}`, 'http'), {
      method,
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${admin.key}`,
        // The audit log keeps both.
        'user-agent': `an app with ${secret}`,
        'x-request-id': secret,
        ...(method === 'POST'
          ? {
              'idempotency-key':
                `free text ${path} ${sent.findIndex(([, , of]) => of === body)}`.replaceAll(
                  ' ',
                  '-',
                ),
            }
          : {}),
      },
      body: JSON.stringify(body),
    })
    const answer = await res.text()
    assert.ok(!answer.includes(secret), `${path}: ${answer}`)
    assert.notEqual(res.headers.get('x-request-id'), secret)
    assert.ok(res.ok, `${method} ${path}: ${answer}`)
    if (path !== 'issues/bulk' && !path.startsWith('issues/'))
      assert.match(answer, /it leaks/, path)
  }
  const named = await fetch(instance.url('/api/v1/projects', 'http'), {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${admin.key}` },
    body: JSON.stringify({ name: 'named', environment: secret }),
  })
  assert.equal(named.status, 400)
  const kept = await get('/api/v1/audit?limit=20', admin.key)
  assert.match(JSON.stringify(kept.body), /an app with \[REDACTED/)
  assert.deepEqual(filesWith(join(instance.dir, 'data'), secret), [])
  const assigned = await fetch(instance.url(`/api/v1/issues/${id}`, 'http'), {
    method: 'PATCH',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${admin.key}` },
    body: JSON.stringify({ assignee: 'ada@example.com' }),
  })
  assert.match(await assigned.text(), /"assignee":"ada@example.com"/)
})

/** Files below a directory that contain a text. */
function filesWith(dir: string, text: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((f) => f.isFile())
    .map((f) => join(f.parentPath, f.name))
    .filter((path) => {
      try {
        return readFileSync(path).includes(text)
      } catch {
        // The store has removed this file in the meantime.
        return false
      }
    })
}

test('after a restart on the same directory the data is there, and more can come', async () => {
  const before = (await all('/api/v1/events?', 500)).length
  const { dir } = instance
  assert.equal(await instance.kill('SIGTERM'), 0)
  instance = await Instance.start({ config: CONFIG, dir })
  assert.equal((await all('/api/v1/events?', 500)).length, before)
  const res = await instance.post('/v1/traces', otlpJson([{ traceId: 'c'.repeat(32) }]), {
    'content-type': 'application/json',
    authorization: `Bearer ${a.key}`,
  })
  assert.equal(res.status, 200)
  await instance.drained()
  assert.equal((await get(`/api/v1/traces/${'c'.repeat(32)}`)).status, 200)
  await rm(join(dir, 'out.ndjson'), { force: true })
})
