// Severities of log records.

import { lookup } from '../../json/values.ts'
import type { OwnTransform, Transform } from '../../rules/dialect.ts'
import { LEVELS } from '../../vocabulary/levels.ts'

/** The severity of a log record alone does not mean a failure. */
const severity: Transform = (span, attr, rule) => {
  const name = lookup(LEVELS, span.text(attr).toLowerCase())
  if (name === undefined) return false
  span.setString(rule.range, name)
  return true
}

export const transforms = {
  severity: { fills: 'text', read: severity },
} as const satisfies Readonly<Record<string, OwnTransform>>
