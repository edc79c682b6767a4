// Makes usage count once within a batch. Two instrumentations, a client's own spans, a log record, a container or a
// re-sent request can report the same call. `usage/call-matching.ts` decides which reports are one call; this file
// makes reports from events and flags the ones that do not count. For other batches `claims` and `reports` describe
// the events to the ledger, whose corrections `applyCorrections` applies.

import type { EventTable } from '../../../core/event.ts'
import { N, R } from '../../../core/fields.ts'
import { claimHash } from '../../../core/identity/identity.ts'
import { PairTable } from '../../../core/reports/pair-table.ts'
import { REPORT, REPORT_FLAG, REPORT_STRIDE } from '../../../core/reports/report-rows.ts'
import type { LedgerCorrection } from '../../../core/task.ts'
import { decideReports } from '../../../usage/call-matching.ts'
import { OUTCOME, UsageReport } from '../../../usage/report.ts'
import { countAll, countRest } from './remainder.ts'
import { addLink, addReport, PlainSpans } from './report-rows.ts'

/** What `DoubleCount` needs to know of an event. */
export interface Claimed {
  readonly kind: string
  /** True if the event reports the usage of the calls inside it. */
  readonly isContainer: boolean
  /** True if nothing but a model or counts says that the event is a call. */
  readonly isGuessed: boolean
  /** The id by which its span is known, or null for the event's own span id. */
  readonly ofSpan: Uint8Array | null
}

export class DoubleCount {
  /** Response id to the trace in which it came first. */
  readonly #responses = new PairTable()
  /** Event id to the first event with it. */
  readonly #seen = new PairTable()
  /** Trace and span to the row of a report there, or to a row without usage if there is no report. */
  readonly #spans = new PairTable()
  readonly #plain = new PlainSpans()
  /** Trace and counts to REPORT_FLAG.RESPONSE_ID if all its reports so far have response ids, else 0. */
  readonly #counts = new PairTable()
  /**
   * Traces in which several reports may describe one call: there is a log record or a copy, a container, a report
   * above another row, equal counts without ids, or a response id that came before. In all other traces every report
   * counts, and nothing is compared. The value is the trace with which the decision is made, for calls that are
   * reported in several traces.
   */
  readonly #suspected = new PairTable()
  #hasSuspects = false
  readonly #hash = new Int32Array(2)
  readonly #response: [number, number] = [0, 0]
  readonly #copyNames: readonly string[]

  /** `copyNames` are prefixes of names of spans that report the call of another span a second time. */
  constructor(copyNames: readonly string[]) {
    this.#copyNames = copyNames
  }

  begin(): void {
    this.#responses.clear()
    this.#seen.clear()
    this.#spans.clear()
    this.#plain.clear()
    this.#counts.clear()
    this.#suspected.clear()
    this.#hasSuspects = false
  }

  /** True when the event was in the batch before, because a client sent it twice. */
  isRepeated(events: EventTable, e: number): boolean {
    const off = events.off(e, R.event_id)
    const v = events.arena.view
    const first = this.#seen.getOrSet(v.getInt32(off, true), v.getInt32(off + 4, true), e)
    if (first < 0) return false
    markDuplicate(events, e, events.off(first, R.event_id))
    return true
  }

  /** Notes an event that is no GenAI span. Only its parent matters. */
  plain(events: EventTable, e: number, seed: Int32Array): void {
    this.#plain.add(events, e, seed[0] as number)
  }

  /** Notes an event without its own usage, which may be between two events that report usage. */
  link(events: EventTable, e: number, seed: Int32Array, kind: string): void {
    const at = addLink(events, e, seed[0] as number, kind)
    if (at < 0) return
    const rows = events.reports.ints
    this.#spans.getOrSet(rows[at + REPORT.TRACE] as number, rows[at + REPORT.SPAN] as number, at)
  }

  /** Registers what an event reports: usage, or a call without usage. */
  claim(events: EventTable, e: number, seed: Int32Array, claimed: Claimed): void {
    const response = this.#response
    response[0] = 0
    response[1] = 0
    const len = events.len(e, R.response_id)
    const isWeak = len > 0 && isWeakId(events, e, len)
    const output = events.num(e, N.output_tokens)
    if (len > 0 && namesOneCall(events, e, len) && !(isWeak && Number.isNaN(output))) {
      const hash = this.#hash
      claimHash(seed, events.arena.view, events.off(e, R.response_id), len, hash)
      response[0] = (hash[0] as number) ^ (isWeak ? Math.imul(output + 1, 0x9e37_79b1) : 0)
      response[1] = hash[1] as number
    }
    const { kind, isContainer, isGuessed } = claimed
    const reported = { kind, isContainer, isGuessed, copyNames: this.#copyNames }
    const at = addReport(events, e, seed[0] as number, response, reported)
    if (at < 0) return
    const rows = events.reports.ints
    if (!isContainer && ((rows[at + REPORT.FLAGS] as number) & REPORT_FLAG.NO_USAGE) === 0)
      this.#addClaims(events, e, claimed.ofSpan, response)
    this.#register(rows, at)
  }

  /**
   * Adds the claims of the call, by which later reports are recognised when the report itself is no longer
   * remembered.
   */
  #addClaims(
    events: EventTable,
    e: number,
    ofSpan: Uint8Array | null,
    [r0, r1]: readonly [number, number],
  ): void {
    const v = events.arena.view
    const off = events.off(e, R.event_id)
    const h0 = ofSpan === null ? v.getInt32(off, true) : int32At(ofSpan, 0)
    const h1 = ofSpan === null ? v.getInt32(off + 4, true) : int32At(ofSpan, 4)
    events.claims.add(e, h0, h1)
    if (r0 !== 0 || r1 !== 0) events.claims.add(e, r0, r1)
  }

  #register(rows: Int32Array, at: number): void {
    const flags = rows[at + REPORT.FLAGS] as number
    const trace = rows[at + REPORT.TRACE] as number
    if ((flags & UNSURE) !== 0) this.#suspect(trace)
    this.#spans.set(trace, rows[at + REPORT.SPAN] as number, at)
    const ids = flags & REPORT_FLAG.RESPONSE_ID
    if (ids !== 0) this.#meet(rows, at, trace)
    const output = rows[at + REPORT.OUTPUT] as number
    if (output > 0) this.#compareCount(trace, output, ids)
    // Outputs of one call may differ by a token.
    this.#compareCount(trace, -1 - (rows[at + REPORT.INPUT] as number), ids)
  }

  /** Suspects a trace in which two reports have an equal count and do not both name their responses. */
  #compareCount(trace: number, count: number, ids: number): void {
    const others = this.#counts.getOrSet(trace, count, ids)
    if (others < 0 || (others & ids) !== 0) return
    this.#suspect(trace)
    this.#counts.set(trace, count, 0)
  }

  /** When a response id came before, both traces are suspected and are decided together. */
  #meet(rows: Int32Array, at: number, trace: number): void {
    const r0 = rows[at + REPORT.RESPONSE0] as number
    const r1 = rows[at + REPORT.RESPONSE1] as number
    const before = this.#responses.get(r0, r1)
    if (before < 0) {
      this.#responses.set(r0, r1, at)
      return
    }
    const other = rows[before + REPORT.TRACE] as number
    this.#suspect(trace)
    this.#suspect(other)
    this.#suspected.set(this.#rootOf(trace), 0, this.#rootOf(other))
  }

  #suspect(trace: number): void {
    this.#suspected.getOrSet(trace, 0, trace)
    this.#hasSuspects = true
  }

  /** The trace that represents all traces that are decided together with `trace`. */
  #rootOf(trace: number): number {
    let at = trace
    for (let next = this.#suspected.get(at, 0); next !== at; next = this.#suspected.get(at, 0))
      at = next
    return at
  }

  /** Decides which reports of the batch count, as far as the batch can show it. */
  finish(events: EventTable): void {
    const { ints, count } = events.reports
    for (let at = 0; at < count * REPORT_STRIDE; at += REPORT_STRIDE) this.#lookAbove(ints, at)
    if (count < 2 || !this.#hasSuspects) return
    for (const rows of this.#suspects(ints, count)) {
      const reports = rows.map((at) => new UsageReport(ints, at))
      decideReports(reports)
      for (const n of reports) flag(events, n)
    }
  }

  /**
   * Finds the parent of a row, skipping spans that are no GenAI spans. If the parent reports usage too, the trace
   * becomes suspected.
   */
  #lookAbove(rows: Int32Array, at: number): void {
    if (((rows[at + REPORT.FLAGS] as number) & REPORT_FLAG.PARENT) === 0) return
    const trace = rows[at + REPORT.TRACE] as number
    let above = this.#spans.get(trace, rows[at + REPORT.PARENT] as number)
    if (above < 0) {
      this.#plain.skip(rows, at)
      if (((rows[at + REPORT.FLAGS] as number) & REPORT_FLAG.PARENT) === 0) return
      above = this.#spans.get(trace, rows[at + REPORT.PARENT] as number)
    }
    if (above >= 0 && ((rows[above + REPORT.FLAGS] as number) & REPORT_FLAG.REPORT) !== 0)
      this.#suspect(trace)
  }

  /** The rows of each suspected trace. Traces that share a call are returned together. */
  #suspects(rows: Int32Array, count: number): Iterable<number[]> {
    const traces = new Map<number, number[]>()
    for (let at = 0; at < count * REPORT_STRIDE; at += REPORT_STRIDE) {
      const trace = rows[at + REPORT.TRACE] as number
      if (!this.#suspected.has(trace, 0)) continue
      const root = this.#rootOf(trace)
      const list = traces.get(root)
      if (list === undefined) traces.set(root, [at])
      else list.push(at)
    }
    return traces.values()
  }
}

/** A small number is the counter of a local server that starts again at 1: the id of many calls. */
function namesOneCall(events: EventTable, e: number, len: number): boolean {
  if (len >= SERIAL_BYTES_MAX) return true
  const off = events.off(e, R.response_id)
  const { bytes } = events.arena
  for (let i = off; i < off + len; i++) {
    const c = bytes[i] as number
    if (!isDigit(c)) return true
  }
  return false
}
const SERIAL_BYTES_MAX = 6

/**
 * Some servers draw one of a thousand ids, or write the second: `chatcmpl-417`, `resp-1764500000`. Others write one word for all:
 * `chatcmpl-mock`, `response`. Calls with such an id are one only if their outputs are equal too.
 */
function isWeakId(events: EventTable, e: number, len: number): boolean {
  const { bytes } = events.arena
  const off = events.off(e, R.response_id)
  let digits = 0
  while (digits < len && isDigit(bytes[off + len - 1 - digits] as number)) digits++
  if (digits > WEAK_DIGITS_MAX) return false
  for (let i = off; i < off + len - digits; i++) if (isDigit(bytes[i] as number)) return false
  return true
}
const WEAK_DIGITS_MAX = 10
const isDigit = (c: number): boolean => c >= 0x30 && c <= 0x39

const UNSURE =
  REPORT_FLAG.LOG |
  REPORT_FLAG.STREAM_COPY |
  REPORT_FLAG.CONTAINER |
  REPORT_FLAG.NO_USAGE |
  REPORT_FLAG.GUESSED

function flag(events: EventTable, n: UsageReport): void {
  if (!n.has(REPORT_FLAG.REPORT)) return
  if (n.outcome === OUTCOME.COUNTED && n.rest === null) return
  const owner = n.counted === null ? -1 : n.counted.event
  events.outcomes.add(n.at / REPORT_STRIDE, n.outcome, owner, n.rest)
  if (n.outcome === OUTCOME.COUNTED) {
    if (n.rest !== null) countRest(events, n.event, n.rest)
    return
  }
  if (n.outcome === OUTCOME.CONTAINER) events.setNum(n.event, N.usage_aggregate, 1)
  else if (n.counted !== null)
    markDuplicate(events, n.event, events.off(n.counted.event, R.event_id))
  const at = n.at + REPORT.FLAGS
  // The ledger must not take this report for a counted one.
  events.reports.ints[at] = (events.reports.ints[at] as number) & ~REPORT_FLAG.COUNTED
}

function int32At(b: Uint8Array, off: number): number {
  return (
    (b[off] as number) |
    ((b[off + 1] as number) << 8) |
    ((b[off + 2] as number) << 16) |
    ((b[off + 3] as number) << 24)
  )
}

/** Flags an event as a second report of usage that the event at `ofOff` (16 bytes in the arena) reported first. */
function markDuplicate(events: EventTable, e: number, ofOff: number): void {
  events.setNum(e, N.usage_aggregate, 1)
  events.setRange(e, R.usage_duplicate_of, ofOff, 16)
  clearCost(events, e)
}

function clearCost(events: EventTable, e: number): void {
  events.setNum(e, N.cost_usd, Number.NaN)
  events.setNum(e, N.cost_input_usd, Number.NaN)
  events.setNum(e, N.cost_output_usd, Number.NaN)
  events.clear(e, R.price_ref)
  const none = events.arena.literal('none')
  if (none >= 0) events.setLiteral(e, R.cost_source, none)
}

/** Applies the ledger's corrections to these events. */
export function applyCorrections(
  events: EventTable,
  corrections: readonly LedgerCorrection[],
): void {
  let moved: Map<string, number> | null = null
  for (const correction of corrections) {
    const { event } = correction
    if (event < 0 || event >= events.count) continue
    if (correction.reason === 'container') {
      countAll(events, event)
      events.setNum(event, N.usage_aggregate, 1)
    } else if (correction.reason === 'counts') {
      events.setNum(event, N.usage_aggregate, 0)
      events.clear(event, R.usage_duplicate_of)
      if (correction.rest === null) countAll(events, event)
      else countRest(events, event, correction.rest)
    } else {
      const of = events.arena.append(correction.of)
      moved ??= new Map()
      moved.set(events.hex(event, R.event_id) ?? '', of)
      markDuplicate(events, event, of)
    }
  }
  if (moved !== null) follow(events, moved)
}

/** When A repeats B and B repeats C, A is made to point at C, which is the event that counts. */
function follow(events: EventTable, moved: ReadonlyMap<string, number>): void {
  for (let e = 0; e < events.count; e++) {
    const first = events.hex(e, R.usage_duplicate_of)
    const of = first === null ? undefined : moved.get(first)
    if (of !== undefined) events.setRange(e, R.usage_duplicate_of, of, 16)
  }
}
