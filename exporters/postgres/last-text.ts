// The beginning of the newest text of a conversation: the answer of the model, or the question when there is
// none. The messages were scrubbed before; this only looks for text in them.

import type { EventTable } from '../../core/event.ts'
import { R } from '../../core/fields.ts'

const TEXT_CHARS_MAX = 280
/** A longer JSON text is not parsed for a preview. */
const JSON_BYTES_MAX = 64 * 1024

export function lastText(events: EventTable, e: number): string | null {
  return textIn(events, e, R.output_messages) ?? textIn(events, e, R.input_messages)
}

function textIn(events: EventTable, e: number, r: number): string | null {
  const len = events.len(e, r)
  if (len < 2 || len > JSON_BYTES_MAX) return null
  try {
    return newestText(JSON.parse(events.text(e, r) ?? 'null'))
  } catch {
    // Not JSON, which `canonicalize` rules out; a preview is not worth more.
    return null
  }
}

function newestText(messages: unknown): string | null {
  if (!Array.isArray(messages)) return null
  for (const message of messages.toReversed()) {
    const parts: unknown = (message as { parts?: unknown } | null)?.parts
    if (!Array.isArray(parts)) continue
    for (const part of parts.toReversed()) {
      const { type, content } = (part ?? {}) as { type?: unknown; content?: unknown }
      if (type === 'text' && typeof content === 'string' && content !== '')
        return shortened(content)
    }
  }
  return null
}

function shortened(text: string): string {
  const clean = text
    .slice(0, TEXT_CHARS_MAX + 2)
    .toWellFormed()
    .replaceAll('\u0000', '')
  return clean.length <= TEXT_CHARS_MAX
    ? clean
    : `${clean.slice(0, TEXT_CHARS_MAX - 1).toWellFormed()}…`
}
