// What LiteLLM hides beside its parameters.

import { N } from '../../../../core/fields.ts'
import { isRecord } from '../../json/values.ts'
import type { OwnTransform, Transform } from '../../rules/dialect.ts'

/** LiteLLM's hidden parameters may hold the only cost. */
const hiddenParams: Transform = (w, attr, rule) => {
  const value = w.value(attr)
  if (isRecord(value) && typeof value['response_cost'] === 'number')
    w.offerNumber(N.cost_usd, value['response_cost'])
  w.metaText(rule.name, w.text(attr))
  return true
}

export const transforms = {
  'hidden-params': { fills: 'metadata', read: hiddenParams },
} as const satisfies Readonly<Record<string, OwnTransform>>
