// Operations: other spellings of their names, what they say about the kind and the usage. Data only.

import type { Kind } from '../../../core/kinds.ts'

/** What the operation of a database means, as the name of a span's kind. */
export const DATABASE_OPERATIONS: Readonly<Record<string, Kind>> = {
  query: 'retrieval',
  search: 'retrieval',
  select: 'retrieval',
  similarity_search: 'retrieval',
  add: 'span',
  insert: 'span',
  upsert: 'span',
  delete: 'span',
}

/** Spellings of operation names that are other names for one of the standard's. */
export const OPERATION_ALIASES: Readonly<Record<string, string>> = {
  'chat.completions': 'chat',
  'text.completions': 'text_completion',
  embedding: 'embeddings',
  llm_call: 'chat',
  tool_call: 'execute_tool',
  agent_call: 'invoke_agent',
  vectordb: 'retrieval',
  framework: 'chain',
}

/** Operation when only the kind is known. */
export const OPERATION_OF_KIND: Readonly<Record<string, string>> = {
  llm: 'chat',
  embedding: 'embeddings',
  retrieval: 'retrieval',
  rerank: 'rerank',
  tool: 'execute_tool',
}

/** Operations whose usage is the sum of what runs below them. */
export const AGGREGATE_OPERATIONS: ReadonlySet<string> = new Set([
  'invoke_agent',
  'invoke_workflow',
  'agent_step',
  'create_agent',
  'plan',
  'execute_task',
])
