// The part of the detection that runs in workers: writes the observations of a task. It is an encoder like that of an exporter, whose
// bytes the detector reads from the log.

import type { Encoder, EncoderFactory, ProcessedBatch } from '../core/component.ts'
import type { EventTable } from '../core/event.ts'
import { N, R } from '../core/fields.ts'
import type { EncodedPart } from '../core/task.ts'
import { argumentHash, contentHash } from './call-key.ts'
import { COLUMN, FLAG, IDS_BYTES, OBSERVATION_STRIDE, writeObservations } from './observation.ts'

export const OBSERVATIONS_STREAM = 'observations'

/** Empty, because observations have one form. */
export type EncoderSettings = Record<string, never>

export const encoder: EncoderFactory<EncoderSettings> = (id) => new ObservationEncoder(id)

/** Larger than any range is long, so that offset and length fit into one number. */
const LEN_FACTOR = 2 ** 21
const WORD_CHARS_MAX = 256
const MESSAGE_CHARS_MAX = 400
const ARGUMENT_BYTES_MAX = 64 * 1024
/** Of longer contents the hash covers the length and both ends. */
const HASHED_BYTES_MAX = 16 * 1024
const SUMMARY_BYTES_MAX = 16 * 1024

/** Fields that fill the columns of words, in their order up to the error type. */
const WORD_FIELDS: readonly number[] = [
  R.tenant_id, R.project_id, R.environment, R.service_name, R.service_version, R.kind, R.name, R.route, R.provider,
  R.request_model, R.response_model, R.tool_name, R.agent_name, R.conversation_id, R.session_id, R.user_id, R.error_type,
] // biome-ignore format: in the order of the columns

class ObservationEncoder implements Encoder {
  readonly #id: string

  constructor(id: string) {
    this.#id = id
  }

  encode(input: ProcessedBatch, skip: ReadonlySet<number>): EncodedPart[] {
    const { events, batch } = input
    const table = new Observations(events)
    let items = 0
    for (let event = 0; event < events.count; event++) {
      if (skip.has(event) || batch.isDropped(events.spanOf[event] as number)) continue
      table.add(event)
      items++
    }
    if (items === 0) return []
    return [{ exporter: this.#id, stream: OBSERVATIONS_STREAM, items, bytes: table.take() }]
  }
}

class Observations {
  readonly #events: EventTable
  readonly #words = new Map<string, number>()
  /** Index of a word by its range in the arena: many events share a literal or a name. */
  readonly #places = new Map<number, number>()
  readonly #rows: Float64Array
  readonly #ids: Uint8Array
  #count = 0

  constructor(events: EventTable) {
    this.#events = events
    this.#rows = new Float64Array(events.count * OBSERVATION_STRIDE)
    this.#ids = new Uint8Array(events.count * IDS_BYTES)
  }

  add(event: number): void {
    const e = this.#events
    const rows = this.#rows
    const row = this.#count * OBSERVATION_STRIDE
    for (let i = 0; i < WORD_FIELDS.length; i++)
      rows[row + i] = this.#field(event, WORD_FIELDS[i] as number)
    const isError = e.arena.equals(e.off(event, R.status), e.len(event, R.status), 'error')
    const isModel = e.arena.equals(e.off(event, R.kind), e.len(event, R.kind), 'llm')
    rows[row + COLUMN.ERROR_MESSAGE] = isError
      ? this.#text(e.text(event, R.error_message), MESSAGE_CHARS_MAX)
      : -1
    rows[row + COLUMN.FINISH] = this.#finish(event)
    const start = e.timeMs(event, R.start_time)
    const end = e.timeMs(event, R.end_time)
    rows[row + COLUMN.FLAGS] = this.#flags(event, isError, isModel)
    rows[row + COLUMN.START] = Number.isNaN(start)
      ? Number.isNaN(end)
        ? this.#receivedAt(event)
        : end
      : start
    rows[row + COLUMN.DURATION] =
      Number.isNaN(end) || Number.isNaN(start) ? 0 : Math.max(0, end - start)
    rows[row + COLUMN.INPUT] = e.num(event, N.input_tokens) || 0
    rows[row + COLUMN.OUTPUT] = e.num(event, N.output_tokens) || 0
    rows[row + COLUMN.COST] = e.num(event, N.cost_usd) || 0
    this.#call(event, row, isModel)
    const at = this.#count * IDS_BYTES
    this.#id(event, R.event_id, at, 16)
    this.#id(event, R.trace_id, at + 16, 16)
    this.#id(event, R.span_id, at + 32, 8)
    this.#id(event, R.parent_span_id, at + 40, 8)
    this.#count++
  }

  take(): Uint8Array {
    return writeObservations([...this.#words.keys()], this.#rows, this.#ids, this.#count)
  }

  /** The columns from KEY on; those that stay 0 are not set. */
  #call(event: number, row: number, isModel: boolean): void {
    const e = this.#events
    const rows = this.#rows
    const tool = e.len(event, R.tool_arguments)
    if (tool > 0 && tool <= ARGUMENT_BYTES_MAX) {
      const masked = maskedOf(e, event)
      if (masked === null) return
      const name = e.text(event, R.tool_name) ?? ''
      const json = e.text(event, R.tool_arguments) ?? ''
      const { key, words } = argumentHash(name, json, masked)
      rows[row + COLUMN.KEY] = key
      rows[row + COLUMN.RESULT] = this.#hash(event, R.tool_result)
      for (let i = 0; i < words.length; i++) rows[row + COLUMN.WORD_1 + i] = words[i] as number
      return
    }
    if (!isModel) return
    const asked = this.#hash(event, R.input_messages)
    const system = this.#hash(event, R.system_instructions)
    const model = this.#hash(event, R.request_model)
    if (asked !== 0) rows[row + COLUMN.KEY] = ((asked + model + system) % 2 ** 52) + 1
    rows[row + COLUMN.RESULT] = this.#hash(event, R.output_messages)
    rows[row + COLUMN.SYSTEM] = system
    if (e.has(event, R.conversation_id)) rows[row + COLUMN.MESSAGES] = messagesIn(e, event)
  }

  /** Hash of a field's bytes; 0 when it is null. */
  #hash(event: number, field: number): number {
    const e = this.#events
    const len = e.len(event, field)
    if (len <= 0) return 0
    const off = e.off(event, field)
    const { buf } = e.arena
    if (len <= HASHED_BYTES_MAX) return contentHash(buf, off, len)
    const half = HASHED_BYTES_MAX / 2
    const ends = contentHash(buf, off, half) + 3 * contentHash(buf, off + len - half, half)
    return ((ends + len * 31) % 2 ** 52) + 1
  }

  #flags(event: number, isError: boolean, isModel: boolean): number {
    const e = this.#events
    let flags = isError ? FLAG.ERROR : 0
    if (e.num(event, N.usage_aggregate) > 0) flags |= FLAG.AGGREGATE
    if (e.has(event, R.usage_duplicate_of) || isRecordOfSpan(e, event)) flags |= FLAG.REPEATED
    if (isModel && e.has(event, R.conversation_id) && hasSummary(e, event)) flags |= FLAG.SUMMARY
    return flags
  }

  #finish(event: number): number {
    const e = this.#events
    const len = e.len(event, R.finish_reasons)
    return len <= 2 ? -1 : this.#field(event, R.finish_reasons)
  }

  #receivedAt(event: number): number {
    const { batch, spanOf } = this.#events
    return batch.requests[batch.requestOf(spanOf[event] as number)]?.receivedAtMs ?? 0
  }

  #field(event: number, field: number): number {
    const e = this.#events
    const len = e.len(event, field)
    if (len <= 0) return -1
    if (len >= LEN_FACTOR) return this.#text(e.text(event, field), WORD_CHARS_MAX)
    const range = e.off(event, field) * LEN_FACTOR + len
    const known = this.#places.get(range)
    if (known !== undefined) return known
    const at = this.#text(e.text(event, field), WORD_CHARS_MAX)
    this.#places.set(range, at)
    return at
  }

  #text(text: string | null, charsMax: number): number {
    if (text === null) return -1
    const word = text.length > charsMax ? text.slice(0, charsMax) : text
    const known = this.#words.get(word)
    if (known !== undefined) return known
    this.#words.set(word, this.#words.size)
    return this.#words.size - 1
  }

  #id(event: number, field: number, at: number, size: number): void {
    const e = this.#events
    const len = Math.min(e.len(event, field), size)
    const off = e.off(event, field)
    const { bytes } = e.arena
    for (let i = 0; i < len; i++) this.#ids[at + i] = bytes[off + i] as number
  }
}

const LOG_PREFIX = 'log:'

function isRecordOfSpan(e: EventTable, event: number): boolean {
  if (!e.has(event, R.span_id) || e.len(event, R.event_type) < LOG_PREFIX.length) return false
  return e.arena.equals(e.off(event, R.event_type), LOG_PREFIX.length, LOG_PREFIX)
}

const MARKER = '[REDACTED'

/**
 * A keyed digest of the values that were scrubbed from the arguments; '' when nothing was. Without it, ten mails to ten different
 * people would look like a loop, because their arguments are equal after scrubbing. Null when the digest is not known.
 */
function maskedOf(e: EventTable, event: number): string | null {
  const off = e.off(event, R.tool_arguments)
  const len = e.len(event, R.tool_arguments)
  if (!e.arena.buf.subarray(off, off + len).includes(MARKER)) return ''
  return e.batch.maskedDigests.get(e.spanOf[event] as number) ?? null
}

const ROLE = Buffer.from('"role"')

function messagesIn(e: EventTable, event: number): number {
  const len = e.len(event, R.input_messages)
  if (len < ROLE.length) return 0
  const off = e.off(event, R.input_messages)
  const json = e.arena.buf.subarray(off, off + len)
  let count = 0
  for (let at = json.indexOf(ROLE); at >= 0; at = json.indexOf(ROLE, at + ROLE.length)) count++
  return count
}

/** How frameworks and models introduce a summary that stands for what was said before. */
const SUMMARY =
  /\bsummary of (?:the |our |this |previous |earlier |prior |what )?(?:\w+ ){0,3}?(?:conversation|discussion|chat|session|messages|context|history|so far)|(?:conversation|context|history|session|chat|messages?)\b.{0,40}\b(?:summari[sz]ed|compacted|condensed|compressed)|(?:previous|prior|earlier) (?:conversation|context|messages) (?:summary|summari[sz]ed)|(?:conversation|context|session|chat|history)[ _-]summary|session is being continued|<\/?summary>|\[summary\]|summary so far|\bcompact(?:ed|ion)\b/i

function hasSummary(e: EventTable, event: number): boolean {
  const len = Math.min(e.len(event, R.input_messages), SUMMARY_BYTES_MAX)
  if (len <= 0) return false
  const off = e.off(event, R.input_messages)
  const text = e.arena.buf.subarray(off, off + len)
  if (!text.includes('ummar') && !text.includes('ompact') && !text.includes('ontinued'))
    return false
  return SUMMARY.test(text.utf8Slice(0, len))
}
