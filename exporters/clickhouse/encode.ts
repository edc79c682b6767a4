// The part of the exporter that runs in workers. It writes the events and signals of a batch as RowBinary rows, copying
// ranges from the arena. Rows have neither header nor length, so the rows of several parts can be concatenated.

import { isUtf8 } from 'node:buffer'
import type {
  ChainContext,
  Encoder,
  EncoderFactory,
  MetricsRequest,
  ProcessedBatch,
  RevisedEvents,
} from '../../core/component.ts'
import { type EventTable, PAIR, PAIR_STRIDE } from '../../core/event.ts'
import { R } from '../../core/fields.ts'
import type { Signal } from '../../core/signals/signal.ts'
import type { EncodedPart } from '../../core/task.ts'
import { ByteWriter } from '../../proto/byte-writer.ts'
import {
  type Column,
  EVENT_COLUMNS,
  EVENTS_STREAM,
  METRICS_STREAM,
  SIGNALS_STREAM,
  WRITE,
} from './columns.ts'
import { metricRows } from './encode-metrics.ts'
import { REVISIONS_STREAM, revisionLines, versionOf } from './revisions.ts'
import { writeStringArray } from './string-array.ts'

/** Empty, because the layout of rows is fixed. */
export type EncoderSettings = Record<string, never>

export const encoder: EncoderFactory<EncoderSettings> = (exporterId) => new RowEncoder(exporterId)

const POW32 = 4_294_967_296
/**
 * 2106-02-07 06:28:15 in ns, where ClickHouse's DateTime ends. The sorting key contains the hour of the start as a DateTime,
 * so later times are stored as this one.
 */
const LATEST_HI = Math.floor((POW32 - 1) * (1e9 / POW32))
const LATEST_NS = (BigInt(POW32) - 1n) * 1_000_000_000n

const KIND = Uint8Array.from(EVENT_COLUMNS, (c: Column) => c.write)
const INDEX = Int32Array.from(EVENT_COLUMNS, (c: Column) => c.index)
/** Upper bound for the null bytes, numbers, ids and times of one row. */
const FIXED_BYTES_MAX = EVENT_COLUMNS.length * 18

class RowEncoder implements Encoder {
  readonly #id: string
  readonly #out = new ByteWriter(256 * 1024)

  constructor(exporterId: string) {
    this.#id = exporterId
  }

  encode(input: ProcessedBatch, skip: ReadonlySet<number>, _ctx: ChainContext): EncodedPart[] {
    const parts: EncodedPart[] = []
    const out = this.#out
    out.reset()
    let rows = 0
    for (let event = 0; event < input.events.count; event++) {
      if (skip.has(event)) continue
      writeEventRow(out, input.events, event, input.decidedFrom?.(event) ?? 0)
      rows++
    }
    if (rows > 0)
      parts.push({ exporter: this.#id, stream: EVENTS_STREAM, items: rows, bytes: out.take() })
    if (input.signals.length === 0) return parts
    out.reset()
    for (const signal of input.signals) writeSignalRow(out, signal)
    const items = input.signals.length
    parts.push({ exporter: this.#id, stream: SIGNALS_STREAM, items, bytes: out.take() })
    return parts
  }

  encodeMetrics(request: MetricsRequest): EncodedPart[] {
    const { rows, bytes } = metricRows(request)
    return [{ exporter: this.#id, stream: METRICS_STREAM, items: rows, bytes }]
  }

  encodeRevisions(revised: RevisedEvents): EncodedPart[] {
    const bytes = new Uint8Array(Buffer.from(revisionLines(revised), 'utf8'))
    const items = revised.items.length
    return [{ exporter: this.#id, stream: REVISIONS_STREAM, items, bytes }]
  }
}

/** One row of `canonical_events`; the columns are those of `EVENT_COLUMNS`. `known` is `ProcessedBatch.decidedFrom`. */
export function writeEventRow(out: ByteWriter, events: EventTable, event: number, known = 0): void {
  const b = events.arena.bytes
  const columns = KIND.length
  for (let c = 0; c < columns; c++) {
    const index = INDEX[c] as number
    // Reserves space for the columns of fixed size. Text columns reserve their own.
    if ((c & 15) === 0) out.ensure(FIXED_BYTES_MAX)
    switch (KIND[c]) {
      case WRITE.nullableText: {
        const len = events.len(event, index)
        if (len < 0) out.bytes[out.pos++] = 1
        else {
          out.bytes[out.pos++] = 0
          writeText(out, b, events.off(event, index), len)
          out.ensure(FIXED_BYTES_MAX)
        }
        break
      }
      case WRITE.text: {
        const len = events.len(event, index)
        if (len <= 0) out.bytes[out.pos++] = 0
        else {
          writeText(out, b, events.off(event, index), len)
          out.ensure(FIXED_BYTES_MAX)
        }
        break
      }
      case WRITE.nullableNumber:
        writeNumber(out, events.num(event, index))
        break
      case WRITE.nullableInt:
        writeInt(out, events.num(event, index))
        break
      case WRITE.version:
        writeVersion(out, receivedAtMs(events, event), event, known)
        break
      default:
        writeRare(out, events, event, KIND[c] as number, index)
        out.ensure(FIXED_BYTES_MAX)
    }
  }
}

function writeRare(
  out: ByteWriter,
  events: EventTable,
  event: number,
  kind: number,
  i: number,
): void {
  switch (kind) {
    case WRITE.id16:
      return writeId(out, events, event, i, 16)
    case WRITE.id8:
      return writeId(out, events, event, i, 8)
    case WRITE.nullableId16:
    case WRITE.nullableId8: {
      const isNull = events.len(event, i) < 0
      out.nullable(isNull)
      return isNull
        ? undefined
        : writeId(out, events, event, i, kind === WRITE.nullableId16 ? 16 : 8)
    }
    case WRITE.nullableTime: {
      const isNull = events.len(event, i) < 0
      out.nullable(isNull)
      return isNull ? undefined : writeTime(out, events, event, i)
    }
    case WRITE.nullableBool: {
      const v = events.num(event, i)
      out.nullable(Number.isNaN(v))
      return Number.isNaN(v) ? undefined : out.u8(v === 0 ? 0 : 1)
    }
    case WRITE.bool:
      // NaN stands for an unknown value and is stored as false.
      return out.u8(events.num(event, i) > 0 ? 1 : 0)
    case WRITE.strings:
      return writeStringArray(out, events.arena.bytes, events.off(event, i), events.len(event, i))
    default:
      return writeOwn(out, events, event, kind)
  }
}

/** Columns whose value is not a single field of the event. */
function writeOwn(out: ByteWriter, events: EventTable, event: number, kind: number): void {
  switch (kind) {
    case WRITE.metadata:
      return writeMap(out, events, events.metadataFirst(event), events.metadataCount(event), -1)
    case WRITE.attributesText:
      return writeMap(out, events, events.attributesFirst(event), events.attributesCount(event), 0)
    case WRITE.attributesJson:
      return writeMap(out, events, events.attributesFirst(event), events.attributesCount(event), 1)
    case WRITE.startTime:
      return writeStart(out, events, event)
    case WRITE.startTimeKnown:
      return out.u8(events.len(event, R.start_time) < 0 ? 0 : 1)
    case WRITE.receivedAt:
      return out.u64(receivedAtMs(events, event))
    default:
      throw new Error(`no writer for kind ${kind}`)
  }
}

/** Writes length and bytes. A range that is not valid UTF-8, because an edit cut a character in two, is repaired. */
function writeText(out: ByteWriter, bytes: Uint8Array, off: number, len: number): void {
  out.ensure(len + 5)
  if (len < 128 && writeShort(out, bytes, off, len)) return
  if (isUtf8(bytes.subarray(off, off + len))) {
    out.varint(len)
    out.copy(bytes, off, len)
    return
  }
  out.stringText(Buffer.from(bytes.buffer, bytes.byteOffset + off, len).toString('utf8'))
}

/** Copies a short text and checks it on the way. Returns false, and has written nothing, when a byte is not ASCII. */
function writeShort(out: ByteWriter, bytes: Uint8Array, off: number, len: number): boolean {
  const to = out.bytes
  let p = out.pos
  to[p++] = len
  let seen = 0
  for (let i = off, end = off + len; i < end; i++) {
    const c = bytes[i] as number
    seen |= c
    to[p++] = c
  }
  if (seen > 127) return false
  out.pos = p
  return true
}

function writeNumber(out: ByteWriter, value: number): void {
  // JSON has no infinities and writes null for them, so null is written here too.
  if (value - value !== 0) {
    out.bytes[out.pos++] = 1
    return
  }
  out.bytes[out.pos++] = 0
  out.view.setFloat64(out.pos, value, true)
  out.pos += 8
}

/** Writes an Int64 without BigInt. `i64` clamps values beyond 2^63. */
function writeInt(out: ByteWriter, value: number): void {
  if (value - value !== 0) {
    out.bytes[out.pos++] = 1
    return
  }
  out.bytes[out.pos++] = 0
  if (value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER) return out.i64(value)
  const whole = Math.trunc(value)
  const hi = Math.floor(whole / POW32)
  out.view.setUint32(out.pos, whole - hi * POW32, true)
  out.view.setInt32(out.pos + 4, hi, true)
  out.pos += 8
}

function writeId(
  out: ByteWriter,
  events: EventTable,
  event: number,
  i: number,
  size: number,
): void {
  const len = events.len(event, i)
  out.fixedString(events.arena.bytes, len < 0 ? 0 : events.off(event, i), Math.max(len, 0), size)
}

function writeTime(out: ByteWriter, events: EventTable, event: number, i: number): void {
  writeNs(out, events.arena.bytes, events.off(event, i))
}

function writeNs(out: ByteWriter, bytes: Uint8Array, off: number): void {
  // The upper half of the number is nearly always enough to decide.
  const hi = ((bytes[off + 7] as number) * 256 + (bytes[off + 6] as number)) * 65_536
  if (hi + (bytes[off + 5] as number) * 256 + (bytes[off + 4] as number) < LATEST_HI)
    return out.copy(bytes, off, 8)
  const ns = Buffer.from(bytes.buffer, bytes.byteOffset + off, 8).readBigUInt64LE()
  out.i64Big(ns > LATEST_NS ? LATEST_NS : ns)
}

function writeStart(out: ByteWriter, events: EventTable, event: number): void {
  if (events.len(event, R.start_time) >= 0) return writeTime(out, events, event, R.start_time)
  if (events.len(event, R.end_time) >= 0) return writeTime(out, events, event, R.end_time)
  out.i64Big(BigInt(Math.trunc(receivedAtMs(events, event))) * 1_000_000n)
}

function receivedAtMs(events: EventTable, event: number): number {
  const batch = events.batch
  const span = events.spanOf[event] as number
  const request = batch.requests[batch.requestOf(span)]
  return request?.receivedAtMs ?? 0
}

/**
 * The inverted bits of (ms << 20 | index in the batch): the earlier the report, the higher its version. What was decided with the
 * knowledge of other reports has the version of a revision, so that it replaces what an instance that knew fewer has stored.
 */
function writeVersion(out: ByteWriter, receivedMs: number, event: number, known: number): void {
  if (known > 0) return out.i64Big(BigInt.asIntN(64, versionOf(known)))
  const ms = Math.trunc(receivedMs)
  const hi = Math.floor(ms / 4096)
  const lo = (ms % 4096) * 1_048_576 + Math.min(event, 1_048_575)
  out.u32(~lo >>> 0)
  out.u32(~hi >>> 0)
}

/**
 * Writes a map of the pairs whose JSON flag is `json` (-1: of all pairs). Of equal keys the last one wins, as in the JSON
 * form.
 */
function writeMap(
  out: ByteWriter,
  events: EventTable,
  first: number,
  count: number,
  json: number,
): void {
  const b = events.arena.bytes
  const p = events.pairs
  const lengthAt = out.pos
  out.ensure(3)
  // The count is known only at the end. Three bytes are reserved for it, because a varint may be longer than necessary.
  out.pos += 3
  let written = 0
  for (let i = first; i < first + count; i++) {
    const row = i * PAIR_STRIDE
    if (json >= 0 && p[row + PAIR.JSON] !== json) continue
    if (isRepeatedLater(events, i, first + count)) continue
    writeText(out, b, p[row + PAIR.KEY_OFF] as number, p[row + PAIR.KEY_LEN] as number)
    writeText(out, b, p[row + PAIR.OFF] as number, p[row + PAIR.LEN] as number)
    written++
  }
  out.bytes[lengthAt] = (written & 127) | 128
  out.bytes[lengthAt + 1] = ((written >> 7) & 127) | 128
  out.bytes[lengthAt + 2] = (written >> 14) & 127
}

function isRepeatedLater(events: EventTable, i: number, end: number): boolean {
  const p = events.pairs
  const b = events.arena.bytes
  const off = p[i * PAIR_STRIDE + PAIR.KEY_OFF] as number
  const len = p[i * PAIR_STRIDE + PAIR.KEY_LEN] as number
  for (let row = (i + 1) * PAIR_STRIDE; row < end * PAIR_STRIDE; row += PAIR_STRIDE) {
    if (p[row + PAIR.KEY_LEN] !== len) continue
    const other = p[row + PAIR.KEY_OFF] as number
    if (other === off || isSame(b, off, other, len)) return true
  }
  return false
}

/** Compares from the end, because the keys of one map mostly begin alike. */
function isSame(bytes: Uint8Array, x: number, y: number, len: number): boolean {
  for (let i = len - 1; i >= 0; i--) if (bytes[x + i] !== bytes[y + i]) return false
  return true
}

/** One row of `signals` with the columns of `SIGNAL_COLUMNS`. Signals are rare, so this is not optimised. */
export function writeSignalRow(out: ByteWriter, signal: Signal): void {
  writeHex(out, signal.signal_id, 16)
  out.stringText(signal.type)
  out.stringText(signal.severity)
  out.stringText(signal.tenant_id)
  out.stringText(signal.project_id)
  writeHex(out, signal.trace_id, 16)
  writeHex(out, signal.span_id, 8)
  writeHex(out, signal.event_id, 16)
  const at = BigInt(signal.at)
  out.i64Big(at > LATEST_NS ? LATEST_NS : at)
  out.nullableF64(signal.value ?? Number.NaN)
  out.nullableF64(signal.threshold ?? Number.NaN)
  out.stringText(JSON.stringify(signal.evidence))
  out.stringText(signal.rule)
}

/** Null as zeros. */
function writeHex(out: ByteWriter, hex: string | null, size: number): void {
  const bytes = Buffer.from(hex ?? '', 'hex')
  out.fixedString(bytes, 0, bytes.length, size)
}
