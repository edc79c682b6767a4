// The configuration schema of `signals`: limits of the rules, and signal types to leave out.

import { z } from 'zod'
import { duration } from '../../core/config/config-types.ts'
import { KINDS } from '../../core/kinds.ts'
import { SIGNAL_TYPES } from '../../core/signals/signal.ts'
import type { RuleScope } from '../../core/signals/signal-scopes.ts'
import { overridesOf, ownRulesSchema, pausesSchema } from './own-rules/rules-config.ts'

/** What a scope may change. */
const limits = {
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
  conversation_budget_usd: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe('A conversation that costs more USD is a `budget_exceeded` (medium).'),
  conversation_budget_tokens: z
    .number()
    .int()
    .positive()
    .nullable()
    .default(null)
    .describe('A conversation with more tokens is a `budget_exceeded` (medium).'),
  session_budget_usd: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe('A session that costs more USD is a `budget_exceeded` (medium).'),
  session_budget_tokens: z
    .number()
    .int()
    .positive()
    .nullable()
    .default(null)
    .describe('A session with more tokens is a `budget_exceeded` (medium).'),
  user_budget_usd_per_day: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe('USD of one user on a day (UTC); more are a `budget_exceeded` (medium).'),
  user_budget_tokens_per_day: z
    .number()
    .int()
    .positive()
    .nullable()
    .default(null)
    .describe('Tokens of one user on a day (UTC); more are a `budget_exceeded` (medium).'),
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
  trend_calls: z
    .number()
    .int()
    .min(5)
    .default(50)
    .describe('Calls that a window needs; with fewer the minutes before are taken in, at most 5.'),
  trend_deviations: z
    .number()
    .min(3)
    .default(6)
    .describe('Deviations (MAD) by which a quantile must differ from those of the minutes before.'),
  trend_ratio: z
    .number()
    .gt(1)
    .default(1.5)
    .describe('Factor by which a quantile must be above what is usual.'),
  error_rate_difference: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.05)
    .describe(
      'Share of the calls by which more must fail than before, besides the test of the rates.',
    ),
  trends: z
    .boolean()
    .default(true)
    .describe(
      'Whether calls are compared with those before, by service, route, model and tool: `latency_anomaly`, `cost_anomaly`, `token_anomaly`, `error_rate`, `model_drift`, `output_drift`.',
    ),
}

export const signalsSchema = z.strictObject({
  ...limits,
  overrides: overridesOf(limits),
  pauses: pausesSchema,
  rules: ownRulesSchema,
})

/** What a scope changes has the names and values of the limits. */
export type SignalsConfig = Omit<z.output<typeof signalsSchema>, 'overrides'> & {
  readonly overrides: readonly ({ readonly match: RuleScope } & Partial<
    z.output<z.ZodObject<typeof limits>>
  >)[]
}
