// Streamed chunks as one answer.

import { responseMessages } from '../../content/bodies.ts'
import { messagesOf } from '../../content/messages.ts'
import type { DialectRule, OwnTransform, Transform } from '../../rules/dialect.ts'
import { putMessages } from '../../span/put-json.ts'

/** Streamed chunks, one message each, as one answer. */
const merged: Transform = (span, attr, rule: DialectRule) => {
  const value = span.value(attr)
  const list =
    typeof value === 'string' ? null : (messagesOf(value, 'assistant') ?? responseMessages(value))
  const first = list?.[0]
  if (list === null || first === undefined) return false
  for (const m of list.slice(1)) {
    for (const part of m.parts) {
      const last = first.parts.at(-1)
      if (part.type === 'text' && last?.type === 'text')
        last['content'] = `${String(last['content'])}${String(part['content'])}`
      else first.parts.push(part)
    }
    if (m.finish_reason !== undefined) first.finish_reason = m.finish_reason
  }
  return putMessages(span, rule.range, [first])
}

export const transforms = {
  merged: { fills: 'json', read: merged },
} as const satisfies Readonly<Record<string, OwnTransform>>
