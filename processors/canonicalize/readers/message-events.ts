// Reads single messages, parts and documents of span events, log records or lists of events.

import { R } from '../../../core/fields.ts'
import type { Message } from '../content/content-types.ts'
import { documentsOf } from '../content/documents.ts'
import { finishReason, messageOf, messagesOf, roleOf, textMessage } from '../content/messages.ts'
import { partsOf } from '../content/parts.ts'
import { parseLoose } from '../json/loose-json.ts'
import { isRecord } from '../json/values.ts'
import type { CurrentSpan } from '../span/current-span.ts'

/** One message event. `body` is its attributes, or a log record's body. */
export function readMessageEvent(
  span: CurrentSpan,
  name: string,
  body: Record<string, unknown>,
): void {
  // Instrumentations of .NET and others put the whole body as JSON into one attribute.
  const packed = parsedText(body['gen_ai.event.content'])
  const content = isRecord(packed) ? packed : body
  switch (name) {
    case 'gen_ai.system.message':
      span.content.eventSystem.push(...partsOf(parsedBlocks(content['content']), 'system'))
      return
    case 'gen_ai.tool.developer':
      return pushMessage(span.content.eventInput, content, 'developer')
    case 'gen_ai.developer.message':
      span.content.eventSystem.push(...partsOf(parsedBlocks(content['content']), 'system'))
      return
    case 'gen_ai.user.message':
      return pushMessage(span.content.eventInput, content, 'user')
    case 'gen_ai.assistant.message':
      return pushMessage(span.content.eventInput, content, 'assistant')
    case 'gen_ai.tool.message':
      return pushMessage(span.content.eventInput, content, 'tool')
    case 'gen_ai.choice':
      return pushChoice(span, content)
    case 'gen_ai.content.prompt':
      return pushPrompt(span, content['gen_ai.prompt'] ?? content['content'])
    case 'gen_ai.content.completion':
      return pushList(
        span.content.eventOutput,
        content['gen_ai.completion'] ?? content['content'],
        'assistant',
      )
    case 'gen_ai.content.reasoning':
      if (typeof content['gen_ai.content.reasoning'] === 'string')
        span.content.eventOutput.push({
          role: 'assistant',
          parts: [{ type: 'reasoning', content: content['gen_ai.content.reasoning'] }],
        })
      return
    default:
      return pushDocument(span, body)
  }
}

function parsedText(v: unknown): unknown {
  return typeof v === 'string' ? (parseLoose(v) ?? v) : v
}

/** Blocks inside JSON text (Bedrock) are blocks. Any other text is text. */
function parsedBlocks(v: unknown): unknown {
  const parsed = parsedText(v)
  return Array.isArray(parsed) || isRecord(parsed) ? parsed : v
}

function pushMessage(out: Message[], content: Record<string, unknown>, role: string): void {
  const said = roleOf(content['role'], role)
  const m = messageOf(
    {
      ...content,
      role: said,
      content: parsedBlocks(content['content']),
      tool_calls: parsedText(content['tool_calls']),
    },
    said,
  )
  if (m !== null && m.parts.length > 0) out.push(m)
}

function pushChoice(span: CurrentSpan, content: Record<string, unknown>): void {
  const inner = parsedText(content['message'] ?? content['content'])
  const reason = content['finish_reason']
  const message: Record<string, unknown> = isRecord(inner) ? inner : { content: inner }
  const m = messageOf(
    {
      role: 'assistant',
      ...message,
      content: parsedBlocks(message['content']),
      tool_calls: parsedText(message['tool_calls'] ?? content['tool_calls']),
    },
    'assistant',
  )
  if (m === null) return
  if (typeof reason === 'string' && reason !== '') m.finish_reason = finishReason(reason)
  const result = parsedText(content['tool.result'])
  if (result !== undefined && result !== null && !span.hasRange(R.tool_result))
    span.setJson(R.tool_result, result)
  if (m.parts.length > 0 || m.finish_reason !== undefined) pushInOrder(span, m, content['index'])
}

/** The position of each choice, because choices may arrive in any order. */
const places = new WeakMap<Message, number>()

function pushInOrder(span: CurrentSpan, m: Message, index: unknown): void {
  const place = typeof index === 'number' ? index : 0
  places.set(m, place)
  let at = span.content.eventOutput.length
  while (at > 0 && (places.get(span.content.eventOutput[at - 1] as Message) ?? 0) > place) at--
  span.content.eventOutput.splice(at, 0, m)
}

/** Reads JSON, or lines "role: text". */
function pushPrompt(span: CurrentSpan, value: unknown): void {
  const parsed = parsedText(value)
  if (typeof parsed !== 'string') return pushList(span.content.eventInput, parsed, 'user')
  const lines = parsed.split(/\n(?=(?:system|developer|user|assistant|tool|human|ai): )/)
  for (const line of lines) {
    const m = /^(system|developer|user|assistant|tool|human|ai): ([\s\S]*)$/.exec(line)
    const message =
      m === null ? textMessage(line, 'user') : textMessage(m[2] as string, roleOf(m[1], 'user'))
    if (message !== null) span.content.eventInput.push(message)
  }
}

function pushList(out: Message[], value: unknown, role: string): void {
  const parsed = parsedText(value)
  if (typeof parsed === 'string') {
    const m = textMessage(parsed, role)
    if (m !== null) out.push(m)
    return
  }
  out.push(...(messagesOf(parsed, role) ?? []))
}

function pushDocument(span: CurrentSpan, body: Record<string, unknown>): void {
  const doc: Record<string, unknown> = {}
  for (const [name, v] of Object.entries(body))
    doc[name.replace(/^db\.(?:query|search)\.result\./, '')] = v
  const found = documentsOf([doc])
  if (found !== null) span.content.eventDocuments.push(...found)
}
