// The durable log, which is the only queue of the process. An append resolves when it is as durable as the configuration demands. Readers
// read at their own speed. Segments are removed when every consumer has passed them. `record.ts` and `segment.ts` have the format,
// `committer.ts` the commits, `segment-files.ts` the files.

import assert from 'node:assert/strict'
import { messageOf, ObservaError } from '../../core/errors.ts'
import { AppendNotifier, closedError } from './append-notifier.ts'
import { type CommitEvent, Committer } from './committer.ts'
import { Damage } from './damage.ts'
import { DiskWatch } from './disk-watch.ts'
import { type End, EndMark } from './end-mark.ts'
import type { Unlock } from './lock.ts'
import { declareLogMetrics } from './log-metrics.ts'
import { isNoSpace, type QueueFs, unreadableError } from './queue-fs.ts'
import { LogReader, type ReaderOptions, type ReadSource } from './reader.ts'
import { RecentRecords, type StoredRecord } from './recent-records.ts'
import { type AppendRecord, copyTotals, markerRecord, recordLength, type Totals } from './record.ts'
import { nothingRecovered, type Recovered, recover } from './recovery.ts'
import { type ActiveSegment, SegmentFiles } from './segment-files.ts'
import { type LogOptions, type LogSettings, withDefaults } from './settings.ts'
import { fullError, type LogStats, type Pressure, type Shortage } from './stats.ts'
import { SumCheck } from './sum-check.ts'

export type { LogRecord } from './reader.ts'
export type { AppendRecord, LogPart } from './record.ts'
export type { Durability, LogOptions } from './settings.ts'
export type { LogStats, Pressure, Shortage } from './stats.ts'

/** Above this share of `bytesMax` receivers ask clients to slow down. */
const SOFT_SHARE = 0.8
/** How long a refused append keeps `pressure` at `full`, ms, so that clients are refused before they send. */
const NO_SPACE_MEMORY_MS = 1000

export class DurableLog {
  readonly #s: LogSettings
  readonly #unlock: Unlock
  readonly #recent: RecentRecords
  readonly #files: SegmentFiles
  readonly #seed: number
  readonly #recovered: Recovered
  readonly id: Buffer
  #committer: Committer | null = null
  #next: bigint
  /** The cumulative counts of all published records. */
  readonly #totals: Totals
  readonly #consumers = new Map<string, bigint>()
  readonly #notifier = new AppendNotifier()
  #housekeeping: Promise<void> | null = null
  #noSpaceUntilMs = -1
  readonly #sums = new SumCheck()
  readonly #disk: DiskWatch
  readonly #damage: Damage
  readonly #endMark: EndMark
  #isClosed = false
  /** Records before this sequence number shall be erased from the disk. */
  #eraseBefore = 0n

  /** Locks the directory, recovers its records and starts a new segment. */
  static async open(options: LogOptions): Promise<DurableLog> {
    const settings = withDefaults(options)
    if (settings.durability === 'memory')
      return new DurableLog(settings, nothingRecovered(), noUnlock)
    await settings.fs.mkdir(settings.dir)
    const unlock = await settings.lock(settings.dir)
    try {
      const recovered = await recover(settings.dir, settings.fs)
      const log = new DurableLog(settings, recovered, unlock)
      await log.#begin()
      return log
    } catch (error) {
      await unlock()
      throw error instanceof ObservaError ? error : unreadableError(settings.dir, error)
    }
  }

  private constructor(settings: LogSettings, recovered: Recovered, unlock: Unlock) {
    const { dir, fs, log } = settings
    this.#s = settings
    this.#damage = new Damage(settings)
    this.#unlock = unlock
    this.#next = recovered.nextSequence
    this.#totals = copyTotals(recovered.totals)
    this.#recovered = recovered
    this.#seed = recovered.seed
    this.id = recovered.logId
    this.#recent = new RecentRecords(
      settings.durability === 'memory' ? Infinity : settings.cacheBytes,
    )
    const warn = (message: string): void => log.warn({ dir }, message)
    const isDiskLow = (): boolean => this.#disk.isLow
    const keeping = { ...settings, logId: recovered.logId, warn, isDiskLow }
    this.#files = new SegmentFiles(keeping, recovered)
    const end = (): End => ({ nextSequence: this.#next, totals: this.#totals })
    const marking = { dir, fs, logId: recovered.logId, clock: settings.clock, end }
    this.#endMark = new EndMark(marking, recovered.endMarks)
    this.#disk = new DiskWatch(settings, () => this.#tidy())
    declareLogMetrics(settings.metrics, () => this.#collect())
  }

  /**
   * Appends a record. Resolves with its sequence number when it is as durable as configured. A refusal is an
   * `ObservaError` and may be retried. Records become durable in the order of their appends: when one is refused
   * because the disk failed, all records after it are refused too.
   *
   * `onRefused` is called synchronously at a refusal, before any other code can run. A rejected promise is noticed
   * some microtasks later, and meanwhile other code could rely on a record that will never exist.
   */
  append(record: AppendRecord, onRefused: () => void = () => {}): Promise<bigint> {
    this.#lookAtDisk()
    const refused = this.#refusal(record)
    if (refused !== null) {
      this.#s.metrics.add('observa_log_refused_total', `code="${refused.code}"`)
      onRefused()
      return Promise.reject(refused)
    }
    if (this.#committer === null) return this.#appendToMemory(record)
    return this.#committer.append(record, onRefused)
  }

  /** Reads the log from a sequence number on, or from the oldest record if that is later. */
  reader(from: bigint, options: ReaderOptions = {}): LogReader {
    const first = this.firstSequence
    return new LogReader(this.#source(), from < first ? first : from, options)
  }

  /** The oldest sequence number in the log, or the next one when the log is empty. */
  get firstSequence(): bigint {
    if (this.#committer === null) return this.#next - BigInt(this.#recent.count)
    return this.#files.segments[0]?.firstSequence ?? this.#next
  }

  /**
   * The sequence number from which the newest `events` can be read. Reading begins at a whole segment, so there are usually more events.
   */
  sequenceOfNewest(events: number): bigint {
    for (const s of this.#files.segments.toReversed())
      if (s.eventsBefore !== null && s.eventsBefore <= this.#totals.events - events)
        return s.firstSequence
    return this.firstSequence
  }

  get nextSequence(): bigint {
    return this.#next
  }

  /**
   * Continues the numbering at `sequence` after a power cut took the end of a `buffered` log, because a number that a store has seen
   * must never be used for other data. Only allowed before the first append.
   */
  raiseSequence(sequence: bigint): void {
    if (sequence <= this.#next) return
    assert(this.#recent.count === 0, 'sequence numbers are raised before the first append')
    this.#next = sequence
    this.#committer?.raiseSequence(sequence)
  }

  /** The number of items ever appended for an exporter. The sender's counts add up to it. */
  itemsAppended(exporter: string): number {
    return this.#totals.items.get(exporter) ?? 0
  }

  /**
   * Tells the log that the consumer `name` needs all records from `sequence` on and none before it. A consumer calls this again as it
   * moves on, when its own position is durable. Without consumers nothing is ever deleted. Call `hold` for all consumers before the
   * first one moves, because otherwise that one alone decides.
   */
  keepFor(name: string, sequence: bigint): void {
    this.#consumers.set(name, sequence)
    this.#recent.releaseBefore(this.#needed())
    this.#tidy()
  }

  /** Like `keepFor`, but removes nothing yet. It is for consumers that are set up one after another. */
  hold(name: string, sequence: bigint): void {
    this.#consumers.set(name, sequence)
  }

  /** False in `memory` mode, in which positions need not be stored either. */
  get isPersistent(): boolean {
    return this.#s.durability !== 'memory'
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  get fs(): QueueFs {
    return this.#s.fs
  }

  /** Bytes that a consumer still needs, in whole segments; 0 for one that is unknown. */
  bytesKeptFor(name: string): number {
    const needed = this.#consumers.get(name)
    if (needed === undefined || needed >= this.#next) return 0
    if (this.#committer === null) return this.#recent.bytes
    return this.#files.bytesFrom(needed, this.#next)
  }

  /** Removes a consumer that is no longer configured. */
  dropConsumer(name: string): void {
    this.#consumers.delete(name)
    this.#tidy()
  }

  /** While true, consumers make their position durable as soon as they have read everything. */
  get isErasing(): boolean {
    return this.#eraseBefore > this.firstSequence
  }

  /**
   * Removes the bytes of all records before `sequence` from the disk as soon as every consumer has passed them, also those that are kept
   * for the ledger and in recycled files. Resolves with true once nothing of them is left; call it again until then. The first call for
   * a sequence begins a new segment.
   */
  async erase(sequence: bigint): Promise<boolean> {
    const committer = this.#committer
    if (committer === null) return this.#needed() >= sequence
    if (this.#eraseBefore < sequence) {
      this.#eraseBefore = sequence
      committer.rotateNext()
      await this.append(markerRecord('erase', this.#s.clock.nowMs()))
    }
    this.#tidy()
    await this.#housekeeping
    const [oldest, next] = this.#files.segments
    const isLeft = next !== undefined && (oldest?.firstSequence ?? 0n) < sequence
    if (oldest === undefined || isLeft) return false
    await this.#files.dropSpares()
    return true
  }

  /** `soft` from 80 % of the limit on, `full` when an append would be refused. Admission uses it. */
  pressure(): Pressure {
    const used = this.#neededBytes()
    if (this.shortage(used) !== null) return 'full'
    return used >= this.#s.bytesMax * SOFT_SHARE ? 'soft' : 'ok'
  }

  /** Says why an append would be refused; null while it would be taken. */
  shortage(used = this.#neededBytes()): Shortage | null {
    this.#lookAtDisk()
    if (this.#isClosed) return 'closed'
    if (this.#committer?.readOnly != null) return 'read-only'
    if (this.#disk.isLow || this.#s.clock.monotonicMs() < this.#noSpaceUntilMs) return 'disk'
    return used >= this.#s.bytesMax ? 'bytes' : null
  }

  stats(): LogStats {
    const { segments } = this.#files
    const shortage = this.shortage()
    return {
      durability: this.#s.durability,
      state: shortage === 'closed' || shortage === 'read-only' ? shortage : 'ok',
      pressure: this.pressure(),
      shortage,
      firstSequence: this.firstSequence,
      nextSequence: this.#next,
      segments: segments.length,
      neededBytes: this.#neededBytes(),
      diskBytes: segments.reduce((n, s) => n + s.fileBytes, 0),
      cachedBytes: this.#recent.bytes,
      pendingAppends: this.#committer?.pendingCount ?? 0,
      pendingBytes: this.#committer?.pendingBytes ?? 0,
      items: Object.fromEntries(this.#totals.items),
      events: this.#totals.events,
      consumers: Object.fromEntries(this.#consumers),
      recovery: this.#recovered.report,
    }
  }

  /** Finishes pending appends and unlocks the directory. A second call has no effect. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#committer?.close()
    if (this.#committer !== null) await this.#endMark.close()
    await this.#files.close()
    await this.#housekeeping
    await this.#unlock()
    this.#notifier.close()
  }

  async #begin(): Promise<void> {
    const { clock, segmentBytes, durability, syncEveryMs, log, dir } = this.#s
    await this.#files.adoptSpare()
    const active = await this.#firstSegment(clock.nowMs())
    this.#committer = new Committer(
      {
        segmentFiles: this.#files,
        clock,
        seed: this.#seed,
        segmentBytes,
        isDurable: durability === 'durable',
        syncEveryMs,
        publish: (records) => this.#publish(records),
        note: (event, message) => this.#note(event, message),
      },
      active,
      this.#next,
      copyTotals(this.#totals),
    )
    await this.#disk.look()
    const { lostEnd } = this.#recovered
    // Readers may never find this gap: when no segment is left before it, the log begins after it.
    if (lostEnd !== null) this.#damage.reportMissing(lostEnd.from, lostEnd.to, 'the end was lost')
    log.info({ dir, ...this.#recovered.report, nextSequence: String(this.#next) }, 'log opened')
  }

  /** Returns null when the disk is full. The log opens nevertheless, so that senders can drain it. */
  async #firstSegment(nowMs: number): Promise<ActiveSegment | null> {
    try {
      return await this.#files.create(this.#next, this.#totals, nowMs)
    } catch (error) {
      if (!isNoSpace(error)) throw error
      this.#note('short_write', `no room for a segment: ${messageOf(error)}`)
    }
    return null
  }

  #refusal(record: AppendRecord): ObservaError | null {
    if (this.#isClosed) return closedError()
    const readOnly = this.#committer?.readOnly
    if (readOnly != null) return readOnly
    if (recordLength(record) > this.#s.recordBytesMax)
      return new ObservaError('OBS_LOG_RECORD_TOO_LARGE', 'The record is larger than may be.')
    if (this.#sums.isWrong(record))
      return new ObservaError('OBS_LOG_SUM', 'A part does not match the CRC it came with.')
    const shortage = this.shortage()
    if (shortage !== null) return fullError(shortage)
    if ((this.#committer?.pendingBytes ?? 0) > this.#s.pendingBytesMax)
      return new ObservaError('OBS_LOG_BUSY', 'Too many appends wait for the disk.')
    return null
  }

  async #appendToMemory(record: AppendRecord): Promise<bigint> {
    const parts = record.parts.map((p, index) => {
      const itemsBefore = this.#totals.items.get(p.exporter) ?? 0
      this.#totals.items.set(p.exporter, itemsBefore + p.items)
      return { ...p, index, itemsBefore }
    })
    const sequence = this.#next
    const place = { totalLength: recordLength(record), epoch: 0, offset: 0 }
    this.#publish([{ ...record, ...place, parts, sequence }])
    return sequence
  }

  #publish(records: readonly StoredRecord[]): void {
    for (const r of records) {
      this.#recent.push(r)
      this.#next = r.sequence + 1n
      this.#totals.events += r.eventCount
      for (const p of r.parts) this.#totals.items.set(p.exporter, p.itemsBefore + p.items)
      this.#s.metrics.add('observa_log_appended_bytes_total', '', r.totalLength)
    }
    this.#s.metrics.add('observa_log_appended_records_total', '', records.length)
    this.#makeSpareInTime()
    if (this.#committer !== null) this.#endMark.moved()
    this.#notifier.announce()
  }

  #makeSpareInTime(): void {
    const active = this.#files.segments.at(-1)
    if (active === undefined || this.#disk.isLow || this.#isClosed) return
    if (active.endBytes > this.#s.segmentBytes / 8) this.#files.prepareSpare()
  }

  #note(event: CommitEvent, message: string): void {
    const { metrics, log, dir, clock } = this.#s
    metrics.add('observa_log_commits_total', `event="${event}"`)
    if (event === 'short_write') this.#noSpaceUntilMs = clock.monotonicMs() + NO_SPACE_MEMORY_MS
    if (event === 'short_write' || event === 'sync_failed') log.warn({ dir, event }, message)
    if (event === 'read_only') log.error({ dir, event }, message)
    if (event === 'rotated') this.#tidy()
  }

  #source(): ReadSource {
    const { fs } = this.#s
    return {
      fs,
      seed: this.#seed,
      nextSequence: () => this.#next,
      cached: (sequence) => this.#recent.get(sequence),
      segments: () => this.#files.segments,
      published: (signal) => this.#notifier.next(signal),
      missing: (from, to, detail) => this.#damage.reportMissing(from, to, detail),
      damaged: (part) => this.#damage.reportPart(part),
    }
  }

  /** The first sequence number that some consumer needs. */
  #needed(): bigint {
    let min: bigint | null = null
    for (const sequence of this.#consumers.values())
      if (min === null || sequence < min) min = sequence
    return min ?? 0n
  }

  #neededBytes(): number {
    if (this.#committer === null) return this.#recent.bytes
    return this.#files.bytesFrom(this.#needed(), this.#next)
  }

  #tidy(): void {
    if (this.#consumers.size === 0 || this.#committer === null || this.#isClosed) return
    this.#housekeeping ??= this.#removeConsumed()
      .catch((error: unknown) => {
        this.#s.log.warn({ dir: this.#s.dir }, `Segments could not be removed: ${messageOf(error)}`)
      })
      .finally(() => {
        this.#housekeeping = null
      })
  }

  async #removeConsumed(): Promise<void> {
    const isErased = (oldest: { readonly firstSequence: bigint }): boolean =>
      oldest.firstSequence < this.#eraseBefore
    await this.#files.removeWhile(
      (oldest, next) => {
        if (next.firstSequence > this.#needed()) return false
        return (
          isErased(oldest) ||
          this.pressure() !== 'ok' ||
          this.#files.bytesBefore(this.#needed()) > this.#s.retainBytes
        )
      },
      (oldest) => !isErased(oldest),
    )
  }

  #lookAtDisk(): void {
    if (this.#committer !== null) this.#disk.lookNowAndThen()
  }

  #collect(): void {
    const { metrics, bytesMax } = this.#s
    metrics.set('observa_log_needed_bytes', '', this.#neededBytes())
    metrics.set('observa_log_bytes_max', '', bytesMax)
    metrics.set('observa_log_cached_bytes', '', this.#recent.bytes)
    metrics.set('observa_log_pending_bytes', '', this.#committer?.pendingBytes ?? 0)
    metrics.set('observa_log_segments', '', this.#files.segments.length)
    metrics.set('observa_log_read_only', '', this.#committer?.readOnly == null ? 0 : 1)
  }
}

const noUnlock: Unlock = () => Promise.resolve()
