// Markers of Laminar: answers from its cache, spans that are none.

import { N } from '../../../../core/fields.ts'
import type { OwnTransform, Transform } from '../../rules/dialect.ts'

const virtual: Transform = (w) => {
  w.isVirtual = true
  return true
}

/** Answered by Laminar's cache: nothing was paid. */
const cached: Transform = (w, attr) => {
  if (w.text(attr).replaceAll('"', '') !== 'CACHED') return false
  w.events.setNum(w.e, N.cost_usd, 0)
  w.events.setNum(w.e, N.cost_input_usd, Number.NaN)
  w.events.setNum(w.e, N.cost_output_usd, Number.NaN)
  return true
}

export const transforms = {
  virtual: { fills: 'flag', read: virtual },
  cached: { fills: 'flag', read: cached },
} as const satisfies Readonly<Record<string, OwnTransform>>
