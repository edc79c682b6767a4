// Requests to workers: piscina behind adaptive coalescing. A task costs some hundred µs however small, most of it for waking
// threads and for the sync of its record. So an idle worker gets what arrived in one turn of the event loop as one task, and a
// busy one everything that queued up meanwhile, bounded by bytes and requests; each request keeps its own outcome. Little work
// waits for a small task that runs, even where another worker is idle.

import { hash } from 'node:crypto'
import { extname } from 'node:path'
import type { Logger } from 'pino'
import { Piscina } from 'piscina'
import { faultOf } from '../../core/fault.ts'
import { counter, gauge, histogram, type Metrics } from '../../core/metrics.ts'
import type { TapRequest } from '../../core/tap.ts'
import type { Task, TaskRequest } from '../../core/task.ts'
import { shareKey } from '../../core/tenant.ts'
import type { CommitOutcome } from '../ledger/pending-commits.ts'
import { FairQueue, type Queued, workOf } from './fair-queue.ts'
import { type HandedResult, type HandoverMessage, ResultReader } from './handover.ts'
import { TaskDeadline } from './task-deadline.ts'
import { ThreadStarts } from './thread-starts.ts'
import { WorkRate } from './work-rate.ts'
import type { WorkerData, WorkerMessage } from './worker-thread.ts'

export interface PoolSettings {
  readonly workers: number
  /** Decoded bytes of one task; a single larger request still goes alone. */
  readonly taskBytesMax: number
  readonly taskRequestsMax: number
  /** A task that runs longer is aborted with its thread, and its requests get a 503. */
  readonly taskTimeoutMs: number
  /** Old-generation heap of a worker, MiB. Buffers are not bounded by it: admission bounds those. */
  readonly heapMiB: number
}

/** What a finished task hands to the pipeline: the requests in the order of `result.verdicts`. */
export interface FinishedTask {
  readonly requests: readonly TaskRequest[]
  readonly result: HandedResult
}

/** What the pool is told of a request beside its content. */
export interface Submission {
  /** Size of the body once it is unpacked. */
  readonly decodedBytes: number
  /** The client hung up: its request need not be begun. */
  readonly isGone: () => boolean
}

interface Waiting extends Queued {
  readonly request: TaskRequest
  readonly resolve: (task: SharedTask | null) => void
}

/** One task's outcome, shared by its requests; `index` says which verdict is whose. */
export interface SharedTask {
  readonly task: FinishedTask
  readonly index: number
  /** Set by the pipeline: resolves when the parts are durable. */
  commit: Promise<CommitOutcome>
}

/** Called once for each finished task, before any of its requests is answered. */
export type OnFinished = (pipeline: number, task: FinishedTask) => Promise<CommitOutcome>

/**
 * Longest task, in time as it is measured, while several keys send: a request of one that sends little waits for the task
 * that runs, so a long task is a delay for everybody else. Shorter ones would spend more on the hand-over.
 */
const QUANTUM_MS = 8
/** Keys with less than this share of a task waiting go before others. */
const SHORT_SHARE = 0.25
/** Smallest task that the quantum may make, in units of work. */
const QUANTUM_UNITS_MIN = 64 * 1024
/** Less work, about two milliseconds of it, is not divided among idle workers: a task costs as much as some small requests. */
const DIVIDED_UNITS_MIN = 128 * 1024
/** Little work waits for the end of a small task instead of being one of its own; a task that takes longer than this has lost that. */
const HELD_MS = 10
/** More work, some milliseconds of it, is not held: then two threads are better than one task less. */
const HELD_UNITS_MAX = 256 * 1024
/** How long several keys count as sending after one of them was last heard. */
const CONTENTION_MS = 10_000
const YOUNG_MIB = 48
const STRIKES_MAX = 3
const STRIKE_ENTRIES_MAX = 1000

export const POOL_METRICS = [
  counter('observa_worker_tasks_total', 'Tasks given to workers.', ['kind']),
  counter('observa_worker_failures_total', 'Tasks lost with their worker.'),
  histogram('observa_task_requests', 'Requests in one task.', [1, 2, 4, 8, 16, 32, 64]),
  counter(
    'observa_requests_abandoned_total',
    'Requests whose clients hung up before a worker was free; they were not begun.',
  ),
  gauge('observa_worker_queue_requests', 'Requests that wait for a worker.'),
  counter(
    'observa_chain_errors_total',
    'Requests that broke a step of the chain and were refused.',
  ),
]

export class WorkerPool {
  readonly #settings: PoolSettings
  readonly #piscina: Piscina<WorkerMessage, HandoverMessage>
  readonly #results: ResultReader
  readonly #queues: FairQueue<Waiting>[]
  readonly #rate = new WorkRate()
  readonly #starts: ThreadStarts
  readonly #onFinished: OnFinished
  readonly #metrics: Metrics
  readonly #log: Pick<Logger, 'error'>
  /** Requests whose task died, by digest of the payload: a third time is a refusal, not a retry. */
  readonly #strikes = new Map<string, number>()
  /** Tasks that run, and commits; bounded by the workers and by what admission lets in. */
  readonly #unsettled = new Set<Promise<unknown>>()
  #running = 0
  #isDispatchDue = false
  /** Runs while little work waits for a small task. */
  #held: NodeJS.Timeout | null = null
  #isHeldLong = false
  /** Work of the tasks that run. */
  #runningWork = 0
  #lastKey = ''
  #contendedUntilMs = 0
  /** Finished tasks that are not yet durable: each may be run again, and is then appended to the log. */
  #committing = 0
  #next = 0
  #onIdle: (() => void) | null = null
  #closed: Promise<void> | null = null

  constructor(
    settings: PoolSettings,
    workerData: WorkerData,
    onFinished: OnFinished,
    metrics: Metrics,
    log: Pick<Logger, 'error'>,
  ) {
    this.#settings = settings
    this.#onFinished = onFinished
    this.#metrics = metrics
    this.#log = log
    this.#queues = workerData.pipelines.map(() => new FairQueue())
    this.#piscina = new Piscina({
      filename: new URL(`./worker-thread${extname(import.meta.filename)}`, import.meta.url).href,
      minThreads: settings.workers,
      maxThreads: settings.workers,
      concurrentTasksPerWorker: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      workerData,
      // A larger young generation: a task's garbage dies in it instead of being copied out of it.
      resourceLimits: {
        maxOldGenerationSizeMb: settings.heapMiB,
        maxYoungGenerationSizeMb: YOUNG_MIB,
      },
      recordTiming: false,
    })
    metrics.declare(POOL_METRICS)
    this.#results = new ResultReader(() => this.#piscina.threads.map((t) => t.threadId))
    this.#starts = new ThreadStarts(this.#piscina)
    // Piscina starts another; without a listener the loss of an idle worker would end the process.
    this.#piscina.on('error', (thrown) => this.#reportLoss('an idle worker was lost', thrown))
  }

  /** Starts every thread, so that the first request does not pay for it; rejects when one cannot build its chains. */
  async warm(): Promise<void> {
    const all = Array.from({ length: this.#settings.workers }, () =>
      this.#piscina.run({ kind: 'warm' }),
    )
    // A thread that fails in its start has no task yet that could fail with it.
    const failed = new Promise<never>((_, reject) => this.#piscina.once('error', reject))
    await Promise.race([Promise.all(all), failed])
  }

  /** What of the next task is to be sampled for the tap; set by the service. */
  tapRequest: (() => TapRequest | null) | null = null

  /** Requests that wait for a worker. */
  get waiting(): number {
    return this.#queues.reduce((n, q) => n + q.length, 0)
  }

  /** Resolves when the request's task is finished; null when its worker died and the client must try again. */
  submit(
    pipeline: number,
    request: TaskRequest,
    { decodedBytes, isGone }: Submission,
  ): Promise<SharedTask | null> {
    const key = shareKey(request.tenant)
    if (key !== this.#lastKey) {
      if (this.#lastKey !== '') this.#contendedUntilMs = performance.now() + CONTENTION_MS
      this.#lastKey = key
    }
    const work = workOf(decodedBytes)
    const queuedAtMs = performance.now()
    return new Promise((resolve) => {
      this.#queues[pipeline]?.push({ key, request, work, queuedAtMs, isGone, resolve })
      this.#dispatchSoon()
    })
  }

  /** Runs a task again with what the ledger knows. */
  async rerun(pipeline: number, task: Task): Promise<HandedResult> {
    this.#metrics.add('observa_worker_tasks_total', 'kind="rerun"')
    return this.#run(pipeline, task)
  }

  /** True when this payload has already taken down its worker several times. */
  isQuarantined(request: TaskRequest): boolean {
    if (this.#strikes.size === 0) return false
    return (this.#strikes.get(digest(request)) ?? 0) >= STRIKES_MAX
  }

  /** Resolves when every task that runs now is durable or refused; tasks that begin meanwhile do not matter. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#unsettled)
    // Tasks that ran then are being made durable now.
    await Promise.allSettled(this.#unsettled)
  }

  /** Resolves when nothing waits, runs or is being made durable. Submit nothing after the call. */
  drain(): Promise<void> {
    return new Promise((resolve) => {
      this.#onIdle = resolve
      this.#tellIfIdle()
    })
  }

  /** Safe twice: piscina would start threads anew when it is destroyed while it is being destroyed. */
  close(): Promise<void> {
    this.#closed ??= this.#starts.settled().then(() => this.#piscina.destroy())
    return this.#closed
  }

  /** After the event loop has read from all sockets: what arrives in one turn of it travels together. */
  #dispatchSoon(): void {
    if (this.#isDispatchDue || this.#running >= this.#settings.workers) return
    this.#isDispatchDue = true
    setImmediate(() => {
      this.#isDispatchDue = false
      this.#dispatch()
    })
  }

  #dispatch(): void {
    while (this.#running < this.#settings.workers) {
      if (this.#isTooLittle()) return
      const pipeline = this.#nextPipeline()
      if (pipeline < 0) return
      const queue = this.#queues[pipeline]
      if (queue === undefined) return
      const batch = this.#take(queue)
      if (batch.length === 0) continue
      this.#running++
      const run = this.#runBatch(pipeline, batch)
      this.#track(run)
      void run.finally(() => {
        this.#running--
        this.#dispatchSoon()
        this.#tellIfIdle()
      })
    }
  }

  /**
   * True while both what runs and what waits are little. What waits is then in one task with what comes until the other is done,
   * instead of two: waking a thread and the sync of a record cost more than some small requests do.
   */
  #isTooLittle(): boolean {
    if (this.#running === 0 || this.#isHeldLong) return false
    let waiting = 0
    for (const queue of this.#queues) waiting += queue.work
    if (waiting === 0 || Math.max(waiting, this.#runningWork) >= HELD_UNITS_MAX) return false
    if (this.#held === null)
      this.#held = setTimeout(() => {
        this.#held = null
        this.#isHeldLong = true
        this.#dispatch()
        this.#isHeldLong = false
      }, HELD_MS)
    return true
  }

  #tellIfIdle(): void {
    if (this.#running === 0 && this.#committing === 0 && this.waiting === 0) this.#onIdle?.()
  }

  /** How long so much work of a key would wait for a worker, in ms. */
  expectedWaitMs(key: string, work: number): number {
    let before = this.#runningWork
    for (const queue of this.#queues) before += queue.workBefore(key, work)
    return this.#rate.msFor(before, this.#settings.workers)
  }

  /** How long requests of this key, or of others where it has none, have waited for a worker, in ms. */
  waitedMs(key: string): number {
    const since = Math.min(...this.#queues.map((q) => q.waitingSinceMs(key)))
    return Math.max(0, performance.now() - since)
  }

  /** True when others wait too, and more of this key waits than of each of them on average. */
  isAboveFairShare(key: string): boolean {
    return this.#queues.some((q) => q.keys > 1 && q.workOf(key) * q.keys > q.work)
  }

  /** Pipelines take turns, so that a busy one does not starve the others. */
  #nextPipeline(): number {
    for (let i = 0; i < this.#queues.length; i++) {
      const at = (this.#next + i) % this.#queues.length
      if ((this.#queues[at]?.length ?? 0) > 0) {
        this.#next = at + 1
        return at
      }
    }
    return -1
  }

  /** One task's requests. While one key sends, all that waits is alike, and tasks are as large as they may be. */
  #take(queue: FairQueue<Waiting>): Waiting[] {
    const workMax = this.#workMax()
    // What arrived in one turn is for all workers that are idle, unless it is too little to be divided.
    const share = queue.work / (this.#settings.workers - this.#running)
    const limits = {
      workMax: Math.min(workMax, Math.max(DIVIDED_UNITS_MIN, share)),
      requestsMax: this.#settings.taskRequestsMax,
      shortWork: workMax * SHORT_SHARE,
      isAlike: (a: Waiting, b: Waiting) =>
        (a.request.telemetry === 'metrics') === (b.request.telemetry === 'metrics'),
    }
    return queue.nextTask(limits, (w) => {
      this.#metrics.add('observa_requests_abandoned_total', '')
      w.resolve(null)
    })
  }

  #workMax(): number {
    const { taskBytesMax } = this.#settings
    if (performance.now() > this.#contendedUntilMs) return taskBytesMax
    const quantum = Math.max(QUANTUM_UNITS_MIN, QUANTUM_MS / this.#rate.msPerUnit)
    return Math.min(taskBytesMax, quantum)
  }

  async #runBatch(pipeline: number, batch: readonly Waiting[]): Promise<void> {
    this.#metrics.add('observa_worker_tasks_total', 'kind="first"')
    this.#metrics.observe('observa_task_requests', '', batch.length)
    const requests = batch.map((w) => w.request)
    const work = batch.reduce((n, w) => n + w.work, 0)
    const startedAt = performance.now()
    this.#runningWork += work
    let result: HandedResult
    try {
      result = await this.#run(pipeline, { requests, corrections: [] })
    } catch (thrown) {
      this.#runningWork -= work
      await this.#afterLoss(pipeline, batch, thrown)
      return
    }
    this.#runningWork -= work
    this.#rate.learn(work, performance.now() - startedAt)
    const task = { requests, result }
    const commit = this.#onFinished(pipeline, task)
    this.#track(commit)
    this.#committing++
    const committed = (): void => {
      this.#committing--
      this.#tellIfIdle()
    }
    commit.then(committed, committed)
    for (const [index, w] of batch.entries()) w.resolve({ task, index, commit })
  }

  #track(work: Promise<unknown>): void {
    this.#unsettled.add(work)
    const done = (): void => void this.#unsettled.delete(work)
    work.then(done, done)
  }

  /** The worker died or hung. Alone, a request may be the cause: it gets a strike; in company each is tried alone. */
  async #afterLoss(pipeline: number, batch: readonly Waiting[], thrown: unknown): Promise<void> {
    this.#metrics.add('observa_worker_failures_total', '')
    if (batch.length > 1) {
      for (const w of batch) await this.#runBatch(pipeline, [w])
      return
    }
    const [only] = batch as readonly [Waiting]
    this.#strike(only.request)
    this.#reportLoss('a worker was lost with its task', thrown)
    only.resolve(null)
  }

  /** Without the message of the error, which may quote the payload. */
  #reportLoss(what: string, thrown: unknown): void {
    const { kind, at } = faultOf(thrown, 'worker')
    this.#log.error({ code: 'OBS_WORKER_LOST', kind, at }, what)
  }

  #strike(request: TaskRequest): void {
    const key = digest(request)
    if (this.#strikes.size >= STRIKE_ENTRIES_MAX) {
      const oldest = this.#strikes.keys().next()
      if (!oldest.done) this.#strikes.delete(oldest.value)
    }
    this.#strikes.set(key, (this.#strikes.get(key) ?? 0) + 1)
  }

  // Payloads lie in shared memory: the worker reads them where they are, and main keeps them until the task
  // is durable, to run it again after a dead worker or with corrections.
  async #run(pipeline: number, task: Task): Promise<HandedResult> {
    const deadline = new TaskDeadline(this.#settings.taskTimeoutMs, this.#starts)
    try {
      const tap = this.tapRequest?.() ?? null
      const asked = tap === null ? task : { ...task, tap }
      const message = { kind: 'task', pipeline, task: asked } as const
      return this.#results.read(await this.#piscina.run(message, { signal: deadline.signal }))
    } finally {
      deadline.end()
    }
  }
}

const digest = (r: TaskRequest): string => hash('sha256', r.payload, 'base64').slice(0, 22)
