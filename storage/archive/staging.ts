// A table of its own in ClickHouse that an archived file is read into: to compare what the file says with what is stored, to restore it,
// and to take a subject out of it. The engine that wrote the Parquet file reads it, so what is compared are rows, not bytes.

import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { ClickHouseClient } from '@clickhouse/client'
import { count } from '../deletion/clickhouse-subject.ts'

const PREFIX = 'archive_staging_'
const LEFT_BEHIND_HOURS = 6
export const STATEMENT_S = 3600

/** A hash over all columns of a row, the same for equal rows of two tables with the same columns. */
export const ROW_HASH = "sipHash128(formatRow('TSV', *))"

export class Staging {
  readonly table: string
  readonly #client: ClickHouseClient

  private constructor(client: ClickHouseClient, table: string) {
    this.#client = client
    this.table = table
  }

  /** An empty table with the columns of another one; gone when `work` is done. */
  static async use<T>(
    client: ClickHouseClient,
    like: string,
    work: (staging: Staging) => Promise<T>,
  ): Promise<T> {
    const staging = new Staging(client, `${PREFIX}${randomBytes(8).toString('hex')}`)
    await client.command({
      query: `CREATE TABLE ${staging.table} AS ${like} ENGINE = MergeTree PRIMARY KEY tuple() ORDER BY tuple()`,
    })
    try {
      return await work(staging)
    } finally {
      await client.command({ query: `DROP TABLE ${staging.table} SYNC` })
    }
  }

  /** Adds the rows of a Parquet file of this machine. Resolves with how many there were. */
  async load(file: string): Promise<number> {
    const before = await this.count()
    await this.#client.insert({
      table: this.table,
      values: createReadStream(file),
      format: 'Parquet',
      clickhouse_settings: { max_execution_time: STATEMENT_S },
    })
    return (await this.count()) - before
  }

  count(where = 'true'): Promise<number> {
    return count(this.#client, this.table, where)
  }

  async empty(): Promise<void> {
    await this.#client.command({ query: `TRUNCATE TABLE ${this.table}` })
  }
}

/** Removes the tables of processes that were killed. */
export async function dropLeftBehind(client: ClickHouseClient): Promise<void> {
  const result = await client.query({
    query: `SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(name, '${PREFIX}')
      AND metadata_modification_time < now() - toIntervalHour(${LEFT_BEHIND_HOURS})`,
    format: 'JSONEachRow',
  })
  for (const { name } of await result.json<{ name: string }>())
    if (/^archive_staging_[0-9a-f]{16}$/.test(name))
      await client.command({ query: `DROP TABLE IF EXISTS ${name} SYNC` })
}
