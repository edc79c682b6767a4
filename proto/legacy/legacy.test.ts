// Legacy Observa events: framing, single refusals, ids and times.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { Arena } from '../../core/arena.ts'
import { SPAN_FLAG, SpanBatch } from '../../core/batch.ts'
import { key } from '../../core/keys.ts'
import { DEFAULT_TENANT } from '../../core/tenant.ts'
import { ByteWriter } from '../byte-writer.ts'
import { DEFAULT_LIMITS, decodeInto } from '../decode.ts'
import { encodeTraces } from '../otlp/encode.ts'
import { oracleMeaning } from '../testing/oracle.ts'
import {
  ARRIVAL_MS,
  batch,
  readSpan,
  type TryOptions,
  tryDecode,
  verdictOf,
} from '../testing/try-decode.ts'
import { legacySpanId, legacyTraceId, parseTimeNs } from './ids.ts'

const UUID = '8cb6cbbd-b818-46af-96ba-781393f8d3ce'
const event = (over: object = {}): Record<string, unknown> => ({
  trace_id: UUID,
  span_id: 'c1a62044-0b8c-480a-ae99-59a40c5a814c',
  parent_span_id: null,
  timestamp: '2026-11-23T15:53:59.656Z',
  event_type: 'llm_call',
  attributes: { llm_call: { model: 'gpt-4o', latency_ms: 1200, input_tokens: 10 } },
  ...over,
})
const line = (over: object = {}): string => JSON.stringify(event(over))
const END_NS = BigInt(Date.parse('2026-11-23T15:53:59.656Z')) * 1_000_000n
const decode = (
  body: string | Uint8Array,
  options: TryOptions = {},
): ReturnType<typeof tryDecode> => tryDecode(body, { format: 'ndjson', ...options })
const status = (body: string | Uint8Array, options: TryOptions = {}): string =>
  verdictOf(decode(body, options))

test('N01: lines end with LF or CRLF, blank lines are harmless, the last one needs no end', () => {
  assert.equal(status(`${line()}\n${line()}\n`), '200/2/0')
  assert.equal(status(`${line()}\n${line()}`), '200/2/0')
  assert.equal(status(`\n${line()}\r\n\r\n \n\t\r\n${line()}\r\n`), '200/2/0')
  assert.equal(status(`\ufeff${line()}\n`), '200/1/0')
  assert.equal(status(''), '200/0/0')
  assert.equal(status('\n'.repeat(1_000_000)), '200/0/0')
  assert.equal(status(gzipSync(`${line()}\n`), { encoding: 'gzip' }), '200/1/0')
  assert.equal(status(gzipSync(gzipSync(`${line()}\n`)), { encoding: 'gzip' }), '400')
})

test('N02: a bad line is refused alone, under its number', () => {
  const bad = [
    '{"oops":',
    '[]',
    '7',
    'null',
    '"x"',
    'nonsense',
    `${line()} ${line()}`,
    `${line()},`,
    '{}',
  ]
  const body = [line(), '', ...bad, line()].join('\n')
  const outcome = decode(body)
  assert.ok(outcome.kind === 'ok')
  assert.equal(verdictOf(outcome), `200/2/${bad.length}`)
  assert.deepEqual(
    outcome.rejectedItems.map((r) => r.item),
    bad.map((_, i) => i + 3),
  )
  assert.equal(batch.requests[0]?.rejected, bad.length)
  assert.ok((batch.requests[0]?.reasons.length ?? 0) > 0)
})

test('reasons name the place and never the text', () => {
  const outcome = decode('{"key": sk-secret}')
  assert.ok(outcome.kind === 'ok')
  assert.equal(
    outcome.rejectedItems[0]?.reason,
    'An event was refused: The JSON is not valid: a value is missing at byte 8.',
  )
})

test('an event without trace_id, span_id or event_type is refused; anything else may be missing', () => {
  for (const name of ['trace_id', 'span_id', 'event_type'])
    for (const value of [undefined, null, ''])
      assert.equal(status(line({ [name]: value })), '200/0/1', `${name} ${value}`)
  assert.equal(status(line({ trace_id: 7 })), '200/0/1')
  assert.equal(status(line({ event_type: 7 })), '200/0/1')
  assert.equal(status('{"trace_id":"t","span_id":"s","event_type":"x"}'), '200/1/0')
  assert.equal(status(line({ trace_id: '0'.repeat(32) })), '200/0/1')
})

test('a line over the limit is refused, its neighbours are not', () => {
  const body = `${line()}\n${line({ x: 'a'.repeat(6_000_000) })}\n${line()}\n`
  const outcome = decode(body)
  assert.ok(outcome.kind === 'ok')
  assert.equal(verdictOf(outcome), '200/2/1')
  assert.equal(outcome.rejectedItems[0]?.item, 2)
  assert.equal(status(`${line()}\n${line()}`, { limits: { lineBytesMax: 100 } }), '200/0/2')
})

test('an array is taken where lines are expected, and each element on its own', () => {
  const body = JSON.stringify([event(), event(), { nothing: 1 }, 7])
  for (const format of ['ndjson', 'json-array'] as const) {
    const outcome = decode(body, { format })
    assert.ok(outcome.kind === 'ok')
    assert.equal(verdictOf(outcome), '200/2/2')
    assert.deepEqual(
      outcome.rejectedItems.map((r) => r.item),
      [2, 3],
    )
  }
  assert.equal(status('[]', { format: 'json-array' }), '200/0/0')
  assert.equal(status(line(), { format: 'json-array' }), '200/1/0')
  for (const bad of [`[${line()}`, `[${line()},]`, `[${line()}] x`, '7', '', 'null'])
    assert.equal(status(bad, { format: 'json-array' }), '400', bad)
})

test('the number of events is bounded', () => {
  const limits = { spansMax: 3 }
  assert.equal(status(`${line()}\n`.repeat(3), { limits }), '200/3/0')
  assert.equal(status(`${line()}\n`.repeat(4), { limits }), '413')
  assert.equal(status('x\n'.repeat(4), { limits }), '413')
  assert.equal(status(`[${'7,'.repeat(9)}7]`, { limits, format: 'json-array' }), '413')
  assert.equal(status(line(), { limits: { rowsPerItemMax: 5 } }), '200/0/1')
})

test('an event is a span row: keys are paths, null is absent, what is deep stays JSON', () => {
  const tools = [{ name: 'a', args: { b: [1, 2] } }]
  const body = line({
    tenant_id: 'somebody else',
    user_id: 'ü"1\n',
    conversation_id: null,
    extra: { deep: true },
    attributes: {
      llm_call: { model: 'm', tools, cost: 0.25, stream: true, big: 9007199254740992, gone: null },
      metadata: { a: 1 },
      plain: 'p',
      list: [1, 2],
    },
  }).replace('9007199254740992', '9007199254740993')
  assert.equal(status(body), '200/1/0')
  const row = readSpan(0)
  assert.equal(row.flags, SPAN_FLAG.LEGACY)
  assert.equal(row.name, 'llm_call')
  assert.deepEqual(row.attributes, {
    tenant_id: 'somebody else',
    timestamp: '2026-11-23T15:53:59.656Z',
    event_type: 'llm_call',
    user_id: 'ü"1\n',
    extra: '{"deep":true}',
    'attributes.llm_call.model': 'm',
    'attributes.llm_call.tools': JSON.stringify(tools),
    'attributes.llm_call.cost': 0.25,
    'attributes.llm_call.stream': true,
    'attributes.llm_call.big': 9007199254740993n,
    'attributes.metadata.a': 1n,
    'attributes.plain': 'p',
    'attributes.list': '[1,2]',
    'legacy.trace_id': UUID,
    'legacy.span_id': 'c1a62044-0b8c-480a-ae99-59a40c5a814c',
  })
})

test('the tenant comes from the request, whatever the event says', () => {
  assert.equal(status(line({ tenant_id: 'b', project_id: 'b' })), '200/1/0')
  assert.equal(batch.requests[0]?.tenant.tenantId, 'default')
})

test('attributes_json holds the attributes as text', () => {
  const attributes_json = JSON.stringify({ llm_call: { model: 'quoted "m"', latency_ms: 5 } })
  assert.equal(status(line({ attributes: undefined, attributes_json })), '200/1/0')
  assert.equal(readSpan(0).attributes['attributes.llm_call.model'], 'quoted "m"')
  assert.equal(readSpan(0).start, END_NS - 5_000_000n)
  assert.equal(status(line({ attributes_json: 'no json' })), '200/1/0')
  assert.equal(status(line({ attributes_json: '{"a":' })), '200/0/1')
})

test('of a repeated name the last value counts', () => {
  assert.equal(status(line().replace('{', '{"event_type":"first","trace_id":"x",')), '200/1/0')
  assert.equal(readSpan(0).attributes['event_type'], 'llm_call')
  assert.equal(readSpan(0).traceId, UUID.replaceAll('-', ''))
})

test('ids: a UUID keeps its bits, hex is taken as it is, other strings are hashed', () => {
  const sha = (text: string, size: number): string =>
    createHash('sha256')
      .update(text)
      .digest('hex')
      .slice(0, size * 2)
  assert.equal(legacyTraceId(UUID).toString('hex'), UUID.replaceAll('-', ''))
  assert.equal(legacyTraceId('AB'.repeat(16)).toString('hex'), 'ab'.repeat(16))
  assert.equal(legacyTraceId('trace-1').toString('hex'), sha('trace-1', 16))
  assert.equal(legacySpanId(UUID).toString('hex'), '8cb6cbbdb81846af')
  assert.equal(legacySpanId('8ddf878039b70767').toString('hex'), '8ddf878039b70767')
  assert.equal(legacySpanId('s').toString('hex'), sha('s', 8))
  // The first half of a version 7 UUID is a clock, so two spans of one millisecond would get the same id.
  const v7 = '0190163d-8694-739b-aea5-966c26f8ad91'
  assert.equal(legacySpanId(v7).toString('hex'), sha(v7, 8))
  assert.equal(status(line({ parent_span_id: UUID })), '200/1/0')
  assert.equal(readSpan(0).parentId, '8cb6cbbdb81846af')
  assert.equal(readSpan(0).attributes['legacy.parent_span_id'], UUID)
})

test('the timestamp is the end, and the latency lies before it', () => {
  assert.equal(status(line()), '200/1/0')
  assert.equal(readSpan(0).end, END_NS)
  assert.equal(readSpan(0).start, END_NS - 1_200_000_000n)
  status(line({ event_type: 'feedback' }))
  assert.equal(readSpan(0).start, END_NS)
  status(line({ event_type: 'trace_end', attributes: { trace_end: { total_latency_ms: 2.5 } } }))
  assert.equal(readSpan(0).start, END_NS - 2_500_000n)
  status(line({ timestamp: undefined }))
  assert.equal(readSpan(0).end, BigInt(ARRIVAL_MS) * 1_000_000n)
  assert.equal(batch.requests[0]?.reasons.length, 1)
  status(line({ timestamp: 1_790_000_000_123 }))
  assert.equal(readSpan(0).end, 1_790_000_000_123_000_000n)
  status(line({ attributes: { llm_call: { latency_ms: 1e300 } } }))
  assert.equal(readSpan(0).start, END_NS)
})

test('times: fractions to the nanosecond, zones, UTC when none is given', () => {
  const base = BigInt(Date.parse('2026-01-02T03:04:05Z')) * 1_000_000n
  assert.equal(parseTimeNs('2026-01-02T03:04:05Z'), base)
  assert.equal(parseTimeNs('2026-01-02 03:04:05'), base)
  assert.equal(parseTimeNs('2026-01-02T03:04:05.123456789Z'), base + 123_456_789n)
  assert.equal(parseTimeNs('2026-01-02T04:04:05.5+01:00'), base + 500_000_000n)
  assert.equal(parseTimeNs('2026-01-02'), BigInt(Date.parse('2026-01-02T00:00:00Z')) * 1_000_000n)
  for (const bad of ['', 'yesterday', '2026-13-45T00:00:00Z', '9999-01-01', '0001-01-01', '2026'])
    assert.equal(parseTimeNs(bad), null, bad)
})

test('the v0 object keeps its names and gets a type', () => {
  const v0 = {
    traceId: 't-1',
    spanId: 's-1',
    parentSpanId: null,
    query: 'q',
    tokensPrompt: 3,
    latencyMs: 250,
    timestamp: '2026-11-23T15:53:59.656Z',
    metadata: { a: 1 },
  }
  const outcome = decode(JSON.stringify(v0), { format: 'trace-v0' })
  assert.equal(verdictOf(outcome), '200/1/0')
  const row = readSpan(0)
  assert.equal(row.name, 'trace_v0')
  assert.equal(row.end, END_NS)
  assert.equal(row.start, END_NS - 250_000_000n)
  assert.deepEqual(row.attributes, {
    query: 'q',
    tokensPrompt: 3n,
    latencyMs: 250n,
    timestamp: '2026-11-23T15:53:59.656Z',
    metadata: '{"a":1}',
    event_type: 'trace_v0',
    'legacy.trace_id': 't-1',
    'legacy.span_id': 's-1',
  })
  assert.equal(status('{"traceId":"t"}', { format: 'trace-v0' }), '200/0/1')
  assert.equal(status('{"traceId":', { format: 'trace-v0' }), '400')
})

test('invalid UTF-8 and lone surrogates in an event are mended and marked', () => {
  const body = Buffer.from(line({ user_id: 'a@' }))
  body[body.indexOf('a@') + 1] = 0xff
  assert.equal(status(body), '200/1/0')
  assert.equal(readSpan(0).attributes['user_id'], 'a\ufffd')
  assert.equal(readSpan(0).flags & SPAN_FLAG.REPAIRED, SPAN_FLAG.REPAIRED)
  assert.equal(status(line({ user_id: '@' }).replace('@', '\\udc00')), '200/1/0')
  assert.equal(readSpan(0).attributes['user_id'], '\ufffd')
})

test('legacy events go out as OTLP spans from their rows', () => {
  status(`${line()}\n${line({ event_type: 'tool_call' })}`)
  const out = new ByteWriter()
  assert.equal(
    encodeTraces(out, batch, () => true),
    2,
  )
  const decoded = oracleMeaning('ExportTraceServiceRequest', out.written()) as {
    resourceSpans: { scopeSpans: { spans: { name: string; endTimeUnixNano: string }[] }[] }[]
  }
  const spans = decoded.resourceSpans[0]?.scopeSpans[0]?.spans ?? []
  assert.deepEqual(
    spans.map((s) => [s.name, s.endTimeUnixNano]),
    [
      ['llm_call', String(END_NS)],
      ['tool_call', String(END_NS)],
    ],
  )
})

test('memory may move while events are indexed', () => {
  const fields = Object.fromEntries(
    Array.from({ length: 400 }, (_, i) => [`f${i}`, i % 2 ? `a "quoted" ${i}` : i]),
  )
  const body = `${line({ attributes: { llm_call: fields } })}\n`.repeat(100)
  const small = new SpanBatch(new Arena(1))
  const request = {
    payload: Buffer.from(body),
    encoding: 'identity',
    format: 'ndjson',
    telemetry: 'traces',
  } as const
  const outcome = decodeInto(
    small,
    { ...request, tenant: DEFAULT_TENANT, receivedAtMs: 0 },
    DEFAULT_LIMITS,
  )
  assert.equal(verdictOf(outcome), '200/100/0')
  for (let span = 0; span < 100; span++) {
    const last = small.findAttr(span, key('attributes.llm_call.f399'))
    assert.equal(small.attrText(last), 'a "quoted" 399')
    assert.equal(small.nums[small.findAttr(span, key('attributes.llm_call.f398'))], 398)
  }
})

test('a mutated line never throws, and is accepted only if it is JSON', () => {
  const good = Buffer.from(
    line({ attributes: { llm_call: { model: 'é', tools: [{ a: 'x"y' }] } } }),
  )
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), (at, byte, end) => {
      const mutated = Buffer.from(good)
      mutated[at] = byte
      for (const body of [mutated, mutated.subarray(0, end)])
        if (status(body) === '200/1/0') JSON.parse(body.toString('utf8').replace('\ufeff', ''))
    }),
    { numRuns: 1000 },
  )
})

test('deep JSON in an event is refused, not followed', () => {
  assert.equal(status(`{"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`), '200/0/1')
})

test('every recorded request of the old client is taken whole', (t) => {
  const samples = new URL('../../../shared/dialects/samples/', import.meta.url)
  const names = [
    'observa-0.0.9-manual-trace',
    'observa-0.0.24-guardrail-generic',
    'observa-0.0.24-vercel-wrapper',
  ]
  if (!existsSync(samples)) return t.skip('the samples in ../shared/dialects are not here')
  for (const name of names) {
    const sample = JSON.parse(readFileSync(new URL(`${name}.json`, samples), 'utf8')) as {
      body?: unknown
    }
    const body: unknown = sample.body ?? sample
    const events = Array.isArray(body) ? body.length : 1
    assert.equal(status(JSON.stringify(body), { format: 'json-array' }), `200/${events}/0`, name)
  }
  const ndjson = readFileSync(new URL('observa-0.0.9-manual-trace.ndjson', samples), 'utf8')
  assert.equal(status(ndjson), `200/${ndjson.trim().split('\n').length}/0`)
})
