// Metrics pass through a real instance into ClickHouse and are read from the API: stored once, with the recorded values, and
// in no token or cost sum.

import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import {
  AggregationTemporality,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { Instance } from '../instance.ts'

let instance: Instance

before(async () => {
  instance = await Instance.start({
    config: `
exporters: { clickhouse: { embedded: true, batch: { delay: 10ms } } }
service:
  pipelines:
    metrics: { receivers: [otlp], processors: [scrub], exporters: [clickhouse] }
    traces: { receivers: [otlp, observa], processors: [scrub, canonicalize], exporters: [file, clickhouse] }
`,
  })
})

after(async () => {
  await instance.stop()
})

interface Series {
  readonly type: string | null
  readonly unit: string | null
  readonly data: readonly {
    readonly at: string
    readonly by: Record<string, string>
    readonly count: number | null
    readonly sum: number | null
    readonly value: number | null
    readonly p50: number | null
    readonly p95: number | null
  }[]
}

async function series(query: Readonly<Record<string, string>>): Promise<Series> {
  const url = instance.url(
    `/api/v1/analytics/timeseries?${new URLSearchParams(query).toString()}`,
    'http',
  )
  const res = await fetch(url)
  const body = await res.text()
  assert.equal(res.status, 200, body)
  return JSON.parse(body) as Series
}

/** The start of an hour of yesterday, far from the limits of every query. */
const HOUR_MS = Math.floor(Date.now() / 3_600_000 - 24) * 3_600_000
const nano = (minute: number): string => `${HOUR_MS + minute * 60_000}000000`

function body(
  name: string,
  kind: string,
  dataPoints: readonly object[],
  more: object = {},
): string {
  return JSON.stringify({
    resourceMetrics: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
        scopeMetrics: [{ metrics: [{ name, unit: 's', [kind]: { dataPoints, ...more } }] }],
      },
    ],
  })
}

async function post(text: string): Promise<void> {
  const res = await instance.post('/v1/metrics', text)
  assert.equal(res.status, 200)
  assert.equal(res.body.toString(), '{}')
}

const model = (name: string): object => ({
  key: 'gen_ai.request.model',
  value: { stringValue: name },
})

test('a cumulative histogram gives the values recorded in each time bucket, also when it is sent twice', async () => {
  const name = 'gen_ai.client.operation.duration'
  const point = (minute: number, counts: number[], sum: number, who: string): object => ({
    startTimeUnixNano: nano(0),
    timeUnixNano: nano(minute),
    count: String(counts.reduce((a, b) => a + b, 0)),
    sum,
    explicitBounds: [1, 2, 4],
    bucketCounts: counts.map(String),
    attributes: [model(who)],
  })
  const cumulative = { aggregationTemporality: 2 }
  for (const points of [
    [point(1, [2, 0, 0, 0], 1, 'a'), point(1, [0, 0, 1, 0], 3, 'b')],
    [point(2, [2, 2, 0, 0], 4, 'a'), point(2, [0, 0, 1, 0], 3, 'b')],
    [point(61, [2, 2, 4, 0], 16, 'a')],
  ]) {
    const text = body(name, 'histogram', points, cumulative)
    await post(text)
    await post(text)
  }
  await instance.drained()
  const query = { metric: name, from: String(HOUR_MS), to: String(HOUR_MS + 2 * 3_600_000) }
  const all = await series({ ...query, bucket: 'hour' })
  assert.deepEqual([all.type, all.unit], ['histogram', 's'])
  assert.deepEqual(
    all.data.map((d) => [Date.parse(d.at) - HOUR_MS, d.count, d.sum]),
    [
      [0, 5, 7],
      [3_600_000, 4, 12],
    ],
  )
  assert.equal(all.data[1]?.p50, 3)
  const byModel = await series({
    ...query,
    bucket: 'minute',
    by: 'gen_ai.request.model,service.name',
  })
  assert.deepEqual(
    byModel.data
      .filter((d) => d.count !== 0)
      .map((d) => [d.by['gen_ai.request.model'], d.count, d.p50]),
    [
      ['a', 2, 0.5],
      ['b', 1, 3],
      ['a', 2, 1.5],
      ['a', 4, 3],
    ],
  )
  assert.equal(byModel.data[0]?.by['service.name'], 'shop')
})

test('delta histograms are added up, counters give their increase, gauges their mean', async () => {
  const at = (minute: number): object => ({
    startTimeUnixNano: nano(minute - 1),
    timeUnixNano: nano(minute),
  })
  const tokens = [1, 2].map((m) => ({
    ...at(m),
    count: '2',
    sum: 30,
    explicitBounds: [10],
    bucketCounts: ['0', '2'],
  }))
  await post(body('gen_ai.client.token.usage', 'histogram', tokens, { aggregationTemporality: 1 }))
  const counter = [
    [1, '5'],
    [2, '9'],
    [3, '9'],
    [4, '20'],
  ] as const
  const added = counter.map(([m, asInt]) => ({
    startTimeUnixNano: nano(0),
    timeUnixNano: nano(m),
    asInt,
  }))
  await post(body('requests', 'sum', added, { aggregationTemporality: 2, isMonotonic: true }))
  await post(
    body('depth', 'gauge', [
      { ...at(1), asInt: '4' },
      { ...at(2), asDouble: 6 },
    ]),
  )
  await instance.drained()
  const of = (metric: string): Promise<Series> =>
    series({ metric, bucket: 'hour', from: String(HOUR_MS), to: String(HOUR_MS + 3_600_000) })
  assert.deepEqual(
    (await of('gen_ai.client.token.usage')).data.map((d) => [d.count, d.sum]),
    [[4, 60]],
  )
  assert.deepEqual(
    (await of('requests')).data.map((d) => d.value),
    [20],
  )
  assert.deepEqual(
    (await of('depth')).data.map((d) => d.value),
    [5],
  )
  assert.deepEqual((await of('unheard of')).data, [])
})

test('neither a counter’s first value nor its reset after a restart counts as an increase', async () => {
  const early = `${HOUR_MS - 40 * 3_600_000}000000`
  const points = [
    { startTimeUnixNano: early, timeUnixNano: nano(1), asInt: '1000' },
    { startTimeUnixNano: early, timeUnixNano: nano(2), asInt: '1007' },
    { startTimeUnixNano: nano(3), timeUnixNano: nano(4), asInt: '2' },
  ]
  await post(body('old', 'sum', points, { aggregationTemporality: 2, isMonotonic: true }))
  await instance.drained()
  const found = await series({
    metric: 'old',
    bucket: 'minute',
    from: String(HOUR_MS),
    to: String(HOUR_MS + 3_600_000),
  })
  assert.equal(
    found.data.reduce((n, d) => n + (d.value ?? 0), 0),
    9,
  )
})

test('metrics of the Node SDK are readable, and their token counts are in no usage sum', async () => {
  for (const temporality of [AggregationTemporality.CUMULATIVE, AggregationTemporality.DELTA]) {
    const exporter = new OTLPMetricExporter({
      url: instance.url('/v1/metrics'),
      temporalityPreference: temporality as never,
    })
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 600_000 })
    const provider = new MeterProvider({ readers: [reader] })
    const tokens = provider.getMeter('sdk').createHistogram('sdk.tokens', { unit: '{token}' })
    for (const [n, type] of [
      [100, 'input'],
      [20, 'output'],
    ] as const)
      tokens.record(n, { 'gen_ai.token.type': type, temporality: String(temporality) })
    await provider.forceFlush()
    tokens.record(7, { 'gen_ai.token.type': 'output', temporality: String(temporality) })
    await provider.shutdown()
  }
  await instance.drained()
  const found = await series({ metric: 'sdk.tokens', by: 'temporality,gen_ai.token.type' })
  const sums = new Map<string, number>()
  for (const { by, sum } of found.data) {
    const key = `${by['gen_ai.token.type']}`
    sums.set(key, (sums.get(key) ?? 0) + (sum ?? 0))
  }
  assert.deepEqual(Object.fromEntries(sums), { input: 200, output: 54 })
  const costs = await fetch(instance.url('/api/v1/costs', 'http'))
  const { total } = (await costs.json()) as { total: { input_tokens: number; events: number } }
  assert.deepEqual([total.input_tokens, total.events], [0, 0])
})

test('an invalid query gives a 400 that says what is wrong', async () => {
  for (const [query, said] of [
    ['', 'metric'],
    ['metric=x&by=a,b,c,d', 'by'],
    ['metric=x&from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z', 'from is not before to'],
    ['metric=x&from=2026-01-01T00:00:00Z&to=2026-03-01T00:00:00Z', '30 days'],
    ['metric=x&from=2026-01-01T00:00:00Z&to=2026-01-20T00:00:00Z&bucket=minute', 'buckets'],
  ] as const) {
    const res = await fetch(instance.url(`/api/v1/analytics/timeseries?${query}`, 'http'))
    assert.equal(res.status, 400, query)
    assert.ok((await res.text()).includes(said), query)
  }
})
