// Reads records in order: the newest from memory, older ones from segments. Damage costs the damaged part or record
// and is counted. It never stops a reader and never makes one loop.

import { messageOf } from '../../core/errors.ts'
import { errorCode, type QueueFile, type QueueFs } from './queue-fs.ts'
import type { StoredRecord } from './recent-records.ts'
import type { LogPart } from './record.ts'
import type { Segment } from './segment.ts'
import { type FoundRecord, type ScanRange, SegmentScanner } from './segment-scan.ts'

/** What a reader needs of a log. `log.ts` provides it. */
export interface ReadSource {
  readonly fs: QueueFs
  readonly seed: number
  /** The sequence number of the next append. All records before it are visible. */
  nextSequence(): bigint
  cached(sequence: bigint): StoredRecord | null
  segments(): readonly Segment[]
  /** Resolves at the next append that readers may see. */
  published(signal: AbortSignal | undefined): Promise<void>
  /** Reports that the records in `[from, to)` are missing. */
  missing(from: bigint, to: bigint, detail: string): void
  /** Reports a damaged part. `part` is unique. */
  damaged(part: string): void
}

export interface ReaderOptions {
  /** Loads only the parts of this exporter. Without it, all parts are loaded. */
  readonly exporter?: string
  /** Loads no parts at all, for the usage ledger. */
  readonly factsOnly?: boolean
  /** Loads event ids and claims beside the parts. */
  readonly withFacts?: boolean
}

export interface LogRecord {
  readonly sequence: bigint
  readonly pipeline: string
  readonly createdAtMs: number
  readonly eventCount: number
  /** The parts in the order of the record. Damaged ones are left out, as `index` and `itemsBefore` show. */
  readonly parts: readonly LogPart[]
  readonly eventIds: Uint8Array
  readonly claims: Int32Array
}

const NO_BYTES = new Uint8Array(0)
const NO_CLAIMS = new Int32Array(0)

export class LogReader {
  readonly #source: ReadSource
  readonly #options: ReaderOptions
  /** The sequence number of the next record to return. */
  position: bigint
  /** How many sequence numbers were skipped because their records are unreadable. */
  skippedRecords = 0
  #disk: {
    readonly epoch: number
    readonly file: QueueFile
    readonly scanner: SegmentScanner
  } | null = null
  /**
   * The offset of the record after the last one read from memory, in case that record leaves the memory before it is
   * read.
   */
  #hint = { epoch: -1, offset: 0 }

  constructor(source: ReadSource, from: bigint, options: ReaderOptions) {
    this.#source = source
    this.#options = options
    this.position = from
  }

  /** True when all visible records have been returned. */
  get isCaughtUp(): boolean {
    return this.position >= this.#source.nextSequence()
  }

  /** Waits for the next record and returns it. */
  async next(signal?: AbortSignal): Promise<LogRecord> {
    for (;;) {
      const r = await this.poll()
      if (r !== null) return r
      await this.wait(signal)
    }
  }

  /** Returns the next record, or null when there is none yet. */
  async poll(): Promise<LogRecord | null> {
    while (!this.isCaughtUp) {
      const cached = this.#source.cached(this.position)
      if (cached !== null) return this.#fromCache(cached)
      const read = await this.#fromDisk()
      if (read !== null) return read
    }
    return null
  }

  /** Resolves when `poll` may have a record. */
  async wait(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (this.isCaughtUp) await this.#source.published(signal)
  }

  async close(): Promise<void> {
    const disk = this.#disk
    this.#disk = null
    await disk?.file.close()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<LogRecord, void, void> {
    for (;;) yield await this.next()
  }

  #fromCache(r: StoredRecord): LogRecord {
    this.position = r.sequence + 1n
    this.#hint = { epoch: r.epoch, offset: r.offset + r.totalLength }
    const { exporter, factsOnly = false, withFacts = factsOnly } = this.#options
    const { sequence, pipeline, createdAtMs, eventCount } = r
    const wanted = factsOnly
      ? []
      : r.parts.filter((p) => exporter === undefined || p.exporter === exporter)
    // Copies, because the memory of a record is freed when it leaves the cache.
    const parts = wanted.map(copyOf)
    const facts = withFacts ? { eventIds: r.eventIds.slice(), claims: r.claims.slice() } : NO_FACTS
    return { sequence, pipeline, createdAtMs, eventCount, parts, ...facts }
  }

  /** Reads one record from the disk. Returns null after moving past a gap. */
  async #fromDisk(): Promise<LogRecord | null> {
    const segments = this.#source.segments()
    const at = segmentIndex(segments, this.position)
    const segment = segments[Math.max(at, 0)]
    if (segment === undefined) return this.#gap(this.#source.nextSequence(), 'no segment is left')
    if (at < 0) return this.#gap(segment.firstSequence, 'the segment was deleted')
    const end = segments[at + 1]?.firstSequence ?? this.#source.nextSequence()
    try {
      const scanner = await this.#scannerOf(segment)
      let found = await scanner.next()
      while (found !== null && found.header.sequence < this.position) found = await scanner.next()
      if (found === null || found.header.sequence >= end)
        return await this.#leave(end, `the rest of segment ${segment.epoch} is unreadable`)
      this.#gap(
        found.header.sequence,
        `segment ${segment.epoch} is damaged before offset ${found.offset}`,
      )
      const record = await this.#load(scanner, found)
      this.position = found.header.sequence + 1n
      return record
    } catch (error) {
      if (!isLost(error)) throw error
      return this.#leave(end, `segment ${segment.epoch} cannot be read: ${messageOf(error)}`)
    }
  }

  async #leave(end: bigint, why: string): Promise<null> {
    await this.close()
    return this.#gap(end, why)
  }

  #gap(to: bigint, why: string): null {
    const missing = Number(to - this.position)
    if (missing > 0) {
      this.skippedRecords += missing
      this.#source.missing(this.position, to, why)
      this.position = to
    }
    return null
  }

  async #scannerOf(segment: Segment): Promise<SegmentScanner> {
    if (this.#disk?.epoch === segment.epoch) return this.#disk.scanner
    await this.close()
    const { fs, seed } = this.#source
    const file = await fs.open(segment.path, 'read')
    const isHinted = this.#hint.epoch === segment.epoch
    const range: ScanRange = {
      epoch: segment.epoch,
      seed,
      fromBytes: isHinted ? this.#hint.offset : segment.startBytes,
      get endBytes() {
        return segment.endBytes
      },
    }
    const scanner = new SegmentScanner(file, range)
    this.#disk = { epoch: segment.epoch, file, scanner }
    return scanner
  }

  async #load(scanner: SegmentScanner, found: FoundRecord): Promise<LogRecord> {
    const { header } = found
    const { exporter, factsOnly = false, withFacts = factsOnly } = this.#options
    const parts: LogPart[] = []
    for (const [index, row] of header.rows.entries()) {
      if (factsOnly || (exporter !== undefined && row.exporter !== exporter)) continue
      const bytes = await scanner.part(found, row)
      const { stream, items, itemsBefore } = row
      if (bytes !== null)
        parts.push({ exporter: row.exporter, stream, items, bytes, index, itemsBefore })
      else
        this.#source.damaged(
          `part ${index} of record ${header.sequence}: ${items} items for ${row.exporter}`,
        )
    }
    const { sequence, pipeline, createdAtMs, eventCount } = header
    const facts = withFacts ? await this.#facts(scanner, found) : NO_FACTS
    return { sequence, pipeline, createdAtMs, eventCount, parts, ...facts }
  }

  async #facts(
    scanner: SegmentScanner,
    found: FoundRecord,
  ): Promise<Pick<LogRecord, 'eventIds' | 'claims'>> {
    const bytes = await scanner.facts(found)
    if (bytes === null) {
      this.#source.damaged(`facts of record ${found.header.sequence}`)
      return NO_FACTS
    }
    const idBytes = found.header.eventCount * 16
    const claims = new Int32Array(found.header.claimCount * 3)
    new Uint8Array(claims.buffer).set(bytes.subarray(idBytes))
    return { eventIds: bytes.subarray(0, idBytes), claims }
  }
}

function copyOf(part: LogPart): LogPart {
  const bytes = new Uint8Array(part.bytes)
  return { ...part, bytes, memory: bytes.buffer }
}

const NO_FACTS = { eventIds: NO_BYTES, claims: NO_CLAIMS }

/** The index of the segment that has `sequence`: the last one that begins at or before it. */
function segmentIndex(segments: readonly Segment[], sequence: bigint): number {
  let i = segments.length - 1
  while (i >= 0 && (segments[i] as Segment).firstSequence > sequence) i--
  return i
}

/**
 * True for errors that mean that these bytes are lost. Others, such as too few descriptors, are temporary and are
 * thrown.
 */
function isLost(error: unknown): boolean {
  const code = errorCode(error)
  return code === 'EIO' || code === 'ENOENT' || code === 'EACCES' || code === 'EUCLEAN'
}
