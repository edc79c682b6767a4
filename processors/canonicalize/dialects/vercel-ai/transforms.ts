// Values in which the AI SDK puts several facts, and its spans that repeat others.

import { N, R } from '../../../../core/fields.ts'
import { splitsOf } from '../../content/usage-splits.ts'
import { parseLoose } from '../../json/loose-json.ts'
import { isRecord, numberIn } from '../../json/values.ts'
import type { OwnTransform, Transform } from '../../rules/dialect.ts'
import type { CurrentSpan } from '../../span/current-span.ts'

/** Outer spans, which repeat the usage of the `do*` spans inside. */
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

/** The provider metadata: counts, cache lifetimes, service tier, under the name of any provider. */
const providerMetadata: Transform = (span, attr) => {
  const value = span.value(attr)
  if (!isRecord(value)) return false
  let isRead = false
  for (const said of Object.values(value))
    if (isRecord(said)) isRead = readProvider(span, said) || isRead
  return isRead
}

function readProvider(span: CurrentSpan, said: Record<string, unknown>): boolean {
  const usage = isRecord(said['usage']) ? said['usage'] : said
  // It equals Anthropic's own count, which excludes cached tokens (AI SDK 4 and 5).
  if (usage['input_tokens'] === span.events.num(span.event, N.input_tokens))
    span.usage.proveCacheExtra()
  offerCount(span, N.cache_read_tokens, said['cachedPromptTokens'])
  offerCount(span, N.reasoning_tokens, said['reasoningTokens'])
  for (const counts of [usage, said]) {
    for (const name of CACHE_READ) offerCount(span, N.cache_read_tokens, counts[name])
    for (const name of CACHE_WRITE) offerCount(span, N.cache_write_tokens, counts[name])
    for (const [name, n] of splitsOf(counts)) if (n > 0) span.entries.addDetail(name, n)
  }
  takeLifetimes(span, usage['cacheDetails'])
  // What a gateway charged for the call. The outer span repeats that of its last call.
  const cost = costOf(said['cost'] ?? usage['cost'])
  if (cost > 0 && !span.isAggregate) span.offerNumber(N.cost_usd, cost)
  const tier = said['serviceTier'] ?? usage['service_tier'] ?? usage['serviceTier']
  if (typeof tier === 'string') span.entries.addParam('service_tier', JSON.stringify(tier))
  if (!span.isAggregate) span.offerText(R.response_id, said['responseId'])
  return READ.some((name) => name in said)
}

const CACHE_READ = ['cache_read_input_tokens', 'cacheReadInputTokens']
const CACHE_WRITE = [
  'cache_creation_input_tokens',
  'cacheCreationInputTokens',
  'cacheWriteInputTokens',
]
/** Without one of these members it is other data of the provider. */
const READ = [
  ...CACHE_READ,
  ...CACHE_WRITE,
  'cachedPromptTokens',
  'reasoningTokens',
  'usage',
  'serviceTier',
  'responseId',
  'usageMetadata',
  'cost',
]

/** Bedrock: `cacheDetails: [{inputTokens, ttl: "1h"}]`. */
function takeLifetimes(span: CurrentSpan, details: unknown): void {
  if (!Array.isArray(details)) return
  for (const entry of details)
    if (isRecord(entry) && (entry['ttl'] === '1h' || entry['ttl'] === '5m'))
      span.entries.addDetail(`cache_write_${entry['ttl']}`, numberIn(entry['inputTokens']))
}

/** The AI Gateway writes its cost as text. */
function costOf(value: unknown): number {
  return typeof value === 'string' ? Number.parseFloat(value) : numberIn(value)
}

function offerCount(span: CurrentSpan, field: number, value: unknown): void {
  if (typeof value === 'number') span.offerNumber(field, value)
}

/** A vector, of which only the length is kept. */
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
