// The GenAI conventions before 1.37 and spellings that spread without ever being specified.

import { type Dialect, RANK } from '../../rules/dialect.ts'
import { transforms } from './transforms.ts'

export const otelGenaiLegacy: Dialect<keyof typeof transforms> = {
  name: 'otel-genai-legacy',
  about: 'OpenTelemetry GenAI semantic conventions before 1.37',
  source: 'open-telemetry/semantic-conventions:CHANGELOG.md',
  isGeneral: true,
  markers: [
    'gen_ai.system',
    'gen_ai.prompt',
    'gen_ai.completion',
    'gen_ai.usage.prompt_tokens',
    'gen_ai.usage.completion_tokens',
  ],
  successorKeys: [
    'gen_ai.provider.name',
    'gen_ai.input.messages',
    'gen_ai.output.messages',
    'gen_ai.system_instructions',
  ],
  transforms,
  rows: [
    ['gen_ai.system', 'provider', 'provider', { rank: 40 }],
    ['gen_ai.usage.prompt_tokens', 'input_tokens', 'int', { rank: 30 }],
    ['gen_ai.usage.completion_tokens', 'output_tokens', 'int', { rank: 30 }],
    ['gen_ai.prompt', 'input_messages', 'body-in', { rank: RANK.blob }],
    ['gen_ai.completion', 'output_messages', 'body-out', { rank: RANK.blob }],
    ['gen_ai.openai.request.seed', 'request_params.seed', 'param', { rank: 60 }],
    [
      'gen_ai.openai.request.response_format',
      'request_params.output_type',
      'output-type',
      { rank: 60 },
    ],
    ['gen_ai.openai.response.service_tier', 'request_params.service_tier', 'param', { rank: 40 }],
    ['gen_ai.openai.request.service_tier', 'request_params.service_tier', 'param', { rank: 60 }],
    ['gen_ai.openai.response.system_fingerprint', 'metadata.system_fingerprint'],
    ['gen_ai.request.is_stream', 'stream', 'bool', { rank: 40 }],
    ['gen_ai.response.finish_reason', 'finish_reasons', 'finish', { rank: 30 }],
    ['gen_ai.finishReason', 'finish_reasons', 'finish', { rank: 60 }],
    ['gen_ai.usage.total_tokens', 'total_tokens', 'int', { rank: 20 }],
    ['gen_ai.usage.reasoning_tokens', 'reasoning_tokens', 'int', { rank: 30 }],
    ['gen_ai.usage.cache_read_input_tokens', 'cache_read_tokens', 'int', { rank: 30 }],
    ['gen_ai.usage.cache_creation_input_tokens', 'cache_write_tokens', 'int', { rank: 30 }],
    ['gen_ai.usage.cached_tokens', 'cache_read_tokens', 'int', { rank: 40 }],
    ['gen_ai.usage.input_cached_tokens', 'cache_read_tokens', 'int', { rank: 41 }],
    ['gen_ai.usage.cost', 'cost_usd', 'number', { rank: 20 }],
    ['gen_ai.usage.cost_usd', 'cost_usd', 'number', { rank: 21 }],
    ['gen_ai.usage.cost.total', 'cost_usd', 'number', { rank: 22 }],
    ['gen_ai.usage.input_cost', 'cost_input_usd', 'number', { rank: 20 }],
    ['gen_ai.usage.output_cost', 'cost_output_usd', 'number', { rank: 20 }],
    [
      'gen_ai.usage.cache_creation.input_tokens.ephemeral_5m',
      'usage_details.cache_write_5m',
      'detail',
    ],
    [
      'gen_ai.usage.cache_creation.input_tokens.ephemeral_1h',
      'usage_details.cache_write_1h',
      'detail',
    ],
    [
      'gen_ai.server.time_to_first_token',
      'time_to_first_chunk_ms',
      'seconds',
      { rank: 60, note: 'milliseconds in Strands' },
    ],
  ],
  notes: [
    [
      'gen_ai.content.prompt',
      'span event',
      'input_messages',
      'attribute gen_ai.prompt: JSON, or lines "role: text"',
    ],
    ['gen_ai.content.completion', 'span event', 'output_messages', 'attribute gen_ai.completion'],
    ['gen_ai.system.message', 'span event', 'system_instructions', 'span event or log record'],
    [
      'gen_ai.{user,assistant,tool}.message',
      'span event',
      'input_messages',
      'span event or log record; attributes or body {content, tool_calls, id}',
    ],
    [
      'gen_ai.choice',
      'span event',
      'output_messages, finish_reasons',
      '{index, finish_reason, message}; message may be JSON text',
    ],
  ],
}
