// Pydantic AI: the standard's attributes, copies under gen_ai.usage.details, and sums on agent runs.

import { type Dialect, RANK } from '../../rules/dialect.ts'
import { transforms } from './transforms.ts'

export const pydanticAi: Dialect<keyof typeof transforms> = {
  name: 'pydantic-ai',
  about: 'Pydantic AI',
  source: 'pydantic/pydantic-ai:pydantic_ai_slim/pydantic_ai/_instrumentation.py',
  scopes: ['pydantic-ai'],
  markers: ['pydantic_ai.*', 'model_request_parameters', 'all_messages_events'],
  names: { 'running tool': 'tool', 'running tool: *': 'tool', 'agent run': 'agent' },
  transforms,
  rows: [
    [
      'pydantic_ai.all_messages',
      'input_messages',
      'all-messages',
      {
        rank: RANK.structured + 4,
        note: 'agent run; its system messages are instructions, the last message repeats final_result',
      },
    ],
    ['final_result', 'kind', { '*': 'agent' }, { rank: 61, when: 'own' }],
    ['all_messages_events', 'flag.events', 'events', { when: 'genai' }],
    ['pydantic_ai.new_message_index', 'message_index', 'int'],
    ['final_result', 'io.output', 'io', { when: 'own' }],
    ['tool_arguments', 'tool_arguments', 'json', { when: 'genai', rank: 40 }],
    ['tool_response', 'tool_result', 'json', { when: 'genai', rank: 40 }],
    ['agent_name', 'agent_name', 'text', { when: 'own', rank: 45 }],
    ['gen_ai.agent.call.id', 'metadata.agent_call_id'],
    ['model_name', 'request_model', 'model', { when: 'own', rank: 60 }],
    [
      'gen_ai.usage.details.reasoning_tokens',
      'reasoning_tokens',
      'int',
      { rank: 60, note: 'a copy, never added' },
    ],
    [
      'gen_ai.usage.details.cache_read_tokens',
      'cache_read_tokens',
      'int',
      { rank: 60, note: 'a copy, never added' },
    ],
    [
      'gen_ai.usage.details.cache_write_tokens',
      'cache_write_tokens',
      'int',
      { rank: 60, note: 'a copy, never added' },
    ],
    ['gen_ai.usage.details.*', 'usage_details.*', 'detail'],
    [
      'gen_ai.aggregated_usage.*',
      'usage_details.aggregated_*',
      'detail',
      { note: 'totals of an agent run' },
    ],
    [
      'gen_ai.aggregated_usage.input_tokens',
      'input_tokens',
      'int',
      { rank: 80, note: 'counts like the usage of any container' },
    ],
    ['gen_ai.aggregated_usage.input_tokens', 'usage_details.aggregated_input_tokens', 'detail'],
    [
      'gen_ai.aggregated_usage.output_tokens',
      'output_tokens',
      'int',
      { rank: 80, note: 'counts like the usage of any container' },
    ],
    ['gen_ai.aggregated_usage.output_tokens', 'usage_details.aggregated_output_tokens', 'detail'],
    [
      'gen_ai.aggregated_usage.cache_read.input_tokens',
      'cache_read_tokens',
      'int',
      { rank: 80, note: 'counts like the usage of any container' },
    ],
    [
      'gen_ai.aggregated_usage.cache_read.input_tokens',
      'usage_details.aggregated_cache_read_input_tokens',
      'detail',
    ],
    [
      'gen_ai.aggregated_usage.{cache_write,cache_creation}.input_tokens',
      'cache_write_tokens',
      'int',
      { rank: 80, note: 'counts like the usage of any container' },
    ],
    [
      'gen_ai.aggregated_usage.{cache_write,cache_creation}.input_tokens',
      'usage_details.aggregated_cache_write_input_tokens',
      'detail',
    ],
    ['operation.cost', 'cost_usd', 'number', { rank: 50 }],
    ['model_request_parameters', 'tool_definitions', 'function-tools', { rank: 60 }],
    ['metadata', 'metadata', 'meta-json', { when: 'own' }],
    ['inputs', 'input_messages', 'values', { when: 'own', rank: RANK.base }],
    ['inputs_count', 'metadata.inputs_count', 'meta', { when: 'own' }],
    ['input_type', 'metadata.input_type', 'meta', { when: 'own' }],
    ['embedding_settings', 'request_params', 'params', { when: 'own' }],
    ['pydantic_ai.tool.*', 'metadata.tool.*', 'meta'],
  ],
  notes: [
    ['running tool', 'rule', 'kind', 'instrumentation versions 1 and 2'],
    [
      'gen_ai.agent.name, gen_ai.agent.call.id, gen_ai.conversation.id',
      'baggage',
      'agent_name, metadata, conversation_id',
      'baggage copied to spans',
    ],
  ],
}
