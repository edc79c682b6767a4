// Packs the claims, reports and entries of a task into the one list of integers that a log record has. Written by workers, read at a
// start. Most numbers of a row are equal to those of the row before, or small, so a row takes some 20 bytes instead of 76.
//
// The list: a mark, the length of the bytes, 0, the bytes. The bytes: varint count and rows of claims, varint count and rows of
// reports, blocks of entries (`core/reports/usage-entries.ts`). Older logs are read as well: see `unpackFacts`.

import { CLAIM, CLAIM_STRIDE, ClaimRows } from '../../core/reports/claim-rows.ts'
import { PairTable } from '../../core/reports/pair-table.ts'
import { REPORT, REPORT_FLAG, REPORT_STRIDE } from '../../core/reports/report-rows.ts'
import {
  fromZigzag,
  TextBlockReader,
  TextBlockWriter,
  zigzag,
} from '../../core/reports/text-block.ts'
import { intAt } from '../../core/reports/typed-arrays.ts'
import { blockOf } from '../../core/reports/usage-entries.ts'
import type { EventFacts } from '../../core/task.ts'

type Facts = Pick<EventFacts, 'eventIds' | 'claims' | 'reports' | 'entries'>
type Unpacked = Pick<EventFacts, 'claims' | 'reports' | 'entries'>

/** Begins a packed list. No claim begins with a negative number, and no report of an older log with so low a one. */
const PACKED = -0x7fff_ffff
const ROW = 3
const ROW_BYTES = ROW * 4
const HEAD_BYTES = ROW_BYTES
/** More than a row of either kind takes. */
const ROW_BYTES_MAX = 128

/** What identifies a call: its event's id, its response, or something else, which is written. */
const OF_EVENT = 0
const OF_RESPONSE = 1
const OF_OTHER = 2

/** Bits before a row of a report. */
const BIT = {
  TRACE: 1,
  /** Two bits each: 0, as in the row before, that row's span, or written. */
  PARENT: 2,
  UNDER: 8,
  COUNTS: 32,
  PARTS: 64,
  RESPONSE: 128,
  CONTAINER: 256,
  TIMES: 512,
} as const
const ZERO = 0
const SAME = 1
const ABOVE = 2
const WRITTEN = 3
const NO_INTS = new Int32Array(0)
const ZEROS = new Int32Array(REPORT_STRIDE)

class FactsPacker {
  readonly #out = new TextBlockWriter()
  readonly #known = new KnownInts()

  pack({ eventIds, claims, reports, entries }: Facts): Int32Array {
    if (claims.length === 0 && reports.length === 0 && entries.length === 0) return NO_INTS
    const out = this.#out
    out.reset()
    this.#known.reset()
    out.ensure(HEAD_BYTES)
    out.skip(HEAD_BYTES)
    this.#packClaims(claims, reports, eventIds)
    this.#packReports(reports)
    out.ensure(entries.length + ROW_BYTES)
    out.bytes.set(entries, out.skip(entries.length))
    const packed = new Int32Array(Math.ceil(out.top / ROW_BYTES) * ROW)
    new Uint8Array(packed.buffer).set(out.bytes.subarray(0, out.top))
    packed[0] = PACKED
    packed[1] = out.top - HEAD_BYTES
    packed[2] = 0
    return packed
  }

  #packClaims(claims: Int32Array, reports: Int32Array, eventIds: Uint8Array): void {
    const out = this.#out
    out.ensure(ROW_BYTES)
    out.varint(claims.length / CLAIM_STRIDE)
    let before = 0
    let report = 0
    for (let at = 0; at < claims.length; at += CLAIM_STRIDE) {
      out.ensure(ROW_BYTES_MAX)
      const event = intAt(claims, at + CLAIM.EVENT)
      const h0 = intAt(claims, at + CLAIM.H0)
      const h1 = intAt(claims, at + CLAIM.H1)
      report = reportOf(reports, report, event)
      const kind = kindOf(h0, h1, event, eventIds, reports, report)
      out.varint(zigzag(event - before) * 3 + kind)
      before = event
      if (kind !== OF_OTHER) continue
      this.#out.int(h0)
      this.#out.int(h1)
    }
  }

  #packReports(reports: Int32Array): void {
    const out = this.#out
    out.ensure(ROW_BYTES)
    out.varint(reports.length / REPORT_STRIDE)
    for (let at = 0; at < reports.length; at += REPORT_STRIDE) {
      out.ensure(ROW_BYTES_MAX)
      if (at === 0) this.#packReport(reports, 0, ZEROS, 0)
      else this.#packReport(reports, at, reports, at - REPORT_STRIDE)
    }
  }

  /** The row before begins at `others[before]`. */
  #packReport(rows: Int32Array, at: number, others: Int32Array, before: number): void {
    const out = this.#out
    const known = this.#known
    const bits = bitsOf(rows, at, others, before)
    out.varint(zigzag(intAt(rows, at + REPORT.EVENT) - intAt(others, before + REPORT.EVENT)))
    out.varint(bits)
    if ((bits & BIT.TRACE) !== 0) this.#out.int(intAt(rows, at + REPORT.TRACE))
    this.#out.int(intAt(rows, at + REPORT.SPAN))
    if (modeIn(bits, BIT.PARENT) === WRITTEN) this.#out.int(intAt(rows, at + REPORT.PARENT))
    if (modeIn(bits, BIT.UNDER) === WRITTEN) this.#out.int(intAt(rows, at + REPORT.UNDER))
    known.write(out, intAt(rows, at + REPORT.FLAGS))
    known.write(out, intAt(rows, at + REPORT.SCOPE))
    known.write(out, intAt(rows, at + REPORT.MODELS))
    known.write(out, intAt(rows, at + REPORT.PROJECT))
    if ((bits & BIT.CONTAINER) !== 0) known.write(out, intAt(rows, at + REPORT.CONTAINER))
    if ((bits & BIT.COUNTS) !== 0) this.#counts(rows, at + REPORT.INPUT, 2)
    if ((bits & BIT.PARTS) !== 0) this.#counts(rows, at + REPORT.CACHE_READ, 3)
    if ((bits & BIT.TIMES) !== 0) {
      const start = intAt(rows, at + REPORT.START) - intAt(others, before + REPORT.START)
      out.varint(zigzag(start | 0))
      out.varint(intAt(rows, at + REPORT.DURATION) >>> 0)
    }
    if ((bits & BIT.RESPONSE) === 0) return
    this.#out.int(intAt(rows, at + REPORT.RESPONSE0))
    this.#out.int(intAt(rows, at + REPORT.RESPONSE1))
  }

  /** Columns that lie beside each other. */
  #counts(rows: Int32Array, at: number, count: number): void {
    for (let i = 0; i < count; i++) this.#out.varint(intAt(rows, at + i) >>> 0)
  }
}

let packer: FactsPacker | null = null

/** Packs the facts of one task. */
export function packFacts(facts: Facts): Int32Array {
  packer ??= new FactsPacker()
  return packer.pack(facts)
}

/** `eventIds`: those of the record. */
export function unpackFacts(packed: Int32Array, eventIds: Uint8Array): Unpacked {
  if (packed.length >= ROW && packed[0] === PACKED) return unpack(packed, eventIds)
  return unpackOlder(packed)
}

/** Begins the entries of an older log, which follow its reports. */
const ENTRIES = -0x8000_0000
/** Columns of a report in the oldest logs: the first eleven of today's, and the event that claimed the call first. */
const OLDEST_STRIDE = 12

/**
 * Older logs hold rows of claims, then reports, each of which begins with a negative number; then, if there are reports of today's
 * columns, the mark and the length of the entries, and the entries one by one.
 */
function unpackOlder(packed: Int32Array): Unpacked {
  let at = 0
  while (at < packed.length && intAt(packed, at) >= 0) at += CLAIM_STRIDE
  const claims = packed.slice(0, at)
  let end = at
  while (end < packed.length && packed[end] !== ENTRIES) end += REPORT_STRIDE
  if (end >= packed.length) return { claims, reports: oldestReports(packed, at), entries: NO_BYTES }
  const reports = packed.slice(at, end)
  for (let i = 0; i < reports.length; i += REPORT_STRIDE) reports[i] = -1 - intAt(reports, i)
  const from = packed.byteOffset + (end + ROW) * 4
  const list = new Uint8Array(packed.buffer, from, intAt(packed, end + 1))
  return { claims, reports, entries: blockOf(list) }
}

function oldestReports(packed: Int32Array, from: number): Int32Array {
  const rows = new Int32Array(((packed.length - from) / OLDEST_STRIDE) * REPORT_STRIDE)
  for (let at = 0; at < rows.length; at += REPORT_STRIDE) {
    const old = from + (at / REPORT_STRIDE) * OLDEST_STRIDE
    for (let i = 0; i < OLDEST_STRIDE - 1; i++) rows[at + i] = intAt(packed, old + i)
    rows[at + REPORT.EVENT] = -1 - intAt(packed, old)
    rows[at + REPORT.UNDER] = intAt(rows, at + REPORT.PARENT)
    // Which response they speak of is known by their claims alone.
    rows[at + REPORT.FLAGS] = intAt(rows, at + REPORT.FLAGS) & ~REPORT_FLAG.RESPONSE_ID
  }
  return rows
}

const NO_BYTES = new Uint8Array(0)

function unpack(packed: Int32Array, eventIds: Uint8Array): Unpacked {
  const bytes = new Uint8Array(packed.buffer, packed.byteOffset + HEAD_BYTES, intAt(packed, 1))
  const reader = new TextBlockReader(bytes, 0)
  const claims = new ClaimRows()
  const kinds: number[] = []
  const claimCount = reader.varint()
  let event = 0
  for (let i = 0; i < claimCount; i++) {
    const code = reader.varint()
    event += fromZigzag(Math.floor(code / 3))
    kinds.push(code % 3)
    if (code % 3 === OF_OTHER) claims.add(event, reader.int(), reader.int())
    else claims.add(event, 0, 0)
  }
  const reports = unpackReports(reader)
  fillClaims(claims, kinds, reports, eventIds)
  return { claims: claims.copy(), reports, entries: bytes.slice(reader.at) }
}

/** Claims that are made of an event id or of a response, both of which are known only now. */
function fillClaims(
  claims: ClaimRows,
  kinds: readonly number[],
  reports: Int32Array,
  eventIds: Uint8Array,
): void {
  const ids = new DataView(eventIds.buffer, eventIds.byteOffset, eventIds.length)
  const { ints } = claims
  let report = 0
  for (const [i, kind] of kinds.entries()) {
    const at = i * CLAIM_STRIDE
    const event = intAt(ints, at + CLAIM.EVENT)
    report = reportOf(reports, report, event)
    if (kind === OF_EVENT) {
      ints[at + CLAIM.H0] = ids.getInt32(event * 16, true)
      ints[at + CLAIM.H1] = ids.getInt32(event * 16 + 4, true)
    } else if (kind === OF_RESPONSE) {
      ints[at + CLAIM.H0] = intAt(reports, report + REPORT.RESPONSE0)
      ints[at + CLAIM.H1] = intAt(reports, report + REPORT.RESPONSE1)
    }
  }
}

function unpackReports(reader: TextBlockReader): Int32Array {
  const rows = new Int32Array(reader.varint() * REPORT_STRIDE)
  const known = new KnownInts()
  for (let at = 0; at < rows.length; at += REPORT_STRIDE) unpackReport(reader, rows, at, known)
  return rows
}

function unpackReport(
  reader: TextBlockReader,
  rows: Int32Array,
  at: number,
  known: KnownInts,
): void {
  const last = (column: number): number => (at === 0 ? 0 : intAt(rows, at - REPORT_STRIDE + column))
  const put = (column: number, value: number): void => {
    rows[at + column] = value
  }
  put(REPORT.EVENT, last(REPORT.EVENT) + fromZigzag(reader.varint()))
  const bits = reader.varint()
  const placed = (bit: number, column: number, above: number): number => {
    const mode = modeIn(bits, bit)
    if (mode === SAME) return last(column)
    if (mode === ABOVE) return above
    return mode === WRITTEN ? reader.int() : 0
  }
  put(REPORT.TRACE, (bits & BIT.TRACE) === 0 ? last(REPORT.TRACE) : reader.int())
  put(REPORT.SPAN, reader.int())
  put(REPORT.PARENT, placed(BIT.PARENT, REPORT.PARENT, last(REPORT.SPAN)))
  put(REPORT.UNDER, placed(BIT.UNDER, REPORT.UNDER, intAt(rows, at + REPORT.PARENT)))
  for (const column of [REPORT.FLAGS, REPORT.SCOPE, REPORT.MODELS, REPORT.PROJECT])
    put(column, known.read(reader))
  if ((bits & BIT.CONTAINER) !== 0) put(REPORT.CONTAINER, known.read(reader))
  if ((bits & BIT.COUNTS) !== 0)
    for (const column of [REPORT.INPUT, REPORT.OUTPUT]) put(column, reader.varint())
  if ((bits & BIT.PARTS) !== 0)
    for (const column of [REPORT.CACHE_READ, REPORT.CACHE_WRITE, REPORT.REASONING])
      put(column, reader.varint())
  const hasTimes = (bits & BIT.TIMES) !== 0
  put(REPORT.START, last(REPORT.START) + (hasTimes ? fromZigzag(reader.varint()) : 0))
  if (hasTimes) put(REPORT.DURATION, reader.varint())
  if ((bits & BIT.RESPONSE) === 0) return
  put(REPORT.RESPONSE0, reader.int())
  put(REPORT.RESPONSE1, reader.int())
}

/** Integers that come again and again in a task: written once, and then as a number. */
class KnownInts {
  readonly #numbers = new PairTable()
  readonly #values: number[] = []
  #count = 0

  reset(): void {
    this.#numbers.clear()
    this.#count = 0
  }

  write(out: TextBlockWriter, value: number): void {
    const number = this.#numbers.getOrSet(value, 0, this.#count)
    if (number >= 0) return out.varint(number + 1)
    this.#count++
    out.varint(0)
    out.int(value)
  }

  read(reader: TextBlockReader): number {
    const number = reader.varint()
    if (number > 0) return this.#values[number - 1] ?? 0
    const value = reader.int()
    this.#values.push(value)
    return value
  }
}

/** `before`: the row before, or a row of zeros. */
function bitsOf(rows: Int32Array, at: number, others: Int32Array, before: number): number {
  let bits = 0
  if (rows[at + REPORT.TRACE] !== others[before + REPORT.TRACE]) bits |= BIT.TRACE
  const parent = intAt(rows, at + REPORT.PARENT)
  const above = intAt(others, before + REPORT.SPAN)
  bits |= modeOf(parent, intAt(others, before + REPORT.PARENT), above) * BIT.PARENT
  const under = intAt(rows, at + REPORT.UNDER)
  bits |= modeOf(under, intAt(others, before + REPORT.UNDER), parent) * BIT.UNDER
  if (rows[at + REPORT.INPUT] !== 0 || rows[at + REPORT.OUTPUT] !== 0) bits |= BIT.COUNTS
  const hasParts =
    rows[at + REPORT.CACHE_READ] !== 0 ||
    rows[at + REPORT.CACHE_WRITE] !== 0 ||
    rows[at + REPORT.REASONING] !== 0
  if (hasParts) bits |= BIT.PARTS
  if (rows[at + REPORT.RESPONSE0] !== 0 || rows[at + REPORT.RESPONSE1] !== 0) bits |= BIT.RESPONSE
  if (rows[at + REPORT.CONTAINER] !== 0) bits |= BIT.CONTAINER
  const isSameStart = rows[at + REPORT.START] === others[before + REPORT.START]
  if (!isSameStart || rows[at + REPORT.DURATION] !== 0) bits |= BIT.TIMES
  return bits
}

function modeOf(value: number, same: number, above: number): number {
  if (value === 0) return ZERO
  if (value === same) return SAME
  return value === above ? ABOVE : WRITTEN
}

function modeIn(bits: number, bit: number): number {
  return Math.floor(bits / bit) & 3
}

/** Where the row of the event's report begins, looking from an earlier one; that one when there is none. */
function reportOf(reports: Int32Array, from: number, event: number): number {
  for (let at = from; at < reports.length; at += REPORT_STRIDE) {
    if (reports[at] === event) return at
    if (intAt(reports, at) > event) break
  }
  return from
}

function kindOf(
  h0: number,
  h1: number,
  event: number,
  eventIds: Uint8Array,
  reports: Int32Array,
  report: number,
): number {
  const isResponse =
    report < reports.length &&
    reports[report] === event &&
    h0 === reports[report + REPORT.RESPONSE0] &&
    h1 === reports[report + REPORT.RESPONSE1]
  if (isResponse) return OF_RESPONSE
  const off = event * 16
  if (off < 0 || off + 8 > eventIds.length) return OF_OTHER
  return h0 === int32At(eventIds, off) && h1 === int32At(eventIds, off + 4) ? OF_EVENT : OF_OTHER
}

function int32At(bytes: Uint8Array, off: number): number {
  let value = 0
  for (let i = 3; i >= 0; i--) value = (value << 8) | (bytes[off + i] ?? 0)
  return value
}
