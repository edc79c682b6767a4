// Removes the bytes of deleted rows from the disks of ClickHouse. A delete hides rows at once and leaves their bytes in the
// part. A rewrite makes a part without them, and the old part remains until the server cleans up.

import type { ClickHouseClient } from '@clickhouse/client'

const MUTATION_S = 3600

/** Rewrites the parts of these tables that have hidden rows. Resolves when all are rewritten. */
export async function applyMasks(
  client: ClickHouseClient,
  tables: readonly string[],
): Promise<void> {
  for (const table of tables)
    if (await hasMasks(client, table))
      await client.command({
        query: `ALTER TABLE ${table} APPLY DELETED MASK`,
        clickhouse_settings: { mutations_sync: '2', max_execution_time: MUTATION_S },
      })
}

async function hasMasks(client: ClickHouseClient, table: string): Promise<boolean> {
  const result = await client.query({
    query: `SELECT toUInt32(count()) AS n FROM system.parts
      WHERE database = currentDatabase() AND table = {table:String} AND active AND has_lightweight_delete`,
    query_params: { table },
    format: 'JSONEachRow',
  })
  const [row] = await result.json<{ n: number }>()
  return Number(row?.n ?? 0) > 0
}

/** The unused parts that were replaced before `at` (s since the epoch) and still contain the bytes. */
export async function leftoverParts(
  client: ClickHouseClient,
  tables: readonly string[],
  atS: number,
): Promise<number> {
  const result = await client.query({
    query: `SELECT toUInt32(count()) AS n FROM system.parts
      WHERE database = currentDatabase() AND table IN {tables:Array(String)} AND NOT active
        AND toUnixTimestamp(remove_time) <= {at:UInt32}`,
    query_params: { tables: [...tables], at: Math.ceil(atS) },
    format: 'JSONEachRow',
  })
  const [row] = await result.json<{ n: number }>()
  return Number(row?.n ?? 0)
}

/** The time of the server, s since the epoch. */
export async function serverTimeS(client: ClickHouseClient): Promise<number> {
  const result = await client.query({
    query: 'SELECT toUnixTimestamp(now()) AS at',
    format: 'JSONEachRow',
  })
  const [row] = await result.json<{ at: number }>()
  return Number(row?.at ?? 0)
}
