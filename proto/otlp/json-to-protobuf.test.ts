// The JSON rules of OTLP, each under the number that its test name begins with.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ATTR, ATTR_STRIDE, SPAN_FLAG, VALUE } from '../../core/batch.ts'
import { looksLikeOtlpJson } from '../decode.ts'
import { DEFAULT_LIMITS } from '../limits.ts'
import { oracleDecode } from '../testing/oracle.ts'
import { batch, readSpan, type TryOptions, tryDecode, verdictOf } from '../testing/try-decode.ts'
import { convertOtlpJson } from './json-to-protobuf.ts'

const TRACE = '0102030405060708090a0b0c0d0e0f10'
const ID = '0102030405060708'
const span = (over: object = {}): object => ({
  traceId: TRACE,
  spanId: ID,
  name: 'chat',
  kind: 3,
  startTimeUnixNano: '1790000000000000000',
  endTimeUnixNano: '1790000001000000000',
  ...over,
})
const request = (...spans: object[]): string =>
  JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] })
/** A request whose only span has `json` as its last members. */
const withSpanText = (json: string): string =>
  request(span()).replace(/\}\]\}\]\}\]\}$/, `,${json}}]}]}]}`)
const withValue = (value: string): string =>
  withSpanText(`"attributes":[{"key":"k","value":${value}}]`)
const status = (body: string | Uint8Array, options: TryOptions = {}): string =>
  verdictOf(tryDecode(body, { format: 'otlp-json', ...options }))
const value = (json: string): unknown => {
  assert.equal(status(withValue(json)), '200/1/0', json)
  return readSpan(0).attributes['k']
}

test('J01: ids are hex of either case; base64 refuses that span alone', () => {
  assert.equal(status(request(span({ traceId: TRACE.toUpperCase() }))), '200/1/0')
  assert.equal(readSpan(0).traceId, TRACE)
  const base64 = Buffer.from(TRACE, 'hex').toString('base64')
  assert.equal(status(request(span(), span({ traceId: base64 }))), '200/1/1')
  assert.equal(status(request(span({ parentSpanId: 'AQIDBAUGBwg=' }), span())), '200/1/1')
  assert.equal(status(request(span({ traceId: 12 }))), '400')
  const link = { traceId: base64, spanId: ID }
  assert.equal(status(request(span({ links: [link, { traceId: TRACE, spanId: ID }] }))), '200/1/0')
  assert.equal(batch.linkCount, 1)
  const logs = JSON.stringify({
    resourceLogs: [{ scopeLogs: [{ logRecords: [{ traceId: base64 }, { traceId: TRACE }, {}] }] }],
  })
  assert.equal(status(logs, { telemetry: 'logs' }), '200/2/1')
})

test('J02: an id of wrong length, empty or all zero refuses that span and keeps its siblings', () => {
  const bad = ['', '0'.repeat(32), TRACE.slice(2), `${TRACE}00`]
  assert.equal(status(request(span(), ...bad.map((traceId) => span({ traceId })))), '200/1/4')
  assert.equal(status(request(span({ spanId: '0'.repeat(16) }), span({ spanId: 'ab' }))), '200/0/2')
  assert.equal(
    status(request(span({ parentSpanId: '' }), span({ parentSpanId: '0'.repeat(16) }))),
    '200/2/0',
  )
  assert.equal(readSpan(0).parentId, null)
  assert.equal(readSpan(1).parentId, null)
})

test('J03: bytesValue is base64, of both alphabets, padded or not', () => {
  assert.equal(value('{"bytesValue":"+/8="}'), '+/8=')
  assert.equal(value('{"bytesValue":"-_8"}'), '+/8=')
  assert.equal(status(withValue('{"bytesValue":"a"}')), '400')
  assert.equal(status(withValue('{"bytesValue":"*"}')), '400')
})

test('J04: names of enum values are refused', () => {
  assert.equal(status(request(span({ kind: 'SPAN_KIND_SERVER' }))), '400')
  assert.equal(status(request(span({ status: { code: 'STATUS_CODE_ERROR' } }))), '400')
})

test('J05: unknown enum integers survive', () => {
  assert.equal(status(request(span({ kind: 77 }))), '200/1/0')
  assert.equal(readSpan(0).kind, 77)
})

test('J06: unknown fields are ignored at every level', () => {
  const body = `{"x":[1,{"y":null}],"resourceSpans":[{"x":1,"resource":{"x":"1"},"scopeSpans":[{"x":{},
    "scope":{"x":[]},"spans":[${JSON.stringify(span({ x: { y: [1.5e3] }, status: { x: true } }))}]}]}]}`
  assert.equal(status(body), '200/1/0')
})

test('J07: names as in the .proto files are taken too, at every level, as parsers of protobuf JSON do', () => {
  const snake = (text: string): string =>
    text.replace(/"([a-zA-Z]+)":/g, (_, name: string) => {
      const original = name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)
      return `"${original}":`
    })
  const text = request(span({ attributes: [{ key: 'a', value: { kvlistValue: { values: [] } } }] }))
  assert.match(snake(text), /resource_spans.*scope_spans.*start_time_unix_nano/)
  assert.equal(status(text), '200/1/0')
  const camel = readSpan(0)
  assert.equal(status(snake(text)), '200/1/0')
  assert.deepEqual(readSpan(0), camel)
  assert.equal(status(request(span({ start_time_unix_nano: 'nonsense' }))), '400')
  assert.equal(status('{"resource_spans":[{"scope_spans":7}]}'), '400')
})

test('J08: 64-bit integers are exact, as strings and as numbers', () => {
  assert.equal(value('{"intValue":"9007199254740993"}'), 9007199254740993n)
  assert.equal(value('{"intValue":9223372036854775807}'), 2n ** 63n - 1n)
  assert.equal(value('{"intValue":"-9223372036854775808"}'), -(2n ** 63n))
  assert.equal(value('{"intValue":1e3}'), 1000n)
  assert.equal(value('{"intValue":5.0}'), 5n)
  assert.equal(status(withSpanText('"startTimeUnixNano":18446744073709551615')), '200/1/0')
  assert.equal(readSpan(0).start, 2n ** 64n - 1n)
})

test('J09: doubles take NaN and the infinities as strings', () => {
  assert.equal(value('{"doubleValue":"NaN"}'), 'NaN')
  assert.equal(value('{"doubleValue":"-Infinity"}'), '-Infinity')
  assert.equal(value('{"doubleValue":"Infinity"}'), 'Infinity')
  assert.equal(value('{"doubleValue":"1.5"}'), 1.5)
  assert.equal(value('{"doubleValue":1e400}'), 'Infinity')
  assert.equal(status(withValue('{"doubleValue":"nan"}')), '400')
})

test('J10: null is absent, and an empty value is not an empty string', () => {
  const types = (): number[] =>
    [0, 1, 2, 3].map((i) => batch.attrs[i * ATTR_STRIDE + ATTR.TYPE] as number)
  const attributes = [
    { key: 'a', value: {} },
    { key: 'b', value: { stringValue: '' } },
    { key: 'c', value: null },
    { key: 'd', value: { intValue: null, stringValue: 's', boolValue: null } },
  ]
  assert.equal(
    status(request(span({ name: null, status: null, events: null, attributes }))),
    '200/1/0',
  )
  assert.deepEqual(types(), [VALUE.EMPTY, VALUE.STRING, VALUE.EMPTY, VALUE.STRING])
  assert.equal(status(request(span({ attributes: [null] }))), '400')
})

test('J11: nested values are taken to 64 levels and refused beyond, never by the stack', () => {
  const nested = (levels: number): string =>
    `${'{"arrayValue":{"values":['.repeat(levels)}{}${']}}'.repeat(levels)}`
  assert.equal(status(withValue(nested(60))), '200/1/0')
  assert.equal(status(withValue(nested(70))), '400')
  assert.equal(status(withValue(nested(50_000))), '400')
  assert.equal(status(`{"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`), '400')
  assert.equal(status(`{"x":${'{"y":'.repeat(100_000)}1${'}'.repeat(100_000)}}`), '400')
})

test('J12: repeated attribute keys are all kept, in order', () => {
  const attributes = ['1', '2'].map((stringValue) => ({ key: 'k', value: { stringValue } }))
  assert.equal(status(request(span({ attributes }))), '200/1/0')
  assert.equal(batch.attrCount, 2)
})

test('J13: a byte-order mark is accepted, trailing bytes are refused, bad text is mended', () => {
  assert.equal(status(`\ufeff${request(span())}`), '200/1/0')
  assert.equal(status('{} xx'), '400')
  assert.equal(status('{}{}'), '400')
  assert.equal(status(request(span({ name: '@' })).replace('@', '\\ud800')), '200/1/0')
  assert.equal(readSpan(0).name, '\ufffd')
  assert.equal(status(request(span({ name: '@' })).replace('@', '\\uD83D\\uDE00')), '200/1/0')
  assert.equal(readSpan(0).name, '\u{1F600}')
  const invalid = Buffer.from(request(span({ name: 'a@@b' })))
  invalid.set([0xff, 0xc3], invalid.indexOf('@@'))
  assert.equal(status(invalid), '200/1/0')
  assert.equal(readSpan(0).name, 'a\ufffd\ufffdb')
  assert.equal(readSpan(0).flags, SPAN_FLAG.EDITED | SPAN_FLAG.REPAIRED)
  assert.equal(status(Buffer.from('{"resourceSpans":[]}', 'utf16le')), '400')
  assert.equal(status(request(span({ name: '@' })).replace('@', '\n')), '400')
})

test('J14: numbers out of range, negative times and words for numbers are refused', () => {
  for (const json of [
    '"startTimeUnixNano":-1',
    '"startTimeUnixNano":"18446744073709551616"',
    '"startTimeUnixNano":"soon"',
    '"startTimeUnixNano":1.5',
    '"droppedAttributesCount":-1',
    '"droppedAttributesCount":4294967296',
    '"flags":"x"',
    '"kind":2147483648',
    '"attributes":[{"key":"k","value":{"intValue":9223372036854775808}}]',
    '"attributes":[{"key":"k","value":{"intValue":true}}]',
    '"attributes":[{"key":"k","value":{"boolValue":"true"}}]',
    '"attributes":[{"key":7}]',
  ])
    assert.equal(status(withSpanText(json)), '400', json)
  const outcome = tryDecode(withSpanText('"kind":"x"'), { format: 'otlp-json' })
  assert.ok(outcome.kind === 'refused')
  assert.equal(outcome.details?.[0]?.field, 'resourceSpans.scopeSpans.spans.kind')
})

test('J15: a body that is no object is refused; of two members of a oneof the last one wins', () => {
  for (const body of [
    'null',
    '[]',
    '7',
    '"x"',
    'true',
    '',
    ' ',
    '{',
    '{"resourceSpans":[],}',
    '{a:1}',
  ])
    assert.equal(status(body), '400', body)
  assert.equal(status('{"resourceSpans":[{"scopeSpans":[{"spans":{"0":{}}}]}]}'), '400')
  assert.equal(value('{"stringValue":"a","intValue":"7"}'), 7n)
})

test('J16: semantic faults are kept and said, they cost nothing', () => {
  assert.equal(status(request(span({ name: '', endTimeUnixNano: '5' }))), '200/1/0')
  assert.deepEqual(batch.requests[0]?.reasons, [
    'A span has no name.',
    'A span ends before it starts.',
  ])
})

test('of a repeated name the last value wins, as in JSON.parse', () => {
  const twice = `{"resourceSpans":[{"schemaUrl":"x","scopeSpans":[{"spans":[{}]}],"schemaUrl":"yy"}],
    "resourceSpans":${request(span({ name: 'kept' })).slice('{"resourceSpans":'.length)}`
  assert.equal(status(twice), '200/1/0')
  assert.equal(readSpan(0).name, 'kept')
  assert.equal(status(withSpanText('"name":"second","kind":1,"name":null')), '200/1/0')
  assert.equal(readSpan(0).name, '')
  assert.equal(readSpan(0).kind, 1)
})

test('__proto__ is a name like any other', () => {
  assert.equal(
    status('{"__proto__":{"polluted":1},"constructor":{"prototype":{}},"resourceSpans":[]}'),
    '200/0/0',
  )
  assert.equal(({} as { polluted?: number }).polluted, undefined)
  assert.equal(
    value('{"kvlistValue":{"values":[{"key":"__proto__","value":{"intValue":1}}]}}') !== null,
    true,
  )
})

test('names may be written with escapes', () => {
  assert.equal(status(request(span({ name: 'x' })).replace('"name"', '"n\\u0061me"')), '200/1/0')
  assert.equal(readSpan(0).name, 'x')
})

test('an object of the oldest Observa client is told from OTLP', () => {
  const bytes = (s: string): Uint8Array => Buffer.from(s)
  assert.equal(looksLikeOtlpJson(bytes('{"traceId":"t","spanId":"s","query":"q"}')), false)
  assert.equal(looksLikeOtlpJson(bytes('{"traceId":"t","resourceSpans":[]}')), true)
  for (const body of ['{}', '[]', 'null', '', '{"a":', request(span())])
    assert.equal(looksLikeOtlpJson(bytes(body)), true, body)
  assert.equal(status('{"traceId":"t","spanId":"s","query":"q"}'), '200/1/0')
  assert.equal(readSpan(0).flags & SPAN_FLAG.LEGACY, SPAN_FLAG.LEGACY)
})

test('metrics in JSON become the same protobuf, packed numbers and all', () => {
  const point = {
    timeUnixNano: '1',
    count: '3',
    sum: 1.5,
    bucketCounts: ['1', 2],
    explicitBounds: [0.5],
    scale: 1,
  }
  const body = JSON.stringify({
    resourceMetrics: [
      {
        scopeMetrics: [
          {
            metrics: [
              { name: 'h', histogram: { dataPoints: [point], aggregationTemporality: 2 } },
              { name: 'g', gauge: { dataPoints: [{ asInt: '-7' }, { asDouble: 'NaN' }] } },
              {
                name: 'e',
                exponentialHistogram: {
                  dataPoints: [{ scale: -3, positive: { offset: -1, bucketCounts: ['5'] } }],
                },
              },
            ],
          },
        ],
      },
    ],
  })
  const { bytes } = convertOtlpJson(Buffer.from(body), 'metrics', DEFAULT_LIMITS)
  const text = JSON.stringify(oracleDecode('ExportMetricsServiceRequest', bytes))
  for (const part of [
    '"bucketCounts":["1","2"]',
    '"explicitBounds":[0.5]',
    '"asInt":"-7"',
    '"scale":-3',
    '"offset":-1',
  ])
    assert.ok(text.includes(part), `${part} in ${text}`)
})

test('a request of which nothing was understood is told so; one that says nothing, or something, is not', () => {
  const told = (body: unknown): string[] => {
    const outcome = tryDecode(JSON.stringify(body), { format: 'otlp-json' })
    assert.equal(outcome.kind, 'ok')
    return [...(batch.requests.at(-1)?.reasons ?? [])]
  }
  const span = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), name: 'x' }
  for (const body of [
    { 'resource-spans': [{ scopeSpans: [{ spans: [span] }] }] },
    { resourceSpans: [{ 'scope-spans': [{ spans: [span] }] }] },
    { resourceSpans: [{ scopeSpans: [{ Spans: [span] }] }] },
    { foo: 1 },
    { data: { resourceSpans: [] } },
  ])
    assert.match(told(body).join(), /^No known field with traces/, JSON.stringify(body))
  for (const body of [
    {},
    { resourceSpans: [] },
    { resourceSpans: [{ scopeSpans: [{ spans: [span], later: 1 }] }] },
  ])
    assert.deepEqual(told(body), [], JSON.stringify(body))
})
