// Runs the jobs of all kinds that have a handler, in a separate process or inside the service. Any number of workers may
// share the queue.

import type { Logger } from 'pino'
import type { Clock } from '../core/clock.ts'
import type { Metrics } from '../core/metrics.ts'
import { waitingJobs } from '../storage/control/jobs.ts'
import { errorCodeOf } from '../storage/postgres/connection.ts'
import type { AnyJobHandler, JobKind } from './job-kind.ts'
import { OLDEST, WAITING } from './job-metrics.ts'
import type { JobQueue } from './job-queue.ts'
import { KindWorker } from './kind-worker.ts'

export interface JobWorkerOptions {
  readonly queue: JobQueue
  readonly handlers: readonly AnyJobHandler[]
  readonly clock: Clock
  readonly metrics: Metrics
  readonly log: Logger
}

const LOOK_MS = 15_000
/** The longest time between two attempts to enqueue a repeated job. */
const REPEAT_MS = 30_000
const WAIT_FOR_QUEUE_MS = 500
const DRAIN_MS = 10_000

export class JobWorker {
  readonly #options: JobWorkerOptions
  readonly #workers: readonly KindWorker[]
  readonly #stopping = new AbortController()
  #loops: Promise<unknown> = Promise.resolve()
  #hasStarted = false

  constructor(options: JobWorkerOptions) {
    this.#options = options
    const { queue, handlers, clock, metrics, log } = options
    this.#workers = handlers.map((handler) => {
      const worker = new KindWorker(handler, { boss: queue.boss, clock, metrics, log })
      queue.onEnqueued(handler.kind, () => worker.wake())
      return worker
    })
  }

  /** Returns at once. Jobs run as soon as the queue is open. */
  start(): void {
    this.#loops = this.#begin()
  }

  /** Fetches no more jobs, waits up to `drainMs` for the running ones, and returns the rest to the queue. */
  async stop(drainMs = DRAIN_MS): Promise<void> {
    this.#stopping.abort()
    if (this.#hasStarted) await Promise.all(this.#workers.map((worker) => worker.stop(drainMs)))
    await this.#loops
  }

  async #begin(): Promise<void> {
    const { queue, clock } = this.#options
    const { signal } = this.#stopping
    while (!queue.isOpen && !signal.aborted)
      await clock.sleep(WAIT_FOR_QUEUE_MS, signal).catch(() => {})
    if (signal.aborted) return
    this.#hasStarted = true
    for (const worker of this.#workers) worker.start()
    await Promise.all([this.#lookOn(), this.#repeatOn()])
  }

  async #lookOn(): Promise<void> {
    const { clock, log } = this.#options
    const { signal } = this.#stopping
    while (!signal.aborted) {
      await this.#look().catch((thrown: unknown) => {
        log.warn({ code: errorCodeOf(thrown) }, 'the waiting jobs could not be counted')
      })
      await clock.sleep(LOOK_MS, signal).catch(() => {})
    }
  }

  async #look(): Promise<void> {
    const { queue, handlers, metrics } = this.#options
    const rows = await waitingJobs(queue.pool)
    const byName = new Map(rows.map((row) => [row.name, row]))
    for (const { kind } of handlers) {
      const row = byName.get(kind.name)
      metrics.set(WAITING, `kind="${kind.name}"`, row?.waiting ?? 0)
      metrics.set(OLDEST, `kind="${kind.name}"`, row?.oldest_s ?? 0)
    }
  }

  /** Enqueues the repeated jobs. Every worker does so, and the queue accepts one job in each interval. */
  async #repeatOn(): Promise<void> {
    const { handlers, clock } = this.#options
    const { signal } = this.#stopping
    const repeated = handlers.map((h) => h.kind as JobKind).filter((k) => k.everySeconds !== null)
    const everyMs = Math.min(REPEAT_MS, ...repeated.map((k) => ((k.everySeconds ?? 0) * 1000) / 4))
    while (!signal.aborted) {
      for (const kind of repeated) await this.#repeat(kind)
      await clock.sleep(everyMs, signal).catch(() => {})
    }
  }

  async #repeat(kind: JobKind): Promise<void> {
    const { queue } = this.#options
    const { everySeconds } = kind
    if (everySeconds === null) return
    // The queue counts and logs what it refuses. The next round tries again.
    await queue.enqueue(kind, {}, { key: 'repeated', onceInSeconds: everySeconds }).catch(() => {})
  }
}
