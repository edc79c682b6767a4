// Reads the points of an ExportMetricsServiceRequest in the form of the table `metric_points`. Every kind of histogram gets
// explicit bounds, and each series is identified by a hash.

import { hash } from 'node:crypto'
import {
  eachMessage,
  PlainMessage,
  type PlainValue,
  plainMessage,
} from '../../proto/otlp/message-values.ts'

export interface MetricPoint {
  readonly metric: string
  readonly type: 'gauge' | 'sum' | 'histogram' | 'exponential_histogram' | 'summary'
  readonly unit: string
  readonly temporality: '' | 'delta' | 'cumulative'
  readonly isMonotonic: boolean
  readonly resource: ReadonlyMap<string, string>
  readonly scopeName: string
  readonly attributes: ReadonlyMap<string, string>
  /** 16 bytes, the same for all points of a series. */
  readonly seriesId: Uint8Array
  readonly startNs: bigint
  readonly timeNs: bigint
  /** NaN when there is none; the same applies to the numbers below. */
  readonly value: number
  readonly count: number
  readonly sum: number
  readonly min: number
  readonly max: number
  /** Upper bounds of all buckets except the last, which has none. */
  readonly bounds: readonly number[]
  readonly buckets: readonly number[]
  readonly quantiles: readonly number[]
  readonly quantileValues: readonly number[]
}

/** Types of metrics, by the number of their field in Metric. */
const TYPES: ReadonlyMap<number, readonly [type: MetricPoint['type'], point: string]> = new Map([
  [5, ['gauge', 'NumberDataPoint']],
  [7, ['sum', 'NumberDataPoint']],
  [9, ['histogram', 'HistogramDataPoint']],
  [10, ['exponential_histogram', 'ExponentialHistogramDataPoint']],
  [11, ['summary', 'SummaryDataPoint']],
])

const TEMPORALITIES: readonly MetricPoint['temporality'][] = ['', 'delta', 'cumulative']

interface Envelope {
  readonly resource: ReadonlyMap<string, string>
  readonly scopeName: string
}

/** Visits every point. The request must have been validated before, because malformed data throws. */
export function eachMetricPoint(request: Uint8Array, visit: (point: MetricPoint) => void): void {
  // ExportMetricsServiceRequest: resource_metrics 1; ResourceMetrics: resource 1, scope_metrics 2.
  eachMessage(request, (field, resourceMetrics) => {
    if (field !== 1) return
    const own = plainMessage('ResourceMetrics', resourceMetrics, [2])
    const resource = attributesOf(own.message('resource').messages('attributes'))
    eachMessage(resourceMetrics, (inner, scopeMetrics) => {
      if (inner === 2) eachOfScope(scopeMetrics, resource, visit)
    })
  })
}

/** ScopeMetrics: scope 1, metrics 2. */
function eachOfScope(
  scopeMetrics: Uint8Array,
  resource: ReadonlyMap<string, string>,
  visit: (point: MetricPoint) => void,
): void {
  const own = plainMessage('ScopeMetrics', scopeMetrics, [2])
  const scopeName = own.message('scope').text('name')
  eachMessage(scopeMetrics, (field, metric) => {
    if (field === 2) eachOfMetric(metric, { resource, scopeName }, visit)
  })
}

/** Metric: name 1, unit 3, and one of TYPES; each of those: data_points 1, aggregation_temporality 2, is_monotonic 3. */
function eachOfMetric(
  metric: Uint8Array,
  envelope: Envelope,
  visit: (point: MetricPoint) => void,
): void {
  let own: PlainMessage | null = null
  eachMessage(metric, (field, data) => {
    const found = TYPES.get(field)
    if (found === undefined) return
    const [type, pointName] = found
    own ??= plainMessage('Metric', metric, [5, 7, 9, 10, 11])
    const settings = plainMessage('Sum', data, [1])
    const head = {
      ...envelope,
      metric: own.text('name'),
      type,
      unit: own.text('unit'),
      temporality: TEMPORALITIES[settings.number('aggregationTemporality') ?? 0] ?? '',
      isMonotonic: type === 'sum' && settings.isTrue('isMonotonic'),
    }
    const series = new Map<string, Uint8Array>()
    eachMessage(data, (inner, bytes) => {
      if (inner === 1) visit(pointOf(head, plainMessage(pointName, bytes), series))
    })
  })
}

type Head = Envelope & Pick<MetricPoint, 'metric' | 'type' | 'unit' | 'temporality' | 'isMonotonic'>

function pointOf(head: Head, message: PlainMessage, series: Map<string, Uint8Array>): MetricPoint {
  const attributes = attributesOf(message.messages('attributes'))
  const own = JSON.stringify(sorted(attributes))
  let seriesId = series.get(own)
  if (seriesId === undefined) {
    seriesId = seriesIdOf(head, own)
    series.set(own, seriesId)
  }
  const quantiles = message.messages('quantileValues')
  return {
    ...head,
    ...bucketsOf(head.type, message),
    attributes,
    seriesId,
    startNs: message.integer('startTimeUnixNano'),
    timeNs: message.integer('timeUnixNano'),
    value: message.number('asDouble') ?? message.number('asInt') ?? Number.NaN,
    count: message.number('count') ?? Number.NaN,
    sum: message.number('sum') ?? Number.NaN,
    min: message.number('min') ?? Number.NaN,
    max: message.number('max') ?? Number.NaN,
    quantiles: quantiles.map((q) => q.number('quantile') ?? 0),
    quantileValues: quantiles.map((q) => q.number('value') ?? 0),
  }
}

/** Hash of what identifies a series. The order of its attributes and the start time of its process are not part of it. */
function seriesIdOf(head: Head, attributes: string): Uint8Array {
  const { resource, scopeName, metric, type, unit } = head
  const name = JSON.stringify([sorted(resource), scopeName, metric, type, unit, attributes])
  return hash('sha256', name, 'buffer').subarray(0, 16)
}

type Buckets = Pick<MetricPoint, 'bounds' | 'buckets'>

function bucketsOf(type: MetricPoint['type'], message: PlainMessage): Buckets {
  if (type === 'exponential_histogram') return exponentialBuckets(message)
  if (type !== 'histogram') return { bounds: [], buckets: [] }
  const bounds = message.numbers('explicitBounds')
  const buckets = message.numbers('bucketCounts')
  // Bounds and counts are valid only together, with one more bucket than bounds. Otherwise the meaning of the counts is
  // unknown, so both are dropped.
  return buckets.length === bounds.length + 1 ? { bounds, buckets } : { bounds: [], buckets: [] }
}

/** Bucket i of a scale contains values above base^(offset+i) and up to base^(offset+i+1), where base = 2^(2^-scale). */
function exponentialBuckets(message: PlainMessage): Buckets {
  const scale = message.number('scale') ?? 0
  const bound = (index: number): number => 2 ** (index * 2 ** -scale)
  const bounds: number[] = []
  const buckets: number[] = []
  const negative = range(message.message('negative'))
  if (negative.counts.length > 0) {
    // The range below the lowest bucket is empty.
    bounds.push(-bound(negative.offset + negative.counts.length))
    buckets.push(0)
  }
  for (let i = negative.counts.length - 1; i >= 0; i--) {
    bounds.push(-bound(negative.offset + i))
    buckets.push(negative.counts[i] ?? 0)
  }
  const positive = range(message.message('positive'))
  bounds.push(
    positive.counts.length > 0 ? bound(positive.offset) : (message.number('zeroThreshold') ?? 0),
  )
  buckets.push(message.number('zeroCount') ?? 0)
  for (const [i, count] of positive.counts.entries()) {
    bounds.push(bound(positive.offset + i + 1))
    buckets.push(count)
  }
  buckets.push(0)
  return { bounds, buckets }
}

function range(own: PlainMessage): { readonly offset: number; readonly counts: readonly number[] } {
  return { offset: own.number('offset') ?? 0, counts: own.numbers('bucketCounts') }
}

function attributesOf(pairs: readonly PlainMessage[]): ReadonlyMap<string, string> {
  return new Map(pairs.map((pair) => [pair.text('key'), valueText(pair.message('value'))]))
}

/** Strings stay as they are, and every other value becomes JSON. */
function valueText(value: PlainMessage): string {
  const plain = plainOf(value)
  return typeof plain === 'string' ? plain : JSON.stringify(plain)
}

function plainOf(value: PlainMessage): unknown {
  const found = value.only()
  return found === null ? '' : plainContent(found[1])
}

function plainContent(content: PlainValue): unknown {
  if (typeof content === 'bigint')
    return Number.isSafeInteger(Number(content)) ? Number(content) : String(content)
  if (content instanceof Uint8Array) return Buffer.from(content).toString('base64')
  if (!(content instanceof PlainMessage)) return content
  const list = content.messages('values')
  // Both ArrayValue and KeyValueList have a field `values`, but only the members of a KeyValueList have keys.
  return list.some((item) => item.only()?.[0] === 'value' || item.text('key') !== '')
    ? Object.fromEntries(attributesOf(list))
    : list.map(plainOf)
}

function sorted(map: ReadonlyMap<string, string>): (readonly [string, string])[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}
