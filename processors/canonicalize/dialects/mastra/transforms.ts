// Times of Mastra.

import type { OwnTransform, Transform } from '../../rules/dialect.ts'

/** An ISO time in ms since the start of the span. */
const sinceStart: Transform = (span, attr, rule) => {
  const ms = Date.parse(span.text(attr)) - span.times.startMs
  if (!(ms >= 0)) return false
  span.events.setNum(span.event, rule.number, ms)
  return true
}

export const transforms = {
  'since-start': { fills: 'number', read: sinceStart },
} as const satisfies Readonly<Record<string, OwnTransform>>
