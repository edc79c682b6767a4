// Ids that MLflow writes as JSON text.

import type { OwnTransform, Transform } from '../../rules/dialect.ts'

/** An id that is JSON text of a string. One of digits is also written as it is; its text has all of them. */
const idJson: Transform = (span, attr, rule) => {
  const json = span.value(attr)
  const value = typeof json === 'number' ? span.text(attr).trim() : json
  if (typeof value !== 'string' || value === '' || value === 'default') return false
  span.setString(rule.range, value)
  return true
}

export const transforms = {
  'id-json': { fills: 'text', read: idJson },
} as const satisfies Readonly<Record<string, OwnTransform>>
