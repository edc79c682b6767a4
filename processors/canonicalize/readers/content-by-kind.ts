// Content whose field depends on the kind of span: `input.value` and its like are tool arguments, a query, messages, or
// plain input. Runs when the kind is known.

import { ATTR, ATTR_STRIDE, VALUE } from '../../../core/batch.ts'
import { N, R } from '../../../core/fields.ts'
import { key } from '../../../core/keys.ts'
import { requestMessages, requestSystem, responseMessages } from '../content/bodies.ts'
import { documentsOf } from '../content/documents.ts'
import type { Message } from '../content/message.ts'
import { textMessage } from '../content/messages.ts'
import { usageIn } from '../content/usage.ts'
import { isRecord } from '../json/values.ts'
import type { Work } from '../span/work.ts'
import { putJson, putUsage, takeFromBody } from './content.ts'
import { takeParams } from './packed-json.ts'

/** Says which attribute filled which field, for `explain`. */
export type Filled = (attr: number, field: string) => void

export function placeInput(w: Work, filled: Filled): void {
  const attr = w.ioIn.at(0)
  if (w.kind === 'tool') {
    if (!w.hasRange(R.tool_arguments) && putJson(w, attr, R.tool_arguments))
      filled(attr, 'tool_arguments')
    return
  }
  if (w.kind === 'llm' || w.kind === 'embedding') {
    if (w.hasRange(R.input_messages)) return
    for (const row of w.ioIn.values())
      if (putInputMessages(w, row)) return filled(row, 'input_messages')
    if (putInput(w, attr)) filled(attr, 'input')
    return
  }
  if (!putInput(w, attr)) return
  filled(attr, 'input')
  if (w.kind === 'retrieval' || w.kind === 'rerank') putQuery(w, attr)
}

const INPUT_VALUE = key('input.value')
const OUTPUT_VALUE = key('output.value')

function putInput(w: Work, attr: number): boolean {
  return isPlain(w, attr, INPUT_VALUE, w.isInputText)
    ? putText(w, attr, R.input)
    : putJson(w, attr, R.input)
}

function putOutput(w: Work, attr: number): boolean {
  return isPlain(w, attr, OUTPUT_VALUE, w.isOutputText)
    ? putText(w, attr, R.output)
    : putJson(w, attr, R.output)
}

/** Text that its instrumentation calls text is not parsed, whatever it looks like. */
function isPlain(w: Work, attr: number, keyId: number, isText: boolean): boolean {
  return isText && w.batch.attrs[attr * ATTR_STRIDE + ATTR.KEY] === keyId
}

function putText(w: Work, attr: number, field: number): boolean {
  if (w.isNullContent(attr)) return false
  if (w.type(attr) === VALUE.STRING) w.setJsonString(field, w.off(attr), w.len(attr))
  else w.setJson(field, w.text(attr))
  return true
}

function putInputMessages(w: Work, attr: number): boolean {
  const value = w.value(attr)
  const list: Message[] | null =
    typeof value === 'string' ? listOf(textMessage(value, 'user')) : requestMessages(value)
  if (isRecord(value)) {
    const system = requestSystem(value)
    if (system !== null && !w.hasRange(R.system_instructions))
      w.setJson(R.system_instructions, system)
    if (isRecord(value['config'])) takeParams(w, value['config'])
    takeParams(w, pickParams(value))
  }
  if (list === null || list.length === 0) return false
  w.setJson(R.input_messages, list)
  return true
}

/** Of a request body only what is surely a parameter: bodies hold anything else, too. */
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
]
function pickParams(body: Record<string, unknown>): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (const name of BODY_PARAMS) if (body[name] !== undefined) out[name] = body[name]
  return out
}

function listOf(m: Message | null): Message[] | null {
  return m === null ? null : [m]
}

function putQuery(w: Work, attr: number): void {
  if (w.hasRange(R.retrieval_query)) return
  const value = w.value(attr)
  if (typeof value === 'string') w.setString(R.retrieval_query, value)
  else if (isRecord(value))
    w.offerText(R.retrieval_query, value['query'] ?? value['q'] ?? value['question'])
}

export function placeOutput(w: Work, filled: Filled): void {
  const attr = w.ioOut.at(0)
  if (w.kind === 'tool') {
    if (!w.hasRange(R.tool_result) && putJson(w, attr, R.tool_result)) filled(attr, 'tool_result')
    return
  }
  if (w.kind === 'llm') return placeAnswer(w, filled)
  if (w.kind === 'embedding') return placeEmbedding(w, attr)
  if (w.kind === 'retrieval' || w.kind === 'rerank') {
    const found = w.hasRange(R.retrieval_documents) ? null : documentsOf(w.value(attr))
    if (found !== null) w.setJson(R.retrieval_documents, found)
  }
  if (putOutput(w, attr)) filled(attr, 'output')
}

function placeAnswer(w: Work, filled: Filled): void {
  if (w.hasRange(R.output_messages) && w.hasUsage()) {
    // Only the response id is missing; it tells two reports of one call apart from two calls.
    for (const row of w.ioOut.values()) if (!w.hasRange(R.response_id)) putResponseId(w, row)
    return
  }
  for (const row of w.ioOut.values()) {
    const value = w.value(row)
    takeFromBody(w, value)
    if (w.hasRange(R.output_messages)) continue
    const list =
      typeof value === 'string' ? listOf(textMessage(value, 'assistant')) : responseMessages(value)
    if (list !== null && list.length > 0) {
      w.setJson(R.output_messages, list)
      filled(row, 'output_messages')
    }
  }
  const first = w.ioOut.at(0)
  if (!w.hasRange(R.output_messages) && putJson(w, first, R.output)) filled(first, 'output')
}

/** `"id"` of a response body, found without parsing it. */
function putResponseId(w: Work, attr: number): void {
  if (w.type(attr) !== VALUE.STRING) return
  const literal = w.arena.literal('id')
  const off = literal < 0 ? -1 : w.json.stringMember(w.off(attr), w.len(attr), literal)
  const len = w.json.foundLength()
  if (off >= 0 && len > 0) w.events.setRange(w.e, R.response_id, off, len)
}

/** A response with vectors: usage and model are taken, the body is not kept. */
function placeEmbedding(w: Work, attr: number): void {
  if (w.hasUsage() && w.hasRange(R.response_model)) return
  const value = w.value(attr)
  if (!isRecord(value)) return
  putUsage(w, usageIn(value))
  const model = value['model']
  if (typeof model === 'string' && !w.hasRange(R.response_model))
    w.setString(R.response_model, model)
  const data = value['data']
  const first: unknown = Array.isArray(data) ? data[0] : undefined
  if (isRecord(first) && Array.isArray(first['embedding']))
    w.offerNumber(N.embedding_dimensions, first['embedding'].length)
}
