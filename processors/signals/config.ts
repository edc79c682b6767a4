// The configuration schema of `signals`: limits of the rules, and signal types to leave out.

import { z } from 'zod'
import { duration } from '../../core/config/config-types.ts'
import { KINDS } from '../../core/kinds.ts'
import { SIGNAL_TYPES } from '../../core/signal.ts'

export const signalsSchema = z.strictObject({
  disabled: z
    .array(z.enum(SIGNAL_TYPES))
    .default([])
    .describe('Signal types that are not looked for, e.g. `medium_latency`.'),
  high_latency: duration()
    .prefault('5s')
    .describe('A call longer than this is a `high_latency` signal (high).'),
  medium_latency: duration()
    .prefault('2s')
    .describe('A call longer than this is a `medium_latency` signal (medium).'),
  latency_kinds: z
    .array(z.enum(KINDS))
    .default(['llm', 'embedding', 'rerank', 'retrieval', 'tool', 'mcp', 'guardrail', 'evaluator'])
    .describe(
      'Kinds of events that the latency limits apply to. Agents and chains are left out because they contain other calls.',
    ),
  cost_spike: z
    .number()
    .positive()
    .default(10)
    .describe('A call that costs more USD than this is a `cost_spike` (high).'),
  token_spike: z
    .number()
    .int()
    .positive()
    .default(100_000)
    .describe('A call with more tokens than this is a `token_spike` (high).'),
  loop_repeats: z
    .number()
    .int()
    .min(2)
    .default(4)
    .describe(
      'Equal calls of a tool or a model with equal results, one after the other in a trace, that are a `loop_detected` (high).',
    ),
  retry_errors: z
    .number()
    .int()
    .min(2)
    .default(3)
    .describe(
      'Equal calls that fail, one after the other in a trace, that are a `retry_storm` (high; low when the waits grow).',
    ),
  polling_repeats: z
    .number()
    .int()
    .min(2)
    .default(30)
    .describe('Equal calls of a tool with changing results that are reported as `polling` (low).'),
  depth_max: z
    .number()
    .int()
    .positive()
    .default(50)
    .describe('Spans inside each other; more are `runaway` (medium).'),
  children_max: z
    .number()
    .int()
    .positive()
    .default(200)
    .describe('Children of one span; more are `runaway` (medium).'),
  trace_budget_usd: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe('A trace that costs more USD is a `budget_exceeded` (medium).'),
  trace_budget_tokens: z
    .number()
    .int()
    .positive()
    .nullable()
    .default(null)
    .describe('A trace with more tokens is a `budget_exceeded` (medium).'),
  waste_usd: z
    .number()
    .positive()
    .default(0.05)
    .describe(
      'USD of one trace for calls that failed, or asked again what was answered the same way, from which on they are `waste` (low).',
    ),
  waste_share: z
    .number()
    .min(0)
    .max(1)
    .default(0.2)
    .describe('Share of the cost of the trace that they must have besides.'),
  context_drop: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.5)
    .describe(
      'Share of the input tokens that a conversation must lose from one turn to the next, without a summary, for a `context_drop` (medium).',
    ),
  trends: z
    .boolean()
    .default(true)
    .describe(
      'Whether calls are compared with those before, by service, route, model and tool: `latency_anomaly`, `cost_anomaly`, `token_anomaly`, `error_rate`, `model_drift`, `output_drift`.',
    ),
})

export type SignalsConfig = z.output<typeof signalsSchema>
