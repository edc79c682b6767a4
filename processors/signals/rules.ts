// The rules, one row each: what is looked at and what it means. A rule never throws and reads ranges,
// not strings, until it fires: nearly every event passes all of them.

import type { EventTable } from '../../core/event.ts'
import { N, R } from '../../core/fields.ts'
import { injectionMarker } from './injection.ts'
import type { Finding, Rule } from './rule.ts'

/** True when the field holds exactly this ASCII text. */
function is(events: EventTable, e: number, r: number, text: string): boolean {
  return events.arena.equals(events.off(e, r), events.len(e, r), text)
}

const isError = (events: EventTable, e: number): boolean => is(events, e, R.status, 'error')

function kindOf(events: EventTable, e: number): string {
  return events.arena.latin1(events.off(e, R.kind), Math.max(0, events.len(e, R.kind)))
}

const TIMEOUT = /timed?[ _-]?out|deadline[ _-]exceeded|etimedout/i
const OVERFLOW =
  /context[_ ](?:length|window)[_ ]?(?:is )?exceed|maximum context length|context_length_exceeded|prompt is too long|input is too long|too many (?:input )?tokens|exceeds the (?:model's )?(?:maximum )?context/i

function errorEvidence(events: EventTable, e: number): Finding['evidence'] {
  return {
    error_type: events.text(e, R.error_type),
    error_message: events.text(e, R.error_message)?.slice(0, 500) ?? null,
    tool_name: events.text(e, R.tool_name),
    model: events.text(e, R.response_model) ?? events.text(e, R.request_model),
  }
}

export const RULES: readonly Rule[] = [
  {
    // Fires: an LLM call of 6.2 s. Does not: an agent run of 60 s, which only contains calls.
    id: 'latency@1',
    types: ['high_latency', 'medium_latency'],
    perCall: true,
    check(events, e, config) {
      const ms = events.num(e, N.duration_ms)
      if (!(ms > config.medium_latency)) return null
      if (!(config.latency_kinds as readonly string[]).includes(kindOf(events, e))) return null
      const high = ms > config.high_latency
      return {
        type: high ? 'high_latency' : 'medium_latency',
        severity: high ? 'high' : 'medium',
        value: ms,
        threshold: high ? config.high_latency : config.medium_latency,
        evidence: {
          unit: 'ms',
          name: events.text(e, R.name),
          model: events.text(e, R.response_model) ?? events.text(e, R.request_model),
        },
      }
    },
  },
  {
    // Fires: a tool span with status error. A timeout is its own type, and an overflow of the context another.
    id: 'error@1',
    types: ['tool_timeout', 'tool_error', 'llm_error', 'error'],
    perCall: false,
    perSpan: true,
    check(events, e) {
      if (!isError(events, e)) return null
      const kind = kindOf(events, e)
      const evidence = errorEvidence(events, e)
      const text = `${evidence['error_type'] ?? ''} ${evidence['error_message'] ?? ''}`
      const base = { severity: 'high', value: null, threshold: null, evidence } as const
      if (kind === 'tool' || kind === 'mcp')
        return { ...base, type: TIMEOUT.test(text) ? 'tool_timeout' : 'tool_error' }
      if (kind === 'llm' || kind === 'embedding' || kind === 'rerank')
        return { ...base, type: 'llm_error' }
      return { ...base, type: 'error' }
    },
  },
  {
    // Fires: "This model's maximum context length is 128000 tokens". Does not: finish reason `length` alone.
    id: 'context.overflow@1',
    types: ['context_overflow'],
    perCall: false,
    perSpan: true,
    check(events, e) {
      const evidence = overflowEvidence(events, e)
      if (evidence === null) return null
      return { type: 'context_overflow', severity: 'high', value: null, threshold: null, evidence }
    },
  },
  {
    id: 'cost.spike@1',
    types: ['cost_spike'],
    perCall: true,
    check(events, e, config) {
      const usd = events.num(e, N.cost_usd)
      if (!(usd > config.cost_spike)) return null
      return {
        type: 'cost_spike',
        severity: 'high',
        value: usd,
        threshold: config.cost_spike,
        evidence: {
          unit: 'USD',
          model: events.text(e, R.response_model) ?? events.text(e, R.request_model),
          cost_source: events.text(e, R.cost_source),
        },
      }
    },
  },
  {
    id: 'token.spike@1',
    types: ['token_spike'],
    perCall: true,
    check(events, e, config) {
      const tokens = totalTokens(events, e)
      if (!(tokens > config.token_spike)) return null
      return {
        type: 'token_spike',
        severity: 'high',
        value: tokens,
        threshold: config.token_spike,
        evidence: {
          unit: 'tokens',
          input_tokens: numberOrNull(events.num(e, N.input_tokens)),
          output_tokens: numberOrNull(events.num(e, N.output_tokens)),
          model: events.text(e, R.response_model) ?? events.text(e, R.request_model),
        },
      }
    },
  },
  {
    // Types and counts only: what was found is gone from the event, and stays out of the signal.
    id: 'secret@1',
    types: ['secret_detected'],
    perCall: false,
    check(events, e) {
      if (!events.has(e, R.secrets)) return null
      const found = JSON.parse(events.text(e, R.secrets) ?? '{}') as Record<string, number>
      const count = Object.values(found).reduce((a, b) => a + b, 0)
      return {
        type: 'secret_detected',
        severity: 'high',
        value: count,
        threshold: 0,
        evidence: found,
      }
    },
  },
  {
    // Fires: an answered call with no text and no tool call. Does not: content that was never recorded.
    id: 'output.empty@1',
    types: ['empty_output'],
    perCall: true,
    check(events, e) {
      if (!is(events, e, R.kind, 'llm') || isError(events, e)) return null
      const empty = events.has(e, R.output_messages) && hasNoOutput(events, e)
      const none = events.num(e, N.output_tokens) === 0 && !events.has(e, R.output_messages)
      if (!empty && !none) return null
      return {
        type: 'empty_output',
        severity: 'medium',
        value: numberOrNull(events.num(e, N.output_tokens)),
        threshold: null,
        evidence: {
          finish_reasons: events.text(e, R.finish_reasons),
          model: events.text(e, R.response_model) ?? events.text(e, R.request_model),
        },
      }
    },
  },
  {
    // Fires: "ignore all previous instructions". The marker is named, the message is not repeated.
    id: 'injection@1',
    types: ['prompt_injection'],
    perCall: false,
    check(events, e) {
      if (!events.has(e, R.input_messages)) return null
      const marker = injectionMarker(
        events.arena.buf,
        events.off(e, R.input_messages),
        events.len(e, R.input_messages),
      )
      if (marker === null) return null
      return {
        type: 'prompt_injection',
        severity: 'high',
        value: null,
        threshold: null,
        evidence: { marker },
      }
    },
  },
]

function totalTokens(events: EventTable, e: number): number {
  const total = events.num(e, N.total_tokens)
  if (!Number.isNaN(total)) return total
  return (events.num(e, N.input_tokens) || 0) + (events.num(e, N.output_tokens) || 0)
}

function overflowEvidence(events: EventTable, e: number): Finding['evidence'] | null {
  if (isError(events, e)) {
    const text = `${events.text(e, R.error_type) ?? ''} ${events.text(e, R.error_message) ?? ''}`
    return OVERFLOW.test(text) ? errorEvidence(events, e) : null
  }
  const len = events.len(e, R.finish_reasons)
  if (len < 'model_context_window_exceeded'.length) return null
  const reasons = events.text(e, R.finish_reasons) ?? ''
  return reasons.includes('context_window_exceeded') ? { finish_reasons: reasons } : null
}

/** An answer of several choices without parts is shorter than this; what is longer holds something. */
const EMPTY_OUTPUT_BYTES_MAX = 160

/** `[]`, or messages whose parts are all missing. */
function hasNoOutput(events: EventTable, e: number): boolean {
  if (events.len(e, R.output_messages) > EMPTY_OUTPUT_BYTES_MAX) return false
  const messages: unknown = JSON.parse(events.text(e, R.output_messages) ?? 'null')
  if (!Array.isArray(messages)) return false
  return messages.every((m: { parts?: unknown }) => !Array.isArray(m.parts) || m.parts.length === 0)
}

const numberOrNull = (n: number): number | null => (Number.isNaN(n) ? null : n)
