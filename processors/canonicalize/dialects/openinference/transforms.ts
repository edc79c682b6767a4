// Model names and function calls of OpenInference.

import { VALUE } from '../../../../core/batch.ts'
import { toolCallPart } from '../../content/parts.ts'
import { isRecord } from '../../json/values.ts'
import type { OwnTransform, Transform } from '../../rules/dialect.ts'
import { putMessages } from '../../span/put-json.ts'

/** `llm.model_name` is the model that answered. It is also the requested one if nothing else names that. */
const fallbackModel: Transform = (span, attr) => {
  if (span.type(attr) !== VALUE.STRING || span.isNull(attr)) return false
  span.models.setFallback(attr)
  return true
}

const functionCall: Transform = (span, attr, rule) => {
  const value = span.value(attr)
  if (!isRecord(value) || typeof value['name'] !== 'string') return false
  return putMessages(span, rule.range, [{ role: 'assistant', parts: [toolCallPart(value)] }])
}

export const transforms = {
  'fallback-model': { fills: 'flag', read: fallbackModel },
  'function-call': { fills: 'json', read: functionCall },
} as const satisfies Readonly<Record<string, OwnTransform>>
