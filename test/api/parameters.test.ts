// What parameters and bodies of all routes have in common, held against every route of the document: numbers and times as people write
// them, ranges that go forward, lists in every format, bodies in UTF-8.

import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { Instance } from '../instance.ts'
import { otlpJson } from '../span-batch.ts'

interface Parameter {
  readonly name: string
  readonly in: string
  readonly schema: Readonly<Record<string, unknown>>
}
interface Operation {
  readonly parameters?: readonly Parameter[]
}

const TRACE = 'b'.repeat(32)
/** Ask what is made up, which does not matter for the parameters. */
const GIVEN: Readonly<Record<string, string>> = {
  metric: 'latency',
  q: 'hello',
  by: 'model',
  name: 'model',
  id: TRACE,
}

let at: Instance
let gets: readonly (readonly [path: string, names: readonly Parameter[]])[]

before(async () => {
  at = await Instance.start({
    config: `
exporters:
  clickhouse: { embedded: true }
  postgres: { embedded: true }
service:
  pipelines:
    traces: { receivers: [otlp], processors: [scrub, canonicalize, cost, signals], exporters: [clickhouse, postgres] }
`,
  })
  const said = [{ role: 'user', parts: [{ type: 'text', content: 'hello, GRÜSSE aus Köln' }] }]
  const attributes = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.input.messages': JSON.stringify(said),
  }
  const spans = [{ name: '=chat', traceId: TRACE, attributes }, { name: 'other' }]
  assert.equal((await at.post('/v1/traces', otlpJson(spans))).status, 200)
  await at.drained()
  const document = (await (await get('openapi.json')).json()) as {
    paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  }
  gets = Object.entries(document.paths).flatMap(([path, methods]) => {
    const parameters = methods['get']?.parameters
    return parameters === undefined || !path.startsWith('/api/v1/') || path.endsWith('/stream')
      ? []
      : [[path.slice('/api/v1/'.length), parameters] as const]
  })
})
after(() => at.stop())

const get = (path: string): Promise<Response> =>
  fetch(at.url(`/api/v1/${path}`, 'http'), { headers: { 'cache-control': 'no-cache' } })

/** The path with what it needs, and these parameters. */
function addressOf(path: string, parameters: readonly Parameter[], more: string): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    path.startsWith('topics/') ? 'c'.repeat(16) : (GIVEN[name] ?? TRACE),
  )
  const needed = parameters
    .filter((p) => p.in === 'query' && GIVEN[p.name] !== undefined && !more.includes(`${p.name}=`))
    .filter((p) => ['q', 'by', 'metric'].includes(p.name))
  return `${filled}?${[...needed.map((p) => `${p.name}=${GIVEN[p.name]}`), more].join('&')}`
}

async function statusOf(address: string): Promise<readonly [status: number, message: string]> {
  const res = await get(address)
  return [res.status, await res.text()]
}

test('a number is written in digits: neither empty nor in the ways that only JS reads', async () => {
  let asked = 0
  for (const [path, parameters] of gets)
    for (const { name, schema, in: place } of parameters) {
      if (place !== 'query' || !['number', 'integer'].includes(String(schema['type']))) continue
      for (const value of ['', '0x10', '%201', '1_0', 'Infinity', '0b1', '+1', '1.', 'abc']) {
        const [status, text] = await statusOf(addressOf(path, parameters, `${name}=${value}`))
        assert.equal(status, 400, `${path} ${name}=${value}: ${text.slice(0, 200)}`)
        assert.ok(text.includes(name), `${path}: ${text.slice(0, 200)}`)
        asked++
      }
    }
  assert.ok(asked > 300, `${asked} requests`)
  for (const value of ['0', '1.5', '1e3', '000'])
    assert.equal((await get(`traces?min_cost_usd=${value}`)).status, 200, value)
  assert.equal((await get('scores?min_value=-1.5&max_value=1e3')).status, 200)
})

test('a time is one that a calendar has, UTC where it does not say, and a range goes forward', async () => {
  let ranges = 0
  for (const [path, parameters] of gets) {
    const names = new Set(parameters.map((p) => p.name))
    if (!names.has('from') || !names.has('to')) continue
    ranges++
    for (const value of [
      '2026-02-31',
      '2026-02-29',
      '2026-13-01',
      '2026-04-31T10:00:00Z',
      '2026-01-01T24:00:00Z',
      'Feb%203',
      '1/2/2026',
      '2026',
      '',
    ]) {
      // Years alone are milliseconds.
      if (value === '2026') continue
      const [status, text] = await statusOf(addressOf(path, parameters, `from=${value}`))
      assert.equal(status, 400, `${path} from=${value}: ${text.slice(0, 200)}`)
    }
    for (const [from, to] of [
      ['2026-09-22', '2026-09-21'],
      ['2026-09-21T12:00:00Z', '2026-09-21T12:00:00Z'],
    ]) {
      const [status, text] = await statusOf(addressOf(path, parameters, `from=${from}&to=${to}`))
      assert.equal(status, 400, `${path}: ${text.slice(0, 200)}`)
      assert.match(text, /from is not before to/, path)
    }
  }
  assert.ok(ranges > 12, `${ranges} routes with a range`)
  const window = (from: string, to: string) => get(`dashboard/overview?from=${from}&to=${to}`)
  const said = async (from: string, to: string) =>
    ((await (await window(from, to)).json()) as { from: string }).from
  assert.equal(await said('2026-09-21T12:00', '2026-09-22'), '2026-09-21T12:00:00.000Z')
  assert.equal(await said('2026-09-21%2012:00:00', '2026-09-22'), '2026-09-21T12:00:00.000Z')
  assert.equal(await said('2026-09-21T12:00:00%2B02:00', '2026-09-22'), '2026-09-21T10:00:00.000Z')
  assert.equal(await said('2028-02-29', '2028-03-01'), '2028-02-29T00:00:00.000Z')
})

test('every list is to be had as CSV and NDJSON, with and without a limit', async () => {
  let lists = 0
  for (const [path, parameters] of gets) {
    if (!parameters.some((p) => p.name === 'format')) continue
    lists++
    const hasLimit = parameters.some((p) => p.name === 'limit')
    for (const more of [
      'format=csv',
      'format=ndjson',
      ...(hasLimit ? ['format=csv&limit=1'] : []),
    ]) {
      const [status, text] = await statusOf(addressOf(path, parameters, more))
      // Some have no such id, or no credential that may.
      assert.ok(
        [200, 401, 403, 404].includes(status),
        `${path} ${more}: ${status} ${text.slice(0, 300)}`,
      )
    }
  }
  assert.ok(lists > 20, `${lists} lists`)
  for (const path of ['topics', 'search', 'traces', 'scores', 'duplicates'])
    assert.ok(
      gets.some(([p, ps]) => p === path && ps.some(({ name }) => name === 'fields')),
      path,
    )
  const found = await (
    await get('search?q=gr%C3%BC%C3%9Fe&format=csv&fields=name,field,snippet')
  ).text()
  assert.equal(found, 'name,field,snippet\r\n\'=chat,input_messages,"hello, GRÜSSE aus Köln"\r\n')
  const topics = await (await get('topics?format=csv&fields=topic_id,traces')).text()
  assert.equal(topics, 'topic_id,traces\r\n')
  assert.equal((await get('search?q=hello&fields=similarity,event_id')).status, 200)
  assert.equal((await get('search?q=hello&fields=nonsense')).status, 400)
})

test('what is searched for has its limits in the document', () => {
  for (const [path, name] of [
    ['search', 'q'],
    ['events', 'text'],
    ['traces', 'text'],
  ]) {
    const parameters = gets.find(([p]) => p === path)?.[1]
    const schema = parameters?.find((p) => p.name === name)?.schema
    assert.equal(schema?.['minLength'], 1, path)
    assert.ok(Number(schema?.['maxLength']) >= 200, path)
  }
})

const post = (body: string | Uint8Array<ArrayBuffer>): Promise<Response> =>
  fetch(at.url('/api/v1/scores', 'http'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })

test('a body that is no UTF-8 is refused, and a score of no trace too; one of a trace to come is kept', async () => {
  const score = { trace_id: TRACE, name: 'tone', value: 'grün 😀' }
  const bytes = Buffer.from(JSON.stringify(score))
  const good = await post(Uint8Array.from(bytes))
  assert.equal(good.status, 201)
  assert.equal(((await good.json()) as { value: unknown }).value, 'grün 😀')
  for (const broken of [
    Buffer.from(JSON.stringify(score), 'latin1'),
    Buffer.concat([bytes.subarray(0, bytes.indexOf(0xf0) + 2), Buffer.from('"}')]),
    Buffer.from(JSON.stringify(score), 'utf16le'),
    Buffer.concat([Buffer.from([0xff]), bytes]),
  ]) {
    const res = await post(Uint8Array.from(broken))
    assert.equal(res.status, 400)
    assert.match(await res.text(), /VALIDATION_ERROR/)
  }
  assert.equal((await post('{"trace_id":')).status, 400)
  assert.equal((await post('')).status, 400)
  assert.equal((await post('{"__proto__":{"x":1},"name":"n","value":1}')).status, 400)
  for (const wrong of [
    { ...score, trace_id: '0'.repeat(32) },
    { ...score, trace_id: '00000000-0000-0000-0000-000000000000' },
    { ...score, span_id: '0'.repeat(16) },
  ])
    assert.equal((await post(JSON.stringify(wrong))).status, 400, JSON.stringify(wrong))
  assert.equal((await post(JSON.stringify({ ...score, trace_id: 'c'.repeat(32) }))).status, 201)
})
