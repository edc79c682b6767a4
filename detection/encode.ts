// Writes the observations of a task, in workers. It has the interface of an exporter's encoder. The detector reads its bytes from
// the log.

import type { Encoder, EncoderFactory, ProcessedBatch } from '../core/component.ts'
import { type EventTable, isRecordOfSpan } from '../core/event.ts'
import { N, R } from '../core/fields.ts'
import { rangeKernel } from '../core/kernel/range-kernel.ts'
import { COMPARED_CHARS, FAULT_TYPES, faultRuleOf } from '../core/signals/same-fault.ts'
import type { Signal } from '../core/signals/signal.ts'
import type { EncodedPart } from '../core/task.ts'
import { argumentHash, steadyResult, textHash } from './call-key.ts'
import {
  CALL,
  CALL_STRIDE,
  FIGURE,
  FIGURE_STRIDE,
  FLAG,
  ID,
  IDS_BYTES,
  REFERENCE,
  REFERENCE_STRIDE,
  TOLD,
  writeObservations,
} from './observation.ts'
import { SITE_STRIDE, SITE_WORDS } from './site.ts'
import { sentTo } from './summary.ts'
import { WordTable } from './word-table.ts'

export const OBSERVATIONS_STREAM = 'observations'

/** Observations have one form, so there are no settings. */
export type EncoderSettings = Record<string, never>

export const encoder: EncoderFactory<EncoderSettings> = (id) => new ObservationEncoder(id)

const WORD_CHARS_MAX = 256
const ARGUMENT_BYTES_MAX = 64 * 1024
/** The hash of a longer content covers its length and both ends only. */
const HASHED_BYTES_MAX = 16 * 1024
const HASH_MAX = 2 ** 52

/** Fields of a site, in the order of its columns. */
const SITE_FIELDS: readonly number[] = [
  R.tenant_id, R.project_id, R.environment, R.service_name, R.kind, R.name, R.route, R.provider, R.request_model, R.response_model,
  R.tool_name, R.agent_name, R.error_type,
] // biome-ignore format: in the order of the columns

class ObservationEncoder implements Encoder {
  readonly #id: string
  #table: ObservationTable | null = null

  constructor(id: string) {
    this.#id = id
  }

  encode(input: ProcessedBatch, skip: ReadonlySet<number>): EncodedPart[] {
    const { events, batch } = input
    if (this.#table?.events !== events) this.#table = new ObservationTable(events)
    const table = this.#table
    table.reset(toldIn(input.signals))
    for (let event = 0; event < events.count; event++) {
      if (skip.has(event) || batch.isDropped(events.spanOf[event] as number)) continue
      table.add(event)
    }
    if (table.count === 0) return []
    return [
      { exporter: this.#id, stream: OBSERVATIONS_STREAM, items: table.count, bytes: table.take() },
    ]
  }
}

class ObservationTable {
  readonly events: EventTable
  count = 0
  readonly #words: WordTable
  #figures = new Float64Array(0)
  #references = new Int32Array(0)
  #ids = new Uint8Array(0)
  #calls = new Float64Array(0)
  #callCount = 0
  #sites = new Int32Array(0)
  #siteCount = 0
  /** Site + 1 by hash, 0 for none. */
  #siteSlots = new Int32Array(0)
  #told: ReadonlyMap<string, number> | null = null

  constructor(events: EventTable) {
    this.events = events
    this.#words = new WordTable(events.arena)
  }

  reset(told: ReadonlyMap<string, number> | null): void {
    const { count } = this.events
    this.#told = told
    this.count = 0
    this.#callCount = 0
    this.#siteCount = 0
    this.#words.reset()
    if (this.#figures.length < count * FIGURE_STRIDE) {
      const rows = Math.ceil(count * 1.5)
      this.#figures = new Float64Array(rows * FIGURE_STRIDE)
      this.#references = new Int32Array(rows * REFERENCE_STRIDE)
      this.#ids = new Uint8Array(rows * IDS_BYTES)
      this.#calls = new Float64Array(rows * CALL_STRIDE)
      this.#sites = new Int32Array(rows * SITE_STRIDE)
      this.#siteSlots = new Int32Array(2 ** Math.ceil(Math.log2(rows * 2)))
    } else this.#siteSlots.fill(0)
  }

  take(): Uint8Array {
    return writeObservations({
      wordEnds: this.#words.ends,
      words: this.#words.bytes,
      wordCount: this.#words.count,
      sites: this.#sites,
      siteCount: this.#siteCount,
      calls: this.#calls,
      callCount: this.#callCount,
      figures: this.#figures,
      references: this.#references,
      ids: this.#ids,
      count: this.count,
    })
  }

  add(event: number): void {
    const e = this.events
    const isError = e.arena.equals(e.off(event, R.status), e.len(event, R.status), 'error')
    const isModel = e.arena.equals(e.off(event, R.kind), e.len(event, R.kind), 'llm')
    const row = this.count++
    this.#putFigures(event, row * FIGURE_STRIDE)
    const references = this.#references
    const r = row * REFERENCE_STRIDE
    references[r + REFERENCE.SITE] = this.#site(event)
    references[r + REFERENCE.CONVERSATION] = this.#word(event, R.conversation_id, WORD_CHARS_MAX)
    references[r + REFERENCE.SESSION] = this.#word(event, R.session_id, WORD_CHARS_MAX)
    references[r + REFERENCE.USER] = this.#word(event, R.user_id, WORD_CHARS_MAX)
    // An empty list is none.
    const hasFinish = e.len(event, R.finish_reasons) > 2
    references[r + REFERENCE.FINISH] = hasFinish
      ? this.#word(event, R.finish_reasons, WORD_CHARS_MAX)
      : -1
    references[r + REFERENCE.ERROR_MESSAGE] = isError
      ? this.#word(event, R.error_message, COMPARED_CHARS)
      : -1
    const sent = isModel && e.has(event, R.conversation_id) ? sentTo(e, event) : null
    const flags = this.#flags(event, isError)
    references[r + REFERENCE.FLAGS] = sent?.hasSummary === true ? flags | FLAG.SUMMARY : flags
    references[r + REFERENCE.CALL] = this.#call(event, isModel, sent?.messages ?? 0)
    const at = row * IDS_BYTES
    this.#id(event, R.event_id, at + ID.EVENT, 16)
    this.#id(event, R.trace_id, at + ID.TRACE, 16)
    this.#id(event, R.span_id, at + ID.SPAN, 8)
    this.#id(event, R.parent_span_id, at + ID.PARENT, 8)
  }

  #putFigures(event: number, at: number): void {
    const e = this.events
    const figures = this.#figures
    const start = e.timeMs(event, R.start_time)
    const end = e.timeMs(event, R.end_time)
    const hasStart = !Number.isNaN(start)
    const hasEnd = !Number.isNaN(end)
    figures[at + FIGURE.START] = hasStart ? start : hasEnd ? end : this.#receivedAt(event)
    figures[at + FIGURE.DURATION] = hasStart && hasEnd ? Math.max(0, end - start) : 0
    figures[at + FIGURE.COST] = e.num(event, N.cost_usd) || 0
    figures[at + FIGURE.INPUT] = e.num(event, N.input_tokens) || 0
    figures[at + FIGURE.OUTPUT] = e.num(event, N.output_tokens) || 0
  }

  // -------------------------------------------------------------- words and sites

  /** The number of the site of an event. */
  #site(event: number): number {
    const sites = this.#sites
    const at = this.#siteCount * SITE_STRIDE
    let hash = 0
    for (let i = 0; i < SITE_WORDS; i++) {
      const word = this.#word(event, SITE_FIELDS[i] as number, WORD_CHARS_MAX)
      sites[at + i] = word
      hash = Math.imul(hash ^ word, 0x9e37_79b1)
      hash ^= hash >>> 15
    }
    const mask = this.#siteSlots.length - 1
    for (let i = hash & mask; ; i = (i + 1) & mask) {
      const site = (this.#siteSlots[i] as number) - 1
      if (site < 0) {
        this.#siteSlots[i] = ++this.#siteCount
        return this.#siteCount - 1
      }
      if (this.#isSameSite(site * SITE_STRIDE, at)) return site
    }
  }

  #isSameSite(a: number, b: number): boolean {
    const sites = this.#sites
    for (let i = 0; i < SITE_WORDS; i++) if (sites[a + i] !== sites[b + i]) return false
    return true
  }

  /** The number of a field's text, of which so many characters are kept; -1 for none. */
  #word(event: number, field: number, charsMax: number): number {
    const e = this.events
    const len = e.len(event, field)
    if (len <= 0) return -1
    if (len <= charsMax) return this.#words.of(e.off(event, field), len)
    return this.#words.ofText((e.text(event, field) ?? '').slice(0, charsMax))
  }

  // -------------------------------------------------------------- calls

  /** The number of the row of what the event asked for; -1 when that is not known. */
  #call(event: number, isModel: boolean, messages: number): number {
    const e = this.events
    const at = this.#callCount * CALL_STRIDE
    const tool = e.len(event, R.tool_arguments)
    const hasCall =
      tool > 0 && tool <= ARGUMENT_BYTES_MAX
        ? this.#toolCall(event, at)
        : isModel && this.#modelCall(event, at, messages)
    return hasCall ? this.#callCount++ : -1
  }

  #toolCall(event: number, at: number): boolean {
    const e = this.events
    const masked = maskedOf(e, event)
    if (masked === null) return false
    const name = e.text(event, R.tool_name) ?? ''
    const { key, words } = argumentHash(name, e.text(event, R.tool_arguments) ?? '', masked)
    const calls = this.#calls.fill(0, at, at + CALL_STRIDE)
    calls[at + CALL.KEY] = key
    calls[at + CALL.RESULT] = this.#resultHash(event)
    for (let i = 0; i < words.length; i++) calls[at + CALL.WORD + i] = words[i] as number
    return true
  }

  #modelCall(event: number, at: number, messages: number): boolean {
    const asked = this.#hash(event, R.input_messages)
    const system = this.#hash(event, R.system_instructions)
    const calls = this.#calls.fill(0, at, at + CALL_STRIDE)
    if (asked !== 0)
      calls[at + CALL.KEY] = ((asked + this.#hash(event, R.request_model) + system) % HASH_MAX) + 1
    calls[at + CALL.RESULT] = this.#hash(event, R.output_messages)
    calls[at + CALL.SYSTEM] = system
    calls[at + CALL.MESSAGES] = messages
    return true
  }

  /** Hash of a tool's result, without what differs in every answer, such as a time stamp. */
  #resultHash(event: number): number {
    const e = this.events
    const len = e.len(event, R.tool_result)
    if (len <= 0 || len > STEADY_BYTES_MAX) return this.#hash(event, R.tool_result)
    const steady = steadyResult(
      e.arena.buf.latin1Slice(e.off(event, R.tool_result), e.off(event, R.tool_result) + len),
    )
    return steady === null ? this.#hash(event, R.tool_result) : textHash(steady)
  }

  /** Hash of a field's bytes. 0 if the field is null. */
  #hash(event: number, field: number): number {
    const e = this.events
    const len = e.len(event, field)
    if (len <= 0) return 0
    const off = e.off(event, field)
    const kernel = rangeKernel(e.arena)
    if (len <= HASHED_BYTES_MAX) return kernel.hash(off, len)
    const half = HASHED_BYTES_MAX / 2
    const ends = (kernel.hash(off, half) % (HASH_MAX / 4)) * 3 + kernel.hash(off + len - half, half)
    return ((ends + len * 31) % HASH_MAX) + 1
  }

  #flags(event: number, isError: boolean): number {
    const e = this.events
    let flags = isError ? FLAG.ERROR : 0
    if (isError && this.#told !== null) flags |= this.#told.get(e.hex(event, R.event_id) ?? '') ?? 0
    if (e.num(event, N.usage_aggregate) > 0) flags |= FLAG.AGGREGATE
    if (e.has(event, R.usage_duplicate_of) || isRecordOfSpan(e, event)) flags |= FLAG.REPEATED
    return flags
  }

  #receivedAt(event: number): number {
    const { batch, spanOf } = this.events
    return batch.requests[batch.requestOf(spanOf[event] as number)]?.receivedAtMs ?? 0
  }

  #id(event: number, field: number, at: number, size: number): void {
    const e = this.events
    const len = Math.min(e.len(event, field), size)
    const off = e.off(event, field)
    const { bytes } = e.arena
    const ids = this.#ids
    for (let i = 0; i < len; i++) ids[at + i] = bytes[off + i] as number
    for (let i = Math.max(0, len); i < size; i++) ids[at + i] = 0
  }
}

/** By event: flags that say which signals were raised about its failure; null for none. */
function toldIn(signals: readonly Signal[]): ReadonlyMap<string, number> | null {
  let told: Map<string, number> | null = null
  for (const { event_id, type, rule } of signals) {
    const fault = FAULT_TYPES.find((t) => t === type)
    if (fault === undefined || event_id === null || rule !== faultRuleOf(fault)) continue
    told ??= new Map()
    told.set(event_id, (told.get(event_id) ?? 0) | TOLD[fault])
  }
  return told
}

/** Larger results are compared as they are. */
const STEADY_BYTES_MAX = 2048

const MARKER = Buffer.from('[REDACTED')

/**
 * A keyed digest of the values that were scrubbed from the arguments. '' if nothing was scrubbed, null if the digest is not known.
 * Without the digest ten mails to ten people would look like a loop, because their arguments are equal after scrubbing.
 */
function maskedOf(e: EventTable, event: number): string | null {
  const off = e.off(event, R.tool_arguments)
  const len = e.len(event, R.tool_arguments)
  if (!e.arena.buf.subarray(off, off + len).includes(MARKER)) return ''
  return e.batch.maskedDigests.get(e.spanOf[event] as number) ?? null
}
