// What every event must have, for one whose content could not be read at all.

import { N, R } from '../../../core/fields.ts'
import type { CurrentSpan } from '../span/current-span.ts'
import { decideStatus } from './status.ts'
import type { StepContext } from './step.ts'

export function finishBare(span: CurrentSpan, context: StepContext): void {
  if (span.kind === '') span.setKind('span')
  span.setWord(R.kind, span.kind)
  writeAggregate(span)
  decideStatus(span, context)
  context.origin.decideEnvironment(span)
  span.setWord(R.cost_source, span.hasNumber(N.cost_usd) ? 'given' : 'none')
}

function writeAggregate(span: CurrentSpan): void {
  if (!span.hasNumber(N.usage_aggregate))
    span.events.setNum(span.event, N.usage_aggregate, span.isAggregate ? 1 : 0)
}
