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
import { PAIR, type Work } from '../span/work.ts'
import {
  meaningOfKind,
  meaningOfOperation,
  type OperationMeaning,
} from '../vocabulary/kinds-and-operations.ts'
import { readSpanName } from './span-name.ts'
import { settleUsage } from './usage.ts'

export function settle(w: Work, detection: Detection, frame: BatchFrame, filled: Filled): void {
  w.cacheIsExtra ||= detection.cacheIsExtra
  const isGenAiLog = frame.isLog && settleLog(w, detection)
  if (w.detailLists.length > 1) appendDetails(w)
  if (detection.isGenAi && !frame.isLog && !frame.isLegacy) readSpanName(w, detection)
  settleKind(w, detection, frame)
  if (w.hasAnswer && !w.hasRange(R.output_messages)) putAnswer(w)
  placeEventMessages(w)
  if (w.ioIn.length > 0) placeInput(w, filled)
  if (w.ioOut.length > 0) placeOutput(w, filled)
  settleModels(w, frame)
  if (frame.isLegacy) settleLegacy(w)
  settleFinish(w)
  // Text that was no UTF-8 was mended when the payload was indexed.
  const flags = w.batch.spans[w.span * SPAN_STRIDE + SPAN.FLAGS] as number
  if ((flags & SPAN_FLAG.REPAIRED) !== 0) addQuality(w, 'invalid_utf8')
  placeEventDocuments(w)
  for (const { name, range, dialect } of frame.resource.entries)
    if (dialect >= 0 && range[1] > 0 && detection.hasIndex(dialect))
      w.metaRange(name, range[0], range[1])
  const kind = meaningOfKind(w.kind)
  if (w.operation === '' && !frame.isLog) w.operation = kind.operation
  const operation = meaningOfOperation(w.operation)
  settleOperation(w, operation)
  settleUsage(w)
  // A record without counts of its own is a part of its span's call, not a call.
  if (isGenAiLog && !w.hasUsage()) w.isAggregate = true
  settleAggregate(w, detection, kind.isContainer || operation.isAggregate)
  settleStatus(w, detection.isGenAi)
  frame.settleEnvironment(w)
  settleParams(w)
  if (frame.isLog && !isGenAiLog) w.kind = 'span'
  constant(w, R.kind, (w.kind === 'span' ? SPAN_KIND : kind).literal)
  settleDialect(w, detection)
}

/** What every event must have, for one whose content could not be read at all. */
export function settleBare(w: Work, frame: BatchFrame): void {
  if (w.kind === '') w.kind = 'span'
  word(w, R.kind, w.kind)
  settleAggregateFlag(w)
  settleStatus(w, false)
  frame.settleEnvironment(w)
  word(w, R.cost_source, w.hasNumber(N.cost_usd) ? 'given' : 'none')
}

function settleAggregateFlag(w: Work): void {
  if (!w.hasNumber(N.usage_aggregate))
    w.events.setNum(w.e, N.usage_aggregate, w.isAggregate ? 1 : 0)
}

/** A GenAI record is no call of its own: its kind is that of what it is about, its usage repeats the span's. */
function settleLog(w: Work, detection: Detection): boolean {
  const isRead = readLog(w)
  if (isRead && !detection.isGenAi) detection.addLogRecords()
  return isRead || detection.isGenAi
}

function settleKind(w: Work, detection: Detection, frame: BatchFrame): void {
  if (w.kind === 'mcp' && w.hasRange(R.tool_name) && w.fieldText(R.mcp_method) === 'tools/call')
    w.kind = 'tool'
  if (w.kind === '' && detection.isGenAi) {
    const name = w.arena.text(
      w.batch.spans[w.span * SPAN_STRIDE + SPAN.NAME_OFF] as number,
      Math.max(0, Math.min(200, w.batch.spans[w.span * SPAN_STRIDE + SPAN.NAME_LEN] as number)),
    )
    w.kind = detection.kindOfName(name) ?? guessedKind(w, name)
  }
  if (w.kind === '') w.kind = frame.isLegacy ? 'span' : lastResort(w)
}

/** No key says the kind: a tool's name, a model, or the span's name may. */
function guessedKind(w: Work, name: string): string {
  if (w.hasRange(R.tool_name) || w.hasRange(R.tool_call_id)) return 'tool'
  if (w.hasRange(R.evaluation_name)) return 'evaluator'
  if (w.hasRange(R.request_model) || w.hasRange(R.response_model) || w.hasMessages())
    return /embed/i.test(name) && !w.hasRange(R.output_messages) ? 'embedding' : 'llm'
  if (w.eventIn.length + w.eventOut.length + w.eventSystem.length > 0 || w.hasAnswer) return 'llm'
  const operation =
    /^(chat|text_completion|generate_content|embeddings|execute_tool|invoke_agent|create_agent|invoke_workflow)(?: |$)/.exec(
      name,
    )?.[1]
  if (operation === undefined) return ''
  w.operation = operation
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
function lastResort(w: Work): string {
  return w.hasRange(R.request_model) ? 'llm' : 'span'
}

const SPAN_KIND = meaningOfKind('span')

function settleOperation(w: Work, { literal }: OperationMeaning): void {
  if (w.operation === '') return
  if (literal !== null) constant(w, R.operation, literal)
  else w.setString(R.operation, w.operation)
  // Retrieval spans of 1.40 and 1.41 said top_k among the request's parameters.
  if (w.operation === 'retrieval' && !w.hasNumber(N.retrieval_top_k)) {
    const i = w.paramNamed('top_k')
    if (i >= 0) {
      const json = w.arena.text(w.params.at(i + 2), w.params.at(i + 3))
      w.events.setNum(w.e, N.retrieval_top_k, Number(json))
      w.params.remove4(i)
    }
  }
}
function putAnswer(w: Work): void {
  const m = answerMessage(w)
  if (m === null) return
  // Parts beside an answer that came in a span event belong to that answer.
  const answered = w.eventOut[0]
  if (answered !== undefined && w.answer.text === null) {
    answered.parts.unshift(...m.parts.filter((x) => x.type === 'reasoning'))
    answered.parts.push(...m.parts.filter((x) => x.type === 'tool_call'))
    return
  }
  const reason = firstReason(w)
  if (reason !== null) m.finish_reason = reason
  w.setJson(R.output_messages, [m])
}

function firstReason(w: Work): string | null {
  const json = w.fieldText(R.finish_reasons)
  return json === null ? null : ((JSON.parse(json) as string[])[0] ?? null)
}

/** Messages of span events rank below structured attributes, above indexed keys and every blob. */
function placeEventMessages(w: Work): void {
  if (w.kind === 'tool') return placeToolEvents(w)
  placeMessages(w, R.system_instructions, w.eventSystem, w.systemRank)
  placeMessages(w, R.input_messages, w.eventIn, w.inputRank)
  placeMessages(w, R.output_messages, w.eventOut, w.outputRank)
}

function placeMessages(w: Work, field: number, list: readonly unknown[], rank: number): void {
  if (list.length > 0 && (!w.hasRange(field) || rank > RANK.messageEvents * RANK_UNIT))
    w.setJson(field, list)
}

const FINISH_REASON_KEY = '"finish_reason"'
/** A tool's arguments and result, told in message events. */
function placeToolEvents(w: Work): void {
  const asked = w.eventIn[0]?.parts[0]
  if (asked !== undefined && !w.hasRange(R.tool_arguments))
    w.setJson(
      R.tool_arguments,
      argumentsOf(asked.type === 'text' ? asked['content'] : asked['response']),
    )
  const answered = w.eventOut[0]?.parts
  if (answered !== undefined && answered.length > 0 && !w.hasRange(R.tool_result))
    w.setJson(
      R.tool_result,
      argumentsOf(answered.every((x) => x.type === 'text') ? textOf(answered) : answered),
    )
}

/** The reasons of the messages count when no attribute says them. */
function settleFinish(w: Work): void {
  if (w.hasRange(R.finish_reasons) || !w.hasRange(R.output_messages)) return
  if (w.reasonCount === 0) return
  if (w.reasonCount === 1) return putReason(w)
  const off = w.events.off(w.e, R.output_messages)
  const len = w.events.len(w.e, R.output_messages)
  const literal = w.arena.literal(FINISH_REASON_KEY)
  if (literal >= 0 && !w.json.contains(off, len, literal)) return
  const list = JSON.parse(w.arena.text(off, len)) as Message[]
  const reasons = list.map((m) => m.finish_reason).filter((x) => x !== undefined)
  if (reasons.length > 0) w.setJson(R.finish_reasons, reasons)
}

const LIST_BEGIN = new Literal('["')
const LIST_END = new Literal('"]')

function putReason(w: Work): void {
  w.out.begin(w.arena)
  w.out.literal(LIST_BEGIN)
  w.out.copy(w.reasonOff, w.reasonLen)
  w.out.literal(LIST_END)
  w.setOut(R.finish_reasons)
}

function settleModels(w: Work, frame: BatchFrame): void {
  settleRequestModel(w)
  if (!w.hasRange(R.provider)) {
    const provider = providerOfModel(w)
    if (provider !== '') word(w, R.provider, provider)
  }
  if (w.framework !== '' && w.kind === 'llm' && !w.hasRange(R.provider)) {
    const ofCalls = w.providers.ofFramework(w.framework)
    if (ofCalls !== null) word(w, R.provider, ofCalls)
  }
  settleFramework(w, frame)
}

/** Who made the span, when it is a framework: said in place of a provider, or the end of the scope's name. */
function settleFramework(w: Work, frame: BatchFrame): void {
  if (w.framework !== '') return w.metaText('framework', w.framework)
  const { framework } = frame
  if (framework[1] <= 0) return
  const literal = w.arena.literal('framework')
  if (literal < 0) w.metaText('framework', w.arena.text(framework[0], framework[1]))
  else
    w.meta.push4(
      w.arena.literalOff(literal),
      w.arena.literalLen(literal),
      framework[0],
      framework[1],
    )
}

/** Containers repeat what runs inside them. */
function settleAggregate(w: Work, detection: Detection, isContainer: boolean): void {
  const isAggregate =
    w.isAggregate || (isContainer && w.hasAnyCount()) || w.isVirtual || detection.isVirtual(w)
  w.events.setNum(w.e, N.usage_aggregate, isAggregate ? 1 : 0)
}

function settleStatus(w: Work, isGenAi: boolean): void {
  const row = w.span * SPAN_STRIDE
  const s = w.batch.spans
  const code = s[row + SPAN.STATUS] as number
  const isError = code === 2 || w.isFailed || isFailedByType(w, code, isGenAi)
  if (w.statusMessage >= 0) {
    if (isError) w.setText(w.statusMessage, R.error_message)
    else w.metaText('status_message', w.text(w.statusMessage))
  }
  if (isError) {
    const len = s[row + SPAN.STATUS_MSG_LEN] as number
    if (len > 0 && !w.hasRange(R.error_message))
      w.events.setRange(w.e, R.error_message, s[row + SPAN.STATUS_MSG_OFF] as number, len)
  }
  const hasEndedWell = code === 1 || w.hasSucceeded || (isGenAi && hasAnswered(w))
  constant(w, R.status, isError ? ERROR : hasEndedWell ? OK : UNSET)
}
const ERROR = new Literal('error')
const OK = new Literal('ok')
const UNSET = new Literal('unset')

/** An error type is a failure; an exception event alone may have been handled, unless there is no answer. */
function isFailedByType(w: Work, code: number, isGenAi: boolean): boolean {
  if (!w.hasRange(R.error_type)) return false
  if (w.events.off(w.e, R.error_type) !== w.exceptionOff) return true
  return isGenAi && code === 0 && !hasAnswered(w)
}

/** A GenAI span that holds an answer went well, though most instrumentations leave the status unset. */
function hasAnswered(w: Work): boolean {
  return (
    w.hasRange(R.output_messages) ||
    w.hasRange(R.output) ||
    w.hasRange(R.tool_result) ||
    w.hasRange(R.finish_reasons) ||
    w.hasNumber(N.output_tokens)
  )
}

function settleParams(w: Work): void {
  if (w.params.length > 0) putObject(w, w.params, R.request_params)
  if (w.details.length > 0) putObject(w, w.details, R.usage_details)
}

const FIRST = new Literal('{"')
const NEXT = new Literal(',"')
const COLON = new Literal('":')

function putObject(w: Work, rows: IntList, field: number): void {
  const { out } = w
  out.begin(w.arena)
  for (let i = 0; i < rows.length; i += PAIR) {
    out.literal(i === 0 ? FIRST : NEXT)
    out.copy(rows.at(i), rows.at(i + 1))
    out.literal(COLON)
    out.copy(rows.at(i + 2), rows.at(i + 3))
  }
  out.byte(125)
  w.setOut(field)
}

function settleDialect(w: Work, detection: Detection): void {
  const dialect = detection.primary()
  if (dialect === null) return
  constant(w, R.dialect, dialect)
  const several = detection.several()
  if (several !== null) w.setJson(R.dialects, several)
}
