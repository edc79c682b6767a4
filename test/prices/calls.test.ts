// Tests the cost of calls, computed from spans as clients send them: gateways, units, service tiers, cache lifetimes, given costs.
// The expected amounts are computed by hand from rows of the price table; M = per million, k = per thousand.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { priced } from './priced.ts'

interface Call {
  /** Provider and model. */
  readonly of: readonly [provider: string | null, model: string]
  readonly tokens: readonly [input: number, output: number]
  readonly attributes?: Readonly<Record<string, unknown>>
  readonly scope?: string
  /** Expected cost in USD; null when there is no price. */
  readonly usd: number | null
  readonly source?: 'given' | 'computed' | 'partial' | 'none'
  readonly unpriced?: readonly string[]
}

const KEY = 'gen_ai.usage.'

/** Attributes whose keys begin with `gen_ai.usage.`. */
const usage = (counts: Readonly<Record<string, number>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(counts).map(([key, n]) => [KEY + key, n]))

function check(calls: readonly Call[]): void {
  const events = priced(
    calls.map(({ of: [provider, model], tokens: [input, output], attributes, scope }) => ({
      name: `chat ${model}`,
      scope: { name: scope ?? 'app.llm' },
      attributes: {
        'gen_ai.operation.name': 'chat',
        ...(provider === null ? {} : { 'gen_ai.provider.name': provider }),
        'gen_ai.request.model': model,
        ...usage({ input_tokens: input, output_tokens: output }),
        ...attributes,
      },
    })),
  )
  for (const [i, { of, usd, source, unpriced, attributes }] of calls.entries()) {
    const event = events[i]
    const what = `${of.join(' ')} ${JSON.stringify(attributes ?? {})}: ${JSON.stringify(event?.['cost_usd'])}`
    if (usd === null) assert.equal(event?.['cost_usd'], null, what)
    else assert.ok(Math.abs(Number(event?.['cost_usd']) - usd) <= 1e-9 + usd * 1e-9, what)
    assert.equal(event?.['cost_source'], source ?? (usd === null ? 'none' : 'computed'), what)
    assert.deepEqual(event?.['cost_unpriced'] ?? [], unpriced ?? [], what)
  }
}

test('calls through gateways cost the gateway’s price, or else the vendor’s', () => {
  check([
    { of: ['openrouter', 'anthropic/claude-sonnet-4.5'], tokens: [120_000, 3000], usd: 0.405 },
    { of: ['openrouter', 'openai/gpt-5:nitro'], tokens: [50_000, 1000], usd: 0.0725 },
    { of: ['openrouter', 'qwen/qwen3-coder:exacto'], tokens: [80_000, 2500], usd: 0.0221 },
    { of: ['openrouter', 'moonshotai/kimi-k2:floor'], tokens: [70_000, 2100], usd: 0.04473 },
    { of: ['vercel', 'anthropic/claude-sonnet-4.5'], tokens: [40_000, 900], usd: 0.1335 },
    { of: ['gateway', 'openai/gpt-4.1'], tokens: [21_000, 480], usd: 0.04584 },
    { of: ['portkey', 'gpt-4.1-mini'], tokens: [60_000, 700], usd: 0.02512 },
    { of: ['litellm', 'anthropic/claude-sonnet-4-5'], tokens: [30_000, 800], usd: 0.102 },
    { of: ['github', 'openai/gpt-4.1'], tokens: [21_000, 480], usd: 0.04584 },
    { of: ['corp-gateway', 'gpt-4.1-mini'], tokens: [12_000, 500], usd: 0.0056 },
    { of: ['microsoft.agent_framework', 'gpt-4.1-mini'], tokens: [12_000, 500], usd: 0.0056 },
    { of: ['openrouter', 'openai/gpt-6-luna:batch'], tokens: [100_000, 0], usd: 0.005 },
    { of: ['openrouter', 'deepseek/deepseek-chat-v3.1:free'], tokens: [90_000, 1500], usd: 0 },
    { of: ['vercel', 'meta/llama-3.3-70b'], tokens: [10, 10], usd: null },
    { of: ['ollama', 'deepseek-r1'], tokens: [10, 10], usd: null },
  ])
})

test('the response model is looked up first in the rows of the serving provider, then in those of its vendor', () => {
  check([
    {
      of: ['openrouter', 'moonshotai/kimi-k2'],
      tokens: [1_000_000, 0],
      attributes: { 'gen_ai.response.model': 'kimi-k2-0711-preview' },
      usd: 0.57,
    },
  ])
})

test('cache writes with a lifetime of one hour have their own rate, however the attribute is spelled', () => {
  const cached = { 'cache_read.input_tokens': 10_000, 'cache_creation.input_tokens': 40_000 }
  const spellings: readonly Readonly<Record<string, number>>[] = [
    {
      'cache_creation.ephemeral_1h_input_tokens': 30_000,
      'cache_creation.ephemeral_5m_input_tokens': 10_000,
    },
    { 'cache_creation.input_tokens.ephemeral_1h': 30_000 },
    { 'cache_write_1h.input_tokens': 30_000, 'cache_write_5m.input_tokens': 10_000 },
    { 'details.ephemeral_1h_input_tokens': 30_000 },
    { cache_creation_input_tokens_1h: 30_000 },
    { 'cache_write.1h.input_tokens': 30_000 },
  ]
  // 2 000 x 3/M + 10 000 x 0.3/M + 10 000 x 3.75/M + 30 000 x 6/M + 500 x 15/M
  check(
    spellings.map((spelling) => ({
      of: ['anthropic', 'claude-sonnet-4-5'],
      tokens: [52_000, 500],
      attributes: usage({ ...cached, ...spelling }),
      usd: 0.234,
    })),
  )
  const [event] = priced([
    {
      name: 'gen',
      scope: { name: 'langfuse-sdk' },
      attributes: {
        'langfuse.observation.type': 'generation',
        'langfuse.observation.model.name': 'claude-sonnet-4-5',
        'langfuse.observation.usage_details':
          '{"input":2000,"cache_read_input_tokens":10000,"input_cache_creation_5m":10000,"input_cache_creation_1h":30000,"output":500}',
      },
    },
  ])
  assert.ok(Math.abs(Number(event?.['cost_usd']) - 0.234) < 1e-9)
  assert.equal(event?.['input_tokens'], 52_000)
  assert.deepEqual(event?.['usage_details'], { cache_write_5m: 10_000, cache_write_1h: 30_000 })
})

test('audio, images and video, and cached parts of them, have their own rates', () => {
  check([
    {
      of: ['openai', 'gpt-realtime'],
      tokens: [3000, 900],
      attributes: usage({
        'cache_read.input_tokens': 2000,
        'cache_read.audio_tokens': 1800,
        'audio.input_tokens': 2500,
        'audio.output_tokens': 800,
      }),
      usd: 0.0772,
    },
    {
      of: ['openai', 'gpt-realtime'],
      tokens: [1000, 0],
      attributes: usage({
        'image.input_tokens': 600,
        'cache_read.input_tokens': 100,
        'cached.image_tokens': 100,
      }),
      // 400 x 4/M + 500 x 5/M + 100 x 0.5/M
      usd: 0.00415,
    },
    {
      of: ['openai', 'gpt-image-1-mini'],
      tokens: [2100, 3120],
      attributes: usage({ 'image.input_tokens': 1800, 'image.output_tokens': 3120 }),
      usd: 0.03006,
    },
    {
      of: ['gcp.gemini', 'gemini-2.5-flash-image'],
      tokens: [400, 1290],
      attributes: usage({ 'image.output_tokens': 1290 }),
      usd: 0.03882,
    },
    {
      of: ['gcp.gemini', 'gemini-embedding-2'],
      tokens: [1000, 0],
      attributes: usage({ 'video.input_tokens': 700, 'audio.input_tokens': 100 }),
      // 200 x 0.2/M + 700 x 12/M + 100 x 6.5/M
      usd: 0.00909,
    },
    {
      of: ['openai', 'gpt-4o-audio-preview'],
      tokens: [3000, 900],
      attributes: usage({ 'audio.input_tokens': 2500, 'audio.output_tokens': 800 }),
      usd: 0.0165,
      source: 'partial',
      unpriced: ['input_audio', 'output_audio'],
    },
  ])
})

test('searches, requests, seconds and pages are charged in addition to tokens or instead of them', () => {
  check([
    {
      of: ['anthropic', 'claude-sonnet-4-5'],
      tokens: [9000, 500],
      attributes: usage({ 'server_tool_use.web_search_requests': 6 }),
      usd: 0.0945,
    },
    {
      of: ['openai', 'gpt-4.1'],
      tokens: [1000, 0],
      attributes: usage({ file_search_calls: 4, web_search_requests: 1 }),
      // 1 000 x 2/M + 4 x 2.5/k + 1 x 10/k
      usd: 0.022,
    },
    { of: ['perplexity', 'sonar-pro'], tokens: [1000, 100], usd: 0.0185 },
    {
      of: ['perplexity', 'sonar-deep-research'],
      tokens: [19, 498],
      attributes: usage({ citation_tokens: 10_175, num_search_queries: 48 }),
      // 19 x 2/M + 498 x 8/M + 10 175 x 2/M + 48 x 5/k
      usd: 0.264372,
    },
    {
      of: ['gcp.gemini', 'gemini-3.1-pro-preview'],
      tokens: [9000, 500],
      attributes: usage({ google_search_queries: 6 }),
      usd: 0.024,
      source: 'partial',
      unpriced: ['web_searches'],
    },
    {
      of: ['groq', 'whisper-large-v3'],
      tokens: [0, 0],
      attributes: usage({ audio_seconds: 1800 }),
      usd: 0.0555,
    },
    {
      of: ['mistral_ai', 'mistral-ocr-latest'],
      tokens: [0, 0],
      attributes: usage({ pages_processed: 250 }),
      // The price was 2/k at the time of the call.
      usd: 0.5,
    },
  ])
})

test('service tiers that cost a fraction of the list price, and tiers that are not listed', () => {
  const tier = (asked: string, got: string): Record<string, unknown> => ({
    [`${KEY}cache_read.input_tokens`]: 1000,
    'openai.request.service_tier': asked,
    'openai.response.service_tier': got,
  })
  const of = ['openai', 'gpt-5-mini'] as const
  check([
    { of, tokens: [4000, 600], attributes: tier('default', 'default'), usd: 0.001975 },
    { of, tokens: [4000, 600], attributes: tier('flex', 'flex'), usd: 0.0009875 },
    { of, tokens: [4000, 600], attributes: tier('flex', 'default'), usd: 0.001975 },
    {
      of,
      tokens: [4000, 600],
      attributes: tier('priority', 'priority'),
      usd: 0.001975,
      source: 'partial',
      unpriced: ['service_tier:priority'],
    },
    {
      of: ['anthropic', 'claude-haiku-4-5'],
      tokens: [10_000, 1000],
      attributes: { 'anthropic.response.service_tier': 'batch' },
      usd: 0.0075,
    },
    {
      of: ['openai', 'o3'],
      tokens: [5200, 700],
      attributes: {
        [`${KEY}cache_read.input_tokens`]: 800,
        'llm.invocation_parameters': '{"temperature":1,"service_tier":"flex"}',
      },
      usd: 0.0074,
    },
  ])
})

test('a given cost wins, except a given cost of 0 for a call with tokens', () => {
  const of = ['openai', 'gpt-4.1-mini'] as const
  const tokens = [20_000, 900] as const
  check([
    { of, tokens, attributes: { 'gen_ai.usage.cost': 0 }, usd: 0.00944 },
    { of, tokens, attributes: { 'llm.cost.total': 0 }, usd: 0.00944 },
    {
      of,
      tokens,
      attributes: { 'gen_ai.usage.input_cost': 0, 'gen_ai.usage.output_cost': 0 },
      usd: 0.00944,
    },
    { of, tokens, attributes: { 'gen_ai.usage.cost': 0.5 }, usd: 0.5, source: 'given' },
    { of: ['acme', 'my-model'], tokens, attributes: { 'gen_ai.usage.cost': 0 }, usd: null },
    { of, tokens, attributes: { 'lmnr.span.type': 'CACHED' }, usd: 0, source: 'given' },
  ])
})

test('model names as vendors write them, and names that cannot be resolved', () => {
  const arn = 'arn:aws:bedrock:eu-west-1:123456789012'
  check([
    {
      of: ['aws.bedrock', `${arn}:inference-profile/eu.anthropic.claude-sonnet-4-5-20250929-v1:0`],
      tokens: [10_000, 1000],
      usd: 0.0495,
    },
    { of: ['gcp.gemini', 'models/gemini-3-flash-preview'], tokens: [10_000, 1000], usd: 0.008 },
    { of: ['azure.ai.openai', 'gpt-4.1-mini-2025-04-14'], tokens: [10_000, 1000], usd: 0.0056 },
    {
      of: ['gcp.vertex_ai', 'publishers/anthropic/models/claude-opus-4-5'],
      tokens: [10_000, 1000],
      usd: 0.075,
    },
    {
      of: ['aws.bedrock', `${arn}:application-inference-profile/k3j9x0qp21ab`],
      tokens: [10_000, 1000],
      usd: null,
    },
  ])
})

test('without a provider, the given cost shows who sold the call', () => {
  const events = priced(
    ['gpt-4.1', 'claude-sonnet-4-5', 'gemini-2.5-flash', 'mistral-large-latest', 'my-model'].map(
      (model) => ({
        name: 'call',
        attributes: { 'gen_ai.request.model': model, 'gen_ai.usage.input_tokens': 10 },
      }),
    ),
  )
  assert.deepEqual(
    events.map((event) => event['provider']),
    ['openai', 'anthropic', 'gcp.gemini', 'mistral_ai', null],
  )
})
