// Marks events that do not represent their own call: previews and raw copies, and log records that have only a part
// of their span's call. `usage/` finds containers and duplicates, because it sees the reports around them.

import { N } from '../../../core/fields.ts'
import type { CurrentSpan } from '../span/current-span.ts'
import { factsOfKind, factsOfOperation } from '../vocabulary/kinds-and-operations.ts'
import type { StepContext } from './step.ts'

export function decideAggregate(span: CurrentSpan, { dialects, origin }: StepContext): void {
  // A log record without its own counts is a part of its span's call.
  const isPart = origin.isLog && dialects.isGenAi && !span.hasUsage()
  const isMarked = span.isAggregate
  const isContainer = isMarked || isContainerKind(span)
  // From parts without a total no remainder can be computed.
  const hasNoSum = isContainer && !span.hasSum() && (isMarked || span.hasAnyCount())
  const isAggregate = isPart || hasNoSum || span.isVirtual || dialects.isVirtual(span)
  if (isContainer) span.markAggregate()
  span.events.setNum(span.event, N.usage_aggregate, isAggregate ? 1 : 0)
}

/** True for kinds that report the usage of the calls inside them. */
function isContainerKind(span: CurrentSpan): boolean {
  return factsOfKind(span.kind).isContainer || factsOfOperation(span.operation).isAggregate
}
