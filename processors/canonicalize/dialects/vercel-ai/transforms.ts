// What the AI SDK packs into one value, and which of its spans repeat others.

import { N, R } from '../../../../core/fields.ts'
import { parseLoose } from '../../json/loose-json.ts'
import { isRecord, numberIn } from '../../json/values.ts'
import type { OwnTransform, Transform } from '../../rules/dialect.ts'
import type { CurrentSpan } from '../../span/current-span.ts'

/** AI SDK outer spans: they repeat the usage of the `do*` spans inside. */
const OUTER_SPANS: ReadonlySet<string> = new Set([
  'ai.generatetext',
  'ai.streamtext',
  'ai.generateobject',
  'ai.streamobject',
  'ai.embed',
  'ai.embedmany',
  'ai.rerank',
  'ai.generateimage',
])

const aggregate: Transform = (span, attr) => {
  const word = span.text(attr).toLowerCase()
  if (!OUTER_SPANS.has(word)) return false
  span.markAggregate()
  return true
}

/** The AI SDK's provider metadata: cache and reasoning counts, service tier. */
const providerMetadata: Transform = (span, attr) => {
  const value = span.value(attr)
  if (!isRecord(value) || !PROVIDERS_READ.some((name) => isRecord(value[name]))) return false
  const openai = value['openai']
  if (isRecord(openai)) {
    offerCount(span, N.cache_read_tokens, openai['cachedPromptTokens'])
    offerCount(span, N.reasoning_tokens, openai['reasoningTokens'])
    if (typeof openai['serviceTier'] === 'string')
      span.entries.addParam('service_tier', JSON.stringify(openai['serviceTier']))
    if (!span.isAggregate) span.offerText(R.response_id, openai['responseId'])
  }
  const anthropic = value['anthropic']
  const usage =
    isRecord(anthropic) && isRecord(anthropic['usage'])
      ? anthropic['usage']
      : isRecord(anthropic)
        ? anthropic
        : null
  if (usage !== null) {
    // Equal to Anthropic's own count, which leaves cached tokens out (AI SDK 4 and 5).
    if (usage['input_tokens'] === span.events.num(span.event, N.input_tokens))
      span.usage.markCacheExtra()
    offerCount(
      span,
      N.cache_read_tokens,
      usage['cache_read_input_tokens'] ?? usage['cacheReadInputTokens'],
    )
    offerCount(
      span,
      N.cache_write_tokens,
      usage['cache_creation_input_tokens'] ?? usage['cacheCreationInputTokens'],
    )
    const creation = usage['cache_creation']
    if (isRecord(creation)) {
      span.entries.addDetail('cache_write_5m', numberIn(creation['ephemeral_5m_input_tokens']))
      span.entries.addDetail('cache_write_1h', numberIn(creation['ephemeral_1h_input_tokens']))
    }
  }
  const bedrock = value['bedrock']
  if (isRecord(bedrock) && isRecord(bedrock['usage'])) {
    offerCount(span, N.cache_read_tokens, bedrock['usage']['cacheReadInputTokens'])
    offerCount(span, N.cache_write_tokens, bedrock['usage']['cacheWriteInputTokens'])
  }
  return true
}

const PROVIDERS_READ = ['openai', 'anthropic', 'bedrock']

function offerCount(span: CurrentSpan, field: number, value: unknown): void {
  if (typeof value === 'number') span.offerNumber(field, value)
}

/** A vector: only its length is kept. */
const vector: Transform = (span, attr) => {
  const value = span.value(attr)
  let first: unknown = Array.isArray(value) ? value[0] : value
  if (typeof first === 'string') first = parseLoose(first)
  const length = Array.isArray(first)
    ? first.length
    : Array.isArray(value)
      ? value.length
      : Number.NaN
  span.offerNumber(N.embedding_dimensions, length)
  return true
}

export const transforms = {
  aggregate: { fills: 'bool', read: aggregate },
  'provider-metadata': { fills: 'flag', read: providerMetadata },
  vector: { fills: 'drop', read: vector },
} as const satisfies Readonly<Record<string, OwnTransform>>
