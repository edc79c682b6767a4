// Request and response of the Agent Development Kit, as JSON in attributes.

import { VALUE } from '../../../../core/batch.ts'
import { N, R } from '../../../../core/fields.ts'
import { finishReason } from '../../content/messages.ts'
import { isRecord, numberIn } from '../../json/values.ts'
import type { OwnTransform, Transform } from '../../rules/dialect.ts'
import type { CurrentSpan } from '../../span/current-span.ts'

/** ADK writes `{}` for nothing. */
const ioAdk: Transform = (span, attr, rule) => {
  if (span.isNull(attr) || isEmptyObject(span, attr)) return true
  span.content.add(rule.to, attr)
  return true
}

function isEmptyObject(span: CurrentSpan, attr: number): boolean {
  return (
    span.type(attr) === VALUE.STRING &&
    span.len(attr) <= 8 &&
    span.text(attr).replaceAll(/\s/g, '') === '{}'
  )
}

/** Usage metadata of Gemini: cached tokens are inside the prompt's, thoughts beside the candidates'. */
const adkUsage: Transform = (span, attr) => {
  const value = span.value(attr)
  if (!isRecord(value)) return true
  const reason = value['finish_reason'] ?? value['finishReason']
  if (typeof reason === 'string' && !span.hasRange(R.finish_reasons))
    span.setJson(R.finish_reasons, [finishReason(reason)])
  const usage = value['usage_metadata'] ?? value['usageMetadata']
  if (!isRecord(usage)) return true
  const count = (a: string, b: string): number => numberIn(usage[a] ?? usage[b])
  span.offerNumber(
    N.cache_read_tokens,
    count('cached_content_token_count', 'cachedContentTokenCount'),
  )
  const thoughts = count('thoughts_token_count', 'thoughtsTokenCount')
  span.offerNumber(N.reasoning_tokens, thoughts)
  // Without a count on the span the body's own is taken, thoughts included.
  if (!span.hasNumber(N.output_tokens)) return true
  span.usage.setThoughtsBeside(thoughts, count('total_token_count', 'totalTokenCount'))
  return true
}

export const transforms = {
  'io-adk': { fills: 'io', read: ioAdk },
  'adk-usage': { fills: 'flag', read: adkUsage },
} as const satisfies Readonly<Record<string, OwnTransform>>
