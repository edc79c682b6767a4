// A tool whose schema, name and description have separate keys.

import { key } from '../../../../core/keys.ts'
import { isRecord } from '../../json/values.ts'
import type { OwnTransform, Transform } from '../../rules/dialect.ts'

const TOOL_NAME = key('spring.ai.tool.definition.name')

const TOOL_DESCRIPTION = key('spring.ai.tool.definition.description')

/** The schema of the tool's arguments, with its name and description. */
const toolSchema: Transform = (span, attr, rule) => {
  const parameters = span.value(attr)
  const name = span.batch.findAttr(span.index, TOOL_NAME)
  if (!isRecord(parameters) || name < 0) return false
  const about = span.batch.findAttr(span.index, TOOL_DESCRIPTION)
  const description = about < 0 ? {} : { description: span.text(about) }
  span.setJson(rule.range, [
    { type: 'function', name: span.text(name), ...description, parameters },
  ])
  return true
}

export const transforms = {
  'tool-schema': { fills: 'json', read: toolSchema },
} as const satisfies Readonly<Record<string, OwnTransform>>
