// Reads the records of one segment from any record's offset, finds the next record after damage, and verifies or
// loads payloads. Memory is limited to one window, whatever the file contains.

import { crc32 } from 'node:zlib'
import type { QueueFile } from './queue-fs.ts'
import {
  decodeHeader,
  headerLengthAt,
  type PartRow,
  RECORD_FIXED_BYTES,
  RECORD_MAGIC,
  type RecordHeader,
} from './record.ts'

const WINDOW_BYTES = 256 * 1024
/** How many bytes are read after a jump: a header and its facts, for large records whose parts are not needed. */
const JUMP_BYTES = 16 * 1024
const ALIGN = 8
const MAGIC_BYTES = Buffer.alloc(4)
MAGIC_BYTES.writeUInt32LE(RECORD_MAGIC)

export interface FoundRecord {
  /** The offset of the record in the file. */
  readonly offset: number
  readonly header: RecordHeader
  /** How many bytes of damage were skipped to find it. */
  readonly skippedBytes: number
}

export interface ScanRange {
  readonly epoch: number
  readonly seed: number
  /** The offset of a record, or where one should begin. */
  readonly fromBytes: number
  /** Nothing at or after this offset is read. It may grow while the segment does. */
  readonly endBytes: number
}

export class SegmentScanner {
  readonly #file: QueueFile
  readonly #range: ScanRange
  readonly #window: FileWindow
  /** The offset at which the next record is expected: the end of the last one. */
  offset: number
  #last = -1n

  constructor(file: QueueFile, range: ScanRange) {
    this.#file = file
    this.#range = range
    this.#window = new FileWindow(file, range)
    this.offset = range.fromBytes
  }

  /** The next record with an intact header, or null when there is none before the end. */
  async next(): Promise<FoundRecord | null> {
    let at = this.offset
    let header = await this.#headerAt(at)
    while (header === null) {
      at = await this.#nextMagic(at + ALIGN)
      if (at < 0) return null
      header = await this.#headerAt(at)
    }
    const skippedBytes = at - this.offset
    this.offset = at + header.totalLength
    this.#last = header.sequence
    return { offset: at, header, skippedBytes }
  }

  /** True when facts and all parts match their CRCs. */
  async isIntact(found: FoundRecord): Promise<boolean> {
    const { header, offset } = found
    const factsAt = offset + header.headerLength
    const factsLen = header.eventCount * 16 + header.claimCount * 12
    if ((await this.#crcOf(factsAt, factsLen)) !== header.factsCrc) return false
    for (const row of header.rows)
      if ((await this.#crcOf(offset + row.offset, row.length)) !== row.crc) return false
    return true
  }

  /** The bytes of one part, or null when they are damaged. */
  async part(found: FoundRecord, row: PartRow): Promise<Uint8Array | null> {
    const bytes = await this.#load(found.offset + row.offset, row.length)
    return bytes !== null && crc32(bytes) === row.crc ? bytes : null
  }

  /** Event ids and claims as stored, or null when they are damaged. */
  async facts(found: FoundRecord): Promise<Uint8Array | null> {
    const { header, offset } = found
    const length = header.eventCount * 16 + header.claimCount * 12
    // The facts follow the header and are usually in the window already.
    const view = await this.#window.view(offset + header.headerLength, length)
    if (view.length < length) return null
    const bytes = Buffer.from(view.subarray(0, length))
    return crc32(bytes) === header.factsCrc ? bytes : null
  }

  async #headerAt(at: number): Promise<RecordHeader | null> {
    const { epoch, seed, endBytes } = this.#range
    if (at + RECORD_FIXED_BYTES > endBytes) return null
    let view = await this.#window.view(at, RECORD_FIXED_BYTES)
    const length = headerLengthAt(view, 0)
    if (length === 0) return null
    if (length > view.length) view = await this.#window.view(at, length)
    const header = decodeHeader(view, 0, epoch, seed)
    if (header === null || header.sequence <= this.#last) return null
    return at + header.totalLength <= endBytes ? header : null
  }

  /** The offset of the next aligned magic number at or after `from`, or -1. */
  async #nextMagic(from: number): Promise<number> {
    for (let at = from; at + RECORD_FIXED_BYTES <= this.#range.endBytes; ) {
      const view = await this.#window.view(at, RECORD_FIXED_BYTES)
      if (view.length < RECORD_FIXED_BYTES) return -1
      let hit = view.indexOf(MAGIC_BYTES)
      while (hit >= 0 && (at + hit) % ALIGN !== 0) hit = view.indexOf(MAGIC_BYTES, hit + 1)
      if (hit >= 0) return at + hit
      // The last bytes may begin a magic number that continues in the next view. Because of the alignment the overlap
      // is eight bytes.
      at += Math.max(ALIGN, (view.length - ALIGN) & ~(ALIGN - 1))
    }
    return -1
  }

  async #load(off: number, length: number): Promise<Uint8Array | null> {
    const bytes = Buffer.allocUnsafeSlow(length)
    return (await this.#file.read(bytes, off)) === length ? bytes : null
  }

  async #crcOf(off: number, length: number): Promise<number> {
    let crc = 0
    let at = off
    while (at < off + length) {
      const view = await this.#window.view(at, 1)
      if (view.length === 0) return -1
      const take = Math.min(view.length, off + length - at)
      crc = crc32(view.subarray(0, take), crc)
      at += take
    }
    return crc
  }
}

/** A buffer over a part of the file, which is reused. */
class FileWindow {
  readonly #file: QueueFile
  readonly #range: ScanRange
  #buffer = Buffer.allocUnsafeSlow(WINDOW_BYTES)
  #from = 0
  #length = 0

  constructor(file: QueueFile, range: ScanRange) {
    this.#file = file
    this.#range = range
  }

  /**
   * Returns bytes from `at`: at least `min` unless the range ends before, often more. They are valid until the next
   * call.
   */
  async view(at: number, min: number): Promise<Buffer> {
    if (at < this.#from || at + min > this.#from + this.#length) await this.#fill(at, min)
    return this.#buffer.subarray(Math.min(at - this.#from, this.#length), this.#length)
  }

  async #fill(at: number, min: number): Promise<void> {
    if (min > this.#buffer.length) this.#buffer = Buffer.allocUnsafeSlow(min)
    const isSequential = at >= this.#from && at <= this.#from + this.#length
    const ahead = isSequential ? this.#buffer.length : Math.max(JUMP_BYTES, min)
    const want = Math.max(0, Math.min(ahead, this.#range.endBytes - at))
    this.#from = at
    // The window is emptied first, so that after a failed read it does not seem to contain these bytes.
    this.#length = 0
    this.#length = await this.#file.read(this.#buffer.subarray(0, want), at)
  }
}
