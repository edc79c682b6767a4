// Decides how a span ended, by its status code, its attributes, and whether there is a response.

import { Literal } from '../../../core/arena.ts'
import { N, R } from '../../../core/fields.ts'
import type { CurrentSpan } from '../span/current-span.ts'
import type { StepContext } from './step.ts'

export function decideStatus(span: CurrentSpan, { dialects }: Pick<StepContext, 'dialects'>): void {
  const { isGenAi } = dialects
  const { status: code, statusMessageOffset: off, statusMessageLength: len } = span.received
  const isError =
    code === 2 ||
    span.status.hasFailed ||
    isFailedByType(span, code, isGenAi) ||
    isFailedByReason(span)
  if (span.status.messageAttr >= 0) {
    if (isError) span.setText(span.status.messageAttr, R.error_message)
    else span.entries.addMetadata('status_message', span.text(span.status.messageAttr))
  }
  if (isError && len > 0 && !span.hasRange(R.error_message))
    span.events.setRange(span.event, R.error_message, off, len)
  const hasEndedWell = code === 1 || span.status.hasSucceeded || (isGenAi && hasAnswered(span))
  span.setConstant(R.status, isError ? ERROR : hasEndedWell ? OK : UNSET)
}

const ERROR = new Literal('error')

const OK = new Literal('ok')

const UNSET = new Literal('unset')

/** An error type means failure. An exception event alone may have been handled, unless there is no response. */
function isFailedByType(span: CurrentSpan, code: number, isGenAi: boolean): boolean {
  if (!span.hasRange(R.error_type)) return false
  if (span.events.off(span.event, R.error_type) !== span.status.exceptionTypeOff) return true
  if (!isGenAi || hasAnswered(span)) return false
  // Some instrumentations set every span to OK. An operation with an exception and no response has failed
  // nevertheless.
  return code === 0 || ANSWERING.has(span.kind)
}

/**
 * AI SDKs and gateways end a call that the model refused with the reason `error` and leave the span's status at OK. A stream that the
 * app itself broke off may end so, too, but has a part of its answer.
 */
function isFailedByReason(span: CurrentSpan): boolean {
  const { arena, events, event } = span
  const len = events.len(event, R.finish_reasons)
  if (len !== FAILED.length || !arena.equals(events.off(event, R.finish_reasons), len, FAILED))
    return false
  const hasSaid = span.fieldText(R.output_messages)?.includes('"parts":[{') === true
  return !hasSaid && !(events.num(event, N.output_tokens) > 0)
}
const FAILED = '["error"]'

const ANSWERING: ReadonlySet<string> = new Set(['llm', 'embedding', 'tool', 'rerank', 'retrieval'])

/** True if a GenAI span has a response. It then succeeded, although most instrumentations leave the status unset. */
function hasAnswered(span: CurrentSpan): boolean {
  return (
    span.hasRange(R.output_messages) ||
    span.hasRange(R.output) ||
    span.hasRange(R.tool_result) ||
    span.hasRange(R.finish_reasons) ||
    span.hasNumber(N.output_tokens)
  )
}
