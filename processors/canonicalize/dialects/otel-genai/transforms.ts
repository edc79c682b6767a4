// The transform of `gen_ai.tool.type`: class names become the words of the convention.

import { VALUE } from '../../../../core/batch.ts'
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

export const transforms = {
  'tool-type': { fills: 'text', read: toolType },
} as const satisfies Readonly<Record<string, OwnTransform>>
