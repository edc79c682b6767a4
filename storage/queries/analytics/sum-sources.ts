// Where sums over events come from: hours that were added up and have not changed since from `usage_rollup`, all others, and
// parts of hours, from the events through FINAL. Both as SELECTs of partial sums, for a query that adds them up.

import type { ClickHouseClient } from '@clickhouse/client'
import { conditionsOf, type EventFilter, OWN_ROWS } from '../events/event-filter.ts'
import { type Hours, hoursOfRange } from '../hours/rolled-hours.ts'
import type { ProjectScope } from '../page.ts'
import {
  EVENT_INCONSISTENT,
  EVENT_KEYS,
  EVENT_MS,
  EVENT_MS_OF_ALL,
  EVENT_SUMS,
  EVENT_TRACES,
} from '../usage-sums.ts'
import type { Dimension } from './dimensions.ts'

export interface SumsFilter extends EventFilter {
  /** ms since the epoch, inclusive and exclusive. */
  readonly fromMs: number
  readonly toMs: number
}

/** A column that is grouped by: as it is called, and as it is made of events and of rows. */
export interface GroupKey extends Dimension {
  readonly name: string
}

export interface SumSources {
  /** The partial sums, to be put into FROM: a row for each combination of the keys, or several. */
  readonly sql: string
  readonly params: Readonly<Record<string, unknown>>
}

export interface SourceOptions {
  /** Counting distinct traces costs as much as all else. */
  readonly withTraces: boolean
  /** Latencies of all events instead of those of model calls; the events are read for it. */
  readonly latencyOfAllEvents?: boolean
  /** How many events say `usage_inconsistent` as well. */
  readonly withInconsistent?: boolean
  /** Times within the range at which an answer is cut in two, ms since the epoch. */
  readonly cutsMs?: readonly number[]
}

/** Filters that hours are added up by. */
const ROLLED_FILTERS = ['environment', 'provider', 'model', 'route'] as const
type RolledFilter = (typeof ROLLED_FILTERS)[number]

const HOUR_S = 3600

export async function sumSources(
  client: ClickHouseClient,
  scope: ProjectScope,
  filter: SumsFilter,
  keys: readonly GroupKey[],
  options: SourceOptions,
): Promise<SumSources> {
  const canRoll =
    options.latencyOfAllEvents !== true && keys.every((key) => key.row !== null) && isRolled(filter)
  const hours = await hoursOfRange(client, scope, filter, canRoll, options.cutsMs)
  const { sql, params } = ofEvents(scope, filter, hours, keys, options)
  const rows = ofRows(filter, hours, keys, options)
  const isAllRolled = hours.kind === 'mixed' && hours.fromEvents.length === 0
  // What cannot have a row is left out, since planning it costs as much as reading.
  const parts = isAllRolled ? [rows] : hours.kind === 'events' ? [sql] : [sql, rows]
  return { sql: parts.join(' UNION ALL '), params }
}

const isRolled = ({ fromMs: _f, toMs: _t, ...filter }: SumsFilter): boolean =>
  Object.entries(filter).every(
    ([name, value]) => value === undefined || ROLLED_FILTERS.includes(name as RolledFilter),
  )

/** Partial sums of the hours that must be read from the events. */
export function ofEvents(
  scope: ProjectScope,
  filter: SumsFilter,
  hours: Hours,
  keys: readonly GroupKey[],
  options: SourceOptions,
): SumSources {
  const { model, route, ...others } = filter
  const { where, params } = conditionsOf(scope, others)
  // By the model and route that sums show, also where a call names another model in its request.
  const shown = { model, route }
  for (const [name, value] of Object.entries(shown)) {
    if (value === undefined) continue
    where.push(`${EVENT_KEYS[name as keyof typeof shown]} = {${name}:String}`)
    params[name] = value
  }
  if (hours.kind === 'mixed')
    where.push(`toStartOfHour(e.start_time) IN (${hours.fromEvents.join(', ')})`)
  const names = keys.map((key) => key.name)
  const columns = new Set(keys.flatMap((key) => key.ofTrace ?? []))
  if (route !== undefined) columns.add('route')
  const sql = `SELECT ${keys.map((key) => `${key.event} AS ${key.name}, `).join('')}${EVENT_SUMS},
      ${options.withInconsistent === true ? `${EVENT_INCONSISTENT}, ` : ''}${options.withTraces ? `${EVENT_TRACES}, ` : ''}${options.latencyOfAllEvents === true ? EVENT_MS_OF_ALL : EVENT_MS}
    FROM canonical_events AS e FINAL ${columns.size === 0 ? '' : valuesOfTraces([...columns], hours)}
    WHERE ${where.join(' AND ')} ${names.length === 0 ? '' : `GROUP BY ${names.join(', ')}`}`
  return { sql, params }
}

/** Of several values in a trace the lesser, as with ids everywhere. A root may begin before its calls, and the range in between. */
function valuesOfTraces(columns: readonly string[], hours: Hours): string {
  const values = columns.map((c) => `min(nullIf(${c}, '')) AS trace_${c}`)
  const given = columns.map((column) => `ifNull(${column}, '') != ''`)
  return `LEFT JOIN (SELECT trace_id, ${values.join(', ')} FROM canonical_events
    WHERE tenant_id = {tenant:String} AND project_id = {project:String} AND (${given.join(' OR ')})
      AND ${nearby(hours)}
    GROUP BY trace_id) AS t ON t.trace_id = e.trace_id`
}

/** Where the events of traces are that are read; of a range that is added up mostly, that is a few hours. */
function nearby(hours: Hours): string {
  if (hours.kind === 'events')
    return `start_time >= fromUnixTimestamp64Milli({fromMs:Int64}) - INTERVAL 1 HOUR
      AND start_time < fromUnixTimestamp64Milli({toMs:Int64}) + INTERVAL 1 HOUR`
  const all = hours.fromEvents.flatMap((hour) => [hour - HOUR_S, hour, hour + HOUR_S])
  return `toStartOfHour(start_time) IN (${[...new Set(all)].join(', ')})`
}

function ofRows(
  filter: SumsFilter,
  hours: Hours,
  keys: readonly GroupKey[],
  options: SourceOptions,
): string {
  if (hours.kind === 'events') return ''
  const where = [
    OWN_ROWS.replaceAll('e.', 'r.'),
    `r.hour >= toDateTime(${hours.first}, 'UTC') AND r.hour < toDateTime(${hours.end}, 'UTC')`,
  ]
  if (hours.fromEvents.length > 0) where.push(`r.hour NOT IN (${hours.fromEvents.join(', ')})`)
  for (const name of ROLLED_FILTERS)
    if (filter[name] !== undefined) where.push(`r.${name} = {${name}:String}`)
  return `SELECT ${keys.map((key) => `${key.row} AS ${key.name}, `).join('')}${ROLLED_COLUMNS}, ${options.withTraces ? 'r.traces, ' : ''}r.call_ms
    FROM usage_rollup AS r FINAL WHERE ${where.join(' AND ')}`
}

/** What is added up; all but traces and percentiles. */
export const SUMMED = [
  'events',
  'errors',
  'calls',
  'call_errors',
  'input_tokens',
  'output_tokens',
  'total_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'reasoning_tokens',
  'cost_usd',
  'unpriced',
] as const

const ROLLED_COLUMNS = SUMMED.map((name) => `r.${name}`).join(', ')

/** Adds up what the sources have, as `r`. */
export function addedUp(withTraces: boolean): string {
  const sums = SUMMED.map((name) => `sum(r.${name}) AS ${name}`).join(', ')
  const traces = withTraces ? 'uniqCombined64Merge(16)(r.traces) AS traces, ' : ''
  return `${sums}, ${traces}quantilesTDigestMerge(0.5, 0.95, 0.99)(r.call_ms) AS ms`
}

/** Limits of a read: a dashboard must not take the store from the exporter. */
export const SUM_SETTINGS = {
  output_format_json_quote_64bit_integers: 0,
  max_execution_time: 20,
  max_rows_to_read: '2000000000',
  max_threads: 2,
  // Compiling pays for itself over millions of rows; here it cost a fifth of the CPU.
  compile_expressions: 0,
  compile_aggregate_expressions: 0,
} as const

export interface SumRow {
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
  /** NaN, which JSON prints as null, without any call. */
  readonly ms: readonly (number | null)[]
}
