// Laminar: lmnr.span.* beside the standard's keys with provider-shaped messages in them.

import { type Dialect, RANK } from '../../rules/dialect.ts'
import { hooks } from './hooks.ts'
import { transforms } from './transforms.ts'

export const laminar: Dialect<keyof typeof transforms> = {
  name: 'laminar',
  about: 'Laminar SDKs',
  source: 'lmnr-ai/lmnr:app-server/src/traces/span_attributes.rs',
  scopes: ['lmnr.tracer', 'lmnr*', '@lmnr-ai/*'],
  markers: ['lmnr.*'],
  transforms,
  hooks,
  rows: [
    [
      'lmnr.span.type',
      'kind',
      {
        llm: 'llm',
        cached: 'llm',
        tool: 'tool',
        evaluator: 'evaluator',
        human_evaluator: 'evaluator',
        executor: 'chain',
        evaluation: 'chain',
        default: 'chain',
        pipeline: 'chain',
        event: 'span',
      },
      { rank: 40 },
    ],
    ['lmnr.span.type', 'flag.cached', 'cached', { note: 'CACHED: answered by a cache, cost 0' }],
    ['lmnr.span.original_type', 'metadata.original_type'],
    ['lmnr.span.input', 'io.input', 'io', { rank: RANK.entity }],
    ['lmnr.span.output', 'io.output', 'io', { rank: RANK.entity }],
    ['lmnr.span.path', 'metadata.span_path'],
    ['lmnr.span.ids_path', 'metadata.ids_path'],
    ['lmnr.association.properties.user_id', 'user_id', 'id', { rank: 32 }],
    ['lmnr.association.properties.session_id', 'session_id', 'id', { rank: 32 }],
    ['lmnr.association.properties.tags', 'tags', 'strings', { rank: 50 }],
    ['lmnr.association.properties.metadata.*', 'metadata.*', 'meta'],
    ['lmnr.association.properties.trace_type', 'metadata.trace_type'],
    ['lmnr.association.properties.ls_provider', 'provider', 'provider', { rank: 60 }],
    ['lmnr.association.properties.ls_model_name', 'request_model', 'model', { rank: 70 }],
    ['lmnr.association.properties.*', 'metadata.*', 'meta'],
    ['lmnr.span.prompt_hash', 'prompt_version', 'text', { rank: 60 }],
    ['lmnr.span.sdk_version', 'metadata.lmnr_sdk_version'],
    ['lmnr.span.language_version', 'metadata.language_version'],
    ['lmnr.span.instrumentation_source', 'metadata.instrumentation_source'],
    ['gen_ai.usage.audio_input_tokens', 'usage_details.input_audio', 'detail'],
    ['gen_ai.usage.audio_output_tokens', 'usage_details.output_audio', 'detail'],
    ['gen_ai.request.batch', 'request_params.batch', 'param'],
    [
      '{gen_ai,anthropic}.response.service_tier',
      'request_params.service_tier',
      'param',
      { rank: 30 },
    ],
    [
      '{gen_ai,anthropic}.request.service_tier',
      'request_params.service_tier',
      'param',
      { rank: 60 },
    ],
    ['lmnr.internal.metadata_only', 'flag.virtual', 'virtual', { note: 'no span of its own' }],
    ['lmnr.internal.checkpoint', 'flag.virtual', 'virtual', { note: 'no span of its own' }],
    ['lmnr.internal.*', 'drop'],
  ],
  notes: [
    [
      'lmnr.event.user_id, lmnr.event.session_id',
      'span event',
      'user_id, session_id',
      'kept among the events',
    ],
  ],
}
