// Fills the data directory of an instance with many events and their sums, as its exporters would have written them, before the
// instance starts. The engines make the rows themselves, because only reading is measured.

import { join } from 'node:path'
import { ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { pino } from 'pino'
import { startClickHouseEngine } from '../../storage/clickhouse/engine/engine.ts'
import { migrateClickHouse } from '../../storage/migrations/clickhouse.ts'
import { migratePostgres } from '../../storage/migrations/postgres.ts'
import { startPostgresEngine } from '../../storage/postgres/engine/engine.ts'
import { PostgresPool } from '../../storage/postgres/pool.ts'
import { withRole } from '../../storage/postgres/roles.ts'
import { rollHours } from '../../storage/queries/hours/rolled-hours.ts'
import { type Filled, fillEvents } from '../queries/generate-events.ts'
import { fillOf } from '../queries/postgres.ts'

/** The tenant of an instance without keys. */
const PLACE = { tenantId: 'default', projectId: 'default', parts: 1 }
const HOUR_MS = 3_600_000
const log = pino({ level: 'silent' })

type Say = (text: string) => void

export async function storeEvents(dataDir: string, events: number, say: Say): Promise<Filled> {
  const filled = await fillClickHouse(join(dataDir, 'clickhouse'), events, say)
  await fillPostgres(join(dataDir, 'postgres'), filled.traces, say)
  return filled
}

async function fillClickHouse(dataDir: string, events: number, say: Say): Promise<Filled> {
  const engine = await startClickHouseEngine({ dataDir, log, progress: say })
  const { url, username, password, database } = engine
  const level = ClickHouseLogLevel.OFF
  try {
    // The database does not exist yet, so the connection that makes it names none.
    const first = createClient({ url, username, password, log: { level } })
    await migrateClickHouse(first, database)
    await first.close()
    const settings = { url, username, password, database, log: { level } }
    const client = createClient({ ...settings, request_timeout: 900_000 })
    const toMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS
    const filled = await fillEvents(client, { events, toMs, say, places: [PLACE] })
    while ((await rollHours(client, { quietS: 0, hoursMax: 200 })) > 0);
    await client.close()
    return filled
  } finally {
    await engine.stop()
  }
}

async function fillPostgres(dataDir: string, traces: number, say: Say): Promise<void> {
  const engine = await startPostgresEngine({ dataDir, log, progress: say })
  const pool = new PostgresPool({ url: engine.url, statementTimeoutMs: 600_000 })
  const sample = {
    scope: PLACE,
    traces,
    conversations: Math.ceil(traces / 4),
    sessions: Math.ceil(traces / 12),
    users: 20_000,
  }
  try {
    await migratePostgres(pool)
    await withRole(pool, 'observa_exporter', async (client) => {
      for (const sql of fillOf(sample)) await client.query(sql)
    })
  } finally {
    await pool.end()
    await engine.stop()
  }
}
