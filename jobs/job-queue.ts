// Puts jobs into the queue. The service goes on while the database is unreachable: `enqueue` then rejects. Callers that
// must not lose a job store its subject in a row of their own and enqueue it from there.

import { randomUUID } from 'node:crypto'
import type { PgBoss } from 'pg-boss'
import type { Logger } from 'pino'
import type { Clock } from '../core/clock.ts'
import { ObservaError } from '../core/errors.ts'
import type { Metrics } from '../core/metrics.ts'
import { errorCodeOf, type Statements } from '../storage/postgres/connection.ts'
import { withinAs } from '../storage/postgres/roles.ts'
import { type Boss, ensureQueue, makeBoss } from './boss.ts'
import type { JobKind } from './job-kind.ts'
import { ENQUEUED, NOT_ENQUEUED, QUEUE_UP } from './job-metrics.ts'

export interface JobQueueOptions {
  /** Contains the password: never log it. */
  readonly url: string
  readonly clock: Clock
  readonly metrics: Metrics
  readonly log: Logger
  /** All kinds that this process enqueues or runs. */
  readonly kinds: readonly JobKind[]
  readonly isWorker: boolean
}

export interface EnqueueOptions {
  /** Deduplicates jobs. A job is not added while another one of the same kind and key waits or runs. */
  readonly key?: string
  /** Jobs with a higher priority run first. The default is 0. */
  readonly priority?: number
  readonly startAfter?: Date
  /** At most one job of the key is added in each interval of this length, even if the earlier one has ended. */
  readonly onceInSeconds?: number
}

/** A job as pg-boss takes it. It is a type alias, because pg-boss's JSON type does not accept interfaces. */
type Insert = {
  readonly id: string
  readonly data: object
  readonly priority: number
  readonly singletonKey: string
  readonly startAfter?: Date
  readonly singletonSeconds?: number
}

interface Waiting {
  readonly insert: Insert
  readonly resolve: (id: string | null) => void
  readonly reject: (thrown: unknown) => void
}

/** The most jobs of a kind in one statement, and the most that wait for one. */
const BATCH_MAX = 1000
const WAITING_MAX = 10_000
const RETRY_MS = 2000
const KEY_CHARS_MAX = 200

export class JobQueueUnavailableError extends ObservaError {
  constructor(reason: 'unavailable' | 'full') {
    super(
      'OBS_JOBS_UNAVAILABLE',
      reason === 'full'
        ? 'The job could not be put into the queue: too many are on their way.'
        : 'The job could not be put into the queue: Postgres does not answer.',
      'Try again later.',
    )
  }
}

export class JobQueue {
  readonly #options: JobQueueOptions
  readonly #boss: Boss
  readonly #waiting = new Map<string, Waiting[]>()
  readonly #sending = new Set<string>()
  readonly #watchers = new Map<string, () => void>()
  readonly #stopping = new AbortController()
  #opening: Promise<void> = Promise.resolve()
  #isOpen = false

  constructor(options: JobQueueOptions) {
    this.#options = options
    const onError = (thrown: unknown): void => {
      options.log.warn({ code: errorCodeOf(thrown) }, 'the maintenance of the job queue failed')
    }
    this.#boss = makeBoss({ url: options.url, isWorker: options.isWorker, onError })
  }

  /** Opens the queue. If the database does not respond, the attempts continue in the background. */
  async start(): Promise<void> {
    const { metrics } = this.#options
    metrics.onCollect(() => metrics.set(QUEUE_UP, '', this.#isOpen ? 1 : 0))
    if (!(await this.#open())) this.#opening = this.#openLater()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#opening
    await this.#boss.boss.stop({ graceful: false, timeout: 1000 }).catch(() => {
      // A queue that could not be opened has nothing to close.
    })
    await this.#boss.pool.end()
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** pg-boss, which the worker fetches jobs with. */
  get boss(): PgBoss {
    return this.#boss.boss
  }

  /** Connections with the database role of the queue, for the worker. */
  get pool(): Boss['pool'] {
    return this.#boss.pool
  }

  /** Calls `watcher` when this process has enqueued a job of the kind, so that its worker fetches the job without delay. */
  onEnqueued(kind: JobKind, watcher: () => void): void {
    this.#watchers.set(kind.name, watcher)
  }

  /**
   * Resolves with the id of the job when the database has it, or with null if a job of the same key waits or runs. Rejects
   * with a `JobQueueUnavailableError` if the database does not respond. Concurrent calls share statements.
   */
  enqueue<Payload>(
    kind: JobKind<Payload>,
    payload: Payload,
    options: EnqueueOptions = {},
  ): Promise<string | null> {
    const insert = insertOf(kind, payload, options)
    const waiting = this.#waiting.get(kind.name) ?? []
    this.#waiting.set(kind.name, waiting)
    if (waiting.length >= WAITING_MAX) return Promise.reject(this.#refused(kind, 'full'))
    return new Promise((resolve, reject) => {
      waiting.push({ insert, resolve, reject })
      if (!this.#sending.has(kind.name)) void this.#send(kind)
    })
  }

  /**
   * Enqueues a job in the caller's transaction, which may have any database role. The job exists only if the transaction
   * commits. Resolves with null if a job of the same key waits or runs.
   */
  async enqueueWithin<Payload>(
    client: Statements,
    kind: JobKind<Payload>,
    payload: Payload,
    options: EnqueueOptions = {},
  ): Promise<string | null> {
    const insert = insertOf(kind, payload, options)
    if (!this.#isOpen) throw this.#refused(kind, 'unavailable')
    const db = { executeSql: (text: string, values?: unknown[]) => client.query(text, values) }
    const ids = await withinAs(client, 'observa_jobs', () =>
      this.#boss.boss.insert(kind.name, [insert], { db, returnId: true }),
    )
    this.#count(kind, ids === null ? 0 : 1, 1)
    return ids === null ? null : insert.id
  }

  async #send<Payload>(kind: JobKind<Payload>): Promise<void> {
    this.#sending.add(kind.name)
    // Jobs that are enqueued in the same turn of the event loop share the first statement.
    await Promise.resolve()
    const waiting = this.#waiting.get(kind.name) ?? []
    while (waiting.length > 0) await this.#sendBatch(kind, waiting.splice(0, BATCH_MAX))
    this.#sending.delete(kind.name)
  }

  async #sendBatch<Payload>(kind: JobKind<Payload>, batch: readonly Waiting[]): Promise<void> {
    if (!this.#isOpen) {
      for (const w of batch) w.reject(this.#refused(kind, 'unavailable'))
      return
    }
    try {
      const inserts = batch.map((w) => w.insert)
      const ids = await this.#boss.boss.insert(kind.name, inserts, { returnId: true })
      const added = new Set(ids ?? [])
      for (const { insert, resolve } of batch) resolve(added.has(insert.id) ? insert.id : null)
      this.#count(kind, added.size, batch.length)
      if (added.size > 0) this.#watchers.get(kind.name)?.()
    } catch (thrown) {
      this.#options.log.warn(
        { kind: kind.name, code: errorCodeOf(thrown) },
        'jobs were not enqueued',
      )
      for (const w of batch) w.reject(this.#refused(kind, 'unavailable'))
    }
  }

  #count(kind: Pick<JobKind, 'name'>, added: number, asked: number): void {
    const { metrics } = this.#options
    const label = `kind="${kind.name}"`
    if (added > 0) metrics.add(ENQUEUED, label, added)
    if (asked > added) metrics.add(NOT_ENQUEUED, `${label},reason="duplicate"`, asked - added)
  }

  #refused(kind: Pick<JobKind, 'name'>, reason: 'unavailable' | 'full'): Error {
    this.#options.metrics.add(NOT_ENQUEUED, `kind="${kind.name}",reason="${reason}"`)
    return new JobQueueUnavailableError(reason)
  }

  async #open(): Promise<boolean> {
    const { kinds, log } = this.#options
    const { boss } = this.#boss
    try {
      await boss.start()
      for (const kind of kinds) await ensureQueue(boss, kind)
      this.#isOpen = true
      return true
    } catch (thrown) {
      log.warn({ code: errorCodeOf(thrown) }, 'the job queue does not respond; retrying')
      return false
    }
  }

  async #openLater(): Promise<void> {
    const { clock, log } = this.#options
    const { signal } = this.#stopping
    while (!signal.aborted) {
      await clock.sleep(RETRY_MS, signal).catch(() => {})
      if (signal.aborted || !(await this.#open())) continue
      log.info('the job queue responds')
      return
    }
  }
}

function insertOf<Payload>(
  kind: JobKind<Payload>,
  payload: Payload,
  options: EnqueueOptions,
): Insert {
  const id = randomUUID()
  const { key, priority = 0, startAfter, onceInSeconds } = options
  if (key !== undefined && (key === '' || key.length > KEY_CHARS_MAX))
    throw new RangeError(`the key of a job has 1 to ${KEY_CHARS_MAX} characters`)
  return {
    id,
    // An invalid payload is a mistake of the caller, so it throws.
    data: { payload: kind.payload.parse(payload) },
    priority,
    singletonKey: key ?? id,
    ...(startAfter === undefined ? {} : { startAfter }),
    ...(onceInSeconds === undefined ? {} : { singletonSeconds: onceInSeconds }),
  }
}
