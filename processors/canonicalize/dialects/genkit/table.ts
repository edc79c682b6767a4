// Firebase Genkit: whole inputs and outputs as JSON.

import { type Dialect, RANK } from '../../rules/dialect.ts'
import { transforms } from './transforms.ts'

export const genkit: Dialect<keyof typeof transforms> = {
  name: 'genkit',
  about: 'Firebase Genkit',
  source: 'langfuse/langfuse:packages/shared/src/server/otel/ObservationTypeMapper.ts',
  scopes: ['genkit-tracer'],
  markers: ['genkit:*'],
  transforms,
  rows: [
    [
      'genkit:metadata:subtype',
      'kind',
      {
        model: 'llm',
        'background-model': 'llm',
        embedder: 'embedding',
        tool: 'tool',
        'tool.v2': 'tool',
        retriever: 'retrieval',
        indexer: 'span',
        evaluator: 'evaluator',
        reranker: 'rerank',
        flow: 'workflow',
        prompt: 'chain',
        util: 'chain',
        agent: 'agent',
      },
      { rank: 53 },
    ],
    [
      'genkit:name',
      'flag.component',
      'genkit-name',
      { note: 'model id on model spans ("openai/gpt-5-mini"), tool name on tools' },
    ],
    ['genkit:input', 'io.input', 'io', { rank: RANK.entity }],
    [
      'genkit:output',
      'io.output',
      'io',
      { rank: RANK.entity, note: 'thoughts are inside the output tokens' },
    ],
    ['genkit:path', 'metadata.genkit_path'],
    ['genkit:type', 'metadata.genkit_type'],
    ['genkit:state', 'flag.failure', 'outcome'],
    ['genkit:metadata:flow:name', 'workflow_name', 'text', { rank: 60 }],
    ['genkit:isRoot', 'metadata.genkit_is_root'],
  ],
}
