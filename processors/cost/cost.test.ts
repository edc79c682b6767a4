// The cost of an event: given and computed costs, usage without a price, and events that are never priced.

import assert from 'node:assert/strict'
import test from 'node:test'
import { Arena } from '../../core/arena.ts'
import { SpanBatch } from '../../core/batch.ts'
import type { ChainContext } from '../../core/component.ts'
import { EventTable } from '../../core/event.ts'
import { N, R } from '../../core/fields.ts'
import { readDetails } from './event-usage.ts'
import { cost } from './index.ts'
import { emptyUsage } from './price.ts'
import { DETAIL_NUMBERS } from './units.ts'

/** Prices an event of one call. */
function run(fields: {
  model: string
  input?: number
  output?: number
  given?: number
  aggregate?: boolean
  details?: Readonly<Record<string, number>>
  params?: Readonly<Record<string, unknown>>
}): { events: EventTable; counted: string[] } {
  const events = new EventTable(new SpanBatch(new Arena()))
  const e = events.add(0)
  events.setText(e, R.request_model, fields.model)
  if (fields.input !== undefined) events.setNum(e, N.input_tokens, fields.input)
  if (fields.output !== undefined) events.setNum(e, N.output_tokens, fields.output)
  if (fields.details !== undefined)
    events.setText(e, R.usage_details, JSON.stringify(fields.details))
  if (fields.params !== undefined)
    events.setText(e, R.request_params, JSON.stringify(fields.params))
  if (fields.given !== undefined) events.setNum(e, N.cost_usd, fields.given)
  if (fields.aggregate === true) events.setNum(e, N.usage_aggregate, 1)
  const counted: string[] = []
  const ctx: ChainContext = {
    count: (metric, labels) => counted.push(`${metric}{${labels}}`),
    signal: () => assert.fail('cost makes no signals'),
    signals: [],
    explain: false,
  }
  cost.create({ overrides: null }).process(events.batch, events, ctx)
  return { events, counted }
}

test('a computed cost names its source and its price', () => {
  const { events } = run({ model: 'gpt-4o', input: 1_000_000, output: 0 })
  assert.equal(events.num(0, N.cost_usd), 2.5)
  assert.equal(events.text(0, R.cost_source), 'computed')
  assert.match(events.text(0, R.price_ref) ?? '', /^genai-prices@.+:openai\/gpt-4o$/)
})

test('a given cost wins, and a computed one that differs is kept beside it', () => {
  const { events } = run({ model: 'gpt-4o', input: 1_000_000, output: 0, given: 3 })
  assert.equal(events.num(0, N.cost_usd), 3)
  assert.equal(events.text(0, R.cost_source), 'given')
  assert.equal(events.metadataCount(0), 2)
})

test('an unknown price is null and counted, never 0', () => {
  const { events, counted } = run({ model: 'my-finetune', input: 10, output: 10 })
  assert.ok(Number.isNaN(events.num(0, N.cost_usd)))
  assert.equal(events.text(0, R.cost_source), 'none')
  assert.deepEqual(counted, ['observa_cost_unknown_total{provider="",model="my-finetune"}'])
})

test('a container is never priced', () => {
  const { events } = run({ model: 'gpt-4o', input: 1000, output: 1000, aggregate: true })
  assert.ok(Number.isNaN(events.num(0, N.cost_usd)))
})

test('a given 0 beside tokens is no price; without tokens, or from a cache, it stays', () => {
  const priced = run({ model: 'gpt-4o', input: 1_000_000, given: 0 }).events
  assert.equal(priced.num(0, N.cost_usd), 2.5)
  assert.equal(priced.text(0, R.cost_source), 'computed')
  const unknown = run({ model: 'my-finetune', input: 10, given: 0 }).events
  assert.ok(Number.isNaN(unknown.num(0, N.cost_usd)))
  assert.equal(unknown.text(0, R.cost_source), 'none')
  const { events } = run({ model: 'gpt-4o', given: 0 })
  assert.equal(events.num(0, N.cost_usd), 0)
  assert.equal(events.text(0, R.cost_source), 'given')
})

test('a unit without a price makes the cost partial, is named and counted', () => {
  const { events, counted } = run({
    model: 'gpt-4o-audio-preview',
    input: 1000,
    output: 10,
    details: { input_audio: 900, web_searches: 2 },
  })
  assert.equal(events.text(0, R.cost_source), 'partial')
  assert.equal(events.text(0, R.cost_unpriced), '["input_audio","web_searches"]')
  assert.ok(events.num(0, N.cost_usd) > 0)
  assert.deepEqual(counted, [
    'observa_cost_partial_total{unit="input_audio"}',
    'observa_cost_partial_total{unit="web_searches"}',
  ])
})

test('the tier of service is found among parameters of any size', () => {
  for (const schema of ['', 'x'.repeat(4000)]) {
    const params = {
      temperature: 0.5,
      schema,
      note: 'a "service_tier":"priority"',
      service_tier: 'flex',
    }
    const { events } = run({ model: 'gpt-4.1', input: 1_000_000, params })
    assert.equal(events.num(0, N.cost_usd), 1)
    assert.equal(events.text(0, R.cost_source), 'computed')
  }
})

test('a call that is charged by seconds alone has a price', () => {
  const { events } = run({ model: 'whisper-1', details: { input_audio_seconds: 1800 } })
  assert.ok(Math.abs(events.num(0, N.cost_usd) - 0.18) < 1e-9)
  assert.equal(events.text(0, R.provider), 'openai')
})

test('nothing of a call has a price: no cost, not 0', () => {
  const { events } = run({ model: 'whisper-1', details: { pages: 3 } })
  assert.ok(Number.isNaN(events.num(0, N.cost_usd)))
  assert.equal(events.text(0, R.cost_source), 'none')
  assert.equal(events.text(0, R.cost_unpriced), '["pages"]')
})

test('details are read from bytes as JSON.parse reads them', () => {
  const texts = [
    '{}',
    '{"input_audio":12,"x":1,"web_searches":3.5}',
    '{"a\\"b":1,"output_image":1e3}',
    '{"input_audio":-4,"output_audio":0}',
    '{"cache_write_1h":30000,"cache_write_5m":10000}',
  ]
  for (const text of texts) {
    const usage = emptyUsage()
    const bytes = Buffer.from(`~${text}~`)
    readDetails(bytes, 1, bytes.length - 2, usage)
    const parsed = JSON.parse(text) as Record<string, number>
    for (const [name, number] of DETAIL_NUMBERS)
      assert.equal(usage.details[number], Math.max(0, parsed[name] ?? 0), `${name} of ${text}`)
  }
})
