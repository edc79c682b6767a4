// Joins spans with their log records. The messages and usage of a call may arrive in log records, in another request,
// before or after the span, and each is stored as its own event. What a span lacks is shown from its log records.
// Usage is moved to the span, so that a sum over events counts it once.

import type { EventRow } from './select-events.ts'

/** Lists that are joined from several log records, in the order of time. */
const LISTS = ['input_messages', 'output_messages', 'system_instructions'] as const
/** Values of which the first one is shown. */
const VALUES = [
  'tool_definitions',
  'input',
  'output',
  'request_params',
  'finish_reasons',
  'provider',
  'request_model',
  'response_model',
  'response_id',
  'evaluation_name',
  'evaluation_score',
  'evaluation_label',
  'evaluation_explanation',
] as const
const TOKENS = ['input_tokens', 'output_tokens', 'total_tokens'] as const
const COSTS = [
  'cost_usd',
  'cost_input_usd',
  'cost_output_usd',
  'cost_source',
  'price_ref',
  'cost_unpriced',
] as const
const USAGE = [
  ...TOKENS,
  'cache_read_tokens',
  'cache_write_tokens',
  'reasoning_tokens',
  'usage_details',
] as const
/** Content of a call that any of its reports may have. */
const CONTENT = [
  ...LISTS,
  'tool_definitions',
  'input',
  'output',
  'request_params',
  'finish_reasons',
] as const
/** What may be shown in an event and have come in another report of its call. */
export const CONTENT_FIELDS: ReadonlySet<string> = new Set(CONTENT)
const IDS = ['conversation_id', 'session_id', 'user_id', 'route'] as const

/** What may be shown in a span and have come in a log record of it, and what is read to find that out. */
export const JOINED_FIELDS: ReadonlySet<string> = new Set([
  ...LISTS,
  ...VALUES,
  ...USAGE,
  ...COSTS,
  'usage_aggregate',
  'usage_duplicate_of',
  'joined_from',
])

type Event = Record<string, unknown>

/** True for a log record: with an event name, or a line of the application's log. */
export function isLog(event: EventRow): boolean {
  const type = event['event_type']
  return typeof type === 'string' && (type === 'log' || type.startsWith('log:'))
}

/**
 * True for a log record that belongs to a call. A line of the application's log has no dialect, only GenAI records
 * have one.
 */
function isOfCall(event: EventRow): boolean {
  return event['dialect'] !== null && event['dialect'] !== undefined
}

/**
 * Returns `events` as they are shown. `others` has the log records of their spans and the spans of their log records,
 * and may contain the events themselves.
 */
export function joinLogs(events: readonly EventRow[], others: readonly EventRow[]): EventRow[] {
  const spans = new Map<string, Event>()
  const logs = new Map<string, Event[]>()
  const shown = new Map<unknown, Event>()
  for (const event of [...events, ...others]) {
    if (shown.has(event['event_id'])) continue
    const copy = { ...event }
    shown.set(copy['event_id'], copy)
    const key = spanKey(copy)
    if (key === null) continue
    if (!isLog(copy)) {
      // Several legacy events may share a span id. None of them has log records.
      if (!spans.has(key)) spans.set(key, copy)
      continue
    }
    if (!isOfCall(copy)) continue
    const list = logs.get(key)
    if (list === undefined) logs.set(key, [copy])
    else list.push(copy)
  }
  for (const [key, list] of logs) {
    const span = spans.get(key)
    if (span !== undefined) joinSpan(span, list.toSorted(byTime))
  }
  joinRepeats(shown)
  return events.map((event) => shown.get(event['event_id']) ?? event)
}

/** What the report that counts does not say of a call's content is shown from the reports that repeat it. */
function joinRepeats(shown: ReadonlyMap<unknown, Event>): void {
  const repeats = [...shown.values()].filter((event) => isPresent(event['usage_duplicate_of']))
  for (const repeat of repeats.toSorted(byTime)) {
    const counted = shown.get(repeat['usage_duplicate_of'])
    if (counted === undefined || isLog(counted)) continue
    const missing = CONTENT.filter((f) => !isPresent(counted[f]) && isPresent(repeat[f]))
    if (missing.length === 0) continue
    for (const field of missing) counted[field] = repeat[field]
    const from = (counted['joined_from'] ?? []) as readonly unknown[]
    counted['joined_from'] = [...new Set([...from, repeat['event_id']])]
  }
}

function spanKey(event: Event): string | null {
  const { trace_id, span_id } = event
  return typeof trace_id === 'string' && typeof span_id === 'string' ? trace_id + span_id : null
}

function byTime(a: Event, b: Event): number {
  // All have the same form, so the order of the texts is that of the times.
  const [before, after] = [timeOf(a), timeOf(b)]
  if (before !== after) return before < after ? -1 : 1
  return String(a['event_id']) < String(b['event_id']) ? -1 : 1
}

function timeOf({ start_time: time }: Event): string {
  return typeof time === 'string' ? time : ''
}

function joinSpan(span: Event, logs: readonly Event[]): void {
  const from = new Set<unknown>()
  for (const field of LISTS) {
    if (isPresent(span[field])) continue
    const given = logs.filter((log) => Array.isArray(log[field]) && log[field].length > 0)
    if (given.length === 0) continue
    span[field] = given.flatMap((log) => log[field] as unknown[])
    for (const log of given) from.add(log['event_id'])
  }
  for (const field of VALUES) {
    if (isPresent(span[field])) continue
    const given = logs.find((log) => isPresent(log[field]))
    if (given === undefined) continue
    span[field] = given[field]
    from.add(given['event_id'])
  }
  // The records in a span of the application report calls of their own.
  const usage = isPlain(span)
    ? undefined
    : logs.find((log) => TOKENS.some((field) => isPresent(log[field])) && !isAggregate(log))
  if (usage !== undefined && moveUsage(span, usage)) from.add(usage['event_id'])
  if (from.size > 0) span['joined_from'] = [...from]
}

/** False when the kind has not been read. */
function isPlain(span: Event): boolean {
  return span['kind'] === 'span'
}

/** Shows the call's usage in its span, and the log record as a report that repeats it. */
function moveUsage(span: Event, log: Event): boolean {
  const isEmpty = !TOKENS.some((field) => isPresent(span[field]))
  if (!isEmpty && span['usage_duplicate_of'] !== log['event_id']) return false
  // The record is the richer report: what the sums have is what the span must show.
  for (const field of USAGE) move(span, log, field)
  for (const field of COSTS) move(span, log, field)
  span['usage_aggregate'] = false
  delete span['usage_duplicate_of']
  log['usage_aggregate'] = true
  log['usage_duplicate_of'] = span['event_id']
  return true
}

function move(span: Event, log: Event, field: string): void {
  if (log[field] !== undefined) span[field] = log[field]
}

const isPresent = (value: unknown): boolean => value !== null && value !== undefined
const isAggregate = (event: Event): boolean => event['usage_aggregate'] === true

/** The conversation, session, user and route of a trace. */
export type TraceIds = Readonly<Record<(typeof IDS)[number], string | null>>

/** If there are several ids, the smallest is taken, as in the sums. */
export function idsOf(events: readonly EventRow[]): TraceIds {
  const of = (field: string): string | null => {
    const given = events.map((event) => event[field]).filter((id) => typeof id === 'string')
    return given.filter((id) => id !== '').toSorted()[0] ?? null
  }
  return {
    conversation_id: of(IDS[0]),
    session_id: of(IDS[1]),
    user_id: of(IDS[2]),
    route: of(IDS[3]),
  }
}

/** An id on one event of a trace applies to the events without one. */
export function inheritIds(events: readonly EventRow[], ids: TraceIds): EventRow[] {
  return events.map((event) => ({
    ...event,
    ...Object.fromEntries(
      IDS.filter((field) => !isPresent(event[field])).map((field) => [field, ids[field]]),
    ),
  }))
}
