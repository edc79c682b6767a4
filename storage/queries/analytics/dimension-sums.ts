// Sums of a range in all, over time and by single dimensions, out of `usage_by_dimension`, and out of the events for hours that
// are not added up. What it cannot answer, such as pairs of dimensions and most filters, is added up by `sum-sources.ts`.

import type { ClickHouseClient } from '@clickhouse/client'
import { ROLLED_DIMENSIONS } from '../hours/rolled-dimensions.ts'
import { hoursOfRange } from '../hours/rolled-hours.ts'
import type { ProjectScope } from '../page.ts'
import type { DimensionName } from './dimensions.ts'
import {
  addedUp,
  type GroupKey,
  ofEvents,
  SUM_SETTINGS,
  SUMMED,
  type SumRow,
  type SumsFilter,
} from './sum-sources.ts'

export interface DimensionSums {
  readonly filter: SumsFilter
  /** Begin of the time before, which ends where the range begins; the begin of the range when none is asked for. */
  readonly startMs: number
  readonly bucketS: number | undefined
  /** One dimension for each list. */
  readonly by: readonly DimensionName[]
  readonly keys: readonly GroupKey[]
  readonly withTraces: boolean
  readonly latencyOfAllEvents: boolean
  readonly order: string
  readonly rowsMax: number
}

/**
 * `set_`: 0 is the whole, then 1 over time when that is asked for, then one for each list. `at` is the start of the bucket in
 * seconds, `value` that of the list's dimension.
 */
export type DimensionRow = SumRow & Readonly<Record<string, string | number | null>>

const firstListOf = ({ bucketS }: DimensionSums): number => (bucketS === undefined ? 1 : 2)

/** The single dimensions of these lists; null when one list has several or was not added up. */
export function singleDimensions(
  lists: readonly (readonly DimensionName[])[],
): readonly DimensionName[] | null {
  const isRolled = (name: DimensionName): boolean =>
    name === 'environment' || ROLLED_DIMENSIONS.some((rolled) => rolled === name)
  return lists.every((list) => list.length === 1 && list.every(isRolled)) ? lists.flat() : null
}

/** Only what every row has can be filtered by. */
export function isOfRange({
  fromMs: _f,
  toMs: _t,
  environment: _e,
  ...others
}: SumsFilter): boolean {
  return Object.values(others).every((value) => value === undefined)
}

/** Null when most hours of the range are not added up: then the events answer as quickly. */
export async function readDimensionSums(
  client: ClickHouseClient,
  scope: ProjectScope,
  sums: DimensionSums,
): Promise<readonly DimensionRow[] | null> {
  const { filter, startMs, bucketS, withTraces, order, rowsMax } = sums
  if (bucketS !== undefined && bucketS % 3600 !== 0) return null
  const range = { fromMs: startMs, toMs: filter.toMs }
  const hours = await hoursOfRange(client, scope, range, true, [filter.fromMs])
  if (hours.kind === 'events') return null
  const rows = ofRows(sums, hours)
  const events = ofEvents(scope, { ...filter, ...range }, hours, sums.keys, {
    withTraces,
    latencyOfAllEvents: sums.latencyOfAllEvents,
    withInconsistent: true,
  })
  // What cannot have a row is left out, since planning it costs as much as reading.
  const parts = hours.fromEvents.length === 0 ? [rows] : [rows, inSets(sums, events.sql)]
  const sorted = order === 'p95_ms' ? 'ms[2]' : order
  const result = await client.query({
    query: `SELECT set_, is_before, at, value, ${addedUp(withTraces)}, sum(r.inconsistent) AS inconsistent
      FROM (${parts.join(' UNION ALL ')}) AS r
      GROUP BY set_, is_before, at, value
      ORDER BY set_, ${sorted} DESC, ${order === 'calls' ? 'events' : 'calls'} DESC, at, value
      LIMIT ${rowsMax} BY set_, is_before`,
    query_params: events.params,
    format: 'JSONEachRow',
    clickhouse_settings: SUM_SETTINGS,
  })
  return await result.json<DimensionRow>()
}

/** The time before is added up as a whole only. */
const WANTED = '(s = 0 OR k.is_before = 0)'
const figures = ({ withTraces }: DimensionSums): string =>
  [...SUMMED, 'inconsistent', ...(withTraces ? ['traces'] : []), 'call_ms']
    .map((name) => `k.${name} AS ${name}`)
    .join(', ')

/** A row for each set that these sums of events are part of. */
function inSets(sums: DimensionSums, sql: string): string {
  const { by, keys, bucketS } = sums
  const firstList = firstListOf(sums)
  const has = (name: string): boolean => keys.some((key) => key.name === name)
  const values = by.map((name, i) => `s = ${firstList + i}, toString(k.${name}), `).join('')
  const value = by.length === 0 ? 'NULL' : `nullIf(multiIf(${values}''), '')`
  const sets = [0, ...(bucketS === undefined ? [] : [1]), ...by.map((_, i) => firstList + i)]
  return `SELECT toUInt8(s) AS set_, ${has('is_before') ? 'k.is_before' : 'toUInt8(0)'} AS is_before,
      ${has('at') ? 'if(s = 1, k.at, 0)' : 'toUInt32(0)'} AS at, CAST(${value}, 'Nullable(String)') AS value, ${figures(sums)}
    FROM (${has('is_before') ? sql : `SELECT *, toUInt8(0) AS is_before FROM (${sql})`}) AS k
    ARRAY JOIN [${sets.join(', ')}] AS s WHERE ${WANTED}`
}

function ofRows(
  sums: DimensionSums,
  hours: { readonly first: number; readonly end: number; readonly fromEvents: readonly number[] },
): string {
  const { by, bucketS, filter, startMs } = sums
  const firstList = firstListOf(sums)
  const whole = [
    0,
    ...(bucketS === undefined ? [] : [1]),
    ...by.flatMap((name, i) => (name === 'environment' ? [firstList + i] : [])),
  ]
  const sets = by.flatMap((name, i) =>
    name === 'environment' ? [] : [`r.dimension = '${name}', [${firstList + i}]`],
  )
  const ofEnvironment = whole.filter((set) => set >= firstList)
  const from = `fromUnixTimestamp64Milli(${Math.floor(filter.fromMs)})`
  const where = [
    'r.tenant_id = {tenant:String} AND r.project_id = {project:String}',
    `r.dimension IN ('', ${by.map((name) => `'${name}'`).join(', ')})`.replace(', )', ')'),
    `r.hour >= toDateTime(${hours.first}, 'UTC') AND r.hour < toDateTime(${hours.end}, 'UTC')`,
    ...(hours.fromEvents.length === 0 ? [] : [`r.hour NOT IN (${hours.fromEvents.join(', ')})`]),
    ...(startMs === filter.fromMs ? [] : [`(r.dimension = '' OR r.hour >= ${from})`]),
    ...(filter.environment === undefined ? [] : ['r.environment = {environment:String}']),
    // Rows of nothing replaced others; FINAL comes before this condition.
    'r.events > 0',
  ]
  const read = [
    'dimension',
    'environment',
    'hour',
    'value',
    ...SUMMED,
    'inconsistent',
    ...(sums.withTraces ? ['traces'] : []),
  ]
  const at = `toUnixTimestamp(toStartOfInterval(k.hour, toIntervalSecond(${bucketS ?? 3600})))`
  const value =
    ofEnvironment.length === 0
      ? 'k.value'
      : `if(s IN (${ofEnvironment.join(', ')}), k.environment, k.value)`
  return `SELECT toUInt8(s) AS set_, k.is_before AS is_before, ${bucketS === undefined ? '0' : `if(s = 1, ${at}, 0)`} AS at, CAST(nullIf(${value}, ''), 'Nullable(String)') AS value, ${figures(sums)}
    FROM (SELECT ${read.map((name) => `r.${name} AS ${name}`).join(', ')},
        r.${sums.latencyOfAllEvents ? 'all_ms' : 'call_ms'} AS call_ms, toUInt8(r.hour < ${from}) AS is_before,
        multiIf(${[...sets, `r.dimension = '', [${whole.join(', ')}]`].join(', ')}, []) AS sets
      FROM usage_by_dimension AS r FINAL WHERE ${where.join(' AND ')}) AS k
    ARRAY JOIN k.sets AS s WHERE ${WANTED}`
}
