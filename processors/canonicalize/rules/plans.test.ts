// Spans with and without plans and tree programs give the same events, whatever the input.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { DIALECTS } from '../dialects/all.ts'
import { canonicalize, makeEventMaker } from '../index.ts'
import { otlpJsonOf, type PlainSpan, runBatch, type TestRequest } from '../testing/run-batch.ts'
import { sampleFiles } from '../testing/samples.ts'

const settings = canonicalize.schema.parse({})
const planned = makeEventMaker(settings, true)
const slow = makeEventMaker(settings, false)
const UNPLANNED = 'observa_canonicalize_unplanned_total{}'

/** Sends the same requests several times: seen first, learned, and planned. Returns how many spans used a plan. */
function agree(requests: readonly TestRequest[]): number {
  const expected = runBatch(requests, { processor: slow })
  let byPlan = 0
  for (let round = 0; round < 3; round++) {
    const found = runBatch(requests, { processor: planned })
    assert.deepEqual(found.events, expected.events)
    const unplanned = found.counters.get(UNPLANNED) ?? 0
    found.counters.delete(UNPLANNED)
    byPlan += found.events.length - unplanned
  }
  return byPlan
}

const CAPTURES = new URL('../../../test/captures/', import.meta.url)
for (const name of readdirSync(CAPTURES, { withFileTypes: true })) {
  if (!name.isDirectory()) continue
  test(`recorded ${name.name}: planned and slow events are equal`, () => {
    const dir = new URL(`${name.name}/`, CAPTURES)
    const requests = readdirSync(dir)
      .filter((f) => /\.(?:traces|logs)\.pb$/.test(f))
      .sort()
      .map(
        (f): TestRequest => ({
          format: 'otlp-proto',
          telemetry: f.includes('.logs') ? 'logs' : 'traces',
          body: readFileSync(new URL(f, dir)),
        }),
      )
    agree(requests)
  })
}

test('own samples of all dialects: planned and slow events are equal', () => {
  let byPlan = 0
  for (const { sample } of sampleFiles<{ span?: PlainSpan }>())
    if (sample.span !== undefined)
      byPlan += agree([{ format: 'otlp-json', body: otlpJsonOf(sample.span) }])
  assert.ok(byPlan > 30, `only ${byPlan} spans went by a plan`)
})

/** Values as instrumentations write them, and similar ones: every branch of the programs, and values just outside. */
const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 24 }),
  fc.string({ maxLength: 40 }),
  fc.constantFrom(
    '',
    'user',
    'Assistant',
    'tool',
    'HUMAN',
    'narrator',
    'stop',
    'tool_use',
    'Stop ',
    'tool-calls',
    'plain "quoted" \\ text\n\twith\u0001controls',
    ' [{"type":"text","text":"block"}]',
    '\u00a0[{"type":"text","text":"block"}]',
    '\ufeff[1]',
    '{"city":"Oslo","n":1.50}',
    ' {"a": [1, 2]}',
    '{"a":1,\n"b":2}',
    '{"a":1,"a":2}',
    '{"a\\u0041":"x"}',
    '{"model":"m","temperature":0.5,"stop":["a"],"stream":true,"n":null,"_x":1,"top_p":""}',
    '[]',
    '{}',
    '{"json":{}}',
    'null',
    'None',
    'true',
    '{"type":"function","name":"f","description":"d","parameters":{"type":"object"}}',
    '{"type":"function","name":"f","description":""}',
    '{"type":"object","name":"f"}',
    '{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"}}}',
    '{"type":"function","function":{"name":"f","strict":true}}',
    '{"type":"function","function":{"name":"f","parameters":{"json":{"type":"object"}}}}',
    '[{"id":"a","score":0.5,"content":"x"},{"id":"b","score":1e2}]',
    '[{"id":"a","score":0.5,"content":"x","metadata":{"k":1}}]',
    '[{"content":"x","metadata":{"id":"m"}}]',
    '[{"role":"user","parts":[{"type":"text","content":"a"}]}]',
    '[{"type":"text","content":"a"}]',
    "{'a': 'b'}",
    '2026-01-01',
    'the end',
  ),
)
const values = fc.oneof(
  { weight: 6, arbitrary: texts },
  {
    weight: 1,
    arbitrary: fc.oneof(
      fc.integer({ min: -5, max: 5000 }),
      fc.double({ noNaN: true }),
      fc.boolean(),
      fc.array(texts, { maxLength: 3 }),
      fc.constant(null),
    ),
  },
)

const message = (prefix: string, nested: string): string[] => [
  `${prefix}.role`,
  `${prefix}.content`,
  `${prefix}.content`,
  `${prefix}.name`,
  `${prefix}.tool_call_id`,
  `${prefix}.finish_reason`,
  `${prefix}.tool_calls.0.${nested}id`,
  `${prefix}.tool_calls.0.${nested}${nested === '' ? '' : 'function.'}name`,
  `${prefix}.tool_calls.0.${nested}${nested === '' ? '' : 'function.'}arguments`,
  `${prefix}.tool_calls.1.${nested}${nested === '' ? '' : 'function.'}arguments`,
]
const treeKeys = [0, 1, 2].flatMap((i) => [
  ...message(`llm.input_messages.${i}.message`, 'tool_call.'),
  ...message(`llm.output_messages.${i}.message`, 'tool_call.'),
  ...message(`gen_ai.prompt.${i}`, ''),
  ...message(`gen_ai.completion.${i}`, ''),
  `retrieval.documents.${i}.document.id`,
  `retrieval.documents.${i}.document.score`,
  `retrieval.documents.${i}.document.content`,
  `retrieval.documents.${i}.document.metadata`,
  `llm.tools.${i}.tool.json_schema`,
  `embedding.embeddings.${i}.embedding.text`,
])
const oddKeys = [
  'llm.input_messages.0.message.contents.0.message_content.text',
  'llm.input_messages.0.extra',
  'gen_ai.prompt.0.content.0.text',
  'embedding.embeddings.0.embedding.vector',
  'retrieval.documents.0.document.other',
]
const flatKeys = DIALECTS.flatMap((d) => d.rows.map((r) => r[0])).filter((k) => !/[*{<]/.test(k))
const markers = DIALECTS.flatMap((d) => d.markers ?? []).filter((m) => m.includes('='))

const attributes = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: fc.tuple(fc.constantFrom(...treeKeys), values) },
      { weight: 4, arbitrary: fc.tuple(fc.constantFrom(...flatKeys), values) },
      { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...oddKeys, 'my.own', 'other'), values) },
      {
        weight: 1,
        arbitrary: fc
          .constantFrom(...markers)
          .map((m): [string, unknown] => [
            m.slice(0, m.indexOf('=')),
            m.slice(m.indexOf('=') + 1).replace(/\*$/, 'x'),
          ]),
      },
    ),
    { minLength: 1, maxLength: 18 },
  )
  .map((pairs) => Object.fromEntries(pairs))

test('spans of any shape: planned and slow events are equal', () => {
  let byPlan = 0
  fc.assert(
    fc.property(
      attributes,
      fc.array(values, { maxLength: 6 }),
      fc.constantFrom('', 'openinference.instrumentation.x', 'traceloop.tracer', 'langfuse-sdk'),
      fc.constantFrom(
        [],
        ['exception'],
        ['gen_ai.choice', 'gen_ai.user.message'],
        ['gen_ai.client.inference.operation.details'],
      ),
      (first, others, scope, events) => {
        const names = Object.keys(first)
        // The shape stays and values change, because a plan must not remember what only one span had.
        const second = Object.fromEntries(
          names.map((name, i) => [
            name,
            others.length === 0 ? first[name] : others[i % others.length],
          ]),
        )
        const span = (attrs: Record<string, unknown>, id: number): PlainSpan => ({
          name: 'chat x',
          traceId: '1'.repeat(32),
          spanId: String(id).repeat(16),
          attributes: attrs,
          scope: { name: scope },
          events: events.map((name) => ({
            name,
            attributes: { content: 'said', 'gen_ai.request.model': 'm', 'exception.type': 'E' },
          })),
        })
        byPlan += agree([
          {
            format: 'otlp-json',
            body: otlpJsonOf(span(first, 2), span(second, 3), span(first, 4)),
          },
        ])
      },
    ),
    { numRuns: 1500 },
  )
  assert.ok(byPlan > 3000, `only ${byPlan} spans went by a plan`)
})
