// OpenRouter Broadcast.

import type { Dialect } from '../../rules/dialect.ts'

export const openrouter: Dialect = {
  name: 'openrouter',
  about: 'OpenRouter Broadcast',
  source: 'langfuse/langfuse:packages/shared/src/server/otel/OtelIngestionProcessor.ts',
  scopes: ['openrouter*'],
  markers: ['openrouter.*'],
  rows: [['openrouter.source', 'metadata.openrouter_source']],
  notes: [
    [
      'gen_ai.completion',
      'rule',
      'output_messages',
      'failed requests echo {completion: null, rawRequest}: not stored',
    ],
    ['service.name=openrouter', 'resource', 'dialect', 'with openrouter.* keys'],
  ],
}
