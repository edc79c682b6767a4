// Tests what the API returns about stored events besides their counts: the origins of their fields, also after a correction; times in
// nanoseconds; the route of a root span that arrived late; and counts that contradict their total, in costs and in a reconciliation.

import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { Instance } from '../instance.ts'

const CONFIG = `
exporters:
  clickhouse: { embedded: true }
  postgres: { embedded: true }
service:
  pipelines:
    traces: { receivers: [otlp, observa], processors: [scrub, canonicalize, cost, signals], exporters: [clickhouse, postgres] }
    logs: { receivers: [otlp], processors: [scrub, canonicalize, cost, signals], exporters: [clickhouse, postgres] }
`
/** An hour ago, with digits that neither a number of JSON nor a time in ms can hold. */
const START_NS = (BigInt(Date.now()) - 3_600_000n) * 1_000_000n + 123_457n

type Row = Record<string, unknown>
type Attributes = Readonly<Record<string, string | number>>

interface Span {
  readonly trace: number
  readonly span: number
  readonly parent?: number
  readonly scope?: string
  readonly afterNs?: bigint
  readonly attributes: Attributes
}

let instance: Instance

before(async () => {
  instance = await Instance.start({ config: CONFIG })
})

after(async () => {
  await instance.stop()
})

const hex = (n: number, digits: number): string => n.toString(16).padStart(digits, 'a')

async function send(...spans: readonly Span[]): Promise<void> {
  const resourceSpans = spans.map((s) => ({
    scopeSpans: [
      {
        scope: { name: s.scope ?? 'app' },
        spans: [
          {
            traceId: hex(s.trace, 32),
            spanId: hex(s.span, 16),
            ...(s.parent === undefined ? {} : { parentSpanId: hex(s.parent, 16) }),
            name: 'work',
            startTimeUnixNano: String(START_NS + (s.afterNs ?? 0n)),
            endTimeUnixNano: String(START_NS + (s.afterNs ?? 0n) + 1_000_001n),
            attributes: Object.entries(s.attributes).map(([key, v]) => ({
              key,
              value: typeof v === 'number' ? { intValue: String(v) } : { stringValue: v },
            })),
          },
        ],
      },
    ],
  }))
  const headers = { 'content-type': 'application/json' }
  const res = await instance.post('/v1/traces', JSON.stringify({ resourceSpans }), headers)
  assert.equal(res.status, 200)
  await instance.drained()
}

async function get(path: string): Promise<Row> {
  // Otherwise an answer may be a second old.
  const headers = { 'cache-control': 'no-cache' }
  const res = await fetch(instance.url(path, 'http'), { headers })
  assert.equal(res.status, 200, path)
  return (await res.json()) as Row
}

async function eventsOf(trace: number): Promise<Row[]> {
  const { data } = await get(`/api/v1/traces/${hex(trace, 32)}/events`)
  return data as Row[]
}

async function eventOf(trace: number, span: number): Promise<Row> {
  const found = (await eventsOf(trace)).find((e) => e['span_id'] === hex(span, 16))
  assert.ok(found)
  return await get(`/api/v1/events/${String(found['event_id'])}`)
}

const sourceOf = (event: Row, field: string): string | undefined =>
  (event['explain'] as Record<string, { source: string }>)[field]?.source

const usage = (operation: string, input: number, output: number): Attributes => ({
  'gen_ai.operation.name': operation,
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-4.1',
  'gen_ai.usage.input_tokens': input,
  'gen_ai.usage.output_tokens': output,
})

test('a stored event says which attribute filled which field, also after a correction', async () => {
  await send({ trace: 1, span: 1, attributes: usage('invoke_agent', 900, 90) })
  const alone = await eventOf(1, 1)
  assert.equal(alone['input_tokens'], 900)
  assert.equal(sourceOf(alone, 'input_tokens'), 'attr:gen_ai.usage.input_tokens')
  await send({ trace: 1, span: 2, parent: 1, attributes: usage('chat', 200, 20) })
  const corrected = await eventOf(1, 1)
  assert.equal(corrected['input_tokens'], 700)
  // From two reports.
  assert.equal(corrected['revision'], 2)
  assert.equal(corrected['field_sources'], alone['field_sources'])
  assert.equal(sourceOf(corrected, 'input_tokens'), 'usage_details.reported_input_tokens')
  assert.equal(sourceOf(corrected, 'request_model'), 'attr:gen_ai.request.model')
  assert.equal(sourceOf(corrected, 'cost_usd'), 'price_ref')
})

test('times are what was sent, to the nanosecond, and an unknown event is a 404', async () => {
  const event = await eventOf(1, 1)
  const text = (ns: bigint): string =>
    `${new Date(Number(ns / 1_000_000n)).toISOString().slice(0, 19)}.${String(ns % 1_000_000_000n).padStart(9, '0')}Z`
  assert.equal(event['start_time'], text(START_NS))
  assert.equal(event['end_time'], text(START_NS + 1_000_001n))
  const res = await fetch(instance.url(`/api/v1/events/${'0'.repeat(32)}`, 'http'))
  assert.equal(res.status, 404)
})

test('a call has the route of its trace although the root comes last', async () => {
  await send({ trace: 2, span: 4, parent: 3, afterNs: 10n, attributes: usage('chat', 50, 5) })
  await send({ trace: 2, span: 3, attributes: { 'http.route': '/late' } })
  const routes = (await eventsOf(2)).map((e) => e['route'])
  assert.deepEqual(routes, ['/late', '/late'])
  const { data } = await get('/api/v1/costs/breakdown?by=route')
  const row = (data as Row[]).find((r) => r['route'] === '/late')
  assert.equal(row?.['input_tokens'], 50)
})

test('counts that contradict their total are named in costs and beside a bill', async () => {
  const odd = { ...usage('chat', 100, 10), 'gen_ai.usage.total_tokens': 555 }
  await send(
    { trace: 5, span: 6, scope: 'odd.sdk', attributes: odd },
    { trace: 7, span: 8, scope: 'odd.sdk', attributes: { ...odd, 'http.route': '/odd' } },
    { trace: 9, span: 10, attributes: usage('chat', 100, 10) },
  )
  const { total, inconsistent } = await get('/api/v1/costs')
  assert.equal((total as Row)['usage_inconsistent'], 2)
  assert.deepEqual(inconsistent, [
    { scope_name: 'odd.sdk', events: 2, input_tokens: 200, output_tokens: 20 },
  ])
  const rows = (await get('/api/v1/costs/breakdown?by=model,route'))['data'] as Row[]
  const of = (route: string | null): unknown =>
    rows.find((r) => r['route'] === route)?.['usage_inconsistent']
  assert.deepEqual([of('/odd'), of(null), of('/late')], [1, 1, 0])
  const day = new Date(Number(START_NS / 1_000_000n)).toISOString()
  const res = await fetch(instance.url('/api/v1/reconcile', 'http'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      content: `start_time_iso,num_model_requests,api_key_id,model,input_tokens,output_tokens,input_cached_tokens\n${day},1,k,gpt-4.1,100,10,0\n`,
    }),
  })
  const reconciled = (await res.json()) as Row
  assert.equal(reconciled['usage_inconsistent'], 2)
  assert.deepEqual(reconciled['inconsistent'], [{ scope_name: 'odd.sdk', events: 2 }])
})

const said = (role: string, content: string): string =>
  JSON.stringify([{ role, parts: [{ type: 'text', content }] }])

test('a conversation whose id stands on late roots alone has its messages, count and last message', async () => {
  const turn = (trace: number, question: string, answer: string): Span => ({
    trace,
    span: trace * 100 + 2,
    parent: trace * 100 + 1,
    afterNs: BigInt(trace) * 10_000_000n,
    attributes: {
      ...usage('chat', 10, 1),
      'gen_ai.input.messages': said('user', question),
      'gen_ai.output.messages': said('assistant', answer),
    },
  })
  await send(turn(41, 'hello', 'hi'))
  await send(turn(42, 'and now?', 'bye'))
  for (const trace of [41, 42])
    await send({
      trace,
      span: trace * 100 + 1,
      afterNs: BigInt(trace) * 10_000_000n - 1n,
      attributes: { 'gen_ai.conversation.id': 'talk-9' },
    })
  const { data, next_cursor } = await get('/api/v1/conversations/talk-9/messages')
  const spoken = (data as Row[]).map((m) => {
    const [part] = m['parts'] as { content: string }[]
    return [m['index'], m['role'], part?.content]
  })
  assert.deepEqual(spoken, [
    [0, 'user', 'hello'],
    [1, 'assistant', 'hi'],
    [2, 'user', 'and now?'],
    [3, 'assistant', 'bye'],
  ])
  assert.equal(next_cursor, null)
  const page = await get('/api/v1/conversations/talk-9/messages?limit=3')
  const rest = await get(
    `/api/v1/conversations/talk-9/messages?limit=3&cursor=${String(page['next_cursor'])}`,
  )
  assert.deepEqual(
    (rest['data'] as Row[]).map((m) => m['index']),
    [3],
  )
  const talk = await get('/api/v1/conversations/talk-9')
  assert.equal(talk['message_count'], 2)
  assert.equal(talk['last_message'], 'bye')
  assert.equal(talk['input_tokens'], 20)
  const unknown = await fetch(instance.url('/api/v1/conversations/nobody/messages', 'http'))
  assert.equal(unknown.status, 404)
})

test('a call that a silent SDK reported first shows the messages of its wrapper', async () => {
  const response = { 'gen_ai.response.id': 'resp-silent-1' }
  await send({
    trace: 51,
    span: 512,
    parent: 511,
    scope: 'sdk',
    attributes: { ...usage('chat', 77, 7), ...response, 'gen_ai.usage.cache_read.input_tokens': 5 },
  })
  await send({
    trace: 51,
    span: 511,
    scope: 'wrapper',
    attributes: {
      ...usage('chat', 77, 7),
      ...response,
      'gen_ai.output.messages': said('assistant', 'yes'),
    },
  })
  const shown = await eventOf(51, 512)
  assert.equal(shown['usage_aggregate'], false)
  assert.match(JSON.stringify(shown['output_messages']), /yes/)
  assert.equal(sourceOf(shown, 'output_messages'), 'joined_from')
})

test('usage that only an agent without a model reports is in every sum, and counts as unpriced in all of them', async () => {
  const {
    'gen_ai.request.model': _m,
    'gen_ai.provider.name': _p,
    ...agent
  } = usage('invoke_agent', 500, 100)
  const sums = async (): Promise<number[][]> => {
    const { total } = await get('/api/v1/costs')
    const lists = await Promise.all(
      [
        'costs/breakdown?by=model',
        'costs/breakdown?by=provider',
        'costs/breakdown?by=route',
        'analytics/breakdown?by=model',
        'analytics/breakdown?by=kind',
      ].map(async (path) => (await get(`/api/v1/${path}`))['data'] as Row[]),
    )
    return [[total as Row], ...lists].map((rows) =>
      ['total_tokens', 'unpriced'].map((name) => rows.reduce((n, r) => n + Number(r[name]), 0)),
    )
  }
  const before = (await sums())[0] ?? []
  await send(
    { trace: 11, span: 12, attributes: agent },
    { trace: 11, span: 13, parent: 12, attributes: usage('chat', 100, 20) },
    { trace: 11, span: 14, parent: 12, afterNs: 10n, attributes: usage('chat', 200, 40) },
  )
  const [tokens = 0, unpriced = 0] = before
  const want = [tokens + 600, unpriced + 1]
  assert.deepEqual(await sums(), Array(6).fill(want))
  const trace = await get(`/api/v1/traces/${hex(11, 32)}`)
  assert.equal(trace['unpriced'] ?? (trace['trace'] as Row | undefined)?.['unpriced'], 1)
})
