// The control plane through the REST API with real stores: onboarding, keys that work and are revoked, two tenants kept apart
// on every route and method, and an OpenAPI document that describes all of it.

import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { keyForTests } from '../../collector/extensions/keys/testing/key-for-tests.ts'
import { Instance, until } from '../instance.ts'
import { otlpJson } from '../span-batch.ts'

const all = ['ingest', 'query', 'admin'] as const
const a = keyForTests('sk', { tenant: 'tenant-a', project: 'project-a', scopes: [...all] })
const b = keyForTests('sk', { tenant: 'tenant-b', project: 'project-b', scopes: [...all] })
const reader = keyForTests('sk', { tenant: 'tenant-a', project: 'project-a' })
const UNKNOWN = '00000000-0000-4000-8000-000000000000'

let at: Instance

before(async () => {
  at = await Instance.start({
    config: `
auth: keys
exporters: { postgres: { embedded: true } }
extensions:
  keys: { keys: ${JSON.stringify([a, b, reader].map((k) => k.row))} }
service:
  extensions: [keys, api]
  pipelines:
    traces: { receivers: [otlp, observa], processors: [scrub, canonicalize, cost, signals], exporters: [file, postgres] }
`,
  })
})
after(() => at.stop())

interface Answer {
  readonly status: number
  readonly body: Record<string, unknown>
}

async function ask(
  method: string,
  path: string,
  options: { readonly key?: string | null; readonly body?: unknown } = {},
): Promise<Answer> {
  const { key = a.key, body } = options
  const res = await fetch(at.url(`/api/v1/${path}`, 'http'), {
    method,
    headers: {
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await res.text()
  return { status: res.status, body: text === '' ? {} : JSON.parse(text) }
}

async function done(method: string, path: string, body?: unknown, key = a.key): Promise<Answer> {
  const answer = await ask(method, path, body === undefined ? { key } : { key, body })
  assert.ok(answer.status < 300, `${method} ${path}: ${JSON.stringify(answer)}`)
  return answer
}

const send = async (key: string, origin?: string): Promise<number> => {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    authorization: `Bearer ${key}`,
  }
  if (origin !== undefined) headers['origin'] = origin
  return (await at.post('/v1/traces', otlpJson([{ name: 'chat' }]), headers)).status
}

const messageOf = (answer: Answer): string =>
  (answer.body['error'] as { message: string } | undefined)?.message ?? ''

test('a new project and its keys: each key works at once, within its scopes', async () => {
  const project = await done('POST', 'projects', { name: 'Shop', environment: 'prod' })
  assert.equal(project.status, 201)
  assert.deepEqual(project.body['environments'], ['prod'])
  const project_id = String(project.body['project_id'])
  const secret = await done('POST', 'keys', {
    project_id,
    kind: 'secret',
    scopes: ['ingest', 'query'],
  })
  assert.match(String(secret.body['key']), /^sk_live_/)
  assert.equal(await send(String(secret.body['key'])), 200)
  const page = 'https://shop.example.com'
  const publishable = await done('POST', 'keys', {
    project_id,
    kind: 'publishable',
    origins: [page],
  })
  assert.equal(await send(String(publishable.body['key']), page), 200)
  assert.equal(await send(String(publishable.body['key']), 'https://evil.example'), 403)
  await at.drained()
  const places = new Set((await at.events()).map((e) => e['project_id']))
  assert.deepEqual([...places], [project_id])
  const listed = await done('GET', `keys?project_id=${project_id}`)
  const rows = listed.body['data'] as Record<string, unknown>[]
  assert.deepEqual(rows.map((r) => String(r['kind'])).toSorted(), ['publishable', 'secret'])
  assert.equal(JSON.stringify(rows).includes(String(secret.body['key']).slice(16, -4)), false)
})

/** Opens a live tail, and says whether it has ended. */
async function stream(key: string) {
  const headers = { authorization: `Bearer ${key}` }
  const res = await fetch(at.url('/api/v1/stream?seconds=60', 'http'), { headers })
  assert.equal(res.status, 200)
  const reader = res.body?.getReader()
  const state = { isEnded: false, cancel: async () => await reader?.cancel() }
  const read = async (): Promise<void> => {
    while ((await reader?.read())?.done === false);
    state.isEnded = true
  }
  void read()
  return state
}

test('both keys work during rotation, a revoked key is refused within 5 s, and a name in use is reported', async () => {
  const made = await done('POST', 'keys', { project_id: 'project-a', name: 'to rotate' })
  const id = String(made.body['key_id'])
  const next = await done('POST', `keys/${id}/rotate`)
  assert.equal(next.body['rotated_from'], id)
  assert.deepEqual(
    [await send(String(made.body['key'])), await send(String(next.body['key']))],
    [200, 200],
  )
  assert.equal((await ask('POST', `keys/${id}/rotate`)).status, 409)
  const [live, other] = await Promise.all([made, next].map((k) => stream(String(k.body['key']))))
  assert.ok(live !== undefined && other !== undefined)
  const revoked = await done('DELETE', `keys/${id}`)
  assert.equal(revoked.body['state'], 'revoked')
  await until(async () => (await send(String(made.body['key']))) === 401, 'refused', 5000)
  assert.equal(await send(String(next.body['key'])), 200)
  await until(() => live.isEnded, 'the live tail of the key ended', 5000)
  assert.equal(other.isEnded, false)
  await other.cancel()
  assert.equal((await done('DELETE', `keys/${id}`)).body['state'], 'revoked', 'again is harmless')
})

test('a key with only the read scope cannot change anything, and without a key nothing can be read', async () => {
  const routes = ['keys', 'members', 'audit']
  for (const path of routes) {
    assert.equal((await ask('GET', path, { key: reader.key })).status, 403, path)
    assert.equal((await ask('GET', path, { key: null })).status, 401, path)
  }
  assert.equal(
    (await ask('POST', 'projects', { key: reader.key, body: { name: 'x' } })).status,
    403,
  )
  assert.equal((await ask('GET', 'projects', { key: reader.key })).status, 200)
})

test('an address of a notification target is shown whole only to those who may change it', async () => {
  const url = 'https://hook-user:hook-pass@hooks.example.com:8443/services/T0/B0?code=c0de'
  const { body } = await done('POST', 'targets', { kind: 'webhook', name: 'hook', url })
  const settingsAt = async (path: string, key: string) => {
    const { body: found } = await ask('GET', path, { key })
    const [row] = Array.isArray(found['data']) ? found['data'] : [found]
    return row.settings
  }
  for (const path of ['targets', `targets/${String(body['target_id'])}`]) {
    assert.deepEqual(await settingsAt(path, a.key), { url }, path)
    const shown = { url: 'https://hooks.example.com:8443/...' }
    assert.deepEqual(await settingsAt(path, reader.key), shown, path)
  }
  await done('DELETE', `targets/${String(body['target_id'])}`)
})

test('a target of a private network is refused when it is made and when it is changed, in every spelling', async () => {
  const kept = { kind: 'webhook', name: 'hook', url: 'https://hooks.example.com/' }
  const { body } = await done('POST', 'targets', kept)
  const path = `targets/${String(body['target_id'])}`
  for (const url of [
    'http://127.0.0.1:9000/',
    'http://localhost:9000/',
    'http://[::1]/',
    'http://[::ffff:10.0.0.1]/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://0/',
    'http://10.0.0.1/',
    'http://169.254.169.254/latest/meta-data',
    'http://metadata.google.internal/',
  ]) {
    for (const [method, to, given] of [
      ['POST', 'targets', { kind: 'slack', name: 'x', url }],
      ['POST', 'targets', { ...kept, url }],
      ['PATCH', path, { settings: { url } }],
    ] as const) {
      const answer = await ask(method, to, { body: given })
      assert.equal(answer.status, 400, `${method} ${url}`)
      assert.match(messageOf(answer), /private network or of this machine/)
    }
  }
  const [list] = [(await done('GET', 'targets')).body['data']]
  assert.deepEqual(Array.isArray(list) ? list.map((t) => t.settings.url) : null, [kept.url])
  await done('DELETE', path)
})

test('a key that is sent to a target does not go to another address without being given again', async () => {
  const target = { kind: 'pagerduty', name: 'pd', routing_key: 'r'.repeat(32) }
  const { body } = await done('POST', 'targets', target)
  const path = `targets/${String(body['target_id'])}`
  const url = 'https://collector.example.net/v2/enqueue'
  const moved = await ask('PATCH', path, { body: { settings: { url } } })
  assert.equal(moved.status, 400)
  assert.match(messageOf(moved), /routing_key/)
  await done('PATCH', path, { name: 'renamed' })
  await done('PATCH', path, { settings: { url, routing_key: 'n'.repeat(32) } })
  await done('DELETE', path)
})

test('an invalid request is refused with the reason', async () => {
  const cases: readonly (readonly [string, string, unknown, number, RegExp])[] = [
    ['POST', 'projects', {}, 400, /not valid/],
    ['POST', 'projects', { name: 'x', tenant_id: 'tenant-b' }, 400, /not valid/],
    ['POST', 'projects', { name: 'x\u0000' }, 400, /not valid/],
    ['POST', 'keys', { project_id: 'nope' }, 404, /no project/],
    ['POST', 'keys', { project_id: 'project-b' }, 404, /no project/],
    ['POST', 'keys', { project_id: 'project-a', kind: 'publishable' }, 400, /origins/],
    ['POST', 'keys', { project_id: 'project-a', scopes: ['root'] }, 400, /not valid/],
    [
      'POST',
      'keys',
      {
        project_id: 'project-a',
        kind: 'publishable',
        origins: ['https://a.example'],
        scopes: ['query'],
      },
      400,
      /only have the scope ingest/,
    ],
    [
      'POST',
      'keys',
      { project_id: 'project-a', expires_at: '2001-01-01T00:00:00Z' },
      400,
      /expired/,
    ],
    ['PATCH', `members/${UNKNOWN}`, { role: 'owner' }, 404, /no member/],
    ['PATCH', `members/${UNKNOWN}`, { role: 'king' }, 400, /not valid/],
    ['GET', 'keys?cursor=nonsense', undefined, 400, /not valid/],
    ['GET', 'keys/sk_live_', undefined, 400, /not valid/],
    ['PATCH', 'tenants/tenant-b', { name: 'mine' }, 404, /no tenant/],
    ['PUT', 'keys', {}, 405, /only/],
  ]
  for (const [method, path, body, status, reason] of cases) {
    const answer = await ask(method, path, body === undefined ? {} : { body })
    assert.equal(answer.status, status, `${method} ${path} ${JSON.stringify(answer.body)}`)
    assert.match(messageOf(answer), reason, `${method} ${path}`)
  }
})

interface Document {
  readonly paths: Record<string, Record<string, Operation>>
}
interface Operation {
  readonly operationId?: string
  readonly summary?: string
  readonly tags?: string[]
  readonly security?: unknown[]
  readonly responses: Record<string, unknown>
  readonly 'x-required-scope'?: string
}

async function operations(): Promise<(readonly [method: string, path: string, op: Operation])[]> {
  const res = await fetch(at.url('/api/v1/openapi.json', 'http'))
  const document = (await res.json()) as Document
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, op]) => [method.toUpperCase(), path, op] as const),
  )
}

test('every operation in the OpenAPI document has a unique id, a summary, a scope and its errors', async () => {
  const seen = await operations()
  assert.ok(seen.length >= 35, `${seen.length} operations`)
  assert.equal(new Set(seen.map(([, , op]) => op.operationId)).size, seen.length)
  for (const [method, path, op] of seen) {
    const name = `${method} ${path}`
    assert.ok(op.summary !== undefined && (op.tags?.length ?? 0) > 0, name)
    const isPublic = op.security?.length === 0
    assert.ok(
      isPublic || ['ingest', 'query', 'admin', 'session'].includes(op['x-required-scope'] ?? ''),
      name,
    )
    const wanted = ['400', '500', ...(isPublic ? [] : ['401', '403', '503'])]
    if (path.includes('{')) wanted.push('404')
    for (const status of wanted) assert.ok(status in op.responses, `${name} without ${status}`)
  }
})

test('an id of another tenant gets the same answer as an unknown id, on every route and method', async () => {
  const key = (await done('POST', 'keys', { project_id: 'project-b' }, b.key)).body['key_id']
  const target = { kind: 'slack', name: 'of b', url: 'https://hooks.example/b' }
  const targets = (await done('POST', 'targets', target, b.key)).body['target_id']
  const mute = { matchers: { type: ['waste'] }, reason: 'of b', ends_at: '2100-01-01T00:00:00Z' }
  const mutes = (await done('POST', 'mutes', mute, b.key)).body['mute_id']
  const ofB: Readonly<Record<string, string>> = {
    targets: String(targets),
    mutes: String(mutes),
    tenants: 'tenant-b',
    projects: 'project-b',
    keys: String(key),
  }
  const unknown: Readonly<Record<string, string>> = {
    targets: '00000000-0000-4000-8000-000000000000',
    mutes: '00000000-0000-4000-8000-000000000000',
    tenants: 'nobody',
    projects: 'nothing',
    keys: 'sk_live_00000000',
  }
  const bodies: Readonly<Record<string, unknown>> = { PATCH: { name: 'mine' }, POST: {}, PUT: {} }
  let asked = 0
  for (const [method, path] of await operations()) {
    const area = /^\/api\/v1\/(tenants|projects|keys|targets|mutes)\/\{id\}/.exec(path)?.[1]
    if (area === undefined) continue
    asked++
    const answers: unknown[] = []
    for (const id of [ofB[area] ?? '', unknown[area] ?? '']) {
      const body = bodies[method]
      const to = path.replace('/api/v1/', '').replace('{id}', id)
      const answer = await ask(method, to, body === undefined ? {} : { body })
      assert.equal(answer.status, 404, `${method} ${to}: ${JSON.stringify(answer.body)}`)
      answers.push(messageOf(answer).replace(id, 'ID'))
    }
    assert.equal(answers[0], answers[1], `${method} ${path}`)
  }
  assert.ok(asked >= 7, `${asked} routes`)
  for (const list of ['tenants', 'projects', 'keys', 'audit', 'members', 'targets', 'mutes']) {
    const { body } = await done('GET', `${list}?limit=1000`)
    const text = JSON.stringify(body['data'])
    for (const own of Object.values(ofB)) assert.equal(text.includes(own), false, list)
  }
  assert.equal((await done('GET', `keys/${String(key)}`, undefined, b.key)).body['state'], 'active')
})

test('the next page of a list begins where the previous one ended', async () => {
  for (let i = 0; i < 5; i++) await done('POST', 'projects', { name: `p${i}` })
  const seen: unknown[] = []
  for (let cursor = ''; ; ) {
    const { body } = await done('GET', `projects?limit=2${cursor}`)
    seen.push(...(body['data'] as { project_id: string }[]).map((p) => p.project_id))
    if (typeof body['next_cursor'] !== 'string') break
    cursor = `&cursor=${body['next_cursor']}`
  }
  const { body } = await done('GET', 'projects?limit=1000')
  assert.deepEqual(
    seen,
    (body['data'] as { project_id: string }[]).map((p) => p.project_id),
  )
  assert.equal(new Set(seen).size, seen.length)
})

test('every change is in the audit log with its actor, address and request id', async () => {
  const made = await done('POST', 'keys', { project_id: 'project-a', name: 'audited' })
  const { body } = await done(
    'GET',
    `audit?action=key.create&resource=${String(made.body['key_id'])}`,
  )
  const [entry] = body['data'] as Record<string, unknown>[]
  assert.equal(entry?.['actor_kind'], 'key')
  assert.equal(entry?.['actor'], a.row.id)
  assert.equal(entry?.['ip'], '127.0.0.1')
  assert.ok(String(entry?.['request_id']).length > 8)
  assert.equal(JSON.stringify(body).includes(String(made.body['key'])), false)
})
