// Markers of Laminar: answers from its cache, spans that are none.

import { N, R } from '../../../../core/fields.ts'
import type { OwnTransform, Transform } from '../../rules/dialect.ts'

const virtual: Transform = (span) => {
  span.markVirtual()
  return true
}

/** Answered by Laminar's cache: nothing was paid. */
const cached: Transform = (span, attr) => {
  if (span.text(attr).replaceAll('"', '') !== 'CACHED') return false
  span.events.setNum(span.event, N.cost_usd, 0)
  // Elsewhere a 0 beside tokens says that nobody knew the price; this one is the price.
  span.setString(R.price_ref, 'cache')
  span.events.setNum(span.event, N.cost_input_usd, Number.NaN)
  span.events.setNum(span.event, N.cost_output_usd, Number.NaN)
  return true
}

export const transforms = {
  virtual: { fills: 'flag', read: virtual },
  cached: { fills: 'flag', read: cached },
} as const satisfies Readonly<Record<string, OwnTransform>>
