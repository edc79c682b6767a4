// Applies the ClickHouse migrations. ClickHouse has no transactions or locks for DDL, so every statement may run
// twice (IF NOT EXISTS), and two programs that start at the same time do no harm.

import type { ClickHouseClient } from '@clickhouse/client'
import { type Applied, type Migration, migrationsOf, pending, statementsOf } from './files.ts'

/**
 * Brings the client's database, which is made if it is missing, up to date. Returns the versions that were applied.
 */
export async function migrateClickHouse(
  client: ClickHouseClient,
  database: string,
): Promise<readonly number[]> {
  const db = quoteName(database)
  await client.command({ query: `CREATE DATABASE IF NOT EXISTS ${db}` })
  await client.command({
    query: `CREATE TABLE IF NOT EXISTS ${db}.schema_migrations
      (version UInt32, name String, checksum String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3))
      ENGINE = ReplacingMergeTree ORDER BY version`,
  })
  const todo = pending(migrationsOf('clickhouse'), await applied(client, db), 'ClickHouse')
  for (const migration of todo) await apply(client, database, migration)
  return todo.map((m) => m.version)
}

/** The migrations that `migrateClickHouse` would apply. Changes nothing. */
export async function pendingInClickHouse(
  client: ClickHouseClient,
  database: string,
): Promise<readonly Migration[]> {
  const found = await client.query({
    query: `SELECT count() AS n FROM system.tables WHERE database = {database: String} AND name = 'schema_migrations'`,
    query_params: { database },
    format: 'JSONEachRow',
  })
  const [row] = await found.json<{ n: string | number }>()
  const known = Number(row?.n) === 0 ? new Map() : await applied(client, quoteName(database))
  return pending(migrationsOf('clickhouse'), known, 'ClickHouse')
}

async function applied(client: ClickHouseClient, db: string): Promise<Applied> {
  const rows = await client.query({
    query: `SELECT version, name, checksum FROM ${db}.schema_migrations FINAL`,
    format: 'JSONEachRow',
  })
  const list = await rows.json<{ version: number; name: string; checksum: string }>()
  return new Map(list.map((r) => [Number(r.version), r]))
}

async function apply(
  client: ClickHouseClient,
  database: string,
  migration: Migration,
): Promise<void> {
  for (const statement of statementsOf(migration.sql))
    await client.command({ query: statement, http_headers: { 'X-ClickHouse-Database': database } })
  const { version, name, checksum } = migration
  await client.insert({
    table: `${quoteName(database)}.schema_migrations`,
    values: [{ version, name, checksum }],
    format: 'JSONEachRow',
  })
}

/** A database or table name in backticks. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``
}
