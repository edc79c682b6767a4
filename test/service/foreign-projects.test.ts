// Legacy events that name a project. Their data always goes to the project of the key, and an event that names another
// project of the tenant is refused, because the wrong key was probably used.

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

test("an event for another project of the key's tenant gives a 403 that names it, and nothing of the batch is stored", async () => {
  for (const over of [
    { project_id: 'blog' },
    { project_id: 'blog', tenant_id: 'acme' },
    { project_id: randomUUID() },
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

test("events with the key's project, without a project or with an unknown project are stored in the key's project", async () => {
  for (const over of [
    { project_id: 'shop' },
    { project_id: 'shop', tenant_id: 'acme' },
    { project_id: null },
    {},
    { project_id: randomUUID(), tenant_id: randomUUID() },
    { tenant_id: randomUUID() },
  ])
    assert.equal((await send([event('mine', over)], shop.key)).status, 200, JSON.stringify(over))
  await instance.drained()
  const stored = (await instance.events()).filter((e) => e['request_model'] === 'mine')
  assert.equal(stored.length, 6)
  assert.ok(stored.every((e) => e['tenant_id'] === 'acme' && e['project_id'] === 'shop'))
})

test('without keys, events for any project are accepted', async () => {
  assert.equal((await send([event('free', { project_id: 'blog' })], null)).status, 200)
})
