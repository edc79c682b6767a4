// The processor on samples of other projects, which must give the expected fields, and on recorded traffic, which
// must add up to the tokens that were really used, as a whole and in parts.

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { DIALECTS } from './dialects/all.ts'
import {
  otlpJsonOf,
  type PlainSpan,
  runBatch,
  sampleSpan,
  type TestEvent,
  type TestRequest,
} from './testing/run-batch.ts'
import { sampleFiles } from './testing/samples.ts'

const shared = fileURLToPath(new URL('../../../shared/', import.meta.url))
const samples = `${shared}dialects/samples/`

interface Sample {
  readonly dialect: string
  readonly span?: unknown
  readonly body?: unknown
  readonly expected: Record<string, unknown>
}

test('every dialect sample yields its expected fields', async (t) => {
  if (!existsSync(samples)) {
    t.skip(
      'SKIPPED: ../shared/dialects/samples is not here, so the samples of other projects were not checked',
    )
    return
  }
  const files = readdirSync(samples).filter((f) => f.endsWith('.json'))
  assert.ok(files.length >= 30, `${files.length} samples`)
  for (const file of files) {
    const sample = JSON.parse(readFileSync(samples + file, 'utf8')) as Sample
    await t.test(file, () => checkSample(sample))
  }
})

function checkSample(sample: Sample): void {
  if (sample.span === undefined) {
    const { events } = runBatch([{ format: 'json-array', body: JSON.stringify(sample.body) }])
    return checkLegacy(events, sample.expected)
  }
  const { events } = runBatch([requestWithCall(sampleSpan(sample.span), sample.expected)])
  const event = events[0] as TestEvent
  assert.equal(event['dialect'], sample.dialect)
  checkExpected(event, sample.expected)
}

function checkLegacy(events: readonly TestEvent[], expected: Record<string, unknown>): void {
  assert.equal(events.length, expected['accepted'])
  const list = expected['events']
  if (Array.isArray(list)) {
    for (const [i, want] of (list as Record<string, unknown>[]).entries())
      checkExpected(events[i] as TestEvent, want)
    return
  }
  for (const kind of ['guardrail', 'llm']) {
    const event = events.find((x) => x['kind'] === kind)
    assert.ok(event, `an event of kind ${kind}`)
    checkExpected(event, expected[kind] as Record<string, unknown>)
  }
}

function checkExpected(event: TestEvent, expected: Record<string, unknown>): void {
  for (const [field, want] of Object.entries(expected)) {
    if (field === 'input_messages_count')
      assert.equal((event['input_messages'] as unknown[]).length, want)
    else if (field === 'output_text_starts')
      assert.ok(
        JSON.stringify(event['output_messages']).includes(JSON.stringify(want).slice(1, -1)),
        'output text',
      )
    else if (field === 'attributes_must_not_contain') {
      for (const name of want as string[])
        assert.ok(!Object.hasOwn((event['attributes'] ?? {}) as object, name), name)
    } else if (field === 'result_count')
      assert.equal((event['metadata'] as Record<string, unknown>)['result_count'] ?? null, want)
    else if (field === 'metadata' || field === 'attributes')
      for (const [k, v] of Object.entries(want as object))
        assert.equal(((event[field] ?? {}) as Record<string, unknown>)[k], v, `${field}.${k}`)
    else if (typeof want === 'number')
      assert.ok(
        Math.abs(Number(event[field]) - want) <= 1e-9 && event[field] !== null,
        `${field}: ${String(event[field])} is not ${want}`,
      )
    else assert.deepEqual(event[field] ?? null, want, field)
  }
}

interface OwnSample {
  readonly dialect: string | null
  /** The SDK, version and date of the recording. */
  readonly source: string
  /** The dialect table that the sample tests, if it is not that of its dialect. */
  readonly table?: string
  readonly format?: 'ndjson' | 'trace-v0'
  readonly span?: unknown
  readonly body?: unknown
  readonly expected: Record<string, unknown> | Record<string, unknown>[]
}

const own = sampleFiles<OwnSample>()

test('every table has a sample, and it yields its expected fields', async (t) => {
  const covered = new Set(own.map(({ sample: s }) => s.table ?? s.dialect))
  for (const d of DIALECTS)
    if (d.name !== 'otel-genai-metrics') assert.ok(covered.has(d.name), `a sample for ${d.name}`)
  for (const { name, sample } of own)
    await t.test(`${name}: ${sample.source}`, () => checkOwn(sample))
})

function checkOwn(sample: OwnSample): void {
  const { events } = runBatch([requestOf(sample)])
  const wants = Array.isArray(sample.expected) ? sample.expected : [sample.expected]
  assert.equal(events.length, wants.length)
  for (const [i, want] of wants.entries()) {
    assert.equal(events[i]?.['dialect'] ?? null, sample.dialect, 'dialect')
    checkExpected(events[i] as TestEvent, want)
  }
}

/**
 * The request of a sample. A container alone counts, because no other span reports its usage. If a sample expects
 * that it repeats the usage of calls, a call that reports it is added inside.
 */
function requestWithCall(span: PlainSpan, expected: Record<string, unknown>): TestRequest {
  const { input_tokens: input, output_tokens: output } = expected
  if (expected['usage_aggregate'] !== true || typeof input !== 'number')
    return { format: 'otlp-json', body: otlpJsonOf(span) }
  const ids = { traceId: 'c'.repeat(32), spanId: 'd'.repeat(16) }
  const call: PlainSpan = {
    name: 'chat m',
    traceId: ids.traceId,
    parentSpanId: ids.spanId,
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.usage.input_tokens': input,
      'gen_ai.usage.output_tokens': output,
    },
  }
  return { format: 'otlp-json', body: otlpJsonOf({ ...span, ...ids }, call) }
}

function requestOf(sample: OwnSample): TestRequest {
  if (sample.format === undefined)
    return { format: 'otlp-json', body: otlpJsonOf(sampleSpan(sample.span)) }
  const lines = Array.isArray(sample.body)
    ? sample.body.map((x) => JSON.stringify(x)).join('\n')
    : JSON.stringify(sample.body)
  return { format: sample.format, body: lines }
}

const captures = [
  `${fileURLToPath(new URL('../../test/captures/', import.meta.url))}`,
  `${shared}captures/`,
].find((x) => existsSync(x))

test('recorded traffic adds up to the tokens that were used', async (t) => {
  if (captures === undefined) {
    t.skip('SKIPPED: no captures')
    return
  }
  for (const name of readdirSync(captures)) {
    const dir = `${captures}${name}/`
    if (!existsSync(`${dir}truth.json`)) continue
    const truth = JSON.parse(readFileSync(`${dir}truth.json`, 'utf8')) as Truth
    const files = readdirSync(dir)
      .filter((f) => /\.(?:traces|logs)\.pb$/.test(f))
      .sort()
    const requests = files.map((f) => ({
      format: 'otlp-proto' as const,
      telemetry: f.includes('.logs') ? ('logs' as const) : ('traces' as const),
      body: readFileSync(dir + f),
    }))
    await t.test(`${name}: all files in one batch`, () =>
      checkTruth(runBatch(requests).events, truth),
    )
  }
})

interface Truth {
  readonly input_tokens: number
  readonly output_tokens: number
  readonly output_tokens_accepted: readonly number[]
}

function checkTruth(events: readonly TestEvent[], truth: Truth): void {
  let input = 0
  let output = 0
  for (const e of events) {
    if (e['usage_aggregate'] !== false) continue
    input += Number(e['input_tokens'] ?? 0)
    output += Number(e['output_tokens'] ?? 0)
  }
  assert.equal(input, truth.input_tokens, 'input_tokens')
  assert.ok(
    truth.output_tokens_accepted.includes(output),
    `output_tokens ${output}, expected ${truth.output_tokens}`,
  )
}
