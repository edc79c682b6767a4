// Metric points as they are stored: every kind of metric, recognition of series, and invalid histograms.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_TENANT } from '../../core/tenant.ts'
import { oracleEncode } from '../../proto/testing/oracle.ts'
import { METRICS_STREAM } from './columns.ts'
import { metricRows } from './encode-metrics.ts'
import { eachMetricPoint, type MetricPoint } from './metric-points.ts'
import { splitRows } from './split.ts'

const attr = (key: string, stringValue: string): object => ({ key, value: { stringValue } })
const TIME = '1790000000000000000'

function requestOf(metrics: readonly object[], resource: readonly object[] = []): Uint8Array {
  return oracleEncode('ExportMetricsServiceRequest', {
    resourceMetrics: [
      {
        resource: { attributes: resource },
        scopeMetrics: [{ scope: { name: 'scope' }, metrics }],
      },
    ],
  })
}

function pointsOf(metrics: readonly object[], resource: readonly object[] = []): MetricPoint[] {
  const points: MetricPoint[] = []
  eachMetricPoint(requestOf(metrics, resource), (p) => points.push(p))
  return points
}

const only = (metric: object): MetricPoint => pointsOf([metric])[0] as MetricPoint

test('gauges and sums keep integers, fractions, temporality and monotonicity', () => {
  const gauge = only({
    name: 'g',
    unit: '1',
    gauge: { dataPoints: [{ asInt: '-5', timeUnixNano: TIME }] },
  })
  assert.deepEqual(
    [gauge.type, gauge.value, gauge.temporality, gauge.isMonotonic, gauge.timeNs],
    ['gauge', -5, '', false, BigInt(TIME)],
  )
  assert.ok(Number.isNaN(gauge.count))
  const sum = only({
    name: 's',
    sum: { dataPoints: [{ asDouble: 2.5 }], aggregationTemporality: 2, isMonotonic: true },
  })
  assert.deepEqual(
    [sum.type, sum.value, sum.temporality, sum.isMonotonic],
    ['sum', 2.5, 'cumulative', true],
  )
})

test('histograms keep their buckets; counts without matching bounds are dropped', () => {
  const histogram = (over: object): MetricPoint =>
    only({
      name: 'h',
      histogram: {
        aggregationTemporality: 1,
        dataPoints: [{ count: '3', sum: 6, min: 1, max: 3, ...over }],
      },
    })
  const good = histogram({ explicitBounds: [1, 2], bucketCounts: ['1', '1', '1'] })
  assert.deepEqual([good.count, good.sum, good.min, good.max], [3, 6, 1, 3])
  assert.deepEqual([good.bounds, good.buckets, good.temporality], [[1, 2], [1, 1, 1], 'delta'])
  for (const over of [
    { explicitBounds: [1, 2], bucketCounts: ['3'] },
    { bucketCounts: [] },
    { explicitBounds: [1] },
  ])
    assert.deepEqual(histogram(over).buckets, [])
})

test('an exponential histogram has explicit bounds, negative values and zeros included', () => {
  const p = only({
    name: 'e',
    exponentialHistogram: {
      aggregationTemporality: 2,
      dataPoints: [
        {
          count: '10',
          scale: 0,
          zeroCount: '1',
          positive: { offset: 1, bucketCounts: ['2', '3'] },
          negative: { offset: 0, bucketCounts: ['4'] },
        },
      ],
    },
  })
  assert.deepEqual(p.bounds, [-2, -1, 2, 4, 8])
  assert.deepEqual(p.buckets, [0, 4, 1, 2, 3, 0])
  assert.equal(p.buckets.length, p.bounds.length + 1)
})

test('a summary keeps its quantiles', () => {
  const p = only({
    name: 'q',
    summary: {
      dataPoints: [{ count: '2', sum: 3, quantileValues: [{ quantile: 0.5, value: 1.5 }] }],
    },
  })
  assert.deepEqual([p.count, p.sum, p.quantiles, p.quantileValues], [2, 3, [0.5], [1.5]])
})

test('the id of a series depends only on its name, unit, type, resource, scope and attributes, in any order', () => {
  const id = (attributes: object[], resource: object[], start = TIME): string => {
    const metric = {
      name: 'n',
      gauge: { dataPoints: [{ asInt: '1', attributes, startTimeUnixNano: start }] },
    }
    return Buffer.from(pointsOf([metric], resource)[0]?.seriesId ?? []).toString('hex')
  }
  const [a, b] = [attr('a', '1'), attr('b', '2')]
  const usual = id([a, b], [a])
  assert.equal(id([b, a], [a], '5'), usual)
  assert.notEqual(id([a], [a, b]), usual)
  assert.notEqual(id([a, b], []), usual)
  assert.notEqual(id([attr('a', '1","b":"2')], [a]), usual)
})

test('attributes of any type are stored as text or JSON', () => {
  const values = [
    { intValue: '7' },
    { intValue: '9007199254740993' },
    { boolValue: true },
    { doubleValue: 0.5 },
    { arrayValue: { values: [{ stringValue: 'x' }, { intValue: '1' }] } },
    { kvlistValue: { values: [attr('k', 'v')] } },
    { bytesValue: Buffer.from('raw') },
    {},
  ]
  const attributes = values.map((value, i) => ({ key: `k${i}`, value }))
  const point = only({ name: 'n', gauge: { dataPoints: [{ asInt: '1', attributes }] } })
  assert.deepEqual(
    [...point.attributes.values()],
    ['7', '9007199254740993', 'true', '0.5', '["x",1]', '{"k":"v"}', 'cmF3', ''],
  )
})

test('a part can be split in two between points', () => {
  const dataPoints = [1, 2, 3].map((n) => ({
    count: String(n),
    explicitBounds: [n, n + 1],
    bucketCounts: ['1', '1', '1'],
    attributes: [attr('n', String(n))],
  }))
  const { rows, bytes } = metricRows({
    bytes: requestOf([{ name: 'h', histogram: { dataPoints } }]),
    dataPoints: 3,
    tenant: DEFAULT_TENANT,
    receivedAtMs: 1_790_000_000_000,
  })
  assert.equal(rows, 3)
  const halves = splitRows({ exporter: 'c', stream: METRICS_STREAM, items: rows, bytes }) ?? []
  assert.deepEqual(
    halves.map((h) => h.items),
    [1, 2],
  )
  assert.deepEqual(Buffer.concat(halves.map((h) => h.bytes)), Buffer.from(bytes))
})
