// Hours that are added up again after a late root gave its calls a route: no sum stays under what they were called before.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ClickHouseClient, createClient } from '@clickhouse/client'
import { startTestClickHouse, type TestClickHouse } from '../../testing/stores.ts'
import { readTotals, usageBy } from '../totals.ts'
import { rollHours } from './rolled-hours.ts'

let t: TestClickHouse
let client: ClickHouseClient
const day = Date.UTC(2026, 8, 1)
const range = { fromMs: day, toMs: day + 86_400_000 }
const scope = { tenantId: 'acme', projectId: 'late' }

before(async () => {
  t = await startTestClickHouse()
  client = createClient({ url: t.url, database: 'observa' })
})
after(async () => {
  await client.close()
  await t.stop()
})

async function insert(id: string, trace: string, at: string, more: object): Promise<void> {
  const value = {
    event_id: id.padStart(16, '0'),
    tenant_id: scope.tenantId,
    project_id: scope.projectId,
    trace_id: trace.repeat(16),
    start_time: `2026-09-01 ${at}:00`,
    start_time_known: true,
    received_at: '2026-09-01 05:00:00',
    version: 1,
    usage_aggregate: false,
    ...more,
  }
  await client.insert({ table: 'canonical_events', values: [value], format: 'JSONEachRow' })
}

const call = (input: number): object => ({
  kind: 'llm',
  status: 'ok',
  response_model: 'm',
  duration_ms: 10,
  input_tokens: input,
  total_tokens: input,
  cost_usd: 0.5,
})
const root = { kind: 'span', status: 'ok', route: '/late' }

async function byRoute(): Promise<unknown[]> {
  const rows = await usageBy(client, scope, { ...range, by: ['route'], limit: 10 })
  return rows.map((r) => [r.route, r.calls, r.input_tokens, r.cost_usd, r.p50_ms])
}

test('a root that comes after its hour was added up: the sum moves to its route, once', async () => {
  await insert('1', 'a', '01:10', call(10))
  assert.equal(await rollHours(client, { quietS: 0, hoursMax: 100 }), 1)
  assert.deepEqual(await byRoute(), [[null, 1, 10, 0.5, 10]])
  await insert('2', 'a', '01:09', root)
  assert.deepEqual(await byRoute(), [['/late', 1, 10, 0.5, 10]])
  assert.equal(await rollHours(client, { quietS: 0, hoursMax: 100 }), 1)
  assert.deepEqual(await byRoute(), [['/late', 1, 10, 0.5, 10]])
  const totals = await readTotals(client, scope, range)
  assert.deepEqual([totals.events, totals.llm_calls, totals.traces], [2, 1, 1])
})

test('a root of the hour before, also when it comes late', async () => {
  await insert('3', 'b', '03:59', root)
  await insert('4', 'b', '04:01', call(20))
  await insert('5', 'c', '04:02', call(40))
  await rollHours(client, { quietS: 0, hoursMax: 100 })
  const without = await byRoute()
  assert.deepEqual(without, [
    ['/late', 2, 30, 1, 10],
    [null, 1, 40, 0.5, 10],
  ])
  await insert('6', 'c', '03:58', root)
  await rollHours(client, { quietS: 0, hoursMax: 100 })
  assert.deepEqual(await byRoute(), [['/late', 3, 70, 1.5, 10]])
  assert.equal(await rollHours(client, { quietS: 0, hoursMax: 100 }), 0)
})
