// Tells whether an error of a store means that the store cannot respond now, and not that the query is wrong.

import { ClickHouseError } from '@clickhouse/client'
import { codeOf, messageOf } from '../core/errors.ts'
import { PostgresUnavailableError, sqlStateOf } from './postgres/connection.ts'

/**
 * SQLSTATE classes: connections refused or ended, no right to connect, too few resources, a statement that took too
 * long.
 */
const POSTGRES = /^(08|28|3D|53|57)/
/** Codes of ClickHouse: timeouts, too many queries, memory, and network errors within a cluster. */
const CLICKHOUSE: ReadonlySet<string> = new Set(['159', '202', '209', '210', '241', '242', '279'])
/** How Node and the ClickHouse client name a connection that failed. */
const SYSTEM =
  /^(ECONN\w+|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_\w+|EHOST\w+|ENET\w+|ERR_SOCKET\w*|ERR_STREAM_PREMATURE_CLOSE)$/

/** The name of the store that cannot respond, or null for any other error. */
export function unavailableStore(error: unknown): 'ClickHouse' | 'Postgres' | null {
  if (error instanceof PostgresUnavailableError) return 'Postgres'
  const state = sqlStateOf(error)
  if (state !== null) return POSTGRES.test(state) ? 'Postgres' : null
  if (error instanceof ClickHouseError) return CLICKHOUSE.has(error.code) ? 'ClickHouse' : null
  if (SYSTEM.test(codeOf(error) ?? '')) return 'ClickHouse'
  // The client's own message when `request_timeout` has passed.
  return messageOf(error) === 'Timeout error.' ? 'ClickHouse' : null
}
