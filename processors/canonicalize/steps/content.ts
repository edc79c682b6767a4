// Places content that had to wait until the kind of the span is known: responses spread over attributes, messages of
// span events, inputs and outputs.

import { N, R } from '../../../core/fields.ts'
import type { Message, Part } from '../content/content-types.ts'
import { argumentsOf, partsOf, textOf, toolCallPart } from '../content/parts.ts'
import { isRecord } from '../json/values.ts'
import { placeInput, placeOutput } from '../readers/content-by-kind.ts'
import { appendDetails } from '../readers/span-events.ts'
import { RANK, RANK_UNIT } from '../rules/dialect.ts'
import type { CurrentSpan } from '../span/current-span.ts'
import type { StepContext } from './step.ts'

export function placeContent(span: CurrentSpan, { filled }: StepContext): void {
  const { content } = span
  if (content.detailLists.length > 1) appendDetails(span)
  if (content.hasAnswer && !span.hasRange(R.output_messages)) putAnswer(span)
  placeEventMessages(span)
  if (content.inputs.length > 0) placeInput(span, filled)
  if (content.outputs.length > 0) placeOutput(span, filled)
  placeDocuments(span)
  if (content.hasEmptyAnswer) putEmptyAnswer(span)
}

function putAnswer(span: CurrentSpan): void {
  const m = answerMessage(span)
  if (m === null) return
  // These parts belong to the response that is in a span event.
  const answered = span.content.eventOutput[0]
  if (answered !== undefined && !span.content.answer.text) {
    answered.parts.unshift(...m.parts.filter((x) => x.type === 'reasoning'))
    answered.parts.push(...m.parts.filter((x) => x.type === 'tool_call'))
    return
  }
  if (m.parts.length === 0 && span.hasRange(R.output_messages)) return
  const reason = firstReason(span)
  if (reason !== null) m.finish_reason = reason
  span.setJson(R.output_messages, [m])
}

/** An answer without text is known to be empty, unlike one that was not recorded. */
function putEmptyAnswer(span: CurrentSpan): void {
  if (span.kind !== 'llm' || span.hasRange(R.output_messages) || span.hasRange(R.output)) return
  if (endedWithToolCalls(span)) return
  const reason = firstReason(span)
  const message = { role: 'assistant', parts: [] }
  span.setJson(R.output_messages, [
    reason === null ? message : { ...message, finish_reason: reason },
  ])
}

function firstReason(span: CurrentSpan): string | null {
  const json = span.fieldText(R.finish_reasons)
  return json === null ? null : ((JSON.parse(json) as string[])[0] ?? null)
}

/** Places messages of span events, which rank below structured attributes and above indexed keys and whole bodies. */
function placeEventMessages(span: CurrentSpan): void {
  if (span.kind === 'tool') return placeToolEvents(span)
  const { eventSystem, eventInput, eventOutput } = span.content
  placeMessages(span, R.system_instructions, eventSystem)
  placeMessages(span, R.input_messages, eventInput)
  placeMessages(span, R.output_messages, eventOutput)
}

function placeMessages(span: CurrentSpan, field: number, list: readonly unknown[]): void {
  if (list.length === 0) return
  const isBetter = span.content.rankOf(field) > RANK.messageEvents * RANK_UNIT
  if (!span.hasRange(field) || isBetter) span.setJson(field, list)
}

/** Places a tool's arguments and result that message events have. */
function placeToolEvents(span: CurrentSpan): void {
  const asked = span.content.eventInput[0]?.parts[0]
  if (asked !== undefined && !span.hasRange(R.tool_arguments))
    span.setJson(
      R.tool_arguments,
      argumentsOf(asked.type === 'text' ? asked['content'] : asked['response']),
    )
  const answered = span.content.eventOutput[0]?.parts
  if (answered !== undefined && answered.length > 0 && !span.hasRange(R.tool_result))
    span.setJson(
      R.tool_result,
      argumentsOf(answered.every((x) => x.type === 'text') ? textOf(answered) : answered),
    )
}

/** The response that is spread over several attributes, as one message. */
function answerMessage(span: CurrentSpan): Message | null {
  const parts: Part[] = []
  const a = span.content.answer
  if (a.reasoning !== null) parts.push({ type: 'reasoning', content: a.reasoning })
  if (a.text !== null && a.text !== '') parts.push({ type: 'text', content: a.text })
  if (Array.isArray(a.calls))
    for (const call of a.calls) if (isRecord(call)) parts.push(toolCallPart(call))
  if (a.object !== null) parts.push({ type: 'text', content: a.object })
  if (Array.isArray(a.files))
    parts.push(
      ...partsOf(
        a.files.map((x) => (isRecord(x) ? { type: 'file', ...x } : x)),
        'assistant',
      ),
    )
  if (parts.length > 0) return { role: 'assistant', parts }
  return a.text === '' && !endedWithToolCalls(span) ? { role: 'assistant', parts } : null
}

/** Calls of tools that are not recorded leave an empty text behind. */
function endedWithToolCalls(span: CurrentSpan): boolean {
  return firstReason(span)?.includes('tool') === true
}

/** Writes what events have into fields that the span's attributes left empty. */
function placeDocuments(span: CurrentSpan): void {
  if (span.content.eventDocuments.length > 0 && !span.hasRange(R.retrieval_documents))
    span.setJson(R.retrieval_documents, span.content.eventDocuments)
  if (!Number.isNaN(span.times.firstChunkMs))
    span.offerNumber(N.time_to_first_chunk_ms, span.times.firstChunkMs)
}
