// Types of tools.

import { VALUE } from '../../../../core/batch.ts'
import type { OwnTransform, Transform } from '../../rules/dialect.ts'

const TOOL_TYPES = ['function', 'extension', 'datastore'] as const

/** ADK writes the class name: `FunctionTool`. */
const toolType: Transform = (w, attr, rule) => {
  if (w.isNull(attr)) return false
  if (w.type(attr) === VALUE.STRING)
    for (const word of TOOL_TYPES)
      if (w.arena.equals(w.off(attr), w.len(attr), word)) return w.setText(attr, rule.range)
  const word = w.text(attr)
  w.setString(rule.range, /^FunctionTool$/.test(word) ? 'function' : word)
  return true
}

export const transforms = {
  'tool-type': { fills: 'text', read: toolType },
} as const satisfies Readonly<Record<string, OwnTransform>>
