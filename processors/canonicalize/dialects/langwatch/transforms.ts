// LangWatch's typed values `{type, value}`, its metrics and its times.

import { N, R } from '../../../../core/fields.ts'
import { requestMessages, responseMessages } from '../../content/bodies.ts'
import { documentsOf } from '../../content/documents.ts'
import { textMessage } from '../../content/messages.ts'
import { usageOf } from '../../content/usage.ts'
import { isRecord, numberIn } from '../../json/values.ts'
import type { OwnTransform, Transform } from '../../rules/dialect.ts'
import { putUsage } from '../../span/body-facts.ts'
import type { CurrentSpan } from '../../span/current-span.ts'
import { putMessages } from '../../span/put-json.ts'

/** The content of `{type, value}`, or of each one in a list. */
function unwrapped(value: unknown): unknown {
  if (!isRecord(value) || typeof value['type'] !== 'string' || !('value' in value)) return value
  const inner = value['value']
  return value['type'] === 'list' && Array.isArray(inner) ? inner.map(unwrapped) : inner
}

const typedInput: Transform = (span, attr) => {
  const value = unwrapped(span.value(attr))
  if (value === null || value === undefined) return false
  if (span.kind === 'llm' || span.kind === 'embedding') {
    const list = typeof value === 'string' ? [textMessage(value, 'user')] : requestMessages(value)
    if (
      putMessages(
        span,
        R.input_messages,
        (list ?? []).filter((m) => m !== null),
      )
    )
      return true
  }
  if (span.kind === 'tool') span.setJson(R.tool_arguments, value)
  else span.setJson(R.input, value)
  if (span.kind === 'retrieval') putQuery(span, value)
  return true
}

function putQuery(span: CurrentSpan, value: unknown): void {
  if (typeof value === 'string') span.offerText(R.retrieval_query, value)
  else if (isRecord(value))
    span.offerText(R.retrieval_query, value['query'] ?? value['q'] ?? value['question'])
}

const typedOutput: Transform = (span, attr) => {
  const value = unwrapped(span.value(attr))
  if (value === null || value === undefined) return false
  if (span.kind === 'llm') {
    const list =
      typeof value === 'string' ? [textMessage(value, 'assistant')] : responseMessages(value)
    if (
      putMessages(
        span,
        R.output_messages,
        (list ?? []).filter((m) => m !== null),
      )
    )
      return true
  }
  span.setJson(span.kind === 'tool' ? R.tool_result : R.output, value)
  return true
}

const contexts: Transform = (span, attr, rule) => {
  const value = span.value(attr)
  const list: unknown = isRecord(value) ? unwrapped(value) : value
  const found = Array.isArray(list) ? documentsOf(list.map(withId)) : null
  if (found === null) return false
  span.setJson(rule.range, found)
  return true
}

function withId(context: unknown): unknown {
  if (!isRecord(context)) return context
  const { document_id, chunk_id, ...rest } = context
  return { id: document_id ?? chunk_id, ...rest }
}

const metrics: Transform = (span, attr) => {
  // The JavaScript SDK wraps them like its inputs and outputs.
  const value = unwrapped(span.value(attr))
  if (!isRecord(value)) return false
  const usage = usageOf(value)
  if (usage !== null) {
    usage.isExclusive = false
    putUsage(span, usage)
  }
  span.offerNumber(N.cost_usd, numberIn(value['cost']))
  span.offerNumber(N.time_to_first_chunk_ms, numberIn(value['first_token_ms']))
  return usage !== null || Object.keys(value).length === 0 || typeof value['cost'] === 'number'
}

/** Times are in ms since the epoch. */
const firstToken: Transform = (span, attr, rule) => {
  const value = span.value(attr)
  if (!isRecord(value)) return false
  const first = numberIn(value['first_token_at'])
  const start = numberIn(value['started_at'])
  const ms = first - (Number.isNaN(start) ? span.times.startMs : start)
  if (ms >= 0) span.events.setNum(span.event, rule.number, ms)
  // Without a first token the value only repeats what the span has.
  return 'started_at' in value || 'finished_at' in value || Object.keys(value).length === 0
}

export const transforms = {
  'typed-input': { fills: 'io', read: typedInput },
  'typed-output': { fills: 'io', read: typedOutput },
  contexts: { fills: 'json', read: contexts },
  metrics: { fills: 'flag', read: metrics },
  'first-token': { fills: 'number', read: firstToken },
} as const satisfies Readonly<Record<string, OwnTransform>>
