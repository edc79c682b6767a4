// An invalid query is the client's mistake: every parameter of every route with every kind of invalid value gives a 400, an
// empty result or a 404, but never a 500. The routes are taken from the OpenAPI document, so that new ones are included.

import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { Instance } from '../instance.ts'
import { otlpJson } from '../span-batch.ts'

let instance: Instance

before(async () => {
  instance = await Instance.start({
    config: `
exporters:
  clickhouse: { embedded: true }
  postgres: { embedded: true }
service:
  pipelines:
    traces: { receivers: [otlp, observa], processors: [scrub, canonicalize, cost, signals], exporters: [clickhouse, postgres] }
    logs: { receivers: [otlp], processors: [scrub, canonicalize, cost, signals], exporters: [clickhouse, postgres] }
`,
  })
  await instance.post(
    '/v1/traces',
    otlpJson([{ name: 'a' }, { name: 'b', traceId: 'b'.repeat(32) }]),
  )
  await instance.drained()
})

after(async () => {
  await instance.stop()
})

const cursor = (...parts: unknown[]): string =>
  Buffer.from(JSON.stringify(parts)).toString('base64url')

const NONSENSE: readonly string[] = [
  '',
  '%00',
  'a%00b',
  '%FF%FE',
  '%',
  '%ED%A0%80',
  '-1',
  '0',
  '1e308',
  '1e999',
  'NaN',
  'Infinity',
  '0x10',
  '9'.repeat(30),
  '8640000000000000',
  '%2B275760-09-13T00:00:00.000Z',
  '-271821-04-20T00:00:00.000Z',
  '0001-01-01T00:00:00Z',
  '2106-02-07T07:00:00Z',
  '2026-02-30T00:00:00Z',
  '2026-01-01T25:00:00Z',
  "'%20OR%201%3D1--",
  '%5C',
  '{x:String}',
  'x'.repeat(300),
  '%F0%9F%92%A9',
  '..%2F..%2F',
  'null',
  '[]',
  cursor('x', 'y'),
  cursor('2026-01-01 00:00:00+00', 'a\0b'),
  cursor('2026-99-99 00:00:00+00', 'a'),
  cursor('2026-01-01 00:00:00+99', 'a'),
  cursor('infinity', 'a'),
  cursor('1790000000000000000', 'zz'),
  cursor('99999999999999999999', 'a'),
  cursor('-1', 'a'),
  cursor(1, 2),
  cursor(),
]

interface Parameter {
  readonly name: string
  readonly in: string
  readonly schema?: unknown
}

/** Routes on which equal parameters are tried: lists and sums share their filters. */
const ROUTES_MAX = 2

test('no invalid value in a query or a path leads to a 500', async () => {
  const document = (await (await fetch(instance.url('/api/v1/openapi.json', 'http'))).json()) as {
    paths: Record<string, { get?: { parameters?: Parameter[] } }>
  }
  const tried = new Map<string, number>()
  const isNew = ({ name, schema, in: place }: Parameter): boolean => {
    const key = JSON.stringify([name, schema, place])
    const times = (tried.get(key) ?? 0) + 1
    tried.set(key, times)
    return times <= ROUTES_MAX || place === 'path'
  }
  const paths = Object.entries(document.paths).flatMap(([pattern, { get }]) => {
    // A stream has no end (`stream.test.ts`).
    if (pattern.endsWith('/stream')) return []
    const plain = pattern.replace(/\{\w+\}/g, 'a'.repeat(32))
    return (get?.parameters ?? [])
      .filter(isNew)
      .flatMap(({ name, in: place }) =>
        NONSENSE.map((text) =>
          place === 'query'
            ? `${plain}?${name}=${text}`
            : pattern.replace(`{${name}}`, text).replace(/\{\w+\}/g, 'a'),
        ),
      )
  })
  const asked = paths.length
  const bad: string[] = []
  const ask = async (): Promise<void> => {
    for (let path = paths.pop(); path !== undefined; path = paths.pop()) {
      const res = await fetch(instance.url(path, 'http'))
      const body = await res.text()
      if (res.status >= 500) bad.push(`${path}: ${res.status} ${body}`)
    }
  }
  await Promise.all(Array.from({ length: 8 }, ask))
  assert.ok(asked > 1000, `only ${asked} requests`)
  assert.deepEqual(bad, [])
})

test('a cursor is accepted only by the list that returned it', async () => {
  const cursors: string[] = []
  for (const path of ['/api/v1/events', '/api/v1/traces']) {
    const page = (await (await fetch(instance.url(`${path}?limit=1`, 'http'))).json()) as {
      next_cursor: string | null
    }
    assert.ok(page.next_cursor, path)
    const at = instance.url(`${path}?limit=1&cursor=${page.next_cursor}`, 'http')
    assert.equal((await fetch(at)).status, 200, path)
    cursors.unshift(page.next_cursor)
  }
  for (const [i, path] of ['/api/v1/events', '/api/v1/traces'].entries())
    assert.equal((await fetch(instance.url(`${path}?cursor=${cursors[i]}`, 'http'))).status, 400)
})

/** A valid body for each kind of thing that is made or changed. */
const BODIES: readonly (readonly [method: string, path: string, body: object])[] = [
  ['POST', '/api/v1/scores', { trace_id: 'a'.repeat(32), name: 'good', value: 'x', comment: 'c' }],
  ['POST', '/api/v1/views', { name: 'v', page: 'traces', query: { model: 'm' } }],
  ['POST', '/api/v1/targets', { kind: 'webhook', name: 't', url: 'https://a.example/' }],
  ['POST', '/api/v1/budgets', { name: 'b', scope: 'user', subject: 's', amount: 1 }],
  ['POST', '/api/v1/mutes', { matchers: { service: ['s'] }, reason: 'r' }],
  ['POST', '/api/v1/issues/bulk', { ids: ['v1-a'], status: 'ignored', note: 'n' }],
  ['PATCH', '/api/v1/issues/v1-a', { status: 'ignored', note: 'n', assignee: 'a' }],
  ['POST', '/api/v1/projects', { name: 'p', environment: 'e' }],
  ['POST', '/api/v1/keys', { project_id: 'default', name: 'k' }],
  ['POST', '/api/v1/invitations', { email: 'a@b.example' }],
  ['POST', '/api/v1/deletions', { user_id: 'u' }],
  ['POST', '/api/v1/rules/all/replay', { settings: { disabled: ['error'] } }],
  ['POST', '/api/v1/reconcile', { content: 'a,b' }],
  ['POST', '/api/v1/explain', { payload: { a: 'b' } }],
  ['POST', '/api/v1/auth/login', { email: 'a@b.example', password: 'p' }],
]

/** The body with the value in the place of each text in turn, and of each name within a field. */
function withText(value: unknown, text: unknown): unknown[] {
  if (typeof value === 'string') return [text]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, item]) =>
    withText(item, text).map((changed) =>
      Array.isArray(value) ? [changed] : { ...value, [name]: changed },
    ),
  )
}

test('no text that UTF-8 or a store cannot hold, and no number beyond sums, leads to a 500 in a body', async () => {
  const bad: string[] = []
  let asked = 0
  for (const [method, path, body] of BODIES)
    for (const value of ['a\0b', 'a\uD800', '\uDFFFa', 1e308, -1e308, { 'a\0': 'b' }, ['\0']])
      for (const changed of withText(body, value)) {
        const res = await fetch(instance.url(path, 'http'), {
          method,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(changed),
        })
        asked++
        if (res.status >= 500 && res.status !== 503)
          bad.push(`${method} ${path} ${JSON.stringify(changed)}: ${await res.text()}`)
      }
  assert.ok(asked > 200, `only ${asked} requests`)
  assert.deepEqual(bad, [])
})

test('an unstorable text is a 400 that names the field', async () => {
  const res = await fetch(instance.url('/api/v1/views', 'http'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'v', page: 'traces', query: { model: 'a\0b' } }),
  })
  assert.equal(res.status, 400)
  assert.match(await res.text(), /query\.model: holds a NUL/)
})
