// Adds up hours by one dimension at a time, into `usage_by_dimension`. See
// `storage/migrations/clickhouse/0007_usage_by_dimension.sql`.

import type { ClickHouseClient } from '@clickhouse/client'
import { DIMENSIONS, type DimensionName } from '../analytics/dimensions.ts'
import {
  EVENT_INCONSISTENT,
  EVENT_MS,
  EVENT_MS_OF_ALL,
  EVENT_SUMS,
  EVENT_TRACES,
  routesOfTraces,
} from '../usage-sums.ts'

/**
 * What hours are added up by, beside the environment, which each row has. Only what has few values: a row is written for each
 * of them in each hour.
 */
export const ROLLED_DIMENSIONS = [
  'kind',
  'service',
  'model',
  'provider',
  'route',
  'tool',
  'error_type',
  'operation',
  'agent',
  'status',
] as const satisfies readonly DimensionName[]

/** Columns of events that the sums are made of. */
const READ = [
  'trace_id',
  'status',
  'kind',
  'usage_aggregate',
  'usage_inconsistent',
  'input_tokens',
  'output_tokens',
  'total_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'reasoning_tokens',
  'cost_usd',
  'duration_ms',
  'environment',
] as const

/** Sums of nothing, which replace what an hour had before under values that no event of it has any more. */
export const NO_FIGURES = `0 AS events, 0 AS errors, 0 AS calls, 0 AS call_errors, 0 AS input_tokens, 0 AS output_tokens,
        0 AS total_tokens, 0 AS cache_read_tokens, 0 AS cache_write_tokens, 0 AS reasoning_tokens, 0. AS cost_usd, 0 AS unpriced`
export const NO_TRACES = "uniqCombined64StateIf(16)(toFixedString('', 16), 0) AS traces"
export const NO_MS = 'quantilesTDigestStateIf(0.5, 0.95, 0.99)(toFloat64(0), 0)'

export interface HoursOfPlace {
  readonly tenant: string
  readonly project: string
  /** Hours, and those with the roots of their traces, in seconds since the epoch, separated by commas. */
  readonly hours: string
  readonly withRoots: string
}

export async function rollDimensions(
  client: ClickHouseClient,
  { tenant, project, hours, withRoots }: HoursOfPlace,
): Promise<void> {
  const values = ROLLED_DIMENSIONS.map(
    (name) => `('${name}', ifNull(toString(${DIMENSIONS[name].event}), ''))`,
  )
  const read = READ.map((column) => `e.${column} AS ${column}`).join(', ')
  const routes = routesOfTraces(`toStartOfHour(start_time) IN (${withRoots})`)
  const allMs = EVENT_MS_OF_ALL.replace('AS call_ms', 'AS all_ms')
  await client.command({
    query: `INSERT INTO usage_by_dimension (tenant_id, project_id, dimension, hour, environment, value, events, errors, calls,
        call_errors, input_tokens, output_tokens, total_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens,
        cost_usd, unpriced, inconsistent, traces, call_ms, all_ms, made_at)
      SELECT {tenant:String}, {project:String}, e.of.1 AS dimension, e.hour AS hour, e.environment AS environment,
        nullIf(e.of.2, '') AS value, ${EVENT_SUMS}, ${EVENT_INCONSISTENT}, ${EVENT_TRACES}, ${EVENT_MS},
        ${allMs}, now64(3)
      FROM (
        SELECT ${read}, toStartOfHour(e.start_time) AS hour,
          arrayJoin([('', ''), ${values.join(', ')}]) AS of
        FROM canonical_events AS e FINAL
        ${routes}
        WHERE e.tenant_id = {tenant:String} AND e.project_id = {project:String} AND toStartOfHour(e.start_time) IN (${hours})
      ) AS e
      GROUP BY dimension, hour, environment, value
      UNION ALL
      SELECT {tenant:String}, {project:String}, dimension, hour, environment, value, ${NO_FIGURES}, 0 AS inconsistent,
        ${NO_TRACES}, ${NO_MS} AS call_ms, ${NO_MS} AS all_ms, now64(3) - toIntervalMillisecond(1)
      FROM usage_by_dimension AS r FINAL
      WHERE r.tenant_id = {tenant:String} AND r.project_id = {project:String} AND r.hour IN (${hours}) AND r.events > 0
      GROUP BY dimension, hour, environment, value`,
    query_params: { tenant, project },
    // The query runs in the background beside ingest, so it uses one thread.
    clickhouse_settings: { max_threads: 1, max_execution_time: 300 },
  })
}
