// Fields of a stored event that change when another report of the same call arrives later.

import type { FieldName } from '../fields.ts'

export const REVISED_FIELDS = [
  'input_tokens',
  'output_tokens',
  'total_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'reasoning_tokens',
  'usage_details',
  'usage_aggregate',
  'usage_duplicate_of',
  'usage_remainder',
  'revision',
  'cost_usd',
  'cost_input_usd',
  'cost_output_usd',
  'cost_source',
  'cost_unpriced',
  'price_ref',
] as const satisfies readonly FieldName[]

export type RevisedField = (typeof REVISED_FIELDS)[number]

/** The event as JSON with the revised values of `after`. Fields without a value may be missing in `after`. */
export function withRevision(
  event: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const out: Record<string, unknown> = { ...event }
  for (const field of REVISED_FIELDS) {
    if (after[field] !== undefined) out[field] = after[field]
    else delete out[field]
  }
  return out
}
