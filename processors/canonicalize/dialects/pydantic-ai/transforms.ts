// Tools inside the parameters of a request, and the messages of a run.

import { R } from '../../../../core/fields.ts'
import { messagesOf } from '../../content/messages.ts'
import { toolsOf } from '../../content/tool-definitions.ts'
import { isRecord } from '../../json/values.ts'
import type { OwnTransform, Transform } from '../../rules/dialect.ts'
import { putMessages } from '../../span/put-json.ts'

/** `model_request_parameters`: {function_tools: [..]}. */
const functionTools: Transform = (span, attr, rule) => {
  const value = span.value(attr)
  if (!isRecord(value)) return false
  const { function_tools, ...rest } = value
  const list = toolsOf(function_tools)
  if (list !== null) span.setJson(rule.range, list)
  if (Object.keys(rest).length > 0) span.entries.addMetadataValue('model_request_parameters', rest)
  return list !== null || Object.keys(rest).length > 0
}

/** The messages of a run. They include instructions, which are used if no other key has them. */
const allMessages: Transform = (span, attr, rule) => {
  const list = messagesOf(span.value(attr), 'user')
  if (list === null) return false
  // Only runs of agents have this attribute.
  if (span.kind === '') span.setKind('agent')
  const system = list.filter((message) => message.role === 'system').flatMap(({ parts }) => parts)
  if (system.length > 0 && !span.hasRange(R.system_instructions))
    span.setJson(R.system_instructions, system)
  return putMessages(
    span,
    rule.range,
    list.filter((message) => message.role !== 'system'),
  )
}

export const transforms = {
  'all-messages': { fills: 'json', read: allMessages },
  'function-tools': { fills: 'json', read: functionTools },
} as const satisfies Readonly<Record<string, OwnTransform>>
