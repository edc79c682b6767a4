// Sums over events out of ClickHouse, exact under replays: every one reads through FINAL and leaves out rows
// that repeat other rows' usage.

import type { ClickHouseClient } from '@clickhouse/client'
import type { Scope } from './page.ts'

export interface TotalsFilter {
  /** ms since the epoch, inclusive and exclusive. */
  readonly fromMs: number
  readonly toMs: number
  readonly environment?: string | undefined
}

export interface Totals {
  readonly events: number
  readonly traces: number
  readonly errors: number
  readonly llm_calls: number
  readonly input_tokens: number
  readonly output_tokens: number
  readonly total_tokens: number
  readonly cost_usd: number
  /** Calls with usage and without a price. */
  readonly unpriced: number
  /** Milliseconds of calls; null without any. */
  readonly p50_ms: number | null
  readonly p95_ms: number | null
  readonly p99_ms: number | null
}

export interface UsageRow {
  readonly calls: number
  readonly errors: number
  readonly input_tokens: number
  readonly output_tokens: number
  readonly total_tokens: number
  readonly cost_usd: number
}

export interface BucketRow extends UsageRow {
  /** Start of the bucket, ms since the epoch. */
  readonly at: number
}

export interface ModelRow extends UsageRow {
  readonly provider: string | null
  readonly model: string | null
  readonly route: string | null
}

const CALL = "(e.kind IN ('llm', 'embedding', 'rerank') AND NOT e.usage_aggregate)"
const sumIf = (column: string): string => `ifNull(sumIf(e.${column}, NOT e.usage_aggregate), 0)`
/** All percentiles in one pass; NaN, which JSON prints as null, without any call. */
const PERCENTILES = `quantilesTDigestIf(0.5, 0.95, 0.99)(ifNull(e.duration_ms, 0), ${CALL} AND e.duration_ms IS NOT NULL)`

/** One row for the whole range. */
export async function readTotals(
  client: ClickHouseClient,
  scope: Scope,
  filter: TotalsFilter,
): Promise<Totals> {
  const [found] = await run<
    Omit<Totals, 'p50_ms' | 'p95_ms' | 'p99_ms'> & { ms: (number | null)[] }
  >(
    client,
    scope,
    filter,
    `count() AS events, uniqExact(e.trace_id) AS traces, countIf(e.status = 'error') AS errors, countIf(${CALL}) AS llm_calls,
      ${sumIf('input_tokens')} AS input_tokens, ${sumIf('output_tokens')} AS output_tokens,
      ${sumIf('total_tokens')} AS total_tokens, ${sumIf('cost_usd')} AS cost_usd,
      countIf(${CALL} AND e.total_tokens > 0 AND e.cost_usd IS NULL) AS unpriced,
      ${PERCENTILES} AS ms`,
    '',
  )
  if (found === undefined) throw new Error('an aggregate without groups has one row')
  const { ms, ...row } = found
  return { ...row, p50_ms: ms[0] ?? null, p95_ms: ms[1] ?? null, p99_ms: ms[2] ?? null }
}

const USAGE = `countIf(${CALL}) AS calls, countIf(${CALL} AND e.status = 'error') AS errors,
  ${sumIf('input_tokens')} AS input_tokens, ${sumIf('output_tokens')} AS output_tokens,
  ${sumIf('total_tokens')} AS total_tokens, ${sumIf('cost_usd')} AS cost_usd`

/** Usage in buckets of equal length, oldest first; empty buckets are left out. */
export async function usageOverTime(
  client: ClickHouseClient,
  scope: Scope,
  filter: TotalsFilter & { readonly bucketS: number },
): Promise<readonly BucketRow[]> {
  return await run<BucketRow>(
    client,
    scope,
    filter,
    `toUnixTimestamp(toStartOfInterval(e.start_time, toIntervalSecond({bucket:UInt32}))) * 1000 AS at, ${USAGE}`,
    'GROUP BY at ORDER BY at LIMIT 10000',
    { bucket: filter.bucketS },
  )
}

/** Usage by provider, model and route, dearest first. */
export async function usageByModel(
  client: ClickHouseClient,
  scope: Scope,
  filter: TotalsFilter & { readonly limit: number },
): Promise<readonly ModelRow[]> {
  return await run<ModelRow>(
    client,
    scope,
    filter,
    `e.provider AS provider, coalesce(e.response_model, e.request_model) AS model, e.route AS route, ${USAGE}`,
    'GROUP BY provider, model, route HAVING calls > 0 ORDER BY cost_usd DESC, calls DESC LIMIT {limit:UInt32}',
    { limit: filter.limit },
  )
}

/** Limits of a read: a dashboard must not take the store from the exporter. */
const LIMITS = {
  output_format_json_quote_64bit_integers: 0,
  max_execution_time: 20,
  max_rows_to_read: '2000000000',
} as const

async function run<Row>(
  client: ClickHouseClient,
  scope: Scope,
  filter: TotalsFilter,
  select: string,
  rest: string,
  params: Readonly<Record<string, unknown>> = {},
): Promise<Row[]> {
  const environment =
    filter.environment === undefined ? '' : 'AND e.environment = {environment:String}'
  const result = await client.query({
    query: `SELECT ${select} FROM canonical_events AS e FINAL
      WHERE e.tenant_id = {tenant:String} AND e.project_id = {project:String} ${environment}
        AND e.start_time >= fromUnixTimestamp64Milli({from:Int64})
        AND e.start_time < fromUnixTimestamp64Milli({to:Int64}) ${rest}`,
    query_params: {
      ...params,
      tenant: scope.tenantId,
      project: scope.projectId,
      from: filter.fromMs,
      to: filter.toMs,
      ...(filter.environment === undefined ? {} : { environment: filter.environment }),
    },
    format: 'JSONEachRow',
    clickhouse_settings: LIMITS,
  })
  return await result.json<Row>()
}
