// Reads message events that are a JSON array in one attribute, and not events of the span.

import { isRecord, lookup } from '../json/values.ts'
import type { Transform } from '../rules/dialect.ts'
import { readMessageEvent } from './message-events.ts'

/** Message events as one JSON array. If the name of an event is missing, its form reveals it. */
export const events: Transform = (span, attr) => {
  const value = span.value(attr)
  if (!Array.isArray(value) || !value.some((x) => isEvent(x))) return false
  for (const item of value.slice(0, 10_000))
    if (isRecord(item)) readMessageEvent(span, eventName(item), item)
  return true
}

const EVENT_KEYS = ['event.name', 'role', 'content', 'message', 'finish_reason', 'tool_calls']

function isEvent(x: unknown): boolean {
  return isRecord(x) && EVENT_KEYS.some((name) => x[name] !== undefined)
}

const EVENT_OF_ROLE: Readonly<Record<string, string>> = {
  system: 'gen_ai.system.message',
  developer: 'gen_ai.system.message',
  user: 'gen_ai.user.message',
  human: 'gen_ai.user.message',
  assistant: 'gen_ai.assistant.message',
  ai: 'gen_ai.assistant.message',
  model: 'gen_ai.assistant.message',
  tool: 'gen_ai.tool.message',
}

function eventName(item: Record<string, unknown>): string {
  const name = item['event.name']
  if (typeof name === 'string') return name
  if ('message' in item || 'finish_reason' in item) return 'gen_ai.choice'
  const role = item['role']
  return (
    (typeof role === 'string' ? lookup(EVENT_OF_ROLE, role) : undefined) ?? 'gen_ai.user.message'
  )
}
