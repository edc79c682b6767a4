// Sums over events from ClickHouse, exact with re-sends and late data. Hours that were added up and have not changed
// since are read from `usage_rollup`. All others, and partial hours, are read from the events with FINAL. Rows that
// repeat the usage of other rows are in no sum.

import type { ClickHouseClient } from '@clickhouse/client'
import type { Scope } from './page.ts'
import { type Hours, hoursOfRange } from './rolled-hours.ts'
import {
  type Breakdown,
  EVENT_KEYS,
  EVENT_MS,
  EVENT_SUMS,
  EVENT_TRACES,
  routesOfTraces,
} from './usage-sums.ts'

export interface TotalsFilter {
  /** In ms since the epoch. `fromMs` is inclusive, `toMs` exclusive. */
  readonly fromMs: number
  readonly toMs: number
  readonly environment?: string | undefined
}

export interface Totals {
  readonly events: number
  /** Exact up to some thousands, then within one percent. */
  readonly traces: number
  readonly errors: number
  readonly llm_calls: number
  readonly input_tokens: number
  readonly output_tokens: number
  readonly total_tokens: number
  readonly cost_usd: number
  /** Calls with usage and without a price. */
  readonly unpriced: number
  /** The duration of calls in milliseconds. Null without any call. */
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
  readonly cache_read_tokens: number
  readonly cache_write_tokens: number
  readonly reasoning_tokens: number
  readonly cost_usd: number
  readonly unpriced: number
  readonly p50_ms: number | null
  readonly p95_ms: number | null
}

export interface BucketRow extends UsageRow {
  /** The start of the bucket, in ms since the epoch. */
  readonly at: number
}

export type BreakdownRow = UsageRow & Readonly<Partial<Record<Breakdown, string | null>>>

/** The same sums over rows that were added up before. */
const ROW_SUMS = `sum(r.events) AS events, sum(r.errors) AS errors, sum(r.calls) AS calls, sum(r.call_errors) AS call_errors,
  sum(r.input_tokens) AS input_tokens, sum(r.output_tokens) AS output_tokens, sum(r.total_tokens) AS total_tokens,
  sum(r.cache_read_tokens) AS cache_read_tokens, sum(r.cache_write_tokens) AS cache_write_tokens,
  sum(r.reasoning_tokens) AS reasoning_tokens, sum(r.cost_usd) AS cost_usd, sum(r.unpriced) AS unpriced`
const ROW_TRACES = 'uniqCombined64MergeState(16)(r.traces) AS traces'
const ROW_MS = 'quantilesTDigestMergeState(0.5, 0.95, 0.99)(r.call_ms) AS call_ms'
const TRACES = 'uniqCombined64Merge(16)(r.traces) AS traces'
const MS = 'quantilesTDigestMerge(0.5, 0.95, 0.99)(r.call_ms) AS ms'

interface SumRow {
  readonly events: number
  readonly errors: number
  readonly calls: number
  readonly call_errors: number
  readonly input_tokens: number
  readonly output_tokens: number
  readonly total_tokens: number
  readonly cache_read_tokens: number
  readonly cache_write_tokens: number
  readonly reasoning_tokens: number
  readonly cost_usd: number
  readonly unpriced: number
  readonly traces: number
  /** NaN without any call, which JSON prints as null. */
  readonly ms: readonly (number | null)[]
}

/** One row for the whole range. */
export async function readTotals(
  client: ClickHouseClient,
  scope: Scope,
  filter: TotalsFilter,
): Promise<Totals> {
  const [found] = await sums<SumRow>(client, scope, filter, [], '')
  if (found === undefined) throw new Error('an aggregate without groups has one row')
  const { ms } = found
  return {
    events: found.events,
    traces: found.traces,
    errors: found.errors,
    llm_calls: found.calls,
    input_tokens: found.input_tokens,
    output_tokens: found.output_tokens,
    total_tokens: found.total_tokens,
    cost_usd: found.cost_usd,
    unpriced: found.unpriced,
    p50_ms: ms[0] ?? null,
    p95_ms: ms[1] ?? null,
    p99_ms: ms[2] ?? null,
  }
}

/** Usage in buckets of equal length, oldest first. Empty buckets are left out. */
export async function usageOverTime(
  client: ClickHouseClient,
  scope: Scope,
  filter: TotalsFilter & { readonly bucketS: number },
): Promise<readonly BucketRow[]> {
  const interval = `toIntervalSecond(${Math.floor(filter.bucketS)})`
  const at = (time: string): string => `toUnixTimestamp(toStartOfInterval(${time}, ${interval}))`
  const rows = await sums<SumRow & { at: number }>(
    client,
    scope,
    filter,
    [{ name: 'at', event: at('e.start_time'), row: at('r.hour') }],
    'ORDER BY at LIMIT 10000',
    filter.bucketS % 3600 === 0,
  )
  return rows.map((row) => ({ at: row.at * 1000, ...usageOf(row) }))
}

/** Usage by the given dimensions, highest cost first. */
export async function usageBy(
  client: ClickHouseClient,
  scope: Scope,
  filter: TotalsFilter & { readonly by: readonly Breakdown[]; readonly limit: number },
): Promise<readonly BreakdownRow[]> {
  const rows = await sums<SumRow & Record<Breakdown, string | null>>(
    client,
    scope,
    filter,
    filter.by.map((name) => ({ name, event: EVENT_KEYS[name], row: `r.${name}` })),
    `HAVING calls > 0 ORDER BY cost_usd DESC, calls DESC, ${filter.by.join(', ')} LIMIT ${Math.floor(filter.limit)}`,
  )
  return rows.map((row) => ({
    ...Object.fromEntries(filter.by.map((name) => [name, row[name]])),
    ...usageOf(row),
  }))
}

function usageOf(row: SumRow): UsageRow {
  return {
    calls: row.calls,
    errors: row.call_errors,
    input_tokens: row.input_tokens,
    output_tokens: row.output_tokens,
    total_tokens: row.total_tokens,
    cache_read_tokens: row.cache_read_tokens,
    cache_write_tokens: row.cache_write_tokens,
    reasoning_tokens: row.reasoning_tokens,
    cost_usd: row.cost_usd,
    unpriced: row.unpriced,
    p50_ms: row.ms[0] ?? null,
    p95_ms: row.ms[1] ?? null,
  }
}

/** A column to group by: its name, and the SQL for events and for added-up rows. */
interface GroupKey {
  readonly name: string
  readonly event: string
  readonly row: string
}

/** The limits of a query, so that a dashboard does not slow down the exporter. */
const LIMITS = {
  output_format_json_quote_64bit_integers: 0,
  max_execution_time: 20,
  max_rows_to_read: '2000000000',
} as const

async function sums<Row>(
  client: ClickHouseClient,
  scope: Scope,
  filter: TotalsFilter,
  keys: readonly GroupKey[],
  rest: string,
  canRoll = true,
): Promise<Row[]> {
  const hours = await hoursOfRange(client, scope, filter, canRoll)
  const names = keys.map((key) => key.name)
  // Counting distinct traces costs as much as everything else, and only the totals need it.
  const ofTraces = (sql: string): string => (names.length === 0 ? `${sql}, ` : '')
  const group = names.length === 0 ? '' : `GROUP BY ${names.join(', ')}`
  const routes = names.includes('route') ? routesOfTraces(ROUTES_WHERE) : ''
  const list = (of: (key: GroupKey) => string): string =>
    keys.map((key) => `${of(key)} AS ${key.name}, `).join('')
  const result = await client.query({
    query: `SELECT ${names.map((n) => `${n}, `).join('')}${ROW_SUMS}, ${ofTraces(TRACES)}${MS}
      FROM (
        SELECT ${list((key) => key.event)}${EVENT_SUMS}, ${ofTraces(EVENT_TRACES)}${EVENT_MS} FROM canonical_events AS e FINAL
        ${routes}
        WHERE ${eventsWhere(filter, hours)} ${group}
        UNION ALL
        SELECT ${list((key) => key.row)}${ROW_SUMS}, ${ofTraces(ROW_TRACES)}${ROW_MS} FROM usage_rollup AS r FINAL
        WHERE ${rowsWhere(filter, hours)} ${group}
      ) AS r ${group} ${rest}`,
    query_params: {
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

/** Roots may begin before their calls, and before the range. */
const ROUTES_WHERE = `start_time >= fromUnixTimestamp64Milli({from:Int64}) - INTERVAL 1 HOUR
  AND start_time < fromUnixTimestamp64Milli({to:Int64}) + INTERVAL 1 HOUR`

const PLACE = (alias: string, filter: TotalsFilter): string =>
  `${alias}.tenant_id = {tenant:String} AND ${alias}.project_id = {project:String}${
    filter.environment === undefined ? '' : ` AND ${alias}.environment = {environment:String}`
  }`

function eventsWhere(filter: TotalsFilter, hours: Hours): string {
  const range = `${PLACE('e', filter)} AND e.start_time >= fromUnixTimestamp64Milli({from:Int64})
    AND e.start_time < fromUnixTimestamp64Milli({to:Int64})`
  if (hours.kind === 'events') return range
  return hours.fromEvents.length === 0
    ? '0'
    : `${range} AND toStartOfHour(e.start_time) IN (${hours.fromEvents.join(', ')})`
}

function rowsWhere(filter: TotalsFilter, hours: Hours): string {
  if (hours.kind === 'events') return '0'
  const not =
    hours.fromEvents.length === 0 ? '' : `AND r.hour NOT IN (${hours.fromEvents.join(', ')})`
  return `${PLACE('r', filter)} AND r.hour >= toDateTime(${hours.first}, 'UTC') AND r.hour < toDateTime(${hours.end}, 'UTC') ${not}`
}
