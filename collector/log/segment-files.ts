// The segment files of an open log: makes the next one, recycles or deletes those that nobody needs, and keeps a
// preallocated spare. A recycled or preallocated file needs no new blocks. So a commit does not wait for the journal
// of the file system, and a full disk can still take one segment.

import { join } from 'node:path'
import { messageOf } from '../../core/errors.ts'
import { isMissing, type QueueFile, type QueueFs, shortWriteError } from './queue-fs.ts'
import type { Totals } from './record.ts'
import { encodeSegmentHeader, type Segment, segmentName } from './segment.ts'

const SPARE_NAME = 'spare.seg'
const SPARE_TEMP_NAME = 'spare.tmp'
const FILL_CHUNK_BYTES = 1024 * 1024
/** The zeros are synced in small steps, so that a commit never waits for 64 MiB of them. */
const FILL_SYNC_BYTES = 4 * 1024 * 1024

export interface SegmentFilesSettings {
  readonly dir: string
  readonly fs: QueueFs
  readonly segmentBytes: number
  readonly logId: Buffer
  readonly warn: (message: string) => void
}

/** Files of earlier runs that have no readable record. */
export interface Leftovers {
  /** Files that were never written to. They are deleted. */
  readonly unused: readonly string[]
  /** Files with bytes of which none can be read. They are renamed and kept for a person to look at. */
  readonly unreadable: readonly string[]
}

export interface ActiveSegment {
  readonly segment: Segment
  readonly file: QueueFile
}

export class SegmentFiles {
  readonly segments: Segment[]
  #nextEpoch: number
  readonly #s: SegmentFilesSettings
  #hasSpare = false
  /**
   * After a failure no spare is made until the next segment, because on a nearly full disk it would take space that
   * the log needs.
   */
  #hasSpareFailed = false
  #background: Promise<void> | null = null
  #closing = false
  #leftovers: Leftovers

  constructor(
    settings: SegmentFilesSettings,
    segments: Segment[],
    nextEpoch: number,
    leftovers: Leftovers,
  ) {
    this.#s = settings
    this.segments = segments
    this.#nextEpoch = nextEpoch
    this.#leftovers = leftovers
  }

  get hasSpare(): boolean {
    return this.#hasSpare
  }

  /** Uses the spare of the last run, and deletes an unfinished one. */
  async adoptSpare(): Promise<void> {
    const { fs, dir, segmentBytes } = this.#s
    const names = await fs.list(dir)
    if (names.includes(SPARE_TEMP_NAME)) await fs.unlink(join(dir, SPARE_TEMP_NAME))
    if (!names.includes(SPARE_NAME)) return
    const file = await fs.open(join(dir, SPARE_NAME), 'read')
    const size = await file.sizeBytes()
    await file.close()
    if (size === segmentBytes) this.#hasSpare = true
    else await fs.unlink(join(dir, SPARE_NAME))
  }

  /**
   * Makes a new last segment whose header and name are durable. After a failure nothing but the epoch has changed.
   */
  async create(firstSequence: bigint, totals: Totals, createdAtMs: number): Promise<ActiveSegment> {
    const { fs, dir, logId } = this.#s
    const epoch = this.#nextEpoch++
    const path = join(dir, segmentName(epoch, firstSequence))
    const isRecycled = await this.#claimSpare(path)
    const file = await fs.open(path, isRecycled ? 'write' : 'create-new')
    try {
      const head = encodeSegmentHeader({
        epoch,
        firstSequence,
        createdAtMs,
        logId,
        isRecycled,
        totals,
      })
      const written = await file.writev([head], 0)
      if (written < head.length) throw shortWriteError()
      await file.datasync()
      await fs.fsyncDir(dir)
      const fileBytes = Math.max(head.length, await file.sizeBytes())
      const size = { startBytes: head.length, endBytes: head.length, fileBytes }
      const eventsBefore = totals.events
      const segment: Segment = { path, epoch, firstSequence, eventsBefore, ...size }
      this.segments.push(segment)
      this.#hasSpareFailed = false
      await this.#cleanUp()
      return { segment, file }
    } catch (error) {
      await this.#discard(file, path)
      throw error
    }
  }

  /**
   * Deletes or recycles the oldest segments while `isFree` is true for them. The last segment always stays. Returns
   * how many were removed.
   */
  async removeWhile(
    isFree: (oldest: Segment, next: Segment) => boolean,
    mayRecycle: (oldest: Segment) => boolean = () => true,
  ): Promise<number> {
    const { fs, dir } = this.#s
    let removed = 0
    for (;;) {
      const [oldest, next] = this.segments
      if (oldest === undefined || next === undefined || !isFree(oldest, next)) break
      this.segments.shift()
      removed++
      if (mayRecycle(oldest) && (await this.#recycled(oldest))) continue
      await fs.unlink(oldest.path).catch(ignoreMissing)
    }
    if (removed > 0) await fs.fsyncDir(dir)
    return removed
  }

  /** Deletes the spare, which may be a recycled file that still has what it held before. */
  async dropSpare(): Promise<void> {
    await this.#background
    if (!this.#hasSpare) return
    this.#hasSpare = false
    await this.#s.fs.unlink(join(this.#s.dir, SPARE_NAME)).catch(ignoreMissing)
    await this.#s.fs.fsyncDir(this.#s.dir)
  }

  /**
   * The number of bytes of the segments that have records from `needed` on. `end` is the sequence number after the
   * last record.
   */
  bytesFrom(needed: bigint, end: bigint): number {
    let bytes = 0
    for (let i = this.segments.length - 1; i >= 0; i--) {
      if ((this.segments[i + 1]?.firstSequence ?? end) <= needed) break
      bytes += (this.segments[i] as Segment).endBytes
    }
    return bytes
  }

  /** The number of bytes of whole segments before `needed`. */
  bytesBefore(needed: bigint): number {
    let bytes = 0
    for (let i = 0; i + 1 < this.segments.length; i++) {
      if ((this.segments[i + 1] as Segment).firstSequence > needed) break
      bytes += (this.segments[i] as Segment).endBytes
    }
    return bytes
  }

  /** Starts making a spare if there is none. */
  prepareSpare(): void {
    if (this.#hasSpare || this.#hasSpareFailed || this.#closing) return
    if (this.#background !== null) return
    this.#background = this.#makeSpare()
      .catch((error: unknown) => {
        this.#hasSpareFailed = true
        this.#s.warn(`No spare segment could be made: ${messageOf(error)}`)
      })
      .finally(() => {
        this.#background = null
      })
  }

  async close(): Promise<void> {
    this.#closing = true
    await this.#background
  }

  /** Removes leftovers. Until a new segment exists, one of them may be the only file that has the counts. */
  async #cleanUp(): Promise<void> {
    const { fs, dir, warn } = this.#s
    const { unused, unreadable } = this.#leftovers
    if (unused.length + unreadable.length === 0) return
    this.#leftovers = { unused: [], unreadable: [] }
    try {
      for (const path of unused) await fs.unlink(path).catch(ignoreMissing)
      for (const path of unreadable) {
        await fs.rename(path, `${path}.unreadable`)
        warn(`${path} cannot be read; it was renamed and may be deleted`)
      }
      await fs.fsyncDir(dir)
    } catch (error) {
      warn(`Leftovers of an earlier run could not be removed: ${messageOf(error)}`)
    }
  }

  async #claimSpare(path: string): Promise<boolean> {
    if (!this.#hasSpare) return false
    this.#hasSpare = false
    try {
      await this.#s.fs.rename(join(this.#s.dir, SPARE_NAME), path)
      return true
    } catch (error) {
      this.#s.warn(`The spare segment could not be used: ${messageOf(error)}`)
      return false
    }
  }

  async #recycled(s: Segment): Promise<boolean> {
    const { fs, dir, segmentBytes } = this.#s
    if (this.#hasSpare || this.#background !== null || s.fileBytes !== segmentBytes) return false
    try {
      await fs.rename(s.path, join(dir, SPARE_NAME))
      this.#hasSpare = true
      return true
    } catch (error) {
      if (!isMissing(error)) this.#s.warn(`A segment could not be recycled: ${messageOf(error)}`)
      return false
    }
  }

  async #makeSpare(): Promise<void> {
    const { fs, dir, segmentBytes } = this.#s
    const temp = join(dir, SPARE_TEMP_NAME)
    const file = await fs.open(temp, 'create')
    try {
      await this.#fill(file, segmentBytes)
    } catch (error) {
      await this.#discard(file, temp)
      throw error
    }
    await file.close()
    if (this.#closing) {
      await fs.unlink(temp)
      return
    }
    await fs.rename(temp, join(dir, SPARE_NAME))
    await fs.fsyncDir(dir)
    this.#hasSpare = true
  }

  async #fill(file: QueueFile, bytes: number): Promise<void> {
    const zeros = Buffer.alloc(Math.min(FILL_CHUNK_BYTES, bytes))
    for (let at = 0; at < bytes && !this.#closing; ) {
      const chunk = zeros.subarray(0, Math.min(zeros.length, bytes - at))
      const written = await file.writev([chunk], at)
      if (written < chunk.length) throw shortWriteError()
      at += written
      if (at % FILL_SYNC_BYTES === 0 || at === bytes) await file.datasync()
    }
  }

  async #discard(file: QueueFile, path: string): Promise<void> {
    try {
      await file.close()
      await this.#s.fs.unlink(path)
    } catch (error) {
      this.#s.warn(`A half-made file could not be removed: ${messageOf(error)}`)
    }
  }
}

function ignoreMissing(error: unknown): void {
  if (!isMissing(error)) throw error
}
