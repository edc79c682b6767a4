// LangWatch SDKs: inputs and outputs with a type beside the value, counts and costs in one JSON object.

import { type Dialect, RANK } from '../../rules/dialect.ts'
import { transforms } from './transforms.ts'

export const langwatch: Dialect<keyof typeof transforms> = {
  name: 'langwatch',
  about: 'LangWatch SDKs',
  source: 'langwatch/langwatch:python-sdk/src/langwatch/attributes.py',
  scopes: ['langwatch', 'langwatch.*'],
  markers: ['langwatch.span.type', 'langwatch.input', 'langwatch.output', 'langwatch.metrics'],
  transforms,
  rows: [
    [
      'langwatch.span.type',
      'kind',
      {
        llm: 'llm',
        tool: 'tool',
        agent: 'agent',
        rag: 'retrieval',
        retrieval: 'retrieval',
        guardrail: 'guardrail',
        evaluation: 'evaluator',
        evaluator: 'evaluator',
        workflow: 'workflow',
        embedding: 'embedding',
        chain: 'chain',
        component: 'chain',
        module: 'chain',
        task: 'chain',
        prompt: 'chain',
        span: 'span',
      },
      { rank: 40 },
    ],
    ['langwatch.input', 'io.input', 'typed-input', { rank: RANK.own }],
    ['langwatch.output', 'io.output', 'typed-output', { rank: RANK.own }],
    [
      'langwatch.{rag_contexts,rag.contexts,contexts}',
      'retrieval_documents',
      'contexts',
      { rank: 40 },
    ],
    ['langwatch.metrics', 'flag.usage', 'metrics', { rank: 45, note: 'counts, and `cost` in USD' }],
    ['langwatch.params', 'request_params', 'params', { rank: 60 }],
    [
      'langwatch.timestamps',
      'time_to_first_chunk_ms',
      'first-token',
      { rank: 50, note: 'first_token_at - started_at' },
    ],
    ['langwatch.{user.id,user_id}', 'user_id', 'id', { rank: 35 }],
    ['langwatch.{thread.id,thread_id}', 'conversation_id', 'id', { rank: 35 }],
    ['langwatch.{customer.id,customer_id}', 'metadata.customer_id'],
    ['langwatch.{labels,tags}', 'tags', 'strings', { rank: 55 }],
    ['langwatch.prompt.{handle,id}', 'prompt_name', 'text', { rank: 50 }],
    ['langwatch.prompt.{version.number,version.id}', 'prompt_version', 'text', { rank: 50 }],
    ['langwatch.prompt.variables', 'prompt_variables', 'json', { rank: 50 }],
    ['langwatch.gen_ai.streaming', 'stream', 'bool', { rank: 50 }],
    ['langwatch.origin', 'metadata.origin'],
    [
      'metadata',
      'metadata',
      'meta-facts',
      { when: 'own', note: 'ids and labels in it fill fields' },
    ],
  ],
}
