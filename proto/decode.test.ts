// Bodies as clients, networks and attackers send them: compression, limits, malformed protobuf.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { SCOPE, SPAN, SPAN_FLAG, SPAN_STRIDE } from '../core/batch.ts'
import { ByteWriter } from './byte-writer.ts'
import { encodeLogs, encodeTraces } from './otlp/encode.ts'
import { oracleEncode, oracleMeaning } from './testing/oracle.ts'
import { batch, readSpan, type TryOptions, tryDecode, verdictOf } from './testing/try-decode.ts'

const TRACE = Buffer.from('0102030405060708090a0b0c0d0e0f10', 'hex')
const ID = Buffer.from('0102030405060708', 'hex')
const T0 = '1790000000000000000'
const span = (over: object = {}): object => ({
  traceId: TRACE,
  spanId: ID,
  name: 'chat',
  startTimeUnixNano: T0,
  ...over,
})
const request = (...spans: object[]): Uint8Array<ArrayBuffer> =>
  oracleEncode('ExportTraceServiceRequest', { resourceSpans: [{ scopeSpans: [{ spans }] }] })
const status = (body: Uint8Array, options: TryOptions = {}): string =>
  verdictOf(tryDecode(body, options))
const bytes = (...parts: (number | Uint8Array)[]): Buffer =>
  Buffer.concat(parts.map((p) => (typeof p === 'number' ? Uint8Array.of(p) : p)))
/** A length-delimited field. */
const sized = (field: number, ...content: (number | Uint8Array)[]): Buffer => {
  const out = new ByteWriter()
  const inner = bytes(...content)
  out.fieldBytes(field, inner, 0, inner.length)
  return Buffer.from(out.take())
}
/** A request with one span that has `extra` after its ids. */
const withField = (...extra: (number | Uint8Array)[]): Buffer =>
  sized(1, sized(2, sized(2, sized(1, TRACE), sized(2, ID), ...extra)))
const reencoded = (): unknown => {
  const out = new ByteWriter()
  encodeTraces(out, batch, () => true)
  return oracleMeaning('ExportTraceServiceRequest', out.written())
}
const containsText = (text: string): boolean => {
  const out = new ByteWriter()
  encodeTraces(out, batch, () => true)
  encodeLogs(out, batch, () => true)
  return Buffer.from(out.written()).includes(text)
}

test('R06: gzip and plain bodies mean the same; zstd too', () => {
  const body = request(span())
  assert.equal(status(body), '200/1/0')
  assert.equal(status(gzipSync(body), { encoding: 'gzip' }), '200/1/0')
  assert.equal(status(gzipSync(body, { level: 0 }), { encoding: 'gzip' }), '200/1/0')
  assert.equal(
    status(bytes(gzipSync(body.subarray(0, 9)), gzipSync(body.subarray(9))), { encoding: 'gzip' }),
    '200/1/0',
  )
  assert.equal(status(zstdCompressSync(body), { encoding: 'zstd' }), '200/1/0')
  assert.equal(status(deflateSync(body), { encoding: 'deflate' }), '200/1/0')
  // Some clients leave out the zlib header. This tests every level of compression without it.
  for (const level of [0, 1, 6, 9])
    assert.equal(status(deflateRawSync(body, { level }), { encoding: 'deflate' }), '200/1/0')
})

test('R08: a corrupt stream is refused: truncated, garbage after it, wrong magic, compressed twice', () => {
  const body = request(span())
  for (const [encoding, whole] of [
    ['gzip', gzipSync(body)],
    ['deflate', deflateSync(body)],
    ['deflate', deflateRawSync(body)],
    ['zstd', zstdCompressSync(body)],
  ] as const) {
    for (const bad of [
      whole.subarray(0, -3),
      whole.subarray(0, 5),
      bytes(whole, Buffer.from('junk')),
      bytes(whole, Buffer.alloc(4)),
      bytes(whole, Buffer.from([0x1f, 0x8b])),
      body,
      new Uint8Array(0),
      gzipSync(whole),
      zstdCompressSync(whole),
    ])
      assert.equal(status(bad, { encoding }), '400')
  }
})

test('R09, R10, R11: the limit holds after decompression, and the rest is never produced', () => {
  const limits = { decodedBytesMax: 1000 }
  const zeros = Buffer.alloc(50_000_000)
  assert.equal(status(gzipSync(zeros), { encoding: 'gzip', limits }), '413')
  assert.equal(status(zstdCompressSync(zeros), { encoding: 'zstd', limits }), '413')
  assert.equal(status(deflateSync(zeros), { encoding: 'deflate', limits }), '413')
  assert.equal(status(Buffer.alloc(1001), { limits }), '413')
})

test('R15: an empty body and empty envelopes are valid', () => {
  for (const body of [
    bytes(),
    sized(1),
    sized(1, sized(2)),
    sized(1, sized(1), sized(2, sized(1)), sized(3)),
  ]) {
    assert.equal(status(body), '200/0/0')
    assert.equal(status(body, { telemetry: 'logs' }), '200/0/0')
  }
})

test('R16: a bad span is refused alone and its siblings are kept', () => {
  for (const bad of [
    span({ traceId: TRACE.subarray(1) }),
    span({ traceId: Buffer.alloc(16) }),
    span({ spanId: Buffer.alloc(8) }),
    span({ spanId: Buffer.alloc(9, 1) }),
    span({ parentSpanId: Buffer.alloc(3, 1) }),
    { name: 'no ids' },
  ]) {
    assert.equal(status(request(span(), bad, span({ name: 'third' }))), '200/2/1')
    assert.equal(readSpan(1).name, 'third')
    assert.equal(batch.spans[SPAN_STRIDE + SPAN.ORDINAL], 2)
    assert.equal(batch.requests[0]?.rejected, 1)
    assert.equal(batch.requests[0]?.reasons.length, 1)
  }
})

test('a refused span leaves no rows behind', () => {
  const attributes = [{ key: 'k', value: { intValue: 1 } }]
  const events = [{ name: 'e', attributes }]
  const links = [{ traceId: TRACE, spanId: ID, attributes }]
  assert.equal(status(request(span({ traceId: ID, attributes, events, links }))), '200/0/1')
  assert.equal(batch.attrCount + batch.eventCount + batch.linkCount + batch.spanCount, 0)
})

test('P01: what is no protobuf is refused', () => {
  const nested = (depth: number): Buffer => {
    let value = sized(1, Buffer.from('x'))
    for (let i = 0; i < depth; i++) value = sized(5, sized(1, value))
    return withField(sized(9, sized(1, 0x6b), sized(2, value)))
  }
  const cases: [string, Uint8Array][] = [
    ['field 0', bytes(0, 0)],
    ['length of 2 GiB', bytes(0x0a, 0xff, 0xff, 0xff, 0xff, 0x07)],
    ['varint of eleven bytes', bytes(0x0a, Buffer.alloc(11, 0xff), 0x7f)],
    ['wire type 6', bytes(0x0e)],
    ['end of a group that never began', bytes(0x1c)],
    ['a million open groups', Buffer.alloc(1_000_000, 0x1b)],
    ['a group closed by another', bytes(0x1b, 0x24)],
    ['name as varint', withField(0x28, 7)],
    ['attributes as fixed64', withField(0x49, Buffer.alloc(8))],
    ['start as varint', withField(0x38, 7)],
    ['JSON', Buffer.from('{"resourceSpans":[]}')],
    ['values 70 deep', nested(70)],
    ['values 5000 deep', nested(5000)],
    ['inner longer than outer', bytes(0x0a, 4, 0x12, 9, 0x12, 0)],
    [
      'attribute value longer than its KeyValue',
      withField(sized(9, sized(1, 0x6b), 0x12, 5, 0x0a, 9)),
    ],
  ]
  for (const [name, body] of cases) assert.equal(status(body), '400', name)
  assert.equal(status(nested(40)), '200/1/0')
})

test('P01: unknown fields are skipped, groups included, and do not leave again', () => {
  const secret = Buffer.from('sk-unseen')
  const group = bytes(0xa3, 0x06, 0xa8, 0x06, 1, 0xa4, 0x06)
  const unknown = sized(99, secret)
  const value = sized(2, sized(1, Buffer.from('v')))
  const places = [
    withField(unknown, group),
    withField(sized(9, sized(1, 0x6b), value, unknown)),
    withField(sized(9, sized(1, 0x6b), sized(2, sized(1, 0x76), unknown))),
    withField(sized(9, sized(1, 0x6b), sized(2, sized(5, sized(1, sized(1, 0x76)), unknown)))),
    withField(
      sized(9, sized(1, 0x6b), sized(2, sized(6, sized(1, sized(1, 0x6b), value, unknown)))),
    ),
    withField(sized(15, unknown)),
    withField(sized(11, unknown)),
    withField(sized(13, sized(1, TRACE), sized(2, ID), unknown)),
    sized(
      1,
      unknown,
      sized(1, unknown),
      sized(2, unknown, sized(1, unknown), sized(2, sized(1, TRACE), sized(2, ID))),
    ),
  ]
  for (const [i, body] of places.entries()) {
    assert.equal(status(body), '200/1/0', `place ${i}`)
    assert.equal(containsText('sk-unseen'), false, `place ${i}`)
  }
})

test('of a repeated member the last one counts, and the first does not leave unseen', () => {
  const first = Buffer.from('sk-first')
  const last = Buffer.from('last')
  const string = (text: Uint8Array): Buffer => sized(1, text)
  const places = [
    withField(sized(5, first), sized(5, last)),
    withField(sized(9, sized(1, first), sized(1, last))),
    withField(sized(9, sized(1, last), sized(2, string(first)), sized(2, string(last)))),
    withField(sized(9, sized(1, 0x6b), sized(2, string(first), string(last)))),
    withField(sized(9, sized(1, 0x6b), sized(2, sized(5, sized(1, string(first), string(last)))))),
    withField(sized(15, sized(2, first)), sized(15, sized(2, last))),
    withField(sized(11, sized(2, first), sized(2, last))),
    sized(
      1,
      sized(1, sized(1, sized(1, first))),
      sized(1, sized(1, sized(1, last))),
      sized(2, sized(2, sized(1, TRACE), sized(2, ID))),
    ),
    sized(
      1,
      sized(2, sized(1, sized(1, first), sized(1, last)), sized(2, sized(1, TRACE), sized(2, ID))),
    ),
  ]
  for (const [i, body] of places.entries()) {
    assert.equal(status(body), '200/1/0', `place ${i}`)
    assert.equal(containsText('sk-first'), false, `place ${i}`)
    assert.equal(containsText('last'), true, `place ${i}`)
  }
})

test('invalid UTF-8 anywhere is mended and marked, and costs nobody else', () => {
  const bad = bytes(0x63, 0xc3)
  const string = sized(1, bad)
  const places = [
    withField(sized(5, bad)),
    withField(sized(3, bad)),
    withField(sized(9, sized(1, bad), sized(2, string))),
    withField(
      sized(9, sized(1, 0x6b), sized(2, sized(5, sized(1, string), sized(1, sized(3 * 8, 1))))),
    ),
    withField(
      sized(9, sized(1, 0x6b), sized(2, sized(6, sized(1, sized(1, bad), sized(2, string))))),
    ),
    withField(sized(11, sized(2, bad))),
    withField(sized(15, sized(2, bad))),
  ]
  for (const [i, body] of places.entries()) {
    assert.equal(status(body), '200/1/0', `place ${i}`)
    assert.equal(readSpan(0).flags & SPAN_FLAG.REPAIRED, SPAN_FLAG.REPAIRED, `place ${i}`)
    assert.ok(JSON.stringify(reencoded()).includes('c\ufffd'), `place ${i}`)
  }
  assert.equal(status(bytes(request(span()), withField(sized(5, bad)))), '200/2/0')
  assert.equal(readSpan(0).flags, 0)
  const scope = sized(1, sized(2, sized(1, sized(1, bad)), sized(2, sized(1, TRACE), sized(2, ID))))
  assert.equal(status(scope), '200/1/0')
  assert.equal(batch.scopes[SCOPE.FLAGS], 1)
})

test('times at the end of their range are kept as they are', () => {
  const max = '18446744073709551615'
  assert.equal(status(request(span({ startTimeUnixNano: max, endTimeUnixNano: max }))), '200/1/0')
  assert.equal(readSpan(0).end, 2n ** 64n - 1n)
})

test('messages are counted before anything is built of them', () => {
  assert.equal(status(Buffer.alloc(4_000_000).fill(sized(1))), '413')
  assert.equal(
    status(gzipSync(sized(1, sized(2, Buffer.alloc(400_000).fill(sized(2))))), {
      encoding: 'gzip',
    }),
    '413',
  )
  const attribute = sized(9, sized(2, 0x18, 1))
  assert.equal(
    status(withField(Buffer.alloc(attribute.length * 1_000_000).fill(attribute))),
    '200/0/1',
  )
  assert.equal(batch.attrCount, 0)
  const event = sized(11)
  assert.equal(status(withField(Buffer.alloc(event.length * 1_000_000).fill(event))), '200/0/1')
  const element = sized(1)
  const array = sized(5, Buffer.alloc(element.length * 2_000_000).fill(element))
  assert.equal(status(withField(sized(9, sized(2, array)))), '413')
  assert.equal(status(sized(1, sized(1, Buffer.alloc(200_000).fill(sized(1))))), '413')
  const many = request(
    ...Array.from({ length: 20 }, () => span({ attributes: [{ key: 'a' }, { key: 'b' }] })),
  )
  assert.equal(status(many, { limits: { rowsMax: 40 } }), '200/20/0')
  assert.equal(status(many, { limits: { rowsMax: 39 } }), '413')
  assert.equal(status(many, { limits: { spansMax: 19 } }), '413')
})

test('a refused request leaves the batch as it was', () => {
  const good = request(span({ attributes: [{ key: 'k', value: { stringValue: 'v' } }] }))
  status(good)
  const before = batch.mark()
  for (const body of [good.subarray(0, -2), bytes(good, 0)]) {
    assert.equal(verdictOf(tryDecode(body, { keep: true })), '400')
    assert.deepEqual(batch.mark(), before)
    assert.equal(batch.requests.length, 1)
  }
  assert.equal(verdictOf(tryDecode(good, { keep: true })), '200/1/0')
  assert.equal(batch.spans[SPAN_STRIDE + SPAN.REQUEST], 1)
  assert.equal(batch.spans[SPAN_STRIDE + SPAN.ORDINAL], 0)
  assert.equal(readSpan(1).attributes['k'], 'v')
})

test('log records: body, severity, event name and observed time', () => {
  const body = oracleEncode('ExportLogsServiceRequest', {
    resourceLogs: [
      {
        scopeLogs: [
          {
            logRecords: [
              {
                observedTimeUnixNano: '7',
                severityNumber: 9,
                severityText: 'INFO',
                body: { stringValue: 'hello' },
              },
              {
                timeUnixNano: '5',
                attributes: [{ key: 'event.name', value: { stringValue: 'gen_ai.choice' } }],
              },
              {
                eventName: 'named',
                traceId: TRACE,
                spanId: ID,
                attributes: [{ key: 'log.body', value: { stringValue: 'mine' } }],
              },
              { traceId: ID },
              { traceId: Buffer.alloc(16) },
            ],
          },
        ],
      },
    ],
  })
  assert.equal(status(body, { telemetry: 'logs' }), '200/4/1')
  const [first, second, third] = [readSpan(0), readSpan(1), readSpan(2)]
  assert.deepEqual(first.attributes, { 'log.body': 'hello', 'log.severity_text': 'INFO' })
  assert.equal(first.start, 7n)
  assert.equal(first.kind, 9)
  assert.equal(first.traceId, null)
  assert.equal(second.name, 'gen_ai.choice')
  assert.equal(second.start, 5n)
  assert.equal(third.name, 'named')
  assert.equal(third.flags, SPAN_FLAG.LOG)
  assert.equal(readSpan(3).traceId, null)
})

test('E11: envelopes that are left empty are not written', () => {
  status(
    oracleEncode('ExportTraceServiceRequest', {
      resourceSpans: [
        { scopeSpans: [{ spans: [span({ name: 'a' })] }, { spans: [span({ name: 'b' })] }] },
        { scopeSpans: [{ spans: [span({ name: 'c' })] }] },
      ],
    }),
  )
  const out = new ByteWriter()
  assert.equal(
    encodeTraces(out, batch, (i) => i === 2),
    1,
  )
  const decoded = oracleMeaning('ExportTraceServiceRequest', out.written()) as {
    resourceSpans: { scopeSpans: unknown[] }[]
  }
  assert.deepEqual(
    decoded.resourceSpans.map((r) => r.scopeSpans.length),
    [1],
  )
  batch.drop(2)
  out.reset()
  assert.equal(
    encodeTraces(out, batch, () => true),
    2,
  )
  out.reset()
  assert.equal(
    encodeTraces(out, batch, () => false),
    0,
  )
  assert.equal(out.pos, 0)
  assert.equal(
    encodeLogs(out, batch, () => true),
    0,
  )
})

test('an edited attribute goes out, and its neighbours as they came', () => {
  const attributes = ['a', 'b'].map((key) => ({ key, value: { stringValue: `secret ${key}` } }))
  status(request(span({ attributes }), span({ attributes })))
  batch.setAttrText(0, '[redacted]')
  batch.markEdited(0)
  const text = JSON.stringify(reencoded())
  assert.equal(text.split('secret a').length - 1, 1)
  assert.equal(text.split('secret b').length - 1, 2)
  assert.equal(text.split('[redacted]').length - 1, 1)
})

test('metrics are no spans', () => {
  const outcome = tryDecode(bytes(), { telemetry: 'metrics' })
  assert.ok(outcome.kind === 'refused')
  assert.equal(outcome.code, 'unsupported')
})

test('a body in which nothing is known says so, in both encodings and for both kinds of telemetry', () => {
  const said = (body: Uint8Array | string, telemetry: 'traces' | 'logs'): string => {
    const format = typeof body === 'string' ? 'otlp-json' : 'otlp-proto'
    assert.equal(verdictOf(tryDecode(body, { format, telemetry })), '200/0/0', String(body))
    return batch.requests[0]?.reasons.join(' ') ?? ''
  }
  const inEnvelope = sized(1, sized(9, Buffer.from('x')))
  const inScope = sized(1, sized(2, sized(1000, Buffer.from('x'))))
  for (const telemetry of ['traces', 'logs'] as const) {
    for (const body of [sized(2, Buffer.from('x')), bytes(0x98, 0x06, 1), inEnvelope, inScope])
      assert.match(said(body, telemetry), /^No known field with (traces|logs) was found/)
    for (const body of ['{"foo":1}', '{"resourceMetrics":[]}', '{"resource_spanz":[{}]}'])
      assert.match(said(body, telemetry), /resource(Spans|Logs) at its top/)
    for (const body of [new Uint8Array(0), sized(1), '{}']) assert.equal(said(body, telemetry), '')
  }
})
