// Severities of log records, and answers that a cache gave.

import { R } from '../../../../core/fields.ts'
import { lookup } from '../../json/values.ts'
import type { OwnTransform, Transform } from '../../rules/dialect.ts'
import { putMetadata } from '../../span/put-metadata.ts'
import { LEVELS } from '../../vocabulary/levels.ts'

/** The severity of a log record alone does not mean a failure. */
const severity: Transform = (span, attr, rule) => {
  const name = lookup(LEVELS, span.text(attr).toLowerCase())
  if (name === undefined) return false
  span.setString(rule.range, name)
  return true
}

/** A proxy's cache gave the answer. Then a given cost of 0 is what was paid; without one, the mark says nothing of the price. */
const cacheHit: Transform = (span, attr, rule) => {
  const isHit = /^"?(?:true|1|hit)"?$/i.test(span.text(attr).trim())
  if (isHit && !span.hasRange(R.price_ref)) span.setString(R.price_ref, 'cache')
  return putMetadata(span, attr, rule)
}

export const transforms = {
  'cache-hit': { fills: 'metadata', read: cacheHit },
  severity: { fills: 'text', read: severity },
} as const satisfies Readonly<Record<string, OwnTransform>>
