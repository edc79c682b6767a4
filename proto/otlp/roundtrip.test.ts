// Compares indexers and encoders with protobufjs: what is decoded is encoded again unchanged, by copy and from the
// rows.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Arena } from '../../core/arena.ts'
import {
  ATTR,
  ATTR_STRIDE,
  RESOURCE_STRIDE,
  SCOPE_STRIDE,
  SPAN,
  SPAN_FLAG,
  SPAN_STRIDE,
  SpanBatch,
} from '../../core/batch.ts'
import type { PayloadFormat } from '../../core/task.ts'
import { DEFAULT_TENANT } from '../../core/tenant.ts'
import { ByteWriter } from '../byte-writer.ts'
import { DEFAULT_LIMITS, type DecodeOutcome, decodeInto } from '../decode.ts'
import { oracleDecode, oracleEncode, oracleMeaning } from '../testing/oracle.ts'
import { logsRequest, otlpJson, tracesRequest } from '../testing/otlp-arbitrary.ts'
import { encodeLogs, encodeTraces } from './encode.ts'

const TYPES = { traces: 'ExportTraceServiceRequest', logs: 'ExportLogsServiceRequest' } as const
type Kind = keyof typeof TYPES
const KINDS = [
  ['traces', tracesRequest],
  ['logs', logsRequest],
] as const
const RUNS = { numRuns: 300 }
// All requests use one batch, because the memory of an earlier request must not matter.
const batch = new SpanBatch(new Arena())

function decode(
  kind: Kind,
  payload: Uint8Array,
  format: PayloadFormat = 'otlp-proto',
): DecodeOutcome {
  batch.reset()
  const tenant = DEFAULT_TENANT
  return decodeInto(
    batch,
    { payload, encoding: 'identity', format, telemetry: kind, tenant, receivedAtMs: 0 },
    DEFAULT_LIMITS,
  )
}

function encode(kind: Kind): Uint8Array {
  const out = new ByteWriter(16)
  const items = (kind === 'logs' ? encodeLogs : encodeTraces)(out, batch, () => true)
  assert.equal(items, batch.spanCount)
  return out.take()
}

function meaning(kind: Kind, bytes: Uint8Array): unknown {
  return oracleMeaning(TYPES[kind], bytes)
}

/** Marks everything as edited, so that nothing is copied. */
function editAll(): void {
  for (let i = 0; i < batch.spanCount; i++) batch.markEdited(i)
  for (let i = 0; i < batch.resourceCount; i++) batch.resources[i * RESOURCE_STRIDE] = 1
  for (let i = 0; i < batch.scopeCount; i++) batch.scopes[i * SCOPE_STRIDE] = 1
}

for (const [kind, requests] of KINDS) {
  test(`${kind}: a request written by protobufjs comes out of the rows as it went in`, () => {
    fc.assert(
      fc.property(requests, (message) => {
        const bytes = oracleEncode(TYPES[kind], message)
        assert.equal(decode(kind, bytes).kind, 'ok')
        editAll()
        assert.deepEqual(meaning(kind, encode(kind)), meaning(kind, bytes))
      }),
      RUNS,
    )
  })

  test(`${kind}: what nobody edited comes out byte for byte as it went in`, () => {
    fc.assert(
      fc.property(requests, (message) => {
        const bytes = oracleEncode(TYPES[kind], message)
        assert.equal(decode(kind, bytes).kind, 'ok')
        assert.deepEqual(encode(kind), bytes)
      }),
      RUNS,
    )
  })

  test(`${kind}: the JSON form means the same as the protobuf form`, () => {
    fc.assert(
      fc.property(requests, (message) => {
        const expected = meaning(kind, oracleEncode(TYPES[kind], message))
        const outcome = decode(kind, Buffer.from(otlpJson(message), 'utf8'), 'otlp-json')
        assert.equal(outcome.kind, 'ok', JSON.stringify(outcome))
        editAll()
        assert.deepEqual(meaning(kind, encode(kind)), expected)
      }),
      RUNS,
    )
  })

  test(`${kind}: P01: a mutated request is never accepted with another meaning and never throws`, () => {
    fc.assert(
      fc.property(requests, mutations, (message, edits) => {
        const bytes = mutate(oracleEncode(TYPES[kind], message), edits)
        const outcome = decode(kind, bytes)
        if (outcome.kind === 'refused') {
          assert.equal(batch.requests.length, 0)
          assert.equal(batch.spanCount + batch.attrCount + batch.resourceCount, 0)
          return
        }
        assertInside()
        // Repairs, unknown fields and repeated members differ from protobufjs on purpose.
        if (outcome.rejected > 0 || isRepaired()) return
        const expected = dropEmptyEnvelopes(meaning(kind, bytes))
        editAll()
        assert.deepEqual(meaning(kind, encode(kind)), expected)
      }),
      { numRuns: 1500 },
    )
  })

  test(`${kind}: J13: mutated JSON never throws, and is accepted only if it is JSON`, () => {
    fc.assert(
      fc.property(requests, mutations, (message, edits) => {
        const bytes = mutate(Buffer.from(otlpJson(message), 'utf8'), edits)
        const outcome = decode(kind, bytes, 'otlp-json')
        if (outcome.kind === 'refused') return
        assertInside()
        JSON.parse(Buffer.from(bytes).toString('utf8'))
      }),
      { numRuns: 600 },
    )
  })

  test(`${kind}: P01: a request cut short anywhere is refused or ends between two fields`, () => {
    const [message] = fc.sample(requests, { numRuns: 1, seed: 7 })
    const bytes = oracleEncode(TYPES[kind], message as object)
    for (let end = 0; end < bytes.length; end++) {
      const outcome = decode(kind, bytes.subarray(0, end))
      let isWhole = true
      try {
        oracleDecode(TYPES[kind], bytes.subarray(0, end))
      } catch {
        // Either protobufjs refuses the message too, or this decoder is stricter.
        isWhole = false
      }
      if (!isWhole) assert.equal(outcome.kind, 'refused', `cut at ${end}`)
    }
  })
}

test('memory may move while a request is indexed', () => {
  const attributes = Array.from({ length: 300 }, (_, i) => ({
    key: `key${i}`,
    value: { intValue: String(i * 7919) },
  }))
  const traceId = Buffer.alloc(16, 1)
  const spans = Array.from({ length: 100 }, (_, i) => ({
    traceId,
    spanId: Buffer.alloc(8, i + 1),
    name: `span ${i}`,
    attributes,
    events: [{ name: 'e', attributes }],
  }))
  const message = { resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans }] }] }
  const bytes = oracleEncode(TYPES.traces, message)
  const expected = meaning('traces', bytes)
  for (const format of ['otlp-proto', 'otlp-json'] as const) {
    // The arena is as small as possible, so that it has to grow in the middle.
    const small = new SpanBatch(new Arena(1))
    const payload = format === 'otlp-proto' ? bytes : Buffer.from(otlpJson(message), 'utf8')
    const before = small.arena.bytes.length
    const request = { payload, encoding: 'identity', format, telemetry: 'traces' } as const
    const outcome = decodeInto(
      small,
      { ...request, tenant: DEFAULT_TENANT, receivedAtMs: 0 },
      DEFAULT_LIMITS,
    )
    assert.equal(outcome.kind, 'ok')
    assert.ok(small.arena.bytes.length > before)
    for (let i = 0; i < small.spanCount; i++) small.markEdited(i)
    const out = new ByteWriter(16)
    encodeTraces(out, small, () => true)
    assert.deepEqual(meaning('traces', out.take()), expected)
  }
})

type Edit = readonly [kind: 'set' | 'cut' | 'drop' | 'repeat', at: number, byte: number]
const mutations: fc.Arbitrary<Edit[]> = fc.array(
  fc.tuple(
    fc.constantFrom('set', 'set', 'set', 'cut', 'drop', 'repeat'),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.integer({ min: 0, max: 255 }),
  ) as fc.Arbitrary<Edit>,
  { minLength: 1, maxLength: 3 },
)

function mutate(bytes: Uint8Array, edits: readonly Edit[]): Uint8Array {
  let b = Buffer.from(bytes)
  for (const [kind, where, byte] of edits) {
    const at = Math.floor(where * Math.max(0, b.length - 1))
    if (kind === 'set' && b.length > 0) b[at] = byte
    else if (kind === 'cut') b = b.subarray(0, at)
    else if (kind === 'drop') b = Buffer.concat([b.subarray(0, at), b.subarray(at + 1)])
    else if (kind === 'repeat')
      b = Buffer.concat([b.subarray(0, at), b.subarray(Math.max(0, at - byte))])
  }
  return b
}

/** Every range of every row is within what was appended to the arena. */
function assertInside(): void {
  const inside = (off: number, len: number): boolean =>
    off >= 0 && len >= 0 && off + len <= batch.arena.top
  for (let i = 0; i < batch.spanCount * SPAN_STRIDE; i += SPAN_STRIDE) {
    const s = batch.spans.subarray(i, i + SPAN_STRIDE)
    assert.ok(inside(s[SPAN.MSG_OFF] as number, s[SPAN.MSG_LEN] as number))
    for (const off of [SPAN.NAME_OFF, SPAN.STATUS_MSG_OFF, SPAN.STATE_OFF])
      assert.ok(inside(s[off] as number, s[off + 1] as number))
    for (const [id, size] of [
      [SPAN.TRACE_ID, 16],
      [SPAN.SPAN_ID, 8],
      [SPAN.START, 8],
      [SPAN.END, 8],
    ] as const)
      assert.ok(s[id] === -1 || inside(s[id] as number, size))
  }
  for (let i = 0; i < batch.attrCount * ATTR_STRIDE; i += ATTR_STRIDE) {
    const a = batch.attrs.subarray(i, i + ATTR_STRIDE)
    assert.ok(inside(a[ATTR.KEY_OFF] as number, a[ATTR.KEY_LEN] as number))
    assert.ok(inside(a[ATTR.OFF] as number, a[ATTR.LEN] as number))
  }
}

function isRepaired(): boolean {
  for (let i = 0; i < batch.spanCount; i++)
    if (((batch.spans[i * SPAN_STRIDE] as number) & SPAN_FLAG.EDITED) !== 0) return true
  for (let i = 0; i < batch.resourceCount; i++)
    if (batch.resources[i * RESOURCE_STRIDE] !== 0) return true
  for (let i = 0; i < batch.scopeCount; i++) if (batch.scopes[i * SCOPE_STRIDE] !== 0) return true
  return batch.requests.some((r) => r.reasons.some((x) => x.includes('link')))
}

/** Resources and scopes without items are left out on purpose. */
function dropEmptyEnvelopes(decoded: unknown): unknown {
  const message = decoded as Record<string, Record<string, Record<string, unknown[]>[]>[]>
  for (const [outer, inner, items] of [
    ['resourceSpans', 'scopeSpans', 'spans'],
    ['resourceLogs', 'scopeLogs', 'logRecords'],
  ] as const) {
    const envelopes = message[outer]
    if (envelopes === undefined) continue
    for (const envelope of envelopes)
      envelope[inner] = (envelope[inner] ?? []).filter((x) => (x[items] ?? []).length > 0)
    message[outer] = envelopes.filter((x) => (x[inner] ?? []).length > 0)
  }
  return message
}
