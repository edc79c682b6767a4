// Places content whose field depends on the kind of the span: `input.value` and similar keys are tool arguments, a
// query, messages, or plain input. It runs when the kind is known.

import { Literal } from '../../../core/arena.ts'
import { VALUE } from '../../../core/batch.ts'
import { N, R } from '../../../core/fields.ts'
import { key } from '../../../core/keys.ts'
import { requestMessages, requestSystem, responseMessages } from '../content/bodies.ts'
import type { Message } from '../content/content-types.ts'
import { documentsOf } from '../content/documents.ts'
import { textMessage } from '../content/messages.ts'
import { responseIdOf } from '../content/response-id.ts'
import { isUsualTier, usageIn } from '../content/usage.ts'
import { isRecord } from '../json/values.ts'
import { putUsage, takeFromBody } from '../span/body-facts.ts'
import type { CurrentSpan } from '../span/current-span.ts'
import { putJson } from '../span/put-json.ts'
import { takeParams } from '../span/put-params.ts'

/** Reports which attribute filled which field, for `explain`. */
export type Filled = (attr: number, field: string) => void

export function placeInput(span: CurrentSpan, filled: Filled): void {
  const attr = span.content.inputs.at(0)
  if (span.kind === 'tool') {
    if (!span.hasRange(R.tool_arguments) && putJson(span, attr, R.tool_arguments))
      filled(attr, 'tool_arguments')
    return
  }
  if (span.kind === 'llm' || span.kind === 'embedding') {
    if (span.hasRange(R.input_messages)) return
    for (const row of span.content.inputs.values())
      if (putInputMessages(span, row)) return filled(row, 'input_messages')
    if (putInput(span, attr)) filled(attr, 'input')
    return
  }
  if (!putInput(span, attr)) return
  filled(attr, 'input')
  if (span.kind === 'retrieval' || span.kind === 'rerank') putQuery(span, attr)
}

const INPUT_VALUE = key('input.value')
const OUTPUT_VALUE = key('output.value')

function putInput(span: CurrentSpan, attr: number): boolean {
  return isPlain(span, attr, INPUT_VALUE, span.content.isInputText)
    ? putText(span, attr, R.input)
    : putJson(span, attr, R.input)
}

function putOutput(span: CurrentSpan, attr: number): boolean {
  return isPlain(span, attr, OUTPUT_VALUE, span.content.isOutputText)
    ? putText(span, attr, R.output)
    : putJson(span, attr, R.output)
}

/** True for text that its instrumentation declares as text. It is not parsed, whatever it looks like. */
function isPlain(span: CurrentSpan, attr: number, keyId: number, isText: boolean): boolean {
  return isText && span.batch.attrKey(attr) === keyId
}

function putText(span: CurrentSpan, attr: number, field: number): boolean {
  if (span.isNullContent(attr)) return false
  if (span.type(attr) === VALUE.STRING) span.setJsonString(field, span.off(attr), span.len(attr))
  else span.setJson(field, span.text(attr))
  return true
}

function putInputMessages(span: CurrentSpan, attr: number): boolean {
  const value = span.value(attr)
  const list: Message[] | null =
    typeof value === 'string' ? listOf(textMessage(value, 'user')) : requestMessages(value)
  if (isRecord(value)) {
    const system = requestSystem(value)
    if (system !== null && !span.hasRange(R.system_instructions))
      span.setJson(R.system_instructions, system)
    if (isRecord(value['config'])) takeParams(span, value['config'])
    takeParams(span, pickParams(value))
  }
  if (list === null || list.length === 0) return false
  span.setJson(R.input_messages, list)
  return true
}

/** Members of a request body that are surely parameters. A body has other members too. */
const BODY_PARAMS = [
  'model',
  'temperature',
  'top_p',
  'top_k',
  'max_tokens',
  'max_completion_tokens',
  'seed',
  'stop',
  'frequency_penalty',
  'presence_penalty',
  'n',
  'stream',
  'tools',
  'service_tier',
]
function pickParams(body: Record<string, unknown>): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (const name of BODY_PARAMS) if (body[name] !== undefined) out[name] = body[name]
  return out
}

function listOf(m: Message | null): Message[] | null {
  return m === null ? null : [m]
}

function putQuery(span: CurrentSpan, attr: number): void {
  if (span.hasRange(R.retrieval_query)) return
  const value = span.value(attr)
  if (typeof value === 'string') span.setString(R.retrieval_query, value)
  else if (isRecord(value))
    span.offerText(R.retrieval_query, value['query'] ?? value['q'] ?? value['question'])
}

export function placeOutput(span: CurrentSpan, filled: Filled): void {
  const attr = span.content.outputs.at(0)
  if (span.kind === 'tool') {
    if (!span.hasRange(R.tool_result) && putJson(span, attr, R.tool_result))
      filled(attr, 'tool_result')
    return
  }
  if (span.kind === 'llm') return placeAnswer(span, filled)
  if (span.kind === 'embedding') return placeEmbedding(span, attr)
  if (span.kind === 'retrieval' || span.kind === 'rerank') {
    const found = span.hasRange(R.retrieval_documents) ? null : documentsOf(span.value(attr))
    if (found !== null) span.setJson(R.retrieval_documents, found)
  }
  if (putOutput(span, attr)) filled(attr, 'output')
}

function placeAnswer(span: CurrentSpan, filled: Filled): void {
  if (span.hasRange(R.output_messages) && span.hasUsage()) {
    for (const row of span.content.outputs.values()) {
      // No key of the span states tiers, searches, lifetimes of cache writes and costs, which change what is charged.
      if (mentionsCharges(span, row)) takeFromBody(span, span.value(row))
      // Only the response id is missing, which distinguishes two reports of one call from two calls.
      if (!span.hasRange(R.response_id)) putResponseId(span, row)
    }
    return
  }
  for (const row of span.content.outputs.values()) {
    const value = span.value(row)
    takeFromBody(span, value)
    if (span.hasRange(R.output_messages)) continue
    const list =
      typeof value === 'string' ? listOf(textMessage(value, 'assistant')) : responseMessages(value)
    if (list !== null && list.length > 0) {
      span.setJson(R.output_messages, list)
      filled(row, 'output_messages')
    }
  }
  const first = span.content.outputs.at(0)
  if (!span.hasRange(R.output_messages) && putJson(span, first, R.output)) filled(first, 'output')
}

/** True when a body has one of the members that change what is charged, and it is not 0 or the usual tier. */
function mentionsCharges(span: CurrentSpan, attr: number): boolean {
  if (span.type(attr) !== VALUE.STRING) return false
  // The brace of an object.
  if (span.arena.bytes[span.off(attr)] !== 123) return false
  if (CHARGES.some((name) => isMentioned(span, attr, name))) return true
  // The usage of Anthropic's answers has this member always, and the others only there.
  const [always] = ANTHROPICS
  return (
    always !== undefined &&
    span.mayContain(attr, always) &&
    ANTHROPICS.some((name) => isMentioned(span, attr, name))
  )
}

const isMentioned = (span: CurrentSpan, attr: number, name: Literal): boolean =>
  span.mayContain(attr, name) && isCharged(span, valueAfter(span, attr, name.text))

const CHARGES = [
  'web_search_requests"',
  'ephemeral_1h_input_tokens"',
  '"service_tier"',
  '"cost"',
].map((name) => new Literal(name))
/** They also show whether the counts of the span have the cache in them. */
const ANTHROPICS = [
  'cache_read_input_tokens"',
  'cache_creation_input_tokens"',
  '"speed"',
  '"inference_geo"',
].map((name) => new Literal(name))
const VALUE_BYTES = 24

/** The beginning of the value of the first member with that name, '' without one. */
function valueAfter(span: CurrentSpan, attr: number, name: string): string {
  const off = span.off(attr)
  const body = span.arena.buf.subarray(off, off + span.len(attr))
  const at = body.indexOf(name, 0, 'latin1')
  if (at < 0) return ''
  const from = at + name.length
  return body.toString('latin1', from, from + VALUE_BYTES).replace(/^\s*:\s*/, '')
}

/** The usual tier says something only where another one was asked for. */
function isCharged(span: CurrentSpan, value: string): boolean {
  const tier = /^"([^"]*)"/.exec(value)?.[1]
  if (tier === undefined) return /^(?:[1-9]|0?\.\d|\{)/.test(value)
  if (tier === 'global' || tier === 'not_available') return false
  return span.entries.paramNamed('service_tier') >= 0 || !isUsualTier(tier)
}

/** Finds the `"id"` of a response body, without parsing the body if the id is at the top level. */
function putResponseId(span: CurrentSpan, attr: number): void {
  if (span.type(attr) !== VALUE.STRING) return
  const literal = ID.id(span.arena)
  const at = literal < 0 ? -1 : span.json.stringMember(span.off(attr), span.len(attr), literal)
  const len = span.json.foundLength()
  if (at >= 0 && len > 0) return span.events.setRange(span.event, R.response_id, at, len)
  if (!span.mayContain(attr, NESTED)) return
  const value = span.value(attr)
  if (isRecord(value)) span.offerText(R.response_id, responseIdOf(value))
}
/** The member in which frameworks keep the provider's data about its response. */
const NESTED = new Literal('"response_metadata"')
const ID = new Literal('id')

/** Places a response with vectors: usage and model are used, the body is not kept. */
function placeEmbedding(span: CurrentSpan, attr: number): void {
  if (span.hasUsage() && span.hasRange(R.response_model)) return
  const value = span.value(attr)
  if (!isRecord(value)) return
  putUsage(span, usageIn(value))
  const model = value['model']
  if (typeof model === 'string' && !span.hasRange(R.response_model))
    span.setString(R.response_model, model)
  const data = value['data']
  const first: unknown = Array.isArray(data) ? data[0] : undefined
  if (isRecord(first) && Array.isArray(first['embedding']))
    span.offerNumber(N.embedding_dimensions, first['embedding'].length)
}
