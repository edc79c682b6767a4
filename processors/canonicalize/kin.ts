// The row of `core/kin-rows.ts` for an event: whose child it is, what it reports, and when.

import { SPAN, SPAN_FLAG, SPAN_STRIDE, type SpanBatch } from '../../core/batch.ts'
import type { EventTable } from '../../core/event.ts'
import { N, R } from '../../core/fields.ts'
import { KIN, KIN_FLAG, KIN_STRIDE } from '../../core/kin-rows.ts'
import type { PairTable } from './pair-table.ts'

/** Digest of the project that an event is of. */
export type ProjectOf = (e: number) => Uint8Array

/** Adds a row for a span that reports no usage itself but may stand between two that do. */
export function addLink(events: EventTable, e: number, project: Uint8Array): void {
  if (events.len(e, R.trace_id) < 0 || events.len(e, R.span_id) < 0) return
  if (events.len(e, R.parent_span_id) < 0 || isKindOf(events, e, NO_GENAI)) return
  const at = addPlace(events, e, project)
  if (isKindOf(events, e, PASSAGES)) return
  const rows = events.kin.ints
  rows[at + KIN.FLAGS] = (rows[at + KIN.FLAGS] as number) | KIN_FLAG.BARRIER
}

/** Adds a row for a report. `of`: the event of the batch that reported the same call before, -1 = none. */
export function addReport(events: EventTable, e: number, project: Uint8Array, of: number): void {
  if (events.len(e, R.trace_id) < 0 || events.len(e, R.span_id) < 0) return
  const at = addPlace(events, e, project)
  const rows = events.kin.ints
  const input = orZero(events.num(e, N.input_tokens))
  const output = orZero(events.num(e, N.output_tokens))
  const total = orZero(events.num(e, N.total_tokens))
  let flags = (rows[at + KIN.FLAGS] as number) | KIN_FLAG.REPORT
  if (input + output > 0) {
    rows[at + KIN.INPUT] = clamp(input)
    rows[at + KIN.OUTPUT] = clamp(output)
  } else if (total > 0) {
    rows[at + KIN.INPUT] = clamp(total)
    flags |= KIN_FLAG.TOTAL_ONLY
  } else {
    rows[at + KIN.INPUT] = clamp(Math.round(orZero(events.num(e, N.cost_usd)) * 1e8))
    flags |= KIN_FLAG.COST_ONLY
  }
  if (of < 0) flags |= KIN_FLAG.COUNTED
  if (events.len(e, R.response_id) > 0) flags |= KIN_FLAG.RESPONSE_ID
  if (isStreamCopy(events.batch, events.spanOf[e] as number)) flags |= KIN_FLAG.STREAM_COPY
  rows[at + KIN.FLAGS] = flags | putTimes(events, e, rows, at)
  rows[at + KIN.OF] = of
  rows[at + KIN.SCOPE] = hashOf(events, e, R.scope_name)
  rows[at + KIN.MODELS] =
    (shortHash(events, e, R.request_model) << 16) | shortHash(events, e, R.response_model)
}

/**
 * A call may run through spans that are no GenAI spans (HTTP, functions of the app). Where they are in the batch, the
 * parent of a row becomes what is above them: nobody else will ever hear of them.
 */
export function throughPlainSpans(
  events: EventTable,
  projectOf: ProjectOf,
  scratch: PairTable,
): void {
  const { ints, count } = events.kin
  const end = count * KIN_STRIDE
  scratch.clear()
  for (let at = 0; at < end; at += KIN_STRIDE)
    scratch.set(ints[at + KIN.TRACE] as number, ints[at + KIN.SPAN] as number, at)
  let plain: Map<number, number | null> | null = null
  for (let at = 0; at < end; at += KIN_STRIDE) {
    const flags = ints[at + KIN.FLAGS] as number
    if ((flags & KIN_FLAG.PARENT) === 0) continue
    if (scratch.get(ints[at + KIN.TRACE] as number, ints[at + KIN.PARENT] as number) >= 0) continue
    plain ??= plainSpans(events, projectOf)
    for (let i = 0; i < PLAIN_MAX; i++) {
      const above = plain.get(keyOf(ints, at, KIN.PARENT))
      if (above === undefined) break
      ints[at + KIN.PARENT] = above ?? 0
      if (above !== null) continue
      ints[at + KIN.FLAGS] = flags & ~KIN_FLAG.PARENT
      break
    }
  }
}
const PLAIN_MAX = 32

/** Spans of kind `span`: trace and span -> parent, null for a root. */
function plainSpans(events: EventTable, projectOf: ProjectOf): Map<number, number | null> {
  const plain = new Map<number, number | null>()
  const b = events.arena.bytes
  for (let e = 0; e < events.count; e++) {
    if (!isKindOf(events, e, NO_GENAI) || isLog(events, e)) continue
    if (events.len(e, R.trace_id) < 0 || events.len(e, R.span_id) < 0) continue
    const hasParent = events.len(e, R.parent_span_id) > 0
    const trace = mix(int32At(projectOf(e), 0), traceOf(events, e))
    const key = key53(trace, fold(b, events.off(e, R.span_id)))
    plain.set(key, hasParent ? fold(b, events.off(e, R.parent_span_id)) : null)
  }
  return plain
}

function keyOf(ints: Int32Array, at: number, column: number): number {
  return key53(ints[at + KIN.TRACE] as number, ints[at + column] as number)
}

function key53(trace: number, span: number): number {
  return (trace >>> 0) * 0x20_0000 + (span >>> 11)
}

function addPlace(events: EventTable, e: number, project: Uint8Array): number {
  const at = events.kin.add()
  const rows = events.kin.ints
  const b = events.arena.bytes
  rows[at + KIN.EVENT] = e
  rows[at + KIN.TRACE] = mix(int32At(project, 0), traceOf(events, e))
  rows[at + KIN.SPAN] = fold(b, events.off(e, R.span_id))
  rows[at + KIN.OF] = -1
  if (isLog(events, e)) rows[at + KIN.FLAGS] = KIN_FLAG.LOG
  else if (events.len(e, R.parent_span_id) > 0) {
    rows[at + KIN.FLAGS] = KIN_FLAG.PARENT
    rows[at + KIN.PARENT] = fold(b, events.off(e, R.parent_span_id))
  }
  return at
}

function isLog(events: EventTable, e: number): boolean {
  const row = (events.spanOf[e] as number) * SPAN_STRIDE
  return ((events.batch.spans[row] as number) & SPAN_FLAG.LOG) !== 0
}

function traceOf(events: EventTable, e: number): number {
  const b = events.arena.bytes
  const off = events.off(e, R.trace_id)
  return mix(fold(b, off), fold(b, off + 8))
}

/** What runs inside a tool or an agent is a call of its own; what runs inside these may be the call itself. */
const PASSAGES: readonly string[] = ['llm', 'chain', 'embedding', 'rerank']
const NO_GENAI: readonly string[] = ['span']

function isKindOf(events: EventTable, e: number, kinds: readonly string[]): boolean {
  const off = events.off(e, R.kind)
  const len = events.len(e, R.kind)
  return kinds.some((kind) => events.arena.equals(off, len, kind))
}

const CYCLE = 2 ** 32
function putTimes(events: EventTable, e: number, rows: Int32Array, at: number): number {
  const start = events.timeMs(e, R.start_time)
  const end = events.timeMs(e, R.end_time)
  if (Number.isNaN(start) || Number.isNaN(end)) return 0
  rows[at + KIN.START] = (Math.floor(start) % CYCLE) | 0
  rows[at + KIN.DURATION] = clamp(Math.floor(end) - Math.floor(start))
  return KIN_FLAG.TIMES
}

const STREAM_COPY = 'streaming response from '
/** logfire reports a streamed call a second time, in a span of its own. */
function isStreamCopy(batch: SpanBatch, span: number): boolean {
  const row = span * SPAN_STRIDE
  const len = batch.spans[row + SPAN.NAME_LEN] as number
  return (
    len > STREAM_COPY.length &&
    batch.arena.equals(batch.spans[row + SPAN.NAME_OFF] as number, STREAM_COPY.length, STREAM_COPY)
  )
}

function orZero(n: number): number {
  return Number.isNaN(n) ? 0 : n
}

function clamp(n: number): number {
  return Math.max(0, Math.min(0x7fff_ffff, Math.round(n)))
}

/** Eight bytes as one integer. */
function fold(b: Uint8Array, off: number): number {
  return mix(int32At(b, off), int32At(b, off + 4))
}

function mix(a: number, b: number): number {
  const h = Math.imul(a ^ (a >>> 15), 0x85eb_ca6b) ^ b
  return Math.imul(h ^ (h >>> 13), 0xc2b2_ae35) ^ (h >>> 16)
}

function int32At(b: Uint8Array, off: number): number {
  return (
    (b[off] as number) |
    ((b[off + 1] as number) << 8) |
    ((b[off + 2] as number) << 16) |
    ((b[off + 3] as number) << 24)
  )
}

const LOWER = 0x2020_2020

/** Hash of a text field, case folded for letters, four bytes a step; 0 when it is unset. */
function hashOf(events: EventTable, e: number, field: number): number {
  const len = events.len(e, field)
  if (len <= 0) return 0
  const b = events.arena.bytes
  let i = events.off(e, field)
  const end = i + len
  let h = len
  for (; i + 4 <= end; i += 4) h = step(h, int32At(b, i) | LOWER)
  for (; i < end; i++) h = step(h, (b[i] as number) | 0x20)
  return h ^ (h >>> 15)
}

function step(h: number, word: number): number {
  const x = Math.imul(h ^ word, 0x85eb_ca6b)
  return x ^ (x >>> 13)
}

/** 16 bits, never 0 for a field that is set. */
function shortHash(events: EventTable, e: number, field: number): number {
  const h = hashOf(events, e, field)
  return h === 0 ? 0 : (h ^ (h >>> 16)) & 0xffff || 1
}
