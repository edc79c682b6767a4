// `POST /api/v1/reconcile` on the embedded engine.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { anonymousAuthenticator } from '../../../collector/extensions/keys/index.ts'
import { openGuard } from '../../../collector/http/request-guard.ts'
import { startTestClickHouse, type TestClickHouse } from '../../../storage/testing/stores.ts'
import { testHost } from '../../../test/exporter-host.ts'
import { testService } from '../../../test/service-view.ts'
import { makeApp } from '../../app.ts'
import { useAuth } from '../../auth.ts'
import { Stores } from '../../stores.ts'
import { reconcileRoutes } from './reconcile.ts'

let store: TestClickHouse

const row = (id: number, fields: Record<string, unknown>): Record<string, unknown> => ({
  event_id: String(id).padStart(16, '0'),
  tenant_id: 'default',
  project_id: 'default',
  trace_id: 't'.repeat(16),
  span_id: 's'.repeat(8),
  start_time: '2026-11-28 12:00:00',
  start_time_known: true,
  received_at: '2026-11-28 12:00:01',
  version: 1,
  kind: 'llm',
  status: 'ok',
  provider: 'openai',
  response_model: 'gpt-4o-mini-2024-07-18',
  input_tokens: 100,
  output_tokens: 10,
  cost_usd: 0.001,
  cost_source: 'computed',
  service_name: 'shop',
  usage_aggregate: false,
  ...fields,
})

before(async () => {
  store = await startTestClickHouse()
  const table = `${store.database}.canonical_events`
  const rows = [
    row(1, {}),
    row(2, { service_name: 'chat' }),
    row(3, { usage_aggregate: true, usage_duplicate_of: '1'.padStart(16, '0') }),
    row(4, { provider: 'anthropic', response_model: 'claude-sonnet-4-5' }),
    row(5, { tenant_id: 'other', input_tokens: 9999 }),
    row(6, { start_time: '2026-11-20 12:00:00' }),
    row(7, { server_address: 'openrouter.ai', input_tokens: 5000 }),
  ]
  // The rows are inserted twice: an event that was sent again counts once.
  for (const values of [rows, rows])
    await store.client.insert({ table, values, format: 'JSONEachRow' })
})

after(() => store.stop())

test('what was billed is compared with what was counted, of the own tenant, by day and model and key', async (t) => {
  const auth = anonymousAuthenticator()
  const app = await makeApp({ log: testHost(t).log, version: 'test', auth, guard: openGuard })
  const { url, database } = store
  const stores = new Stores(testService({ clickhouse: { kind: 'clickhouse', url, database } }))
  useAuth(app, auth)
  reconcileRoutes(app, stores)
  t.after(async () => {
    await app.close()
    await stores.close()
  })
  const ask = async (payload: object) =>
    (await app.inject({ method: 'POST', url: '/api/v1/reconcile', payload })).json()
  const csv = (input: number): string =>
    `start_time_iso,num_model_requests,api_key_id,model,input_tokens,output_tokens,input_cached_tokens
2026-11-28T00:00:00+00:00,1,shop,gpt-4o-mini-2024-07-18,${input},10,0
2026-11-28T00:00:00+00:00,1,chat,gpt-4o-mini-2024-07-18,100,10,0
`
  const equal = await ask({ content: csv(100) })
  assert.equal(equal.provider, 'openai')
  assert.deepEqual([equal.equal, equal.different, equal.data.length], [1, 0, 1])
  assert.equal(equal.counted.input_tokens, 200)
  const less = await ask({ content: csv(200) })
  assert.equal(less.data[0].status, 'different')
  assert.equal(less.data[0].difference.input_tokens, -100)
  assert.deepEqual(less.data[0].events[0].reasons, ['duplicate'])
  const byKey = await ask({ content: csv(200), key_field: 'service_name' })
  assert.deepEqual(
    byKey.data.map((r: { key: string; status: string }) => [r.key, r.status]),
    [
      ['chat', 'equal'],
      ['shop', 'different'],
    ],
  )
  for (const payload of [
    { content: 'nothing' },
    { content: csv(1), provider: 'anthropic' },
    { content: csv(1), key_field: 'trace_id) OR 1=1 --' },
    {},
  ])
    assert.deepEqual(Object.keys(await ask(payload)), ['error'], JSON.stringify(payload))
})
