// Legacy events that name a tenant and project. Their data always goes to the project of the key, and an event that names another
// one is refused, because the wrong key was probably used, unless the receiver is told to ignore the ids of an old server.

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import test, { after, before } from 'node:test'
import { keyForTests } from '../../collector/extensions/keys/testing/key-for-tests.ts'
import { Instance } from '../instance.ts'

const shop = keyForTests('sk', { tenant: 'acme', project: 'shop', scopes: ['ingest'] })
let instance: Instance

before(async () => {
  instance = await Instance.start({
    config: `
auth: none
extensions: { keys: { keys: ${JSON.stringify([shop.row])} } }
service: { extensions: [keys, api] }
`,
  })
})

after(async () => {
  await instance.stop()
})

const event = (name: string, over: object = {}): object => ({
  trace_id: randomUUID(),
  span_id: randomUUID(),
  timestamp: '2026-11-23T15:53:59.656Z',
  event_type: 'llm_call',
  attributes: { llm_call: { model: name } },
  ...over,
})

interface Answer {
  readonly status: number
  readonly error?: { readonly code: string; readonly details?: { readonly event_index?: number } }
}

async function send(
  body: unknown,
  key: string | null,
  path = '/api/v1/events/ingest',
): Promise<Answer> {
  const headers = {
    'content-type': 'application/json',
    ...(key === null ? {} : { authorization: `Bearer ${key}` }),
  }
  const res = await instance.post(path, JSON.stringify(body), headers, 'http')
  return { ...(JSON.parse(res.body.toString()) as object), status: res.status }
}

test("an event for a tenant or project that is not the key's gives a 403 that names it, and nothing of the batch is stored", async () => {
  for (const over of [
    { project_id: 'blog' },
    { project_id: 'blog', tenant_id: 'acme' },
    { project_id: randomUUID() },
    { project_id: randomUUID(), tenant_id: randomUUID() },
    { project_id: 'shop', tenant_id: randomUUID() },
    { tenant_id: 'other' },
  ]) {
    const answer = await send([event('never'), event('never', over)], shop.key)
    assert.equal(answer.status, 403, JSON.stringify(over))
    assert.equal(answer.error?.code, 'FORBIDDEN')
    assert.equal(answer.error.details?.event_index, 1)
  }
  const v0 = {
    traceId: randomUUID(),
    spanId: randomUUID(),
    projectId: 'blog',
    query: 'q',
    response: 'r',
  }
  for (const path of ['/api/v1/traces/ingest', '/v1/traces'])
    assert.equal((await send(v0, shop.key, path)).status, 403, path)
  await instance.drained()
  assert.ok(!(await instance.events()).some((e) => e['request_model'] === 'never'))
})

test("events with the key's project or without one are stored in the key's project", async () => {
  for (const over of [
    { project_id: 'shop' },
    { project_id: 'shop', tenant_id: 'acme' },
    { tenant_id: 'acme' },
    { project_id: null, tenant_id: null },
    {},
  ])
    assert.equal((await send([event('mine', over)], shop.key)).status, 200, JSON.stringify(over))
  await instance.drained()
  const stored = (await instance.events()).filter((e) => e['request_model'] === 'mine')
  assert.equal(stored.length, 5)
  assert.ok(stored.every((e) => e['tenant_id'] === 'acme' && e['project_id'] === 'shop'))
})

test('with the ids of the old server, an app is heard by a key that has them, and by a receiver that ignores them', async () => {
  const ids = { tenant_id: randomUUID(), project_id: randomUUID() }
  const old = keyForTests('sk', {
    tenant: ids.tenant_id,
    project: ids.project_id,
    scopes: ['ingest'],
  })
  const lenient = await Instance.start({
    config: `
auth: none
receivers: { observa: { owner_ids: ignore } }
extensions: { keys: { keys: ${JSON.stringify([shop.row, old.row])} } }
service: { extensions: [keys, api] }
`,
  })
  try {
    const headers = { 'content-type': 'application/json' }
    const post = async (key: string): Promise<number> => {
      const body = JSON.stringify([event('old', ids)])
      const to = '/api/v1/events/ingest'
      const auth = { ...headers, authorization: `Bearer ${key}` }
      return (await lenient.post(to, body, auth, 'http')).status
    }
    assert.equal(await post(shop.key), 200)
    assert.equal(await post(old.key), 200)
    await lenient.drained()
    const owners = (await lenient.events()).map((e) => [e['tenant_id'], e['project_id']])
    assert.deepEqual(
      new Set(owners.map((o) => o.join())),
      new Set(['acme,shop', `${ids.tenant_id},${ids.project_id}`]),
    )
  } finally {
    await lenient.stop()
  }
})

test('a v0 object with the ids of another tenant is stored in the project of the key', async () => {
  const v0 = {
    traceId: randomUUID(),
    spanId: randomUUID(),
    tenantId: randomUUID(),
    projectId: randomUUID(),
    query: 'q',
    response: 'r',
  }
  assert.equal((await send(v0, shop.key, '/api/v1/traces/ingest')).status, 200)
})

test('without keys, events for any project are accepted', async () => {
  assert.equal((await send([event('free', { project_id: 'blog' })], null)).status, 200)
})
