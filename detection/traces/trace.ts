// What is known of one trace: its spans, its calls by what they asked for and what came back, its sums. Everything here is the same
// whatever the order in which the spans came.

import type { Observation } from '../observation.ts'
import { FLAG } from '../observation.ts'

/** A span as the rules over traces see it. */
export type TraceSpan = Pick<
  Observation,
  | 'kind'
  | 'name'
  | 'service'
  | 'model'
  | 'tool'
  | 'agent'
  | 'errorType'
  | 'errorMessage'
  | 'flags'
  | 'startMs'
  | 'endMs'
  | 'costUsd'
  | 'key'
  | 'result'
  | 'words'
  | 'event'
  | 'span'
  | 'parent'
>

export interface Trace {
  readonly id: string
  readonly tenant: string
  readonly project: string
  environment: string
  service: string
  conversation: string
  session: string
  user: string
  readonly spans: Map<string, TraceSpan>
  /** Calls by key and result (`repeated-calls.ts`). */
  readonly calls: Map<string, TraceSpan[]>
  costUsd: number
  tokens: number
  /** Time in the log of the last observation, ms. */
  touchedMs: number
  /** Whether the rules for settled traces have run since then. */
  isSettled: boolean
  /** What was raised, as JSON by signal id: only what differs is raised again. */
  readonly raised: Map<string, string>
}

/** Most spans of a trace that are remembered one by one; sums go on. */
const SPANS_MAX = 5000

export function newTrace(o: Observation, atMs: number): Trace {
  return {
    id: o.trace,
    tenant: o.tenant,
    project: o.project,
    environment: o.environment,
    service: '',
    conversation: '',
    session: '',
    user: '',
    spans: new Map(),
    calls: new Map(),
    costUsd: 0,
    tokens: 0,
    touchedMs: atMs,
    isSettled: false,
    raised: new Map(),
  }
}

/** Adds an observation; returns the calls that it is one of, or null when it was known or there is no room. */
export function addSpan(trace: Trace, o: Observation, atMs: number): TraceSpan | null {
  trace.touchedMs = Math.max(trace.touchedMs, atMs)
  trace.isSettled = false
  if (trace.spans.has(o.event) || trace.spans.size >= SPANS_MAX) return null
  trace.service = lesser(trace.service, o.service)
  trace.conversation = lesser(trace.conversation, o.conversation)
  trace.session = lesser(trace.session, o.session)
  trace.user = lesser(trace.user, o.user)
  if ((o.flags & (FLAG.AGGREGATE | FLAG.REPEATED)) === 0) {
    trace.costUsd += o.costUsd
    trace.tokens += o.inputTokens + o.outputTokens
  }
  const span = spanOf(o)
  trace.spans.set(o.event, span)
  return span
}

function spanOf(o: Observation): TraceSpan {
  const { kind, name, service, model, tool, agent, errorType, errorMessage, flags } = o
  const { startMs, endMs, costUsd, key, result, words, event, span, parent } = o
  return {
    kind,
    name,
    service,
    model,
    tool,
    agent,
    errorType,
    errorMessage,
    flags,
    startMs,
    endMs,
    costUsd,
    key,
    result,
    words,
    event,
    span,
    parent,
  }
}

/** Of two texts the one that sorts first; an empty one is none. */
const lesser = (a: string, b: string): string => (a === '' || (b !== '' && b < a) ? b : a)

/** The spans in the order of their start, then of their ids. */
export function inOrder(spans: Iterable<TraceSpan>): TraceSpan[] {
  return [...spans].toSorted(
    (a, b) => a.startMs - b.startMs || a.endMs - b.endMs || (a.event < b.event ? -1 : 1),
  )
}

export const isFailed = (span: TraceSpan): boolean => (span.flags & FLAG.ERROR) !== 0
