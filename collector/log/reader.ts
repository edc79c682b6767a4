// Reads records in order, from memory at the end of the log and from segments behind it. Damage costs
// the damaged part or record and is counted; it never stops a reader and never loops.

import { messageOf } from '../../core/errors.ts'
import { errorCode, type QueueFile, type QueueFs } from './queue-fs.ts'
import type { StoredRecord } from './recent-records.ts'
import type { LogPart } from './record.ts'
import type { Segment } from './segment.ts'
import { type FoundRecord, type ScanRange, SegmentScanner } from './segment-scan.ts'

/** What a reader sees of a log; made by `log.ts`. */
export interface ReadSource {
  readonly fs: QueueFs
  readonly seed: number
  /** Sequence the next append will get; all before it are visible. */
  nextSequence(): bigint
  cached(sequence: bigint): StoredRecord | null
  segments(): readonly Segment[]
  /** Resolves at the next publication. */
  published(signal: AbortSignal | undefined): Promise<void>
  /** The records in `[from, to)` are not there. */
  missing(from: bigint, to: bigint, detail: string): void
  /** `part` names it among all. */
  damaged(part: string): void
}

export interface ReaderOptions {
  /** Only parts of this exporter are loaded; without it, parts of all. */
  readonly exporter?: string
  /** No parts at all: for the usage ledger. */
  readonly factsOnly?: boolean
}

export interface LogRecord {
  readonly sequence: bigint
  readonly pipeline: string
  readonly createdAtMs: number
  readonly eventCount: number
  /** In the order of the record; damaged ones are missing, see `index` and `itemsBefore`. */
  readonly parts: readonly LogPart[]
  readonly eventIds: Uint8Array
  readonly claims: Int32Array
}

const NO_BYTES = new Uint8Array(0)
const NO_CLAIMS = new Int32Array(0)

export class LogReader {
  readonly #source: ReadSource
  readonly #options: ReaderOptions
  /** Sequence of the next record to return. */
  position: bigint
  /** Sequence numbers passed over because nothing readable was there. */
  skippedRecords = 0
  #disk: {
    readonly epoch: number
    readonly file: QueueFile
    readonly scanner: SegmentScanner
  } | null = null
  /** Where the record behind the last cached one begins, should it have left the cache by then. */
  #hint = { epoch: -1, offset: 0 }

  constructor(source: ReadSource, from: bigint, options: ReaderOptions) {
    this.#source = source
    this.#options = options
    this.position = from
  }

  /** True when everything visible has been returned. */
  get isCaughtUp(): boolean {
    return this.position >= this.#source.nextSequence()
  }

  /** The next record; waits for one. */
  async next(signal?: AbortSignal): Promise<LogRecord> {
    for (;;) {
      const r = await this.poll()
      if (r !== null) return r
      await this.wait(signal)
    }
  }

  /** The next record, or null when there is none yet. */
  async poll(): Promise<LogRecord | null> {
    while (!this.isCaughtUp) {
      const cached = this.#source.cached(this.position)
      if (cached !== null) return this.#fromCache(cached)
      const read = await this.#fromDisk()
      if (read !== null) return read
    }
    return null
  }

  /** Resolves when `poll` may have something. */
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
    const { exporter, factsOnly } = this.#options
    if (factsOnly) return { ...r, parts: [] }
    return exporter === undefined
      ? r
      : { ...r, parts: r.parts.filter((p) => p.exporter === exporter) }
  }

  /** One step on the disk: a record, or null after moving on past a gap. */
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
    const { exporter, factsOnly = false } = this.#options
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
    const facts = factsOnly ? await this.#facts(scanner, found) : NO_FACTS
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

const NO_FACTS = { eventIds: NO_BYTES, claims: NO_CLAIMS }

/** Index of the segment that holds `sequence`: the last that begins at or before it. */
function segmentIndex(segments: readonly Segment[], sequence: bigint): number {
  let i = segments.length - 1
  while (i >= 0 && (segments[i] as Segment).firstSequence > sequence) i--
  return i
}

/** Errors that mean that these bytes are gone; others (no descriptors left) pass and are thrown. */
function isLost(error: unknown): boolean {
  const code = errorCode(error)
  return code === 'EIO' || code === 'ENOENT' || code === 'EACCES' || code === 'EUCLEAN'
}
