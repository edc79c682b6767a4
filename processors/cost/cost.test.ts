// Prices against the package they come from as the oracle, and the spellings it does not know.

import assert from 'node:assert/strict'
import test from 'node:test'
import { calcPrice, type Provider, waitForUpdate } from '@pydantic/genai-prices'
import fc from 'fast-check'
import { Arena } from '../../core/arena.ts'
import { SpanBatch } from '../../core/batch.ts'
import type { ChainContext } from '../../core/component.ts'
import { EventTable } from '../../core/event.ts'
import { N, R } from '../../core/fields.ts'
import { cost } from './index.ts'
import { priceOf, type Usage } from './price.ts'
import { PriceMemo } from './price-memo.ts'
import type { PriceTable } from './price-table.ts'
import builtin from './prices.generated.json' with { type: 'json' }
import { PriceResolver, type ResolvedPrice } from './resolve.ts'

const table = builtin as unknown as PriceTable
const resolver = new PriceResolver([table])
const none: Usage = {
  input: Number.NaN,
  output: Number.NaN,
  cacheRead: Number.NaN,
  cacheWrite: Number.NaN,
  cacheWrite1h: Number.NaN,
  reasoning: Number.NaN,
  inputAudio: Number.NaN,
  outputAudio: Number.NaN,
}

test('every model of the table costs what genai-prices says, cached, tiered and dated', async () => {
  const providers = (await waitForUpdate()) ?? []
  let compared = 0
  for (const provider of providers) {
    for (const model of provider.models) {
      const found = resolver.resolve(provider.id, model.id)
      if (found === null || found.model.id !== model.id) continue
      for (const day of DAYS)
        for (const [input, read, write, output, audioIn, audioOut] of USAGES) {
          const timestamp = new Date(day)
          const asked = {
            input_tokens: input,
            cache_read_tokens: read,
            cache_write_tokens: write,
            output_tokens: output,
            ...(audioIn > 0 ? { input_audio_tokens: audioIn, output_audio_tokens: audioOut } : {}),
          }
          const theirs = askOracle(asked, model.id, provider, timestamp)
          if (theirs === null || theirs.model.id !== model.id) continue
          const usage = {
            ...none,
            input,
            output,
            cacheRead: read,
            cacheWrite: write,
            inputAudio: audioIn,
            outputAudio: audioOut,
          }
          const ours = priceOf(found.model, usage, timestamp.getTime())
          const diff = Math.abs(ours.input + ours.output - theirs.total_price)
          assert.ok(
            diff <= 1e-9 + 1e-6 * theirs.total_price,
            `${provider.id}/${model.id} on ${day}: ${ours.input + ours.output}, not ${theirs.total_price}`,
          )
          compared++
        }
    }
  }
  assert.ok(compared > 30_000, `only ${compared} prices compared`)
})

/** Before and after prices changed, and at times of day with prices of their own. */
const DAYS = ['2024-06-01T12:00Z', '2025-01-15T03:00Z', '2025-09-10T20:00Z', '2026-11-01T12:00Z']
/** input, cache read, cache write, output, audio in and out: below, on and above the starts of tiers. */
const USAGES = [
  [1000, 0, 0, 500, 0, 0],
  [128_000, 0, 0, 10, 0, 0],
  [200_000, 0, 0, 10, 0, 0],
  [200_001, 0, 0, 10, 0, 0],
  [272_001, 10, 0, 10, 0, 0],
  [300_000, 20_000, 5000, 4000, 0, 0],
  [1000, 100, 50, 500, 20, 30],
] as const

/** Null where the oracle has no answer: it wants to know how much of the cached input was audio. */
function askOracle(
  usage: Parameters<typeof calcPrice>[0],
  model: string,
  provider: Provider,
  timestamp: Date,
): ReturnType<typeof calcPrice> {
  try {
    return calcPrice(usage, model, { provider, timestamp })
  } catch (thrown) {
    assert.match(String(thrown), /cache_audio_read_tokens/)
    return null
  }
}

test('spellings that telemetry uses find their model', () => {
  const cases: readonly (readonly [string | null, string, string])[] = [
    [null, 'openai/gpt-4o', 'openai/gpt-4o'],
    [null, 'gpt-4o-2024-08-06', 'openai/gpt-4o'],
    ['openai', 'GPT-4o-mini', 'openai/gpt-4o-mini'],
    ['gcp.gemini', 'models/gemini-2.5-flash', 'google/gemini-2.5-flash'],
    ['azure.ai.openai', 'gpt-4o', '/gpt-4o'],
    ['aws.bedrock', 'us.anthropic.claude-3-5-sonnet-20241022-v2:0', 'claude'],
    ['anthropic', 'claude-3-5-haiku-latest', 'claude'],
    ['openai', 'text-embedding-3-small', 'text-embedding-3-small'],
    ['x_ai', 'grok-4', 'x-ai/grok-4'],
    ['openrouter', 'openai/gpt-4o', 'openrouter/openai/gpt-4o'],
    ['aws.bedrock', 'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0', 'nova-pro'],
    ['gcp.vertex_ai', 'publishers/google/models/gemini-2.5-pro', 'google/gemini-2.5-pro'],
    ['gcp.vertex_ai', 'claude-sonnet-4@20250514', 'claude'],
    [null, 'together_ai/meta-llama/Llama-3.3-70B-Instruct-Turbo', 'together/'],
  ]
  for (const [provider, model, want] of cases) {
    const found = resolver.resolve(provider, model)
    assert.ok(found?.ref.includes(want), `${provider} ${model}: ${found?.ref ?? 'no price'}`)
  }
})

test('an unknown model has no price, whatever its name looks like', () => {
  for (const model of ['my-finetune', 'llama-on-my-desk', '', 'gpt', 'claude'])
    assert.equal(resolver.resolve(null, model)?.ref, undefined, model)
})

test('cost never falls when tokens are added, and parts never exceed the total', () => {
  const model = resolver.resolve('openai', 'gpt-4o')?.model
  assert.ok(model !== undefined)
  fc.assert(
    fc.property(fc.nat(1e6), fc.nat(1e6), fc.nat(1e6), (input, output, read) => {
      const at = Date.UTC(2026, 5, 1)
      const less = priceOf(model, { ...none, input, output, cacheRead: read }, at)
      const more = priceOf(
        model,
        { ...none, input: input + 1, output: output + 1, cacheRead: read },
        at,
      )
      assert.ok(more.input >= less.input && more.output > less.output)
    }),
  )
})

/** An event of one call, and what `cost` makes of it. */
function run(fields: {
  model: string
  input?: number
  output?: number
  given?: number
  aggregate?: boolean
}): { events: EventTable; counted: string[] } {
  const events = new EventTable(new SpanBatch(new Arena()))
  const e = events.add(0)
  events.setText(e, R.request_model, fields.model)
  if (fields.input !== undefined) events.setNum(e, N.input_tokens, fields.input)
  if (fields.output !== undefined) events.setNum(e, N.output_tokens, fields.output)
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

test('overrides come before the built-in table', () => {
  const overrides: PriceTable = {
    version: 'mine',
    providers: [{ id: 'openai', models: [{ id: 'gpt-4o', prices: { input_mtok: 1 } }] }],
  }
  const found = new PriceResolver([overrides, table]).resolve('openai', 'gpt-4o')
  assert.equal(found?.ref, 'mine:openai/gpt-4o')
})

test('prices remembered by bytes are those found by name', () => {
  const memo = new PriceMemo<ResolvedPrice>()
  const price = (ref: string): ResolvedPrice => ({ ref, model: { id: ref } as never })
  const b = Buffer.from('openaigpt-4o|openaigpt-4|opena|igpt-4o')
  assert.equal(memo.find(b, 0, 6, 6, 6), undefined)
  memo.add(b, 0, 6, 6, 6, price('4o'))
  assert.equal(memo.find(b, 0, 6, 6, 6)?.ref, '4o')
  // The same bytes cut elsewhere, shorter or without a provider are other names.
  assert.equal(memo.find(b, 25, 5, 31, 7), undefined)
  assert.equal(memo.find(b, 13, 6, 19, 5), undefined)
  assert.equal(memo.find(b, 0, -1, 6, 6), undefined)
  memo.add(b, 0, -1, 6, 6, null)
  assert.equal(memo.find(b, 0, -1, 6, 6), null)
})
