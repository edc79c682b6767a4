// Request and response of the Agent Development Kit, as JSON in attributes.

import { VALUE } from '../../../../core/batch.ts'
import { N, R } from '../../../../core/fields.ts'
import { finishReason } from '../../content/messages.ts'
import { isRecord, numberIn } from '../../json/values.ts'
import type { OwnTransform, Transform } from '../../rules/dialect.ts'
import type { Work } from '../../span/work.ts'

/** ADK writes `{}` for nothing. */
const ioAdk: Transform = (w, attr, rule) => {
  if (w.isNull(attr) || isEmptyObject(w, attr)) return true
  ;(rule.to === 'io.input' ? w.ioIn : w.ioOut).push(attr)
  return true
}

function isEmptyObject(w: Work, attr: number): boolean {
  return (
    w.type(attr) === VALUE.STRING && w.len(attr) <= 8 && w.text(attr).replaceAll(/\s/g, '') === '{}'
  )
}

/** Usage metadata of Gemini: cached tokens are inside the prompt's, thoughts beside the candidates'. */
const adkUsage: Transform = (w, attr) => {
  const value = w.value(attr)
  if (!isRecord(value)) return true
  const reason = value['finish_reason'] ?? value['finishReason']
  if (typeof reason === 'string' && !w.hasRange(R.finish_reasons))
    w.setJson(R.finish_reasons, [finishReason(reason)])
  const usage = value['usage_metadata'] ?? value['usageMetadata']
  if (!isRecord(usage)) return true
  const count = (a: string, b: string): number => numberIn(usage[a] ?? usage[b])
  w.offerNumber(N.cache_read_tokens, count('cached_content_token_count', 'cachedContentTokenCount'))
  const thoughts = count('thoughts_token_count', 'thoughtsTokenCount')
  w.offerNumber(N.reasoning_tokens, thoughts)
  // Without a count on the span the body's own is taken, thoughts included.
  if (!w.hasNumber(N.output_tokens)) return true
  w.extraThoughts = thoughts
  w.givenOutputTotal = count('total_token_count', 'totalTokenCount')
  return true
}

export const transforms = {
  'io-adk': { fills: 'io', read: ioAdk },
  'adk-usage': { fills: 'flag', read: adkUsage },
} as const satisfies Readonly<Record<string, OwnTransform>>
