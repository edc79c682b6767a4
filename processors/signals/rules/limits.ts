// Rules that compare a number of a call with a limit of the configuration: latency, cost, tokens. A value that equals the limit
// does not exceed it.

import type { EventTable } from '../../../core/event.ts'
import { N, R } from '../../../core/fields.ts'
import { kindOf, modelOf, numberOrNull, subjectOf } from './reading.ts'
import type { SignalRule } from './rule.ts'

export const LIMIT_RULES: readonly SignalRule[] = [
  {
    // Fires for an LLM call of 6.2 s. Does not fire for an agent run of 60 s, which only contains calls.
    id: 'latency@1',
    types: ['high_latency', 'medium_latency'],
    perCall: true,
    check(events, event, config) {
      const ms = events.num(event, N.duration_ms)
      if (!(ms > config.medium_latency)) return null
      const kind = kindOf(events, event)
      if (!(config.latency_kinds as readonly string[]).includes(kind)) return null
      const high = ms > config.high_latency
      return {
        type: high ? 'high_latency' : 'medium_latency',
        severity: high ? 'high' : 'medium',
        value: ms,
        threshold: high ? config.high_latency : config.medium_latency,
        evidence: { unit: 'ms', name: events.text(event, R.name), model: modelOf(events, event) },
        dimensions: [kind, subjectOf(events, event), events.text(event, R.route)],
      }
    },
  },
  {
    // Fires for a call of 12 USD. Does not fire for a container that repeats the cost of its calls.
    id: 'cost.spike@1',
    types: ['cost_spike'],
    perCall: true,
    perUsage: true,
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
          model: modelOf(events, event),
          cost_source: events.text(event, R.cost_source),
        },
        dimensions: [subjectOf(events, event), events.text(event, R.route)],
      }
    },
  },
  {
    // Fires for a call of 120,000 tokens. Does not fire for an agent whose two calls have 60,000 each.
    id: 'token.spike@1',
    types: ['token_spike'],
    perCall: true,
    perUsage: true,
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
          model: modelOf(events, event),
        },
        dimensions: [subjectOf(events, event), events.text(event, R.route)],
      }
    },
  },
]

function totalTokens(events: EventTable, event: number): number {
  const total = events.num(event, N.total_tokens)
  if (!Number.isNaN(total)) return total
  return (events.num(event, N.input_tokens) || 0) + (events.num(event, N.output_tokens) || 0)
}
