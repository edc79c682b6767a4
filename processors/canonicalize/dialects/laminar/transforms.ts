// Markers of Laminar: responses from its cache, and spans that do not represent a call.

import { N, R } from '../../../../core/fields.ts'
import type { OwnTransform, Transform } from '../../rules/dialect.ts'

const virtual: Transform = (span) => {
  span.markVirtual()
  return true
}

/** Laminar's cache responded, so nothing was paid. */
const cached: Transform = (span, attr) => {
  if (span.text(attr).replaceAll('"', '') !== 'CACHED') return false
  span.events.setNum(span.event, N.cost_usd, 0)
  // In other dialects a 0 with tokens means that nobody knew the price. Here it is the price.
  span.setString(R.price_ref, 'cache')
  span.events.setNum(span.event, N.cost_input_usd, Number.NaN)
  span.events.setNum(span.event, N.cost_output_usd, Number.NaN)
  return true
}

export const transforms = {
  virtual: { fills: 'flag', read: virtual },
  cached: { fills: 'flag', read: cached },
} as const satisfies Readonly<Record<string, OwnTransform>>
