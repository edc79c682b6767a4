// Finds the beginning of the latest text of a conversation: the model's answer, or the question if there is no answer. The
// messages were scrubbed before.

import type { EventTable } from '../../core/event.ts'
import { R } from '../../core/fields.ts'

const TEXT_CHARS_MAX = 280
/** Longer JSON text is not parsed for a preview. */
const JSON_BYTES_MAX = 64 * 1024

export function lastText(events: EventTable, event: number): string | null {
  return textIn(events, event, R.output_messages) ?? textIn(events, event, R.input_messages)
}

/**
 * How `canonicalize` writes a text part. Inside a JSON string these quotes would be escaped, and a nested occurrence exists
 * only inside a tool part.
 */
const TEXT_PART = Buffer.from('{"type":"text","content":"')
const TOOL_PART = Buffer.from('"tool_')
const QUOTE = 0x22
const BACKSLASH = 0x5c

function textIn(events: EventTable, event: number, field: number): string | null {
  const len = events.len(event, field)
  if (len < 2 || len > JSON_BYTES_MAX) return null
  const off = events.off(event, field)
  const quick = lastPart(events.arena.buf.subarray(off, off + len))
  if (quick !== null) return shortened(quick)
  try {
    return newestText(JSON.parse(events.text(event, field) ?? 'null'))
  } catch {
    // `canonicalize` writes only valid JSON. Should it not be, the preview is left out.
    return null
  }
}

/**
 * The content of the last text part, without parsing everything before it. Messages are long, and parsing them was half of
 * the cost of a task's document. Null when the shortcut is not safe.
 */
function lastPart(json: Buffer): string | null {
  const from = json.lastIndexOf(TEXT_PART)
  if (from < 0 || json.includes(TOOL_PART)) return null
  const open = from + TEXT_PART.length - 1
  let close = open + 1
  while (close < json.length && json[close] !== QUOTE) close += json[close] === BACKSLASH ? 2 : 1
  if (close >= json.length || close === open + 1) return null
  try {
    return JSON.parse(json.toString('utf8', open, close + 1)) as string
  } catch {
    // Not valid JSON after all; the caller parses the whole text instead.
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
