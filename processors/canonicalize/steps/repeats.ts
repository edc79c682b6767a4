// Events that stand for no call of their own: previews and raw copies, log records that only carry a part of their span's call.
// Containers and second reports are told apart by `usage/`, which sees the reports around them.

import { N } from '../../../core/fields.ts'
import type { CurrentSpan } from '../span/current-span.ts'
import { factsOfKind, factsOfOperation } from '../vocabulary/kinds-and-operations.ts'
import type { StepContext } from './step.ts'

export function decideRepeats(span: CurrentSpan, { dialects, origin }: StepContext): void {
  // A record without counts of its own is a part of its span's call, not a call.
  const isPart = origin.isLog && dialects.isGenAi && !span.hasUsage()
  const isMarked = span.isAggregate
  const isContainer = isMarked || isContainerKind(span)
  // Of parts without a whole nothing can be left over.
  const hasNoSum = isContainer && !span.hasSum() && (isMarked || span.hasAnyCount())
  const isAggregate = isPart || hasNoSum || span.isVirtual || dialects.isVirtual(span)
  if (isContainer) span.markAggregate()
  span.events.setNum(span.event, N.usage_aggregate, isAggregate ? 1 : 0)
}

/** Containers report the usage of what runs inside them. */
function isContainerKind(span: CurrentSpan): boolean {
  return factsOfKind(span.kind).isContainer || factsOfOperation(span.operation).isAggregate
}
