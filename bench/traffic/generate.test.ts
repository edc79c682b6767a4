// The generated traffic has the properties it claims, read with a decoder written for this test.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { generateRequests, sumTruth } from './generate.ts'
import { luhnComplete, SECRET_CLASSES } from './secrets.ts'
import { restamp, restampLive, stampHex } from './stamp.ts'

const options = { seed: 7, requests: 40, spansPerRequest: 100 }

/** An independent, slow and simple decoder: the fields of one protobuf message. */
function fieldsOf(bytes: Uint8Array): { field: number; wire: number; value: Uint8Array }[] {
  const out: { field: number; wire: number; value: Uint8Array }[] = []
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++] ?? assert.fail('truncated varint')
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }
  while (at < bytes.length) {
    const tag = varint()
    const from = at
    const size = { 0: () => (varint(), at - from), 1: () => 8, 2: () => varint(), 5: () => 4 }
    const wire = tag & 7
    const length = (size[wire as 0 | 1 | 2 | 5] ?? (() => assert.fail(`wire type ${wire}`)))()
    const start = wire === 0 ? from : at
    out.push({ field: tag >> 3, wire, value: bytes.subarray(start, start + length) })
    at = start + length
  }
  return out
}

function spansOf(body: Uint8Array): Uint8Array[] {
  return fieldsOf(body)
    .filter((f) => f.field === 1)
    .flatMap((resourceSpans) => fieldsOf(resourceSpans.value).filter((f) => f.field === 2))
    .flatMap((scopeSpans) => fieldsOf(scopeSpans.value).filter((f) => f.field === 2))
    .map((span) => span.value)
}

function idsOf(body: Uint8Array): string[] {
  return spansOf(body).map((span) => {
    const bytes = (field: number): string =>
      Buffer.from(fieldsOf(span).find((f) => f.field === field)?.value ?? []).toString('hex')
    return `${bytes(1)}/${bytes(2)}`
  })
}

test('the same seed gives the same bytes, and another seed different ones', () => {
  const [a] = generateRequests(options)
  const [b] = generateRequests(options)
  const [c] = generateRequests({ ...options, seed: 8 })
  assert.deepEqual(a?.protobuf, b?.protobuf)
  assert.notDeepEqual(a?.protobuf, c?.protobuf)
  assert.equal(a?.ndjson, b?.ndjson)
})

test('traffic has the documented size, attributes and mix of dialects', () => {
  const requests = generateRequests({ seed: 1, requests: 100, spansPerRequest: 100 })
  const truth = sumTruth(requests)
  assert.equal(truth.spans, 10_000)
  const bytes = requests.reduce((sum, r) => sum + r.protobuf.length, 0) / truth.spans
  assert.ok(bytes > 2600 && bytes < 3000, `${bytes} bytes a span`)
  const attributes = truth.attributes / truth.spans
  assert.ok(attributes > 25 && attributes < 27, `${attributes} attributes a span`)
  assert.ok(truth.secrets.length > 150 && truth.secrets.length < 250, `${truth.secrets.length}`)
  assert.ok(truth.nonAsciiSpans > 700 && truth.nonAsciiSpans < 1300, `${truth.nonAsciiSpans}`)
  assert.equal(new Set(truth.secrets.map((s) => s.type)).size, SECRET_CLASSES.length)
  const count = (name: string): number => requests.filter((r) => r.dialect === name).length
  assert.deepEqual(
    [count('otel-genai'), count('openllmetry'), count('openinference')],
    [61, 24, 15],
  )
})

test('protobuf, JSON and NDJSON of a request have the same content', () => {
  for (const request of generateRequests({ ...options, requests: 4 })) {
    const json = JSON.parse(request.json)
    const spans = json.resourceSpans[0].scopeSpans[0].spans
    const events = request.ndjson
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    const fromJson = spans.map(
      (s: { traceId: string; spanId: string }) => `${s.traceId}/${s.spanId}`,
    )
    const fromEvents = events.map((e) => {
      const hex = (id: string): string => id.replaceAll('-', '')
      return `${hex(e.trace_id)}/${hex(e.span_id).slice(0, 16)}`
    })
    assert.deepEqual(idsOf(request.protobuf), fromJson)
    assert.deepEqual(fromEvents, fromJson)
    assert.deepEqual(gunzipSync(request.gzip), Buffer.from(request.protobuf))
    const tokens = events.reduce((sum, e) => {
      const { llm_call, embedding } = e.attributes
      return sum + (llm_call?.input_tokens ?? embedding?.input_tokens ?? 0)
    }, 0)
    assert.equal(tokens, request.truth.inputTokens)
  }
})

test('every planted secret is in its span, in every encoding', () => {
  for (const request of generateRequests(options)) {
    const forms = [Buffer.from(request.protobuf).toString(), request.json, request.ndjson]
    for (const secret of request.truth.secrets) {
      for (const form of forms) assert.ok(form.includes(secret.value), secret.type)
      const spans = JSON.parse(request.json).resourceSpans[0].scopeSpans[0].spans
      const span = spans.find((s: { spanId: string }) => s.spanId === secret.spanId)
      assert.equal(span.traceId, secret.traceId)
      assert.ok(JSON.stringify(span).includes(secret.value))
    }
  }
})

test('restamp changes all ids and nothing else, and no two copies share an id', () => {
  for (const form of ['protobuf', 'json', 'ndjson'] as const) {
    const [request] = generateRequests(options)
    assert.ok(request)
    const { body, offsets } = request.template(form)
    const seen = new Set<string>()
    for (const n of [0, 1, 2, 4_000_000_000]) {
      restamp(body, offsets, n)
      const text = Buffer.from(body).toString('latin1')
      assert.ok(!seen.has(text))
      seen.add(text)
      if (form === 'protobuf') {
        const ids = idsOf(body)
        assert.equal(new Set(ids).size, 100)
        for (const id of ids) assert.ok(id.startsWith(stampHex(n)))
      }
    }
    restamp(body, offsets, request.index)
    const asGenerated =
      form === 'protobuf' ? Buffer.from(request.protobuf) : Buffer.from(request[form])
    assert.deepEqual(Buffer.from(body), asGenerated)
  }
})

test('copies of live traffic name every owner once in a cycle, and end when they are made', () => {
  // 100 spans in traces of one are as many traces, and three copies name each owner once.
  const owners = 300
  const requests = generateRequests({ ...options, requests: 1, owners, spansPerTrace: 1 })
  const body = requests[0]?.template('protobuf').body ?? new Uint8Array()
  const live = requests[0]?.live(body)
  assert.ok(live)
  assert.equal(live.slots, 100)
  const template = Buffer.from(body)
  const seen: string[] = []
  for (let copy = 7; copy < 10; copy++) {
    const nowMs = 1_800_000_000_000 + copy
    restampLive(body, template, live, copy, nowMs)
    const text = Buffer.from(body).toString('latin1')
    const sessions = new Set([...text.matchAll(/sess-([0-9a-f]{12})/g)].map((m) => m[1] ?? ''))
    assert.equal(sessions.size, 100)
    for (const session of sessions) assert.ok(text.includes(`user-${session}`))
    seen.push(...sessions)
    const times = [...live.times].map((at) => Buffer.from(body).readBigUInt64LE(at))
    const latest = times.reduce((a, b) => (a > b ? a : b))
    assert.ok(Math.abs(Number(latest / 1_000_000n) - nowMs) <= 1)
    // Start and end of each span, and the exceptions.
    assert.ok(times.length >= 200)
  }
  assert.equal(new Set(seen).size, owners)
  assert.ok(seen.every((id) => Number.parseInt(id, 16) < owners))
})

test('small requests have exactly the requested number of spans', () => {
  for (const spansPerRequest of [1, 2, 3, 5, 13, 14, 15, 16])
    for (const request of generateRequests({ seed: 3, requests: 5, spansPerRequest }))
      assert.equal(spansOf(request.protobuf).length, spansPerRequest)
})

test('card numbers end in their check digit', () => {
  assert.equal(luhnComplete('7992739871'), '79927398713')
})
