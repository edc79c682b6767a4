// Sums over the engine: exact when rows were stored twice, and of one tenant only.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ClickHouseClient, createClient } from '@clickhouse/client'
import { startTestClickHouse, type TestClickHouse } from '../testing/stores.ts'
import { type ReportOptions, readReport, type UsageReport } from './analytics/usage-report.ts'
import { ROLLED_DIMENSIONS } from './hours/rolled-dimensions.ts'
import { rollHours } from './hours/rolled-hours.ts'
import { readTotals, usageBy, usageOverTime } from './totals.ts'

let t: TestClickHouse
let client: ClickHouseClient
const from = Date.UTC(2026, 8, 1)
const range = { fromMs: from, toMs: from + 86_400_000 }
const scope = { tenantId: 'acme', projectId: 'chat' }

const row = (tenant: string, i: number): Record<string, unknown> => ({
  event_id: String(i).padStart(16, '0'),
  tenant_id: tenant,
  project_id: 'chat',
  trace_id: 't'.repeat(16),
  start_time: `2026-09-01 0${i % 2}:10:00`,
  start_time_known: true,
  received_at: '2026-09-01 05:00:00',
  version: 1,
  kind: 'llm',
  status: i === 0 ? 'error' : 'ok',
  provider: 'openai',
  response_model: i < 3 ? 'small' : 'large',
  duration_ms: 100 * (i + 1),
  input_tokens: 10,
  output_tokens: 5,
  total_tokens: 15,
  cost_usd: i === 3 ? null : 0.5,
  usage_aggregate: i === 4,
})

before(async () => {
  t = await startTestClickHouse()
  client = createClient({ url: t.url, database: 'observa' })
  const rows = [0, 1, 2, 3, 4].map((i) => row('acme', i))
  // The rows are inserted three times, as by a client that sends again.
  for (const values of [rows, rows, rows, [row('other', 0)]])
    await client.insert({ table: 'canonical_events', values, format: 'JSONEachRow' })
})
after(async () => {
  await client.close()
  await t.stop()
})

test('a range has each event once, and aggregates in no sum', async () => {
  const totals = await readTotals(client, scope, range)
  assert.deepEqual(
    { ...totals, p50_ms: null, p95_ms: null, p99_ms: null },
    {
      events: 5,
      traces: 1,
      errors: 1,
      llm_calls: 4,
      input_tokens: 40,
      output_tokens: 20,
      total_tokens: 60,
      cost_usd: 1.5,
      unpriced: 1,
      p50_ms: null,
      p95_ms: null,
      p99_ms: null,
    },
  )
  assert.ok(totals.p95_ms !== null && totals.p95_ms <= 400 && totals.p95_ms >= 300)
})

test('an empty range is zeros and nulls, another tenant has its own', async () => {
  const none = await readTotals(client, { ...scope, projectId: "no'ne" }, range)
  assert.deepEqual([none.events, none.cost_usd, none.p50_ms], [0, 0, null])
  assert.equal((await readTotals(client, { ...scope, tenantId: 'other' }, range)).events, 1)
  assert.equal((await readTotals(client, scope, { ...range, environment: 'prod' })).events, 0)
})

test('usage by hour and by model adds up to the total', async () => {
  const hours = await usageOverTime(client, scope, { ...range, bucketS: 3600 })
  assert.deepEqual(
    hours.slice(0, 3).map((h) => [h.at - from, h.calls, h.cost_usd]),
    [
      [0, 2, 1],
      [3_600_000, 2, 0.5],
      [7_200_000, 0, 0],
    ],
  )
  assert.equal(hours.length, 24)
  const models = await usageBy(client, scope, { ...range, by: ['model'], limit: 10 })
  assert.deepEqual(
    models.map((m) => [m.model, m.calls, m.cost_usd]),
    [
      ['small', 3, 1.5],
      ['large', 1, 0],
    ],
  )
})

test('hours that were added up give the same, and are left when rows come late', async () => {
  const before = await readTotals(client, scope, range)
  assert.equal(await rollHours(client, { quietS: 0, hoursMax: 100 }), 3)
  assert.equal(await rollHours(client, { quietS: 0, hoursMax: 100 }), 0)
  const rolled = await t.rows<{ n: string }>('SELECT count() AS n FROM observa.usage_rollup FINAL')
  assert.ok(Number(rolled[0]?.n) > 0)
  assert.deepEqual(await readTotals(client, scope, range), before)
  // The range has partial hours at both ends.
  const inner = { fromMs: range.fromMs + 600_000, toMs: range.fromMs + 4_200_001 }
  assert.equal((await readTotals(client, scope, inner)).events, 5)
  const late = { ...row('acme', 9), status: 'error', total_tokens: 1000 }
  for (let i = 0; i < 2; i++)
    await client.insert({ table: 'canonical_events', values: [late], format: 'JSONEachRow' })
  const after = await readTotals(client, scope, range)
  assert.deepEqual([after.events, after.total_tokens], [6, before.total_tokens + 1000])
  assert.equal(await rollHours(client, { quietS: 3600, hoursMax: 100 }), 0)
  assert.equal(await rollHours(client, { quietS: 0, hoursMax: 100 }), 1)
  assert.deepEqual(await readTotals(client, scope, range), after)
  assert.equal((await usageOverTime(client, scope, { ...range, bucketS: 86_400 })).length, 1)
})

const mixed = { tenantId: 'acme', projectId: 'mixed' }

/** Events that differ in every dimension, over six hours, in traces whose root alone has the route. */
async function insertMixed(): Promise<void> {
  const of = <T>(values: readonly T[], n: number): T => values[n % values.length] as T
  const values = Array.from({ length: 240 }, (_, i) => ({
    ...row('acme', 1000 + i),
    project_id: 'mixed',
    trace_id: String(Math.floor(i / 6)).padStart(16, 't'),
    start_time: `2026-09-01 0${Math.floor(i / 40)}:${10 + (i % 40)}:00`,
    kind: i % 6 === 0 ? 'agent' : of(['llm', 'tool', 'llm', 'embedding', 'retrieval'], i),
    status: of(['ok', 'ok', 'error'], i),
    environment: of(['prod', 'dev', null], Math.floor(i / 7)),
    provider: of(['openai', 'anthropic', null], i),
    request_model: of(['large', null], i),
    response_model: of(['small', null, 'mini', null, null], i),
    route: i % 6 === 0 ? of(['/a', '/b', null], Math.floor(i / 6)) : null,
    service_name: of(['api', 'web', null], i),
    tool_name: of([null, 'search', 'mail'], i),
    agent_name: of([null, 'planner'], i),
    operation: of(['chat', 'embeddings', null], i),
    error_type: of([null, null, 'timeout', null, null, 'limit'], i),
    duration_ms: i % 9 === 0 ? null : (i * 37) % 1000,
    usage_inconsistent: i % 50 === 5 ? true : null,
    usage_aggregate: i % 11 === 0,
    cost_usd: i % 8 === 0 ? null : (i % 64) / 64,
  }))
  await client.insert({ table: 'canonical_events', values, format: 'JSONEachRow' })
}

const byName = (a: unknown, b: unknown): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)

/** What a report says, without the order of groups that are equal in what they are sorted by. */
function said(report: UsageReport, lists: number): unknown {
  const groups = report.lists.slice(0, lists).map((list) => list.groups.toSorted(byName))
  return [report.total, report.previous, report.overTime, groups]
}

test('sums by single dimensions are those of the events, before and after hours were added up', async () => {
  await insertMixed()
  const names = [...ROLLED_DIMENSIONS, 'environment'] as const
  const by = names.map((name) => [name])
  const ends = [range.toMs, from + 4 * 3_600_000 + 1_500_000]
  const asked: ReportOptions[] = [
    { by, bucketS: 3600, withTraces: true, previousFromMs: from - 3_600_000, limit: 100 },
    { by, withTraces: true, latencyOfAllEvents: true, order: 'p95_ms', limit: 100 },
    { by: [['environment'], ['tool']], previousFromMs: from, order: 'errors', limit: 100 },
    { bucketS: 86_400 },
  ]
  const ask = async (isPaired: boolean): Promise<unknown[]> => {
    const answers: unknown[] = []
    for (const toMs of ends)
      for (const environment of [undefined, 'prod'])
        for (const options of asked) {
          const filter = { fromMs: from + 2_000_000, toMs, environment }
          // A pair of dimensions is not ready made, so the whole report is made of the events.
          const lists = isPaired ? [...(options.by ?? []), ['kind', 'status'] as const] : options.by
          const report = await readReport(client, mixed, filter, { ...options, by: lists })
          answers.push(said(report, options.by?.length ?? 0))
          assert.equal(report.inconsistent === null, isPaired)
          if (!isPaired && environment === undefined && toMs === range.toMs)
            assert.equal(report.inconsistent, 3)
        }
    return answers
  }
  const ofEvents = await ask(true)
  assert.deepEqual(await ask(false), ofEvents)
  await rollHours(client, { quietS: 0, hoursMax: 100 })
  assert.deepEqual(await ask(false), ofEvents)
})
