// Tests the read routes of the API on real stores: trees, messages, search, sums by any dimension, comparisons and dashboards. Content
// is returned only with permission, and no route of the OpenAPI document returns data of another tenant.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { keyForTests } from '../../collector/extensions/keys/testing/key-for-tests.ts'
import { Instance } from '../instance.ts'
import { otlpJson } from '../span-batch.ts'

const a = keyForTests('sk', { tenant: 'tenant-a', project: 'project-a' })
const b = keyForTests('sk', { tenant: 'tenant-b', project: 'project-b' })
const figures = keyForTests('sk', {
  tenant: 'tenant-a',
  project: 'project-a',
  scopes: ['ingest', 'query'],
})
const TRACE = '5b8efff798038103d269b633813fc60c'
const CANARY = 'quokkacanary'

let at: Instance

const messages = (...texts: string[]): string =>
  JSON.stringify(
    texts.map((text, i) => ({
      role: i % 2 === 0 ? 'user' : 'assistant',
      parts: [{ type: 'text', content: text }],
    })),
  )

/** A call of a chat that repeats what was said before. */
const call = (n: number, input: readonly string[], output: string) => ({
  traceId: TRACE,
  spanId: `00000000000000a${n}`,
  parentSpanId: '00000000000000a0',
  name: `chat ${n}`,
  startMs: n * 1000,
  durationMs: 100 * n,
  attributes: {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': n === 2 ? 'gpt-4o-mini' : 'gpt-4o',
    'gen_ai.usage.input_tokens': 10 * n,
    'gen_ai.usage.output_tokens': n,
    'gen_ai.conversation.id': 'talk-a',
    'user.id': 'user-a',
    'gen_ai.input.messages': messages(...input),
    'gen_ai.output.messages': JSON.stringify([
      { role: 'assistant', parts: [{ type: 'text', content: output }] },
    ]),
  },
})

before(async () => {
  at = await Instance.start({
    config: `
auth: keys
exporters:
  clickhouse: { embedded: true }
  postgres: { embedded: true }
extensions:
  keys: { keys: ${JSON.stringify([a, b, figures].map((k) => k.row))} }
service:
  extensions: [keys, api]
  pipelines:
    traces: { receivers: [otlp], processors: [scrub, canonicalize, cost, signals], exporters: [clickhouse, postgres] }
    logs: { receivers: [otlp], processors: [scrub, canonicalize, cost, signals], exporters: [clickhouse, postgres] }
`,
  })
  const spans = [
    { traceId: TRACE, spanId: '00000000000000a0', name: 'root', durationMs: 9000 },
    call(1, ['yes'], `hello ${CANARY}`),
    call(2, ['yes', `hello ${CANARY}`, 'yes'], 'fine'),
    call(3, ['yes', `hello ${CANARY}`, 'yes', 'fine', 'bye'], 'bye'),
    {
      traceId: TRACE,
      spanId: '00000000000000b1',
      parentSpanId: '00000000000000a2',
      name: 'tool',
      startMs: 2500,
      durationMs: 50,
      error: 'no such file',
      attributes: { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'read_file' },
    },
  ]
  await send(otlpJson(spans, { 'service.name': 'shop' }), a.key)
  const attributes = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.input.messages': messages('one\ntwolines'),
    'gen_ai.output.messages': messages('near\n\nsecond\tthird\r\nfourth'),
  }
  await send(otlpJson([{ traceId: 'b'.repeat(32), name: 'theirs', attributes }]), b.key)
  await at.drained()
})
after(() => at.stop())

async function send(body: string, key: string): Promise<void> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` }
  assert.equal((await at.post('/v1/traces', body, headers)).status, 200)
}

type Json = Record<string, unknown>

async function get(path: string, key = a.key): Promise<{ status: number; body: Json }> {
  const headers = { authorization: `Bearer ${key}` }
  const res = await fetch(at.url(`/api/v1/${path}`, 'http'), { headers })
  return { status: res.status, body: (await res.json()) as Json }
}

async function ok(path: string, key = a.key): Promise<Json> {
  const { status, body } = await get(path, key)
  assert.equal(status, 200, `${path}: ${JSON.stringify(body)}`)
  return body
}

const rows = (body: Json, name = 'data'): Json[] => body[name] as Json[]
/** Test spans are of this time. */
const RANGE = 'from=2026-09-21T00:00:00Z&to=2026-09-22T12:00:00Z'

test('a trace is a tree with waterfall data, in pages', async () => {
  const trace = await ok(`traces/${TRACE}`)
  assert.deepEqual([trace['name'], trace['input_tokens'], trace['is_cut']], ['root', 60, false])
  assert.deepEqual(
    rows(trace, 'spans').map((s) => [s['name'], s['depth'], s['children'], s['offset_ms']]),
    [
      ['root', 0, 3, 0],
      ['chat 1', 1, 0, 1000],
      ['chat 2', 1, 1, 2000],
      ['tool', 2, 0, 2500],
      ['chat 3', 1, 0, 3000],
    ],
  )
  const seen: unknown[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const page = await ok(
      `traces/${TRACE}/skeleton?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`,
    )
    seen.push(...rows(page).map((s) => s['name']))
    cursor = page['next_cursor'] as string | null
  }
  assert.deepEqual(seen, ['root', 'chat 1', 'chat 2', 'tool', 'chat 3'])
  assert.doesNotMatch(JSON.stringify(trace), new RegExp(CANARY))
  assert.deepEqual(rows(await ok(`traces/${TRACE}?limit=0`), 'spans'), [])
})

test('a conversation has each message once, in its order', async () => {
  const { data } = await ok('conversations/talk-a/messages')
  assert.deepEqual(
    (data as Json[]).map((m) => [m['role'], (m['parts'] as Json[])[0]?.['content']]),
    [
      ['user', 'yes'],
      ['assistant', `hello ${CANARY}`],
      ['user', 'yes'],
      ['assistant', 'fine'],
      ['user', 'bye'],
      ['assistant', 'bye'],
    ],
  )
  assert.equal((await get('conversations/nobody/messages')).status, 404)
})

test('search finds words in prompts and answers, with where they are', async () => {
  const found = rows(await ok(`search?q=${CANARY.toUpperCase()}%20HELLO`))
  assert.equal(found.length, 3)
  assert.deepEqual([found[2]?.['field'], found[2]?.['name']], ['output_messages', 'chat 1'])
  assert.match(String(found[0]?.['snippet']), new RegExp(`hello ${CANARY}`))
  assert.deepEqual(rows(await ok('search?q=quokkacanar')), [])
  assert.deepEqual(rows(await ok(`search?q=${CANARY}`, b.key)), [])
  for (const asked of [`Hello, ${CANARY}?`, `"hello-${CANARY}"`, `(hello) ${CANARY}'`])
    assert.equal(
      rows(await ok(`search?q=${encodeURIComponent(asked)}`)).length,
      found.length,
      asked,
    )
  for (const first of ['TwoLines', 'second', 'third', 'fourth', 'near second'])
    assert.equal(rows(await ok(`search?q=${first}`, b.key)).length, 1, first)
  for (const part of ['ear', 'wolines', 'secon'])
    assert.deepEqual(rows(await ok(`search?q=${part}`, b.key)), [], part)
})

test('sums by any dimension or pair add up to the total, with all others', async () => {
  const byModel = await ok(`analytics/breakdown?by=model&order=calls&limit=1&${RANGE}`)
  assert.deepEqual(
    rows(byModel).map((g) => [g['by'], g['calls'], g['input_tokens']]),
    [[{ model: 'gpt-4o' }, 2, 40]],
  )
  const others = byModel['others'] as Json
  const total = byModel['total'] as Json
  assert.deepEqual([total['events'], total['calls'], total['input_tokens']], [5, 3, 60])
  assert.deepEqual([others['events'], others['calls'], others['input_tokens']], [3, 1, 20])
  const pairs = await ok(
    `analytics/breakdown?by=kind,service&order=events&latency_of=events&${RANGE}`,
  )
  assert.equal(pairs['others'], null)
  const tool = rows(pairs).find((g) => (g['by'] as Json)['kind'] === 'tool')
  assert.deepEqual([tool?.['errors'], tool?.['p50_ms']], [1, 50])
  const byUser = rows(await ok(`analytics/breakdown?by=user&${RANGE}`))
  assert.deepEqual(
    byUser.map((g) => [g['by'], g['events']]),
    [[{ user: 'user-a' }, 5]],
  )
  const filtered = await ok(`analytics/breakdown?by=name&model=gpt-4o-mini&${RANGE}`)
  assert.deepEqual(
    rows(filtered).map((g) => g['by']),
    [{ name: 'chat 2' }],
  )
})

test('two filters and two times are compared', async () => {
  const models = await ok(`analytics/compare?model=gpt-4o&base_model=gpt-4o-mini&${RANGE}`)
  const changes = models['change'] as Record<string, Json>
  assert.deepEqual(changes['input_tokens'], { difference: 20, ratio: 2 })
  const before = await ok(`analytics/compare?by=model&${RANGE}`)
  assert.equal((before['base'] as Json)['events'], 0)
  assert.deepEqual((before['change'] as Record<string, Json>)['events'], {
    difference: 5,
    ratio: null,
  })
  assert.equal(rows(before)[0]?.['base'], null)
})

test('dashboards have rates, empty buckets, and lists by dimension', async () => {
  for (const name of ['metrics', 'latency', 'errors', 'costs'])
    assert.equal((await ok(`dashboard/${name}?${RANGE}`))['from'], '2026-09-21T00:00:00.000Z')
  const errors = await ok(`dashboard/errors?bucket=hour&${RANGE}`)
  assert.equal((errors['rates'] as Json)['error_rate'], 0.2)
  const overTime = rows(errors, 'over_time')
  assert.equal(overTime.length, 36)
  assert.equal(
    overTime.reduce((n, bucket) => n + Number(bucket['events']), 0),
    5,
  )
  const tools = (errors['by'] as Record<string, Json>)['tool'] as Json
  assert.deepEqual(rows(tools)[0]?.['by'], { tool: 'read_file' })
  assert.equal(
    (await get('dashboard/costs?bucket=minute&from=2025-10-01&to=2026-09-22')).status,
    400,
  )
})

test('the values of a field are those of the tenant', async () => {
  const models = rows(await ok(`fields/model/values?${RANGE}`)).filter((v) => v['value'] !== null)
  assert.deepEqual(models, [
    { value: 'gpt-4o', events: 2 },
    { value: 'gpt-4o-mini', events: 1 },
  ])
  assert.deepEqual(
    rows(await ok(`fields/name/values?${RANGE}`, b.key)).map((v) => v['value']),
    ['theirs'],
  )
  assert.equal((await get('fields/input_messages/values')).status, 400)
})

test('a key without the scope content gets everything but prompts and answers, and is told', async () => {
  const key = figures.key
  for (const path of [
    'events?limit=10',
    `traces/${TRACE}/events`,
    'events?fields=name,input_messages',
  ]) {
    const body = await ok(path, key)
    assert.ok(rows(body).length > 0)
    assert.doesNotMatch(JSON.stringify(body), new RegExp(`${CANARY}|no such file`), path)
  }
  const [event] = rows(await ok('events?limit=1', key))
  assert.equal(event?.['content_omitted'], true)
  assert.ok(event?.['name'] !== undefined)
  const one = await ok(`events/${String(event?.['event_id'])}`, key)
  assert.equal(one['content_omitted'], true)
  assert.equal((await ok('conversations/talk-a', key))['last_message'], null)
  for (const path of [
    `search?q=${CANARY}`,
    'conversations/talk-a/messages',
    `events?text=${CANARY}`,
  ])
    assert.equal((await get(path, key)).status, 403, path)
  const [whole] = rows(await ok('events?limit=1'))
  assert.equal(whole?.['content_omitted'], undefined)
  assert.match(JSON.stringify(await ok('events?limit=10')), new RegExp(CANARY))
  // The same request of both keys: what one may see is not shared with the other.
  await ok('events?limit=3')
  assert.doesNotMatch(JSON.stringify(await ok('events?limit=3', key)), new RegExp(CANARY))
})

/** Ids that tenant a has, for the parameters of paths. */
const IDS: Readonly<Record<string, string>> = {
  trace: TRACE,
  conversation: 'talk-a',
  user: 'user-a',
}

test('over every route of the document another tenant sees nothing, and without a key nobody does', async () => {
  const document = await ok('openapi.json')
  const [event] = rows(await ok('events?limit=1'))
  const paths = Object.entries(document['paths'] as Record<string, Record<string, Json>>)
  const seen = new Set<string>()
  const leaks: string[] = []
  for (const [path, operations] of paths)
    for (const [method, operation] of Object.entries(operations)) {
      // Those of receivers are served at their own address.
      if (operation['x-required-scope'] === undefined || operation['servers'] !== undefined)
        continue
      // A stream has no end; whose records it shows is asked in `tap-hub.test.ts`.
      if (path.endsWith('/stream')) continue
      const id = path.includes('/traces/')
        ? IDS['trace']
        : path.includes('/conversations/')
          ? IDS['conversation']
          : path.includes('/users/')
            ? IDS['user']
            : String(event?.['event_id'])
      const url = path.replace(/\{name\}/, 'name').replace(/\{\w+\}/g, String(id))
      const query = path.endsWith('/search')
        ? `?q=${CANARY}`
        : path.endsWith('breakdown')
          ? '?by=model'
          : ''
      const ask = async (key: string | null): Promise<{ status: number; text: string }> => {
        const res = await fetch(at.url(url + query, 'http'), {
          method: method.toUpperCase(),
          headers: key === null ? {} : { authorization: `Bearer ${key}` },
        })
        return { status: res.status, text: await res.text() }
      }
      seen.add(`${method} ${path}`)
      const bare = await ask(null)
      if (bare.status !== 401) leaks.push(`${method} ${url} without a key: ${bare.status}`)
      const other = await ask(b.key)
      if (/tenant-a|user-a|talk-a|quokka|chat \d/.test(other.text))
        leaks.push(`${method} ${url}: ${other.text}`)
      if (other.status >= 500) leaks.push(`${method} ${url}: ${other.status}`)
      // An id of another tenant gets the same response as an unknown id.
      if (method === 'get' && /\{id\}/.test(path) && other.status === 200)
        leaks.push(`${method} ${url}: found`)
    }
  assert.deepEqual(leaks, [])
  assert.ok(seen.size > 40, `${seen.size} routes`)
})

async function mcp(method: string, params: object, key: string): Promise<Json> {
  const res = await fetch(at.url('/mcp', 'http'), {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  })
  assert.equal(res.status, 200)
  return ((await res.json()) as Json)['result'] as Json
}

test('an agent reads over MCP what its key may read, over HTTP and on standard input', async () => {
  const tool = (name: string, args: object): object => ({ name, arguments: args })
  const trace = JSON.stringify(await mcp('tools/call', tool('get_trace', { id: TRACE }), a.key))
  assert.match(trace, /chat 2/)
  const search = tool('search', { q: CANARY })
  assert.match(JSON.stringify(await mcp('tools/call', search, a.key)), /chat 1/)
  assert.match(JSON.stringify(await mcp('tools/call', search, figures.key)), /lacks the scope/)
  const theirs = await mcp('tools/call', tool('get_trace', { id: TRACE }), b.key)
  assert.deepEqual([theirs['isError'], JSON.stringify(theirs).includes('404')], [true, true])
  const res = await fetch(at.url('/mcp', 'http'), { headers: { authorization: `Bearer ${a.key}` } })
  assert.deepEqual([res.status, res.headers.get('allow')], [405, 'POST'])
  const lines = [
    { jsonrpc: '2.0', id: 1, method: 'initialize', params: {} },
    { jsonrpc: '2.0', method: 'notifications/initialized' },
    { jsonrpc: '2.0', id: 2, method: 'tools/call', params: search },
  ]
  const done = spawnSync(
    process.execPath,
    [join(import.meta.dirname, '../../collector/main.ts'), 'mcp', '--url', at.url('', 'http')],
    {
      input: lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
      env: { ...process.env, OBSERVA_API_KEY: a.key },
      encoding: 'utf8',
      timeout: 60_000,
    },
  )
  const answers = done.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Json)
  assert.deepEqual(
    answers.map((answer) => answer['id']),
    [1, 2],
    done.stderr,
  )
  assert.match(JSON.stringify(answers[1]), /chat 1/)
})

test('errors are problem+json for those who accept it, and a method that is not served is 405 whatever its body', async () => {
  const ask = (method: string, accept: string): Promise<Response> =>
    fetch(at.url('/api/v1/events?limit=none', 'http'), {
      method,
      headers: { authorization: `Bearer ${a.key}`, accept },
    })
  const problem = await ask('GET', 'application/problem+json')
  assert.match(String(problem.headers.get('content-type')), /^application\/problem\+json/)
  const body = (await problem.json()) as Json
  assert.deepEqual([body['status'], body['code']], [400, 'VALIDATION_ERROR'])
  assert.equal(body['request_id'], problem.headers.get('x-request-id'))
  const plain = (await (await ask('GET', '*/*')).json()) as Json
  assert.deepEqual(Object.keys(plain), ['error'])
  const query = await ask('QUERY', '*/*')
  assert.deepEqual([query.status, query.headers.get('allow')], [405, 'GET, HEAD'])
})
