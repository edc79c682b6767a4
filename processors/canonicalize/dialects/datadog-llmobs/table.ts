// Datadog LLM Observability, as tags of spans shipped through OTLP.

import type { Kind } from '../../../../core/kinds.ts'
import { type Dialect, RANK, type Words } from '../../rules/dialect.ts'
import { transforms } from './transforms.ts'

const own = { when: 'own' } as const

const KINDS: Words<Kind> = {
  llm: 'llm',
  agent: 'agent',
  workflow: 'workflow',
  task: 'chain',
  tool: 'tool',
  embedding: 'embedding',
  retrieval: 'retrieval',
  experiment: 'chain',
}

export const datadogLlmobs: Dialect<keyof typeof transforms> = {
  name: 'datadog-llmobs',
  about: 'Datadog LLM Observability',
  source: 'DataDog/dd-trace-py:ddtrace/llmobs/_constants.py',
  markers: ['_ml_obs.*', 'meta.span.kind'],
  transforms,
  rows: [
    ['_ml_obs.meta.{span.kind,kind}', 'kind', KINDS, { rank: 40 }],
    ['meta.{span.kind,kind}', 'kind', KINDS, { ...own, rank: 41 }],
    [
      '{_ml_obs.,}meta.model_name',
      'request_model',
      'model',
      { ...own, note: '"custom" is absence' },
    ],
    [
      '{_ml_obs.,}meta.model_provider',
      'provider',
      'provider',
      { ...own, note: '"custom" is absence' },
    ],
    [
      '{_ml_obs.,}meta.input.messages',
      'input_messages',
      'body-in',
      { ...own, rank: RANK.structured },
    ],
    [
      '{_ml_obs.,}meta.output.messages',
      'output_messages',
      'body-out',
      { ...own, rank: RANK.structured },
    ],
    ['{_ml_obs.,}meta.input.value', 'io.input', 'io', own],
    ['{_ml_obs.,}meta.output.value', 'io.output', 'io', own],
    ['{_ml_obs.,}meta.input.documents', 'input_messages', 'values', { ...own, rank: RANK.base }],
    ['{_ml_obs.,}meta.output.documents', 'retrieval_documents', 'documents', own],
    ['{_ml_obs.,}meta.input.prompt', 'flag.prompt', 'prompt', own],
    ['{_ml_obs.,}meta.metadata', 'request_params', 'params', own],
    ['{_ml_obs.,}meta.{error.message,error_msg}', 'error_message', 'error-text', own],
    ['{_ml_obs.,}meta.error.type', 'error_type', 'text', own],
    ['{_ml_obs.,}meta.error.stack', 'error_stack', 'text', own],
    ['{_ml_obs.,}metrics.input_tokens', 'input_tokens', 'int', own],
    ['{_ml_obs.,}metrics.output_tokens', 'output_tokens', 'int', own],
    ['{_ml_obs.,}metrics.total_tokens', 'total_tokens', 'int', own],
    ['{_ml_obs.,}metrics.cache_read_input_tokens', 'cache_read_tokens', 'int', own],
    ['{_ml_obs.,}metrics.cache_write_input_tokens', 'cache_write_tokens', 'int', own],
    ['{_ml_obs.,}metrics.reasoning_output_tokens', 'reasoning_tokens', 'int', own],
    ['{_ml_obs.,}metrics.time_to_first_token', 'time_to_first_chunk_ms', 'seconds', own],
    ['_ml_obs.session_id', 'session_id', 'id', { ...own, rank: 45 }],
    ['_ml_obs.ml_app', 'metadata.ml_app', 'meta', own],
    ['_ml_obs.tags', 'tags', 'tags', { ...own, rank: 60 }],
    ['_ml_obs.status', 'flag.failure', 'outcome', own],
    ['_ml_obs.*', 'metadata.*', 'meta', own],
  ],
  notes: [
    [
      'trace_id, span_id, parent_id, start_ns, duration',
      'inside JSON',
      'trace_id, span_id, parent_span_id, start_time, duration_ms',
      'of the JSON form, which has no receiver',
    ],
  ],
}
