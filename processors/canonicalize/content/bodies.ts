// Finds messages and system instructions in the request and response bodies of providers and frameworks (OpenAI chat,
// completions and responses, Anthropic, Gemini, Bedrock, LangChain and others).

import { isRecord } from '../json/values.ts'
import type { Message, Part } from './content-types.ts'
import { finishReason, messageOf, messagesOf, textMessage } from './messages.ts'
import { partsOf } from './parts.ts'

type Body = Record<string, unknown>

/** The sent messages of a request body, or null. */
export function requestMessages(body: unknown): Message[] | null {
  if (!isRecord(body)) return messagesOf(body, 'user')
  const direct =
    body['messages'] ??
    body['contents'] ??
    body['chat_history'] ??
    body['items'] ??
    body['input_messages']
  if (Array.isArray(direct)) return messagesOf(direct, 'user')
  const input = body['input']
  if (Array.isArray(input)) return messagesOf(input, 'user')
  for (const key of ['prompt', 'query', 'input', 'question', 'text'] as const) {
    const text = body[key]
    if (typeof text === 'string') return asList(textMessage(text, 'user'))
  }
  if (Array.isArray(body['prompt'])) return messagesOf(body['prompt'], 'user')
  if (isRecord(input)) return requestMessages(input)
  if (isRecord(body['kwargs']) && Array.isArray(body['kwargs']['messages']))
    return messagesOf(body['kwargs']['messages'], 'user')
  return messagesOf(body, 'user')
}

function asList(m: Message | null): Message[] | null {
  return m === null ? null : [m]
}

/** The system instructions of a request body as parts, or null. */
export function requestSystem(body: unknown): Part[] | null {
  if (!isRecord(body)) return null
  const config = isRecord(body['config']) ? body['config'] : {}
  const system =
    body['system'] ??
    body['system_instruction'] ??
    body['systemInstruction'] ??
    body['instructions'] ??
    config['system_instruction']
  if (system === undefined || system === null) return null
  const inner = isRecord(system) && 'parts' in system ? system['parts'] : system
  const parts = partsOf(inner, 'system')
  return parts.length === 0 ? null : parts
}

/** The received messages of a response body, or null. */
export function responseMessages(body: unknown): Message[] | null {
  if (Array.isArray(body)) return messagesOf(body, 'assistant')
  if (!isRecord(body)) return null
  for (const key of [
    'choices',
    'candidates',
    'generations',
    'replies',
    'output',
    'messages',
    'content',
  ] as const) {
    const list = body[key]
    if (!Array.isArray(list) || list.length === 0) continue
    const found = key === 'content' ? asList(contentMessage(body)) : listMessages(key, list)
    if (found !== null) return found
  }
  const message =
    body['message'] ??
    (isRecord(body['output']) ? (body['output']['message'] ?? body['output']) : undefined)
  if (isRecord(message)) return asList(withFinish(messageOf(message, 'assistant'), body))
  if (isRecord(body['response'])) return responseMessages(body['response'])
  if (isRecord(body['content']) && Array.isArray(body['content']['parts']))
    return asList(
      contentMessage({ ...body, ...body['content'], content: body['content']['parts'] }),
    )
  if (typeof body['combined_chunk_content'] === 'string')
    return asList(textMessage(body['combined_chunk_content'], 'assistant'))
  return messagesOf(body, 'assistant')
}

function listMessages(key: string, list: readonly unknown[]): Message[] | null {
  // Generations of a batch have one more level. Only the first response of each prompt is used, like a choice.
  const flat = key === 'generations' ? list.flat(1) : list
  const out: Message[] = []
  for (const item of flat) {
    if (typeof item === 'string') push(out, textMessage(item, 'assistant'))
    else if (isRecord(item)) push(out, choiceMessage(item))
  }
  return out.length === 0 ? null : key === 'output' ? merged(out) : out
}

function push(out: Message[], m: Message | null): void {
  if (m !== null && (m.parts.length > 0 || m.finish_reason !== undefined)) out.push(m)
}

function choiceMessage(item: Body): Message | null {
  if (isRecord(item['content']) && Array.isArray(item['content']['parts']))
    return withFinish(
      contentMessage({ ...item['content'], content: item['content']['parts'] }),
      item,
    )
  const hasMessage =
    isRecord(item['message']) || isRecord(item['delta']) || isRecord(item['kwargs'])
  if (!hasMessage && typeof item['text'] === 'string' && item['type'] !== 'output_text') {
    const info = isRecord(item['generation_info']) ? item['generation_info'] : item
    return withFinish(textMessage(item['text'], 'assistant'), info)
  }
  const m = messageOf(item, 'assistant')
  const info = item['generation_info']
  return isRecord(info) && m !== null && m.finish_reason === undefined ? withFinish(m, info) : m
}

/** `{role, content: [blocks], stop_reason}` of Anthropic, and one message of Gemini. */
function contentMessage(body: Body): Message | null {
  const m = messageOf(body, 'assistant')
  return m === null || m.parts.length === 0 ? null : m
}

function withFinish(m: Message | null, from: Body): Message | null {
  const reason =
    from['finish_reason'] ?? from['finishReason'] ?? from['stop_reason'] ?? from['stopReason']
  if (m !== null && m.finish_reason === undefined && typeof reason === 'string' && reason !== '')
    m.finish_reason = finishReason(reason)
  return m
}

/** Merges the items of one response (Responses API) into one assistant message. */
function merged(list: readonly Message[]): Message[] {
  const out: Message[] = []
  for (const m of list) {
    const last = out.at(-1)
    if (last !== undefined && last.role === m.role && m.role === 'assistant') {
      last.parts.push(...m.parts)
      if (m.finish_reason !== undefined) last.finish_reason = m.finish_reason
    } else out.push(m)
  }
  return out
}

/** True for a whole response body of a provider: a response with its usage. */
export function takeableBody(body: Record<string, unknown>): boolean {
  return (
    (Array.isArray(body['choices']) ||
      Array.isArray(body['content']) ||
      Array.isArray(body['candidates'])) &&
    isRecord(body['usage'] ?? body['usageMetadata'])
  )
}
