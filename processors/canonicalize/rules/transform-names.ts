// The transforms that rows of any dialect may name, and the types of target that they fill. `readers/` implements
// them.

import type { TargetType } from './targets.ts'

const TRANSFORMS = {
  // A single value.
  text: ['text'],
  id: ['text'],
  int: ['int', 'number'],
  number: ['number'],
  seconds: ['number'],
  latency: ['number'],
  bool: ['bool'],
  strings: ['strings'],
  finish: ['strings'],
  level: ['text'],
  environment: ['text'],
  'service-name': ['text'],
  'error-text': ['text'],
  // Names and words.
  model: ['text'],
  provider: ['text'],
  operation: ['text'],
  prompt: ['text', 'flag'],
  // Content.
  io: ['io'],
  json: ['json'],
  messages: ['json'],
  'body-in': ['json'],
  'body-out': ['json'],
  plain: ['json'],
  values: ['json'],
  system: ['json'],
  tools: ['json'],
  documents: ['json'],
  // Entries of maps.
  param: ['request_params'],
  params: ['json'],
  detail: ['usage_details'],
  meta: ['metadata'],
  'meta-json': ['map'],
  'meta-facts': ['map'],
  // Costs and counts in one value.
  'cost:json': ['number'],
  'usage:json': ['flag'],
  'usage:inclusive': ['flag'],
  // Flags.
  flag: ['flag'],
  outcome: ['flag'],
  failure: ['flag'],
  unit: ['flag'],
  events: ['flag'],
  'answer:text': ['flag'],
  'answer:reasoning': ['flag'],
  'answer:calls': ['flag'],
  'answer:object': ['flag'],
  'answer:files': ['flag'],
  drop: ['drop'],
  // Indexed families of keys.
  'indexed:messages': ['json'],
  'indexed:texts': ['json'],
  'indexed:tools': ['json'],
  'indexed:documents': ['json', 'metadata'],
  'indexed:embeddings': ['json'],
  'indexed:annotations': ['text'],
} as const satisfies Readonly<Record<string, readonly TargetType[]>>

export type TransformName = keyof typeof TRANSFORMS

const FILLS: ReadonlyMap<string, readonly TargetType[]> = new Map(Object.entries(TRANSFORMS))

/** The types of target that a transform fills, or null when there is no such transform. */
export function fillsOf(how: string): readonly TargetType[] | null {
  return FILLS.get(how) ?? null
}

/** The transforms with fixed names, for suggestions in error messages. */
export function namedTransforms(): Iterable<string> {
  return FILLS.keys()
}
