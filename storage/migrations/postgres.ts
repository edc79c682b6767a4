// Applies the Postgres migrations, each in its own transaction with its row in `schema_migrations`. With an advisory
// lock only one program migrates at a time. The others wait and find nothing to do.

import type { Statements } from '../postgres/connection.ts'
import type { PostgresPool } from '../postgres/pool.ts'
import { ensureRoles } from '../postgres/roles.ts'
import { type Applied, type Migration, migrationsOf, pending } from './files.ts'
import { migrateJobQueue } from './job-queue.ts'

/** The text "observa" as a number. Any constant would do that no other program uses. */
const LOCK_KEY = 7_362_781_411

/** The longest time for one migration. */
const LONGEST_MS = 3_600_000

/** Brings the database up to date. Returns the versions that were applied. */
export async function migratePostgres(pool: PostgresPool): Promise<readonly number[]> {
  // A failure closes the connection, which releases the lock and rolls back an open transaction.
  return await pool.withClient(async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [LOCK_KEY])
    const applied = await migrate(client)
    await client.query('SELECT pg_advisory_unlock($1)', [LOCK_KEY])
    return applied
  })
}

async function migrate(client: Statements): Promise<readonly number[]> {
  await client.query(`CREATE TABLE IF NOT EXISTS schema_migrations (
    version integer PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
  )`)
  const todo = pending(migrationsOf('postgres'), await appliedIn(client), 'Postgres')
  await ensureRoles(client, await loginOf(client))
  for (const migration of todo) await apply(client, migration)
  await migrateJobQueue(client)
  return todo.map((m) => m.version)
}

/** The migrations that `migratePostgres` would apply. Changes nothing. */
export async function pendingInPostgres(pool: PostgresPool): Promise<readonly Migration[]> {
  return await pool.withClient(async (client) => {
    const found = await client.query<{ it: string | null }>(
      "SELECT to_regclass('schema_migrations')::text AS it",
    )
    const isThere = (found.rows[0]?.it ?? null) !== null
    return pending(
      migrationsOf('postgres'),
      isThere ? await appliedIn(client) : new Map(),
      'Postgres',
    )
  })
}

async function appliedIn(client: Statements): Promise<Applied> {
  const rows = await client.query<{ version: number; name: string; checksum: string }>(
    'SELECT version, name, checksum FROM schema_migrations',
  )
  return new Map(rows.rows.map((r) => [r.version, r]))
}

async function loginOf(client: Statements): Promise<string> {
  const found = await client.query<{ login: string }>('SELECT session_user AS login')
  return found.rows[0]?.login ?? ''
}

async function apply(client: Statements, migration: Migration): Promise<void> {
  await client.query('BEGIN')
  // Rows of years are rewritten by some migrations, which takes longer than a statement of the connection may.
  await client.query("SELECT set_config('statement_timeout', $1, true)", [`${LONGEST_MS}`])
  // The simple protocol runs all statements of the text in this transaction.
  const all = { text: migration.sql, query_timeout: LONGEST_MS }
  await client.query(all)
  await client.query(
    'INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)',
    [migration.version, migration.name, migration.checksum],
  )
  await client.query('COMMIT')
}
