// Parts of token counts in the repr of Python.

import { N } from '../../../../core/fields.ts'
import { isRecord } from '../../json/values.ts'
import type { OwnTransform, Transform } from '../../rules/dialect.ts'

/** A Python repr or JSON {cache_read, cache_creation, audio} of LangSmith, and `reasoning` of the output. */
const usageDetails: Transform = (span, attr) => {
  const value = span.value(attr)
  if (!isRecord(value)) return false
  const side = span.batch.attrKeyText(attr).includes('output') ? 'output' : 'input'
  const counts = Object.entries(value)
  for (const [tiered, v] of counts) {
    if (typeof v !== 'number') continue
    // The service tier comes before the names: `flex`, `flex_cache_read`.
    const tier = /^(flex|priority|batch)(?:_|$)/.exec(tiered)?.[1]
    if (tier !== undefined) span.entries.addParam('service_tier', JSON.stringify(tier))
    const name = tier === undefined ? tiered : tiered.slice(tier.length + 1)
    if (name === '') continue
    if (name === 'cache_read') span.offerNumber(N.cache_read_tokens, v)
    else if (name === 'cache_creation') span.offerNumber(N.cache_write_tokens, v)
    else if (name === 'reasoning') span.offerNumber(N.reasoning_tokens, v)
    else span.entries.addDetail(`${side}_${name}`, v)
  }
  return counts.some(([, v]) => typeof v === 'number')
}

export const transforms = {
  'usage-details': { fills: 'flag', read: usageDetails },
} as const satisfies Readonly<Record<string, OwnTransform>>
