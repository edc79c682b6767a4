// Output types, and the content of a completion.

import type { Message } from '../../content/content-types.ts'
import { finishReason, textMessage } from '../../content/messages.ts'
import { isRecord } from '../../json/values.ts'
import type { OwnTransform, Transform } from '../../rules/dialect.ts'
import { putMessages } from '../../span/put-json.ts'

const outputType: Transform = (span, attr, rule) => {
  const word = span.text(attr)
  span.entries.addParam(rule.name, word.startsWith('json') ? '"json"' : JSON.stringify(word))
  return true
}

/**
 * `gen_ai.completion` that is no body and no messages: `{text, finish_reason}`, or an object that the model wrote.
 */
const completionText: Transform = (span, attr, rule) => {
  const value = span.value(attr)
  if (!isRecord(value) || 'rawRequest' in value) return false
  const message = textOf(value) ?? textMessage(JSON.stringify(value), 'assistant')
  return message !== null && putMessages(span, rule.range, [message])
}

/** Names of the text of a response, and of members that may accompany it. */
const TEXTS = [
  'text',
  'completion',
  'content',
  'response',
  'output',
  'message',
  'answer',
  'generated_text',
  'output_text',
  'outputText',
]
const BESIDE = new Set([
  'role',
  'index',
  'id',
  'model',
  'object',
  'created',
  'logprobs',
  'usage',
  'type',
  'stop',
  'finish_reason',
  'finishReason',
  'stop_reason',
  'stopReason',
  'completionReason',
])

/** The message of an object that has only the text of a response. Any other object is what the model wrote. */
function textOf(value: Record<string, unknown>): Message | null {
  const name = TEXTS.find((x) => typeof value[x] === 'string')
  if (name === undefined || Object.keys(value).some((key) => key !== name && !BESIDE.has(key)))
    return null
  const message = textMessage(String(value[name]), 'assistant')
  const reason =
    value['finish_reason'] ?? value['finishReason'] ?? value['stop_reason'] ?? value['stopReason']
  if (message !== null && typeof reason === 'string' && reason !== '')
    message.finish_reason = finishReason(reason)
  return message
}

export const transforms = {
  'completion-text': { fills: 'json', read: completionText },
  'output-type': { fills: 'request_params', read: outputType },
} as const satisfies Readonly<Record<string, OwnTransform>>
