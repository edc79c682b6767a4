// The metrics of the GenAI conventions. They are not spans and make no events; the table is for the documentation.

import type { Dialect } from '../../rules/dialect.ts'

export const otelGenaiMetrics: Dialect = {
  name: 'otel-genai-metrics',
  about: 'OpenTelemetry GenAI metrics (passed on to exporters that take metrics)',
  source: 'open-telemetry/semantic-conventions@v1.41.1:docs/gen-ai/gen-ai-metrics.md',
  isGeneral: true,
  rows: [],
  notes: [
    [
      'gen_ai.client.token.usage',
      'metric',
      'tokens',
      'histogram; gen_ai.token.type is input or output',
    ],
    ['gen_ai.client.{operation,inference}.duration', 'metric', 'duration', 'histogram, seconds'],
    [
      'gen_ai.client.{operation,inference}.time_to_first_chunk',
      'metric',
      'time to first chunk',
      'histogram, seconds',
    ],
    ['gen_ai.client.inference.usage.*', 'metric', 'tokens', 'counters'],
    [
      'gen_ai.server.{request.duration,time_to_first_token,time_per_output_token}',
      'metric',
      'server times',
      'histograms, seconds',
    ],
    [
      'gen_ai.{invoke_agent,execute_tool,invoke_workflow}.duration',
      'metric',
      'duration',
      'histogram, seconds',
    ],
    ['mcp.{client,server}.operation.duration', 'metric', 'duration', 'histogram, seconds'],
  ],
}
