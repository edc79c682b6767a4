// Components and their results.

import { R } from '../../../../core/fields.ts'
import { finishReason } from '../../content/messages.ts'
import { usageIn } from '../../content/usage.ts'
import { isRecord } from '../../json/values.ts'
import { putUsage } from '../../readers/content.ts'
import type { OwnTransform, Transform } from '../../rules/dialect.ts'
import type { Work } from '../../span/work.ts'

const COMPONENTS: readonly (readonly [RegExp, string])[] = [
  [/Generator$/, 'llm'],
  [/Embedder$/, 'embedding'],
  [/Retriever$/, 'retrieval'],
  [/Ranker$/, 'rerank'],
  [/^ToolInvoker$/, 'tool'],
  [/Agent$/, 'agent'],
]

/** Haystack components tell by their class name what they do. */
const componentKind: Transform = (w, attr) => {
  const name = w.text(attr)
  w.kind = COMPONENTS.find(([pattern]) => pattern.test(name))?.[1] ?? 'chain'
  return true
}

const haystackOutput: Transform = (w, attr) => {
  takeHaystack(w, w.value(attr))
  return true
}

/** Haystack: {replies: [...], meta: [{model, usage, finish_reason}]} and {documents: [...]}. */
function takeHaystack(w: Work, body: unknown): void {
  if (!isRecord(body)) return
  const meta: unknown = Array.isArray(body['meta']) ? body['meta'][0] : body['meta']
  if (!isRecord(meta)) return
  if (!w.hasUsage()) putUsage(w, usageIn(meta))
  w.offerText(R.response_model, meta['model'])
  if (typeof meta['finish_reason'] === 'string' && !w.hasRange(R.finish_reasons))
    w.setJson(R.finish_reasons, [finishReason(meta['finish_reason'])])
}

export const transforms = {
  'component-kind': { fills: 'text', read: componentKind },
  'haystack-output': { fills: 'flag', read: haystackOutput },
} as const satisfies Readonly<Record<string, OwnTransform>>
