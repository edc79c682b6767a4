// One test for each place where a secret can stand: written as OTLP or as a legacy event, read by the real decoder,
// scrubbed, and read back.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Arena } from '../../../core/arena.ts'
import { SpanBatch } from '../../../core/batch.ts'
import type { ChainContext } from '../../../core/component.ts'
import { EventTable } from '../../../core/event.ts'
import type { PayloadFormat, TelemetryKind } from '../../../core/task.ts'
import { DEFAULT_TENANT } from '../../../core/tenant.ts'
import { ByteWriter } from '../../../proto/byte-writer.ts'
import { DEFAULT_LIMITS, decodeInto } from '../../../proto/decode.ts'
import { encodeLogs, encodeTraces } from '../../../proto/otlp/encode.ts'
import { scrubMetrics } from '../../../proto/otlp/pass-metrics.ts'
import { oracleDecode, oracleEncode } from '../../../proto/testing/oracle.ts'
import { defaultSettings } from '../config.ts'
import { Draw, fake } from '../corpus/fake-secrets.ts'
import { createMetricScrubber, scrub } from '../index.ts'

const draw = new Draw(23)
const KEY = fake('github_token', draw)
const PAN = fake('credit_card', draw).replace(/\D/g, '')
const MARK = '[REDACTED:github_token]'
const CARD_MARK = '[REDACTED:credit_card]'

type Json = Record<string, unknown>
const text = (s: string): Json => ({ stringValue: s })
const attr = (key: string, value: Json): Json => ({ key, value })
const ids = {
  traceId: '0102030405060708090a0b0c0d0e0f10',
  spanId: '0102030405060708',
}

/** What came out: all of it as text, and places by metric label. */
interface Outcome {
  readonly out: string
  readonly places: readonly string[]
}

function context(): { ctx: ChainContext; places: string[] } {
  const places: string[] = []
  const ctx: ChainContext = {
    count: (metric, labels) => {
      const place = /place="(\w+)"/.exec(labels)?.[1]
      if (metric === 'observa_scrub_findings_total' && place !== undefined) places.push(place)
    },
    signal: () => {},
    signals: [],
    explain: false,
  }
  return { ctx, places }
}

function through(payload: Buffer, format: PayloadFormat, telemetry: TelemetryKind): Outcome {
  const batch = new SpanBatch(new Arena())
  const request = {
    payload,
    encoding: 'identity',
    format,
    telemetry,
    tenant: DEFAULT_TENANT,
  } as const
  const outcome = decodeInto(batch, { ...request, receivedAtMs: 0 }, DEFAULT_LIMITS)
  assert.equal(outcome.kind, 'ok')
  const { ctx, places } = context()
  scrub.create(defaultSettings()).process(batch, new EventTable(batch), ctx)
  const out = new ByteWriter()
  const name = telemetry === 'logs' ? 'ExportLogsServiceRequest' : 'ExportTraceServiceRequest'
  if (telemetry === 'logs') encodeLogs(out, batch, () => true)
  else encodeTraces(out, batch, () => true)
  // Bytes values come back as numbers: as text they can be searched.
  const decoded = JSON.stringify(oracleDecode(name, out.take()), (_, v: unknown) =>
    v instanceof Uint8Array || isBytes(v) ? Buffer.from(v as number[]).toString('latin1') : v,
  )
  return { out: decoded, places }
}

function isBytes(v: unknown): boolean {
  return Array.isArray(v) && v.length > 0 && v.every((x) => typeof x === 'number')
}

function traces(span: Json, resource: Json = {}, scope: Json = {}): Json {
  return {
    resourceSpans: [{ resource, scopeSpans: [{ scope, spans: [{ ...ids, name: 'n', ...span }] }] }],
  }
}

function logs(record: Json): Json {
  return { resourceLogs: [{ resource: {}, scopeLogs: [{ scope: {}, logRecords: [record] }] }] }
}

const nested: Json = {
  kvlistValue: {
    values: [
      attr('a', { arrayValue: { values: [{ kvlistValue: { values: [attr('b', text(KEY))] } }] } }),
    ],
  },
}
const bytes = Buffer.from(`x ${KEY} y`).toString('base64')

/** Place, the document that has the secret there, what it is counted under. */
// biome-ignore format: a table
const SPAN_PLACES: readonly (readonly [string, Json, string])[] = [
  ['span name', traces({ name: `GET /${KEY}` }), 'span_name'],
  ['status message', traces({ status: { code: 2, message: `bad ${KEY}` } }), 'status_message'],
  ['trace state', traces({ traceState: `v=${KEY}` }), 'trace_state'],
  ['attribute key', traces({ attributes: [attr(`k.${KEY}`, text('x'))] }), 'attribute_key'],
  ['string attribute', traces({ attributes: [attr('k', text(`a ${KEY} b`))] }), 'attribute'],
  ['bytes attribute', traces({ attributes: [attr('k', { bytesValue: bytes })] }), 'attribute'],
  ['list attribute', traces({ attributes: [attr('k', { arrayValue: { values: [text('a'), text(KEY)] } })] }), 'attribute'],
  ['bytes in a list', traces({ attributes: [attr('k', { arrayValue: { values: [{ bytesValue: bytes }] } })] }), 'attribute'],
  ['map in a list in a map', traces({ attributes: [attr('k', nested)] }), 'attribute'],
  ['key inside a map', traces({ attributes: [attr('k', { kvlistValue: { values: [attr(KEY, text('x'))] } })] }), 'attribute_key'],
  ['event name', traces({ events: [{ name: `e ${KEY}` }] }), 'event_name'],
  ['event attribute', traces({ events: [{ name: 'e', attributes: [attr('k', nested)] }] }), 'event_attribute'],
  ['link attribute', traces({ links: [{ ...ids, attributes: [attr('k', text(KEY))] }] }), 'link_attribute'],
  ['trace state of a link', traces({ links: [{ ...ids, traceState: `v=${KEY}` }] }), 'trace_state'],
  ['resource attribute', traces({}, { attributes: [attr('k', nested)] }), 'resource'],
  ['scope name', traces({}, {}, { name: `lib ${KEY}` }), 'scope'],
  ['scope version', traces({}, {}, { name: 'lib', version: KEY }), 'scope'],
  ['scope attribute', traces({}, {}, { name: 'lib', attributes: [attr('k', text(KEY))] }), 'scope'],
]

for (const [name, document, place] of SPAN_PLACES)
  test(`place: ${name}, from OTLP JSON`, () => {
    const { out, places } = through(Buffer.from(JSON.stringify(document)), 'otlp-json', 'traces')
    assert.equal(out.includes(KEY), false, 'the secret is still there')
    assert.ok(out.includes(MARK), out)
    assert.deepEqual(places, [place])
  })

// biome-ignore format: a table
const LOG_PLACES: readonly (readonly [string, Json, string])[] = [
  ['log body', logs({ body: text(`boom ${KEY}`) }), 'log_body'],
  ['log body that is a map', logs({ body: nested }), 'log_body'],
  ['log attribute', logs({ body: text('x'), attributes: [attr('k', nested)] }), 'attribute'],
]

for (const [name, document, place] of LOG_PLACES)
  test(`place: ${name}, from OTLP JSON`, () => {
    const { out, places } = through(Buffer.from(JSON.stringify(document)), 'otlp-json', 'logs')
    assert.equal(out.includes(KEY), false, 'the secret is still there')
    assert.ok(out.includes(MARK), out)
    assert.deepEqual(places, [place])
  })

test('place: numbers, as attribute, in a list and in a map; what is no card stays a number', () => {
  const document = traces({
    attributes: [
      attr('int', { intValue: PAN }),
      attr('double', { doubleValue: Number(PAN) }),
      attr('list', { arrayValue: { values: [{ intValue: PAN }, { intValue: '5' }] } }),
      attr('map', { kvlistValue: { values: [attr('pan', { intValue: PAN })] } }),
      attr('time', { intValue: '1790000000000' }),
    ],
  })
  const { out } = through(Buffer.from(JSON.stringify(document)), 'otlp-json', 'traces')
  assert.equal(out.includes(PAN), false)
  assert.equal(out.split(CARD_MARK).length - 1, 4, out)
  assert.match(out, /"intValue":"5"/)
  assert.match(out, /"intValue":"1790000000000"/)
})

test('place: any depth of a legacy event, also inside JSON kept as text', () => {
  const at = (attributes: Json): Json => ({
    tenant_id: 't',
    event_type: 'llm_call',
    trace_id: '0f0e0d0c-0b0a-4908-8706-050403020100',
    span_id: '0f0e0d0c-0b0a-4908-8706-050403020101',
    timestamp: '2026-11-02T10:00:00.000Z',
    attributes,
  })
  const forms: readonly Json[] = [
    at({ llm_call: { model: 'm', input: KEY } }),
    at({ llm_call: { model: 'm', input_messages: [{ a: [{ b: { c: [KEY] } }] }] } }),
    at({ metadata: { [KEY]: 'x' } }),
    at({ metadata: { note: JSON.stringify({ inner: JSON.stringify({ k: `a ${KEY}` }) }) } }),
    at({ llm_call: { model: KEY } }),
  ]
  for (const form of forms) {
    const { out, places } = through(Buffer.from(`${JSON.stringify(form)}\n`), 'ndjson', 'traces')
    assert.equal(out.includes(KEY), false, out)
    assert.ok(places.length > 0, JSON.stringify(form))
  }
})

function metrics(metric: Json, resource: Json = {}, scope: Json = {}): Json {
  return { resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics: [metric] }] }] }
}

const point = (more: Json): Json => ({
  name: 'm',
  gauge: { dataPoints: [{ asInt: '1', ...more }] },
})

// biome-ignore format: a table
const METRIC_PLACES: readonly (readonly [string, Json])[] = [
  ['metric name', metrics({ ...point({}), name: `m.${KEY}` })],
  ['metric description', metrics({ ...point({}), description: `see ${KEY}` })],
  ['metric unit', metrics({ ...point({}), unit: KEY })],
  ['metric attribute', metrics(point({ attributes: [attr('k', text(KEY))] }))],
  ['metric attribute key', metrics(point({ attributes: [attr(KEY, text('x'))] }))],
  ['metric attribute that is a map', metrics(point({ attributes: [attr('k', nested)] }))],
  ['bytes in a metric attribute', metrics(point({ attributes: [attr('k', { bytesValue: bytes })] }))],
  ['exemplar attribute', metrics(point({ exemplars: [{ asInt: '1', filteredAttributes: [attr('k', text(KEY))] }] }))],
  ['exemplar of a histogram', metrics({ name: 'm', histogram: { dataPoints: [{ count: '1', exemplars: [{ asDouble: 1, filteredAttributes: [attr('k', nested)] }] }] } })],
  ['metric resource', metrics(point({}), { attributes: [attr('k', text(KEY))] })],
  ['metric scope', metrics(point({}), {}, { name: `lib ${KEY}` })],
]

for (const [name, document] of METRIC_PLACES)
  test(`place: ${name}`, () => {
    const out = metricsThrough(document)
    assert.equal(out.includes(KEY), false, 'the secret is still there')
    assert.ok(out.includes(MARK), out)
  })

test('place: a card as a number of a metric attribute', () => {
  const attributes = [attr('int', { intValue: PAN }), attr('n', { intValue: '1790000000000' })]
  const out = metricsThrough(metrics(point({ attributes })))
  assert.equal(out.includes(PAN), false)
  assert.match(out, /"stringValue":"\[REDACTED:credit_card\]"/)
  assert.match(out, /"intValue":"1790000000000"/)
})

function metricsThrough(document: Json): string {
  const { visit } = createMetricScrubber()
  const outcome = scrubMetrics(
    Buffer.from(JSON.stringify(document)),
    'otlp-json',
    'identity',
    DEFAULT_LIMITS,
    (kind, key, value) => visit(kind, key, value),
  )
  assert.equal(outcome.kind, 'ok')
  const decoded = oracleDecode(
    'ExportMetricsServiceRequest',
    outcome.kind === 'ok' ? Buffer.from(outcome.bytes) : Buffer.alloc(0),
  )
  return JSON.stringify(decoded, (_, v: unknown) =>
    v instanceof Uint8Array || isBytes(v) ? Buffer.from(v as number[]).toString('latin1') : v,
  )
}

test('place: protobuf and JSON of the same request lead to the same bytes', () => {
  const plain = { name: `GET /${KEY}`, attributes: [attr('k', nested)] }
  const binary = {
    traceId: Buffer.from(ids.traceId, 'hex'),
    spanId: Buffer.from(ids.spanId, 'hex'),
  }
  const proto = oracleEncode('ExportTraceServiceRequest', traces({ ...plain, ...binary }))
  const a = through(Buffer.from(proto), 'otlp-proto', 'traces')
  const b = through(Buffer.from(JSON.stringify(traces(plain))), 'otlp-json', 'traces')
  assert.equal(a.out, b.out)
})
