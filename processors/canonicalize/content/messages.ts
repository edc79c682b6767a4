// Converts messages to one form, `[{role, parts: [{type, ...}], name?, finish_reason?}]`, from any JSON form of
// instrumentations and providers. It works on parsed values. `json-kernel.ts` recognises canonical messages,
// `parts.ts` converts content blocks, `bodies.ts` request and response bodies.

import { isRecord, lookup } from '../json/values.ts'
import type { Message, Part } from './content-types.ts'
import { partsOf, textOf, toolCallPart } from './parts.ts'

/** The most messages in one value. More are cut, because a context of that length is hostile or broken. */
const MESSAGES_MAX = 10_000

export const ROLES: Readonly<Record<string, string>> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  human: 'user',
  humanmessage: 'user',
  humanmessagechunk: 'user',
  systemmessage: 'system',
  assistant: 'assistant',
  ai: 'assistant',
  aimessage: 'assistant',
  aimessagechunk: 'assistant',
  model: 'assistant',
  chatbot: 'assistant',
  bot: 'assistant',
  tool: 'tool',
  toolmessage: 'tool',
  function: 'tool',
  functionmessage: 'tool',
  tool_result: 'tool',
}

/** The canonical role. An unknown role is kept in lower case, an absent one becomes `fallback`. */
export function roleOf(value: unknown, fallback: string): string {
  if (typeof value !== 'string' || value === '') return fallback
  const lower = value.toLowerCase()
  return lookup(ROLES, lower) ?? lower
}

export function isRole(value: unknown): boolean {
  return typeof value === 'string' && Object.hasOwn(ROLES, value.toLowerCase())
}

export const FINISH: Readonly<Record<string, string>> = {
  'tool-calls': 'tool_calls',
  tool_call: 'tool_calls',
  'tool-call': 'tool_calls',
  tool_use: 'tool_calls',
  function_call: 'tool_calls',
  'content-filter': 'content_filter',
}

/** `tool-calls` and `tool_use` become `tool_calls`; others are kept in lower case. */
export function finishReason(text: string): string {
  // Some SDKs print enumerations as `FinishReason.STOP`.
  const word = text
    .trim()
    .toLowerCase()
    .replace(/^(?:[a-z]+\.)*(?:finish_?reason\.)/, '')
  return lookup(FINISH, word) ?? word
}

/**
 * The value as canonical messages, or null when it does not look like messages. `role` is used for content that names
 * no role.
 */
export function messagesOf(value: unknown, role: string): Message[] | null {
  if (Array.isArray(value)) return fromArray(value, role)
  if (!isRecord(value)) return null
  const m = looksLikeMessage(value) ? messageOf(value, role) : null
  return m === null ? null : [m]
}

function fromArray(list: readonly unknown[], role: string): Message[] | null {
  // LangChain puts a batch of conversations into one more list.
  if (list.length > 0 && list.every((x) => Array.isArray(x))) return fromArray(list.flat(1), role)
  if (list.some((x) => isRecord(x) && looksLikeMessage(x))) return eachMessage(list, role)
  // A list of content blocks without a message is one message.
  const parts = list.length > 0 && list.every(isBlock) ? partsOf(list, role) : []
  return parts.length === 0 ? null : [{ role, parts }]
}

function eachMessage(list: readonly unknown[], role: string): Message[] | null {
  const out: Message[] = []
  for (const item of list.slice(0, MESSAGES_MAX)) {
    const m =
      typeof item === 'string'
        ? textMessage(item, role)
        : isRecord(item)
          ? messageOf(item, role)
          : null
    if (m !== null) out.push(m)
  }
  return out.length === 0 ? null : out
}

function isBlock(x: unknown): boolean {
  if (!isRecord(x)) return false
  return (
    typeof x['type'] === 'string' ||
    typeof x['text'] === 'string' ||
    isRecord(x['toolUse']) ||
    isRecord(x['toolResult'])
  )
}

/** One message of plain text, or null when there is no text. */
export function textMessage(text: string, role: string): Message | null {
  return text === '' ? null : { role, parts: [{ type: 'text', content: text }] }
}

function looksLikeMessage(v: Record<string, unknown>): boolean {
  if (Array.isArray(v['parts'])) return true
  if (isRecord(v['message']) || isRecord(v['kwargs']) || isRecord(v['delta'])) return true
  if (isRecord(v['data']) && isRole(v['type'])) return true
  if (
    typeof v['role'] === 'string' &&
    ('content' in v || 'tool_calls' in v || 'parts' in v || 'text' in v)
  )
    return true
  if ('content' in v && isRole(v['type'])) return true
  // The Responses API has other items in the list of messages.
  return (
    typeof v['type'] === 'string' &&
    (v['type'] === 'function_call' ||
      v['type'] === 'function_call_output' ||
      v['type'] === 'message')
  )
}

/** One message from any of its forms, or null when it is empty. */
export function messageOf(raw: Record<string, unknown>, fallback: string): Message | null {
  const { body, finish } = unwrapped(raw)
  const role = roleIn(body, raw, fallback)
  const message: Message = { role, parts: contentParts(body, role) }
  addToolCalls(message.parts, body)
  if (role === 'tool') asToolResponse(message, body)
  else if (isItem(body)) return itemMessage(body)
  const name = body['name']
  if (typeof name === 'string' && name !== '' && role !== 'tool') message.name = name
  const reason = body['finish_reason'] ?? body['finishReason'] ?? body['stop_reason'] ?? finish
  if (typeof reason === 'string' && reason !== '') message.finish_reason = finishReason(reason)
  return message
}

/** Finds the message inside a choice, a LangChain constructor or a `{type, data}` pair. */
function unwrapped(raw: Record<string, unknown>): {
  readonly body: Record<string, unknown>
  readonly finish: unknown
} {
  const finish = raw['finish_reason'] ?? raw['finishReason']
  for (const key of ['message', 'delta', 'kwargs', 'data'] as const) {
    const inner = raw[key]
    if (!isRecord(inner)) continue
    if (key === 'data' && !isRole(raw['type'])) continue
    // A choice may contain a LangChain message.
    const deeper = key === 'message' ? unwrapped(inner) : { body: inner, finish: undefined }
    return { body: deeper.body, finish: finish ?? deeper.finish ?? langchainFinish(deeper.body) }
  }
  return { body: raw, finish: finish ?? langchainFinish(raw) }
}

function langchainFinish(body: Record<string, unknown>): unknown {
  const meta = body['response_metadata']
  return isRecord(meta) ? (meta['finish_reason'] ?? meta['stop_reason']) : undefined
}

function roleIn(
  body: Record<string, unknown>,
  raw: Record<string, unknown>,
  fallback: string,
): string {
  for (const value of [body['role'], body['_role']])
    if (typeof value === 'string' && value !== '') return roleOf(value, fallback)
  for (const value of [body['type'], raw['type']]) if (isRole(value)) return roleOf(value, fallback)
  const id = raw['id']
  if (Array.isArray(id) && isRole(id.at(-1))) return roleOf(id.at(-1), fallback)
  return roleOf(raw['role'], fallback)
}

function contentParts(body: Record<string, unknown>, role: string): Part[] {
  const parts: Part[] = []
  const thought = body['reasoning_content'] ?? body['reasoning'] ?? body['thinking']
  if (typeof thought === 'string' && thought !== '')
    parts.push({ type: 'reasoning', content: thought })
  const content = body['parts'] ?? body['content'] ?? body['contents'] ?? body['text']
  parts.push(...partsOf(content, role))
  if (typeof body['refusal'] === 'string' && body['refusal'] !== '' && parts.length === 0)
    parts.push({ type: 'refusal', content: body['refusal'] })
  return parts
}

function addToolCalls(parts: Part[], body: Record<string, unknown>): void {
  const extra = isRecord(body['additional_kwargs']) ? body['additional_kwargs'] : null
  const calls = body['tool_calls'] ?? body['toolCalls'] ?? extra?.['tool_calls']
  if (Array.isArray(calls) && !parts.some((x) => x.type === 'tool_call'))
    for (const call of calls) if (isRecord(call)) parts.push(toolCallPart(call))
  const legacy = body['function_call']
  if (isRecord(legacy) && !parts.some((x) => x.type === 'tool_call'))
    parts.push(toolCallPart(legacy))
}

/** A `tool` message has the call's id beside the content. The canonical form is one response part. */
function asToolResponse(message: Message, body: Record<string, unknown>): void {
  if (message.parts.some((x) => x.type === 'tool_call_response')) return
  const id = body['tool_call_id'] ?? body['toolCallId'] ?? body['id']
  const content = body['content'] ?? body['parts'] ?? null
  const text = message.parts.every((x) => x.type === 'text') ? textOf(message.parts) : content
  const part: Part = { type: 'tool_call_response' }
  if (typeof id === 'string' && id !== '') part['id'] = id
  if (typeof body['name'] === 'string' && body['name'] !== '') part['name'] = body['name']
  part['response'] = text
  message.parts = [part]
}

function isItem(body: Record<string, unknown>): boolean {
  return (
    body['type'] === 'function_call' ||
    body['type'] === 'function_call_output' ||
    body['type'] === 'reasoning'
  )
}

/** Converts an item of the Responses API that is no message: a call, its output, a reasoning summary. */
function itemMessage(body: Record<string, unknown>): Message {
  const role = body['type'] === 'function_call_output' ? 'tool' : 'assistant'
  return { role, parts: partsOf([body], role) }
}
