// Starts with databases that are empty, half migrated, up to date, and of other versions.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import { ObservaError } from '../../core/errors.ts'
import { withRole } from '../postgres/roles.ts'
import {
  startTestClickHouse,
  startTestPostgres,
  type TestClickHouse,
  type TestPostgres,
} from '../testing/stores.ts'
import { migrateClickHouse } from './clickhouse.ts'
import { migrationsOf, pending, statementsOf } from './files.ts'
import { PG_BOSS_SCHEMA } from './job-queue.ts'
import { migratePostgres } from './postgres.ts'

let clickhouse: TestClickHouse
let postgres: TestPostgres

before(async () => {
  clickhouse = await startTestClickHouse({ migrate: false })
  postgres = await startTestPostgres({ migrate: false })
})
after(async () => {
  await clickhouse.stop()
  await postgres.stop()
})

const refusal = (code: string, hint: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ObservaError, String(error))
  assert.equal(error.code, code)
  assert.match(error.hint, hint)
  return true
}

/** The names and types of everything in a database. */
async function schemaOf(database: string): Promise<unknown[]> {
  const sql = `SELECT name, replaceAll(create_table_query, '${database}', 'db') AS form FROM system.tables
    WHERE database = '${database}' AND name NOT LIKE '.inner%' ORDER BY name`
  return await clickhouse.rows(sql)
}

test('an empty database of each store gets its tables, and a second start changes nothing', async () => {
  const all = (store: 'clickhouse' | 'postgres') => migrationsOf(store).map((m) => m.version)
  assert.deepEqual(await migrateClickHouse(clickhouse.client, 'fresh'), all('clickhouse'))
  assert.deepEqual(await migrateClickHouse(clickhouse.client, 'fresh'), [])
  assert.deepEqual(await migratePostgres(postgres.pool), all('postgres'))
  assert.deepEqual(await migratePostgres(postgres.pool), [])
})

test('ClickHouse: cut off after any statement, the next start makes the same of it', async () => {
  const whole = await schemaOf('fresh')
  assert.ok(whole.length > 8)
  const statements = migrationsOf('clickhouse').flatMap((m) => statementsOf(m.sql))
  for (let done = 1; done <= statements.length; done++) {
    const database = `cut_${done}`
    await clickhouse.client.command({ query: `CREATE DATABASE ${database}` })
    for (const query of statements.slice(0, done))
      await clickhouse.client.command({
        query,
        http_headers: { 'X-ClickHouse-Database': database },
      })
    await migrateClickHouse(clickhouse.client, database)
    assert.deepEqual(await schemaOf(database), whole, `after ${done}`)
    await clickhouse.client.command({ query: `DROP DATABASE ${database}` })
  }
})

test('two programs that start at once apply each step once', async () => {
  await postgres.pool.query('DROP SCHEMA public CASCADE')
  await postgres.pool.query('CREATE SCHEMA public')
  const applied = await Promise.all([1, 2, 3].map(() => migratePostgres(postgres.pool)))
  assert.equal(applied.flat().length, migrationsOf('postgres').length)
})

test('the tables of the job queue are those of the installed pg-boss', () => {
  const manifest = createRequire(import.meta.url)('pg-boss/package.json') as {
    readonly pgboss: { readonly schema: number }
  }
  assert.equal(PG_BOSS_SCHEMA, manifest.pgboss.schema)
})

test('rows of an earlier version get what later migrations add, and its statements still work', async () => {
  const { pool } = postgres
  await pool.query('DROP SCHEMA public CASCADE')
  await pool.query('CREATE SCHEMA public')
  await migratePostgres(pool)
  const flat = migrationsOf('postgres').find((m) => m.name === 'flat_rollups')?.version ?? 0
  const earlier = migrationsOf('postgres').filter((m) => m.version < flat)
  await pool.query('DROP SCHEMA public CASCADE')
  await pool.query('CREATE SCHEMA public')
  await pool.query(
    'CREATE TABLE schema_migrations (version integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())',
  )
  for (const { version, name, checksum, sql } of earlier) {
    await pool.query(sql)
    await pool.query('INSERT INTO schema_migrations VALUES ($1, $2, $3)', [version, name, checksum])
  }
  const insert = (id: string): Promise<unknown> =>
    withRole(pool, 'observa_exporter', (c) =>
      c.query(
        `INSERT INTO sessions AS t (tenant_id, project_id, session_id, first_at, last_at, events, llm_calls, errors, input_tokens,
           output_tokens, total_tokens, cost_usd) VALUES ('t', 'p', $1, $2, $2, 1, 1, 0, 1, 1, 2, 0)
         ON CONFLICT (tenant_id, project_id, session_id) DO UPDATE SET last_at = t.last_at + interval '1 hour', events = t.events + 1`,
        [id, '2026-11-30 12:59:59.999+00'],
      ),
    )
  await insert('before')
  assert.ok((await migratePostgres(pool)).includes(flat))
  await insert('after')
  await insert('after')
  const rows = await withRole(pool, 'observa_exporter', async (c) => {
    const sql =
      'SELECT session_id AS id, last_hour AS hour, events::float8 FROM sessions ORDER BY 1 DESC'
    return (await c.query<Record<string, unknown>>(sql)).rows
  })
  assert.deepEqual(rows, [
    { id: 'before', hour: new Date('2026-11-30T12:00:00Z'), events: 1 },
    { id: 'after', hour: new Date('2026-11-30T13:00:00Z'), events: 2 },
  ])
})

test('a database of a version before the first release is left alone, and the error says how to start anew', async () => {
  const unreleased = refusal('OBS_MIGRATION_UNRELEASED', /data_dir.*empty database/)
  await clickhouse.client.command({ query: 'CREATE DATABASE old' })
  await clickhouse.client.command({
    query: `CREATE TABLE old.schema_migrations (version UInt32, name String, checksum String,
      applied_at DateTime64(3, 'UTC') DEFAULT now64(3)) ENGINE = ReplacingMergeTree ORDER BY version`,
  })
  // The names that unreleased versions gave to their first migrations.
  await clickhouse.client.insert({
    table: 'old.schema_migrations',
    values: [1, 2, 7].map((version) => ({ version, name: 'events', checksum: 'x' })),
    format: 'JSONEachRow',
  })
  await assert.rejects(migrateClickHouse(clickhouse.client, 'old'), unreleased)
  assert.equal((await schemaOf('old')).length, 1)

  await postgres.pool.query(
    "UPDATE schema_migrations SET name = 'stores', checksum = 'x' WHERE version = 1",
  )
  await postgres.pool.query(
    "UPDATE schema_migrations SET name = 'exact_sums', checksum = 'x' WHERE version = 2",
  )
  await assert.rejects(migratePostgres(postgres.pool), unreleased)
})

test('a step that was applied never changes, and a newer database is left alone', () => {
  const [first] = migrationsOf('postgres')
  assert.ok(first !== undefined)
  const { name, checksum } = first
  const applied = new Map([[1, { name, checksum }]])
  assert.deepEqual(pending([first], applied, 'Postgres'), [])
  const changed = { ...first, checksum: 'other' }
  const changedError = refusal('OBS_MIGRATION_CHANGED', /belong together/)
  assert.throws(() => pending([changed], applied, 'Postgres'), changedError)
  applied.set(2, { name: 'later', checksum: 'y' })
  const future = refusal('OBS_MIGRATION_FROM_THE_FUTURE', /newer version/)
  assert.throws(() => pending([first], applied, 'Postgres'), future)
})
