// Finds what the embedded ClickHouse set aside because its files are damaged, such as after a backup that was cut or a fault of the disk.
// ClickHouse starts without these parts and says nothing, so their rows would only be missing from every answer.

import type { ClickHouseClient } from '@clickhouse/client'
import { z } from 'zod'
import type { Host } from '../../core/component.ts'
import { gauge } from '../../core/metrics.ts'

const DAMAGED_PARTS = 'observa_clickhouse_damaged_parts'

export const DAMAGE_METRICS = [
  gauge(DAMAGED_PARTS, 'Parts of tables that ClickHouse left out because they are damaged.', [
    'table',
  ]),
]

const rows = z.array(z.object({ table: z.string(), parts: z.coerce.number() }))

/** Logs and counts the damaged parts of the database. Never rejects. */
export async function reportDamagedParts(
  client: ClickHouseClient,
  database: string,
  { log, metrics }: Pick<Host, 'log' | 'metrics'>,
): Promise<void> {
  const found = await damagedParts(client, database)
  for (const { table, parts } of found) metrics.set(DAMAGED_PARTS, `table="${table}"`, parts)
  if (found.length > 0)
    log.error(
      { code: 'OBS_CLICKHOUSE_DAMAGED', tables: found },
      'ClickHouse left out damaged parts of these tables: their rows are missing. Restore both stores of one backup.',
    )
}

async function damagedParts(
  client: ClickHouseClient,
  database: string,
): Promise<z.output<typeof rows>> {
  try {
    const answer = await client.query({
      query: `SELECT table, count() AS parts FROM system.detached_parts
        WHERE database = {database: String} AND reason LIKE '%broken%' GROUP BY table ORDER BY table`,
      query_params: { database },
      format: 'JSONEachRow',
    })
    return rows.parse(await answer.json())
  } catch {
    // The engine fell over meanwhile. Its next start is looked at.
    return []
  }
}
