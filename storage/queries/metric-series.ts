// A metric over time, computed from the data points that clients sent. What a cumulative series added within a bucket
// is the difference to its last point before. Histograms with different bounds are joined when quantiles are
// computed.

import type { ClickHouseClient } from '@clickhouse/client'
import { quantilesOf } from './bucket-quantiles.ts'
import type { ProjectScope } from './page.ts'

export interface MetricFilter {
  readonly metric: string
  /** In ms since the epoch. `fromMs` is inclusive, `toMs` exclusive. */
  readonly fromMs: number
  readonly toMs: number
  readonly bucketS: number
  readonly environment?: string | undefined
  /** Attributes of the points or of their resources. Each combination of values is a series. */
  readonly by: readonly string[]
}

export interface MetricBucket {
  /** The start of the bucket, in ms since the epoch. */
  readonly at: number
  readonly by: Readonly<Record<string, string>>
  /** For histograms and summaries: how many values were recorded, and their sum. */
  readonly count: number | null
  readonly sum: number | null
  /** For counters: what was added. For gauges: the mean of the points. */
  readonly value: number | null
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
}

export interface MetricSeries {
  readonly type: string | null
  readonly unit: string | null
  readonly data: readonly MetricBucket[]
}

/**
 * How long before a range points are read, ms, to which its first points are compared. Clients send every minute by
 * default.
 */
const LOOKBACK_MS_MIN = 600_000

/** The most rows. With more rows, which no dashboard can show, the result is `null`. */
const ROWS_MAX = 50_000

/** The points of one series in one bucket. For cumulative series, the last point. */
interface Row {
  readonly at: number
  readonly series: string
  readonly start_ms: number
  readonly temporality: string
  readonly type: string
  readonly unit: string
  readonly is_monotonic: boolean
  readonly by: readonly string[]
  readonly count: number
  readonly sum: number
  readonly value: number | null
  readonly mean: number | null
  readonly bounds: readonly number[]
  readonly buckets: readonly number[]
}

/** Returns null when there are too many series or buckets for one response. */
export async function metricOverTime(
  client: ClickHouseClient,
  scope: ProjectScope,
  filter: MetricFilter,
): Promise<MetricSeries | null> {
  const rows = await readRows(client, scope, filter)
  if (rows.length > ROWS_MAX) return null
  const groups = new Map<string, Group>()
  for (const row of increases(rows, filter)) {
    const key = JSON.stringify([row.at, row.by])
    let group = groups.get(key)
    if (group === undefined) {
      group = new Group(row.at * 1000, row.by)
      groups.set(key, group)
    }
    group.add(row)
  }
  const data = [...groups.values()].map((group) => group.bucket(filter.by))
  data.sort((a, b) => a.at - b.at || (JSON.stringify(a.by) < JSON.stringify(b.by) ? -1 : 1))
  return { type: rows[0]?.type ?? null, unit: rows[0]?.unit ?? null, data }
}

async function readRows(
  client: ClickHouseClient,
  scope: ProjectScope,
  filter: MetricFilter,
): Promise<Row[]> {
  const { bucketS, by, environment } = filter
  const interval = Math.floor(bucketS)
  const names = by.map((_, i) => {
    const name = `{by${i}:String}`
    return `if(mapContains(p.attributes, ${name}), p.attributes[${name}], p.resource[${name}])`
  })
  const isDelta = "p.temporality = 'delta'"
  /** Increases are added up. Of totals the last one is taken. */
  const either = (column: string, sum = 'sum'): string =>
    `if(any(${isDelta}), ${sum}(${column}), argMax(${column}, p.time))`
  const result = await client.query({
    query: `SELECT intDiv(toUnixTimestamp(p.time), ${interval}) * ${interval} AS at, hex(p.series_id) AS series,
        toUnixTimestamp64Milli(p.start_time) AS start_ms, p.temporality AS temporality, any(p.type) AS type, any(p.unit) AS unit,
        any(p.is_monotonic) AS is_monotonic, [${names.join(', ')}] AS by,
        ${either('ifNull(p.count, 0)')} AS count, ${either('ifNull(p.sum, 0)')} AS sum, ${either('ifNull(p.value, 0)')} AS value,
        avg(p.value) AS mean, argMax(p.bounds, p.time) AS bounds, ${either('p.buckets', 'sumForEach')} AS buckets
      FROM metric_points AS p FINAL
      WHERE tenant_id = {tenant:String} AND project_id = {project:String} AND metric = {metric:String}
        AND p.time >= fromUnixTimestamp64Milli({from:Int64}) AND p.time < fromUnixTimestamp64Milli({to:Int64})
        ${environment === undefined ? '' : 'AND environment = {environment:String}'}
      GROUP BY at, p.series_id, p.start_time, p.temporality, by, if(${isDelta}, p.bounds, [])
      ORDER BY series, start_ms, at LIMIT ${ROWS_MAX + 1}`,
    format: 'JSONEachRow',
    query_params: {
      tenant: scope.tenantId,
      project: scope.projectId,
      metric: filter.metric,
      from: Math.max(0, filter.fromMs - lookbackMs(filter)),
      to: filter.toMs,
      ...(environment === undefined ? {} : { environment }),
      ...Object.fromEntries(by.map((name, i) => [`by${i}`, name])),
    },
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0, max_execution_time: 20 },
  })
  return await result.json<Row>()
}

function lookbackMs({ bucketS }: MetricFilter): number {
  return Math.max(bucketS * 1000, LOOKBACK_MS_MIN)
}

/** What was recorded within each bucket. Rows are in the order of series, start and time. */
function* increases(rows: readonly Row[], filter: MetricFilter): Generator<Row> {
  let before: Row | null = null
  for (const row of rows) {
    const last: Row | null = before
    before = row
    const isSame = last !== null && last.series === row.series && last.start_ms === row.start_ms
    if (row.at * 1000 < filter.fromMs) continue
    if (row.temporality !== 'cumulative' || (row.type === 'sum' && !row.is_monotonic)) yield row
    else if (isSame) yield difference(row, last)
    // The process began to count long ago, and it is unknown when it counted what its first point has.
    else if (row.start_ms >= filter.fromMs - lookbackMs(filter)) yield row
  }
}

function difference(row: Row, last: Row): Row {
  const isSameBounds =
    row.bounds.length === last.bounds.length && row.bounds.every((b, i) => b === last.bounds[i])
  const buckets = isSameBounds
    ? row.buckets.map((n, i) => Math.max(0, n - (last.buckets[i] ?? 0)))
    : differenceByBound(row, last)
  return {
    ...row,
    count: Math.max(0, row.count - last.count),
    sum: row.sum - last.sum,
    value: Math.max(0, (row.value ?? 0) - (last.value ?? 0)),
    buckets,
  }
}

/** Exponential histograms grow at both ends, so two buckets are the same when their upper bounds are. */
function differenceByBound(row: Row, last: Row): number[] {
  const counted = new Map(last.bounds.map((bound, i) => [bound, last.buckets[i] ?? 0]))
  return row.buckets.map((n, i) => {
    const bound = row.bounds[i]
    return Math.max(0, n - (bound === undefined ? 0 : (counted.get(bound) ?? 0)))
  })
}

/** The rows of one bucket and one combination of attributes. */
class Group {
  readonly #at: number
  readonly #by: readonly string[]
  #type = ''
  #isMonotonic = false
  #count = 0
  #sum = 0
  #value = 0
  #means = 0
  #rows = 0
  readonly #histograms: Row[] = []

  constructor(at: number, by: readonly string[]) {
    this.#at = at
    this.#by = by
  }

  add(row: Row): void {
    this.#type = row.type
    this.#isMonotonic = row.is_monotonic
    this.#count += row.count
    this.#sum += row.sum
    this.#value += row.value ?? 0
    this.#means += row.mean ?? 0
    this.#rows++
    if (row.buckets.length > 0) this.#histograms.push(row)
  }

  bucket(names: readonly string[]): MetricBucket {
    const isNumber = this.#type === 'gauge' || this.#type === 'sum'
    const isCounter = this.#type === 'sum' && this.#isMonotonic
    const [p50 = null, p95 = null, p99 = null] = quantilesOf(this.#histograms, [0.5, 0.95, 0.99])
    return {
      at: this.#at,
      by: Object.fromEntries(names.map((name, i) => [name, this.#by[i] ?? ''])),
      count: isNumber ? null : this.#count,
      sum: isNumber ? null : this.#sum,
      value: isNumber ? (isCounter ? this.#value : this.#means / this.#rows) : null,
      p50,
      p95,
      p99,
    }
  }
}
