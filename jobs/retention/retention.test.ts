// Tests retention on real stores: each class of data is removed after its time and only in its project, and sums outlive their events.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ClickHouseClient, createClient } from '@clickhouse/client'
import { CONTENT_FIELDS } from '../../api/content-fields.ts'
import {
  effectiveRetention,
  KEPT_FOR_EVER,
  type RetentionDays,
  retentionFault,
} from '../../core/deletion/retention.ts'
import { Metrics } from '../../core/metrics.ts'
import { writeDefaults, writeRetention } from '../../storage/control/retention.ts'
import { withRole } from '../../storage/postgres/roles.ts'
import { rollHours } from '../../storage/queries/hours/rolled-hours.ts'
import { readTotals } from '../../storage/queries/totals.ts'
import { CONTENT_COLUMNS, CONTENT_MAPS } from '../../storage/retention/clickhouse-retention.ts'
import {
  startTestClickHouse,
  startTestPostgres,
  type TestClickHouse,
  type TestPostgres,
} from '../../storage/testing/stores.ts'
import { RETENTION_METRICS, removeExpired } from './retention.ts'

let store: TestClickHouse
let server: TestPostgres
let client: ClickHouseClient
const NOW = Date.UTC(2026, 9, 1)
const DAY = 86_400_000
const metrics = new Metrics()

before(async () => {
  store = await startTestClickHouse()
  server = await startTestPostgres()
  client = createClient({ url: store.url, database: 'observa' })
  metrics.declare(RETENTION_METRICS)
})
after(async () => {
  await client.close()
  await store.stop()
  await server.stop()
})

const at = (daysAgo: number): string =>
  new Date(NOW - daysAgo * DAY).toISOString().replace('T', ' ').slice(0, 19)

async function seed(tenant: string, project: string): Promise<void> {
  await client.insert({
    table: 'canonical_events',
    values: [5, 45, 100, 400].map((age, i) => ({
      event_id: `${tenant}${project}${i}`.padStart(16, '0'),
      tenant_id: tenant,
      project_id: project,
      trace_id: String(i).repeat(16),
      span_id: '00000000',
      kind: 'llm',
      status: 'ok',
      start_time: at(age),
      start_time_known: true,
      received_at: at(age),
      input_messages: 'hello',
      attributes: { prompt: 'hello' },
      input_tokens: 10,
      total_tokens: 10,
      usage_aggregate: false,
      version: 1,
    })),
    format: 'JSONEachRow',
  })
  await withRole(server.pool, 'observa_exporter', async (c) => {
    for (const [i, age] of [5, 45, 100, 400].entries()) {
      const time = `'${at(age)}Z'`
      await c.query(`INSERT INTO conversations (tenant_id, project_id, conversation_id, first_at, last_at, events, llm_calls, errors, input_tokens,
          output_tokens, total_tokens, cost_usd, last_message, last_message_at)
        VALUES ('${tenant}', '${project}', 'c${i}', ${time}, ${time}, 1, 1, 0, 10, 0, 10, 0, 'hello', ${time})`)
      await c.query(`INSERT INTO signals (tenant_id, project_id, signal_id, type, severity, trace_id, span_id, event_id, at, evidence, rule)
        VALUES ('${tenant}', '${project}', 's${i}', 'error', 'low', 't', 's', 'e', ${time}, '{}', 'r')`)
    }
  })
}

const policy = (tenant: string, project: string, days: Partial<RetentionDays>): Promise<void> =>
  withRole(server.pool, 'observa_control', async (c) => {
    await c.query(
      `INSERT INTO tenants (tenant_id, name) VALUES ('${tenant}', 'x') ON CONFLICT DO NOTHING`,
    )
    await writeRetention(c, {
      tenant_id: tenant,
      project_id: project,
      archive: null,
      ...KEPT_FOR_EVER,
      ...days,
    })
  })

async function stateOf(tenant: string, project: string): Promise<Record<string, unknown>> {
  const [events] = await store.rows<{ n: number; content: number }>(
    `SELECT toUInt32(count()) AS n, toUInt32(countIf(input_messages IS NOT NULL OR notEmpty(attributes))) AS content
     FROM observa.canonical_events FINAL WHERE tenant_id = '${tenant}' AND project_id = '${project}'`,
  )
  const totals = await readTotals(
    client,
    { tenantId: tenant, projectId: project },
    { fromMs: 0, toMs: NOW },
  )
  const rows = await withRole(server.pool, 'observa_exporter', async (c) => {
    const found = await c.query<{ talks: number; texts: number; signals: number }>(
      `SELECT (SELECT count(*) FROM conversations WHERE tenant_id = $1 AND project_id = $2)::int AS talks,
         (SELECT count(last_message) FROM conversations WHERE tenant_id = $1 AND project_id = $2)::int AS texts,
         (SELECT count(*) FROM signals WHERE tenant_id = $1 AND project_id = $2)::int AS signals`,
      [tenant, project],
    )
    return found.rows[0]
  })
  return { events: events?.n, content: events?.content, tokens: totals.input_tokens, ...rows }
}

const apply = (): Promise<number> =>
  removeExpired(
    {
      pool: server.pool,
      clickhouse: client,
      clock: { nowMs: () => NOW, monotonicMs: () => NOW, sleep: async () => {} },
      metrics,
    },
    new AbortController().signal,
  )

test('each class goes at the time of its project, tenant or configuration; sums and other projects stay', async () => {
  for (const [tenant, project] of [
    ['a', 'short'],
    ['a', 'other'],
    ['b', 'plain'],
  ] as const)
    await seed(tenant, project)
  await rollHours(client, { quietS: 0, hoursMax: 1000 })
  await policy('a', '', { events_days: 365 })
  await policy('a', 'short', { content_days: 30, events_days: 90, signals_days: 60 })
  const all = { events: 4, content: 4, tokens: 40, talks: 4, texts: 4, signals: 4 }
  assert.ok((await apply()) > 0)
  assert.deepEqual(await stateOf('a', 'short'), {
    events: 2,
    content: 1,
    tokens: 40,
    talks: 2,
    texts: 1,
    signals: 2,
  })
  assert.deepEqual(await stateOf('a', 'other'), {
    ...all,
    events: 3,
    content: 3,
    talks: 3,
    texts: 3,
  })
  assert.deepEqual(await stateOf('b', 'plain'), all)
  assert.equal(await apply(), 0, 'a second run finds nothing')
  await withRole(server.pool, 'observa_control', (c) =>
    writeDefaults(c, { ...KEPT_FOR_EVER, archive: null, figures_days: 200, events_days: 200 }),
  )
  await apply()
  assert.deepEqual(await stateOf('b', 'plain'), {
    ...all,
    events: 3,
    content: 3,
    tokens: 30,
    talks: 3,
    texts: 3,
  })
  assert.ok(metrics.total('observa_retention_removed_rows_total') > 0)
})

test('whatever the API holds back as content loses its content here too', () => {
  const emptied = new Set<string>([...CONTENT_COLUMNS, ...CONTENT_MAPS])
  assert.deepEqual(
    CONTENT_FIELDS.filter((field) => !emptied.has(field)),
    [],
  )
})

test('sums are never taken before the events that they are of, and a policy that says so is refused', () => {
  const days = (more: Partial<RetentionDays>): RetentionDays => ({ ...KEPT_FOR_EVER, ...more })
  assert.equal(effectiveRetention(days({ figures_days: 30 })).figures_days, null)
  const kept = effectiveRetention(days({ figures_days: 30 }), days({ events_days: 90 }))
  assert.equal(kept.figures_days, 90)
  assert.match(retentionFault(days({ figures_days: 30 })) ?? '', /needs events_days/)
  assert.match(retentionFault(days({ content_days: 40, events_days: 30 })) ?? '', /content_days/)
  assert.equal(retentionFault(days({ content_days: 30, events_days: 90, figures_days: 400 })), null)
})
