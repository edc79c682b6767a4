// Group commit: appends that arrive during a sync share the next one. This file decides what a failed write or sync
// means (README.md has the rules) and knows only the active segment. `segment-files.ts` has the files, `log.ts` the
// readers.

import type { Clock } from '../../core/clock.ts'
import { messageOf, ObservaError } from '../../core/errors.ts'
import { isNoSpace, type QueueFile, shortWriteError } from './queue-fs.ts'
import type { StoredRecord } from './recent-records.ts'
import {
  type AppendRecord,
  copyTotals,
  encodeRecord,
  type LogPart,
  recordLength,
  type Totals,
} from './record.ts'
import type { ActiveSegment, SegmentFiles } from './segment-files.ts'

/** The most bytes of one `writev`. It limits what a failed write undoes, and how long one sync takes. */
const GROUP_BYTES_MAX = 8 * 1024 * 1024

export type CommitEvent = 'sync' | 'sync_failed' | 'short_write' | 'rotated' | 'read_only'

export interface CommitterHost {
  readonly segmentFiles: SegmentFiles
  readonly clock: Clock
  readonly seed: number
  readonly segmentBytes: number
  readonly isDurable: boolean
  /** The longest time between a write and its sync in `buffered` mode, ms. */
  readonly syncEveryMs: number
  /** Makes records visible to readers, in order. */
  publish(records: readonly StoredRecord[]): void
  note(event: CommitEvent, message: string): void
}

interface Pending {
  readonly record: AppendRecord
  readonly length: number
  resolve(sequence: bigint): void
  /** Informs the caller of the append synchronously, before any promise settles. */
  refuse(error: Error): void
}

interface Group {
  readonly buffers: Uint8Array[]
  readonly stored: StoredRecord[]
  readonly bytes: number
}

/** The state to which a failed sync returns. */
interface Position {
  next: bigint
  totals: Totals
}

export class Committer {
  readonly #host: CommitterHost
  #active: ActiveSegment
  #written: Position
  #synced: Position
  /** The records written since the last successful sync, which may have to be written to another segment. */
  #unsynced: Pending[] = []
  #pending: Pending[] = []
  #pendingBytes = 0
  #running: Promise<void> | null = null
  #syncDue = false
  #timer: AbortController | null = null
  #mustRotate = false
  #readOnly: ObservaError | null = null

  /** If the disk was full at the start, there is no active segment, and the first append tries to make one. */
  constructor(host: CommitterHost, active: ActiveSegment | null, next: bigint, totals: Totals) {
    this.#host = host
    this.#active = active ?? noSegment()
    this.#mustRotate = active === null
    this.#written = { next, totals }
    this.#synced = { next, totals: copyTotals(totals) }
  }

  get pendingBytes(): number {
    return this.#pendingBytes
  }

  get pendingCount(): number {
    return this.#pending.length
  }

  get readOnly(): ObservaError | null {
    return this.#readOnly
  }

  /** `onRefused` is called synchronously when the append is refused; see `DurableLog.append`. */
  append(record: AppendRecord, onRefused: () => void): Promise<bigint> {
    const length = recordLength(record)
    return new Promise((resolve, reject) => {
      const refuse = (error: Error): void => {
        onRefused()
        reject(error)
      }
      if (this.#readOnly !== null) return refuse(this.#readOnly)
      this.#pending.push({ record, length, resolve, refuse })
      this.#pendingBytes += length
      this.#kick()
    })
  }

  /** The next append begins a new segment. */
  rotateNext(): void {
    this.#mustRotate = true
  }

  /** Raises the next sequence number. Only allowed before the first append. */
  raiseSequence(next: bigint): void {
    this.#written.next = next
    this.#synced.next = next
  }

  /** Writes and syncs what is pending, then closes the file. */
  async close(): Promise<void> {
    while (this.#running !== null) await this.#running
    this.#timer?.abort()
    if (this.#unsynced.length > 0 && this.#readOnly === null) await this.#sync()
    await this.#active.file.close()
  }

  #kick(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = null
      if (this.#pending.length > 0 || this.#syncDue) this.#kick()
    })
  }

  async #run(): Promise<void> {
    // One round of the microtask queue passes, so that appends of the same task join the same group.
    await Promise.resolve()
    while (this.#readOnly === null && (this.#pending.length > 0 || this.#syncDue)) {
      if (this.#syncDue) await this.#sync()
      else await this.#commitGroup()
    }
    if (this.#readOnly !== null) this.#failAll([], this.#readOnly)
    this.#syncDue = false
  }

  async #commitGroup(): Promise<void> {
    if (!(await this.#makeRoom())) return
    const taken = this.#take()
    const before = copyTotals(this.#written.totals)
    const group = this.#build(taken)
    try {
      await this.#write(group)
    } catch (error) {
      this.#written.totals = before
      await this.#writeFailed(taken, error)
      return
    }
    const { segment } = this.#active
    segment.fileBytes = Math.max(segment.fileBytes, segment.endBytes + group.bytes)
    this.#written.next += BigInt(taken.length)
    this.#unsynced.push(...taken)
    if (this.#host.isDurable) await this.#syncThenPublish(group)
    else {
      this.#publish(group, taken)
      this.#scheduleSync()
    }
  }

  /**
   * Starts a new segment when the next record does not fit. Returns false when that failed; all pending appends have
   * then been refused.
   */
  async #makeRoom(): Promise<boolean> {
    const first = this.#pending[0] as Pending
    const { segment } = this.#active
    const isEmpty = segment.endBytes === segment.startBytes
    const fits = segment.endBytes + first.length <= this.#host.segmentBytes
    if (!this.#mustRotate && (fits || isEmpty)) return true
    try {
      if (this.#unsynced.length > 0) await this.#sync()
      if (this.#readOnly !== null) return false
      await this.#rotate()
      return true
    } catch (error) {
      this.#host.note('short_write', messageOf(error))
      this.#failAll([], refusal(error))
      return false
    }
  }

  async #rotate(): Promise<void> {
    const { segmentFiles, clock } = this.#host
    const { next, totals } = this.#written
    const old = this.#active
    this.#active = await segmentFiles.create(next, totals, clock.nowMs())
    this.#mustRotate = false
    await old.file.close()
    this.#host.note('rotated', this.#active.segment.path)
  }

  #take(): Pending[] {
    const room = this.#host.segmentBytes - this.#active.segment.endBytes
    let bytes = 0
    let n = 0
    for (const p of this.#pending) {
      if (n > 0 && (bytes + p.length > GROUP_BYTES_MAX || bytes + p.length > room)) break
      bytes += p.length
      n++
    }
    this.#pendingBytes -= bytes
    return this.#pending.splice(0, n)
  }

  #build(taken: readonly Pending[]): Group {
    const { epoch, endBytes } = this.#active.segment
    const buffers: Uint8Array[] = []
    const stored: StoredRecord[] = []
    let offset = endBytes
    let sequence = this.#written.next
    for (const { record, length } of taken) {
      const parts: LogPart[] = []
      const at = { epoch, sequence, seed: this.#host.seed }
      for (const b of encodeRecord(record, at, this.#written.totals, parts)) buffers.push(b)
      const place = { sequence, epoch, offset, totalLength: length }
      stored.push(storedRecord(record, parts, place, this.#host.isDurable))
      offset += length
      sequence++
    }
    return { buffers, stored, bytes: offset - endBytes }
  }

  async #write(group: Group): Promise<void> {
    const written = await this.#active.file.writev(group.buffers, this.#active.segment.endBytes)
    if (written < group.bytes) throw shortWriteError()
  }

  /**
   * On a full disk the segment is cut back to the last complete record, and everything queued is refused, which
   * clients may retry. After any other error it is unknown what reached the disk, so it is treated like a failed
   * sync.
   */
  async #writeFailed(taken: Pending[], error: unknown): Promise<void> {
    if (!isNoSpace(error)) {
      this.#unsynced.push(...taken)
      await this.#syncFailed(error)
      return
    }
    this.#host.note('short_write', messageOf(error))
    const { file, segment } = this.#active
    try {
      await file.truncate(segment.endBytes)
      segment.fileBytes = segment.endBytes
    } catch (cause) {
      this.#host.note('short_write', `cutting back failed too: ${messageOf(cause)}`)
      this.#mustRotate = true
    }
    this.#failAll(taken, refusal(error))
  }

  async #syncThenPublish(group: Group): Promise<void> {
    const taken = this.#unsynced
    try {
      await this.#active.file.datasync()
    } catch (error) {
      await this.#syncFailed(error)
      return
    }
    this.#markSynced()
    this.#publish(group, taken)
    this.#host.note('sync', '')
  }

  #markSynced(): void {
    this.#unsynced = []
    this.#synced = { next: this.#written.next, totals: copyTotals(this.#written.totals) }
  }

  #publish(group: Group, taken: readonly Pending[]): void {
    this.#active.segment.endBytes += group.bytes
    this.#host.publish(group.stored)
    for (const [i, p] of taken.entries()) p.resolve((group.stored[i] as StoredRecord).sequence)
  }

  /** In `buffered` mode, makes the records durable that were published already. */
  async #sync(): Promise<void> {
    this.#syncDue = false
    if (this.#unsynced.length === 0) return
    try {
      await this.#active.file.datasync()
      this.#markSynced()
      this.#host.note('sync', '')
    } catch (error) {
      await this.#syncFailed(error)
    }
  }

  #scheduleSync(): void {
    if (this.#timer !== null) return
    const timer = new AbortController()
    this.#timer = timer
    const due = (): void => {
      this.#timer = null
      if (timer.signal.aborted) return
      this.#syncDue = true
      this.#kick()
    }
    this.#host.clock.sleep(this.#host.syncEveryMs, timer.signal).then(due, due)
  }

  /**
   * Handles a failed fdatasync. The kernel may have dropped the pages, and a second call would succeed without
   * writing them. So the segment stays as it is, and the records that are not known to be durable are written again
   * to a new segment under the same sequence numbers. The first sequence number of the new segment invalidates the
   * old copies. If that fails too, the log becomes read-only.
   */
  async #syncFailed(cause: unknown): Promise<void> {
    this.#host.note('sync_failed', messageOf(cause))
    const again = this.#unsynced
    const unpublished = this.#host.isDurable ? again : again.slice(this.#publishedUnsynced())
    this.#written = { next: this.#synced.next, totals: copyTotals(this.#synced.totals) }
    try {
      await this.#rotate()
      const group = this.#build(again)
      await this.#write(group)
      await this.#active.file.datasync()
      const { segment } = this.#active
      segment.fileBytes = Math.max(segment.fileBytes, segment.endBytes + group.bytes)
      this.#written.next += BigInt(again.length)
      this.#markSynced()
      const from = again.length - unpublished.length
      segment.endBytes += group.bytes
      this.#host.publish(group.stored.slice(from))
      for (let i = from; i < again.length; i++)
        again[i]?.resolve((group.stored[i] as StoredRecord).sequence)
    } catch (error) {
      this.#enterReadOnly(error, unpublished)
    }
  }

  /** How many of the unsynced records readers have seen: all except those of the failed write. */
  #publishedUnsynced(): number {
    return Number(this.#written.next - this.#synced.next)
  }

  #enterReadOnly(error: unknown, waiting: readonly Pending[]): void {
    this.#readOnly = new ObservaError(
      'OBS_LOG_READ_ONLY',
      `The log takes no more data: writing to a new segment failed as well (${messageOf(error)}).`,
      'Check the disk, then restart. What was acknowledged is being delivered.',
    )
    this.#host.note('read_only', this.#readOnly.message)
    this.#failAll(waiting, this.#readOnly)
  }

  /** Refuses the given appends and all after them, because the ledger relies on the order. */
  #failAll(taken: readonly Pending[], error: Error): void {
    const all = [...taken, ...this.#pending]
    this.#pending = []
    this.#pendingBytes = 0
    // The newest is refused first: each refusal takes back its own change and must find the state that the change left.
    for (const p of all.toReversed()) p.refuse(error)
  }
}

/** A placeholder until there is a segment. `mustRotate` prevents any write to it. */
function noSegment(): ActiveSegment {
  const refuse = (): Promise<never> => Promise.reject(shortWriteError())
  const nothing = (): Promise<void> => Promise.resolve()
  const file: QueueFile = {
    writev: refuse,
    read: refuse,
    datasync: nothing,
    truncate: nothing,
    sizeBytes: () => Promise.resolve(0),
    close: nothing,
  }
  const sizes = { startBytes: 0, endBytes: 0, fileBytes: 0 }
  return { segment: { path: '', epoch: 0, firstSequence: 0n, eventsBefore: 0, ...sizes }, file }
}

/** In `buffered` mode a record may have to be written again after it was published, so its memory is left to the garbage collector. */
function storedRecord(
  r: AppendRecord,
  parts: readonly LogPart[],
  place: Pick<StoredRecord, 'sequence' | 'epoch' | 'offset' | 'totalLength'>,
  isDurable: boolean,
): StoredRecord {
  const { pipeline, createdAtMs, eventCount, eventIds, claims } = r
  const memory = isDurable ? r.memory : undefined
  return { ...place, parts, pipeline, createdAtMs, eventCount, eventIds, claims, memory }
}

function refusal(cause: unknown): ObservaError {
  const what = isNoSpace(cause) ? 'the disk is full' : messageOf(cause)
  return new ObservaError(
    'OBS_LOG_REFUSED',
    `The log could not store the data: ${what}.`,
    'Nothing was accepted; send it again later.',
    { cause },
  )
}
