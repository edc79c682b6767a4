// The worker half: what the events of a task add to issues and sums, as one JSON document. Everything in it
// is bounded and storable: no U+0000, no huge keys, no numbers that would overflow a column after years.

import { hash } from 'node:crypto'
import { SPAN, SPAN_STRIDE } from '../../core/batch.ts'
import type { Encoder, EncoderFactory, ProcessedBatch } from '../../core/component.ts'
import type { EventTable } from '../../core/event.ts'
import { N, R } from '../../core/fields.ts'
import type { Signal } from '../../core/signal.ts'
import type { EncodedPart } from '../../core/task.ts'
import { DeltaMap, type GroupDelta, type IssueRow, type Sums, type TraceDelta } from './deltas.ts'
import { lastText } from './last-text.ts'

/** Nothing to know: the document has one form. */
export type EncoderSettings = Record<string, never>

export const encoder: EncoderFactory<EncoderSettings> = (exporterId) => new DeltaEncoder(exporterId)

export const STREAM = 'deltas'
/** Longer ids are cut and end in a hash: a btree key of Postgres holds 2.7 kB. */
const ID_CHARS_MAX = 256
/** One event cannot claim more; a bigint column holds nine million of these. */
const TOKENS_MAX = 1e12
const COST_MAX = 1e9
/** 2106-02-07, as in ClickHouse. */
const TIME_MAX_MS = 4_294_967_295_000
const CALLS: ReadonlySet<string> = new Set(['llm', 'embedding', 'rerank'])

class DeltaEncoder implements Encoder {
  readonly #id: string

  constructor(exporterId: string) {
    this.#id = exporterId
  }

  encode(input: ProcessedBatch, skip: ReadonlySet<number>): EncodedPart[] {
    const rows = new DeltaMap()
    const byEvent = new Map<string, Facts>()
    const newest = new Map<string, { readonly e: number; readonly facts: Facts }>()
    let items = 0
    for (let e = 0; e < input.events.count; e++) {
      const facts = factsOf(input.events, e)
      if (input.signals.length > 0) byEvent.set(facts.event, facts)
      if (skip.has(e)) continue
      addEvent(rows, input.events, e, facts)
      noteNewest(newest, e, facts)
      items++
    }
    // One preview for each conversation of the task: parsing messages costs more than all the rest here.
    for (const { e, facts } of newest.values()) addPreview(rows, input.events, e, facts)
    for (const signal of input.signals) rows.issue(issueOf(signal, byEvent.get(signal.event_id)))
    items += input.signals.length
    if (items === 0) return []
    const bytes = new Uint8Array(Buffer.from(JSON.stringify(rows.deltas()), 'utf8'))
    return [{ exporter: this.#id, stream: STREAM, items, bytes }]
  }
}

/** What several rows need of one event. */
interface Facts {
  readonly event: string
  readonly tenant: string
  readonly project: string
  readonly trace: string | null
  readonly environment: string | null
  readonly kind: string
  readonly user: string | null
  readonly session: string | null
  readonly conversation: string | null
  readonly start: number
  readonly end: number
  /** Usage of a row that repeats others' is none. */
  readonly isCounted: boolean
  readonly isError: boolean
}

function factsOf(events: EventTable, e: number): Facts {
  const start = startMs(events, e)
  return {
    event: events.hex(e, R.event_id) ?? '',
    tenant: word(events, e, R.tenant_id) ?? '',
    project: word(events, e, R.project_id) ?? '',
    trace: events.hex(e, R.trace_id),
    environment: word(events, e, R.environment),
    kind: word(events, e, R.kind) ?? 'span',
    user: word(events, e, R.user_id),
    session: word(events, e, R.session_id),
    conversation: word(events, e, R.conversation_id),
    start,
    end: Math.max(start, timeMs(events, e, R.end_time) ?? start),
    isCounted: !(events.num(e, N.usage_aggregate) > 0),
    isError: events.text(e, R.status) === 'error',
  }
}

function addEvent(rows: DeltaMap, events: EventTable, e: number, f: Facts): void {
  const sums = sumsOf(events, e, f)
  if (f.trace !== null) rows.trace(traceOf(events, e, f, sums, f.trace))
  if (f.user !== null) rows.user(groupOf(f, sums, f.user, null))
  if (f.session !== null) rows.session(groupOf(f, sums, f.session, f.user))
  if (f.conversation !== null) rows.conversation(conversationOf(events, e, f, sums, f.conversation))
  const isUsage = CALLS.has(f.kind) && f.isCounted
  if (!isUsage) return
  rows.usage({
    tenant: f.tenant,
    project: f.project,
    day: dayOf(f.start),
    environment: f.environment ?? 'default',
    provider: word(events, e, R.provider) ?? '',
    model: word(events, e, R.response_model) ?? word(events, e, R.request_model) ?? '',
    ...sums,
    ...detailsOf(events, e, f),
  })
}

let lastDay = Number.NaN
let lastDayText = ''

/** `2026-11-23`; events of one batch are mostly of one day. */
function dayOf(ms: number): string {
  const day = Math.floor(ms / 86_400_000)
  if (day !== lastDay) {
    lastDay = day
    lastDayText = new Date(day * 86_400_000).toISOString().slice(0, 10)
  }
  return lastDayText
}

function sumsOf(events: EventTable, e: number, f: Facts): Sums {
  const cost = f.isCounted ? events.num(e, N.cost_usd) : 0
  return {
    events: 1,
    llm: CALLS.has(f.kind) && f.isCounted ? 1 : 0,
    errors: f.isError ? 1 : 0,
    in: tokens(events, e, N.input_tokens, f),
    out: tokens(events, e, N.output_tokens, f),
    total: tokens(events, e, N.total_tokens, f),
    cost: Number.isFinite(cost) ? Math.max(-COST_MAX, Math.min(COST_MAX, cost)) : 0,
  }
}

function detailsOf(
  events: EventTable,
  e: number,
  f: Facts,
): { cache_read: number; cache_write: number; reasoning: number; unpriced: number } {
  const hasUsage = events.num(e, N.total_tokens) > 0 || events.num(e, N.input_tokens) > 0
  return {
    cache_read: tokens(events, e, N.cache_read_tokens, f),
    cache_write: tokens(events, e, N.cache_write_tokens, f),
    reasoning: tokens(events, e, N.reasoning_tokens, f),
    unpriced: f.isCounted && hasUsage && Number.isNaN(events.num(e, N.cost_usd)) ? 1 : 0,
  }
}

function tokens(events: EventTable, e: number, n: number, f: Facts): number {
  const v = events.num(e, n)
  if (!f.isCounted || !(v > 0)) return 0
  return Math.trunc(Math.min(v, TOKENS_MAX))
}

function traceOf(events: EventTable, e: number, f: Facts, sums: Sums, trace: string): TraceDelta {
  const isRoot = events.len(e, R.parent_span_id) < 0
  const model = word(events, e, R.response_model) ?? word(events, e, R.request_model)
  return {
    tenant: f.tenant,
    project: f.project,
    trace,
    start: f.start,
    end: f.end,
    ...sums,
    ...detailsOf(events, e, f),
    tools: f.kind === 'tool' || f.kind === 'mcp' ? 1 : 0,
    environment: f.environment,
    root_name: isRoot ? word(events, e, R.name) : null,
    root_kind: isRoot ? f.kind : null,
    service: word(events, e, R.service_name),
    user: f.user,
    session: f.session,
    conversation: f.conversation,
    kinds: [f.kind],
    models: model === null ? [] : [model],
  }
}

function conversationOf(
  events: EventTable,
  e: number,
  f: Facts,
  sums: Sums,
  id: string,
): GroupDelta {
  const index = events.num(e, N.message_index)
  const row = groupOf(f, sums, id, f.user)
  row.session = f.session
  if (index >= 0) row.messages = Math.trunc(Math.min(index, 1e9)) + 1
  return row
}

/** Every field in one literal: rows of one shape are added up faster. */
function groupOf(f: Facts, s: Sums, id: string, user: string | null): GroupDelta {
  return {
    tenant: f.tenant,
    project: f.project,
    id,
    first: f.start,
    last: f.end,
    events: s.events,
    llm: s.llm,
    errors: s.errors,
    in: s.in,
    out: s.out,
    total: s.total,
    cost: s.cost,
    user,
    session: null,
    messages: null,
    text: null,
    text_at: 0,
  }
}

function noteNewest(
  newest: Map<string, { readonly e: number; readonly facts: Facts }>,
  e: number,
  facts: Facts,
): void {
  if (facts.conversation === null || facts.kind !== 'llm' || !facts.isCounted) return
  const key = `${facts.tenant}\n${facts.project}\n${facts.conversation}`
  const known = newest.get(key)
  if (known === undefined || facts.end >= known.facts.end) newest.set(key, { e, facts })
}

const NOTHING: Sums = { events: 0, llm: 0, errors: 0, in: 0, out: 0, total: 0, cost: 0 }

function addPreview(rows: DeltaMap, events: EventTable, e: number, f: Facts): void {
  const text = lastText(events, e)
  if (text === null || f.conversation === null) return
  const row = groupOf(f, NOTHING, f.conversation, f.user)
  row.session = f.session
  row.text = text
  row.text_at = f.end
  rows.conversation(row)
}

function issueOf(s: Signal, f: Facts | undefined): IssueRow {
  return {
    tenant: s.tenant_id,
    project: s.project_id,
    id: s.signal_id,
    type: s.type,
    severity: s.severity,
    trace: s.trace_id,
    span: s.span_id,
    event: s.event_id,
    at: Math.min(Number(BigInt(s.at) / 1_000_000n), TIME_MAX_MS),
    value: s.value,
    threshold: s.threshold,
    evidence: cleanEvidence(s.evidence),
    rule: s.rule,
    conversation: f?.conversation ?? null,
    session: f?.session ?? null,
    user: f?.user ?? null,
    environment: f?.environment ?? null,
  }
}

/** Postgres has no U+0000 and no half characters in text; JSON has both. */
function cleanEvidence(evidence: Signal['evidence']): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(evidence))
    out[storable(key)] = typeof value === 'string' ? storable(value) : value
  return out
}

const storable = (text: string): string => text.toWellFormed().replaceAll('\u0000', '')

/** A text field that serves as key or label: null when empty. */
function word(events: EventTable, e: number, r: number): string | null {
  const text = events.text(e, r)
  if (text === null || text === '') return null
  const clean = text.includes('\u0000') ? text.replaceAll('\u0000', '') : text
  if (clean.length <= ID_CHARS_MAX) return clean === '' ? null : clean
  return `${clean.slice(0, ID_CHARS_MAX - 17).toWellFormed()}#${hash('sha256', clean, 'hex').slice(0, 16)}`
}

/** Start, or else the end, or else when it was received. */
function startMs(events: EventTable, e: number): number {
  const known = timeMs(events, e, R.start_time) ?? timeMs(events, e, R.end_time)
  if (known !== null) return known
  const batch = events.batch
  const span = events.spanOf[e] as number
  const request = batch.requests[batch.spans[span * SPAN_STRIDE + SPAN.REQUEST] as number]
  return request?.receivedAtMs ?? 0
}

function timeMs(events: EventTable, e: number, r: number): number | null {
  const ms = events.timeMs(e, r)
  return Number.isNaN(ms) ? null : Math.min(ms, TIME_MAX_MS)
}
