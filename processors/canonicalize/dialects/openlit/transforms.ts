// Prompts as lines of text.

import { readMessageEvent } from '../../readers/message-events.ts'
import type { OwnTransform, Transform } from '../../rules/dialect.ts'

/** `gen_ai.content.prompt` as an attribute: JSON, or lines "role: text". */
const promptLines: Transform = (span, attr) => {
  if (span.isNull(attr)) return false
  const before = span.content.eventInput.length
  readMessageEvent(span, 'gen_ai.content.prompt', { content: span.text(attr) })
  return span.content.eventInput.length > before
}

export const transforms = {
  'prompt-lines': { fills: 'flag', read: promptLines },
} as const satisfies Readonly<Record<string, OwnTransform>>
