// Operations: other spellings of their names, and what they reveal about kind and usage.

import type { Kind } from '../../../core/kinds.ts'

/** The kind of a span by the operation of a database. */
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

/** Spellings that mean one of the standard's operations. */
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

/** The operation if only the kind is known. */
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
