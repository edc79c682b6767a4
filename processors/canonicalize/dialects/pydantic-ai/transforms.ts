// Tools inside the parameters of a request.

import { toolsOf } from '../../content/tool-definitions.ts'
import { isRecord } from '../../json/values.ts'
import type { OwnTransform, Transform } from '../../rules/dialect.ts'

/** `model_request_parameters` of pydantic-ai: {function_tools: [..]}. */
const functionTools: Transform = (span, attr, rule) => {
  const value = span.value(attr)
  if (!isRecord(value)) return false
  const { function_tools, ...rest } = value
  const list = toolsOf(function_tools)
  if (list !== null) span.setJson(rule.range, list)
  if (Object.keys(rest).length > 0) span.entries.addMetadataValue('model_request_parameters', rest)
  return list !== null || Object.keys(rest).length > 0
}

export const transforms = {
  'function-tools': { fills: 'json', read: functionTools },
} as const satisfies Readonly<Record<string, OwnTransform>>
