// Model names and function calls of OpenInference.

import { VALUE } from '../../../../core/batch.ts'
import { toolCallPart } from '../../content/parts.ts'
import { isRecord } from '../../json/values.ts'
import { putMessages } from '../../readers/content.ts'
import type { OwnTransform, Transform } from '../../rules/dialect.ts'

/** `llm.model_name` is the model that answered; it was also asked for when nothing else says what was. */
const fallbackModel: Transform = (w, attr) => {
  if (w.type(attr) !== VALUE.STRING || w.isNull(attr)) return false
  w.fallbackModel = attr
  return true
}

const functionCall: Transform = (w, attr, rule) => {
  const value = w.value(attr)
  if (!isRecord(value) || typeof value['name'] !== 'string') return false
  return putMessages(w, rule, [{ role: 'assistant', parts: [toolCallPart(value)] }])
}

export const transforms = {
  'fallback-model': { fills: 'flag', read: fallbackModel },
  'function-call': { fills: 'json', read: functionCall },
} as const satisfies Readonly<Record<string, OwnTransform>>
