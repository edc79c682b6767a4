// What an event can be: the closed set of values of its field `kind`.

export const KINDS = [
  'llm',
  'embedding',
  'rerank',
  'retrieval',
  'tool',
  'agent',
  'workflow',
  'chain',
  'guardrail',
  'evaluator',
  'mcp',
  'span',
] as const

export type Kind = (typeof KINDS)[number]

/** Kinds that stand for other spans: what failed is mostly a call inside them. */
export const CONTAINER_KINDS: ReadonlySet<string> = new Set(['agent', 'workflow', 'chain', 'span'])

export function isKind(text: unknown): text is Kind {
  return KINDS.some((kind) => kind === text)
}
