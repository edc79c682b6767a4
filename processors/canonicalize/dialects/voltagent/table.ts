// VoltAgent: span.type comes first, because children inherit entity.type from their parent.

import type { Kind } from '../../../../core/kinds.ts'
import { type Dialect, RANK, type Words } from '../../rules/dialect.ts'

const own = { when: 'own' } as const

const KINDS: Words<Kind> = {
  llm: 'llm',
  tool: 'tool',
  memory: 'retrieval',
  agent: 'agent',
  retriever: 'retrieval',
  workflow: 'workflow',
  embedding: 'embedding',
  guardrail: 'guardrail',
}

export const voltagent: Dialect = {
  name: 'voltagent',
  about: 'VoltAgent',
  source: 'mlflow/mlflow:mlflow/tracing/otel/translation/voltagent.py',
  scopes: ['@voltagent/*', 'voltagent*'],
  markers: ['voltagent.*'],
  rows: [
    ['span.type', 'kind', KINDS, { ...own, rank: 43 }],
    ['entity.type', 'kind', KINDS, { ...own, rank: 57 }],
    ['entity.name', 'agent_name', 'text', { ...own, rank: 60 }],
    ['agent.messages', 'input_messages', 'body-in', { ...own, rank: RANK.base }],
    ['llm.messages', 'input_messages', 'body-in', { ...own, rank: RANK.base - 1 }],
    ['llm.model', 'request_model', 'model', { ...own, rank: 60 }],
    ['input', 'io.input', 'io', { ...own, rank: RANK.entity }],
    ['output', 'io.output', 'io', { ...own, rank: RANK.entity }],
    ['{usage,llm.usage}.prompt_tokens', 'input_tokens', 'int', { ...own, rank: 60 }],
    ['{usage,llm.usage}.completion_tokens', 'output_tokens', 'int', { ...own, rank: 60 }],
    ['{usage,llm.usage}.total_tokens', 'total_tokens', 'int', { ...own, rank: 60 }],
    ['voltagent.conversation_id', 'conversation_id', 'id', { rank: 60 }],
    ['voltagent.operation_id', 'metadata.operation_id'],
    ['voltagent.*', 'metadata.*', 'meta'],
  ],
}
