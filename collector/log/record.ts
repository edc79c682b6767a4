// The bytes of one log record: header with a table of parts, ledger facts, part payloads.
// Leaves to others where records lie (`segment.ts`), how they are found again (`segment-scan.ts`) and when
// they are durable (`committer.ts`).
//
// Little-endian, 8-byte aligned:
//   0 magic u32        16 epoch u32            40 eventsBefore f64   60 pipeline length u16
//   4 header CRC u32   20 flags u16            48 eventCount u32     62 reserved u16
//   8 total length u32 22 part count u16       52 claim count u32    64 pipeline (UTF-8), then rows
//  12 header length u32 24 sequence u64        56 facts CRC u32
//                      32 createdAtMs f64
//   row: items u32, length u32, CRC u32, itemsBefore f64, exporter length u8, stream length u8, names
//   then: event ids (16 each), facts in rows of 12 (collector/ledger/event-facts.ts), the parts one after the other, zeros up to 8.
//
// The header CRC covers header and table, and starts from a secret seed of the log: bytes of a payload
// can never pass for a record when a scan has to look for the next one. Each part has a CRC of its own,
// so damage to one exporter's bytes costs that part and nothing else, and the table still says how many
// items it had. `itemsBefore` counts all items ever appended for that exporter: a gap between two rows
// is the exact number lost even when a whole header or segment is gone.

import { crc32 } from 'node:zlib'
import { ObservaError } from '../../core/errors.ts'
import type { EncodedPart } from '../../core/task.ts'

export const RECORD_MAGIC = 0x3152_424f
export const RECORD_FIXED_BYTES = 64
const ROW_FIXED_BYTES = 22
/** The largest header. Checked before memory is allocated for a header that is read from a disk. */
export const HEADER_BYTES_MAX = 1024 * 1024
const NAME_BYTES_MAX = 255
const PARTS_MAX = 65_535
const ALIGN = 8

/** What the caller of `append` passes. */
export interface AppendRecord {
  readonly pipeline: string
  readonly parts: readonly EncodedPart[]
  readonly eventCount: number
  /** 16 bytes for each event. */
  readonly eventIds: Uint8Array
  /** Rows of three integers: event, and the two halves of the claim's hash. */
  readonly claims: Int32Array
  readonly createdAtMs: number
  /**
   * Memory that holds this record and nothing else, if there is such. The log frees it when the record leaves the cache;
   * until then nobody may use it after the turn in which the append resolved.
   */
  readonly memory?: ArrayBuffer | undefined
}

/** A record without parts. It only moves the log on; `pipeline` says why it is there. */
export function markerRecord(pipeline: string, createdAtMs: number): AppendRecord {
  const nothing = {
    parts: [],
    eventCount: 0,
    eventIds: new Uint8Array(0),
    claims: new Int32Array(0),
  }
  return { pipeline, ...nothing, createdAtMs }
}

/** A part with its position in the log. */
export interface LogPart extends EncodedPart {
  /** The index in the record's table, which never changes. */
  readonly index: number
  /** How many items were appended for this exporter before this part, since the log began. */
  readonly itemsBefore: number
  /** Memory that holds these bytes and nothing else, if they are a copy for this reader. */
  readonly memory?: ArrayBuffer
}

export interface PartRow {
  readonly exporter: string
  readonly stream: string
  readonly items: number
  readonly itemsBefore: number
  readonly length: number
  readonly crc: number
  /** The offset of the bytes from the start of the record. */
  readonly offset: number
}

export interface RecordHeader {
  readonly totalLength: number
  readonly headerLength: number
  readonly epoch: number
  readonly sequence: bigint
  readonly createdAtMs: number
  readonly eventsBefore: number
  readonly eventCount: number
  readonly claimCount: number
  readonly factsCrc: number
  readonly pipeline: string
  readonly rows: readonly PartRow[]
}

/** The cumulative counts since the log began. */
export interface Totals {
  events: number
  readonly items: Map<string, number>
}

export function copyTotals(t: Totals): Totals {
  return { events: t.events, items: new Map(t.items) }
}

/** The position and order of a record in the log. */
export interface Placement {
  readonly epoch: number
  readonly sequence: bigint
  readonly seed: number
}

/** The number of bytes that a record will take. Throws for a record that the format cannot represent. */
export function recordLength(r: AppendRecord): number {
  let total = headerLength(r) + r.eventCount * 16 + r.claims.byteLength
  for (const p of r.parts) total += p.bytes.length
  return align(total)
}

function headerLength(r: AppendRecord): number {
  if (r.parts.length > PARTS_MAX) throw tooLarge(`${r.parts.length} parts`)
  let n = RECORD_FIXED_BYTES + Buffer.byteLength(r.pipeline)
  for (const p of r.parts) n += ROW_FIXED_BYTES + nameLength(p.exporter) + nameLength(p.stream)
  n = align(n)
  if (n > HEADER_BYTES_MAX) throw tooLarge(`a table of ${n} bytes`)
  return n
}

function nameLength(name: string): number {
  const n = Buffer.byteLength(name)
  if (n > NAME_BYTES_MAX) throw tooLarge(`a name of ${n} bytes`)
  return n
}

function tooLarge(what: string): ObservaError {
  return new ObservaError('OBS_LOG_RECORD_TOO_LARGE', `A log record cannot hold ${what}.`)
}

function align(n: number): number {
  return (n + ALIGN - 1) & ~(ALIGN - 1)
}

const PADDING = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => Buffer.alloc(n))

/**
 * Returns the buffers of a record for one `writev`. Payloads are not copied. Adds the record's counts to `totals`,
 * and the parts as readers will see them to `partsOut`.
 */
export function encodeRecord(
  r: AppendRecord,
  at: Placement,
  totals: Totals,
  partsOut: LogPart[],
): Uint8Array[] {
  const headLen = headerLength(r)
  const head = Buffer.alloc(headLen)
  const facts = factBuffers(r)
  let total = headLen + facts[0].length + facts[1].length
  let o = RECORD_FIXED_BYTES + head.write(r.pipeline, RECORD_FIXED_BYTES)
  head.writeUInt16LE(o - RECORD_FIXED_BYTES, 60)
  const out: Uint8Array[] = [head, ...facts]
  for (const [index, p] of r.parts.entries()) {
    const itemsBefore = totals.items.get(p.exporter) ?? 0
    o = writeRow(head, o, p, itemsBefore)
    totals.items.set(p.exporter, itemsBefore + p.items)
    partsOut.push({ ...p, index, itemsBefore })
    out.push(p.bytes)
    total += p.bytes.length
  }
  const totalLength = align(total)
  out.push(PADDING[totalLength - total] as Buffer)
  head.writeUInt32LE(RECORD_MAGIC, 0)
  head.writeUInt32LE(totalLength, 8)
  head.writeUInt32LE(headLen, 12)
  head.writeUInt32LE(at.epoch, 16)
  head.writeUInt16LE(r.parts.length, 22)
  head.writeBigUInt64LE(at.sequence, 24)
  head.writeDoubleLE(r.createdAtMs, 32)
  head.writeDoubleLE(totals.events, 40)
  head.writeUInt32LE(r.eventCount, 48)
  head.writeUInt32LE(r.claims.length / 3, 52)
  head.writeUInt32LE(crc32(facts[1], crc32(facts[0])), 56)
  head.writeUInt32LE(crc32(head.subarray(8), at.seed), 4)
  totals.events += r.eventCount
  return out.filter((b) => b.length > 0)
}

function factBuffers(r: AppendRecord): readonly [Uint8Array, Uint8Array] {
  const claims = r.claims
  return [
    r.eventIds.subarray(0, r.eventCount * 16),
    new Uint8Array(claims.buffer, claims.byteOffset, claims.byteLength),
  ]
}

function writeRow(head: Buffer, off: number, p: EncodedPart, itemsBefore: number): number {
  head.writeUInt32LE(p.items, off)
  head.writeUInt32LE(p.bytes.length, off + 4)
  // The worker may have computed the CRC already, which saves the main thread 0.25 ns a byte.
  head.writeUInt32LE(p.crc32 ?? crc32(p.bytes), off + 8)
  head.writeDoubleLE(itemsBefore, off + 12)
  const names = off + ROW_FIXED_BYTES
  const exporterLen = head.write(p.exporter, names)
  const streamLen = head.write(p.stream, names + exporterLen)
  head.writeUInt8(exporterLen, off + 20)
  head.writeUInt8(streamLen, off + 21)
  return names + exporterLen + streamLen
}

/** The length of the header that may begin at `off`, or 0 when none can. Only the CRC proves that it is a header. */
export function headerLengthAt(b: Buffer, off: number): number {
  if (off + RECORD_FIXED_BYTES > b.length || b.readUInt32LE(off) !== RECORD_MAGIC) return 0
  const n = b.readUInt32LE(off + 12)
  const sane = n >= RECORD_FIXED_BYTES && n <= HEADER_BYTES_MAX && n % ALIGN === 0
  return sane && b.readUInt32LE(off + 8) >= n ? n : 0
}

/** The header at `off`. Null when it is damaged, cut off, or remains from an earlier use of the file. */
export function decodeHeader(
  b: Buffer,
  off: number,
  epoch: number,
  seed: number,
): RecordHeader | null {
  const headLen = headerLengthAt(b, off)
  if (headLen === 0 || off + headLen > b.length) return null
  const head = b.subarray(off, off + headLen)
  if (head.readUInt32LE(16) !== epoch) return null
  if (crc32(head.subarray(8), seed) !== head.readUInt32LE(4)) return null
  const eventCount = head.readUInt32LE(48)
  const claimCount = head.readUInt32LE(52)
  const namesAt = RECORD_FIXED_BYTES + head.readUInt16LE(60)
  const partsAt = headLen + eventCount * 16 + claimCount * 12
  return {
    totalLength: head.readUInt32LE(8),
    headerLength: headLen,
    epoch,
    sequence: head.readBigUInt64LE(24),
    createdAtMs: head.readDoubleLE(32),
    eventsBefore: head.readDoubleLE(40),
    eventCount,
    claimCount,
    factsCrc: head.readUInt32LE(56),
    pipeline: head.toString('utf8', RECORD_FIXED_BYTES, namesAt),
    rows: decodeRows(head, namesAt, head.readUInt16LE(22), partsAt),
  }
}

function decodeRows(head: Buffer, start: number, count: number, partsAt: number): PartRow[] {
  const rows: PartRow[] = []
  let o = start
  let offset = partsAt
  for (let i = 0; i < count; i++) {
    const names = o + ROW_FIXED_BYTES
    const streamAt = names + head.readUInt8(o + 20)
    const end = streamAt + head.readUInt8(o + 21)
    const length = head.readUInt32LE(o + 4)
    rows.push({
      exporter: head.toString('utf8', names, streamAt),
      stream: head.toString('utf8', streamAt, end),
      items: head.readUInt32LE(o),
      itemsBefore: head.readDoubleLE(o + 12),
      length,
      crc: head.readUInt32LE(o + 8),
      offset,
    })
    offset += length
    o = end
  }
  return rows
}
