// Reads token counts from the response bodies and usage objects of any provider.

import { isRecord } from '../json/values.ts'
import { partsIn, splitsOf } from './usage-splits.ts'

type Body = Record<string, unknown>

/** The token counts of a body or usage object. NaN means absent. */
export interface Usage {
  input: number
  output: number
  total: number
  cacheRead: number
  cacheWrite: number
  reasoning: number
  /** True if the input count excludes cached tokens (Anthropic, Bedrock). */
  isExclusive: boolean
  /** Tokens that the provider's own tools added to the prompt, beside its count of the prompt (Gemini). NaN means absent. */
  readonly tools: number
  /** True if the output count excludes reasoning (Gemini). */
  readonly isReasoningBeside: boolean
  /** The service tier, or '' when none is named. */
  tier: string
  /** Where Anthropic computed the answer, if that has a price of its own, else ''. */
  readonly geo: string
  /** What the provider says that the call cost, in USD. NaN means absent. */
  readonly cost: number
  /** Entries of `usage_details`; NaN means absent. */
  readonly details: readonly (readonly [string, number])[]
}

const first = (u: Body, keys: readonly string[]): number => {
  for (const key of keys) {
    const v = u[key]
    if (typeof v === 'number' && Number.isFinite(v)) return v
    if (typeof v === 'string' && v.trim() !== '' && Number.isFinite(Number(v))) return Number(v)
  }
  return Number.NaN
}

const INPUT = [
  'input_tokens',
  'prompt_tokens',
  'inputTokens',
  'promptTokens',
  'prompt_token_count',
  'promptTokenCount',
  'inputTokenCount',
  'prompt_eval_count',
  'input',
]
const OUTPUT = [
  'output_tokens',
  'completion_tokens',
  'outputTokens',
  'completionTokens',
  'candidates_token_count',
  'candidatesTokenCount',
  'outputTokenCount',
  'eval_count',
  'output',
]
const TOTAL = ['total_tokens', 'totalTokens', 'total_token_count', 'totalTokenCount', 'total']
const CACHE_READ = [
  'cache_read_input_tokens',
  'cacheReadInputTokens',
  'cacheReadInputTokenCount',
  'cache_read_tokens',
  'cached_content_token_count',
  'cachedContentTokenCount',
  'cachedContentTokens',
  'input_cached_tokens',
  'cached_tokens',
  'cachedInputTokens',
]
const CACHE_WRITE = [
  'cache_creation_input_tokens',
  'cacheWriteInputTokens',
  'cacheWriteInputTokenCount',
  'cacheCreationInputTokens',
  'cache_write_tokens',
  'cache_write_input_tokens',
  'input_cache_creation',
]
const REASONING = [
  'reasoning_tokens',
  'reasoningTokens',
  'thoughts_token_count',
  'thoughtsTokenCount',
  'thoughtsTokens',
  'output_reasoning_tokens',
]

/** LangChain puts the service tier before the names: `{flex: 100, flex_cache_read: 20}`. */
const TIERS = ['flex', 'priority', 'batch'] as const
const TIERED_READS = TIERS.map((tier) => `${tier}_cache_read`)
const TIERED_REASONING = TIERS.map((tier) => `${tier}_reasoning`)
const USUAL_TIERS = new Set(['standard', 'default', 'auto', 'on_demand', ''])

export function isUsualTier(tier: string): boolean {
  return USUAL_TIERS.has(tier.toLowerCase())
}

/** The tier that a usage object, or the body around it, names. Anthropic states its fast mode beside the usual tier. */
export function namedTier(u: Body): string {
  const said = u['speed'] === 'fast' ? 'fast' : (u['service_tier'] ?? u['serviceTier'])
  return typeof said === 'string' ? said : ''
}

function geoOf(u: Body): string {
  const said = u['inference_geo']
  return typeof said === 'string' && !ANY_GEO.has(said) ? said : ''
}
const ANY_GEO = new Set(['', 'global', 'not_available'])

function tierOf(u: Body, inner: readonly string[]): string {
  const named = namedTier(u)
  if (named !== '') return named
  for (const key of inner) {
    const parts = u[key]
    if (!isRecord(parts)) continue
    const tier = TIERS.find((name) => name in parts || `${name}_cache_read` in parts)
    if (tier !== undefined) return tier
  }
  return ''
}

/** The unit in which xAI states costs. */
const TICKS_PER_USD = 1e10

/**
 * Some answers state the cost in their usage, as a number or an object. Where a gateway is used with a key of the user's own, it
 * charges a fee and the provider behind it the rest.
 */
function costIn(u: Body): number {
  const { cost } = u
  const ticks = first(u, ['cost_in_usd_ticks'])
  if (!Number.isNaN(ticks)) return ticks / TICKS_PER_USD
  if (isRecord(cost)) return first(cost, ['total_cost', 'totalCost'])
  const charged = first(u, ['cost', 'total_cost'])
  const details = u['cost_details']
  if (u['is_byok'] !== true || !isRecord(details)) return charged
  return charged + orElse(first(details, ['upstream_inference_cost']), 0)
}

/** The usage in a usage object of any provider, or null when it has none. */
export function usageOf(u: unknown): Usage | null {
  if (!isRecord(u)) return null
  // Cohere states what it charges for, and beside it what the model read, with its own words around the prompt.
  if (isRecord(u['billed_units'])) return usageOf(u['billed_units'])
  const details = (keys: readonly string[], names: readonly string[]): number => {
    for (const key of keys) {
      const inner = u[key]
      if (isRecord(inner)) {
        const n = first(inner, names)
        if (!Number.isNaN(n)) return n
      }
    }
    return Number.NaN
  }
  const inner = [
    'prompt_tokens_details',
    'input_tokens_details',
    'input_token_details',
    'inputTokenDetails',
  ]
  const outer = [
    'completion_tokens_details',
    'output_tokens_details',
    'output_token_details',
    'outputTokenDetails',
  ]
  const usage: Usage = {
    input: first(u, INPUT),
    output: first(u, OUTPUT),
    total: first(u, TOTAL),
    cacheRead: orElse(
      details(inner, ['cached_tokens', 'cache_read', 'cacheReadTokens', ...TIERED_READS]),
      first(u, CACHE_READ),
    ),
    cacheWrite: orElse(
      details(inner, ['cache_creation', 'cache_write', 'cacheWriteTokens']),
      first(u, CACHE_WRITE),
    ),
    reasoning: orElse(
      details(outer, ['reasoning_tokens', 'reasoning', 'reasoningTokens', ...TIERED_REASONING]),
      first(u, REASONING),
    ),
    isExclusive: isExclusive(u),
    tools: first(u, ['tool_use_prompt_token_count', 'toolUsePromptTokenCount']),
    isReasoningBeside: 'candidates_token_count' in u || 'candidatesTokenCount' in u,
    tier: tierOf(u, inner),
    geo: geoOf(u),
    cost: costIn(u),
    details: splitsOf(u),
  }
  takeOtherSpellings(u, usage)
  return Number.isNaN(usage.input) && Number.isNaN(usage.output) && Number.isNaN(usage.total)
    ? null
    : usage
}

/** Parts whose names no list above has. */
function takeOtherSpellings(u: Body, usage: Usage): void {
  if (!hasGap(usage)) return
  for (const [name, n] of partsIn(u)) {
    if (name === 'cache_read_tokens' && Number.isNaN(usage.cacheRead)) usage.cacheRead = n
    if (name === 'cache_write_tokens' && Number.isNaN(usage.cacheWrite)) usage.cacheWrite = n
    if (name === 'reasoning_tokens' && Number.isNaN(usage.reasoning)) usage.reasoning = n
  }
}

function hasGap({ cacheRead, cacheWrite, reasoning }: Usage): boolean {
  return Number.isNaN(cacheRead) || Number.isNaN(cacheWrite) || Number.isNaN(reasoning)
}

function orElse(a: number, otherwise: number): number {
  return Number.isNaN(a) ? otherwise : a
}

/** Anthropic and Bedrock name their cache counts beside the input count and exclude them from it. */
function isExclusive(u: Body): boolean {
  if (!('input_tokens' in u || 'inputTokens' in u || 'inputTokenCount' in u)) return false
  const hasBeside =
    'cache_read_input_tokens' in u ||
    'cache_creation_input_tokens' in u ||
    'cacheReadInputTokens' in u ||
    'cacheReadInputTokenCount' in u
  return hasBeside && !('input_tokens_details' in u) && !('input_token_details' in u)
}

function usageObjectIn(body: Body): unknown {
  for (const name of USAGE_OBJECTS) if (isRecord(body[name])) return body[name]
  // Ollama has its counts among the members of the answer.
  return typeof body['eval_count'] === 'number' ? body : undefined
}
const USAGE_OBJECTS = [
  'usage',
  'usageMetadata',
  'usage_metadata',
  'token_usage',
  // The last part of a stream of Bedrock.
  'amazon-bedrock-invocationMetrics',
]

/** OpenAI's answer has an item for each search of its own tools, which its usage leaves out. Opening a page costs nothing. */
function withSearches(usage: Usage, items: unknown): Usage {
  if (!Array.isArray(items)) return usage
  let web = 0
  let storage = 0
  for (const item of items) {
    if (!isRecord(item) || item['status'] === 'failed') continue
    const { type, action } = item
    if (type === 'file_search_call') storage++
    if (type !== 'web_search_call') continue
    if (!isRecord(action) || action['type'] === undefined || action['type'] === 'search') web++
  }
  const found: (readonly [string, number])[] = [
    ['web_searches', web],
    ['storage_searches', storage],
  ]
  const named = new Set(usage.details.map(([name]) => name))
  const added = found.filter(([name, n]) => n > 0 && !named.has(name))
  return added.length === 0 ? usage : { ...usage, details: [...usage.details, ...added] }
}

/** The usage object of a response body, wherever the provider puts it. */
export function usageIn(body: unknown): Usage | null {
  if (!isRecord(body)) return null
  const direct = usageOf(usageObjectIn(body))
  if (direct !== null) {
    // OpenAI names the tier beside the usage.
    if (direct.tier === '') direct.tier = namedTier(body)
    return withSearches(direct, body['output'])
  }
  // The event with which a stream of responses ends: `{type: 'response.done', response: {...}}`.
  const whole = body['response']
  if (isRecord(whole) && isRecord(whole['usage'])) return usageIn(whole)
  const llmOutput = body['llm_output']
  if (isRecord(llmOutput)) return usageOf(llmOutput['token_usage'] ?? llmOutput['usage'])
  return null
}
