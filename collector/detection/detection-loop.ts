// Feeds a detector with records of the log, and appends the signals that it finds to the log, where exporters read them. The
// detection is a consumer of the log with its own cursor. Its state is stored together with the cursor from time to time. After
// a restart it reads the records behind the cursor again and finds the same signals with the same ids.

import type { Logger } from 'pino'
import type { Clock } from '../../core/clock.ts'
import { messageOf } from '../../core/errors.ts'
import { counter, gauge, labelValue, type Metrics } from '../../core/metrics.ts'
import type { Signal } from '../../core/signals/signal.ts'
import { SignalDetector } from '../../detection/detector.ts'
import type { DetectionSettings } from '../../detection/settings.ts'
import type { DurableLog, LogRecord } from '../log/log.ts'
import type { LogReader } from '../log/reader.ts'
import type { DetectionSpec } from './detections.ts'
import { SignalParts } from './signal-parts.ts'
import { SnapshotFile } from './snapshot-file.ts'

/** The interval at which the detector is told the time while no record is appended. */
const IDLE_MS = 1000
/** While series wait to be judged. */
const BUSY_MS = 5
/** The interval at which a changed state is stored. It grows if writing takes long. */
const SNAPSHOT_EVERY_MS = 15_000
const SNAPSHOT_SHARE = 50
const APPEND_AGAIN_MS = 1000
const STOP_MS = 5000
/** The most records that are read before the event loop gets a turn. */
const RECORDS_AT_ONCE = 16
const PIPELINE = 'detection'
/** Why a wait ends: a reason of its own, because the usual one is an error with a stack. */
const ENOUGH = 'enough'

const BACKLOG = 'observa_detection_records_behind'
const STATE = 'observa_detection_state'
const EVICTED = 'observa_detection_evicted_total'
const REFUSED = 'observa_detection_append_refused_total'
const SNAPSHOT_SECONDS = 'observa_detection_snapshot_seconds'

export const DETECTION_METRICS = [
  gauge(BACKLOG, 'Records of the log that a detection has not read.', ['detection']),
  gauge(
    STATE,
    'What a detection remembers: traces, spans, conversations, series, series that are learning, spendings that are summed up.',
    ['detection', 'what'],
  ),
  counter(
    EVICTED,
    'Traces, conversations and series that were forgotten because there were too many.',
    ['detection', 'what'],
  ),
  counter(REFUSED, 'Attempts to append signals that the log refused; they are repeated.', [
    'detection',
  ]),
  gauge(SNAPSHOT_SECONDS, 'How long the last snapshot of a detection took.', ['detection']),
]

export interface DetectionLoopOptions {
  readonly spec: DetectionSpec
  readonly log: DurableLog
  readonly dir: string
  readonly clock: Clock
  readonly metrics: Metrics
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>
}

export class DetectionLoop {
  readonly #o: DetectionLoopOptions
  readonly #labels: string
  readonly #detector: SignalDetector
  readonly #parts: SignalParts
  readonly #file: SnapshotFile | null
  readonly #stop = new AbortController()
  #next: bigint
  #stored: bigint
  #storedAtMs: number
  #snapshotMs = 0
  #stoppedAtMs = 0
  #running: Promise<void> | null = null

  /** Reads the stored state and registers the cursor with the log. Call it before any consumer of the log starts. */
  static async open(options: DetectionLoopOptions): Promise<DetectionLoop> {
    const { log, spec, dir } = options
    const file = log.isPersistent ? new SnapshotFile(dir, spec.id, log.id) : null
    const loop = new DetectionLoop(options, file)
    const snapshot = (await file?.read()) ?? null
    if (
      snapshot !== null &&
      snapshot.next >= log.firstSequence &&
      loop.#detector.restore(snapshot.pieces)
    )
      loop.#next = snapshot.next
    loop.#stored = loop.#next
    log.hold(spec.id, loop.#next)
    return loop
  }

  private constructor(options: DetectionLoopOptions, file: SnapshotFile | null) {
    const { spec, log, metrics, clock } = options
    this.#o = options
    this.#file = file
    this.#labels = `detection="${labelValue(spec.id)}"`
    this.#detector = new SignalDetector(spec.settings)
    this.#parts = new SignalParts(spec.exporters)
    this.#next = log.firstSequence
    this.#stored = this.#next
    this.#storedAtMs = clock.nowMs()
    this.#watch(metrics)
  }

  get id(): string {
    return this.#o.spec.id
  }

  /** Starts reading in the background. */
  start(): void {
    this.#running ??= this.#run()
  }

  /** Reads the remaining records, stores the state and ends. */
  async stop(): Promise<void> {
    this.#stoppedAtMs = this.#o.clock.monotonicMs()
    this.#stop.abort()
    await this.#running
  }

  /** Applies changed settings. Signals that were found before stay. */
  useSettings(settings: DetectionSettings): void {
    this.#detector.useSettings(settings)
  }

  async #run(): Promise<void> {
    const { log, spec, logger } = this.#o
    const reader = log.reader(this.#next, { exporter: spec.id })
    try {
      for (;;) {
        const isCaughtUp = await this.#readSome(reader)
        if (this.#stop.signal.aborted && (isCaughtUp || this.#isOverdue())) break
        if (isCaughtUp) await this.#idle(reader)
        await this.#storeIfDue()
      }
      await this.#store()
    } catch (error) {
      if (!this.#stop.signal.aborted) logger.error({}, `The detection ended: ${messageOf(error)}`)
    } finally {
      await reader.close().catch(() => {
        // Only a file descriptor that the end of the process closes too.
      })
    }
  }

  /** Records that are not read within this time are read after the next start. */
  #isOverdue(): boolean {
    return this.#o.clock.monotonicMs() - this.#stoppedAtMs > STOP_MS
  }

  /** Returns true when it has reached the end of the log. */
  async #readSome(reader: LogReader): Promise<boolean> {
    for (let n = 0; n < RECORDS_AT_ONCE; n++) {
      const record = await reader.poll()
      if (record === null) {
        this.#next = reader.position
        return true
      }
      await this.#append(this.#observe(record))
      this.#next = record.sequence + 1n
    }
    await new Promise<void>((resolve) => setImmediate(resolve))
    return false
  }

  #observe(record: LogRecord): Signal[] {
    return record.parts.flatMap((part) => {
      try {
        return this.#detector.observe(part.bytes, record.createdAtMs)
      } catch (error) {
        // Observations of another version cannot be read. Their events reach the exporters nevertheless.
        this.#o.logger.warn({}, `A part was not understood by the detection: ${messageOf(error)}`)
        return []
      }
    })
  }

  async #idle(reader: LogReader): Promise<void> {
    const { clock } = this.#o
    await this.#append(this.#detector.advance(clock.nowMs()))
    const wake = new AbortController()
    const end = (): void => wake.abort(ENOUGH)
    const timer = setTimeout(end, this.#detector.isBehind ? BUSY_MS : IDLE_MS)
    this.#stop.signal.addEventListener('abort', end)
    if (this.#stop.signal.aborted) end()
    await reader.wait(wake.signal).catch(() => {
      // Time is up, or the detection stops.
    })
    clearTimeout(timer)
    this.#stop.signal.removeEventListener('abort', end)
  }

  /** Appends signals until the log takes them. While it does not, it is told that nothing before is needed, so that it can make room. */
  async #append(signals: readonly Signal[]): Promise<void> {
    if (signals.length === 0) return
    const { log, clock, metrics, spec } = this.#o
    for (const s of signals)
      metrics.add('observa_signals_total', `type="${s.type}",severity="${s.severity}"`, 1)
    const parts = this.#parts.encode(signals)
    if (parts.length === 0) return
    const record = {
      pipeline: PIPELINE,
      parts,
      eventCount: 0,
      eventIds: new Uint8Array(0),
      claims: new Int32Array(0),
      createdAtMs: clock.nowMs(),
    }
    for (;;) {
      try {
        await log.append(record)
        return
      } catch (error) {
        metrics.add(REFUSED, this.#labels, 1)
        if (this.#stop.signal.aborted || log.isClosed) throw error
        log.keepFor(spec.id, this.#next)
        await clock.sleep(APPEND_AGAIN_MS, this.#stop.signal).catch(() => {
          // One last attempt before the process ends.
        })
      }
    }
  }

  async #storeIfDue(): Promise<void> {
    const since = this.#o.clock.nowMs() - this.#storedAtMs
    const isDue = since >= Math.max(SNAPSHOT_EVERY_MS, this.#snapshotMs * SNAPSHOT_SHARE)
    if (isDue && this.#next > this.#stored) await this.#store()
  }

  /** Stores the state. After that the log may remove the records before the cursor. */
  async #store(): Promise<void> {
    const { log, spec, clock, logger, metrics } = this.#o
    const startedAt = clock.monotonicMs()
    try {
      await this.#file?.write(this.#next, this.#detector.snapshot())
      this.#stored = this.#next
      log.keepFor(spec.id, this.#next)
    } catch (error) {
      logger.error({}, `The state of the detection could not be stored: ${messageOf(error)}`)
    }
    this.#storedAtMs = clock.nowMs()
    this.#snapshotMs = clock.monotonicMs() - startedAt
    metrics.set(SNAPSHOT_SECONDS, this.#labels, this.#snapshotMs / 1000)
  }

  #watch(metrics: Metrics): void {
    metrics.declare(DETECTION_METRICS)
    let before = { traces: 0, conversations: 0, series: 0, spendings: 0 }
    metrics.onCollect(() => {
      const { evicted, ...state } = this.#detector.stats()
      for (const [what, n] of Object.entries(state))
        metrics.set(STATE, `${this.#labels},what="${what}"`, n)
      for (const what of ['traces', 'conversations', 'series', 'spendings'] as const)
        metrics.add(
          EVICTED,
          `${this.#labels},what="${what}"`,
          Math.max(0, evicted[what] - before[what]),
        )
      before = evicted
      metrics.set(BACKLOG, this.#labels, Number(this.#o.log.nextSequence - this.#next))
    })
  }
}
