// Decides the requested model, the provider and the framework, if no key of the span has them.

import { R } from '../../../core/fields.ts'
import type { CurrentSpan } from '../span/current-span.ts'
import type { SpanOrigin } from '../span/origin.ts'
import { readModel } from '../span/providers-and-models.ts'
import { BEDROCK_MODEL } from '../vocabulary/providers.ts'
import type { StepContext } from './step.ts'

export function decideModels(span: CurrentSpan, { origin }: StepContext): void {
  decideRequestModel(span)
  if (!span.hasRange(R.provider)) {
    const provider = providerOfModel(span)
    if (provider !== '') span.setWord(R.provider, provider)
  }
  if (span.models.framework !== '' && span.kind === 'llm' && !span.hasRange(R.provider)) {
    const ofCalls = span.providers.ofFramework(span.models.framework)
    if (ofCalls !== null) span.setWord(R.provider, ofCalls)
  }
  nameFramework(span, origin)
}

/** Sets the framework that made the span: it is named instead of a provider, or at the end of the scope's name. */
function nameFramework(span: CurrentSpan, origin: SpanOrigin): void {
  if (span.models.framework !== '')
    return span.entries.addMetadata('framework', span.models.framework)
  const { framework } = origin
  if (framework[1] <= 0) return
  const literal = span.arena.literal('framework')
  if (literal < 0)
    span.entries.addMetadata('framework', span.arena.text(framework[0], framework[1]))
  else
    span.entries.metadata.push4(
      span.arena.literalOff(literal),
      span.arena.literalLen(literal),
      framework[0],
      framework[1],
    )
}

/** Sets the request model from other sources. */
function decideRequestModel(span: CurrentSpan): void {
  if (span.hasRange(R.request_model)) return
  if (span.models.offered !== '') span.setString(R.request_model, span.models.offered)
  else if (span.models.fallbackAttr >= 0) readModel(span, span.models.fallbackAttr, R.request_model)
}

/** What the request model's id reveals about the provider, or ''. */
function providerOfModel(span: CurrentSpan): string {
  if (span.models.provider !== '') return span.models.provider
  const id = span.fieldText(R.request_model) ?? span.fieldText(R.response_model)
  return id !== null && BEDROCK_MODEL.test(id) ? 'aws.bedrock' : ''
}
