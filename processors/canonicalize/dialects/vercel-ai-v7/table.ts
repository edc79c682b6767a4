// The Vercel AI SDK from version 7: the standard's attributes, with sums on invoke_agent and agent_step spans.

import type { Dialect } from '../../rules/dialect.ts'

export const vercelAiV7: Dialect = {
  name: 'vercel-ai-v7',
  about: 'Vercel AI SDK 7 (scope `gen_ai`)',
  source: 'vercel/ai:packages/otel/src/open-telemetry.ts',
  scopes: ['gen_ai'],
  markers: ['gen_ai.client.operation.time_to_first_chunk', 'gen_ai.execute_tool.duration'],
  rows: [
    [
      'gen_ai.client.operation.duration',
      'drop',
      'drop',
      { note: 'seconds; the times of the span win' },
    ],
    [
      'gen_ai.client.operation.time_to_first_chunk',
      'time_to_first_chunk_ms',
      'seconds',
      { rank: 40 },
    ],
    ['gen_ai.client.operation.time_per_output_chunk', 'metadata.time_per_output_chunk_s'],
    [
      'gen_ai.execute_tool.duration',
      'drop',
      'drop',
      { note: 'seconds; the times of the span win' },
    ],
  ],
  notes: [
    [
      'gen_ai.operation.name=invoke_agent | agent_step',
      'rule',
      'usage_aggregate',
      'usage on these spans is the sum of their chat children',
    ],
    ['gen_ai', 'scope name', 'dialect', 'detection'],
  ],
}
