// The jobs of a process: the queue, and the worker where this process works them.

import type { ClickHouseClient } from '@clickhouse/client'
import type { Logger } from 'pino'
import type { SemanticConfig } from '../../config/semantic-section.ts'
import type { Clock } from '../../core/clock.ts'
import type { StoreAddress } from '../../core/config/store-address.ts'
import type { Metrics } from '../../core/metrics.ts'
import { RUN_DELETION } from '../../jobs/deletions/deletions.ts'
import type { JobKind } from '../../jobs/job-kind.ts'
import { JobQueue } from '../../jobs/job-queue.ts'
import { JobWorker } from '../../jobs/job-worker.ts'
import { Planner } from '../../notifications/planner.ts'
import type { JudgeSettings } from '../../semantic/judges/judge-settings.ts'
import { type Embedder, makeEmbedder } from '../../semantic/vectors/embedder.ts'
import type { ArchivePlace } from '../../storage/archive/archive-place.ts'
import { PostgresPool } from '../../storage/postgres/pool.ts'
import { connectClickHouse } from '../../storage/semantic/clickhouse-rows.ts'
import { jobHandlers, storeHandlers } from './job-handlers.ts'
import { embedSettingsOf, judgeSettingsOf } from './judge-settings.ts'
import type { NotificationSettings } from './notification-settings.ts'

export interface JobServiceOptions {
  /** Of Postgres; holds the password. */
  readonly url: string
  /** Of ClickHouse; null where this process cannot reach it. */
  readonly clickhouse: StoreAddress | null
  readonly semantic: SemanticConfig
  readonly clock: Clock
  readonly metrics: Metrics
  readonly log: Logger
  /** Whether there is a ClickHouse at all. */
  readonly hasClickHouse: boolean
  /** Are jobs worked here, or only enqueued? */
  readonly isWorker: boolean
  /** Are at least those worked here that need an embedded ClickHouse, which nobody else reaches? */
  readonly isStoreWorker: boolean
  readonly notifications: NotificationSettings
  /** Null where nothing is archived. */
  readonly archive: ArchivePlace | null
}

/** Connections of the jobs themselves, beside those of the queue. */
const CONNECTIONS = 4
/** A deletion changes many rows in one statement. */
const STATEMENT_MS = 120_000

export class JobService {
  readonly queue: JobQueue
  /** Null where nothing is judged. */
  readonly judges: JudgeSettings | null
  /** Null where nothing is embedded. */
  readonly embedder: Embedder | null
  readonly hasMail: boolean
  readonly #pool: PostgresPool
  readonly #clickhouse: ClickHouseClient | null
  readonly #worker: JobWorker | null
  readonly #planner: Planner | null

  constructor(options: JobServiceOptions) {
    const { url, clock, metrics, log, semantic, notifications, hasClickHouse } = options
    this.#pool = new PostgresPool({
      url,
      max: CONNECTIONS,
      statementTimeoutMs: STATEMENT_MS,
      applicationName: 'observa/worker',
    })
    this.#clickhouse = options.clickhouse === null ? null : connectClickHouse(options.clickhouse)
    this.judges = judgeSettingsOf(semantic)
    this.hasMail = notifications.mail !== null
    const embed = embedSettingsOf(semantic)
    const shared = { pool: this.#pool, clock, metrics }
    this.embedder = embed === null ? null : makeEmbedder(embed, shared)
    const deps = {
      pool: this.#pool,
      clickhouse: this.#clickhouse,
      hasClickHouse,
      semantic,
      judges: this.judges,
      embedder: this.embedder,
      notifications,
      archive: options.archive,
      clock,
      metrics,
      queue: () => this.queue,
    }
    const anywhere = jobHandlers(deps)
    const ofStores = storeHandlers(deps)
    const handlers = [
      ...(options.isWorker ? anywhere : []),
      ...(options.isWorker || options.isStoreWorker ? ofStores : []),
    ]
    // What is enqueued here may be worked elsewhere.
    const kinds = new Set<JobKind>([...anywhere, ...ofStores].map((handler) => handler.kind))
    kinds.add(RUN_DELETION)
    const isWorker = handlers.length > 0
    this.queue = new JobQueue({ url, clock, metrics, log, kinds: [...kinds], isWorker })
    const { queue } = this
    this.#worker = isWorker ? new JobWorker({ queue, handlers, clock, metrics, log }) : null
    const { inhibitions } = notifications
    const pool = this.#pool
    this.#planner = options.isWorker
      ? new Planner({ pool, queue, clock, metrics, log, inhibitions })
      : null
  }

  /** Never fails for want of the database: it is tried again. */
  async start(): Promise<void> {
    await this.queue.start()
    this.#worker?.start()
    this.#planner?.start()
  }

  /** Lets running jobs finish within `drainMs` and gives the others back. */
  async stop(drainMs: number): Promise<void> {
    await this.#planner?.stop()
    await this.#worker?.stop(drainMs)
    await this.queue.stop()
    await this.#pool.end()
    await this.#clickhouse?.close()
  }
}
