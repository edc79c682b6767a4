// Transforms for content: messages, tools, documents, JSON values, indexed families, and the JSON objects in
// which dialects pack usage, cost and answers.

import { VALUE } from '../../core/batch.ts'
import { N, R } from '../../core/fields.ts'
import { attrValue } from './any-value.ts'
import {
  requestMessages,
  requestSystem,
  responseMessages,
  type Usage,
  usageIn,
  usageOf,
} from './bodies.ts'
import type { Rule, Transform } from './compile.ts'
import { stringsOf } from './how-scalar.ts'
import { isCanonicalMessages, isCanonicalParts, isCanonicalTools, isJson } from './json-bytes.ts'
import { parseLoose } from './loose-json.ts'
import { finishReason, type Message, messagesOf, textMessage } from './messages.ts'
import { isRecord, type Part, partsOf, toolCallPart } from './parts.ts'
import {
  annotationsOf,
  type Document,
  documentsOf,
  messagesOfTree,
  textsOfTree,
  toolsOf,
  toolsOfTree,
  treeOf,
} from './trees.ts'
import type { Work } from './work.ts'

/** JSON in the field as it is when it is valid, else text as a JSON string. */
export function putJson(w: Work, attr: number, field: number): boolean {
  if (w.isNull(attr)) return false
  const type = w.type(attr)
  if (type !== VALUE.STRING) {
    w.setJson(field, attrValue(w.batch, attr))
    return true
  }
  const off = w.off(attr)
  const len = w.len(attr)
  if (isJson(w.arena.bytes, off, len)) {
    w.events.setRange(w.e, field, off, len)
    return true
  }
  const text = w.arena.text(off, len)
  const value = parseLoose(text)
  w.setJson(field, value === undefined ? text : value)
  return true
}

/** JSON-parse when it is JSON; an object inside a JSON string is unpacked once more. */
const json: Transform = (w, attr, rule) => putJson(w, attr, rule.range)

/** Messages of the standard's attribute: as they are when canonical, normalised otherwise. */
const messages: Transform = (w, attr, rule) => {
  if (w.isNull(attr)) return false
  if (w.type(attr) === VALUE.STRING) {
    const off = w.off(attr)
    const len = w.len(attr)
    if (len > 2 && isCanonicalMessages(w.arena.bytes, off, len)) {
      w.events.setRange(w.e, rule.range, off, len)
      return true
    }
  }
  return putMessages(w, rule, bodyMessages(w.value(attr), rule.range === R.output_messages))
}

function bodyMessages(value: unknown, isOutput: boolean): Message[] | null {
  const role = isOutput ? 'assistant' : 'user'
  if (typeof value === 'string') {
    const m = textMessage(value, role)
    return m === null ? null : [m]
  }
  // OpenAI lists a choice per answer here (Laminar): {index, message, finish_reason}.
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
  w: Work,
  rule: { readonly range: number },
  list: Message[] | null,
): boolean {
  if (list === null || list.length === 0) return false
  w.setJson(rule.range, list)
  return true
}

/** A request body: messages, and the system prompt beside them. */
const bodyIn: Transform = (w, attr, rule) => {
  if (w.isNull(attr)) return false
  const value = w.value(attr)
  const list = bodyMessages(value, false)
  const system = requestSystem(value)
  if (system !== null && !w.hasRange(R.system_instructions))
    w.setJson(R.system_instructions, system)
  return putMessages(w, rule, list)
}

/** A response body: messages, and the usage and finish reason in it. */
const bodyOut: Transform = (w, attr, rule) => {
  if (w.isNull(attr)) return false
  const value = w.value(attr)
  takeFromBody(w, value)
  // OpenRouter echoes the raw request of a failed call: {completion: null, rawRequest}.
  if (isRecord(value) && 'rawRequest' in value) return true
  return putMessages(w, rule, bodyMessages(value, true))
}

/** Usage, model, id and finish reason of a response body, where the span itself is silent. */
export function takeFromBody(w: Work, body: unknown): void {
  if (!isRecord(body)) return
  if (!w.hasUsage()) putUsage(w, usageIn(body))
  const model = body['model'] ?? body['modelVersion'] ?? body['model_version']
  if (typeof model === 'string' && model !== '' && !w.hasRange(R.response_model))
    w.setString(R.response_model, model)
  const id = body['id'] ?? body['response_id'] ?? body['responseId']
  if (typeof id === 'string' && id !== '' && !w.hasRange(R.response_id))
    w.setString(R.response_id, id)
  if (!w.hasRange(R.finish_reasons) && typeof body['stop_reason'] === 'string')
    w.setJson(R.finish_reasons, [finishReason(body['stop_reason'])])
}

export function putUsage(w: Work, usage: Usage | null): void {
  if (usage === null) return
  const extra = usage.isExclusive ? orZero(usage.cacheRead) + orZero(usage.cacheWrite) : 0
  w.offerNumber(N.input_tokens, usage.input + extra)
  w.offerNumber(N.output_tokens, usage.output)
  w.offerNumber(N.total_tokens, extra > 0 ? Number.NaN : usage.total)
  w.offerNumber(N.cache_read_tokens, usage.cacheRead)
  w.offerNumber(N.cache_write_tokens, usage.cacheWrite)
  w.offerNumber(N.reasoning_tokens, usage.reasoning)
}

export function orZero(n: number): number {
  return Number.isNaN(n) ? 0 : n
}

const system: Transform = (w, attr, rule) => {
  if (w.isNull(attr)) return false
  if (
    w.type(attr) === VALUE.STRING &&
    isCanonicalParts(w.arena.bytes, w.off(attr), w.len(attr)) &&
    w.len(attr) > 2
  ) {
    w.events.setRange(w.e, rule.range, w.off(attr), w.len(attr))
    return true
  }
  const value = w.value(attr)
  const inner = isRecord(value) && 'parts' in value ? value['parts'] : value
  const parts: Part[] = partsOf(inner, 'system')
  if (parts.length === 0) return false
  w.setJson(rule.range, parts)
  return true
}

const tools: Transform = (w, attr, rule) => {
  if (w.isNull(attr)) return false
  if (
    w.type(attr) === VALUE.STRING &&
    isCanonicalTools(w.arena.bytes, w.off(attr), w.len(attr)) &&
    w.len(attr) > 2
  ) {
    w.events.setRange(w.e, rule.range, w.off(attr), w.len(attr))
    return true
  }
  const list = toolsOf(w.value(attr))
  if (list === null) return false
  w.setJson(rule.range, list)
  return true
}

const documents: Transform = (w, attr, rule) => {
  const list = documentsOf(w.value(attr))
  if (list === null) return false
  w.setJson(rule.range, list)
  return true
}

/** `model_request_parameters` of pydantic-ai: {function_tools: [..]}. */
const functionTools: Transform = (w, attr, rule) => {
  const value = w.value(attr)
  const list = isRecord(value) ? toolsOf(value['function_tools']) : null
  if (list === null) return true
  w.setJson(rule.range, list)
  return true
}

const functionCall: Transform = (w, attr, rule) => {
  const value = w.value(attr)
  if (!isRecord(value)) return false
  return putMessages(w, rule, [{ role: 'assistant', parts: [toolCallPart(value)] }])
}

/** Texts to embed, each JSON text of a string: one user message. */
const values: Transform = (w, attr, rule) => {
  const value = w.value(attr)
  const list = (Array.isArray(value) ? value : [value]).map((x) => {
    const inner = typeof x === 'string' ? parseLoose(x) : x
    return typeof inner === 'string' ? inner : typeof x === 'string' ? x : JSON.stringify(x)
  })
  const parts: Part[] = list.filter((x) => x !== '').map((content) => ({ type: 'text', content }))
  return parts.length > 0 && putMessages(w, rule, [{ role: 'user', parts }])
}

/** Plain text is one message of the side's role; `system` likewise. */
const plain: Transform = (w, attr, rule) => {
  if (w.isNull(attr)) return false
  return putMessages(w, rule, bodyMessages(w.text(attr), rule.range === R.output_messages))
}

/** Text as a reasoning part of the answer. */
const thought: Transform = (w, attr, rule) => {
  if (w.isNull(attr)) return false
  return putMessages(w, rule, [
    { role: 'assistant', parts: [{ type: 'reasoning', content: w.text(attr) }] },
  ])
}

/** A vector: only its length is kept. */
const vector: Transform = (w, attr) => {
  const value = w.value(attr)
  let first: unknown = Array.isArray(value) ? value[0] : value
  if (typeof first === 'string') first = parseLoose(first)
  const length = Array.isArray(first)
    ? first.length
    : Array.isArray(value)
      ? value.length
      : Number.NaN
  w.offerNumber(N.embedding_dimensions, length)
  return true
}

/** Content whose field depends on the kind of span: kept for `io.ts`. */
const io: Transform = (w, attr, rule) => {
  if (w.isNull(attr)) return false
  ;(rule.to === 'io.input' ? w.ioIn : w.ioOut).push(attr)
  return true
}

/** Trace-level content, on the root only; below it repeats. */
const ioRoot: Transform = (w, attr, rule) => (w.isRoot ? io(w, attr, rule) : true)

// ---------------------------------------------------------------- JSON objects of one thing

const PARAM_NAMES: Readonly<Record<string, string>> = {
  max_completion_tokens: 'max_tokens',
  maxTokens: 'max_tokens',
  maxOutputTokens: 'max_tokens',
  max_output_tokens: 'max_tokens',
  max_new_tokens: 'max_tokens',
  topP: 'top_p',
  topK: 'top_k',
  stop: 'stop_sequences',
  stopSequences: 'stop_sequences',
  n: 'choice_count',
  frequencyPenalty: 'frequency_penalty',
  presencePenalty: 'presence_penalty',
}
/** Members of an invocation that are no parameters: content that other keys carry. */
const NO_PARAMS = new Set([
  'messages',
  'tools',
  'functions',
  'input',
  'prompt',
  'system',
  'contents',
  'model',
  'model_name',
  'stream',
  'user',
  'headers',
  'extra_headers',
  'api_key',
])

/** A JSON object of parameters; the model in it may be the requested one. */
const params: Transform = (w, attr) => {
  const value = w.value(attr)
  if (!isRecord(value)) return false
  takeParams(w, value)
  return true
}

export function takeParams(w: Work, value: Record<string, unknown>): void {
  const model = value['model'] ?? value['model_name'] ?? value['modelId']
  if (typeof model === 'string' && model !== '') w.offeredModel = model
  if (typeof value['stream'] === 'boolean') w.offerNumber(N.stream, value['stream'] ? 1 : 0)
  if (Array.isArray(value['tools']) && !w.hasRange(R.tool_definitions)) {
    const list = toolsOf(value['tools'])
    if (list !== null) w.setJson(R.tool_definitions, list)
  }
  for (const [name, v] of Object.entries(value)) {
    if (v === null || NO_PARAMS.has(name) || v === '' || name.startsWith('_')) continue
    if (Array.isArray(v) && v.length === 0) continue
    const json = JSON.stringify(v)
    if (json !== undefined) w.param(PARAM_NAMES[name] ?? name, json)
  }
}

/** Usage as a JSON object in any provider's words. */
const usageJson: Transform = (w, attr) => {
  const usage = usageOf(w.value(attr))
  if (usage === null) return false
  // Totals named on the span already include what these details split.
  if (w.hasNumber(N.input_tokens)) usage.isExclusive = false
  putUsage(w, usage)
  return true
}

/** MLflow and LangChain count cached tokens inside, whatever their names suggest. */
const usageInclusive: Transform = (w, attr) => {
  const usage = usageOf(w.value(attr))
  if (usage === null) return false
  usage.isExclusive = false
  putUsage(w, usage)
  return true
}

/** Langfuse buckets exclude each other; objects in OpenAI's words do not. */
const usageLangfuse: Transform = (w, attr) => {
  const value = w.value(attr)
  if (!isRecord(value)) return false
  if (
    'prompt_tokens' in value ||
    'prompt_tokens_details' in value ||
    'input_tokens_details' in value
  ) {
    const usage = usageOf(value)
    if (usage === null) return false
    usage.isExclusive = false
    putUsage(w, usage)
    return true
  }
  const buckets = langfuseBuckets(w, value)
  if (Number.isNaN(buckets.input) && Number.isNaN(buckets.output)) {
    w.offerNumber(N.total_tokens, buckets.total)
    return !Number.isNaN(buckets.total)
  }
  w.offerNumber(N.input_tokens, buckets.input)
  w.offerNumber(N.output_tokens, buckets.output)
  w.offerNumber(N.total_tokens, buckets.total)
  return true
}

function langfuseBuckets(
  w: Work,
  value: Record<string, unknown>,
): { input: number; output: number; total: number } {
  let input = Number.NaN
  let output = Number.NaN
  let total = Number.NaN
  for (const [name, v] of Object.entries(value)) {
    const n = typeof v === 'number' ? v : typeof v === 'string' ? Number.parseFloat(v) : Number.NaN
    if (!Number.isFinite(n)) continue
    if (name === 'total' || name === 'total_tokens') total = n
    else if (/cache.*(?:creation|write)|(?:creation|write).*cache/.test(name))
      w.events.setNum(
        w.e,
        N.cache_write_tokens,
        orZero(w.events.num(w.e, N.cache_write_tokens)) + n,
      )
    else if (/cache/.test(name))
      w.events.setNum(w.e, N.cache_read_tokens, orZero(w.events.num(w.e, N.cache_read_tokens)) + n)
    else if (/reasoning|thought/.test(name)) w.events.setNum(w.e, N.reasoning_tokens, n)
    else if (name !== 'input' && name !== 'output' && !/^(?:in|out)put_tokens$/.test(name))
      w.detail(name, n)
    if (/^input|^prompt|cache/.test(name) && !name.startsWith('output')) input = orZero(input) + n
    else if (/^output|^completion|reasoning|thought/.test(name)) output = orZero(output) + n
  }
  return { input, output, total }
}

/** Python repr or JSON {cache_read, cache_creation, audio} of LangSmith; `reasoning` of the output side. */
const usageDetails: Transform = (w, attr) => {
  const value = w.value(attr)
  if (!isRecord(value)) return false
  const side = /output/.test(
    w.batch.arena.latin1(
      w.batch.attrs[attr * 6 + 1] as number,
      w.batch.attrs[attr * 6 + 2] as number,
    ),
  )
    ? 'output'
    : 'input'
  for (const [name, v] of Object.entries(value)) {
    if (typeof v !== 'number') continue
    if (name === 'cache_read') w.offerNumber(N.cache_read_tokens, v)
    else if (name === 'cache_creation') w.offerNumber(N.cache_write_tokens, v)
    else if (name === 'reasoning') w.offerNumber(N.reasoning_tokens, v)
    else w.detail(`${side}_${name}`, v)
  }
  return true
}

/** Cost as a JSON object: a total, or the sum of input and output. */
const cost: Transform = (w, attr, rule) => {
  const value = w.value(attr)
  if (!isRecord(value)) return false
  const pick = (...names: string[]): number => {
    for (const name of names) if (typeof value[name] === 'number') return value[name]
    return Number.NaN
  }
  const input = pick('input', 'input_cost', 'input_tokens', 'prompt_tokens')
  const output = pick('output', 'output_cost', 'output_tokens', 'completion_tokens')
  let total = pick('total', 'total_cost', 'total_tokens')
  if (Number.isNaN(total)) {
    total = 0
    for (const v of Object.values(value)) if (typeof v === 'number') total += v
  }
  w.offerNumber(N.cost_input_usd, input)
  w.offerNumber(N.cost_output_usd, output)
  w.events.setNum(w.e, rule.number, total)
  return true
}

/** The AI SDK's provider metadata: cache and reasoning counts, service tier. */
const providerMetadata: Transform = (w, attr) => {
  const value = w.value(attr)
  if (!isRecord(value)) return false
  const openai = value['openai']
  if (isRecord(openai)) {
    offerCount(w, N.cache_read_tokens, openai['cachedPromptTokens'])
    offerCount(w, N.reasoning_tokens, openai['reasoningTokens'])
    if (typeof openai['serviceTier'] === 'string')
      w.param('service_tier', JSON.stringify(openai['serviceTier']))
    if (!w.isAggregate) w.offerText(R.response_id, openai['responseId'])
  }
  const anthropic = value['anthropic']
  const usage =
    isRecord(anthropic) && isRecord(anthropic['usage'])
      ? anthropic['usage']
      : isRecord(anthropic)
        ? anthropic
        : null
  if (usage !== null) {
    offerCount(
      w,
      N.cache_read_tokens,
      usage['cache_read_input_tokens'] ?? usage['cacheReadInputTokens'],
    )
    offerCount(
      w,
      N.cache_write_tokens,
      usage['cache_creation_input_tokens'] ?? usage['cacheCreationInputTokens'],
    )
    const creation = usage['cache_creation']
    if (isRecord(creation)) {
      w.detail('cache_write_5m', Number(creation['ephemeral_5m_input_tokens'] ?? Number.NaN))
      w.detail('cache_write_1h', Number(creation['ephemeral_1h_input_tokens'] ?? Number.NaN))
    }
  }
  const bedrock = value['bedrock']
  if (isRecord(bedrock) && isRecord(bedrock['usage'])) {
    offerCount(w, N.cache_read_tokens, bedrock['usage']['cacheReadInputTokens'])
    offerCount(w, N.cache_write_tokens, bedrock['usage']['cacheWriteInputTokens'])
  }
  return true
}

function offerCount(w: Work, field: number, value: unknown): void {
  if (typeof value === 'number') w.offerNumber(field, value)
}

function answer(part: keyof Work['answer']): Transform {
  return (w, attr) => {
    if (w.isNull(attr)) return false
    w.hasAnswer = true
    if (part === 'calls' || part === 'files') w.answer[part] = w.value(attr)
    else w.answer[part] = w.text(attr)
    return true
  }
}

/** AI SDK answers lie in several attributes; together they are one message. */
export function answerMessage(w: Work): Message | null {
  const parts: Part[] = []
  const a = w.answer
  if (a.reasoning !== null) parts.push({ type: 'reasoning', content: a.reasoning })
  if (a.text !== null) parts.push({ type: 'text', content: a.text })
  if (Array.isArray(a.calls))
    for (const call of a.calls) if (isRecord(call)) parts.push(toolCallPart(call))
  if (a.object !== null) parts.push({ type: 'text', content: a.object })
  if (Array.isArray(a.files))
    parts.push(
      ...partsOf(
        a.files.map((x) => (isRecord(x) ? { type: 'file', ...x } : x)),
        'assistant',
      ),
    )
  return parts.length === 0 ? null : { role: 'assistant', parts }
}

// ---------------------------------------------------------------- indexed families

function tree(shape: string): Transform | null {
  const put = TREES[shape]
  if (put === undefined) return null
  return (w, _attr, rule) => {
    const rows = w.trees[rule.tree]
    return rows !== undefined && rows.length > 0 && put(w, rule, treeOf(w, rows, rule))
  }
}

type TreePut = (w: Work, rule: Rule, list: unknown[]) => boolean

const messageTree: TreePut = (w, rule, list) => {
  const out = messagesOfTree(list, rule.range === R.output_messages ? 'assistant' : 'user')
  if (rule.range === R.output_messages && !w.hasRange(R.finish_reasons)) {
    const reasons = out.map((m) => m.finish_reason).filter((x) => x !== undefined)
    if (reasons.length > 0) w.setJson(R.finish_reasons, reasons)
  }
  if (rule.range === R.output_messages) nameReason(w, out)
  return putMessages(w, rule, out)
}

/** The one answer ended for the reason that the span says. */
export function nameReason(w: Work, list: readonly Message[]): void {
  const only = list.length === 1 ? list[0] : undefined
  if (only === undefined || only.finish_reason !== undefined) return
  const reasons = parseLoose(w.fieldText(R.finish_reasons) ?? '[]')
  const reason: unknown = Array.isArray(reasons) && reasons.length === 1 ? reasons[0] : undefined
  if (typeof reason === 'string') only.finish_reason = reason
}

const TREES: Readonly<Record<string, TreePut>> = {
  openinference: messageTree,
  traceloop: messageTree,
  texts: (w, rule, list) => {
    const role = rule.range === R.output_messages ? 'assistant' : 'user'
    return putMessages(
      w,
      rule,
      textsOfTree(list).map((content) => ({ role, parts: [{ type: 'text', content }] })),
    )
  },
  tools: (w, rule, list) => {
    const found = toolsOfTree(list)
    if (found === null) return false
    w.setJson(rule.range, found)
    return true
  },
  documents: (w, rule, list) => {
    const found = documentsOf(list)
    if (found === null) return false
    if (rule.range >= 0) w.setJson(rule.range, found)
    else w.metaValue(rule.name, found)
    return true
  },
  embeddings: (w, rule, list) => {
    for (const x of list) {
      const vectorLike: unknown =
        isRecord(x) && isRecord(x['embedding']) ? x['embedding']['vector'] : null
      if (Array.isArray(vectorLike)) w.offerNumber(N.embedding_dimensions, vectorLike.length)
    }
    const parts: Part[] = textsOfTree(list).map((content) => ({ type: 'text', content }))
    return parts.length === 0 || putMessages(w, rule, [{ role: 'user', parts }])
  },
  annotations: (w, _rule, list) => annotationsOf(w, list),
}

/** Parallel lists of a legacy retrieval become documents. */
const documentList =
  (put: (doc: Document, value: unknown) => void): Transform =>
  (w, attr) => {
    const value = w.value(attr)
    if (!Array.isArray(value)) return false
    for (const [i, x] of value.entries()) {
      if (i > 1000) break
      const doc = w.eventDocuments[i] ?? {}
      put(doc, x)
      w.eventDocuments[i] = doc
    }
    return true
  }

const documentText: Transform = (w, attr) => {
  if (w.isNull(attr)) return false
  const first = w.eventDocuments[0] ?? {}
  first.content = w.value(attr)
  w.eventDocuments[0] = first
  return true
}

const tagsOrMeta: Transform = (w, attr, rule) => {
  const list = stringsOf(w.value(attr))
  if (list.length === 0) return false
  w.setJson(rule.range, list)
  return true
}

const CONTENT: Readonly<Record<string, Transform>> = {
  json,
  messages,
  'body-in': bodyIn,
  'body-out': bodyOut,
  system,
  tools,
  documents,
  'function-tools': functionTools,
  'function-call': functionCall,
  values,
  plain,
  thought,
  vector,
  io,
  'io-root': ioRoot,
  params,
  'usage:json': usageJson,
  'usage:inclusive': usageInclusive,
  'usage:langfuse': usageLangfuse,
  'usage:details': usageDetails,
  'cost:langfuse': cost,
  'cost:json': cost,
  'provider-metadata': providerMetadata,
  'answer:text': answer('text'),
  'answer:reasoning': answer('reasoning'),
  'answer:calls': answer('calls'),
  'answer:object': answer('object'),
  'answer:files': answer('files'),
  tags: tagsOrMeta,
  'document-ids': documentList((doc, x) => {
    doc.id = String(x)
  }),
  'document-scores': documentList((doc, x) => {
    if (typeof x === 'number') doc.score = x
  }),
  'document-text': documentText,
}

export function contentTransform(how: string): Transform | null {
  if (how.startsWith('tree:')) return tree(how.slice(5))
  return CONTENT[how] ?? null
}
