// Compares prices with the package that they come from: every row and every unit.

import assert from 'node:assert/strict'
import test from 'node:test'
import { calcPrice, type Provider, waitForUpdate } from '@pydantic/genai-prices'
import fc from 'fast-check'
import { BUILTIN } from './builtin-table.ts'
import { KnownPrice } from './known-price.ts'
import { type CostUsd, emptyUsage, priceOf, type Usage } from './price.ts'
import { PriceResolver } from './price-lookup.ts'
import { usageNamed } from './testing/usage.ts'
import { APPLIED_KEYS, DETAIL_NUMBERS } from './units.ts'

const resolver = new PriceResolver([BUILTIN])
const totalOf = (c: CostUsd): number => c.input + c.output + c.fees

/** Times before and after price changes, and times of day with special prices. */
const DAYS = ['2024-06-01T12:00Z', '2025-01-15T03:00Z', '2025-09-10T20:00Z', '2026-11-01T12:00Z']

interface Asked {
  readonly counts: Partial<Usage>
  readonly details?: Readonly<Record<string, number>>
}

/** Usage below, at and above the starts of tiers, with every part and count. */
const USAGES: readonly Asked[] = [
  { counts: { input: 1000, output: 500 } },
  { counts: { input: 128_000, output: 10 } },
  { counts: { input: 200_000, output: 10 } },
  { counts: { input: 200_001, output: 10 } },
  { counts: { input: 272_001, output: 10, cacheRead: 10 } },
  { counts: { input: 300_000, output: 4000, cacheRead: 20_000, cacheWrite: 5000 } },
  {
    counts: { input: 90_000, output: 10, cacheRead: 0, cacheWrite: 50_000 },
    details: { cache_write_1h: 30_000, cache_write_5m: 20_000 },
  },
  {
    counts: { input: 1000, output: 500, cacheRead: 200, cacheWrite: 0 },
    details: {
      input_audio: 300,
      input_image: 150,
      input_video: 40,
      cache_read_audio: 60,
      cache_read_image: 30,
      output_audio: 50,
      output_image: 100,
      output_video: 20,
    },
  },
  { counts: { input: 100, output: 500, reasoning: 80 }, details: { output_citation: 30 } },
  { counts: { input: 100, output: 50 }, details: { web_searches: 3, storage_searches: 2 } },
  { counts: { input: 0, output: 0 }, details: { input_audio_seconds: 90 } },
  { counts: { input: 0, output: 0 }, details: { pages: 12 } },
  { counts: { input: 0, output: 0 }, details: { text_messages: 7 } },
]

const THEIR_NAMES: Readonly<Record<string, string>> = {
  cache_write_1h: 'cache_write_1h_tokens',
  cache_write_5m: 'cache_write_5m_tokens',
  cache_read_audio: 'cache_audio_read_tokens',
  cache_read_image: 'cache_image_read_tokens',
  input_audio: 'input_audio_tokens',
  input_image: 'input_image_tokens',
  input_video: 'input_video_tokens',
  output_audio: 'output_audio_tokens',
  output_image: 'output_image_tokens',
  output_video: 'output_video_tokens',
  output_citation: 'output_citation_tokens',
  pages: 'input_document_pages',
  text_messages: 'input_text_messages',
}

function theirUsage({ counts, details }: Asked): Record<string, number> {
  const named = Object.entries(details ?? {}).map(([n, v]) => [THEIR_NAMES[n] ?? n, v] as const)
  return {
    input_tokens: counts.input ?? 0,
    output_tokens: counts.output ?? 0,
    cache_read_tokens: counts.cacheRead ?? 0,
    cache_write_tokens: counts.cacheWrite ?? 0,
    output_reasoning_tokens: counts.reasoning ?? 0,
    ...Object.fromEntries(named),
    ...(details?.['input_audio_seconds'] === undefined
      ? {}
      : { audio_seconds: details['input_audio_seconds'] }),
  }
}

test('every model of the table costs what genai-prices says: every unit, tier and date', async () => {
  const providers = (await waitForUpdate()) ?? []
  const seen = new Set<string>()
  let compared = 0
  for (const provider of providers)
    for (const model of provider.models) {
      const row = BUILTIN.providers
        .find((p) => p.id === provider.id)
        ?.models.find((m) => m.id === model.id)
      assert.ok(row !== undefined, `${provider.id}/${model.id}`)
      for (const day of DAYS)
        for (const asked of USAGES) {
          const at = new Date(day)
          const theirs = calcPrice(theirUsage(asked), model.id, {
            provider: onlyModel(provider, model),
            timestamp: at,
          })
          assert.ok(theirs !== null)
          // A request without any usage costs nothing.
          const ours = priceOf(row, usageNamed(asked.counts, asked.details), at.getTime())
          const diff = Math.abs(totalOf(ours) - theirs.total_price)
          assert.ok(
            diff <= 1e-9 + 1e-6 * theirs.total_price,
            `${provider.id}/${model.id} on ${day}, ${JSON.stringify(asked)}: ${totalOf(ours)}, not ${theirs.total_price}`,
          )
          for (const key of Object.keys(theirs.model_price)) seen.add(key)
          compared++
        }
    }
  assert.ok(compared > 80_000, `only ${compared} prices compared`)
  assert.deepEqual(
    [...seen].filter((key) => !APPLIED_KEYS.has(key)),
    [],
    'units not applied',
  )
})

/** The provider with only this model, whatever its id. */
function onlyModel(provider: Provider, model: Provider['models'][number]): Provider {
  return { ...provider, models: [{ ...model, match: { contains: '' } }] }
}

test('cost never falls when tokens are added, and parts never exceed the total', () => {
  const model = resolver.resolve('openai', 'gpt-4o')?.model
  assert.ok(model !== undefined)
  fc.assert(
    fc.property(fc.nat(1e6), fc.nat(1e6), fc.nat(1e6), (input, output, cacheRead) => {
      const at = Date.UTC(2026, 5, 1)
      const of = (more: number): CostUsd =>
        priceOf(model, usageNamed({ input: input + more, output: output + more, cacheRead }), at)
      assert.ok(of(1).input >= of(0).input && of(1).output > of(0).output)
    }),
  )
})

test('a part without a rate is charged as what it is a part of, and named', () => {
  const cases: readonly (readonly [string, string, Asked, readonly string[]])[] = [
    [
      'openai',
      'gpt-4o-audio-preview',
      { counts: { input: 100 }, details: { input_audio: 60 } },
      ['input_audio'],
    ],
    [
      'openai',
      'gpt-4o',
      { counts: { input: 1, output: 9 }, details: { output_image: 5 } },
      ['output_image'],
    ],
    // Rows that distinguish media, and providers that list them, use the plain rate for the rest.
    [
      'openai',
      'gpt-image-1-mini',
      { counts: { input: 9, output: 9 }, details: { output_image: 9 } },
      [],
    ],
    ['gcp.gemini', 'gemini-2.5-pro', { counts: { input: 100 }, details: { input_audio: 60 } }, []],
    [
      'gcp.gemini',
      'gemini-3.1-pro-preview',
      { counts: { input: 9 }, details: { web_searches: 6 } },
      ['web_searches'],
    ],
    ['openai', 'gpt-4', { counts: { input: 100, cacheRead: 50 } }, ['cache_read_tokens']],
    ['openai', 'gpt-4o', { counts: { input: 100, cacheRead: 50, cacheWrite: 10 } }, []],
    [
      'perplexity',
      'sonar',
      { counts: { input: 9 }, details: { code_executions: 1 } },
      ['code_executions'],
    ],
    // Seconds beside priced tokens describe the same input as the tokens.
    [
      'openai',
      'gpt-4o-transcribe',
      { counts: { input: 9 }, details: { input_audio: 9, audio_seconds: 3 } },
      [],
    ],
  ]
  for (const [provider, name, asked, want] of cases) {
    const found = resolver.resolve(provider, name)
    assert.ok(found !== null, name)
    const unpriced: string[] = []
    new KnownPrice(found, resolver).cost(
      usageNamed(asked.counts, asked.details),
      Date.UTC(2026, 10, 1),
      null,
      unpriced,
    )
    assert.deepEqual(unpriced, want, name)
  }
})

test('tiers of service: shares of the list price, rows of their own, and those that nobody lists', () => {
  const counts = { input: 1_000_000, output: 0 }
  const cases: readonly (readonly [string, string, string, number, boolean])[] = [
    ['openai', 'gpt-4.1', 'default', 2, true],
    ['openai', 'gpt-4.1', 'auto', 2, true],
    ['openai', 'gpt-4.1', 'flex', 1, true],
    ['openai', 'gpt-4.1', 'batch', 1, true],
    ['azure.ai.openai', 'gpt-4.1', 'flex', 1, true],
    ['openai', 'gpt-4.1', 'priority', 2, false],
    ['openai', 'gpt-4.1', 'scale', 2, false],
    ['anthropic', 'claude-opus-4-5', 'standard', 5, true],
    ['anthropic', 'claude-opus-4-5', 'batch', 2.5, true],
    ['anthropic', 'claude-opus-4-5', 'priority', 5, false],
    ['gcp.gemini', 'gemini-3.1-flash-lite', 'ON_DEMAND_FLEX', 0.125, true],
    ['gcp.vertex_ai', 'gemini-3.1-flash-lite', 'PROVISIONED_THROUGHPUT', 0.25, false],
    ['groq', 'llama-3.1-8b-instant', 'flex', 0.05, true],
    ['openrouter', 'openai/gpt-6-luna', 'batch', 0.1, true],
    ['openrouter', 'openai/gpt-6-luna', 'flex', 0.2, false],
  ]
  for (const [provider, name, tier, want, isKnown] of cases) {
    const found = resolver.resolve(provider, name)
    assert.ok(found !== null, name)
    const unpriced: string[] = []
    const cost = new KnownPrice(found, resolver).cost(usageNamed(counts), 0, tier, unpriced)
    assert.ok(Math.abs(totalOf(cost) - want) < 1e-9, `${name} ${tier}: ${totalOf(cost)}`)
    assert.deepEqual(unpriced, isKnown ? [] : [`service_tier:${tier.toLowerCase()}`])
  }
})

test('every name of a detail is told apart', () => {
  const numbers = DETAIL_NUMBERS.map(([, n]) => n)
  assert.deepEqual(numbers, [...numbers.keys()])
  assert.equal(emptyUsage().details.length, numbers.length)
})
