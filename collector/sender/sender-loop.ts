// Sends the log to one exporter: cuts a batch, makes its range durable, delivers it, and moves the cursor. The log is
// the only queue. One batch is in flight at a time.

import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Clock, Random } from '../../core/clock.ts'
import type { Sender, SendLimits } from '../../core/component.ts'
import { messageOf, ObservaError } from '../../core/errors.ts'
import { labelValue, type Metrics } from '../../core/metrics.ts'
import type { DurableLog } from '../log/log.ts'
import { BatchCutter, type BatchPart, type CutBatch } from './batch-cutter.ts'
import { type CursorState, CursorStore } from './cursor.ts'
import { freshCursor, recoverCursor, sequenceNeeded } from './cursor-recovery.ts'
import { DeadLetterBox, deadLetterDir } from './dead-letters.ts'
import { Delivery, type SettledCounts } from './delivery.ts'
import { collectItemMetrics, type ItemCounts, itemCountsOf } from './item-accounting.ts'
import { LagLimit, type LagSettings } from './lag-limit.ts'
import { DEFAULT_RETRY, RetryPolicy, type RetrySettings } from './retry.ts'

/** After how many records without parts for this exporter the cursor is written because of them alone. */
const IDLE_SAVE_RECORDS = 256n
const READ_RETRY_MS = 1000
/** How long to wait between two requests to a store that was unavailable at the start, ms. */
const ASK_AGAIN_MS = 1000

export interface SenderLoopOptions {
  readonly exporterId: string
  readonly sender: Sender
  readonly limits: SendLimits
  readonly log: DurableLog
  /** The directory of the queue, which has the folders `cursors/` and `dlq/`. */
  readonly dir: string
  readonly clock: Clock
  readonly random: Random
  readonly metrics: Metrics
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>
  readonly deadLetterBytesMax?: number
  readonly attemptTimeoutMs?: number
  readonly retry?: Partial<RetrySettings>
  /** How far this exporter may fall behind; without it, as far as the log reaches. */
  readonly lag?: LagSettings
}

export class SenderLoop {
  readonly #o: SenderLoopOptions
  readonly #labels: string
  readonly #cursors: CursorStore | null
  readonly #delivery: Delivery
  readonly #retry: RetryPolicy
  readonly #lag: LagLimit | null
  readonly #stop = new AbortController()
  readonly deadLetters: DeadLetterBox
  #cutter: BatchCutter | null = null
  #state: CursorState
  #saved: CursorState
  /** The state under which items between the last known count and the next part are counted. */
  #gapAs: 'damaged' | 'sent' | 'base' = 'damaged'
  #running: Promise<void> | null = null
  #oldestWaitingMs: number | null = null

  /**
   * Reads the cursor and claims its position in the log. Open all loops before any is started, because after the
   * first start the log removes what no loop has claimed.
   */
  static async open(options: SenderLoopOptions): Promise<SenderLoop> {
    const { log, dir, exporterId } = options
    const logId = Buffer.from(log.id).toString('hex')
    const cursors = log.isPersistent
      ? new CursorStore(log.fs, join(dir, 'cursors'), exporterId, logId)
      : null
    const loop = new SenderLoop(options, cursors)
    await loop.#load()
    return loop
  }

  private constructor(options: SenderLoopOptions, cursors: CursorStore | null) {
    const { exporterId, log, dir, random, sender, clock, metrics, logger } = options
    this.#o = options
    this.#cursors = cursors
    this.#labels = `exporter="${labelValue(exporterId)}"`
    this.#state = freshCursor(log.firstSequence)
    this.#saved = this.#state
    this.deadLetters = new DeadLetterBox(log.fs, deadLetterDir(dir, exporterId), {
      bytesMax: options.deadLetterBytesMax ?? 1024 ** 3,
      // A full box that blocks would hold the log after all.
      whenFull: options.lag?.whenBehind === 'drop_oldest' ? 'drop_oldest' : 'block',
    })
    this.#retry = new RetryPolicy({ ...DEFAULT_RETRY, ...options.retry }, random)
    this.#lag = options.lag === undefined ? null : new LagLimit(options.lag, exporterId, log, clock)
    const attemptTimeoutMs = options.attemptTimeoutMs ?? 60_000
    const parts = {
      deadLetters: this.deadLetters,
      retry: this.#retry,
      attemptTimeoutMs,
      lag: this.#lag,
    }
    const shared = { exporterId, sender, clock, metrics, logger, logId: log.id }
    this.#delivery = new Delivery({ ...shared, ...parts })
    collectItemMetrics(metrics, this.#labels, () => ({
      counts: this.itemCounts(),
      ageMs: this.#queueAgeMs(),
      lagBytes: log.bytesKeptFor(exporterId),
    }))
  }

  /** Begins sending and returns at once. */
  start(): void {
    this.#running ??= this.#run()
  }

  /** Sends the log for at most `drainMs`, then stops. The rest stays in the log. A second call has no effect. */
  async stop(drainMs: number): Promise<void> {
    const running = this.#running
    if (running === null) return
    if (this.#cutter !== null) this.#cutter.isDraining = true
    const timer = new AbortController()
    const late = this.#o.clock.sleep(drainMs, timer.signal).then(
      () => this.#stop.abort(new Error('stopped')),
      () => undefined,
    )
    this.#wakeWaiting?.abort()
    await running
    timer.abort()
    await late
  }

  /** The next record to be sent. It is known before it is durable. */
  get position(): bigint {
    return this.#state.next.sequence
  }

  /** The items by state. The sum is exact at every moment. */
  itemCounts(): ItemCounts {
    return itemCountsOf(this.#state, this.#o.log.itemsAppended(this.#o.exporterId))
  }

  /** True when receivers must wait until this exporter has caught up. */
  get isHoldingUp(): boolean {
    const lag = this.#lag
    return lag?.whenBehind === 'refuse' && lag.isExceeded(this.#oldestWaitingMs)
  }

  health(): { readonly ok: boolean; readonly detail: string } {
    const { trouble } = this.#delivery
    const queued = `${this.itemCounts().queued} items queued`
    return trouble === null
      ? { ok: true, detail: queued }
      : { ok: false, detail: `${queued}; ${trouble}` }
  }

  async #load(): Promise<void> {
    const { log, exporterId, logger } = this.#o
    const stored = (await this.#cursors?.load()) ?? null
    const committed = await this.#committed()
    const needed = sequenceNeeded(stored, committed)
    if (needed > log.nextSequence) {
      logger.warn(
        { exporter: exporterId },
        `The log ends at ${log.nextSequence} but ${needed - 1n} was sent: it lost its end, or is another log. Numbering goes on at ${needed}.`,
      )
      log.raiseSequence(needed)
    }
    const at = recoverCursor(stored, committed, log.firstSequence)
    if (at.note !== null) logger.warn({ exporter: exporterId }, at.note)
    this.#state = at.state
    this.#saved = at.state
    this.#gapAs = at.gapAs
    log.hold(exporterId, at.state.next.sequence)
    this.#tellIfEmptied(stored?.sent ?? 0)
  }

  /** A store that is made anew after it was sent something has lost it: it was not restored, is another one, or was dropped. */
  #tellIfEmptied(sentBefore: number): void {
    const { sender, exporterId, logger } = this.#o
    if (sender.madeStore?.() !== true || sentBefore === 0) return
    logger.error(
      { exporter: exporterId, code: 'OBS_EXPORTER_EMPTIED', items: sentBefore },
      `The store of ${exporterId} was empty and was made anew, but ${sentBefore} items had been delivered to it. If it should have them, stop and restore both stores of one backup.`,
    )
  }

  /**
   * The last sequence number that the store has. Null if the store keeps none, or is unavailable; then the loop asks
   * again before it sends. If the log is in memory, nothing else knows which numbers were used, so the start fails.
   */
  async #committed(): Promise<bigint | null> {
    const { log, sender, exporterId, logger } = this.#o
    try {
      return (await sender.committedSequence?.()) ?? null
    } catch (thrown) {
      if (!log.isPersistent)
        throw new ObservaError(
          'OBS_EXPORTER_UNREACHABLE',
          `${exporterId} cannot be asked what it has: ${messageOf(thrown)}.`,
          'Start it first, or use a durability that keeps the log on disk.',
          { cause: thrown },
        )
      logger.warn({ exporter: exporterId }, `not reachable at start: ${messageOf(thrown)}`)
      this.#mustAsk = true
      return null
    }
  }

  /** True while the store has not yet reported what it has. Nothing is sent until then. */
  #mustAsk = false

  /** Asks until the store responds or the loop is stopped, then continues at the position that the store reports. */
  async #askAgain(): Promise<void> {
    const { sender, clock, log } = this.#o
    while (this.#mustAsk && !this.#stop.signal.aborted) {
      try {
        const committed = (await sender.committedSequence?.()) ?? null
        const at = recoverCursor(this.#saved, committed, log.firstSequence)
        this.#state = at.state
        this.#saved = at.state
        this.#gapAs = at.gapAs
        log.hold(this.#o.exporterId, at.state.next.sequence)
        this.#mustAsk = false
      } catch {
        // The store is still unavailable. The log keeps all data meanwhile.
        await clock.sleep(ASK_AGAIN_MS, this.#stop.signal).catch(() => {})
      }
    }
  }

  /** Ends the wait for more data when `stop` is called. */
  #wakeWaiting: AbortController | null = null

  async #run(): Promise<void> {
    const { log, limits, clock, sender, exporterId, logger } = this.#o
    await this.#askAgain()
    const reader = log.reader(this.#state.next.sequence, { exporter: exporterId })
    const wholeRecords = sender.committedSequence !== undefined
    const cutter = new BatchCutter({ reader, limits, clock, wholeRecords }, this.#state.next)
    this.#cutter = cutter
    const frozen = this.#state.inFlight
    let batch = frozen === null ? null : await this.#cutSafely(() => cutter.cutRange(frozen))
    while (!this.#stop.signal.aborted) {
      batch ??= await this.#cutSafely(() => this.#cutNext(cutter))
      if (batch === null) break
      const { sent } = this.#state
      await this.#deliver(batch)
      this.#tellIfEmptied(sent)
      batch = null
    }
    await this.#save()
    await reader.close().catch((error: unknown) => {
      logger.warn({}, `closing the reader failed: ${messageOf(error)}`)
    })
  }

  async #cutNext(cutter: BatchCutter): Promise<CutBatch | null> {
    this.#wakeWaiting = new AbortController()
    const either = AbortSignal.any([this.#stop.signal, this.#wakeWaiting.signal])
    try {
      return await cutter.cut(either, () => this.#idle(cutter))
    } catch (error) {
      // The wait was ended by `stop`: one more cut follows, without waiting.
      if (!this.#wakeWaiting.signal.aborted || this.#stop.signal.aborted) throw error
      return await cutter.cut(this.#stop.signal, () => this.#idle(cutter))
    }
  }

  /**
   * Cuts a batch. A read can fail for lack of file descriptors or memory, so the loop waits and tries again. Returns
   * null when stopped.
   */
  async #cutSafely(cut: () => Promise<CutBatch | null>): Promise<CutBatch | null> {
    for (;;) {
      try {
        return await cut()
      } catch (error) {
        if (this.#stop.signal.aborted || this.#o.log.isClosed) return null
        this.#o.logger.error({}, `The log cannot be read: ${messageOf(error)}`)
        await this.#o.clock.sleep(READ_RETRY_MS, this.#stop.signal).catch(() => undefined)
      }
    }
  }

  async #deliver(batch: CutBatch): Promise<void> {
    this.#oldestWaitingMs = batch.parts[0]?.createdAtMs ?? null
    if (batch.parts.length === 0) {
      this.#state = { ...this.#state, next: batch.to, inFlight: null }
      return
    }
    const hooks = {
      freeze: (range: CutBatch) => this.#freeze(range),
      settled: (range: CutBatch, counts: SettledCounts) => this.#settled(range, counts),
    }
    try {
      await this.#delivery.deliver(batch, hooks, this.#stop.signal)
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error
    }
    this.#oldestWaitingMs = null
  }

  async #freeze(range: CutBatch): Promise<void> {
    const last = range.parts.at(-1) as BatchPart
    const { from, to, items } = range
    const itemsAfter = last.itemsBefore + last.items
    const inFlight = { from, to, items, itemsAfter, lastSequence: last.sequence }
    this.#state = { ...this.#state, next: range.from, inFlight }
    await this.#save()
  }

  #settled(range: CutBatch, counts: SettledCounts): void {
    const first = range.parts[0] as BatchPart
    const last = range.parts.at(-1) as BatchPart
    const itemsAfter = last.itemsBefore + last.items
    this.#countGap(first.itemsBefore)
    const s = this.#state
    const missing = itemsAfter - first.itemsBefore - range.items
    this.#state = {
      ...s,
      next: range.to,
      inFlight: null,
      items: itemsAfter,
      sent: s.sent + counts.sent,
      deadLettered: s.deadLettered + counts.deadLettered,
      damaged: s.damaged + missing,
      skipped: s.skipped + counts.skipped,
    }
  }

  /**
   * Counts the items between the last known count and `itemsBefore`: as damaged, unless the cursor was lost or the
   * store reported another position.
   */
  #countGap(itemsBefore: number): void {
    const s = this.#state
    const gap = itemsBefore - (s.items ?? settledItems(s))
    // The log counts fewer items than the cursor: a power cut took the end of the log after it had been sent.
    const as = gap < 0 ? 'base' : this.#gapAs
    if (gap !== 0) this.#state = { ...s, [as]: s[as] + gap, items: itemsBefore }
    this.#gapAs = 'damaged'
  }

  /** The end of the log is reached and no part is waiting. */
  async #idle(cutter: BatchCutter): Promise<void> {
    const { log, exporterId } = this.#o
    if (cutter.position.sequence === log.nextSequence) this.#countGap(log.itemsAppended(exporterId))
    this.#state = { ...this.#state, next: cutter.position, inFlight: null }
    const { next, inFlight } = this.#saved
    const moved = this.#state.next.sequence - next.sequence
    const isDue = moved >= IDLE_SAVE_RECORDS || (moved > 0n && log.isErasing)
    const isBehind = inFlight !== null || isDue || this.#countsDiffer()
    if (isBehind) await this.#save()
  }

  #countsDiffer(): boolean {
    return settledItems(this.#state) !== settledItems(this.#saved)
  }

  /**
   * Makes the state durable, after which the log may remove what lies before. A full disk stops neither the sending
   * nor this loop.
   */
  async #save(): Promise<void> {
    const { log, exporterId, metrics, logger } = this.#o
    const state = this.#state
    try {
      await this.#cursors?.save(state)
      this.#saved = state
      log.keepFor(exporterId, state.next.sequence)
    } catch (error) {
      metrics.add('observa_cursor_write_failed_total', this.#labels)
      logger.error(
        {},
        `The cursor could not be stored; a restart would send again: ${messageOf(error)}`,
      )
    }
  }

  #queueAgeMs(): number {
    if (this.#oldestWaitingMs === null) return 0
    return Math.max(0, this.#o.clock.nowMs() - this.#oldestWaitingMs)
  }
}

/** Items that are no longer waiting. */
function settledItems(s: CursorState): number {
  return s.base + s.sent + s.deadLettered + s.damaged + s.skipped
}
