// The table of rules: what each looks at and what it finds. A rule never throws. Nearly every event passes through all rules
// without a finding, so a rule compares ranges of bytes and decodes text only when it finds something.

import type { EventTable } from '../../core/event.ts'
import { N, R } from '../../core/fields.ts'
import { injectionMarker } from './injection.ts'
import type { Finding, Rule } from './rule.ts'

/** Whether the field holds exactly this ASCII text. */
function is(events: EventTable, event: number, field: number, text: string): boolean {
  return events.arena.equals(events.off(event, field), events.len(event, field), text)
}

const isError = (events: EventTable, event: number): boolean => is(events, event, R.status, 'error')

function kindOf(events: EventTable, event: number): string {
  return events.arena.latin1(events.off(event, R.kind), Math.max(0, events.len(event, R.kind)))
}

const TIMEOUT = /timed?[ _-]?out|deadline[ _-]exceeded|etimedout/i
const OVERFLOW =
  /context[_ ](?:length|window)[_ ]?(?:is )?exceed|maximum context length|context_length_exceeded|prompt is too long|input is too long|too many (?:input )?tokens|exceeds the (?:model's )?(?:maximum )?context/i

function errorEvidence(events: EventTable, event: number): Finding['evidence'] {
  return {
    error_type: events.text(event, R.error_type),
    error_message: events.text(event, R.error_message)?.slice(0, 500) ?? null,
    tool_name: events.text(event, R.tool_name),
    model: events.text(event, R.response_model) ?? events.text(event, R.request_model),
  }
}

export const RULES: readonly Rule[] = [
  {
    // Fires for an LLM call of 6.2 s. Does not fire for an agent run of 60 s, which only contains calls.
    id: 'latency@1',
    types: ['high_latency', 'medium_latency'],
    perCall: true,
    check(events, event, config) {
      const ms = events.num(event, N.duration_ms)
      if (!(ms > config.medium_latency)) return null
      if (!(config.latency_kinds as readonly string[]).includes(kindOf(events, event))) return null
      const high = ms > config.high_latency
      return {
        type: high ? 'high_latency' : 'medium_latency',
        severity: high ? 'high' : 'medium',
        value: ms,
        threshold: high ? config.high_latency : config.medium_latency,
        evidence: {
          unit: 'ms',
          name: events.text(event, R.name),
          model: events.text(event, R.response_model) ?? events.text(event, R.request_model),
        },
      }
    },
  },
  {
    // Fires for a tool span with status error. A timeout and a context overflow have signal types of their own.
    id: 'error@1',
    types: ['tool_timeout', 'tool_error', 'llm_error', 'error'],
    perCall: false,
    perSpan: true,
    check(events, event) {
      if (!isError(events, event)) return null
      const kind = kindOf(events, event)
      const evidence = errorEvidence(events, event)
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
    // Fires for "This model's maximum context length is 128000 tokens". Does not fire for the finish reason `length` alone.
    id: 'context.overflow@1',
    types: ['context_overflow'],
    perCall: false,
    perSpan: true,
    check(events, event) {
      const evidence = overflowEvidence(events, event)
      if (evidence === null) return null
      return { type: 'context_overflow', severity: 'high', value: null, threshold: null, evidence }
    },
  },
  {
    id: 'cost.spike@1',
    types: ['cost_spike'],
    perCall: true,
    check(events, event, config) {
      const usd = events.num(event, N.cost_usd)
      if (!(usd > config.cost_spike)) return null
      return {
        type: 'cost_spike',
        severity: 'high',
        value: usd,
        threshold: config.cost_spike,
        evidence: {
          unit: 'USD',
          model: events.text(event, R.response_model) ?? events.text(event, R.request_model),
          cost_source: events.text(event, R.cost_source),
        },
      }
    },
  },
  {
    id: 'token.spike@1',
    types: ['token_spike'],
    perCall: true,
    check(events, event, config) {
      const tokens = totalTokens(events, event)
      if (!(tokens > config.token_spike)) return null
      return {
        type: 'token_spike',
        severity: 'high',
        value: tokens,
        threshold: config.token_spike,
        evidence: {
          unit: 'tokens',
          input_tokens: numberOrNull(events.num(event, N.input_tokens)),
          output_tokens: numberOrNull(events.num(event, N.output_tokens)),
          model: events.text(event, R.response_model) ?? events.text(event, R.request_model),
        },
      }
    },
  },
  {
    // Reports only types and counts: the values were removed from the event and must not return in the signal.
    id: 'secret@1',
    types: ['secret_detected'],
    perCall: false,
    perContent: true,
    check(events, event) {
      if (!events.has(event, R.secrets)) return null
      const found = JSON.parse(events.text(event, R.secrets) ?? '{}') as Record<string, number>
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
    // Fires for an answered call with neither text nor tool call. Does not fire when the content was never recorded.
    id: 'output.empty@1',
    types: ['empty_output'],
    perCall: true,
    check(events, event) {
      if (!is(events, event, R.kind, 'llm') || isError(events, event)) return null
      const empty = events.has(event, R.output_messages) && hasNoOutput(events, event)
      const none = events.num(event, N.output_tokens) === 0 && !events.has(event, R.output_messages)
      if (!empty && !none) return null
      return {
        type: 'empty_output',
        severity: 'medium',
        value: numberOrNull(events.num(event, N.output_tokens)),
        threshold: null,
        evidence: {
          finish_reasons: events.text(event, R.finish_reasons),
          model: events.text(event, R.response_model) ?? events.text(event, R.request_model),
        },
      }
    },
  },
  {
    // Fires for "ignore all previous instructions". The signal names the phrase and does not quote the message.
    id: 'injection@1',
    types: ['prompt_injection'],
    perCall: false,
    perContent: true,
    check(events, event) {
      if (!events.has(event, R.input_messages)) return null
      const marker = injectionMarker(
        events.arena.buf,
        events.off(event, R.input_messages),
        events.len(event, R.input_messages),
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

function totalTokens(events: EventTable, event: number): number {
  const total = events.num(event, N.total_tokens)
  if (!Number.isNaN(total)) return total
  return (events.num(event, N.input_tokens) || 0) + (events.num(event, N.output_tokens) || 0)
}

function overflowEvidence(events: EventTable, event: number): Finding['evidence'] | null {
  if (isError(events, event)) {
    const text = `${events.text(event, R.error_type) ?? ''} ${events.text(event, R.error_message) ?? ''}`
    return OVERFLOW.test(text) ? errorEvidence(events, event) : null
  }
  const len = events.len(event, R.finish_reasons)
  if (len < 'model_context_window_exceeded'.length) return null
  const reasons = events.text(event, R.finish_reasons) ?? ''
  return reasons.includes('context_window_exceeded') ? { finish_reasons: reasons } : null
}

/** Messages without parts, even several, are shorter than this; longer text need not be parsed. */
const EMPTY_OUTPUT_BYTES_MAX = 160

/** Whether the messages are `[]` or have no parts. */
function hasNoOutput(events: EventTable, event: number): boolean {
  if (events.len(event, R.output_messages) > EMPTY_OUTPUT_BYTES_MAX) return false
  const messages: unknown = JSON.parse(events.text(event, R.output_messages) ?? 'null')
  if (!Array.isArray(messages)) return false
  return messages.every((m: { parts?: unknown }) => !Array.isArray(m.parts) || m.parts.length === 0)
}

const numberOrNull = (n: number): number | null => (Number.isNaN(n) ? null : n)
