// Transforms that only one or two dialects need.

import { VALUE } from '../../../core/batch.ts'
import { N, R } from '../../../core/fields.ts'
import { key } from '../../../core/keys.ts'
import { isKind } from '../../../core/kinds.ts'
import { responseMessages } from '../content/bodies.ts'
import { finishReason, messagesOf } from '../content/messages.ts'
import { isRecord } from '../content/parts.ts'
import { lookup, numberIn } from '../json/lookup.ts'
import type { Rule, Transform } from '../rules/tables.ts'
import type { Work } from '../span/work.ts'
import { MODEL_PREFIXES } from '../vocabulary/providers.ts'
import { putMessages } from './content.ts'
import { takeHaystack } from './content-by-kind.ts'
import { readMessageEvent } from './span-events.ts'

/** Logfire: message events as one JSON array; the name of an event may be missing, then its shape tells. */
const events: Transform = (w, attr) => {
  const value = w.value(attr)
  if (!Array.isArray(value) || !value.some((x) => isEvent(x))) return false
  for (const item of value.slice(0, 10_000))
    if (isRecord(item)) readMessageEvent(w, eventName(item), item)
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

/** `gen_ai.content.prompt` as an attribute: JSON, or lines "role: text". */
const promptLines: Transform = (w, attr) => {
  if (w.isNull(attr)) return false
  const before = w.eventIn.length
  readMessageEvent(w, 'gen_ai.content.prompt', { content: w.text(attr) })
  return w.eventIn.length > before
}

/** logfire exports a preview of a span when it starts. */
const pending: Transform = (w, attr) => {
  if (w.text(attr) === 'pending_span') w.isVirtual = true
  return true
}

const virtual: Transform = (w) => {
  w.isVirtual = true
  return true
}

/** Answered by Laminar's cache: nothing was paid. */
const cached: Transform = (w, attr) => {
  if (w.text(attr).replaceAll('"', '') !== 'CACHED') return false
  w.events.setNum(w.e, N.cost_usd, 0)
  w.events.setNum(w.e, N.cost_input_usd, Number.NaN)
  w.events.setNum(w.e, N.cost_output_usd, Number.NaN)
  return true
}

/** Human text in place of a span name that is a template. */
const displayName: Transform = (w, attr) => {
  if (w.fieldText(R.name)?.includes('{') === true) w.setText(attr, R.name)
  return true
}

/** Ids that are JSON text of a string. */
const idJson: Transform = (w, attr, rule) => {
  const value = w.value(attr)
  if (typeof value !== 'string' || value === '' || value === 'default') return false
  w.setString(rule.range, value)
  return true
}

/** An application name stands in for a service name nobody set. */
const serviceName: Transform = (w, attr, rule) => {
  const word = w.text(attr)
  if (w.isNull(attr) || word === 'default') return false
  const known = w.fieldText(rule.range)
  if (known === null || known === 'default' || known.startsWith('unknown_service'))
    w.setText(attr, rule.range)
  return true
}

const COMPONENTS: readonly (readonly [RegExp, string])[] = [
  [/Generator$/, 'llm'],
  [/Embedder$/, 'embedding'],
  [/Retriever$/, 'retrieval'],
  [/Ranker$/, 'rerank'],
  [/^ToolInvoker$/, 'tool'],
  [/Agent$/, 'agent'],
]
/** Haystack components tell by their class name what they do. */
const componentKind: Transform = (w, attr) => {
  const name = w.text(attr)
  w.kind = COMPONENTS.find(([pattern]) => pattern.test(name))?.[1] ?? 'chain'
  return true
}

const haystackOutput: Transform = (w, attr) => {
  takeHaystack(w, w.value(attr))
  return true
}

/** ADK writes `{}` for nothing. */
const ioAdk: Transform = (w, attr, rule) => {
  if (w.isNull(attr) || isEmptyObject(w, attr)) return true
  ;(rule.to === 'io.input' ? w.ioIn : w.ioOut).push(attr)
  return true
}

function isEmptyObject(w: Work, attr: number): boolean {
  return (
    w.type(attr) === VALUE.STRING && w.len(attr) <= 8 && w.text(attr).replaceAll(/\s/g, '') === '{}'
  )
}

/** Usage metadata of Gemini: cached tokens are inside the prompt's, thoughts beside the candidates'. */
const adkUsage: Transform = (w, attr) => {
  const value = w.value(attr)
  if (!isRecord(value)) return true
  const reason = value['finish_reason'] ?? value['finishReason']
  if (typeof reason === 'string' && !w.hasRange(R.finish_reasons))
    w.setJson(R.finish_reasons, [finishReason(reason)])
  const usage = value['usage_metadata'] ?? value['usageMetadata']
  if (!isRecord(usage)) return true
  const count = (a: string, b: string): number => numberIn(usage[a] ?? usage[b])
  w.offerNumber(N.cache_read_tokens, count('cached_content_token_count', 'cachedContentTokenCount'))
  const thoughts = count('thoughts_token_count', 'thoughtsTokenCount')
  w.offerNumber(N.reasoning_tokens, thoughts)
  // Without a count on the span the body's own is taken, thoughts included.
  if (!w.hasNumber(N.output_tokens)) return true
  w.extraThoughts = thoughts
  w.givenOutputTotal = count('total_token_count', 'totalTokenCount')
  return true
}

/** LiteLLM's hidden parameters may hold the only cost. */
const hiddenParams: Transform = (w, attr, rule) => {
  const value = w.value(attr)
  if (isRecord(value) && typeof value['response_cost'] === 'number')
    w.offerNumber(N.cost_usd, value['response_cost'])
  w.metaText(rule.name, w.text(attr))
  return true
}

/** Genkit: the model id on model spans, the tool's name on tool spans, else the component's name. */
const genkitName: Transform = (w, attr) => {
  if (w.isNull(attr)) return false
  const name = w.text(attr)
  if (w.kind === 'llm' || w.kind === 'embedding') {
    const slash = name.indexOf('/')
    const prefix = slash > 0 ? name.slice(0, slash) : ''
    w.offerText(R.request_model, slash > 0 ? name.slice(slash + 1) : name)
    if (prefix !== '' && w.modelProvider === '')
      w.modelProvider = lookup(MODEL_PREFIXES, prefix) ?? w.providers.of(prefix) ?? ''
  } else if (w.kind === 'tool') w.offerText(R.tool_name, name)
  else if (w.kind === 'agent') w.offerText(R.agent_name, name)
  w.setString(R.name, name)
  return true
}

/** Details of a Claude Code tool call stand beside it; together they are the arguments. */
function argument(name: string): Transform {
  return (w, attr) => {
    if (w.isNull(attr)) return false
    const known: unknown = JSON.parse(w.fieldText(R.tool_arguments) ?? '{}')
    const base = isRecord(known) ? known : { input: known }
    if (base[name] === undefined) w.setJson(R.tool_arguments, { ...base, [name]: w.text(attr) })
    return true
  }
}

/** Streamed chunks, one message each, as one answer. */
const merged: Transform = (w, attr, rule: Rule) => {
  const value = w.value(attr)
  const list =
    typeof value === 'string' ? null : (messagesOf(value, 'assistant') ?? responseMessages(value))
  const first = list?.[0]
  if (list === null || first === undefined) return false
  for (const m of list.slice(1)) {
    for (const part of m.parts) {
      const last = first.parts.at(-1)
      if (part.type === 'text' && last?.type === 'text')
        last['content'] = `${String(last['content'])}${String(part['content'])}`
      else first.parts.push(part)
    }
    if (m.finish_reason !== undefined) first.finish_reason = m.finish_reason
  }
  return putMessages(w, rule, [first])
}

/** Openai-agents under logfire: a guardrail's span calls itself only `name`. */
const guardrailType: Transform = (w, attr) => {
  if (w.text(attr) !== 'guardrail') return false
  if (w.kind === '') w.kind = 'guardrail'
  const name = w.batch.findAttr(w.span, NAME)
  if (name >= 0) w.setText(name, R.guardrail_name)
  return true
}
const NAME = key('name')

const TOOL_NAME = key('spring.ai.tool.definition.name')
const TOOL_DESCRIPTION = key('spring.ai.tool.definition.description')
/** Spring AI: the schema of the tool's arguments, beside its name and description. */
const toolSchema: Transform = (w, attr, rule) => {
  const parameters = w.value(attr)
  const name = w.batch.findAttr(w.span, TOOL_NAME)
  if (!isRecord(parameters) || name < 0) return false
  const about = w.batch.findAttr(w.span, TOOL_DESCRIPTION)
  const description = about < 0 ? {} : { description: w.text(about) }
  w.setJson(rule.range, [{ type: 'function', name: w.text(name), ...description, parameters }])
  return true
}

/** Datadog: `env:`, `service:`, `version:` and `ml_app:` among the tags. */
const datadogTags: Transform = (w, attr, rule) => {
  const value = w.value(attr)
  if (!Array.isArray(value)) return false
  const tags = value.filter((t) => typeof t === 'string')
  if (tags.length === 0) return false
  w.setJson(rule.range, tags)
  for (const tag of tags) {
    const colon = tag.indexOf(':')
    const text = tag.slice(colon + 1)
    const name = colon < 0 || text === '' ? '' : tag.slice(0, colon)
    if (name === 'env') w.offerText(R.environment, text.toLowerCase())
    else if (name === 'service') w.offerText(R.service_name, text)
    else if (name === 'version') w.offerText(R.service_version, text)
    else if (name === 'ml_app') w.metaText('ml_app', text)
  }
  return true
}

function kindIs(kind: string): Transform | null {
  if (!isKind(kind)) return null
  return (w) => {
    w.kind = kind
    return true
  }
}

const DIALECT: Readonly<Record<string, Transform>> = {
  events,
  'prompt-lines': promptLines,
  pending,
  virtual,
  cached,
  'display-name': displayName,
  'id-json': idJson,
  'service-name': serviceName,
  'component-kind': componentKind,
  'haystack-output': haystackOutput,
  'io-adk': ioAdk,
  'adk-usage': adkUsage,
  'hidden-params': hiddenParams,
  'genkit-name': genkitName,
  merged,
  'guardrail-type': guardrailType,
  'tool-schema': toolSchema,
  'tags:datadog': datadogTags,
}

export function dialectTransform(how: string): Transform | null {
  if (how.startsWith('argument:')) return argument(how.slice(9))
  if (how.startsWith('kind-is:')) return kindIs(how.slice(8))
  return DIALECT[how] ?? null
}
