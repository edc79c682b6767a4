// How jobs read and write ClickHouse: JSON rows with their parameters, and a client made from the address of the exporter.

import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import type { StoreAddress } from '../../core/config/store-address.ts'

export function connectClickHouse(address: StoreAddress): ClickHouseClient {
  return createClient({
    url: address.url,
    database: address.database,
    ...(address.username === undefined ? {} : { username: address.username }),
    ...(address.password === undefined ? {} : { password: address.password }),
    request_timeout: 120_000,
    max_open_connections: 4,
    compression: { response: false, request: false },
    // By default the client prints connection details of every failure to the terminal.
    log: { level: ClickHouseLogLevel.OFF },
    clickhouse_settings: {
      max_execution_time: 60,
      output_format_json_quote_64bit_integers: 0,
      date_time_input_format: 'best_effort',
    },
  })
}

export async function rowsOf<Row>(
  client: ClickHouseClient,
  query: string,
  params: Readonly<Record<string, unknown>>,
): Promise<readonly Row[]> {
  const result = await client.query({ query, query_params: params, format: 'JSONEachRow' })
  return await result.json<Row>()
}

export async function insertRows(
  client: ClickHouseClient,
  table: string,
  rows: readonly object[],
): Promise<void> {
  if (rows.length === 0) return
  await client.insert({ table, values: [...rows], format: 'JSONEachRow' })
}
