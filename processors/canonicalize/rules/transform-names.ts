// The transforms that a row of a dialect table may name, and what they fill. What they do is in `readers/`.

import type { KIND_WORDS, OPERATION_WORDS } from '../vocabulary/words.ts'
import type { TargetType } from './targets.ts'

const TRANSFORMS = {
  // One value.
  text: ['text'],
  'text-first': ['text'],
  id: ['text'],
  'id-json': ['text'],
  int: ['int', 'number'],
  number: ['number'],
  seconds: ['number'],
  'since-start': ['number'],
  latency: ['number'],
  bool: ['bool'],
  strings: ['strings'],
  finish: ['strings'],
  url: ['text'],
  level: ['text'],
  severity: ['text'],
  environment: ['text'],
  'service-name': ['text'],
  'tool-type': ['text'],
  'entity-name': ['text'],
  'error-text': ['text'],
  'error-json': ['text'],
  failed: ['bool'],
  feedback: ['text'],
  'guardrail-type': ['text'],
  'tags:datadog': ['strings'],
  // Names and words.
  model: ['text'],
  provider: ['text'],
  'provider-legacy': ['text'],
  operation: ['text'],
  'component-kind': ['text'],
  'aggregate:vercel': ['bool'],
  prompt: ['text', 'flag'],
  // Content.
  io: ['io'],
  'io-root': ['io'],
  'io-adk': ['io'],
  json: ['json'],
  messages: ['json'],
  'body-in': ['json'],
  'body-out': ['json'],
  merged: ['json'],
  plain: ['json'],
  thought: ['json'],
  values: ['json'],
  system: ['json'],
  tools: ['json'],
  'tool-schema': ['json'],
  'function-tools': ['json'],
  'function-call': ['json'],
  documents: ['json'],
  vector: ['drop'],
  // Entries of maps.
  param: ['request_params'],
  'output-type': ['request_params'],
  params: ['json'],
  detail: ['usage_details'],
  meta: ['metadata'],
  'meta-json': ['map'],
  'trace-name': ['metadata'],
  'hidden-params': ['metadata'],
  // Costs and counts in one value.
  'cost:json': ['number'],
  'cost:langfuse': ['number'],
  'usage:json': ['flag'],
  'usage:inclusive': ['flag'],
  'usage:langfuse': ['flag'],
  'usage:details': ['flag'],
  // Flags.
  flag: ['flag'],
  virtual: ['flag'],
  pending: ['flag'],
  cached: ['flag'],
  outcome: ['flag'],
  failure: ['flag'],
  'http-status': ['flag'],
  events: ['flag'],
  'prompt-lines': ['flag'],
  'display-name': ['flag'],
  'genkit-name': ['flag'],
  'haystack-output': ['flag'],
  'adk-usage': ['flag'],
  'fallback-model': ['flag'],
  'provider-metadata': ['flag'],
  'answer:text': ['flag'],
  'answer:reasoning': ['flag'],
  'answer:calls': ['flag'],
  'answer:object': ['flag'],
  'answer:files': ['flag'],
  'document-ids': ['flag'],
  'document-scores': ['flag'],
  'document-text': ['flag'],
  drop: ['drop'],
  // Indexed families of keys.
  'tree:openinference': ['json'],
  'tree:traceloop': ['json'],
  'tree:texts': ['json'],
  'tree:tools': ['json'],
  'tree:documents': ['json', 'metadata'],
  'tree:embeddings': ['json'],
  'tree:annotations': ['text'],
} as const satisfies Readonly<Record<string, readonly TargetType[]>>

export type TransformName =
  | keyof typeof TRANSFORMS
  | `kind:${keyof typeof KIND_WORDS}`
  | `operation:${keyof typeof OPERATION_WORDS}`
  | `kind-is:${string}`
  | `argument:${string}`

const FILLS: ReadonlyMap<string, readonly TargetType[]> = new Map(Object.entries(TRANSFORMS))
const FAMILIES: ReadonlyMap<string, readonly TargetType[]> = new Map([
  ['kind', ['text']],
  ['operation', ['text']],
  ['kind-is', ['text']],
  ['argument', ['flag']],
])

/** The types of target that a transform fills, null when there is no such transform. */
export function fillsOf(how: string): readonly TargetType[] | null {
  const colon = how.indexOf(':')
  return FILLS.get(how) ?? (colon < 0 ? null : (FAMILIES.get(how.slice(0, colon)) ?? null))
}

/** The transforms that have names of their own, for suggestions. */
export function namedTransforms(): Iterable<string> {
  return FILLS.keys()
}
