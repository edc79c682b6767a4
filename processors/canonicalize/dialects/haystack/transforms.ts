// Components of Haystack and their results.

import { R } from '../../../../core/fields.ts'
import { finishReason } from '../../content/messages.ts'
import { usageIn } from '../../content/usage.ts'
import { isRecord } from '../../json/values.ts'
import type { OwnTransform, Transform } from '../../rules/dialect.ts'
import { putUsage } from '../../span/body-facts.ts'
import type { CurrentSpan } from '../../span/current-span.ts'

const COMPONENTS: readonly (readonly [RegExp, string])[] = [
  [/Generator$/, 'llm'],
  [/Embedder$/, 'embedding'],
  [/Retriever$/, 'retrieval'],
  [/Ranker$/, 'rerank'],
  [/^ToolInvoker$/, 'tool'],
  [/Agent$/, 'agent'],
]

/** The class name of a component reveals its kind. */
const componentKind: Transform = (span, attr) => {
  const name = span.text(attr)
  span.setKind(COMPONENTS.find(([pattern]) => pattern.test(name))?.[1] ?? 'chain')
  return true
}

const haystackOutput: Transform = (span, attr) => {
  takeHaystack(span, span.value(attr))
  return true
}

/** Reads {replies: [...], meta: [{model, usage, finish_reason}]}; chat generators have `meta` in their replies. */
function takeHaystack(span: CurrentSpan, body: unknown): void {
  if (!isRecord(body)) return
  const meta = metaIn(body) ?? metaIn(firstOf(body['replies']))
  if (!isRecord(meta)) return
  if (!span.hasUsage()) putUsage(span, usageIn(meta))
  span.offerText(R.response_model, meta['model'])
  if (typeof meta['finish_reason'] === 'string' && !span.hasRange(R.finish_reasons))
    span.setJson(R.finish_reasons, [finishReason(meta['finish_reason'])])
}

function metaIn(x: unknown): unknown {
  return isRecord(x) ? firstOf(x['meta'] ?? x['_meta']) : undefined
}

function firstOf(x: unknown): unknown {
  return Array.isArray(x) ? x[0] : x
}

export const transforms = {
  'component-kind': { fills: 'text', read: componentKind },
  'haystack-output': { fills: 'flag', read: haystackOutput },
} as const satisfies Readonly<Record<string, OwnTransform>>
