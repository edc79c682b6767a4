// Access to the REST API: every operation of the OpenAPI document is requested without a key, with a key of another scope, and
// with ids of another tenant. New operations are tested too, because the list comes from the document.

import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { makeApp } from '../../api/app.ts'
import { useAuth } from '../../api/auth.ts'
import { anonymousAuthenticator } from '../../collector/extensions/keys/index.ts'
import { keyForTests } from '../../collector/extensions/keys/testing/key-for-tests.ts'
import { silentLog } from '../../storage/testing/stores.ts'
import { rawRequest } from '../hostile/raw-request.ts'
import { Instance } from '../instance.ts'
import { otlpJson } from '../span-batch.ts'

const a = keyForTests('sk', { tenant: 'tenant-a', project: 'project-a' })
const b = keyForTests('sk', { tenant: 'tenant-b', project: 'project-b' })
const ingestOnly = keyForTests('sk', { scopes: ['ingest'] })
/** `content` is no scope of an operation: some of those with `query` need it too. */
const queryOnly = keyForTests('sk', { scopes: ['query', 'content'] })
const rows = [a, b, ingestOnly, queryOnly].map((k) => k.row)

let instance: Instance
let routes: Route[] = []

interface Route {
  readonly method: string
  readonly path: string
  /** Scope that the key needs; null for public operations. */
  readonly scope: string | null
  /** Query string with the required parameters. */
  readonly query: string
}

interface Operation {
  /** The paths of operations that are served outside of the API. */
  readonly servers?: readonly unknown[]
  readonly security?: readonly unknown[]
  readonly 'x-required-scope'?: string
  readonly parameters?: readonly {
    readonly name: string
    readonly in: string
    readonly required?: boolean
    readonly schema: { readonly enum?: readonly string[] }
  }[]
}

before(async () => {
  instance = await Instance.start({
    config: `
auth: keys
exporters:
  clickhouse: { embedded: true }
  postgres: { embedded: true }
extensions: { keys: { keys: ${JSON.stringify(rows)} } }
service:
  extensions: [keys, api]
  pipelines:
    traces: { receivers: [otlp, observa], processors: [scrub, canonicalize, cost, signals], exporters: [clickhouse, postgres] }
`,
  })
  const attributes = {
    'session.id': 'session-of-b',
    'user.id': 'user-of-b',
    'gen_ai.conversation.id': 'talk-of-b',
    'gen_ai.operation.name': 'chat',
    'gen_ai.request.model': 'gpt-4o',
  }
  const sent = await instance.post(
    '/v1/traces',
    otlpJson([{ name: 'chat gpt-4o', traceId: 'b'.repeat(32), attributes, error: 'it failed' }]),
    { 'content-type': 'application/json', authorization: `Bearer ${b.key}` },
  )
  assert.equal(sent.status, 200)
  await instance.drained()
  const made = {
    '/api/v1/views': { name: 'view-of-b', page: 'traces', query: {} },
    '/api/v1/scores': { trace_id: 'b'.repeat(32), name: 'score-of-b', value: 1 },
  }
  for (const [path, body] of Object.entries(made))
    assert.equal((await ask('POST', path, b.key, body)).status, 201, path)
  const document = (await ask('GET', '/api/v1/openapi.json', null)).body as {
    paths: Record<string, Record<string, Operation>>
  }
  routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, operation]) => operation.servers === undefined)
      .map(([method, operation]) => ({
        method: method.toUpperCase(),
        path,
        scope: operation.security?.length === 0 ? null : (operation['x-required-scope'] ?? 'none'),
        query: requiredQuery(operation),
      })),
  )
})

after(async () => {
  await instance.stop()
})

interface Answer {
  readonly status: number
  readonly body: unknown
}

async function ask(
  method: string,
  path: string,
  key: string | null,
  body: object = {},
): Promise<Answer> {
  const res = await fetch(instance.url(path, 'http'), {
    method,
    headers: {
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...(method === 'GET' ? {} : { 'content-type': 'application/json' }),
    },
    ...(method === 'GET' ? {} : { body: JSON.stringify(body) }),
  })
  // A stream has no end; that it was opened is the answer.
  if (res.headers.get('content-type')?.startsWith('text/event-stream') === true) {
    await res.body?.cancel()
    return { status: res.status, body: {} }
  }
  return { status: res.status, body: JSON.parse(await res.text()) as unknown }
}

const get = (path: string, key: string | null): Promise<Answer> => ask('GET', path, key)

/** Values of required parameters whose values the document does not list. */
const VALUES: Readonly<Record<string, string>> = { by: 'model' }

function requiredQuery({ parameters = [] }: Operation): string {
  const needed = parameters.filter((p) => p.in === 'query' && p.required === true)
  const given = needed.map((p) => `${p.name}=${p.schema.enum?.[0] ?? VALUES[p.name] ?? 'observa'}`)
  return given.length === 0 ? '' : `?${given.join('&')}`
}

/** The path with well-formed ids that do not exist. */
const plain = (path: string): string => path.replace(/\{\w+\}/g, 'f'.repeat(32))

/** Who signs in has no credential yet. */
const SIGN_IN = [
  'signup',
  'login',
  'options',
  'oidc/start',
  'oidc/callback',
  'reset',
  'reset/confirm',
]

test('every operation needs a key with its scope, except those that the document marks as public', async () => {
  assert.ok(routes.length >= 20, `${routes.length} operations`)
  assert.deepEqual(
    routes.filter((r) => r.scope === null).map((r) => r.path),
    ['/health', '/health/ready', ...SIGN_IN.map((name) => `/api/v1/auth/${name}`)],
  )
  const forged = `${a.key.slice(0, -1)}-`
  for (const { method, path, scope } of routes) {
    const status = async (key: string | null): Promise<number> =>
      (await ask(method, plain(path), key)).status
    const what = `${method} ${path}`
    if (scope === null) {
      // This instance has no OpenID provider. An empty body is invalid for a sign-in, whoever sends it.
      const wanted = path.includes('/oidc/') ? 404 : method === 'GET' ? 200 : 400
      assert.deepEqual([await status(null), await status(forged)], [wanted, wanted], what)
      continue
    }
    assert.deepEqual([await status(null), await status(forged)], [401, 401], what)
    assert.equal((await status(ingestOnly.key)) === 403, scope !== 'ingest', what)
    assert.equal((await status(queryOnly.key)) === 403, scope !== 'query', what)
  }
})

test('a key without the ingest scope cannot send', async () => {
  for (const [port, path] of [
    ['otlp', '/v1/traces'],
    ['otlp', '/v1/logs'],
    ['http', '/v1/traces'],
    ['http', '/api/v1/events/ingest'],
  ] as const) {
    const headers = { 'content-type': 'application/json' }
    const body = path.endsWith('ingest') ? '[]' : '{}'
    const asked = async (key: string | null): Promise<number> => {
      const more = key === null ? {} : { authorization: `Bearer ${key}` }
      return (await instance.post(path, body, { ...headers, ...more }, port)).status
    }
    assert.deepEqual([await asked(null), await asked(queryOnly.key)], [401, 403], `${port} ${path}`)
  }
})

test('a route without a declared scope cannot be registered', async () => {
  const auth = anonymousAuthenticator()
  const guard = { refusalOf: () => null }
  const app = await makeApp({ log: silentLog, version: '0', auth, guard })
  useAuth(app, auth)
  assert.throws(() => app.get('/api/v1/open', () => ({})), /declares no scope/)
  await app.close()
})

/**
 * Operations that read telemetry. The control plane has the same test in `test/api/control.test.ts`. Topics need an endpoint of embeddings
 * (`test/api/topics.test.ts`).
 */
const telemetry = (): Route[] =>
  routes.filter(
    (r) =>
      r.method === 'GET' &&
      r.scope === 'query' &&
      !/\/(tenants|projects|keys|members|audit|targets|deliveries|mutes|budgets|stream|topics)\b/.test(
        r.path,
      ),
  )

/** The first id in the list that belongs to a route with an id, requested by the owner. */
async function idOf(path: string): Promise<string> {
  const list = path.slice(0, path.indexOf('/{'))
  const { body } = await get(`${list}?limit=1`, b.key)
  const [row] = (body as { data: Record<string, unknown>[] }).data
  const name = `${list.slice(list.lastIndexOf('/') + 1, -1)}_id`
  assert.ok(row !== undefined, `${list} has a row of tenant b`)
  return String(row[name])
}

test('an id of another tenant gets the same 404 as an unknown id, on every route with an id', async () => {
  const withId = telemetry().filter((r) => r.path.includes('{id}'))
  assert.ok(withId.length >= 6, `${withId.length} routes`)
  for (const { path } of withId) {
    const id = await idOf(path)
    const own = await get(path.replace(/\{\w+\}/, encodeURIComponent(id)), b.key)
    assert.equal(own.status, 200, `${path}: ${JSON.stringify(own.body)}`)
    const foreign = await get(path.replace(/\{\w+\}/, encodeURIComponent(id)), a.key)
    const unknown = await get(plain(path), a.key)
    assert.equal(foreign.status, 404, path)
    const shown = ({ body }: { body: unknown }): object => ({
      ...(body as { error: object }).error,
      request_id: '',
    })
    assert.deepEqual(shown(foreign), shown(unknown), path)
  }
})

test('lists and sums contain no data of another tenant', async () => {
  for (const { path, query } of telemetry().filter((r) => !r.path.includes('{id}'))) {
    const { status, body } = await get(`${path.replace('{name}', 'model')}${query}`, a.key)
    assert.equal(status, 200, path)
    assert.doesNotMatch(JSON.stringify(body), /-of-b|b{32}|tenant-b/, path)
    const rowsOfA = (body as { data?: Record<string, unknown>[] }).data ?? []
    assert.deepEqual(
      rowsOfA.filter((row) => Number(row['events'] ?? 0) > 0),
      [],
      path,
    )
  }
})

test('TRACE and other unused methods get a 405 that echoes nothing of the request', async () => {
  for (const port of ['http', 'otlp', 'metrics'] as const)
    for (const method of ['TRACE', 'PUT', 'PATCH', 'DELETE', 'QUERY', 'PROPFIND', 'LINK']) {
      const target = { http: '/api/v1/traces', otlp: '/v1/traces', metrics: '/metrics' }[port]
      const reply = await rawRequest(instance.ports[port], {
        method,
        target,
        headers: [
          ['Host', 'localhost'],
          ['Authorization', `Bearer ${a.key}`],
          ['X-Canary', 'canary-of-a-test'],
        ],
      })
      assert.equal(reply.status, 405, `${method} ${target}: ${reply.body}`)
      assert.ok(reply.headers['allow'], `${method} ${target}`)
      assert.doesNotMatch(reply.body, /canary|Bearer/, `${method} ${target}`)
    }
})
