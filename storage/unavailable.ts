// Whether an error of a store says that the store cannot answer now, rather than that the question is wrong.

import { ClickHouseError } from '@clickhouse/client'
import { PostgresUnavailableError, sqlStateOf } from './postgres/connection.ts'

/** Connections refused or ended, rights to connect, no resources, a statement that took too long. */
const POSTGRES = /^(08|28|3D|53|57)/
/** Timeouts, too many queries, memory, and network errors within a cluster. */
const CLICKHOUSE: ReadonlySet<string> = new Set(['159', '202', '209', '210', '241', '242', '279'])
/** How Node and the ClickHouse client name a connection that failed. */
const SYSTEM =
  /^(ECONN\w+|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_\w+|EHOST\w+|ENET\w+|ERR_SOCKET\w*|ERR_STREAM_PREMATURE_CLOSE)$/

/** Name of the store that cannot answer, or null when the error is another one. */
export function unavailableStore(error: unknown): 'ClickHouse' | 'Postgres' | null {
  if (error instanceof PostgresUnavailableError) return 'Postgres'
  const state = sqlStateOf(error)
  if (state !== null) return POSTGRES.test(state) ? 'Postgres' : null
  if (error instanceof ClickHouseError) return CLICKHOUSE.has(error.code) ? 'ClickHouse' : null
  const { code, message } = error as NodeJS.ErrnoException
  if (typeof code === 'string' && SYSTEM.test(code)) return 'ClickHouse'
  // The client's own words when `request_timeout` has passed.
  return message === 'Timeout error.' ? 'ClickHouse' : null
}
