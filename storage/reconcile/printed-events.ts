// Reads canonical events as `pipe` and the API print them, for a comparison without an instance.

import { dayOf, type Fields, isFields, numberOf, type Provider, textOf } from './billed.ts'
import type { CountedEvent } from './compare.ts'

const SOLD_BY: Readonly<Record<Provider, string>> = {
  openai: 'openai',
  anthropic: 'anthropic',
  bedrock: 'aws.bedrock',
  openrouter: 'openrouter',
}

/** A client of OpenAI or Anthropic may call this host, and is paid for by its account. */
const GATEWAY = /(?:^|[./])openrouter\.ai(?:$|[:/])/i

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const CALLS = new Set(['llm', 'embedding', 'rerank'])

/** The events of a provider in lines of JSON. `keyField` is the field that names the provider's key, or null. */
export function countedOf(
  lines: Iterable<unknown>,
  provider: Provider,
  keyField: string | null,
): CountedEvent[] {
  const out: CountedEvent[] = []
  for (const line of lines) {
    if (!isFields(line) || ('record' in line && line['record'] !== 'event')) continue
    const seller = GATEWAY.test(textOf(line, 'server_address'))
      ? SOLD_BY.openrouter
      : textOf(line, 'provider')
    if (seller !== '' && seller !== SOLD_BY[provider]) continue
    if (provider === 'openrouter' && seller === '') continue
    const event = eventOf(line, keyField)
    if (event !== null) out.push(event)
  }
  return out
}

function eventOf(line: Fields, keyField: string | null): CountedEvent | null {
  const atMs = startMs(line['start_time'])
  const day = Number.isFinite(atMs) ? dayOf(new Date(atMs).toISOString()) : null
  if (day === null) return null
  const n = (name: string): number => Math.max(0, numberOf(line, name) ?? 0)
  const hasUsage = n('input_tokens') > 0 || n('output_tokens') > 0
  const hasCost = numberOf(line, 'cost_usd') !== undefined
  const counts = line['usage_aggregate'] !== true && (hasUsage || hasCost)
  const kind = textOf(line, 'kind')
  if (!counts && !CALLS.has(kind)) return null
  return {
    event_id: textOf(line, 'event_id'),
    trace_id: textOf(line, 'trace_id'),
    span_id: textOf(line, 'span_id'),
    day,
    at_ms: atMs,
    names_provider: textOf(line, 'provider') !== '' || GATEWAY.test(textOf(line, 'server_address')),
    near_midnight: Math.abs((atMs % DAY_MS) - DAY_MS / 2) > DAY_MS / 2 - HOUR_MS,
    model: textOf(line, 'response_model', 'request_model'),
    key: keyField === null ? null : keyOf(line, keyField),
    response_id: textOf(line, 'response_id') || null,
    kind,
    status: textOf(line, 'status'),
    amounts: {
      calls: counts && hasUsage ? 1 : 0,
      input_tokens: n('input_tokens'),
      output_tokens: n('output_tokens'),
      cache_read_tokens: n('cache_read_tokens'),
      cache_write_tokens: n('cache_write_tokens'),
      cost_usd: n('cost_usd'),
    },
    counts,
    has_usage: hasUsage,
    has_cost: hasCost,
    cost_source: textOf(line, 'cost_source'),
    inconsistent: line['usage_inconsistent'] === true,
    scope_name: textOf(line, 'scope_name') || null,
    remainder: line['usage_remainder'] === true,
    duplicate_of: textOf(line, 'usage_duplicate_of') || null,
  }
}

/** The time of an event in ms: from nanoseconds as an integer or text, or from a date in text. */
function startMs(value: unknown): number {
  if (typeof value === 'number') return value / 1e6
  if (typeof value !== 'string') return Number.NaN
  return /^\d{16,20}$/.test(value) ? Number(value) / 1e6 : Date.parse(value)
}

function keyOf(line: Fields, keyField: string): string | null {
  if (!keyField.startsWith('metadata.')) return textOf(line, keyField) || null
  const metadata = line['metadata']
  return isFields(metadata) ? textOf(metadata, keyField.slice('metadata.'.length)) || null : null
}
