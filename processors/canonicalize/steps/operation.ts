// Decides the operation of an event: as a key states it, else by its kind.

import { N, R } from '../../../core/fields.ts'
import type { CurrentSpan } from '../span/current-span.ts'
import { factsOfKind, factsOfOperation } from '../vocabulary/kinds-and-operations.ts'
import type { StepContext } from './step.ts'

export function decideOperation(span: CurrentSpan, { origin }: StepContext): void {
  if (span.operation === '' && !origin.isLog) span.setOperation(factsOfKind(span.kind).operation)
  if (span.operation === '') return
  const { literal } = factsOfOperation(span.operation)
  if (literal !== null) span.setConstant(R.operation, literal)
  else span.setString(R.operation, span.operation)
  if (span.operation === 'retrieval' && !span.hasNumber(N.retrieval_top_k)) takeTopK(span)
}

/** In versions 1.40 and 1.41 of the conventions, retrieval spans had top_k among the request parameters. */
function takeTopK(span: CurrentSpan): void {
  const { params } = span.entries
  const i = span.entries.paramNamed('top_k')
  if (i < 0) return
  const json = span.arena.text(params.at(i + 2), params.at(i + 3))
  span.events.setNum(span.event, N.retrieval_top_k, Number(json))
  params.remove4(i)
}
