// LiteLLM's hidden parameters.

import { N } from '../../../../core/fields.ts'
import { isRecord } from '../../json/values.ts'
import type { OwnTransform, Transform } from '../../rules/dialect.ts'

/** The hidden parameters may have the only cost. */
const hiddenParams: Transform = (span, attr, rule) => {
  const value = span.value(attr)
  if (isRecord(value) && typeof value['response_cost'] === 'number')
    span.offerNumber(N.cost_usd, value['response_cost'])
  span.entries.addMetadata(rule.name, span.text(attr))
  return true
}

export const transforms = {
  'hidden-params': { fills: 'metadata', read: hiddenParams },
} as const satisfies Readonly<Record<string, OwnTransform>>
