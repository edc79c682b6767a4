// Prompts as lines of text.

import { readMessageEvent } from '../../readers/span-events.ts'
import type { OwnTransform, Transform } from '../../rules/dialect.ts'

/** `gen_ai.content.prompt` as an attribute: JSON, or lines "role: text". */
const promptLines: Transform = (w, attr) => {
  if (w.isNull(attr)) return false
  const before = w.eventIn.length
  readMessageEvent(w, 'gen_ai.content.prompt', { content: w.text(attr) })
  return w.eventIn.length > before
}

export const transforms = {
  'prompt-lines': { fills: 'flag', read: promptLines },
} as const satisfies Readonly<Record<string, OwnTransform>>
