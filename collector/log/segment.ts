// A segment file: its name and its header block. The header has the cumulative counts at the segment's start, so that
// a start knows the length of every queue after reading only the last segment.
//
// Header, little-endian: 0 magic u32 | 4 CRC u32 over [8, used) | 8 used u32 | 12 version u16 |
// 14 checksum kind u8 (1 = zlib CRC-32) | 15 key id u8 (0 = none) | 16 epoch u32 | 20 block length u32 |
// 24 first sequence u64 | 32 created at f64 | 40 events before f64 | 48 log id 16 | 64 rows u16 |
// 66 recycled u16 (1 = the file was used before: bytes after the last record are no unfinished append) |
// row: name length u8, items before f64, name.

import { crc32 } from 'node:zlib'
import { ObservaError } from '../../core/errors.ts'
import type { QueueFile } from './queue-fs.ts'
import type { Totals } from './record.ts'

const SEGMENT_MAGIC = 0x4753_424f
const SEGMENT_VERSION = 1
const CHECKSUM_CRC32 = 1
const BLOCK_BYTES = 4096
const BLOCK_BYTES_MAX = 1024 * 1024
const ROWS_AT = 68

/** A segment in the memory of the log. `endBytes` grows while it is the active one. */
export interface Segment {
  readonly path: string
  readonly epoch: number
  readonly firstSequence: bigint
  /** The offset of the first record. */
  readonly startBytes: number
  /** How many events were appended before this segment since the log began. Null when its header is damaged. */
  readonly eventsBefore: number | null
  /** Records may exist up to this offset. For the active segment it is the end of what readers may see. */
  endBytes: number
  /** The length of the file. */
  fileBytes: number
}

export interface SegmentHeader {
  readonly epoch: number
  readonly blockLength: number
  readonly firstSequence: bigint
  readonly createdAtMs: number
  readonly logId: Buffer
  /** True if the file was another segment before. Old bytes then follow the new records. */
  readonly isRecycled: boolean
  readonly totals: Totals
}

/** `w-<epoch>-<first sequence>.seg`. The epoch grows with each segment; the first sequence number need not. */
export function segmentName(epoch: number, firstSequence: bigint): string {
  return `w-${hex(epoch, 8)}-${hex(firstSequence, 16)}.seg`
}

function hex(n: number | bigint, width: number): string {
  return n.toString(16).padStart(width, '0')
}

export function parseSegmentName(
  name: string,
): { readonly epoch: number; readonly firstSequence: bigint } | null {
  const m = /^w-([0-9a-f]{8})-([0-9a-f]{16})\.seg$/.exec(name)
  if (m === null) return null
  return { epoch: Number.parseInt(m[1] ?? '', 16), firstSequence: BigInt(`0x${m[2]}`) }
}

export function encodeSegmentHeader(h: Omit<SegmentHeader, 'blockLength'>): Buffer {
  const names = [...h.totals.items.keys()]
  const used = names.reduce((n, name) => n + 9 + Buffer.byteLength(name), ROWS_AT)
  const blockLength = Math.ceil(used / BLOCK_BYTES) * BLOCK_BYTES
  const b = Buffer.alloc(blockLength)
  b.writeUInt32LE(SEGMENT_MAGIC, 0)
  b.writeUInt32LE(used, 8)
  b.writeUInt16LE(SEGMENT_VERSION, 12)
  b.writeUInt8(CHECKSUM_CRC32, 14)
  b.writeUInt32LE(h.epoch, 16)
  b.writeUInt32LE(blockLength, 20)
  b.writeBigUInt64LE(h.firstSequence, 24)
  b.writeDoubleLE(h.createdAtMs, 32)
  b.writeDoubleLE(h.totals.events, 40)
  b.set(h.logId, 48)
  b.writeUInt16LE(names.length, 64)
  b.writeUInt16LE(h.isRecycled ? 1 : 0, 66)
  let o = ROWS_AT
  for (const [name, items] of h.totals.items) {
    const len = b.write(name, o + 9)
    b.writeUInt8(len, o)
    b.writeDoubleLE(items, o + 1)
    o += 9 + len
  }
  b.writeUInt32LE(crc32(b.subarray(8, used)), 4)
  return b
}

/** The header. Null when it is damaged, or remains from an earlier use of the file. */
export async function readSegmentHeader(
  file: QueueFile,
  epoch: number,
): Promise<SegmentHeader | null> {
  const fixed = Buffer.alloc(ROWS_AT)
  if ((await file.read(fixed, 0)) < ROWS_AT) return null
  if (fixed.readUInt32LE(0) !== SEGMENT_MAGIC) return null
  const used = fixed.readUInt32LE(8)
  if (used < ROWS_AT || used > BLOCK_BYTES_MAX) return null
  const b = Buffer.alloc(used)
  if ((await file.read(b, 0)) < used) return null
  if (crc32(b.subarray(8)) !== b.readUInt32LE(4) || b.readUInt32LE(16) !== epoch) return null
  refuseNewerVersion(b)
  return {
    epoch,
    blockLength: b.readUInt32LE(20),
    firstSequence: b.readBigUInt64LE(24),
    createdAtMs: b.readDoubleLE(32),
    logId: b.subarray(48, 64),
    isRecycled: b.readUInt16LE(66) === 1,
    totals: { events: b.readDoubleLE(40), items: readRows(b) },
  }
}

function refuseNewerVersion(b: Buffer): void {
  const version = b.readUInt16LE(12)
  if (version > SEGMENT_VERSION || b.readUInt8(14) !== CHECKSUM_CRC32 || b.readUInt8(15) !== 0) {
    throw new ObservaError(
      'OBS_LOG_VERSION',
      `The log was written by a newer version of Observa (format ${version}, this one reads up to ${SEGMENT_VERSION}).`,
      'Start the newer version, or let it drain the log before going back.',
    )
  }
}

function readRows(b: Buffer): Map<string, number> {
  const items = new Map<string, number>()
  let o = ROWS_AT
  for (let i = b.readUInt16LE(64); i > 0; i--) {
    const len = b.readUInt8(o)
    items.set(b.toString('utf8', o + 9, o + 9 + len), b.readDoubleLE(o + 1))
    o += 9 + len
  }
  return items
}
