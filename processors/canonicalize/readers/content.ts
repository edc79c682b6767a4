// Transforms for content: messages, tools, documents, JSON values. Indexed families are in `indexed-keys/transforms.ts`, JSON
// objects that pack usage, cost or parameters in `packed-json.ts`.

import { VALUE } from '../../../core/batch.ts'
import { N, R } from '../../../core/fields.ts'
import { requestMessages, requestSystem, responseMessages } from '../content/bodies.ts'
import { documentsOf } from '../content/documents.ts'
import type { Message, Part } from '../content/message.ts'
import { finishReason, messagesOf, textMessage } from '../content/messages.ts'
import { partsOf } from '../content/parts.ts'
import { toolsOf } from '../content/tools.ts'
import { type Usage, usageIn } from '../content/usage.ts'
import { SHAPE, VERDICT } from '../json/json-kernel.ts'
import { parseLoose } from '../json/loose-json.ts'
import { isRecord, plainText } from '../json/values.ts'
import type { Transform } from '../rules/dialect.ts'
import { attrValue } from '../span/any-value.ts'
import type { CurrentSpan } from '../span/current-span.ts'

/** JSON in the field as it is when it is valid, else text as a JSON string. */
export function putJson(span: CurrentSpan, attr: number, field: number): boolean {
  if (span.isNullContent(attr)) return false
  const type = span.type(attr)
  if (type !== VALUE.STRING) {
    span.setJson(field, attrValue(span.batch, attr))
    return true
  }
  const off = span.off(attr)
  const len = span.len(attr)
  const verdict = span.json.check(off, len, SHAPE.ANY)
  if (verdict === VERDICT.YES) span.events.setRange(span.event, field, off, len)
  else if (verdict === VERDICT.NO && !mayBeRepr(span.arena.bytes, off, len))
    span.setJsonString(field, off, len)
  else {
    const text = span.arena.text(off, len)
    const value = parseLoose(text)
    span.setJson(field, value === undefined ? text : value)
  }
  return true
}

/** Only what begins with a bracket may be the repr of a Python value. */
function mayBeRepr(b: Uint8Array, off: number, len: number): boolean {
  let i = off
  while (i < off + len && (b[i] as number) <= 32) i++
  const c = b[i]
  // Spaces beyond ASCII are left to who knows them all.
  return i < off + len && (c === 123 || c === 91 || c === 40 || (c as number) >= 128)
}

/** JSON-parse when it is JSON; an object inside a JSON string is unpacked once more. */
const json: Transform = (span, attr, rule) => putJson(span, attr, rule.range)

/** Messages of the standard's attribute: as they are when canonical, normalised otherwise. */
const messages: Transform = (span, attr, rule) => {
  if (span.isNullContent(attr)) return false
  if (span.type(attr) === VALUE.STRING) {
    const off = span.off(attr)
    const len = span.len(attr)
    if (len > 2 && span.json.check(off, len, SHAPE.MESSAGES) === VERDICT.YES) {
      span.events.setRange(span.event, rule.range, off, len)
      if (rule.range === R.output_messages) rememberReasons(span)
      return true
    }
  }
  return putMessages(span, rule, bodyMessages(span.value(attr), rule.range === R.output_messages))
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
  // Some list a choice for each answer here: {index, message, finish_reason}.
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

export function putMessages(
  span: CurrentSpan,
  rule: { readonly range: number },
  list: Message[] | null,
): boolean {
  if (list === null || list.length === 0) return false
  span.setJson(rule.range, list)
  return true
}

/** A request body: messages, and the system prompt beside them. */
const bodyIn: Transform = (span, attr, rule) => {
  if (span.isNullContent(attr)) return false
  const value = span.value(attr)
  const list = bodyMessages(value, false)
  const system = requestSystem(value)
  if (system !== null && !span.hasRange(R.system_instructions))
    span.setJson(R.system_instructions, system)
  return putMessages(span, rule, list)
}

/** A response body: messages, and the usage and finish reason in it. */
const bodyOut: Transform = (span, attr, rule) => {
  if (span.isNullContent(attr)) return false
  const value = span.value(attr)
  takeFromBody(span, value)
  // A gateway echoes the raw request of a failed call: {completion: null, rawRequest}.
  if (isRecord(value) && 'rawRequest' in value) return true
  return putMessages(span, rule, bodyMessages(value, true))
}

/** Usage, model, id and finish reason of a response body, where the span itself is silent. */
export function takeFromBody(span: CurrentSpan, body: unknown): void {
  if (!isRecord(body)) return
  if (!span.hasUsage()) putUsage(span, usageIn(body))
  const model = body['model'] ?? body['modelVersion'] ?? body['model_version']
  if (typeof model === 'string' && model !== '' && !span.hasRange(R.response_model))
    span.setString(R.response_model, model)
  const id = body['id'] ?? body['response_id'] ?? body['responseId']
  if (typeof id === 'string' && id !== '' && !span.hasRange(R.response_id))
    span.setString(R.response_id, id)
  if (!span.hasRange(R.finish_reasons) && typeof body['stop_reason'] === 'string')
    span.setJson(R.finish_reasons, [finishReason(body['stop_reason'])])
}

export function putUsage(span: CurrentSpan, usage: Usage | null): void {
  if (usage === null) return
  const extra = usage.isExclusive ? orZero(usage.cacheRead) + orZero(usage.cacheWrite) : 0
  span.offerNumber(N.input_tokens, usage.input + extra)
  span.offerNumber(N.output_tokens, usage.output)
  span.offerNumber(N.total_tokens, extra > 0 ? Number.NaN : usage.total)
  span.offerNumber(N.cache_read_tokens, usage.cacheRead)
  span.offerNumber(N.cache_write_tokens, usage.cacheWrite)
  span.offerNumber(N.reasoning_tokens, usage.reasoning)
  for (const [name, n] of usage.details) if (n > 0) span.entries.addDetail(name, n)
}

export function orZero(n: number): number {
  return Number.isNaN(n) ? 0 : n
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
    span.json.check(span.off(attr), span.len(attr), SHAPE.DOCUMENTS) === VERDICT.YES
  ) {
    span.events.setRange(span.event, rule.range, span.off(attr), span.len(attr))
    return true
  }
  const list = documentsOf(span.value(attr))
  if (list === null) return false
  span.setJson(rule.range, list)
  return true
}

/** Texts to embed, each JSON text of a string: one user message. */
const values: Transform = (span, attr, rule) => {
  const value = span.value(attr)
  const list = (Array.isArray(value) ? value : [value]).map((x) => {
    const inner = typeof x === 'string' ? parseLoose(x) : x
    return typeof inner === 'string' ? inner : typeof x === 'string' ? x : JSON.stringify(x)
  })
  const parts: Part[] = list.filter((x) => x !== '').map((content) => ({ type: 'text', content }))
  return parts.length > 0 && putMessages(span, rule, [{ role: 'user', parts }])
}

/** Plain text is one message of the side's role; `system` likewise. */
const plain: Transform = (span, attr, rule) => {
  if (span.isNullContent(attr)) return false
  return putMessages(span, rule, bodyMessages(span.text(attr), rule.range === R.output_messages))
}

/** Content whose field depends on the kind of span: kept for `content-by-kind.ts`. */
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
