// The last step of one event: what is known only with the whole span in view. Kind and operation when no
// key said them, content by kind, provider from the model, status, usage, and the names of the dialects.

import { Literal } from '../../../core/arena.ts'
import { SPAN, SPAN_FLAG, SPAN_STRIDE } from '../../../core/batch.ts'
import { N, R } from '../../../core/fields.ts'
import type { IntList } from '../bytes/int-list.ts'
import type { Message } from '../content/message.ts'
import { argumentsOf, textOf } from '../content/parts.ts'
import { type Filled, placeInput, placeOutput } from '../readers/content-by-kind.ts'
import { settleLegacy } from '../readers/legacy-events.ts'
import { readLog } from '../readers/log-records.ts'
import { providerOfModel, settleRequestModel } from '../readers/names.ts'
import { answerMessage } from '../readers/packed-json.ts'
import { appendDetails, placeEventDocuments } from '../readers/span-events.ts'
import type { Detection } from '../rules/detection.ts'
import { RANK, RANK_UNIT } from '../rules/dialect.ts'
import { addQuality, type BatchFrame, constant, word } from '../span/batch-frame.ts'
import { type CurrentSpan } from '../span/current-span.ts'
import { ENTRY } from '../span/map-entries.ts'
import {
  meaningOfKind,
  meaningOfOperation,
  type OperationMeaning,
} from '../vocabulary/kinds-and-operations.ts'
import { readSpanName } from './span-name.ts'
import { settleUsage } from './usage.ts'

export function settle(
  span: CurrentSpan,
  detection: Detection,
  frame: BatchFrame,
  filled: Filled,
): void {
  if (detection.cacheIsExtra) span.usage.markCacheExtra()
  const isGenAiLog = frame.isLog && settleLog(span, detection)
  if (span.content.detailLists.length > 1) appendDetails(span)
  if (detection.isGenAi && !frame.isLog && !frame.isLegacy) readSpanName(span, detection)
  settleKind(span, detection, frame)
  if (span.content.hasAnswer && !span.hasRange(R.output_messages)) putAnswer(span)
  placeEventMessages(span)
  if (span.content.inputs.length > 0) placeInput(span, filled)
  if (span.content.outputs.length > 0) placeOutput(span, filled)
  settleModels(span, frame)
  if (frame.isLegacy) settleLegacy(span)
  settleFinish(span)
  // Text that was no UTF-8 was mended when the payload was indexed.
  const flags = span.batch.spans[span.index * SPAN_STRIDE + SPAN.FLAGS] as number
  if ((flags & SPAN_FLAG.REPAIRED) !== 0) addQuality(span, 'invalid_utf8')
  placeEventDocuments(span)
  for (const { name, range, dialect } of frame.resource.entries)
    if (dialect >= 0 && range[1] > 0 && detection.hasIndex(dialect))
      span.entries.addMetadataRange(name, range[0], range[1])
  const kind = meaningOfKind(span.kind)
  if (span.operation === '' && !frame.isLog) span.setOperation(kind.operation)
  const operation = meaningOfOperation(span.operation)
  settleOperation(span, operation)
  settleUsage(span)
  // A record without counts of its own is a part of its span's call, not a call.
  if (isGenAiLog && !span.hasUsage()) span.markAggregate()
  settleAggregate(span, detection, kind.isContainer || operation.isAggregate)
  settleStatus(span, detection.isGenAi)
  frame.settleEnvironment(span)
  settleParams(span)
  if (frame.isLog && !isGenAiLog) span.setKind('span')
  constant(span, R.kind, (span.kind === 'span' ? SPAN_KIND : kind).literal)
  settleDialect(span, detection)
}

/** What every event must have, for one whose content could not be read at all. */
export function settleBare(span: CurrentSpan, frame: BatchFrame): void {
  if (span.kind === '') span.setKind('span')
  word(span, R.kind, span.kind)
  settleAggregateFlag(span)
  settleStatus(span, false)
  frame.settleEnvironment(span)
  word(span, R.cost_source, span.hasNumber(N.cost_usd) ? 'given' : 'none')
}

function settleAggregateFlag(span: CurrentSpan): void {
  if (!span.hasNumber(N.usage_aggregate))
    span.events.setNum(span.event, N.usage_aggregate, span.isAggregate ? 1 : 0)
}

/** A GenAI record is no call of its own: its kind is that of what it is about, its usage repeats the span's. */
function settleLog(span: CurrentSpan, detection: Detection): boolean {
  const isRead = readLog(span)
  if (isRead && !detection.isGenAi) detection.addLogRecords()
  return isRead || detection.isGenAi
}

function settleKind(span: CurrentSpan, detection: Detection, frame: BatchFrame): void {
  if (
    span.kind === 'mcp' &&
    span.hasRange(R.tool_name) &&
    span.fieldText(R.mcp_method) === 'tools/call'
  )
    span.setKind('tool')
  if (span.kind === '' && detection.isGenAi) {
    const name = span.arena.text(
      span.batch.spans[span.index * SPAN_STRIDE + SPAN.NAME_OFF] as number,
      Math.max(
        0,
        Math.min(200, span.batch.spans[span.index * SPAN_STRIDE + SPAN.NAME_LEN] as number),
      ),
    )
    span.setKind(detection.kindOfName(name) ?? guessedKind(span, name))
  }
  if (span.kind === '') span.setKind(frame.isLegacy ? 'span' : lastResort(span))
}

/** No key says the kind: a tool's name, a model, or the span's name may. */
function guessedKind(span: CurrentSpan, name: string): string {
  if (span.hasRange(R.tool_name) || span.hasRange(R.tool_call_id)) return 'tool'
  if (span.hasRange(R.evaluation_name)) return 'evaluator'
  if (span.hasRange(R.request_model) || span.hasRange(R.response_model) || span.hasMessages())
    return /embed/i.test(name) && !span.hasRange(R.output_messages) ? 'embedding' : 'llm'
  if (
    span.content.eventInput.length +
      span.content.eventOutput.length +
      span.content.eventSystem.length >
      0 ||
    span.content.hasAnswer
  )
    return 'llm'
  const operation =
    /^(chat|text_completion|generate_content|embeddings|execute_tool|invoke_agent|create_agent|invoke_workflow)(?: |$)/.exec(
      name,
    )?.[1]
  if (operation === undefined) return ''
  span.setOperation(operation)
  return KIND_OF_NAME[operation] ?? ''
}
const KIND_OF_NAME: Readonly<Record<string, string>> = {
  chat: 'llm',
  text_completion: 'llm',
  generate_content: 'llm',
  embeddings: 'embedding',
  execute_tool: 'tool',
  invoke_agent: 'agent',
  create_agent: 'agent',
  invoke_workflow: 'workflow',
}

/** Spans of no dialect: a model alone still makes it a call. */
function lastResort(span: CurrentSpan): string {
  return span.hasRange(R.request_model) ? 'llm' : 'span'
}

const SPAN_KIND = meaningOfKind('span')

function settleOperation(span: CurrentSpan, { literal }: OperationMeaning): void {
  if (span.operation === '') return
  if (literal !== null) constant(span, R.operation, literal)
  else span.setString(R.operation, span.operation)
  // Retrieval spans of 1.40 and 1.41 said top_k among the request's parameters.
  if (span.operation === 'retrieval' && !span.hasNumber(N.retrieval_top_k)) {
    const i = span.entries.paramNamed('top_k')
    if (i >= 0) {
      const json = span.arena.text(span.entries.params.at(i + 2), span.entries.params.at(i + 3))
      span.events.setNum(span.event, N.retrieval_top_k, Number(json))
      span.entries.params.remove4(i)
    }
  }
}
function putAnswer(span: CurrentSpan): void {
  const m = answerMessage(span)
  if (m === null) return
  // Parts beside an answer that came in a span event belong to that answer.
  const answered = span.content.eventOutput[0]
  if (answered !== undefined && span.content.answer.text === null) {
    answered.parts.unshift(...m.parts.filter((x) => x.type === 'reasoning'))
    answered.parts.push(...m.parts.filter((x) => x.type === 'tool_call'))
    return
  }
  const reason = firstReason(span)
  if (reason !== null) m.finish_reason = reason
  span.setJson(R.output_messages, [m])
}

function firstReason(span: CurrentSpan): string | null {
  const json = span.fieldText(R.finish_reasons)
  return json === null ? null : ((JSON.parse(json) as string[])[0] ?? null)
}

/** Messages of span events rank below structured attributes, above indexed keys and every blob. */
function placeEventMessages(span: CurrentSpan): void {
  if (span.kind === 'tool') return placeToolEvents(span)
  placeMessages(
    span,
    R.system_instructions,
    span.content.eventSystem,
    span.content.rankOf(R.system_instructions),
  )
  placeMessages(
    span,
    R.input_messages,
    span.content.eventInput,
    span.content.rankOf(R.input_messages),
  )
  placeMessages(
    span,
    R.output_messages,
    span.content.eventOutput,
    span.content.rankOf(R.output_messages),
  )
}

function placeMessages(
  span: CurrentSpan,
  field: number,
  list: readonly unknown[],
  rank: number,
): void {
  if (list.length > 0 && (!span.hasRange(field) || rank > RANK.messageEvents * RANK_UNIT))
    span.setJson(field, list)
}

const FINISH_REASON_KEY = '"finish_reason"'
/** A tool's arguments and result, told in message events. */
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

/** The reasons of the messages count when no attribute says them. */
function settleFinish(span: CurrentSpan): void {
  if (span.hasRange(R.finish_reasons) || !span.hasRange(R.output_messages)) return
  if (span.content.reasonCount === 0) return
  if (span.content.reasonCount === 1) return putReason(span)
  const off = span.events.off(span.event, R.output_messages)
  const len = span.events.len(span.event, R.output_messages)
  const literal = span.arena.literal(FINISH_REASON_KEY)
  if (literal >= 0 && !span.json.contains(off, len, literal)) return
  const list = JSON.parse(span.arena.text(off, len)) as Message[]
  const reasons = list.map((m) => m.finish_reason).filter((x) => x !== undefined)
  if (reasons.length > 0) span.setJson(R.finish_reasons, reasons)
}

const LIST_BEGIN = new Literal('["')
const LIST_END = new Literal('"]')

function putReason(span: CurrentSpan): void {
  span.out.begin(span.arena)
  span.out.literal(LIST_BEGIN)
  span.out.copy(span.content.reasonOff, span.content.reasonLen)
  span.out.literal(LIST_END)
  span.setOut(R.finish_reasons)
}

function settleModels(span: CurrentSpan, frame: BatchFrame): void {
  settleRequestModel(span)
  if (!span.hasRange(R.provider)) {
    const provider = providerOfModel(span)
    if (provider !== '') word(span, R.provider, provider)
  }
  if (span.models.framework !== '' && span.kind === 'llm' && !span.hasRange(R.provider)) {
    const ofCalls = span.providers.ofFramework(span.models.framework)
    if (ofCalls !== null) word(span, R.provider, ofCalls)
  }
  settleFramework(span, frame)
}

/** Who made the span, when it is a framework: said in place of a provider, or the end of the scope's name. */
function settleFramework(span: CurrentSpan, frame: BatchFrame): void {
  if (span.models.framework !== '')
    return span.entries.addMetadata('framework', span.models.framework)
  const { framework } = frame
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

/** Containers repeat what runs inside them. */
function settleAggregate(span: CurrentSpan, detection: Detection, isContainer: boolean): void {
  const isAggregate =
    span.isAggregate ||
    (isContainer && span.hasAnyCount()) ||
    span.isVirtual ||
    detection.isVirtual(span)
  span.events.setNum(span.event, N.usage_aggregate, isAggregate ? 1 : 0)
}

function settleStatus(span: CurrentSpan, isGenAi: boolean): void {
  const row = span.index * SPAN_STRIDE
  const s = span.batch.spans
  const code = s[row + SPAN.STATUS] as number
  const isError = code === 2 || span.status.hasFailed || isFailedByType(span, code, isGenAi)
  if (span.status.messageAttr >= 0) {
    if (isError) span.setText(span.status.messageAttr, R.error_message)
    else span.entries.addMetadata('status_message', span.text(span.status.messageAttr))
  }
  if (isError) {
    const len = s[row + SPAN.STATUS_MSG_LEN] as number
    if (len > 0 && !span.hasRange(R.error_message))
      span.events.setRange(span.event, R.error_message, s[row + SPAN.STATUS_MSG_OFF] as number, len)
  }
  const hasEndedWell = code === 1 || span.status.hasSucceeded || (isGenAi && hasAnswered(span))
  constant(span, R.status, isError ? ERROR : hasEndedWell ? OK : UNSET)
}
const ERROR = new Literal('error')
const OK = new Literal('ok')
const UNSET = new Literal('unset')

/** An error type is a failure; an exception event alone may have been handled, unless there is no answer. */
function isFailedByType(span: CurrentSpan, code: number, isGenAi: boolean): boolean {
  if (!span.hasRange(R.error_type)) return false
  if (span.events.off(span.event, R.error_type) !== span.status.exceptionTypeOff) return true
  return isGenAi && code === 0 && !hasAnswered(span)
}

/** A GenAI span that holds an answer went well, though most instrumentations leave the status unset. */
function hasAnswered(span: CurrentSpan): boolean {
  return (
    span.hasRange(R.output_messages) ||
    span.hasRange(R.output) ||
    span.hasRange(R.tool_result) ||
    span.hasRange(R.finish_reasons) ||
    span.hasNumber(N.output_tokens)
  )
}

function settleParams(span: CurrentSpan): void {
  if (span.entries.params.length > 0) putObject(span, span.entries.params, R.request_params)
  if (span.entries.details.length > 0) putObject(span, span.entries.details, R.usage_details)
}

const FIRST = new Literal('{"')
const NEXT = new Literal(',"')
const COLON = new Literal('":')

function putObject(span: CurrentSpan, rows: IntList, field: number): void {
  const { out } = span
  out.begin(span.arena)
  for (let i = 0; i < rows.length; i += ENTRY) {
    out.literal(i === 0 ? FIRST : NEXT)
    out.copy(rows.at(i), rows.at(i + 1))
    out.literal(COLON)
    out.copy(rows.at(i + 2), rows.at(i + 3))
  }
  out.byte(125)
  span.setOut(field)
}

function settleDialect(span: CurrentSpan, detection: Detection): void {
  const dialect = detection.primary()
  if (dialect === null) return
  constant(span, R.dialect, dialect)
  const several = detection.several()
  if (several !== null) span.setJson(R.dialects, several)
}
