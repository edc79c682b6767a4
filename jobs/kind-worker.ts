// Runs the jobs of one kind: fetches up to its concurrency, runs them and reports their results. It fetches once a second,
// and without delay when this process has enqueued a job or one of its retries is due.

import type { JobWithMetadata, PgBoss } from 'pg-boss'
import type { Logger } from 'pino'
import type { Clock } from '../core/clock.ts'
import type { Metrics } from '../core/metrics.ts'
import { errorCodeOf } from '../storage/postgres/connection.ts'
import { HEARTBEAT_S } from './boss.ts'
import { type AnyJobHandler, PermanentJobError } from './job-kind.ts'
import { DONE, FAILED, RELEASED, RETRIED, RUNNING, SECONDS } from './job-metrics.ts'

export interface KindWorkerDeps {
  readonly boss: PgBoss
  readonly clock: Clock
  readonly metrics: Metrics
  readonly log: Logger
}

type Attempt = Pick<JobWithMetadata, 'id' | 'retryCount'>

interface Run {
  readonly job: JobWithMetadata
  readonly abort: AbortController
}

const LOOK_MS = 1000
const LOOK_MS_AFTER_ERROR = 2000
const BEAT_MS = (HEARTBEAT_S * 1000) / 3
/** The number of attempts, a second apart, to report a result. They end before the heartbeat is missed. */
const SETTLE_TRIES = 20
const SETTLE_MS = 1000
const WAKES_MAX = 1000

export class KindWorker {
  readonly #handler: AnyJobHandler
  readonly #deps: KindWorkerDeps
  readonly #runs = new Map<string, Run>()
  readonly #done: Attempt[] = []
  readonly #wakes = new Set<NodeJS.Timeout>()
  readonly #stopping = new AbortController()
  #settling: Promise<void> | null = null
  #wake: (() => void) | null = null
  #isWoken = false
  #loops: Promise<unknown> = Promise.resolve()

  constructor(handler: AnyJobHandler, deps: KindWorkerDeps) {
    this.#handler = handler
    this.#deps = deps
  }

  get #name(): string {
    return this.#handler.kind.name
  }

  get #label(): string {
    return `kind="${this.#name}"`
  }

  start(): void {
    this.#loops = Promise.all([this.#fetchOn(), this.#beatOn()])
  }

  /** Fetches without waiting for the next interval. */
  wake(): void {
    this.#isWoken = true
    this.#wake?.()
  }

  /** Fetches no more jobs, waits up to `ms` for the running ones, and returns the others to the queue. */
  async stop(ms: number): Promise<void> {
    this.#stopping.abort()
    this.wake()
    for (const timer of this.#wakes) clearTimeout(timer)
    const deadline = this.#deps.clock.monotonicMs() + ms
    await this.#drained(deadline)
    const left = [...this.#runs.values()]
    for (const { abort } of left) abort.abort(new Error('the process ends'))
    if (left.length > 0) await this.#drained(this.#deps.clock.monotonicMs() + SETTLE_MS)
    await this.#release([...this.#runs.values()].map((run) => run.job))
    await this.#settling
    await this.#loops
  }

  async #drained(deadlineMs: number): Promise<void> {
    const { clock } = this.#deps
    while (this.#runs.size > 0 && clock.monotonicMs() < deadlineMs) await clock.sleep(20)
  }

  async #fetchOn(): Promise<void> {
    const { concurrency } = this.#handler.kind
    const { signal } = this.#stopping
    while (!signal.aborted) {
      const room = concurrency - this.#runs.size
      // A fetch of one job costs as much as a fetch of many, so it waits until half of the places are free.
      if (room < Math.ceil(concurrency / 2)) {
        await this.#pause(LOOK_MS)
        continue
      }
      const jobs = await this.#fetch(room)
      for (const job of jobs ?? []) void this.#run(job)
      if (jobs === null) await this.#pause(LOOK_MS_AFTER_ERROR)
      else if (jobs.length < room) await this.#pause(LOOK_MS)
    }
  }

  async #fetch(room: number): Promise<JobWithMetadata[] | null> {
    this.#isWoken = false
    try {
      return await this.#deps.boss.fetch(this.#name, { batchSize: room, includeMetadata: true })
    } catch (thrown) {
      this.#deps.log.warn(
        { kind: this.#name, code: errorCodeOf(thrown) },
        'no jobs could be fetched',
      )
      return null
    }
  }

  async #run(job: JobWithMetadata): Promise<void> {
    const { clock, metrics } = this.#deps
    const run: Run = { job, abort: new AbortController() }
    this.#runs.set(job.id, run)
    this.#showRunning()
    const startedAt = clock.monotonicMs()
    const timeout = setTimeout(
      () => run.abort.abort(new Error('the job ran out of time')),
      this.#handler.kind.timeoutMs,
    )
    let failure: { readonly thrown: unknown } | null = null
    try {
      await this.#work(job, run.abort.signal)
    } catch (thrown) {
      failure = { thrown }
    }
    clearTimeout(timeout)
    metrics.observe(SECONDS, this.#label, (clock.monotonicMs() - startedAt) / 1000)
    // The job was returned to the queue or taken by another worker meanwhile.
    if (!this.#runs.has(job.id)) return
    if (failure === null) await this.#complete(job)
    else if (this.#stopping.signal.aborted && run.abort.signal.aborted) await this.#release([job])
    else await this.#fail(job, failure.thrown)
    this.#runs.delete(job.id)
    this.#showRunning()
    this.wake()
  }

  async #work(job: JobWithMetadata, signal: AbortSignal): Promise<void> {
    const { kind } = this.#handler
    const parsed = kind.payload.safeParse((job.data as { payload?: unknown } | null)?.payload)
    if (!parsed.success)
      throw new PermanentJobError('OBS_JOB_PAYLOAD', 'The payload does not match the job kind.')
    const { id, retryCount } = job
    const log = this.#deps.log.child({ kind: kind.name, job: id })
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
    const attempt = retryCount + 1
    const work = this.#handler.run({ id, payload: parsed.data, attempt, signal, log })
    // A handler that ignores its signal is abandoned.
    await Promise.race([work, aborted])
  }

  /** Reports a finished job. Jobs that finish while a statement is running share the next statement. */
  #complete({ id, retryCount }: JobWithMetadata): Promise<void> {
    this.#done.push({ id, retryCount })
    this.#settling ??= this.#settleDone().finally(() => {
      this.#settling = null
    })
    return this.#settling
  }

  async #settleDone(): Promise<void> {
    await Promise.resolve()
    while (this.#done.length > 0) {
      const batch = this.#done.splice(0)
      const isSaid = await this.#insist(() => this.#deps.boss.complete(this.#name, batch))
      if (isSaid) this.#deps.metrics.add(DONE, this.#label, batch.length)
    }
  }

  async #fail(job: JobWithMetadata, thrown: unknown): Promise<void> {
    const { metrics, log } = this.#deps
    const { id, retryCount, retryLimit } = job
    const isPermanent = thrown instanceof PermanentJobError
    const isLast = isPermanent || retryCount >= retryLimit
    const code = errorCodeOf(thrown)
    const about = { kind: this.#name, job: id, attempt: retryCount + 1, code }
    if (isLast) log.error(about, 'a job failed for good')
    else log.warn(about, 'a job failed and is tried again')
    const output = { code, permanent: isPermanent }
    await this.#insist(() => this.#deps.boss.fail(this.#name, [{ id, retryCount }], output))
    metrics.add(isLast ? FAILED : RETRIED, this.#label)
    if (!isLast) this.#wakeIn(2 ** (retryCount + 1) * 1000)
  }

  async #release(jobs: readonly JobWithMetadata[]): Promise<void> {
    if (jobs.length === 0) return
    for (const job of jobs) this.#runs.delete(job.id)
    const attempts = jobs.map(({ id, retryCount }) => ({ id, retryCount }))
    // One attempt is enough, because a job also returns to the queue when its heartbeat is missed.
    await this.#deps.boss
      .fail(this.#name, attempts, { released: true })
      .catch((thrown: unknown) => {
        this.#deps.log.warn(
          { kind: this.#name, code: errorCodeOf(thrown) },
          'jobs were not given back',
        )
      })
    this.#deps.metrics.add(RELEASED, this.#label, jobs.length)
  }

  /** Fetches again after `ms`, when a retry is due. */
  #wakeIn(ms: number): void {
    if (this.#wakes.size >= WAKES_MAX || this.#stopping.signal.aborted) return
    const timer = setTimeout(() => {
      this.#wakes.delete(timer)
      this.wake()
    }, ms)
    timer.unref()
    this.#wakes.add(timer)
  }

  /** Returns false if the database did not respond. The job then runs again after its heartbeat is missed. */
  async #insist(say: () => Promise<unknown>): Promise<boolean> {
    for (let left = SETTLE_TRIES; ; left--) {
      try {
        await say()
        return true
      } catch (thrown) {
        const code = errorCodeOf(thrown)
        if (left > 0 && !this.#stopping.signal.aborted) {
          await this.#deps.clock.sleep(SETTLE_MS, this.#stopping.signal).catch(() => {})
          continue
        }
        this.#deps.log.error(
          { kind: this.#name, code },
          'what became of a job could not be written',
        )
        return false
      }
    }
  }

  /** Sends the heartbeat of the running jobs, and aborts those that another worker has taken. */
  async #beatOn(): Promise<void> {
    const { clock, boss, log } = this.#deps
    const { signal } = this.#stopping
    while (!signal.aborted || this.#runs.size > 0) {
      if (signal.aborted) await clock.sleep(100)
      else await clock.sleep(BEAT_MS, signal).catch(() => {})
      const runs = [...this.#runs.values()]
      if (runs.length === 0) continue
      try {
        const attempts = runs.map(({ job: { id, retryCount } }) => ({ id, retryCount }))
        const said = (await boss.touch(this.#name, attempts)) as { readonly settled?: string[] }
        const ours = new Set(said.settled ?? attempts.map((a) => a.id))
        for (const run of runs) if (!ours.has(run.job.id)) this.#lose(run)
      } catch (thrown) {
        log.warn(
          { kind: this.#name, code: errorCodeOf(thrown) },
          'running jobs could not be confirmed',
        )
      }
    }
  }

  /** Abandons a job that another worker has taken. Its result is not reported. */
  #lose({ job, abort }: Run): void {
    if (!this.#runs.delete(job.id)) return
    abort.abort(new Error('another worker has the job'))
    this.#showRunning()
  }

  #showRunning(): void {
    this.#deps.metrics.set(RUNNING, this.#label, this.#runs.size)
  }

  /** Resolves after `ms`, or earlier when `wake` is called. */
  #pause(ms: number): Promise<void> {
    if (this.#isWoken) {
      this.#isWoken = false
      return Promise.resolve()
    }
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#wake?.(), ms)
      this.#wake = () => {
        clearTimeout(timer)
        this.#wake = null
        this.#isWoken = false
        resolve()
      }
    })
  }
}
