// Logfire integrations: request_data and response_data bodies, events as a JSON attribute, user interface plumbing.

import { type Dialect, RANK } from '../../rules/dialect.ts'
import { transforms } from './transforms.ts'

export const logfire: Dialect<keyof typeof transforms> = {
  name: 'logfire',
  about: 'Logfire integrations (OpenAI, Anthropic, OpenAI Agents, Claude Agent SDK, LangChain)',
  source: 'pydantic/logfire:logfire/_internal/integrations/llm_providers',
  scopes: ['logfire.*'],
  markers: ['request_data', 'response_data', 'logfire.msg', 'logfire.span_type'],
  copies: ['streaming response from *'],
  transforms,
  rows: [
    ['request_data', 'kind', { '*': 'llm' }, { rank: 80, when: 'own' }],
    ['request_data', 'io.input', 'io', { rank: RANK.entity + 2, when: 'genai' }],
    ['response_data', 'io.output', 'io', { rank: RANK.entity + 2, when: 'genai' }],
    [
      'events',
      'flag.events',
      'events',
      { when: 'own', note: 'JSON array; event.name may be missing' },
    ],
    ['prompt', 'input_messages', 'body-in', { when: 'own', rank: RANK.blob }],
    ['gen_ai.usage.raw', 'flag.usage', 'usage:json', { rank: 60 }],
    ['usage', 'flag.usage', 'usage:json', { when: 'own', rank: 50 }],
    ['raw_input', 'io.input', 'io', { when: 'own', rank: RANK.entity + 4 }],
    ['response_id', 'response_id', 'text', { when: 'own', rank: 60 }],
    ['model_config', 'request_params', 'params', { when: 'own', rank: 60 }],
    ['agent_name', 'agent_name', 'text', { when: 'own', rank: 60 }],
    ['agent', 'agent_name', 'text', { when: 'own', rank: 61 }],
    ['turn', 'message_index', 'int', { when: 'own', rank: 60 }],
    [
      'type',
      'guardrail_name',
      'guardrail-type',
      { when: 'own', note: 'of type=guardrail: its `name`' },
    ],
    ['triggered', 'guardrail_triggered', 'bool', { when: 'own' }],
    ['error', 'error_message', 'error-json', { when: 'own', rank: 60 }],
    ['num_turns', 'metadata.num_turns', 'meta', { when: 'own' }],
    ['duration_ms', 'metadata.duration_ms', 'meta', { when: 'own' }],
    ['logfire.tags', 'tags', 'strings', { rank: 60 }],
    ['async', 'metadata.async', 'meta', { when: 'own' }],
    [
      'logfire.msg',
      'flag.display_name',
      'display-name',
      { note: 'name, where the span name is a template' },
    ],
    [
      'logfire.span_type',
      'flag.virtual',
      'pending',
      { note: 'pending_span is a preview of the span: never counted' },
    ],
    ['logfire.*', 'drop', 'drop', { note: 'user interface plumbing' }],
  ],
  notes: [
    [
      'streaming response from {request_data[model]!r} took ...',
      'rule',
      'usage_aggregate',
      'only when the call itself reported the same usage',
    ],
    ['logfire.openai, logfire.anthropic, logfire.*', 'scope name', 'dialect', 'detection'],
  ],
}
