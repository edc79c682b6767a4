// The segment files of an open log: makes the next one, recycles or deletes those that nobody needs, and keeps a
// preallocated spare. A recycled or preallocated file needs no new blocks. So a commit does not wait for the journal
// of the file system, and a full disk can still take one segment. Consumers let go of several segments at a time; as many
// are recycled as are needed until the next time, because one that is filled with zeros first is written twice.

import { join } from 'node:path'
import { messageOf } from '../../core/errors.ts'
import { isMissing, type QueueFile, type QueueFs, shortWriteError } from './queue-fs.ts'
import type { Totals } from './record.ts'
import { encodeSegmentHeader, type Segment, segmentName } from './segment.ts'

const SPARE_NAME = 'spare.seg'
/** The one that was filled with zeros, and recycled ones with their former epoch. */
const SPARE = /^spare(?:-[0-9a-f]+)?\.seg$/
const SPARES_MAX = 8
/** Spares may take this share of what the log may. */
const SPARES_SHARE = 1 / 8
/** After so long without a new segment, one spare is enough. */
const SPARES_KEPT_MS = 60_000
const SPARE_TEMP_NAME = 'spare.tmp'
const FILL_CHUNK_BYTES = 1024 * 1024
/** The zeros are synced in small steps, so that a commit never waits for 64 MiB of them. */
const FILL_SYNC_BYTES = 4 * 1024 * 1024

export interface SegmentFilesSettings {
  readonly dir: string
  readonly fs: QueueFs
  readonly segmentBytes: number
  /** What the log may hold; it limits the spares. */
  readonly bytesMax: number
  readonly logId: Buffer
  /** While true, there is one spare at most. */
  readonly isDiskLow: () => boolean
  readonly warn: (message: string) => void
}

/** Files of earlier runs that have no readable record. */
export interface Leftovers {
  /** Files that were never written to. They are deleted. */
  readonly unused: readonly string[]
  /** Files with bytes of which none can be read. They are renamed and kept for a person to look at. */
  readonly unreadable: readonly string[]
}

/** The files of earlier runs. */
export interface FoundFiles {
  readonly segments: Segment[]
  readonly nextEpoch: number
  readonly leftovers: Leftovers
}

export interface ActiveSegment {
  readonly segment: Segment
  readonly file: QueueFile
}

export class SegmentFiles {
  readonly segments: Segment[]
  #nextEpoch: number
  readonly #s: SegmentFilesSettings
  readonly #sparesMax: number
  /** Names of files, all of the size of a segment. */
  readonly #spares: string[] = []
  /** Segments that were made since some were removed. */
  #made = 0
  #trimming: NodeJS.Timeout | null = null
  /**
   * After a failure no spare is made until the next segment, because on a nearly full disk it would take space that
   * the log needs.
   */
  #hasSpareFailed = false
  #background: Promise<void> | null = null
  #closing = false
  #leftovers: Leftovers

  constructor(settings: SegmentFilesSettings, { segments, nextEpoch, leftovers }: FoundFiles) {
    this.#s = settings
    const { bytesMax, segmentBytes } = settings
    const fitting = Math.floor((bytesMax * SPARES_SHARE) / segmentBytes)
    this.#sparesMax = Math.max(1, Math.min(SPARES_MAX, fitting))
    this.segments = segments
    this.#nextEpoch = nextEpoch
    this.#leftovers = leftovers
  }

  get hasSpare(): boolean {
    return this.#spares.length > 0
  }

  /** Uses the spares of the last run, and deletes an unfinished one. */
  async adoptSpare(): Promise<void> {
    const { fs, dir, segmentBytes } = this.#s
    const names = await fs.list(dir)
    if (names.includes(SPARE_TEMP_NAME)) await fs.unlink(join(dir, SPARE_TEMP_NAME))
    for (const name of names.filter((n) => SPARE.test(n))) {
      const file = await fs.open(join(dir, name), 'read')
      const size = await file.sizeBytes()
      await file.close()
      if (size === segmentBytes && this.#spares.length < this.#sparesMax) this.#spares.push(name)
      else await fs.unlink(join(dir, name))
    }
    this.#trimLater()
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
      this.#made++
      this.#hasSpareFailed = false
      this.#trimLater()
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
    if (removed > 0) {
      await fs.fsyncDir(dir)
      this.#made = 0
    }
    if (this.#s.isDiskLow()) await this.#trimTo(1)
    return removed
  }

  /** Deletes the spares, which may be recycled files that still have what they held before. */
  async dropSpares(): Promise<void> {
    await this.#background
    await this.#trimTo(0)
  }

  async #trimTo(count: number): Promise<void> {
    const { fs, dir } = this.#s
    const dropped = this.#spares.splice(count)
    for (const name of dropped) await fs.unlink(join(dir, name)).catch(ignoreMissing)
    if (dropped.length > 0) await fs.fsyncDir(dir)
  }

  #trimLater(): void {
    if (this.#trimming !== null) clearTimeout(this.#trimming)
    this.#trimming = null
    if (this.#sparesMax === 1 || this.#closing) return
    this.#trimming = setTimeout(() => {
      this.#trimTo(1).catch((error: unknown) => {
        this.#s.warn(`Spare segments could not be removed: ${messageOf(error)}`)
      })
    }, SPARES_KEPT_MS).unref()
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
    if (this.hasSpare || this.#hasSpareFailed || this.#closing) return
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
    if (this.#trimming !== null) clearTimeout(this.#trimming)
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
    const name = this.#spares.shift()
    if (name === undefined) return false
    try {
      await this.#s.fs.rename(join(this.#s.dir, name), path)
      return true
    } catch (error) {
      this.#s.warn(`The spare segment could not be used: ${messageOf(error)}`)
      return false
    }
  }

  async #recycled(s: Segment): Promise<boolean> {
    const { fs, dir, segmentBytes } = this.#s
    const max = this.#s.isDiskLow() ? 1 : this.#sparesMax
    const wanted = Math.max(1, Math.min(max, this.#made))
    const known = this.#spares.length + (this.#background === null ? 0 : 1)
    if (known >= wanted || s.fileBytes !== segmentBytes) return false
    const name = `spare-${s.epoch.toString(16)}.seg`
    try {
      await fs.rename(s.path, join(dir, name))
      this.#spares.push(name)
      this.#trimLater()
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
    this.#spares.push(SPARE_NAME)
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
