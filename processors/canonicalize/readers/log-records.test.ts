// Log records, re-sends, duplicates and corrections of the ledger, one small case each.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  anyValue,
  keyValues,
  otlpJsonOf,
  runBatch,
  type TestEvent,
  type TestLedger,
  type TestRequest,
} from '../testing/run-batch.ts'

const TRACE = 'ab'.repeat(16)
const SPAN = 'cd'.repeat(8)

interface LogSpec {
  readonly eventName?: string
  readonly body?: unknown
  readonly attributes?: Record<string, unknown>
  readonly time?: string
  readonly scope?: string
  readonly spanId?: string
}

function logs(...list: readonly LogSpec[]): TestRequest {
  const records = list.map((l) => ({
    scope: { name: l.scope ?? 'some.library' },
    logRecords: [
      {
        timeUnixNano: l.time ?? '1770000000000000000',
        traceId: TRACE,
        spanId: l.spanId ?? SPAN,
        ...(l.eventName === undefined ? {} : { eventName: l.eventName }),
        ...(l.body === undefined ? {} : { body: anyValue(l.body) }),
        attributes: keyValues(l.attributes ?? {}),
      },
    ],
  }))
  return {
    format: 'otlp-json',
    telemetry: 'logs',
    body: JSON.stringify({ resourceLogs: [{ resource: {}, scopeLogs: records }] }),
  }
}

function chat(
  attributes: Record<string, unknown>,
  more: Record<string, unknown> = {},
): TestRequest {
  const base = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'm',
    'gen_ai.usage.input_tokens': 10,
    'gen_ai.usage.output_tokens': 2,
  }
  return {
    format: 'otlp-json',
    body: otlpJsonOf({
      name: 'chat m',
      traceId: TRACE,
      attributes: { ...base, ...attributes },
      ...more,
    }),
  }
}

const counted = (events: readonly TestEvent[]): TestEvent[] =>
  events.filter((e) => e['usage_aggregate'] === false && e['input_tokens'] !== null)
const ledger = (): TestLedger => ({ ledger: new Map(), seen: new Set() })

test('GenAI log records become events of their own with their messages', () => {
  const { events } = runBatch([
    logs(
      { eventName: 'gen_ai.user.message', body: { content: 'q' } },
      {
        eventName: 'gen_ai.choice',
        body: { index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'a' } },
      },
      {
        attributes: { 'event.name': 'gen_ai.system.message', 'gen_ai.system': 'openai' },
        body: { content: 's' },
      },
    ),
  ])
  assert.deepEqual(
    events.map((e) => e['event_type']),
    ['log:gen_ai.user.message', 'log:gen_ai.choice', 'log:gen_ai.system.message'],
  )
  assert.deepEqual(events[0]?.['input_messages'], [
    { role: 'user', parts: [{ type: 'text', content: 'q' }] },
  ])
  assert.deepEqual(events[1]?.['output_messages'], [
    { role: 'assistant', parts: [{ type: 'text', content: 'a' }], finish_reason: 'stop' },
  ])
  assert.deepEqual(events[1]?.['finish_reasons'], ['stop'])
  assert.deepEqual(events[2]?.['system_instructions'], [{ type: 'text', content: 's' }])
  for (const e of events) {
    assert.equal(e['trace_id'], TRACE)
    assert.equal(e['span_id'], SPAN)
    assert.equal(e['kind'], 'llm')
    assert.equal(e['usage_aggregate'], true)
  }
})

test('other log records pass as kind span with their body', () => {
  const { events } = runBatch([
    logs({ body: 'hello', attributes: { a: 1 } }, { eventName: 'user.login', body: { x: 1 } }),
  ])
  assert.deepEqual(
    events.map((e) => [e['kind'], e['event_type']]),
    [
      ['span', 'log'],
      ['span', 'log:user.login'],
    ],
  )
  assert.deepEqual(events[0]?.['attributes'], { 'log.body': 'hello', a: 1 })
  assert.deepEqual(events[1]?.['attributes'], { 'log.body': { x: 1 } })
})

test('two records of one span and name differ in id; the same record sent again does not', () => {
  const two = logs(
    { eventName: 'gen_ai.user.message', body: { content: 'one' } },
    { eventName: 'gen_ai.user.message', body: { content: 'two' } },
  )
  const first = runBatch([two]).events.map((e) => e['event_id'])
  assert.equal(new Set(first).size, 2)
  assert.deepEqual(
    runBatch([two]).events.map((e) => e['event_id']),
    first,
  )
})

test('a details record beside its span counts once, in either order and in separate batches', () => {
  const usage = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.usage.input_tokens': 10,
    'gen_ai.usage.output_tokens': 2,
  }
  const record = logs({ eventName: 'gen_ai.client.inference.operation.details', attributes: usage })
  const span = chat({}, { spanId: SPAN })
  for (const order of [
    [span, record],
    [record, span],
  ]) {
    assert.equal(counted(runBatch(order).events).length, 1)
    const known = ledger()
    assert.equal(counted(order.flatMap((r) => runBatch([r], known).events)).length, 1)
  }
})

test('AgentCore bodies with input and output messages are read', () => {
  const body = {
    input: { messages: [{ role: 'user', content: 'q' }] },
    output: { messages: [{ role: 'assistant', content: 'a' }] },
  }
  const { events } = runBatch([logs({ body, scope: 'strands.telemetry.tracer' })])
  assert.deepEqual(events[0]?.['input_messages'], [
    { role: 'user', parts: [{ type: 'text', content: 'q' }] },
  ])
  assert.deepEqual(events[0]?.['output_messages'], [
    { role: 'assistant', parts: [{ type: 'text', content: 'a' }] },
  ])
})

test('one response id is one call, of which one report counts and is named by the other', () => {
  const { events } = runBatch([
    chat({ 'gen_ai.response.id': 'r-1' }),
    chat({ 'gen_ai.response.id': 'r-1' }),
    chat({ 'gen_ai.response.id': 'r-2' }),
  ])
  assert.equal(counted(events).length, 2)
  const [one, other] = events.slice(0, 2).toSorted((a) => (a['usage_aggregate'] === true ? 1 : -1))
  assert.deepEqual([one?.['usage_aggregate'], other?.['usage_aggregate']], [false, true])
  assert.equal(other?.['usage_duplicate_of'], one?.['event_id'])
  assert.equal(events[2]?.['usage_aggregate'], false)
})

test('a parent that reports the sum of its children is a container', () => {
  const parent = '11'.repeat(8)
  const { events } = runBatch([
    chat({ 'gen_ai.response.id': 'a' }, { parentSpanId: parent }),
    chat({ 'gen_ai.response.id': 'b' }, { parentSpanId: parent }),
    chat({ 'gen_ai.usage.input_tokens': 20, 'gen_ai.usage.output_tokens': 4 }, { spanId: parent }),
  ])
  assert.deepEqual(
    events.map((e) => e['usage_aggregate']),
    [false, false, true],
  )
})

test('two calls of one instrumentation with equal numbers are two calls', () => {
  const parent = '11'.repeat(8)
  const { events } = runBatch([
    chat({}, { parentSpanId: parent, scope: { name: 'a' } }),
    chat({}, { parentSpanId: parent, scope: { name: 'a' } }),
  ])
  assert.equal(counted(events).length, 2)
})

test('siblings of two instrumentations with equal numbers at the same time are one call', () => {
  const parent = '11'.repeat(8)
  const { events } = runBatch([
    chat({}, { parentSpanId: parent, scope: { name: 'a' } }),
    chat({}, { parentSpanId: parent, scope: { name: 'b' } }),
  ])
  assert.equal(counted(events).length, 1)
})

test('tenants share nothing: equal response ids of two tenants are two calls', () => {
  const of = (tenantId: string): TestRequest => ({
    ...chat({ 'gen_ai.response.id': 'r-1' }, { spanId: SPAN }),
    tenant: { tenantId, projectId: 'p', environment: null, keyId: null },
  })
  const { events } = runBatch([of('t1'), of('t2')])
  assert.equal(counted(events).length, 2)
  assert.notEqual(events[0]?.['event_id'], events[1]?.['event_id'])
})

test('a duplicate known to the ledger loses its cost and names the first', () => {
  const known = ledger()
  const first = runBatch([chat({ 'gen_ai.response.id': 'r', 'gen_ai.usage.cost': 0.5 })], known)
    .events[0]
  const second = runBatch([chat({ 'gen_ai.response.id': 'r', 'gen_ai.usage.cost': 0.5 })], known)
    .events[0]
  assert.equal(first?.['cost_usd'], 0.5)
  assert.equal(second?.['usage_aggregate'], true)
  assert.equal(second?.['usage_duplicate_of'], first?.['event_id'])
  assert.equal(second?.['cost_usd'], null)
  assert.equal(second?.['cost_source'], 'none')
})

test('counts that cannot be inclusive are made so', () => {
  const { events } = runBatch([
    chat({
      'gen_ai.usage.cache_read.input_tokens': 100,
      'gen_ai.usage.reasoning.output_tokens': 5,
    }),
  ])
  assert.equal(events[0]?.['input_tokens'], 110)
  assert.equal(events[0]?.['output_tokens'], 7)
  const metadata = (events[0]?.['metadata'] ?? {}) as Record<string, string>
  assert.ok(metadata['usage_fixed'] !== undefined)
})

test('times that are none are repaired and said', () => {
  const backwards = runBatch([
    chat({}, { startTimeUnixNano: '1770000001000000000', endTimeUnixNano: '1770000000000000000' }),
  ]).events[0]
  assert.equal(backwards?.['duration_ms'], 0)
  assert.deepEqual(backwards?.['quality'], ['end_before_start'])
  const ancient = runBatch([chat({}, { startTimeUnixNano: '5', endTimeUnixNano: '9' })]).events[0]
  assert.deepEqual(ancient?.['quality'], ['time_out_of_range'])
})

test('nesting beyond the stack costs one value, not the batch', () => {
  const deep = `${'[{"content":'.repeat(20_000)}1${'}]'.repeat(20_000)}`
  const { events } = runBatch([chat({ 'gen_ai.input.messages': deep }), chat({})])
  assert.equal(events.length, 2)
  assert.equal(events[0]?.['input_tokens'], 10)
})

test('unknown scopes are counted, and only they', () => {
  const { counters } = runBatch([
    chat({}),
    { format: 'otlp-json', body: otlpJsonOf({ name: 'GET /', scope: { name: 'http "x"' } }) },
  ])
  assert.deepEqual(unknownOf(counters), [
    ['observa_canonicalize_unknown_total{scope="http \\"x\\""}', 1],
  ])
})

test('a span of no dialect with a model alone is a call', () => {
  const { events, counters } = runBatch([
    { format: 'otlp-json', body: otlpJsonOf({ name: 'ask', attributes: { model: 'gpt-4o' } }) },
  ])
  assert.equal(events[0]?.['kind'], 'llm')
  assert.equal(events[0]?.['request_model'], 'gpt-4o')
  assert.equal(events[0]?.['dialect'], null)
  assert.deepEqual(unknownOf(counters), [])
})

test('explain says for each field which key and rule filled it', () => {
  const { explain } = runBatch([chat({})], { explain: true })
  const of = (field: string): unknown => explain?.[0]?.find((p) => p.field === field)
  assert.deepEqual(of('provider'), {
    field: 'provider',
    source: 'attr:gen_ai.provider.name',
    rule: 'otel-genai: gen_ai.provider.name -> provider',
  })
  assert.deepEqual(of('input_tokens'), {
    field: 'input_tokens',
    source: 'attr:gen_ai.usage.input_tokens',
    rule: 'otel-genai: gen_ai.usage.input_tokens -> int',
  })
})

function unknownOf(counters: ReadonlyMap<string, number>): [string, number][] {
  return [...counters].filter(([name]) => name.startsWith('observa_canonicalize_unknown_total'))
}
