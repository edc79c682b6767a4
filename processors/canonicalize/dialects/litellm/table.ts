// LiteLLM: the proxy's and the SDK's own OpenTelemetry callback.

import type { Dialect } from '../../rules/dialect.ts'
import { hooks } from './hooks.ts'
import { transforms } from './transforms.ts'

export const litellm: Dialect<keyof typeof transforms> = {
  name: 'litellm',
  about: 'LiteLLM OpenTelemetry callback',
  source: 'BerriAI/litellm:litellm/integrations/opentelemetry.py',
  scopes: ['litellm'],
  markers: [
    'metadata.user_api_key_hash',
    'metadata.user_api_key_team_id',
    'gen_ai.cost.total_cost',
    'hidden_params',
  ],
  names: {
    litellm_request: 'llm',
    raw_gen_ai_request: 'span',
    'Received Proxy Server Request': 'chain',
  },
  transforms,
  frameworks: { litellm: null },
  hooks,
  rows: [
    [
      'llm.request.type',
      'operation',
      {
        completion: 'chat',
        acompletion: 'chat',
        chat: 'chat',
        embedding: 'embeddings',
        aembedding: 'embeddings',
        responses: 'chat',
        aresponses: 'chat',
        rerank: 'rerank',
        arerank: 'rerank',
        '*': '*',
      },
      { when: 'own', rank: 40 },
    ],
    ['gen_ai.cost.total_cost', 'cost_usd', 'number', { rank: 30 }],
    ['gen_ai.cost.input_cost', 'cost_input_usd', 'number', { rank: 30 }],
    ['gen_ai.cost.output_cost', 'cost_output_usd', 'number', { rank: 30 }],
    ['gen_ai.cost.*', 'metadata.cost_details.*', 'meta'],
    ['metadata.user_api_key_end_user_id', 'user_id', 'id', { rank: 50 }],
    ['metadata.user_api_key_user_id', 'user_id', 'id', { rank: 55 }],
    ['metadata.user_api_key_hash', 'drop'],
    ['metadata.user_api_key', 'drop'],
    ['metadata.requester_ip_address', 'drop'],
    [
      'metadata.usage_object',
      'flag.usage',
      'usage:json',
      { when: 'own', rank: 60, note: 'Python repr; parts that no key of its own says' },
    ],
    ['metadata.Helicone-Property-*', 'metadata.*', 'meta', { when: 'genai' }],
    ['metadata.*', 'metadata.*', 'meta', { when: 'own', note: '"" and "None" are absence' }],
    [
      'hidden_params',
      'metadata.hidden_params',
      'hidden-params',
      { when: 'own', note: 'response_cost when no cost key says it' },
    ],
    [
      'llm.{openai,azure,bedrock,vertex_ai,gemini,groq}.service_tier',
      'request_params.service_tier',
      'param',
      { when: 'own', rank: 55 },
    ],
    [
      'llm.{openai,anthropic,azure,azure_ai,bedrock,vertex_ai,gemini,cohere,mistral,groq,ollama,deepseek,xai,perplexity,together_ai,fireworks_ai,openrouter,huggingface,databricks,None}.*',
      'drop',
      'drop',
      { when: 'own', note: 'raw copies of request and response' },
    ],
    ['error.code', 'metadata.error_code', 'meta', { when: 'own' }],
    ['error.message', 'error_message', 'text', { when: 'genai', rank: 40 }],
    ['error.stack_trace', 'error_stack', 'text', { when: 'own', rank: 40 }],
    ['error.llm_provider', 'provider', 'provider', { when: 'own', rank: 70 }],
  ],
  notes: [
    ['raw_gen_ai_request', 'rule', 'usage_aggregate', 'raw copy of its parent: never counted'],
    ['gen_ai.response.finish_reasons', 'rule', 'finish_reasons', 'a JSON string of an array'],
    ['litellm', 'scope name', 'dialect', 'OTEL_TRACER_NAME overrides it'],
  ],
}
