// Transforms for single values: text, numbers, words of closed vocabularies, ids, models, parameters, metadata.

import { VALUE } from '../../core/batch.ts'
import { N, R } from '../../core/fields.ts'
import { attrValue } from './any-value.ts'
import { ByteWords } from './byte-words.ts'
import type { Rule, Transform } from './compile.ts'
import { finishReason } from './messages.ts'
import { isRecord } from './parts.ts'
import {
  BEDROCK_MODEL,
  FRAMEWORKS,
  MODEL_PREFIXES,
  PROVIDER_ALIASES,
  PROVIDER_PREFIXES,
} from './providers.ts'
import { KIND_WORDS, OPERATION_ALIASES, OPERATION_WORDS, VERCEL_OUTER } from './words.ts'
import type { Work } from './work.ts'

const text: Transform = (w, attr, rule) => w.setText(attr, rule.range)

/** Ids: `default` (Spring, OpenLIT) means that nobody set one. */
const id: Transform = (w, attr, rule) => {
  if (w.type(attr) === VALUE.STRING && w.arena.equals(w.off(attr), w.len(attr), 'default'))
    return false
  return w.setText(attr, rule.range)
}

const number: Transform = (w, attr, rule) => {
  const n = w.number(attr)
  if (!Number.isFinite(n)) return false
  w.events.setNum(w.e, rule.number, n)
  return true
}

/** Counts: whole and never negative (-1 is OpenLIT's absence). */
const int: Transform = (w, attr, rule) => {
  const n = w.number(attr)
  if (!Number.isFinite(n) || n < 0) return false
  w.events.setNum(w.e, rule.number, Math.round(n))
  return true
}

/** Seconds in the source, ms here. Strands writes milliseconds under the same name. */
const seconds: Transform = (w, attr, rule) => {
  const n = w.number(attr)
  if (!Number.isFinite(n)) return false
  const isMs = w.isStrands && rule.key === 'gen_ai.server.time_to_first_token'
  w.events.setNum(w.e, rule.number, isMs ? n : n * 1000)
  return true
}

function truth(w: Work, attr: number): number {
  const type = w.type(attr)
  if (type === VALUE.BOOL || type === VALUE.INT) return w.batch.nums[attr] === 0 ? 0 : 1
  if (type !== VALUE.STRING) return Number.NaN
  const word = w.text(attr).toLowerCase()
  return word === 'true' || word === '1' ? 1 : word === 'false' || word === '0' ? 0 : Number.NaN
}

const bool: Transform = (w, attr, rule) => {
  const v = truth(w, attr)
  if (Number.isNaN(v)) return false
  w.events.setNum(w.e, rule.number, v)
  return true
}

/** An array of strings from an array, JSON text, or a comma-joined string. */
export function stringsOf(value: unknown): string[] {
  if (Array.isArray(value))
    return value
      .filter((x) => x !== null && x !== '')
      .map((x) => (typeof x === 'string' ? x : JSON.stringify(x)))
  if (typeof value === 'string')
    return value
      .split(',')
      .map((x) => x.trim())
      .filter((x) => x !== '')
  return value === null || value === undefined ? [] : [String(value)]
}

const strings: Transform = (w, attr, rule) => {
  const list = stringsOf(w.value(attr))
  if (list.length === 0) return false
  w.setJson(rule.range, list)
  return true
}

/** JSON of finish reasons by the bytes of the attribute: the same few values come again and again. */
const finishCache = new Map<string, string>()
const FINISH_CACHE_MAX = 256

const finish: Transform = (w, attr, rule) => {
  const len = w.len(attr)
  const cacheKey =
    len <= 48 && (w.type(attr) === VALUE.STRING || w.type(attr) === VALUE.ARRAY)
      ? w.arena.latin1(w.off(attr), len)
      : null
  const known = cacheKey === null ? undefined : finishCache.get(cacheKey)
  if (known !== undefined) return putFinish(w, rule, known)
  if (w.isNull(attr)) return false
  const value = w.value(attr)
  const list = stringsOf(
    Array.isArray(value)
      ? value.map((x) => (isRecord(x) ? (x['reason'] ?? x['type'] ?? null) : x))
      : value,
  ).map(finishReason)
  if (list.length === 0) return false
  const json = JSON.stringify(list)
  if (cacheKey !== null && finishCache.size < FINISH_CACHE_MAX) finishCache.set(cacheKey, json)
  return putFinish(w, rule, json)
}

function putFinish(w: Work, rule: Rule, json: string): boolean {
  const literal = json.length <= 32 ? w.arena.literal(json) : -1
  if (literal >= 0) w.events.setLiteral(w.e, rule.range, literal)
  else w.setString(rule.range, json)
  return true
}

// ---------------------------------------------------------------- words

/** A word of a closed vocabulary, looked up where it lies; quotes of JSON text around it are skipped. */
class Vocabulary {
  readonly #words: ByteWords
  readonly #values: string[] = []
  readonly #other: string | null

  constructor(words: Readonly<Record<string, string>>) {
    const entries = Object.entries(words).filter(([word]) => word !== '*')
    this.#words = new ByteWords(entries.map(([word, value]) => [word, this.#index(value)] as const))
    this.#other = words['*'] ?? null
  }

  /** The meaning of the attribute's word; `*` of the vocabulary otherwise; null = no such word. */
  find(w: Work, attr: number, untilSpace: boolean): string | null {
    if (w.type(attr) !== VALUE.STRING) return null
    const b = w.arena.bytes
    let off = w.off(attr)
    let len = w.len(attr)
    if (len >= 2 && b[off] === 34 && b[off + len - 1] === 34) {
      off++
      len -= 2
    }
    if (untilSpace) for (let i = 0; i < len; i++) if (b[off + i] === 32) len = i
    const i = this.#words.find(b, off, len)
    return i >= 0 ? (this.#values[i] as string) : this.#other
  }

  #index(value: string): number {
    const i = this.#values.indexOf(value)
    return i >= 0 ? i : this.#values.push(value) - 1
  }
}

function kindTransform(name: string): Transform | null {
  const words = KIND_WORDS[name]
  if (words === undefined) return null
  const vocabulary = new Vocabulary(words)
  const untilSpace = name === 'vercel'
  // Langfuse writes `span` on generations too (SDK <= 3.3.0): whatever else says more wins.
  const isWeak = name === 'langfuse' || name === 'observa'
  return (w, attr) => {
    const kind = vocabulary.find(w, attr, untilSpace)
    if (kind === null) return false
    if (isWeak && kind === 'span' && name === 'langfuse') return false
    w.kind = kind
    return true
  }
}

function operationTransform(name: string): Transform | null {
  const words = OPERATION_WORDS[name]
  if (words === undefined) return null
  const vocabulary = new Vocabulary(words)
  return (w, attr) => {
    const operation = vocabulary.find(w, attr, name === 'vercel')
    if (operation === null) return false
    w.operation = operation === '*' ? w.text(attr).toLowerCase() : operation
    return true
  }
}

const STANDARD_OPERATIONS: readonly string[] = [
  'chat',
  'text_completion',
  'generate_content',
  'embeddings',
  'retrieval',
  'execute_tool',
  'create_agent',
  'invoke_agent',
  'invoke_workflow',
  'agent_step',
  'rerank',
  'plan',
  ...Object.keys(OPERATION_ALIASES),
]
const operationWords = new ByteWords(STANDARD_OPERATIONS.map((x, i) => [x, i] as const))

/** Open set: the standard's names without making a string, others in lower case. */
const operation: Transform = (w, attr) => {
  if (w.isNull(attr)) return false
  const i =
    w.type(attr) === VALUE.STRING
      ? operationWords.find(w.arena.bytes, w.off(attr), w.len(attr))
      : -1
  const word = i >= 0 ? (STANDARD_OPERATIONS[i] as string) : w.text(attr).toLowerCase()
  w.operation = OPERATION_ALIASES[word] ?? word
  return true
}

const aggregateVercel: Transform = (w, attr) => {
  const word = w.text(attr).toLowerCase()
  w.isAggregate ||= VERCEL_OUTER.has(word)
  return true
}

// ---------------------------------------------------------------- providers and models

const providerNames = [...new Set(Object.values(PROVIDER_ALIASES))]
let providerWords = wordsOf(PROVIDER_ALIASES)

function wordsOf(aliases: Readonly<Record<string, string>>): ByteWords {
  return new ByteWords(
    Object.entries(aliases).map(([word, name]) => {
      let i = providerNames.indexOf(name)
      if (i < 0) i = providerNames.push(name) - 1
      return [word, i] as const
    }),
  )
}

/** Adds the configuration's aliases before the built-in ones. */
export function setProviderAliases(extra: Readonly<Record<string, string>>): void {
  providerWords = wordsOf({ ...PROVIDER_ALIASES, ...extra })
}

/** The canonical provider of a name, null for a framework; unknown names in lower case. */
export function providerOf(name: string): string | null {
  const word = name.trim().toLowerCase()
  const b = Buffer.from(word, 'latin1')
  const i = providerWords.find(b, 0, b.length)
  if (i >= 0) return providerNames[i] as string
  if (word === '' || FRAMEWORKS.has(word)) return null
  for (const [prefix, provider] of PROVIDER_PREFIXES) if (word.startsWith(prefix)) return provider
  return word
}

const provider: Transform = (w, attr, rule) => {
  if (w.isNull(attr)) return false
  if (w.type(attr) === VALUE.STRING) {
    const i = providerWords.find(w.arena.bytes, w.off(attr), w.len(attr))
    if (i >= 0) return putProvider(w, rule.range, providerNames[i] as string)
  }
  const raw = w.text(attr).replace(/^"|"$/g, '')
  const name = providerOf(raw)
  if (name === null) {
    // A framework is no provider; say who it was, and let the next candidate or the model tell.
    if (w.framework === '') w.framework = raw.toLowerCase()
    return false
  }
  return putProvider(w, rule.range, name)
}

function putProvider(w: Work, field: number, name: string): boolean {
  const literal = PROVIDER_LITERALS.has(name) ? w.arena.literal(name) : -1
  if (literal >= 0) w.events.setLiteral(w.e, field, literal)
  else w.setString(field, name)
  return true
}
const PROVIDER_LITERALS = new Set(Object.values(PROVIDER_ALIASES))

const SLASH = 47
const modelPrefixWords = Object.keys(MODEL_PREFIXES)
const modelPrefixes = new ByteWords(modelPrefixWords.map((x, i) => [x, i] as const))

/** The model id as a range; a provider prefix (`openai/gpt-4o`) is cut off and remembered. */
const model: Transform = (w, attr, rule) => {
  if (w.isNull(attr) || w.type(attr) !== VALUE.STRING) return false
  let off = w.off(attr)
  let len = w.len(attr)
  const b = w.arena.bytes
  if (len > 2 && b[off] === 34 && b[off + len - 1] === 34) {
    off++
    len -= 2
  }
  const slash = slashIn(b, off, len)
  if (slash > 0) {
    const i = modelPrefixes.find(b, off, slash)
    if (i >= 0 && slash + 1 < len) {
      const prefix = modelPrefixWords[i] as string
      if (w.modelProvider === '') w.modelProvider = MODEL_PREFIXES[prefix] ?? ''
      off += slash + 1
      len -= slash + 1
    }
  }
  if (isPlaceholder(w, off, len)) return false
  w.events.setRange(w.e, rule.range, off, len)
  return true
}

function isPlaceholder(w: Work, off: number, len: number): boolean {
  return w.arena.equals(off, len, 'unknown') || w.arena.equals(off, len, 'custom')
}

function slashIn(b: Uint8Array, off: number, len: number): number {
  for (let i = 0; i < len && i < 24; i++) if (b[off + i] === SLASH) return i
  return -1
}

/** `llm.model_name` is the model that answered; it was also asked for when nothing else says what was. */
const fallbackModel: Transform = (w, attr) => {
  w.fallbackModel = attr
  return true
}

/** Sets the request model from what was not meant for it. */
export function settleRequestModel(w: Work): void {
  if (w.hasRange(R.request_model)) return
  if (w.offeredModel !== '') w.setString(R.request_model, w.offeredModel)
  else if (w.fallbackModel >= 0) model(w, w.fallbackModel, REQUEST_MODEL_RULE)
}
const REQUEST_MODEL_RULE = { range: R.request_model } as Rule

/** What the request model's id says about the provider; '' = nothing. */
export function providerOfModel(w: Work): string {
  if (w.modelProvider !== '') return w.modelProvider
  const id = w.fieldText(R.request_model) ?? w.fieldText(R.response_model)
  return id !== null && BEDROCK_MODEL.test(id) ? 'aws.bedrock' : ''
}

// ---------------------------------------------------------------- parameters, details, metadata

/** One request parameter: numbers also from numeric text, arrays also from JSON text. */
const param: Transform = (w, attr, rule) => {
  if (w.isNull(attr)) return false
  const type = w.type(attr)
  if (type === VALUE.INT || type === VALUE.DOUBLE)
    return numberParam(w, rule, w.batch.nums[attr] as number)
  if (type === VALUE.STRING) return textParam(w, attr, rule)
  const value = attrValue(w.batch, attr)
  if (Array.isArray(value) && value.length === 0) return true
  w.param(rule.name, JSON.stringify(value))
  return true
}

function numberParam(w: Work, rule: Rule, n: number): boolean {
  if (!Number.isFinite(n) || (n === -1 && rule.name === 'max_tokens')) return false
  w.param(rule.name, String(n))
  return true
}

/** Micrometer (Spring) exports every value as text. */
function textParam(w: Work, attr: number, rule: Rule): boolean {
  const n = w.number(attr)
  if (!Number.isNaN(n)) return numberParam(w, rule, n)
  const v = truth(w, attr)
  w.param(rule.name, Number.isNaN(v) ? JSON.stringify(w.value(attr)) : v === 1 ? 'true' : 'false')
  return true
}

const outputType: Transform = (w, attr, rule) => {
  const word = w.text(attr)
  w.param(rule.name, word.startsWith('json') ? '"json"' : JSON.stringify(word))
  return true
}

const detail: Transform = (w, attr, rule) => {
  const n = w.number(attr)
  if (!Number.isFinite(n)) return false
  w.detail(rule.strip > 0 ? keyRest(w, attr, rule) : rule.name, n)
  return true
}

/** What follows the prefix of a `.*` row, with dots as underscores. */
function keyRest(w: Work, attr: number, rule: Rule): string {
  const { off, len } = keyRange(w, attr)
  const rest = w.arena.text(off + rule.strip, len - rule.strip).replaceAll('.', '_')
  return rule.name.endsWith('*') ? rule.name.slice(0, -1) + rest : rest
}

export function keyRange(w: Work, attr: number): { readonly off: number; readonly len: number } {
  const a = w.batch.attrs
  return { off: a[attr * 6 + 1] as number, len: a[attr * 6 + 2] as number }
}

/** One entry of metadata; JSON text of a string loses its quotes, other values stay as they are. */
const meta: Transform = (w, attr, rule) => {
  if (w.isNull(attr)) return false
  const key = metaKey(w, attr, rule)
  if (key === null) return false
  let off = w.off(attr)
  let len = w.len(attr)
  const type = w.type(attr)
  if (type !== VALUE.STRING) {
    const v = w.text(attr)
    off = w.arena.appendText(v)
    len = w.arena.lastLen
  } else if (len >= 2 && w.arena.bytes[off] === 34 && w.arena.bytes[off + len - 1] === 34) {
    const v = w.value(attr)
    if (typeof v === 'string') {
      off = w.arena.appendText(v)
      len = w.arena.lastLen
    }
  }
  w.meta.push(key.off, key.len, off, len)
  return true
}

function metaKey(
  w: Work,
  attr: number,
  rule: Rule,
): { readonly off: number; readonly len: number } | null {
  if (rule.strip === 0) return literalKey(w, rule.name)
  const { off, len } = keyRange(w, attr)
  if (len <= rule.strip) return null
  if (rule.name === '*') return { off: off + rule.strip, len: len - rule.strip }
  const name = rule.name.replace('*', w.arena.text(off + rule.strip, len - rule.strip))
  const at = w.arena.appendText(name)
  return { off: at, len: w.arena.lastLen }
}

function literalKey(w: Work, name: string): { readonly off: number; readonly len: number } {
  const literal = w.arena.literal(name)
  if (literal >= 0) return { off: w.arena.literalOff(literal), len: w.arena.literalLen(literal) }
  const off = w.arena.appendText(name)
  return { off, len: w.arena.lastLen }
}

/** A JSON object (or Python dict) whose members become metadata. */
const metaJson: Transform = (w, attr) => {
  if (w.isNull(attr)) return false
  const value = w.value(attr)
  if (!isRecord(value)) return false
  for (const [name, v] of Object.entries(value)) w.metaValue(name, v)
  return true
}

const flag: Transform = (w, attr, rule) => {
  if (rule.name === 'input_mime') w.inputMime = w.text(attr)
  else if (rule.name === 'output_mime') w.outputMime = w.text(attr)
  else if (rule.name === 'status_message') w.statusMessage = attr
  return true
}

// ---------------------------------------------------------------- a few of their own

const TOOL_TYPES = new Set(['function', 'extension', 'datastore'])
/** ADK writes the class name: `FunctionTool`. */
const toolType: Transform = (w, attr, rule) => {
  if (w.isNull(attr)) return false
  const word = w.text(attr)
  if (TOOL_TYPES.has(word)) return w.setText(attr, rule.range)
  w.setString(rule.range, /^FunctionTool$/.test(word) ? 'function' : word)
  return true
}

/** `https://host:port/path` -> server_address and server_port. */
const url: Transform = (w, attr, rule) => {
  const m = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/@]*@)?(\[[^\]]+\]|[^/:?#]+)(?::(\d+))?/i.exec(
    w.text(attr),
  )
  if (m === null) return false
  w.setString(rule.range, m[1] as string)
  if (m[2] !== undefined) w.offerNumber(N.server_port, Number(m[2]))
  return true
}

const LEVELS: Readonly<Record<string, string>> = {
  debug: 'DEBUG',
  default: 'DEFAULT',
  info: 'DEFAULT',
  warning: 'WARNING',
  warn: 'WARNING',
  error: 'ERROR',
  critical: 'ERROR',
  '10': 'DEBUG',
  '20': 'DEFAULT',
  '30': 'WARNING',
  '40': 'ERROR',
  '50': 'ERROR',
}
const level: Transform = (w, attr, rule) => {
  const word = w.text(attr).replaceAll('"', '').toLowerCase()
  const name = LEVELS[word]
  if (name === undefined) return false
  w.setString(rule.range, name)
  if (name === 'ERROR') w.isFailed = true
  return true
}

const environment: Transform = (w, attr, rule) => {
  if (w.isNull(attr)) return false
  const word = w.text(attr).toLowerCase()
  if (word === 'default') return false
  w.setString(rule.range, word)
  return true
}

/** An ISO time (sometimes as JSON text) -> ms since the start of the span. */
const sinceStart: Transform = (w, attr, rule) => {
  const at = Date.parse(w.text(attr).replaceAll('"', ''))
  const ms = at - w.startMs
  if (!Number.isFinite(ms) || ms < 0) return false
  w.events.setNum(w.e, rule.number, ms)
  return true
}

/** JSON {name, version}, or a list of them: the first. */
const prompt: Transform = (w, attr) => {
  const value = w.value(attr)
  const first: unknown = Array.isArray(value) ? value[0] : value
  if (!isRecord(first)) return false
  const name = first['name'] ?? first['id'] ?? first['template_id']
  w.offerText(R.prompt_name, name)
  const version = first['version']
  if (version !== undefined && version !== null) w.offerText(R.prompt_version, String(version))
  if (isRecord(first['variables']) && !w.hasRange(R.prompt_variables))
    w.setJson(R.prompt_variables, first['variables'])
  return true
}

/** The entity is the agent or the tool on such spans, and names the event anyway. */
const entityName: Transform = (w, attr, rule) => {
  if (!w.setText(attr, rule.range)) return false
  if (w.kind === 'agent' && !w.hasRange(R.agent_name)) w.setText(attr, R.agent_name)
  if (w.kind === 'tool' && !w.hasRange(R.tool_name)) w.setText(attr, R.tool_name)
  return true
}

const traceName: Transform = (w, attr, rule) => {
  if (w.isRoot && !w.hasRange(R.workflow_name)) w.setText(attr, R.workflow_name)
  return meta(w, attr, rule)
}

/** A guardrail that FAILED has triggered. */
const failed: Transform = (w, attr, rule) => {
  w.events.setNum(
    w.e,
    rule.number,
    /^(?:failed|fail|blocked|triggered|true)$/i.test(w.text(attr)) ? 1 : 0,
  )
  return true
}

/** A word that says the span failed: `error`, `failed`, `timeout`; `true` of an is_error key. */
const failure: Transform = (w, attr) => {
  const word = w.text(attr).toLowerCase()
  if (
    word === 'error' ||
    word === 'failed' ||
    word === 'failure' ||
    word === 'true' ||
    word === 'timeout'
  ) {
    w.isFailed = true
    if (word === 'timeout' && !w.hasRange(R.error_type)) w.setString(R.error_type, 'timeout')
  }
  return true
}

/** HTTP status of v0 events: 400 and above failed. */
const httpStatus: Transform = (w, attr) => {
  const n = w.number(attr)
  if (n >= 400) w.isFailed = true
  return meta(w, attr, HTTP_STATUS_RULE)
}
const HTTP_STATUS_RULE = { name: 'http_status', strip: 0 } as Rule

/** An error that says {message, type} in JSON, or is plain text. */
const errorJson: Transform = (w, attr) => {
  if (w.isNull(attr)) return false
  const value = w.value(attr)
  const message = isRecord(value) ? value['message'] : value
  if (typeof message === 'string') w.offerText(R.error_message, message)
  if (isRecord(value)) w.offerText(R.error_type, value['type'] ?? value['name'])
  w.isFailed = true
  return true
}

/** How long a legacy event says the operation took. */
const latency: Transform = (w, attr, rule) => {
  if (!number(w, attr, rule)) return false
  w.hasLatency = true
  return true
}

/** Text of an error beside the event: its presence is the failure. */
const errorText: Transform = (w, attr, rule) => {
  if (!w.setText(attr, rule.range)) return false
  w.isFailed = true
  return true
}

/** The SDK guesses providers from models and says `google` for Gemini's API. */
const providerLegacy: Transform = (w, attr, rule) => {
  if (w.arena.equals(w.off(attr), w.len(attr), 'google'))
    return putProvider(w, rule.range, 'gcp.gen_ai')
  return provider(w, attr, rule)
}

/** First of several: a later one does not overwrite. */
const textFirst: Transform = (w, attr, rule) =>
  w.hasRange(rule.range) || w.setText(attr, rule.range)

/** like and dislike are scores when no rating was given. */
const feedback: Transform = (w, attr, rule) => {
  const word = w.text(attr).toLowerCase()
  w.setString(rule.range, 'user_feedback')
  if (word === 'like' || word === 'thumbs_up') w.offerNumber(N.evaluation_score, 1)
  if (word === 'dislike' || word === 'thumbs_down') w.offerNumber(N.evaluation_score, 0)
  w.metaText('feedback_type', word)
  return true
}

/** success, error, timeout. */
const outcome: Transform = (w, attr, rule) => {
  const word = w.text(attr).toLowerCase()
  if (word === 'success' || word === 'ok') w.hasSucceeded = true
  return failure(w, attr, rule)
}

const drop: Transform = () => true

const SCALARS: Readonly<Record<string, Transform>> = {
  text,
  id,
  number,
  int,
  seconds,
  bool,
  strings,
  finish,
  operation,
  'aggregate:vercel': aggregateVercel,
  provider,
  model,
  'fallback-model': fallbackModel,
  param,
  'output-type': outputType,
  detail,
  meta,
  'meta-json': metaJson,
  flag,
  'tool-type': toolType,
  url,
  level,
  environment,
  'since-start': sinceStart,
  prompt,
  'entity-name': entityName,
  'trace-name': traceName,
  failed,
  failure,
  'http-status': httpStatus,
  'error-json': errorJson,
  drop,
  latency,
  'error-text': errorText,
  'provider-legacy': providerLegacy,
  'text-first': textFirst,
  feedback,
  outcome,
}

export function scalarTransform(how: string): Transform | null {
  const known = SCALARS[how]
  if (known !== undefined) return known
  if (how.startsWith('kind:')) return kindTransform(how.slice(5))
  return how.startsWith('operation:') ? operationTransform(how.slice(10)) : null
}
