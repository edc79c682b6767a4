// Makes the row of an event in `core/reports/report-rows.ts`: its parent, what it reports, and when.

import type { EventTable } from '../../../core/event.ts'
import { N, R } from '../../../core/fields.ts'
import { PairTable } from '../../../core/reports/pair-table.ts'
import { REPORT, REPORT_FLAG, RICHNESS_SHIFT } from '../../../core/reports/report-rows.ts'
import { SpanView } from '../../../core/span-view.ts'
import { IntList } from '../bytes/int-list.ts'

/**
 * Adds a row for a span that reports no usage but may be between two spans that do. Returns the position of the row,
 * or -1 when none is needed.
 */
export function addLink(events: EventTable, e: number, seed: number, kind: string): number {
  if (events.len(e, R.parent_span_id) < 0 || kind === PLAIN || !hasIds(events, e)) return -1
  const at = addPlace(events, e, seed)
  if (!PASSAGES.has(kind)) {
    const rows = events.reports.ints
    rows[at + REPORT.FLAGS] = (rows[at + REPORT.FLAGS] as number) | REPORT_FLAG.BARRIER
    // A note about what the agent spent is recognised by it.
    if (kind === 'agent') rows[at + REPORT.CONTAINER] = containerOf(events, e)
  }
  return at
}

/** The kind of a report, besides its numbers. */
export interface Reported {
  /** True for an agent, a chain and the like. */
  readonly isContainer: boolean
  readonly isGuessed: boolean
  readonly kind: string
  /** Prefixes of names of spans that report the call of another span a second time. */
  readonly copyNames: readonly string[]
}

/**
 * Adds a row for a report and returns its position. Returns -1 when the event cannot be compared with others, because
 * it has neither ids nor a response id. `response` is the hash of the response id, or 0 and 0.
 */
export function addReport(
  events: EventTable,
  e: number,
  seed: number,
  response: readonly [number, number],
  reported: Reported,
): number {
  const hasResponse = response[0] !== 0 || response[1] !== 0
  if (!hasIds(events, e) && !hasResponse) return -1
  const at = addPlace(events, e, seed)
  const rows = events.reports.ints
  if (!hasIds(events, e)) rows[at + REPORT.TRACE] = mix(response[0], response[1])
  let flags = (rows[at + REPORT.FLAGS] as number) | REPORT_FLAG.REPORT | REPORT_FLAG.COUNTED
  flags |= putCounts(events, e, rows, at)
  if (hasResponse) {
    flags |= REPORT_FLAG.RESPONSE_ID
    rows[at + REPORT.RESPONSE0] = response[0]
    rows[at + REPORT.RESPONSE1] = response[1]
  }
  if (isCopy(spanOf(events, e), reported.copyNames)) {
    flags |= REPORT_FLAG.STREAM_COPY
    if (events.len(e, R.agent_name) > 0) rows[at + REPORT.CONTAINER] = containerOf(events, e)
  }
  if (isError(events, e)) flags |= REPORT_FLAG.ERROR
  if (!PASSAGES.has(reported.kind)) flags |= REPORT_FLAG.BARRIER
  if (reported.isGuessed) flags |= REPORT_FLAG.GUESSED
  if (reported.isContainer) {
    flags |= REPORT_FLAG.CONTAINER
    rows[at + REPORT.CONTAINER] = containerOf(events, e)
  }
  rows[at + REPORT.FLAGS] =
    flags | putTimes(events, e, rows, at) | (richnessOf(events, e) << RICHNESS_SHIFT)
  rows[at + REPORT.SCOPE] = hashOf(events, e, R.scope_name)
  rows[at + REPORT.PROJECT] = mix(seed, hashOf(events, e, R.service_name))
  rows[at + REPORT.MODELS] =
    (modelHash(events, e, R.request_model) << 16) | modelHash(events, e, R.response_model)
  return at
}

/** Writes the usage and returns the flags that say in which form it is known. */
function putCounts(events: EventTable, e: number, rows: Int32Array, at: number): number {
  const input = orZero(events.num(e, N.input_tokens))
  const output = orZero(events.num(e, N.output_tokens))
  const total = orZero(events.num(e, N.total_tokens))
  if (input + output > 0) {
    rows[at + REPORT.INPUT] = clamp(input)
    rows[at + REPORT.OUTPUT] = clamp(output)
    rows[at + REPORT.CACHE_READ] = clamp(orZero(events.num(e, N.cache_read_tokens)))
    rows[at + REPORT.CACHE_WRITE] = clamp(orZero(events.num(e, N.cache_write_tokens)))
    rows[at + REPORT.REASONING] = clamp(orZero(events.num(e, N.reasoning_tokens)))
    return 0
  }
  if (total > 0) {
    rows[at + REPORT.INPUT] = clamp(total)
    return REPORT_FLAG.TOTAL_ONLY
  }
  const cost = events.num(e, N.cost_usd)
  if (!(cost > 0)) return REPORT_FLAG.NO_USAGE
  rows[at + REPORT.INPUT] = clamp(Math.round(cost * 1e8))
  return REPORT_FLAG.COST_ONLY
}

/**
 * How complete a report is: parts of usage above 0 weigh most, then a cost, then the response id, then parts that are
 * present. Of several reports of one call the most complete one counts.
 */
function richnessOf(events: EventTable, e: number): number {
  let parts = 0
  let said = 0
  for (const field of PARTS) {
    const n = events.num(e, field)
    if (n > 0) parts++
    if (!Number.isNaN(n)) said++
  }
  const hasCost = events.num(e, N.cost_usd) > 0 ? 1 : 0
  const hasId = events.len(e, R.response_id) > 0 ? 1 : 0
  return (parts << 6) | (hasCost << 5) | (hasId << 4) | said
}
const PARTS = [
  N.input_tokens,
  N.output_tokens,
  N.cache_read_tokens,
  N.cache_write_tokens,
  N.reasoning_tokens,
]

function isError(events: EventTable, e: number): boolean {
  const len = events.len(e, R.status)
  return len === 5 && events.arena.equals(events.off(e, R.status), len, 'error')
}

/**
 * A number that is the same for every run of one agent of one service. It identifies an agent that reports its
 * cumulative usage each time.
 */
function containerOf(events: EventTable, e: number): number {
  const h = mix(hashOf(events, e, R.scope_name), hashOf(events, e, R.service_name))
  const name = events.len(e, R.agent_name) > 0 ? R.agent_name : R.name
  return mix(h, hashOf(events, e, name)) || 1
}

/**
 * Spans of a batch that are no GenAI spans (HTTP, functions of the application). A call may pass through them, and
 * they are not reported further. So the spans below them get the span above them as their parent.
 */
export class PlainSpans {
  /** Trace and span to the position in `#parents`. */
  readonly #places = new PairTable()
  /** Pairs: 1 when there is a parent, and the parent. */
  readonly #parents = new IntList()

  clear(): void {
    this.#places.clear()
    this.#parents.clear()
  }

  /** Notes an event whose kind is `PLAIN`. */
  add(events: EventTable, e: number, seed: number): void {
    if (isLog(events, e) || !hasIds(events, e)) return
    const v = events.arena.view
    const hasParent = events.len(e, R.parent_span_id) > 0
    const span = fold(v, events.off(e, R.span_id))
    this.#places.set(mix(seed, traceOf(events, e)), span, this.#parents.length)
    this.#parents.push(hasParent ? 1 : 0)
    this.#parents.push(hasParent ? fold(v, events.off(e, R.parent_span_id)) : 0)
  }

  /**
   * When the parent of the row at `at` is such a span, its nearest ancestor that is a GenAI span becomes the parent.
   */
  skip(rows: Int32Array, at: number): void {
    if (this.#parents.length === 0) return
    const trace = rows[at + REPORT.TRACE] as number
    for (let i = 0; i < PLAIN_MAX; i++) {
      const place = this.#places.get(trace, rows[at + REPORT.PARENT] as number)
      if (place < 0) return
      rows[at + REPORT.PARENT] = this.#parents.at(place + 1)
      if (this.#parents.at(place) === 1) continue
      rows[at + REPORT.FLAGS] = (rows[at + REPORT.FLAGS] as number) & ~REPORT_FLAG.PARENT
      return
    }
  }
}
const PLAIN_MAX = 32

function hasIds(events: EventTable, e: number): boolean {
  return events.len(e, R.trace_id) >= 0 && events.len(e, R.span_id) >= 0
}

function addPlace(events: EventTable, e: number, seed: number): number {
  const at = events.reports.add()
  const rows = events.reports.ints
  const v = events.arena.view
  rows[at + REPORT.EVENT] = e
  const hasPlace = hasIds(events, e)
  if (hasPlace) rows[at + REPORT.TRACE] = mix(seed, traceOf(events, e))
  rows[at + REPORT.SPAN] = fold(v, events.off(e, hasPlace ? R.span_id : R.event_id))
  if (isLog(events, e)) rows[at + REPORT.FLAGS] = REPORT_FLAG.LOG
  else if (events.len(e, R.parent_span_id) > 0) {
    rows[at + REPORT.FLAGS] = REPORT_FLAG.PARENT
    const parent = fold(v, events.off(e, R.parent_span_id))
    rows[at + REPORT.PARENT] = parent
    rows[at + REPORT.UNDER] = parent
  }
  return at
}

function spanOf(events: EventTable, e: number): SpanView {
  return new SpanView(events.batch).at(events.spanOf[e] as number)
}

function isLog(events: EventTable, e: number): boolean {
  return spanOf(events, e).isLog
}

function traceOf(events: EventTable, e: number): number {
  const v = events.arena.view
  const off = events.off(e, R.trace_id)
  return mix(fold(v, off), fold(v, off + 8))
}

/** The kind of spans that are no GenAI spans. */
export const PLAIN = 'span'
/**
 * The kinds of spans whose child may report the same call. A child of any other kind (tool, agent) makes its own
 * calls.
 */
const PASSAGES = new Set(['llm', 'chain', 'embedding', 'rerank'])

const CYCLE = 2 ** 32
function putTimes(events: EventTable, e: number, rows: Int32Array, at: number): number {
  const start = events.timeMs(e, R.start_time)
  const end = events.timeMs(e, R.end_time)
  if (Number.isNaN(start) || Number.isNaN(end)) return 0
  rows[at + REPORT.START] = (Math.floor(start) % CYCLE) | 0
  rows[at + REPORT.DURATION] = clamp(Math.floor(end) - Math.floor(start))
  return REPORT_FLAG.TIMES
}

/** True if the span's name says that it reports the call of another span a second time, such as a streamed call. */
function isCopy({ batch, nameOffset, nameLength }: SpanView, names: readonly string[]): boolean {
  for (const name of names)
    if (nameLength >= name.length && batch.arena.equals(nameOffset, name.length, name)) return true
  return false
}

function orZero(n: number): number {
  return Number.isNaN(n) ? 0 : n
}

function clamp(n: number): number {
  return Math.max(0, Math.min(0x7fff_ffff, Math.round(n)))
}

/** Combines eight bytes to one integer. */
function fold(v: DataView, off: number): number {
  return mix(v.getInt32(off, true), v.getInt32(off + 4, true))
}

function mix(a: number, b: number): number {
  const h = Math.imul(a ^ (a >>> 15), 0x85eb_ca6b) ^ b
  return Math.imul(h ^ (h >>> 13), 0xc2b2_ae35) ^ (h >>> 16)
}

const LOWER = 0x2020_2020

/** A hash of a text field, ignoring the case of letters, four bytes at a time. 0 when it is unset. */
function hashOf(events: EventTable, e: number, field: number): number {
  return hashOfBytes(events, events.off(e, field), events.len(e, field))
}

function hashOfBytes(events: EventTable, off: number, len: number): number {
  if (len <= 0) return 0
  const v = events.arena.view
  let i = off
  const end = i + len
  let h = len
  for (; i + 4 <= end; i += 4) h = step(h, v.getInt32(i, true) | LOWER)
  for (; i < end; i++) h = step(h, v.getUint8(i) | 0x20)
  return h ^ (h >>> 15)
}

function step(h: number, word: number): number {
  const x = Math.imul(h ^ word, 0x85eb_ca6b)
  return x ^ (x >>> 13)
}

/**
 * A hash of 16 bits of a model's name without the date of its snapshot, because one report of a call has the name that was asked for
 * and another the one that answered. It is never 0 for a field that is set.
 */
function modelHash(events: EventTable, e: number, field: number): number {
  const len = events.len(e, field)
  if (len <= 0) return 0
  const off = events.off(e, field)
  const h = hashOfBytes(events, off, len - dateLength(events.arena.bytes, off, len))
  return (h ^ (h >>> 16)) & 0xffff || 1
}

/** The length of `-2024-07-18`, `-20250929` or `@20250929` at the end of a name; 0 without. */
function dateLength(b: Uint8Array, off: number, len: number): number {
  let digits = 0
  let at = off + len
  while (at > off + 1 && digits < 8) {
    const c = b[at - 1] as number
    if (c >= 0x30 && c <= 0x39) digits++
    else if (c !== DASH || (digits !== 2 && digits !== 4)) return 0
    at--
  }
  if (digits < 8 || at <= off + 1) return 0
  const before = b[at - 1] as number
  return before === DASH || before === AT ? off + len - at + 1 : 0
}
const DASH = 0x2d
const AT = 0x40
