// Reads usage, model, id and finish reason of a response body, besides its messages, into fields that the span leaves
// empty.

import { N, R } from '../../../core/fields.ts'
import { finishReason } from '../content/messages.ts'
import { responseIdOf } from '../content/response-id.ts'
import { isUsualTier, namedTier, type Usage, usageIn } from '../content/usage.ts'
import { isRecord } from '../json/values.ts'
import type { CurrentSpan } from './current-span.ts'

/** Takes usage, model, id and finish reason from a response body where the span has none. */
export function takeFromBody(span: CurrentSpan, body: unknown): void {
  if (!isRecord(body)) return
  const usage = usageIn(body)
  if (usage === null) putTier(span, namedTier(body))
  if (!span.hasUsage()) putUsage(span, usage)
  else if (usage !== null) putRest(span, usage)
  const model = body['model'] ?? body['modelVersion'] ?? body['model_version']
  if (typeof model === 'string' && model !== '' && !span.hasRange(R.response_model))
    span.setString(R.response_model, model)
  if (!span.hasRange(R.response_id)) span.offerText(R.response_id, responseIdOf(body))
  if (!span.hasRange(R.finish_reasons) && typeof body['stop_reason'] === 'string')
    span.setJson(R.finish_reasons, [finishReason(body['stop_reason'])])
}

export function putUsage(span: CurrentSpan, usage: Usage | null): void {
  if (usage === null) return
  if (usage.isExclusive && !span.hasNumber(N.input_tokens)) span.usage.markCacheExtra()
  if (usage.isReasoningBeside && !span.hasNumber(N.output_tokens))
    span.usage.setThoughtsBeside(usage.reasoning, usage.total)
  if (!span.hasNumber(N.input_tokens)) span.usage.setToolInput(usage.tools)
  span.offerNumber(N.input_tokens, usage.input)
  span.offerNumber(N.output_tokens, usage.output)
  span.offerNumber(N.total_tokens, usage.total)
  span.offerNumber(N.cache_read_tokens, usage.cacheRead)
  span.offerNumber(N.cache_write_tokens, usage.cacheWrite)
  span.offerNumber(N.reasoning_tokens, usage.reasoning)
  putCharged(span, usage)
}

/** What is charged in another way, or for other things than tokens. */
function putCharged(span: CurrentSpan, { tier, geo, cost, details }: Usage): void {
  if (geo !== '') span.entries.setParam('inference_geo', JSON.stringify(geo))
  putTier(span, tier)
  if (cost > 0) span.offerNumber(N.cost_usd, cost)
  for (const [name, n] of details) if (n > 0) span.entries.addDetail(name, n)
}

/** The tier in which the call was served, not the one that was asked for. The usual one is only named against another. */
function putTier(span: CurrentSpan, tier: string): void {
  if (tier !== '' && (!isUsualTier(tier) || span.entries.paramNamed('service_tier') >= 0))
    span.entries.setParam('service_tier', JSON.stringify(tier))
}

/** What a body says beside the totals that keys of the span gave, when it is the usage of the same answer. */
export function putRest(span: CurrentSpan, usage: Usage): void {
  const { events, event } = span
  if (events.num(event, N.output_tokens) !== usage.output) return
  const isSameInput = events.num(event, N.input_tokens) === usage.input
  if (isSameInput) span.usage.setToolInput(usage.tools)
  if (isSameInput && usage.isExclusive) span.usage.proveCacheExtra()
  span.offerNumber(N.cache_read_tokens, usage.cacheRead)
  span.offerNumber(N.cache_write_tokens, usage.cacheWrite)
  if (usage.isReasoningBeside) span.usage.setThoughtsBeside(usage.reasoning, usage.total)
  span.offerNumber(N.reasoning_tokens, usage.reasoning)
  putCharged(span, usage)
}

export function orZero(n: number): number {
  return Number.isNaN(n) ? 0 : n
}
