// The stores that tests of semantic jobs need: the embedded ClickHouse with a client, and Postgres.

import type { ClickHouseClient } from '@clickhouse/client'
import type { PostgresPool } from '../../storage/postgres/pool.ts'
import { connectClickHouse } from '../../storage/semantic/clickhouse-rows.ts'
import { startTestClickHouse, startTestPostgres } from '../../storage/testing/stores.ts'

export interface SemanticStores {
  readonly client: ClickHouseClient
  readonly pool: PostgresPool
  stop(): Promise<void>
}

export async function startSemanticStores(): Promise<SemanticStores> {
  const [clickhouse, postgres] = await Promise.all([startTestClickHouse(), startTestPostgres()])
  const { url, database } = clickhouse
  const client = connectClickHouse({ kind: 'clickhouse', url, database })
  return {
    client,
    pool: postgres.pool,
    stop: async () => {
      await client.close()
      await Promise.all([clickhouse.stop(), postgres.stop()])
    },
  }
}
