// Transforms for content: messages, tools, documents, JSON values. `indexed-keys/transforms.ts` has indexed families,
// and `packed-json.ts` JSON objects with usage, cost or parameters.

import { VALUE } from '../../../core/batch.ts'
import { R } from '../../../core/fields.ts'
import { requestMessages, requestSystem, responseMessages } from '../content/bodies.ts'
import type { Message, Part } from '../content/content-types.ts'
import { documentsOf } from '../content/documents.ts'
import { messagesOf, textMessage } from '../content/messages.ts'
import { partsOf } from '../content/parts.ts'
import { toolsOf } from '../content/tool-definitions.ts'
import { ANSWER, SHAPE } from '../json/json-kernel.ts'
import { parseLoose } from '../json/loose-json.ts'
import { isRecord, plainText } from '../json/values.ts'
import type { Transform } from '../rules/dialect.ts'
import { takeFromBody } from '../span/body-facts.ts'
import type { CurrentSpan } from '../span/current-span.ts'
import { putJson, putMessages } from '../span/put-json.ts'

/** Parses JSON. An object inside a JSON string is parsed too. */
const json: Transform = (span, attr, rule) => putJson(span, attr, rule.range)

/** Messages of the standard's attribute: unchanged if they are canonical, else normalised. */
const messages: Transform = (span, attr, rule) => {
  if (span.isNullContent(attr)) return false
  if (span.type(attr) === VALUE.STRING) {
    const off = span.off(attr)
    const len = span.len(attr)
    if (len > 2 && span.json.check(off, len, SHAPE.MESSAGES) === ANSWER.YES) {
      span.events.setRange(span.event, rule.range, off, len)
      if (rule.range === R.output_messages) rememberReasons(span)
      return true
    }
  }
  return putMessages(
    span,
    rule.range,
    bodyMessages(span.value(attr), rule.range === R.output_messages),
  )
}

function rememberReasons(span: CurrentSpan): void {
  span.content.setReasons(
    span.json.reasonCount(),
    span.json.lastReasonOff(),
    span.json.lastReasonLen(),
  )
}

function bodyMessages(value: unknown, isOutput: boolean): Message[] | null {
  const role = isOutput ? 'assistant' : 'user'
  if (value !== null && typeof value !== 'object') {
    const m = textMessage(plainText(value), role)
    return m === null ? null : [m]
  }
  // Some instrumentations list a choice for each response here: {index, message, finish_reason}.
  if (Array.isArray(value)) return messagesOf(value, role) ?? textsAsMessages(value, role)
  return isOutput ? responseMessages(value) : requestMessages(value)
}

function textsAsMessages(list: readonly unknown[], role: string): Message[] | null {
  const out: Message[] = []
  for (const x of list) {
    const content: unknown = isRecord(x) ? (x['content'] ?? x['text']) : x
    const parts = partsOf(content, role)
    if (parts.length > 0) out.push({ role, parts })
  }
  return out.length === 0 ? null : out
}

/** A request body: its messages and system prompt. */
const bodyIn: Transform = (span, attr, rule) => {
  if (span.isNullContent(attr)) return false
  const value = span.value(attr)
  const list = bodyMessages(value, false)
  const system = requestSystem(value)
  if (system !== null && !span.hasRange(R.system_instructions))
    span.setJson(R.system_instructions, system)
  return putMessages(span, rule.range, list)
}

/** A response body: its messages, usage and finish reason. */
const bodyOut: Transform = (span, attr, rule) => {
  if (span.isNullContent(attr)) return false
  const value = span.value(attr)
  takeFromBody(span, value)
  // A gateway returns the raw request of a failed call: {completion: null, rawRequest}.
  if (isRecord(value) && 'rawRequest' in value) return true
  return putMessages(span, rule.range, bodyMessages(value, true))
}

const system: Transform = (span, attr, rule) => {
  if (span.isNullContent(attr)) return false
  if (
    span.type(attr) === VALUE.STRING &&
    span.len(attr) > 2 &&
    span.json.isRepeatedly(span.off(attr), span.len(attr), SHAPE.PARTS)
  ) {
    span.events.setRange(span.event, rule.range, span.off(attr), span.len(attr))
    return true
  }
  const value = span.value(attr)
  const inner = isRecord(value) && 'parts' in value ? value['parts'] : value
  const parts: Part[] = partsOf(inner, 'system')
  if (parts.length === 0) return false
  span.setJson(rule.range, parts)
  return true
}

const tools: Transform = (span, attr, rule) => {
  if (span.isNullContent(attr)) return false
  if (
    span.type(attr) === VALUE.STRING &&
    span.len(attr) > 2 &&
    span.json.isRepeatedly(span.off(attr), span.len(attr), SHAPE.TOOLS)
  ) {
    span.events.setRange(span.event, rule.range, span.off(attr), span.len(attr))
    return true
  }
  const list = toolsOf(span.value(attr))
  if (list === null) return false
  span.setJson(rule.range, list)
  return true
}

const documents: Transform = (span, attr, rule) => {
  if (
    span.type(attr) === VALUE.STRING &&
    span.len(attr) > 2 &&
    span.json.check(span.off(attr), span.len(attr), SHAPE.DOCUMENTS) === ANSWER.YES
  ) {
    span.events.setRange(span.event, rule.range, span.off(attr), span.len(attr))
    return true
  }
  const list = documentsOf(span.value(attr))
  if (list === null) return false
  span.setJson(rule.range, list)
  return true
}

/** Texts to embed, each as JSON text of a string, become one user message. */
const values: Transform = (span, attr, rule) => {
  const value = span.value(attr)
  const list = (Array.isArray(value) ? value : [value]).map((x) => {
    const inner = typeof x === 'string' ? parseLoose(x) : x
    return typeof inner === 'string' ? inner : typeof x === 'string' ? x : JSON.stringify(x)
  })
  const parts: Part[] = list.filter((x) => x !== '').map((content) => ({ type: 'text', content }))
  return parts.length > 0 && putMessages(span, rule.range, [{ role: 'user', parts }])
}

/** Plain text becomes one message with the role of its side; `system` likewise. */
const plain: Transform = (span, attr, rule) => {
  if (span.isNullContent(attr)) return false
  return putMessages(
    span,
    rule.range,
    bodyMessages(span.text(attr), rule.range === R.output_messages),
  )
}

/** Content whose field depends on the kind of the span is kept for `content-by-kind.ts`. */
export const io: Transform = (span, attr, rule) => {
  if (span.isNullContent(attr)) return false
  span.content.add(rule.to, attr)
  return true
}

export const content = {
  json,
  messages,
  'body-in': bodyIn,
  'body-out': bodyOut,
  system,
  tools,
  documents,
  values,
  plain,
  io,
} as const satisfies Readonly<Record<string, Transform>>
