// An upgrade loses nothing: stores as the first version left them, with rows, brought to the newest form; once
// more, and after being cut off between any two statements.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ClickHouseClient, createClient } from '@clickhouse/client'
import { withTenant } from '../postgres/pool.ts'
import { listEvents } from '../queries/events.ts'
import { findGroup } from '../queries/groups.ts'
import { readTotals } from '../queries/totals.ts'
import { startTestClickHouse, startTestPostgres, type TestClickHouse } from '../testing/stores.ts'
import { migrateClickHouse } from './clickhouse.ts'
import { migrationsOf, statementsOf } from './files.ts'
import { migratePostgres } from './postgres.ts'

/** The newest migrations of the version that wrote the rows. */
const FIRST = { clickhouse: 4, postgres: 1 } as const
const HOUR = Date.UTC(2026, 8, 1, 10)
const scope = { tenantId: 'acme', projectId: 'chat' }

let store: TestClickHouse

before(async () => {
  store = await startTestClickHouse({ migrate: false })
})
after(async () => {
  await store.stop()
})

/** A database with the tables of the first version and rows in them, in two parts and two months. */
async function firstVersion(database: string): Promise<ClickHouseClient> {
  await store.client.command({ query: `CREATE DATABASE ${database}` })
  const client = createClient({ url: store.url, database })
  await client.command({
    query: `CREATE TABLE schema_migrations (version UInt32, name String, checksum String,
      applied_at DateTime64(3, 'UTC') DEFAULT now64(3)) ENGINE = ReplacingMergeTree ORDER BY version`,
  })
  for (const { version, name, checksum, sql } of migrationsOf('clickhouse')) {
    if (version > FIRST.clickhouse) break
    for (const query of statementsOf(sql)) await client.command({ query })
    const values = [{ version, name, checksum }]
    await client.insert({ table: 'schema_migrations', values, format: 'JSONEachRow' })
  }
  const row = (i: number): Record<string, unknown> => ({
    event_id: String(i).padStart(16, '0'),
    tenant_id: 'acme',
    project_id: 'chat',
    trace_id: String(i % 3).repeat(16),
    span_id: String(i).padStart(8, '0'),
    start_time: `2026-09-01 10:0${i % 10}:00`,
    start_time_known: true,
    received_at: i < 5 ? '2026-08-31 23:00:00' : '2026-09-01 11:00:00',
    version: 1,
    kind: 'llm',
    status: 'ok',
    tool_name: i === 9 ? 'search' : null,
    total_tokens: 10,
    usage_aggregate: false,
  })
  for (const from of [0, 5]) {
    const values = [0, 1, 2, 3, 4].map((i) => row(from + i))
    await client.insert({ table: 'canonical_events', values, format: 'JSONEachRow' })
  }
  return client
}

async function check(client: ClickHouseClient): Promise<void> {
  const range = { fromMs: HOUR, toMs: HOUR + 3_600_000 }
  const totals = await readTotals(client, scope, range)
  assert.deepEqual([totals.events, totals.traces, totals.total_tokens], [10, 3, 100])
  const all = await listEvents(client, scope, { limit: 100 })
  assert.equal(all.rows.length, 10)
  assert.equal(all.rows.filter((e) => e['tool_name'] === 'search').length, 1)
  const trace = await listEvents(client, scope, { traceId: '30'.repeat(16), limit: 100 })
  assert.equal(trace.rows.length, 4)
}

test('ClickHouse: rows of the first version are all there, and running it again changes nothing', async () => {
  const client = await firstVersion('upgraded')
  const todo = migrationsOf('clickhouse').length - FIRST.clickhouse
  assert.equal((await migrateClickHouse(client, 'upgraded')).length, todo)
  await check(client)
  assert.deepEqual(await migrateClickHouse(client, 'upgraded'), [])
  await check(client)
  await client.close()
})

test('ClickHouse: cut off after any statement, it goes on without loss', async () => {
  const statements = migrationsOf('clickhouse')
    .filter((m) => m.version > FIRST.clickhouse)
    .flatMap((m) => statementsOf(m.sql))
  for (let done = 1; done <= statements.length; done++) {
    const database = `cut_${done}`
    const client = await firstVersion(database)
    for (const query of statements.slice(0, done)) await client.command({ query })
    await migrateClickHouse(client, database)
    await check(client)
    await client.close()
    await store.client.command({ query: `DROP DATABASE ${database}` })
  }
})

test('Postgres: rows of the first version keep their sums, and new events of their traces are added', async () => {
  const server = await startTestPostgres({ migrate: false })
  try {
    const [first] = migrationsOf('postgres')
    assert.ok(first !== undefined)
    await server.pool.query(`CREATE TABLE schema_migrations (version integer PRIMARY KEY, name text NOT NULL,
      checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`)
    await server.pool.query(first.sql)
    await server.pool.query(
      'INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)',
      [first.version, first.name, first.checksum],
    )
    await server.pool.query(`BEGIN; SELECT set_config('observa.tenant_id', '*', true);
      INSERT INTO conversations (tenant_id, project_id, conversation_id, first_at, last_at, events, llm_calls, errors,
        input_tokens, output_tokens, total_tokens, cost_usd, last_message)
      VALUES ('acme', 'chat', 'talk', '2026-09-01', '2026-09-02', 3, 2, 0, 20, 10, 30, 0.5, 'hello'); COMMIT`)
    assert.equal((await migratePostgres(server.pool)).length, migrationsOf('postgres').length - 1)
    const talk = await findGroup(server.pool, scope, 'conversations', 'talk')
    assert.deepEqual(
      [talk?.events, talk?.total_tokens, talk?.last_message, talk?.models],
      [3, 30, 'hello', []],
    )
    const at = await withTenant(server.pool, 'acme', async (c) =>
      c.query<{ same: boolean }>('SELECT last_message_at = last_at AS same FROM conversations'),
    )
    assert.deepEqual(at.rows, [{ same: true }])
  } finally {
    await server.stop()
  }
})
