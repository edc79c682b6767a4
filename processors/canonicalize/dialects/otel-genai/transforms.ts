// Types of tools in the words of the convention, and prompt variables with a key for each.

import { VALUE } from '../../../../core/batch.ts'
import { R } from '../../../../core/fields.ts'
import { parseLoose } from '../../json/loose-json.ts'
import { isRecord } from '../../json/values.ts'
import type { OwnTransform, Transform } from '../../rules/dialect.ts'

const TOOL_TYPES = ['function', 'extension', 'datastore'] as const

/** ADK writes the class name: `FunctionTool`. */
const toolType: Transform = (span, attr, rule) => {
  if (span.isNull(attr)) return false
  if (span.type(attr) === VALUE.STRING)
    for (const word of TOOL_TYPES)
      if (span.arena.equals(span.off(attr), span.len(attr), word))
        return span.setText(attr, rule.range)
  const word = span.text(attr)
  span.setString(rule.range, /^FunctionTool$/.test(word) ? 'function' : word)
  return true
}

/** `gen_ai.prompt.variable.city`: the rest after the prefix is the variable. */
const promptVariable: Transform = (span, attr, rule) => {
  if (span.isNullContent(attr)) return false
  const name = span.batch.attrKeyText(attr).slice(rule.strip)
  const known = parseLoose(span.fieldText(R.prompt_variables) ?? '{}')
  const variables = isRecord(known) ? known : {}
  if (!Object.hasOwn(variables, name) && Object.keys(variables).length < VARIABLES_MAX)
    span.setJson(R.prompt_variables, { ...variables, [name]: span.value(attr) })
  return true
}

const VARIABLES_MAX = 64

export const transforms = {
  'prompt-variable': { fills: 'flag', read: promptVariable },
  'tool-type': { fills: 'text', read: toolType },
} as const satisfies Readonly<Record<string, OwnTransform>>
