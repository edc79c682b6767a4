// Metrics that pass through: every string is shown, everything else stays unchanged.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { DEFAULT_LIMITS } from '../limits.ts'
import { oracleDecode, oracleEncode } from '../testing/oracle.ts'
import { type MetricsOutcome, scrubMetrics, type VisitMetricText } from './pass-metrics.ts'

const TYPE = 'ExportMetricsServiceRequest'
const text = (b: Uint8Array): string => Buffer.from(b).toString('utf8')
const attr = (where: string): object[] => [
  { key: `key-${where}`, value: { stringValue: `value-${where}` } },
  { key: `list-${where}`, value: { arrayValue: { values: [{ stringValue: `item-${where}` }] } } },
  {
    key: `map-${where}`,
    value: {
      kvlistValue: { values: [{ key: `inner-${where}`, value: { stringValue: `deep-${where}` } }] },
    },
  },
  { key: `bytes-${where}`, value: { bytesValue: Buffer.from(`raw-${where}`) } },
]
const exemplars = [
  {
    asDouble: 1.5,
    traceId: Buffer.alloc(16, 1),
    spanId: Buffer.alloc(8, 1),
    filteredAttributes: attr('exemplar'),
  },
]
const message = {
  resourceMetrics: [
    {
      resource: { attributes: attr('resource') },
      schemaUrl: 'resource-schema',
      scopeMetrics: [
        {
          scope: { name: 'scope-name', version: 'scope-version', attributes: attr('scope') },
          schemaUrl: 'scope-schema',
          metrics: [
            {
              name: 'm1',
              description: 'd1',
              unit: 'u1',
              metadata: attr('metadata'),
              gauge: { dataPoints: [{ asInt: '-5', attributes: attr('gauge'), exemplars }] },
            },
            {
              name: 'm2',
              sum: {
                dataPoints: [{ asDouble: 2 }, { asDouble: 3 }],
                isMonotonic: true,
                aggregationTemporality: 2,
              },
            },
            {
              name: 'm3',
              histogram: {
                dataPoints: [
                  {
                    count: '3',
                    bucketCounts: ['1', '2'],
                    explicitBounds: [0.5],
                    attributes: attr('histogram'),
                  },
                ],
              },
            },
            {
              name: 'm4',
              exponentialHistogram: {
                dataPoints: [
                  {
                    scale: -2,
                    positive: { offset: -1, bucketCounts: ['9'] },
                    attributes: attr('exp'),
                  },
                ],
              },
            },
            {
              name: 'm5',
              summary: {
                dataPoints: [
                  { quantileValues: [{ quantile: 0.5, value: 1 }], attributes: attr('summary') },
                ],
              },
            },
          ],
        },
      ],
    },
  ],
}
const payload = oracleEncode(TYPE, message)

function scrub(
  body: Uint8Array,
  visit: VisitMetricText,
  format: 'otlp-proto' | 'otlp-json' = 'otlp-proto',
): MetricsOutcome {
  return scrubMetrics(body, format, 'identity', DEFAULT_LIMITS, visit)
}

test('every string of the message is shown, and nothing changes when nobody changes it', () => {
  const seen = new Set<string>()
  const outcome = scrub(payload, (kind, key, value) => {
    seen.add(`${kind} ${key === null ? '-' : text(key)} ${text(value)}`)
    return null
  })
  assert.ok(outcome.kind === 'ok')
  assert.equal(outcome.dataPoints, 6)
  assert.deepEqual(text(outcome.bytes), text(payload))
  for (const name of [
    'm1',
    'm5',
    'd1',
    'u1',
    'scope-name',
    'scope-version',
    'resource-schema',
    'scope-schema',
  ])
    assert.ok(seen.has(`text - ${name}`), name)
  for (const where of [
    'resource',
    'scope',
    'metadata',
    'gauge',
    'exemplar',
    'histogram',
    'exp',
    'summary',
  ]) {
    assert.ok(seen.has(`key key-${where} key-${where}`), where)
    assert.ok(seen.has(`value key-${where} value-${where}`), where)
    assert.ok(seen.has(`value list-${where} item-${where}`), where)
    assert.ok(seen.has(`value inner-${where} deep-${where}`), where)
    assert.ok(seen.has(`bytes bytes-${where} raw-${where}`), where)
  }
})

test('a changed string is changed everywhere, and nothing else is', () => {
  const outcome = scrub(payload, (_kind, _key, value) =>
    text(value).startsWith('deep-') ? Buffer.from('[a much longer replacement than before]') : null,
  )
  assert.ok(outcome.kind === 'ok')
  assert.equal(outcome.dataPoints, 6)
  const shown = JSON.stringify(oracleDecode(TYPE, outcome.bytes))
  const expected = JSON.stringify(oracleDecode(TYPE, payload)).replace(
    /deep-\w+/g,
    '[a much longer replacement than before]',
  )
  assert.equal(shown, expected)
})

test('the JSON form and compressed bodies go the same way', () => {
  const json = JSON.stringify({
    resourceMetrics: [
      { scopeMetrics: [{ metrics: [{ name: 'm', gauge: { dataPoints: [{ asInt: '7' }] } }] }] },
    ],
  })
  const outcome = scrub(Buffer.from(json), () => null, 'otlp-json')
  assert.ok(outcome.kind === 'ok')
  assert.equal(outcome.dataPoints, 1)
  assert.ok(JSON.stringify(oracleDecode(TYPE, outcome.bytes)).includes('"asInt":"7"'))
  const zipped = scrubMetrics(gzipSync(payload), 'otlp-proto', 'gzip', DEFAULT_LIMITS, () => null)
  assert.ok(zipped.kind === 'ok')
  assert.equal(zipped.dataPoints, 6)
})

test('P01: repeated numbers may be packed or not', () => {
  const point = Buffer.from([0x0a, 0x0b, 0x12, 9, 0x12, 7, 0x4a, 5, 0x0a, 3, 0x31, 0, 0])
  assert.equal(scrub(point, () => null).kind, 'refused')
  const unpacked = Buffer.concat([
    Buffer.from([0x31]),
    Buffer.alloc(8, 1),
    Buffer.from([0x31]),
    Buffer.alloc(8, 2),
  ])
  const wrap = (field: number, b: Uint8Array): Buffer =>
    Buffer.concat([Buffer.from([field * 8 + 2, b.length]), b])
  const body = wrap(1, wrap(2, wrap(2, wrap(9, wrap(1, unpacked)))))
  const outcome = scrub(body, () => null)
  assert.ok(outcome.kind === 'ok')
  assert.equal(outcome.dataPoints, 1)
})

test('unknown fields do not go on, invalid UTF-8 is mended', () => {
  const body = Buffer.concat([payload, Buffer.from([0x9a, 0x06, 2, 0x61, 0x62])])
  const outcome = scrub(body, () => null)
  assert.ok(outcome.kind === 'ok')
  assert.equal(text(outcome.bytes), text(payload))
  const bad = Buffer.from(payload)
  bad[bad.indexOf('m1')] = 0xff
  const mended = scrub(bad, () => null)
  assert.ok(mended.kind === 'ok')
  assert.ok(JSON.stringify(oracleDecode(TYPE, mended.bytes)).includes('\ufffd1'))
})

test('bad and oversized bodies are refused and never throw', () => {
  for (let end = 1; end < payload.length; end++) scrub(payload.subarray(0, end), () => null)
  for (let i = 0; i < payload.length; i++) {
    const mutated = Buffer.from(payload)
    mutated[i] = (mutated[i] as number) ^ 0xff
    scrub(mutated, () => null)
  }
  const few = { ...DEFAULT_LIMITS, rowsMax: 5 }
  const outcome = scrubMetrics(payload, 'otlp-proto', 'identity', few, () => null)
  assert.ok(outcome.kind === 'refused')
  assert.equal(outcome.code, 'too_large')
  const lines = scrubMetrics(payload, 'ndjson', 'identity', DEFAULT_LIMITS, () => null)
  assert.ok(lines.kind === 'refused')
  assert.equal(lines.code, 'unsupported')
})

test('values nested too deep are refused', () => {
  const nested = (levels: number): MetricsOutcome => {
    const value = `${'{"arrayValue":{"values":['.repeat(levels)}{}${']}}'.repeat(levels)}`
    const body = `{"resourceMetrics":[{"resource":{"attributes":[{"key":"k","value":${value}}]}}]}`
    return scrub(Buffer.from(body), () => null, 'otlp-json')
  }
  assert.equal(nested(64).kind, 'ok')
  assert.equal(nested(65).kind, 'refused')
})

test('a body in which nothing is known says so', () => {
  const reasons = (body: Uint8Array, format: 'otlp-proto' | 'otlp-json'): readonly string[] => {
    const outcome = scrubMetrics(body, format, 'identity', DEFAULT_LIMITS, () => null)
    assert.equal(outcome.kind, 'ok')
    return outcome.kind === 'ok' ? outcome.reasons : []
  }
  const traces = oracleEncode('ExportTraceServiceRequest', {
    resourceSpans: [{ scopeSpans: [{}] }],
  })
  assert.deepEqual(
    reasons(traces, 'otlp-proto'),
    [],
    'empty envelopes are the same in every request',
  )
  assert.match(reasons(Uint8Array.of(0x12, 0), 'otlp-proto').join(), /^No known field with metrics/)
  assert.match(reasons(Uint8Array.of(0x0a, 2, 0x4a, 0), 'otlp-proto').join(), /^No known field/)
  assert.match(reasons(Buffer.from('{"resourceSpans":[]}'), 'otlp-json').join(), /resourceMetrics/)
})
