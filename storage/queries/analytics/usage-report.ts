// Several sums over the same events in one read: in all, over time, and by dimensions, also of a time before beside them. One
// query with grouping sets costs little more than one of its parts.

import type { ClickHouseClient } from '@clickhouse/client'
import type { ProjectScope } from '../page.ts'
import { isOfRange, readDimensionSums, singleDimensions } from './dimension-sums.ts'
import { DIMENSIONS, type DimensionName } from './dimensions.ts'
import {
  addedUp,
  type GroupKey,
  SUM_SETTINGS,
  SUMMED,
  type SumRow,
  type SumsFilter,
  sumSources,
} from './sum-sources.ts'

export interface Usage {
  readonly events: number
  /** Of all events with status error; `call_errors` of model calls only. */
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
  /** Calls with usage and without a price. */
  readonly unpriced: number
  /** Distinct traces: exact up to some thousands, then within one in a hundred; null where they are not counted. */
  readonly traces: number | null
  /** Milliseconds; null when nothing took time. */
  readonly p50_ms: number | null
  readonly p95_ms: number | null
  readonly p99_ms: number | null
}

export interface UsageGroup extends Usage {
  /** Values of the dimensions; null where an event has none. */
  readonly by: Readonly<Partial<Record<DimensionName, string | null>>>
}

export interface UsageBucket extends Usage {
  /** Start, ms since the epoch. */
  readonly at: number
}

export const ORDERS = ['cost_usd', 'total_tokens', 'calls', 'events', 'errors', 'p95_ms'] as const
export type Order = (typeof ORDERS)[number]

export interface ReportOptions {
  /** Buckets of this length, empty ones included; without it nothing is said over time. */
  readonly bucketS?: number | undefined
  /** One list of groups for each of these. */
  readonly by?: readonly (readonly DimensionName[])[] | undefined
  /** Groups of a list; what is in none of them is added up in `others`. */
  readonly limit?: number | undefined
  readonly order?: Order | undefined
  /** Where the time before begins, ms since the epoch: it ends where the range begins. */
  readonly previousFromMs?: number | undefined
  readonly withTraces?: boolean | undefined
  /** Latencies of all events, where no grouping needs it otherwise. */
  readonly latencyOfAllEvents?: boolean | undefined
}

export interface GroupList {
  readonly groups: readonly UsageGroup[]
  /** All that is in no group of the list; null when nothing is. Its percentiles are not known. */
  readonly others: Usage | null
}

export interface UsageReport {
  readonly total: Usage
  /** Null when no time before was asked for. */
  readonly previous: Usage | null
  readonly overTime: readonly UsageBucket[]
  readonly lists: readonly GroupList[]
  /** Events in the total that say `usage_inconsistent`; null when that was not counted. */
  readonly inconsistent: number | null
}

type Row = SumRow & Readonly<Record<string, string | number | null>>

const LIMIT_DEFAULT = 10
const BUCKETS_MAX = 10_000

export class TooManyBucketsError extends Error {}

export async function readReport(
  client: ClickHouseClient,
  scope: ProjectScope,
  filter: SumsFilter,
  options: ReportOptions,
): Promise<UsageReport> {
  const buckets = bucketsOf(filter, options.bucketS)
  const lists = options.by ?? []
  const withTraces = options.withTraces === true
  const rows =
    (await rowsByDimension(client, scope, filter, options, buckets.length)) ??
    (await rowsOfSources(client, scope, filter, options, buckets.length))
  const isNow = (row: Row): boolean => row['is_before'] !== 1
  const ofSet = (set: number): Row[] => rows.filter((row) => row['set_'] === set && isNow(row))
  const firstList = options.bucketS === undefined ? 1 : 2
  const [totalRow] = ofSet(0)
  const total = usageOf(totalRow, withTraces)
  const previousRow = rows.find((row) => row['set_'] === 0 && !isNow(row))
  return {
    total,
    previous: options.previousFromMs === undefined ? null : usageOf(previousRow, withTraces),
    overTime: options.bucketS === undefined ? [] : filled(buckets, ofSet(1), withTraces),
    lists: lists.map((by, i) => listOf(ofSet(firstList + i), by, total, options, withTraces)),
    inconsistent: inconsistentOf(rows, totalRow),
  }
}

/** No rows at all: nothing was counted because there is nothing. */
function inconsistentOf(rows: readonly Row[], total: Row | undefined): number | null {
  if (rows.length === 0) return 0
  const counted = total?.['inconsistent']
  return typeof counted === 'number' ? counted : null
}

const rowsMaxOf = (options: ReportOptions, buckets: number): number =>
  Math.max(buckets, (options.limit ?? LIMIT_DEFAULT) + 2)

/** Null when the sums by single dimensions do not answer this. */
async function rowsByDimension(
  client: ClickHouseClient,
  scope: ProjectScope,
  filter: SumsFilter,
  options: ReportOptions,
  buckets: number,
): Promise<readonly Row[] | null> {
  const by = singleDimensions(options.by ?? [])
  if (by === null || !isOfRange(filter)) return null
  return await readDimensionSums(client, scope, {
    filter,
    startMs: options.previousFromMs ?? filter.fromMs,
    bucketS: options.bucketS,
    by,
    keys: keysOf(filter, options),
    withTraces: options.withTraces === true,
    latencyOfAllEvents: options.latencyOfAllEvents === true,
    order: options.order ?? 'cost_usd',
    rowsMax: rowsMaxOf(options, buckets),
  })
}

async function rowsOfSources(
  client: ClickHouseClient,
  scope: ProjectScope,
  filter: SumsFilter,
  options: ReportOptions,
  buckets: number,
): Promise<readonly Row[]> {
  const keys = keysOf(filter, options)
  const withTraces = options.withTraces === true
  const sources = await sumSources(
    client,
    scope,
    { ...filter, fromMs: options.previousFromMs ?? filter.fromMs },
    keys,
    {
      withTraces,
      latencyOfAllEvents: options.latencyOfAllEvents === true,
      ...(options.previousFromMs === undefined ? {} : { cutsMs: [filter.fromMs] }),
    },
  )
  const result = await client.query({
    query: reportSql(keys, setsOf(options), sources.sql, {
      withTraces,
      order: options.order ?? 'cost_usd',
      rowsMax: rowsMaxOf(options, buckets),
    }),
    query_params: sources.params,
    format: 'JSONEachRow',
    clickhouse_settings: SUM_SETTINGS,
  })
  return await result.json<Row>()
}

function keysOf(filter: SumsFilter, options: ReportOptions): readonly GroupKey[] {
  const keys: GroupKey[] = []
  const add = (name: string, event: string, row: string): void => {
    keys.push({ name, event, row, ofTrace: null })
  }
  const { previousFromMs, bucketS } = options
  if (previousFromMs !== undefined)
    add(
      'is_before',
      `toUInt8(e.start_time < fromUnixTimestamp64Milli(${Math.floor(filter.fromMs)}))`,
      `toUInt8(r.hour < fromUnixTimestamp64Milli(${Math.floor(filter.fromMs)}))`,
    )
  if (bucketS !== undefined) {
    const at = (time: string): string =>
      `toUnixTimestamp(toStartOfInterval(${time}, toIntervalSecond(${bucketS})))`
    add('at', at('e.start_time'), at('r.hour'))
    // Hours say nothing of minutes.
    if (bucketS % 3600 !== 0) Object.assign(keys.at(-1) ?? {}, { row: null })
  }
  for (const name of new Set((options.by ?? []).flat())) keys.push({ name, ...DIMENSIONS[name] })
  return keys
}

/** The groupings by the names of their keys: in all, over time, then one for each list. */
function setsOf(options: ReportOptions): readonly (readonly string[])[] {
  const before = options.previousFromMs === undefined ? [] : ['is_before']
  return [
    before,
    ...(options.bucketS === undefined ? [] : [[...before, 'at']]),
    ...(options.by ?? []).map((by) => [...before, ...by]),
  ]
}

interface Shape {
  readonly withTraces: boolean
  readonly order: Order
  readonly rowsMax: number
}

function reportSql(
  keys: readonly GroupKey[],
  sets: readonly (readonly string[])[],
  sources: string,
  { withTraces, order, rowsMax }: Shape,
): string {
  const names = keys.map((key) => key.name)
  const columns = names.map((name) => `${name}, `).join('')
  if (names.length === 0) return `SELECT 0 AS set_, ${addedUp(withTraces)} FROM (${sources}) AS r`
  // A key that a set does not have is 1; the numbers of the sets are made of that.
  const isOf = (set: readonly string[]): string =>
    names.map((name) => `grouping(${name}) = ${set.includes(name) ? 0 : 1}`).join(' AND ')
  const number = `multiIf(${sets.map((set, i) => `${isOf(set)}, ${i}, `).join('')}255)`
  const sorted = order === 'p95_ms' ? 'ms[2]' : order
  return `SELECT ${columns}${number} AS set_, ${addedUp(withTraces)} FROM (${sources}) AS r
    GROUP BY GROUPING SETS (${sets.map((set) => `(${set.join(', ')})`).join(', ')})
    ORDER BY set_, ${sorted} DESC, ${order === 'calls' ? 'events' : 'calls'} DESC, ${names.join(', ')} LIMIT ${rowsMax} BY set_${names.includes('is_before') ? ', is_before' : ''}`
}

const NOTHING: Usage = {
  events: 0,
  errors: 0,
  calls: 0,
  call_errors: 0,
  input_tokens: 0,
  output_tokens: 0,
  total_tokens: 0,
  cache_read_tokens: 0,
  cache_write_tokens: 0,
  reasoning_tokens: 0,
  cost_usd: 0,
  unpriced: 0,
  traces: null,
  p50_ms: null,
  p95_ms: null,
  p99_ms: null,
}

function usageOf(row: Row | undefined, withTraces: boolean): Usage {
  if (row === undefined) return withTraces ? { ...NOTHING, traces: 0 } : NOTHING
  const [p50 = null, p95 = null, p99 = null] = row.ms
  const added = Object.fromEntries(SUMMED.map((name) => [name, row[name]])) as Pick<
    Usage,
    (typeof SUMMED)[number]
  >
  return {
    ...added,
    traces: withTraces ? row.traces : null,
    p50_ms: p50,
    p95_ms: p95,
    p99_ms: p99,
  }
}

/** Starts of all buckets of the range, ms since the epoch. */
function bucketsOf(filter: SumsFilter, bucketS: number | undefined): readonly number[] {
  if (bucketS === undefined) return []
  const ms = bucketS * 1000
  const first = Math.floor(filter.fromMs / ms) * ms
  const count = Math.ceil((filter.toMs - first) / ms)
  if (count > BUCKETS_MAX) throw new TooManyBucketsError()
  return Array.from({ length: count }, (_, i) => first + i * ms)
}

function filled(
  buckets: readonly number[],
  rows: readonly Row[],
  withTraces: boolean,
): readonly UsageBucket[] {
  const byTime = new Map(rows.map((row) => [Number(row['at']) * 1000, row]))
  return buckets.map((at) => ({ at, ...usageOf(byTime.get(at), withTraces) }))
}

function listOf(
  rows: readonly Row[],
  by: readonly DimensionName[],
  total: Usage,
  { limit = LIMIT_DEFAULT }: ReportOptions,
  withTraces: boolean,
): GroupList {
  const groups = rows.slice(0, limit).map((row): UsageGroup => {
    // Sums by single dimensions have the value of whichever it is under one name.
    const values = by.map((name) => [name, row[name] || row['value'] || null])
    return {
      by: Object.fromEntries(values) as UsageGroup['by'],
      ...usageOf(row, withTraces),
    }
  })
  if (rows.length <= limit) return { groups, others: null }
  const left = SUMMED.map((name): [string, number] => [
    name,
    // Sums of money in another order differ in their last digits.
    Math.max(0, Number((total[name] - sumOf(groups, name)).toFixed(9))),
  ])
  return { groups, others: { ...NOTHING, ...(Object.fromEntries(left) as Partial<Usage>) } }
}

const sumOf = (groups: readonly Usage[], name: (typeof SUMMED)[number]): number =>
  groups.reduce((sum, group) => sum + group[name], 0)
