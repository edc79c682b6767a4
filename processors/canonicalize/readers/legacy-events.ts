// Reads legacy Observa events: times from timestamp and latency, a reliable status, provider bodies instead of a
// response, ids that only trace_start has, and failures that only trace_end shows.

import type { SpanBatch } from '../../../core/batch.ts'
import type { EventTable } from '../../../core/event.ts'
import { N, R } from '../../../core/fields.ts'
import { key } from '../../../core/keys.ts'
import { SpanView } from '../../../core/span-view.ts'
import { responseMessages } from '../content/bodies.ts'
import { type ErrorBody, errorOfBody } from '../content/error-body.ts'
import { parseJson } from '../json/loose-json.ts'
import { isRecord } from '../json/values.ts'
import { takeFromBody } from '../span/body-facts.ts'
import type { CurrentSpan } from '../span/current-span.ts'

const TIMESTAMP = key('timestamp')

export function finishLegacyEvent(span: CurrentSpan): void {
  readTimes(span)
  const type = span.fieldText(R.event_type)
  if (type === 'llm_call' || type === 'trace_v0') readBody(span)
  if (type === 'trace_end' || type === 'trace_start') span.markAggregate()
  if (type === 'trace_start') nameTrace(span)
  if (type === 'error') span.status.fail()
}

/** Names a trace as its application does. */
function nameTrace({ events, event }: CurrentSpan): void {
  const len = events.len(event, R.workflow_name)
  if (len > 0) events.setRange(event, R.name, events.off(event, R.workflow_name), len)
}

/**
 * Sets the times. The client takes the timestamp after the call, so it is the end, and the start is earlier by the
 * latency.
 */
function readTimes(span: CurrentSpan): void {
  const attr = span.batch.findAttr(span.index, TIMESTAMP)
  const end = attr < 0 ? Number.NaN : timeOf(span, attr)
  if (Number.isNaN(end)) return
  const latency = span.events.num(span.event, N.duration_ms)
  const isLatency = latency >= 0 && span.times.hasLatency
  span.setTimeMs(R.end_time, end)
  span.setTimeMs(R.start_time, isLatency ? end - latency : end)
  if (!isLatency)
    span.events.setNum(
      span.event,
      N.duration_ms,
      span.kind === 'span' || span.kind === 'chain' || span.kind === 'evaluator' ? 0 : Number.NaN,
    )
}

function timeOf(span: CurrentSpan, attr: number): number {
  const n = span.number(attr)
  if (!Number.isNaN(n)) return n > 1e12 ? n : n * 1000
  return Date.parse(span.text(attr))
}

/**
 * Reads the provider's raw HTTP body, which `track()` stores as the response: it has the counts, and the error of a
 * call that failed.
 */
function readBody(span: CurrentSpan): void {
  const off = span.events.off(span.event, R.output_messages)
  const len = span.events.len(span.event, R.output_messages)
  if (len <= 0) return
  const list = parseJson(span.arena.text(off, len))
  const first: unknown = Array.isArray(list) && list.length === 1 ? list[0] : null
  const parts: unknown = isRecord(first) ? first['parts'] : null
  const part: unknown = Array.isArray(parts) && parts.length === 1 ? parts[0] : null
  const text: unknown = isRecord(part) && part['type'] === 'text' ? part['content'] : null
  if (typeof text !== 'string' || !/^\s*[{[]/.test(text)) return
  const body = parseJson(text)
  const error = errorOfBody(body)
  if (error !== null) return fail(span, error)
  if (
    !isRecord(body) ||
    !('choices' in body || 'content' in body || 'candidates' in body || 'output' in body)
  )
    return
  const messages = responseMessages(body)
  if (messages === null) return
  takeFromBody(span, body)
  span.setJson(R.output_messages, messages)
}

function fail(span: CurrentSpan, { message, type }: ErrorBody): void {
  span.status.fail()
  if (message !== null && !span.hasRange(R.error_message)) span.setString(R.error_message, message)
  if (type !== null && !span.hasRange(R.error_type)) span.setString(R.error_type, type)
}

const INHERITED = [R.conversation_id, R.session_id, R.user_id] as const

/** Joins what several events of a trace say together. */
export function joinLegacyTraces(batch: SpanBatch, events: EventTable): void {
  inheritIds(batch, events)
  failTrackedCalls(batch, events)
}

/** Copies conversation, session and user ids, which one event of a trace has, to all its events. */
function inheritIds(batch: SpanBatch, events: EventTable): void {
  const view = new SpanView(batch)
  const known = new Map<string, number[]>()
  for (let e = 0; e < events.count; e++) {
    if (!view.at(events.spanOf[e] as number).isLegacy) continue
    const trace = traceKey(view, events, e)
    let first = known.get(trace)
    if (first === undefined) {
      first = INHERITED.map(() => -1)
      known.set(trace, first)
    }
    for (const [i, field] of INHERITED.entries())
      if (events.has(e, field) && first[i] === -1) first[i] = e
  }
  for (let e = 0; e < events.count; e++) {
    if (!view.at(events.spanOf[e] as number).isLegacy) continue
    const first = known.get(traceKey(view, events, e)) as number[]
    for (const [i, field] of INHERITED.entries()) {
      const from = first[i] as number
      if (from >= 0 && !events.has(e, field))
        events.setRange(e, field, events.off(from, field), events.len(from, field))
    }
  }
}

/** The trace and its request, so that two tenants in one batch share nothing. */
function traceKey({ request }: SpanView, events: EventTable, e: number): string {
  return `${request}:${events.hex(e, R.trace_id) ?? ''}`
}

/** What `track()` reports of one call. A trace with other events was made by hand and may have failed elsewhere. */
const TRACKED = new Set(['trace_start', 'llm_call', 'output', 'trace_end'])

/**
 * Marks calls of `track()` as failed if trace_end says so. Only trace_end shows that the provider's response was no
 * success.
 */
function failTrackedCalls(batch: SpanBatch, events: EventTable): void {
  const view = new SpanView(batch)
  const traces = new Map<string, { readonly calls: number[]; hasFailed: boolean }>()
  const others = new Set<string>()
  for (let e = 0; e < events.count; e++) {
    if (!view.at(events.spanOf[e] as number).isLegacy) continue
    const trace = traceKey(view, events, e)
    const type = events.text(e, R.event_type) ?? ''
    if (!TRACKED.has(type)) others.add(trace)
    const found = traces.get(trace) ?? { calls: [], hasFailed: false }
    traces.set(trace, found)
    if (type === 'llm_call') found.calls.push(e)
    if (type === 'trace_end' && events.text(e, R.status) === 'error' && isTracked(events, e))
      found.hasFailed = true
  }
  for (const [trace, { calls, hasFailed }] of traces) {
    const [call] = calls
    if (!hasFailed || call === undefined || calls.length > 1 || others.has(trace)) continue
    if (!hasUsage(events, call)) events.setText(call, R.status, 'error')
  }
}

/** True if the root has the trace's id, as `track()` makes it. */
function isTracked(events: EventTable, e: number): boolean {
  const trace = events.hex(e, R.trace_id)
  const span = events.hex(e, R.span_id)
  return trace !== null && span !== null && trace.startsWith(span)
}

/** True if a provider counted tokens, which means that it responded. */
function hasUsage(events: EventTable, e: number): boolean {
  return events.has(e, R.finish_reasons) || events.num(e, N.output_tokens) > 0
}
