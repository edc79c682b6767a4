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

export function isKind(text: unknown): text is Kind {
  return KINDS.some((kind) => kind === text)
}
