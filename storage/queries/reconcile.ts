// Reads the events that a provider's bill is compared with: every report of the days that counts, and the reports
// that do not count.

import type { ClickHouseClient } from '@clickhouse/client'
import type { Amounts, Provider } from '../reconcile/billed.ts'
import type { CountedEvent } from '../reconcile/compare.ts'
import type { ProjectScope } from './page.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** The most events in one comparison. More are refused, because sums over a part of them would be wrong. */
export const RECONCILED_EVENTS_MAX = 300_000

/** Fields that may name the provider's key with which a call was made. */
export const KEY_FIELDS = ['service_name', 'environment', 'agent_name', 'user_id', 'route'] as const
export type KeyField = (typeof KEY_FIELDS)[number]

/** A field, or an entry of metadata. */
export type KeySource = { readonly field: KeyField } | { readonly metadata: string } | null

/** How events name the provider that is paid. An event that names none is included if its model matches. */
const SOLD_BY: Readonly<Record<Provider, string>> = {
  openai:
    "(e.provider = 'openai' OR e.provider IS NULL) AND NOT ifNull(e.server_address, '') LIKE '%openrouter.ai%'",
  anthropic:
    "(e.provider = 'anthropic' OR e.provider IS NULL) AND NOT ifNull(e.server_address, '') LIKE '%openrouter.ai%'",
  bedrock: "(e.provider = 'aws.bedrock' OR e.provider IS NULL)",
  openrouter: "(e.provider = 'openrouter' OR ifNull(e.server_address, '') LIKE '%openrouter.ai%')",
}

/** A counted event with its amounts as columns. `duplicate_of` is '' when there is none. */
type Row = Omit<CountedEvent, 'amounts'> & Omit<Amounts, 'calls'>

const SELECT = `lower(hex(e.event_id)) AS event_id, lower(hex(e.trace_id)) AS trace_id, lower(hex(e.span_id)) AS span_id,
  toString(toDate(e.start_time, 'UTC')) AS day, toFloat64(toUnixTimestamp64Milli(e.start_time)) AS at_ms,
  e.provider IS NOT NULL OR ifNull(e.server_address, '') LIKE '%openrouter.ai%' AS names_provider,
  abs(toUnixTimestamp(e.start_time) % 86400 - 43200) > 39600 AS near_midnight,
  coalesce(e.response_model, e.request_model, '') AS model, e.response_id AS response_id,
  ifNull(e.kind, '') AS kind, ifNull(e.status, '') AS status,
  NOT e.usage_aggregate AND (e.input_tokens > 0 OR e.output_tokens > 0 OR e.cost_usd IS NOT NULL) AS counts,
  ifNull(e.input_tokens > 0 OR e.output_tokens > 0, false) AS has_usage, e.cost_usd IS NOT NULL AS has_cost,
  ifNull(e.cost_source, '') AS cost_source, ifNull(e.usage_inconsistent, false) AS inconsistent, e.scope_name AS scope_name,
  ifNull(e.usage_remainder, false) AS remainder, lower(hex(e.usage_duplicate_of)) AS duplicate_of,
  toFloat64(ifNull(e.input_tokens, 0)) AS input_tokens, toFloat64(ifNull(e.output_tokens, 0)) AS output_tokens,
  toFloat64(ifNull(e.cache_read_tokens, 0)) AS cache_read_tokens,
  toFloat64(ifNull(e.cache_write_tokens, 0)) AS cache_write_tokens, ifNull(e.cost_usd, 0) AS cost_usd`

export interface ReconcileAsk {
  readonly provider: Provider
  /** The first and last day of the export. */
  readonly from: string
  readonly to: string
  readonly key: KeySource
}

/** Returns null when there are too many events to compare. */
export async function reconciledEvents(
  client: ClickHouseClient,
  scope: ProjectScope,
  { provider, from, to, key }: ReconcileAsk,
): Promise<readonly CountedEvent[] | null> {
  const keySql =
    key === null
      ? 'NULL'
      : 'field' in key
        ? `nullIf(toString(e.${key.field}), '')`
        : "nullIf(e.metadata[{key:String}], '')"
  const result = await client.query({
    query: `SELECT ${SELECT}, ${keySql} AS key
      FROM canonical_events AS e FINAL
      WHERE e.tenant_id = {tenant:String} AND e.project_id = {project:String}
        AND e.start_time >= fromUnixTimestamp64Milli({from:Int64}) AND e.start_time < fromUnixTimestamp64Milli({to:Int64})
        AND ${SOLD_BY[provider]}
        AND (e.kind IN ('llm', 'embedding', 'rerank') OR (NOT e.usage_aggregate AND (e.input_tokens > 0 OR e.output_tokens > 0)))
      LIMIT {limit:UInt32}`,
    query_params: {
      tenant: scope.tenantId,
      project: scope.projectId,
      from: Date.parse(from) - HOUR_MS,
      to: Date.parse(to) + DAY_MS + HOUR_MS,
      key: key !== null && 'metadata' in key ? key.metadata : '',
      limit: RECONCILED_EVENTS_MAX + 1,
    },
    format: 'JSONEachRow',
  })
  const rows = await result.json<Row>()
  return rows.length > RECONCILED_EVENTS_MAX ? null : rows.map(eventOf)
}

function eventOf(row: Row): CountedEvent {
  const { input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost_usd, ...rest } =
    row
  const calls = row.counts && row.has_usage ? 1 : 0
  return {
    ...rest,
    duplicate_of: row.duplicate_of === '' ? null : row.duplicate_of,
    amounts: {
      calls,
      input_tokens,
      output_tokens,
      cache_read_tokens,
      cache_write_tokens,
      cost_usd,
    },
  }
}
