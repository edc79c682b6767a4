// Reads span events and log records with content: single messages, the details event, exceptions, retrieved
// documents, evaluation results. Their content ranks below the span's own attributes.

import type { SpanBatch } from '../../../core/batch.ts'
import { R } from '../../../core/fields.ts'
import { key } from '../../../core/keys.ts'
import { SpanEventView, type SpanView } from '../../../core/span-view.ts'
import { ByteWords } from '../bytes/byte-words.ts'
import { messagesOf } from '../content/messages.ts'
import { partsOf } from '../content/parts.ts'
import { toolsOf } from '../content/tool-definitions.ts'
import { parseLoose } from '../json/loose-json.ts'
import { RANK, RANK_UNIT } from '../rules/dialect.ts'
import type { CurrentSpan } from '../span/current-span.ts'
import { attrsOf } from './kept-span-events.ts'
import { readMessageEvent } from './message-events.ts'

const NAMES = [
  'gen_ai.system.message',
  'gen_ai.user.message',
  'gen_ai.assistant.message',
  'gen_ai.tool.message',
  'gen_ai.choice',
  'gen_ai.content.prompt',
  'gen_ai.content.completion',
  'gen_ai.client.inference.operation.details',
  'exception',
  'db.query.result',
  'ai.stream.firstChunk',
  'tool.output',
  'gen_ai.evaluation.result',
  'First Token Stream Event',
  'gen_ai.tool.developer',
  'gen_ai.developer.message',
  'gen_ai.content.reasoning',
  'db.search.result',
  'gen_ai.client.operation.exception',
] as const
type Name = (typeof NAMES)[number]
const names = new ByteWords(NAMES.map((x, i) => [x, i] as const))

/** Events of streamed chunks, one for each token, which have no content of their own. */
const CHUNK = /chunk|^ai\.stream\.|^First Token/i

/** The event's name if it is one that is read, else null. */
export function knownEvent(batch: SpanBatch, off: number, len: number): Name | null {
  const i = names.find(batch.arena.bytes, off, len)
  return i < 0 ? null : (NAMES[i] as Name)
}

/** True when the span has an event whose attributes count as the span's own. */
export function hasDetails({ batch, firstEvent, eventCount }: SpanView): boolean {
  if (eventCount === 0) return false
  const view = new SpanEventView(batch)
  for (let event = firstEvent; event < firstEvent + eventCount; event++) {
    view.at(event)
    const name = knownEvent(batch, view.nameOffset, view.nameLength)
    if (name === 'gen_ai.client.inference.operation.details' || name === 'gen_ai.evaluation.result')
      return true
  }
  return false
}

/** What becomes of an event: read, dropped as a stream chunk, or kept as an attribute. */
export type EventFate = 'read' | 'dropped' | 'kept'

export interface EventSink {
  /** Collects the attributes of a details event, which count as the span's own, at a lower rank. */
  collectDetails(first: number, count: number): void
  /** Reads an event with an unknown name. Returns true if a dialect read all of it. */
  readUnknown(first: number, count: number): boolean
}

/** Reads one event of the span. */
export function readSpanEvent(span: CurrentSpan, event: number, sink: EventSink): EventFate {
  const view = new SpanEventView(span.batch).at(event)
  const { nameOffset: off, nameLength: len, firstAttr: first, attrCount: count } = view
  const name = knownEvent(span.batch, off, len)
  if (name === null) {
    if (sink.readUnknown(first, count)) return 'read'
    return CHUNK.test(span.arena.latin1(off, Math.min(len, 64))) ? 'dropped' : 'kept'
  }
  if (name === 'exception' || name === 'gen_ai.client.operation.exception')
    readException(span, first, count)
  else if (name === 'ai.stream.firstChunk' || name === 'First Token Stream Event')
    readFirstChunk(span, view.timeOffset)
  else if (name === 'gen_ai.client.inference.operation.details')
    readDetails(span, first, count, sink)
  else if (name === 'gen_ai.evaluation.result') sink.collectDetails(first, count)
  else if (name === 'tool.output') readToolOutput(span, attrsOf(span.batch, first, count))
  else readMessageEvent(span, name, attrsOf(span.batch, first, count))
  return 'read'
}

/** Lists that several details events of a span have in pieces, one event for each message. */
const PIECEWISE: readonly (readonly [number, number])[] = [
  [key('gen_ai.input.messages'), R.input_messages],
  [key('gen_ai.output.messages'), R.output_messages],
  [key('gen_ai.system_instructions'), R.system_instructions],
  [key('gen_ai.tool.definitions'), R.tool_definitions],
]

/** The first piece of a list counts as the span's own attribute. Later pieces are appended at the end. */
function readDetails(span: CurrentSpan, first: number, count: number, sink: EventSink): void {
  for (let i = first; i < first + count; i++) {
    const id = span.batch.attrKey(i)
    const field = PIECEWISE.find(([k]) => k === id)?.[1]
    if (field === undefined) sink.collectDetails(i, 1)
    else if (span.content.detailLists.some((d) => d.field === field))
      span.content.detailLists.push({ field, attr: i, id })
    else {
      span.content.detailLists.push({ field, attr: -1, id })
      sink.collectDetails(i, 1)
    }
  }
}

/** Appends the later pieces of lists, unless an attribute of the span had the whole list. */
export function appendDetails(span: CurrentSpan): void {
  for (const { field, attr, id } of span.content.detailLists) {
    if (attr < 0 || span.batch.findAttr(span.index, id) >= 0 || !isFromDetails(span, field))
      continue
    const known: unknown = JSON.parse(span.fieldText(field) ?? '[]')
    const more = detailsOf(field, span.value(attr))
    if (Array.isArray(known) && more !== null)
      span.setJson(field, [...(known as unknown[]), ...more])
  }
}

/** True if the field has content of details events, and not better content. */
function isFromDetails(span: CurrentSpan, field: number): boolean {
  const rank = span.content.rankOf(field)
  return field === R.tool_definitions || rank === RANK.detailsEvent * RANK_UNIT
}

function detailsOf(field: number, value: unknown): readonly unknown[] | null {
  if (field === R.tool_definitions) return toolsOf(value)
  if (field === R.system_instructions) return partsOf(value, 'system')
  return messagesOf(value, field === R.input_messages ? 'user' : 'assistant')
}

const EXCEPTION_TYPE = key('exception.type')
const EXCEPTION_MESSAGE = key('exception.message')
const EXCEPTION_STACK = key('exception.stacktrace')

/** The last exception is used. An error.type attribute of the span takes precedence over its type. */
function readException(span: CurrentSpan, first: number, count: number): void {
  for (let i = first; i < first + count; i++) {
    const id = span.batch.attrKey(i)
    if (id === EXCEPTION_TYPE) {
      span.setText(i, R.error_type)
      span.status.setExceptionType(span.events.off(span.event, R.error_type))
    } else if (id === EXCEPTION_MESSAGE) span.setText(i, R.error_message)
    else if (id === EXCEPTION_STACK) span.setText(i, R.error_stack)
  }
}

function readFirstChunk(span: CurrentSpan, timeOff: number): void {
  if (timeOff < 0) return
  const v = span.arena.view
  const ms =
    (v.getUint32(timeOff + 4, true) * 4294967296 + v.getUint32(timeOff, true)) / 1e6 -
    span.times.startMs
  if (ms >= 0) span.times.setFirstChunk(Math.round(ms * 1e6) / 1e6)
}

function readToolOutput(span: CurrentSpan, attrs: Record<string, unknown>): void {
  const value = attrs['output'] ?? attrs['content'] ?? attrs['diff']
  if (value === undefined || value === null) return
  const parsed = typeof value === 'string' ? (parseLoose(value) ?? value) : value
  if (!span.hasRange(R.tool_result)) span.setJson(R.tool_result, parsed)
}
