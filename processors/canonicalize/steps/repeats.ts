// Events whose counts repeat those of other events: containers, previews and raw copies, log records beside their span.

import { N } from '../../../core/fields.ts'
import type { CurrentSpan } from '../span/current-span.ts'
import { factsOfKind, factsOfOperation } from '../vocabulary/kinds-and-operations.ts'
import type { StepContext } from './step.ts'

export function decideRepeats(span: CurrentSpan, { dialects, origin }: StepContext): void {
  // A record without counts of its own is a part of its span's call, not a call.
  const isPart = origin.isLog && dialects.isGenAi && !span.hasUsage()
  const isAggregate =
    isPart ||
    span.isAggregate ||
    (isContainer(span) && span.hasAnyCount()) ||
    span.isVirtual ||
    dialects.isVirtual(span)
  span.events.setNum(span.event, N.usage_aggregate, isAggregate ? 1 : 0)
}

/** Containers repeat what runs inside them. */
function isContainer(span: CurrentSpan): boolean {
  return factsOfKind(span.kind).isContainer || factsOfOperation(span.operation).isAggregate
}
