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
    .default(3)
    .describe(
      'A tool that is called this often in one trace with the same arguments is a `loop_detected`.',
    ),
})

export type SignalsConfig = z.output<typeof signalsSchema>
