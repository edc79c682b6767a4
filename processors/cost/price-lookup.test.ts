// Names of providers and models as telemetry writes them, and the rows that they mean.

import assert from 'node:assert/strict'
import test from 'node:test'
import { Arena } from '../../core/arena.ts'
import { BUILTIN } from './builtin-table.ts'
import { parseOverrides } from './overrides.ts'
import { PriceResolver, type ResolvedPrice } from './price-lookup.ts'
import { PriceMemo } from './price-memo.ts'
import type { PriceTable } from './price-table.ts'

const resolver = new PriceResolver([BUILTIN])

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
    [
      'aws.bedrock',
      'arn:aws:bedrock:eu-west-1:1:inference-profile/eu.amazon.nova-lite-v1:0',
      'nova-lite',
    ],
    [
      'aws.bedrock',
      'global.anthropic.claude-sonnet-4-5-20250929-v1:0',
      'aws/global.anthropic.claude-sonnet-4-5',
    ],
    [
      null,
      'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
      'aws/regional.anthropic.claude-sonnet-4-5',
    ],
    ['gcp.vertex_ai', 'publishers/anthropic/models/claude-opus-4-5', 'anthropic/claude-opus-4-5'],
    ['anthropic', 'claude-fable-5.1', 'anthropic/claude-fable-5-1'],
    ['fireworks', 'kimi-k2p5', 'fireworks/kimi-k2p5'],
    ['huggingface', 'openai/gpt-oss-120b:novita', 'huggingface_novita/openai/gpt-oss-120b'],
    ['github-copilot', 'gpt-5-mini', 'github-copilot/gpt-5-mini'],
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

test('a gateway has its own rows, then those of the maker', () => {
  const cases: readonly (readonly [string | null, string, string])[] = [
    ['openrouter', 'anthropic/claude-sonnet-4.5', 'openrouter/anthropic/claude-sonnet-4.5'],
    ['openrouter', 'openai/gpt-5:nitro', 'openrouter/openai/gpt-5'],
    ['openrouter', 'qwen/qwen3-coder:exacto', 'openrouter/qwen/qwen3-coder'],
    ['openrouter', 'google/gemini-2.5-flash-preview:thinking', 'flash-preview:thinking'],
    ['openrouter', 'anthropic/claude-3-opus-20240229', 'openrouter/anthropic/claude-3-opus'],
    ['openrouter', 'mistralai/codestral-latest', 'mistral/codestral'],
    [null, 'openrouter/moonshotai/kimi-k2', 'openrouter/moonshotai/kimi-k2'],
    ['vercel', 'anthropic/claude-sonnet-4.5', 'anthropic/claude-sonnet-4-5'],
    ['gateway', 'xai/grok-4', 'x-ai/grok-4'],
    ['vercel', 'amazon/nova-pro', 'aws/amazon.nova-pro'],
    ['portkey', 'gpt-4.1-mini', 'openai/gpt-4.1-mini'],
    ['portkey', '@openai-prod/gpt-4.1', 'openai/gpt-4.1'],
    ['github', 'openai/gpt-4.1', 'openai/gpt-4.1'],
    ['github', 'mistral-ai/mistral-large-2411', 'mistral/mistral-large'],
    ['microsoft.agent_framework', 'gpt-4.1', 'openai/gpt-4.1'],
    ['corp-gateway', 'gpt-4.1-mini', 'openai/gpt-4.1-mini'],
    ['litellm', 'groq/llama-3.1-8b-instant', 'groq/llama-3.1-8b-instant'],
    ['cloudflare', 'anthropic/claude-sonnet-4.5', 'anthropic/claude-sonnet-4-5'],
    ['litellm', 'litellm_proxy/gpt-4.1', 'openai/gpt-4.1'],
    [null, 'github/gpt-4.1', 'openai/gpt-4.1'],
    [null, 'vercel_ai_gateway/anthropic/claude-sonnet-4.5', 'anthropic/claude-sonnet-4-5'],
    ['gateway', 'google/gemini-2.5-flash', 'google/gemini-2.5-flash'],
    ['vercel', 'zai/glm-5.2', 'zai/'],
    ['portkey', '@anthropic/claude-haiku-4-5', 'anthropic/claude-haiku-4-5'],
    // The SDK of one maker is used with a gateway or with another maker.
    ['openai', 'deepseek-chat', 'deepseek/'],
    ['openai', 'anthropic/claude-sonnet-4.5', 'anthropic/claude-sonnet-4-5'],
    ['anthropic', 'kimi-k2-thinking', 'moonshotai/'],
  ]
  for (const [provider, model, want] of cases) {
    const found = resolver.resolve(provider, model)
    assert.ok(
      found?.ref.includes(`:${want}`) || found?.ref.includes(want),
      `${provider} ${model}: ${found?.ref ?? 'no price'}`,
    )
  }
})

test('what is offered free is never priced at the paid rate', () => {
  for (const [provider, model] of [
    ['openrouter', 'deepseek/deepseek-chat-v3.1:free'],
    ['openrouter', 'qwen/qwen3-coder:free'],
    ['openrouter', 'somebody/new-model:free'],
    ['deepseek', 'deepseek/deepseek-chat:free'],
    [null, 'openrouter/openai/gpt-4.1:free'],
    ['kilocode', 'x-ai/grok-code-fast-1:free'],
  ] as const) {
    const found = resolver.resolve(provider, model)
    assert.deepEqual(found?.model.prices ?? {}, {}, `${provider} ${model}: ${found?.ref}`)
  }
})

test("who runs anybody's weights has no price of the maker", () => {
  for (const [provider, model] of [
    ['ollama', 'deepseek-r1'],
    ['openai', 'deepseek-r1:8b'],
    ['openai', 'mistral:7b-instruct-q4_K_M'],
    ['vllm', 'mistral-small-2409'],
    ['deepinfra', 'deepseek-ai/DeepSeek-V3'],
    ['vercel', 'meta/llama-3.3-70b'],
    ['aws.bedrock', 'arn:aws:bedrock:us-east-1:1:application-inference-profile/k3j9x0qp21ab'],
    ['azure.ai.openai', 'my-deployment'],
  ] as const)
    assert.equal(resolver.resolve(provider, model)?.ref, undefined, `${provider} ${model}`)
})

test('overrides come before the built-in table', () => {
  const overrides: PriceTable = {
    version: 'mine',
    providers: [{ id: 'openai', models: [{ id: 'gpt-4o', prices: { input_mtok: 1 } }] }],
  }
  const found = new PriceResolver([overrides, BUILTIN]).resolve('openai', 'gpt-4o')
  assert.equal(found?.ref, 'mine:openai/gpt-4o')
})

test('overrides name providers as events do, and may say as what a model is priced', () => {
  const text = `
version: acme
providers:
  - id: aws.bedrock
    models:
      - id: support-profile
        match: { contains: application-inference-profile/k3j9x0qp21ab }
        prices_of: aws/us.anthropic.claude-sonnet-4-5-20250929-v1:0
  - id: azure.ai.openai
    models:
      - { id: chat-prod, match: { equals: chat-prod }, prices_of: azure/gpt-4.1 }
  - id: openai
    models:
      - id: gpt-5
        match: { equals: gpt-5 }
        prices: { input_mtok: 1 }
        service_tiers: { priority: { input_mtok: 3 }, flex: 0.4 }
`
  const own = new PriceResolver([parseOverrides('prices.yaml', text, BUILTIN), BUILTIN])
  const arn = 'arn:aws:bedrock:us-east-1:123:application-inference-profile/k3j9x0qp21ab'
  const sonnet = resolver.resolve('aws.bedrock', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0')
  for (const provider of ['aws.bedrock', null]) {
    const found = own.resolve(provider, arn)
    assert.equal(found?.ref, 'acme:aws/support-profile')
    assert.deepEqual(found?.model.prices, sonnet?.model.prices)
  }
  assert.equal(own.resolve('azure.ai.openai', 'azure/chat-prod')?.ref, 'acme:azure/chat-prod')
  assert.deepEqual(own.resolve('openai', 'gpt-5')?.model.service_tiers, {
    priority: { input_mtok: 3 },
    flex: 0.4,
  })
  const lost = text.replace('azure/gpt-4.1', 'azure/nothing')
  assert.throws(() => parseOverrides('prices.yaml', lost, BUILTIN), /"chat-prod" is priced as/)
})

test('prices remembered by bytes are those found by name', () => {
  const memo = new PriceMemo<ResolvedPrice>()
  const price = (ref: string): ResolvedPrice => ({
    ref,
    model: { id: ref, prices: {} },
    provider: 'openai',
    isMakers: false,
  })
  const arena = new Arena()
  const at = arena.appendText('openaigpt-4o|openaigpt-4|opena|igpt-4o')
  type Ranges = readonly [provider: number, providerLen: number, model: number, modelLen: number]
  const find = (
    ...[provider, providerLen, model, modelLen]: Ranges
  ): ResolvedPrice | null | undefined =>
    memo.find(arena, at + provider, providerLen, at + model, modelLen)
  assert.equal(find(0, 6, 6, 6), undefined)
  memo.add(arena, at, 6, at + 6, 6, price('4o'))
  assert.equal(find(0, 6, 6, 6)?.ref, '4o')
  // The same bytes divided differently, shorter, or without a provider are other names.
  assert.equal(find(25, 5, 31, 7), undefined)
  assert.equal(find(13, 6, 19, 5), undefined)
  assert.equal(find(0, -1, 6, 6), undefined)
  memo.add(arena, at, -1, at + 6, 6, null)
  assert.equal(find(0, -1, 6, 6), null)
})
