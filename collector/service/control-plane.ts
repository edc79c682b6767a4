// The control plane of a running instance: the keys in Postgres, what a first start creates there, and the jobs. The
// instance runs on without Postgres: known keys stay known, and missing rows are created when the database responds.

import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import { type BootstrapOptions, ensureControlPlane } from '../../accounts/bootstrap.ts'
import { FollowedControl, type FollowedParts } from '../../accounts/followed-control.ts'
import { KeyDirectory } from '../../accounts/key-directory.ts'
import { QuotaKeeper } from '../../accounts/quota-keeper.ts'
import type { ObservaConfig } from '../../config/root.ts'
import type { SemanticConfig } from '../../config/semantic-section.ts'
import type { Clock } from '../../core/clock.ts'
import type { StoreAddress } from '../../core/config/store-address.ts'
import type { Metrics } from '../../core/metrics.ts'
import type { ArchivePlace } from '../../storage/archive/archive-place.ts'
import { type RetentionDefaults, writeDefaults } from '../../storage/control/retention.ts'
import { errorCodeOf } from '../../storage/postgres/connection.ts'
import { PostgresPool } from '../../storage/postgres/pool.ts'
import { withRole } from '../../storage/postgres/roles.ts'
import { LocalDeletions, type LocalDeletionsOptions } from '../deletions/local-deletions.ts'
import { archivePlaceOf } from '../jobs/archive-place-of.ts'
import { JobService } from '../jobs/job-service.ts'
import { type NotificationSettings, notificationSettingsOf } from '../jobs/notification-settings.ts'
import type { DurableLog } from '../log/log.ts'
import { keysConfigOf } from './authenticators.ts'
import { isEmbedded } from './clickhouse-address.ts'
import { retentionDefaultsOf } from './retention-settings.ts'

export interface ControlPlaneOptions extends BootstrapOptions {
  readonly address: StoreAddress
  readonly clock: Clock
  readonly metrics: Metrics
  readonly log: Logger
  /** Called with the first key of an empty control plane, which is shown once. */
  readonly onFirstKey: (key: string) => void
  /** Are jobs worked in this process too? */
  readonly isWorker: boolean
  readonly isStoreWorker: boolean
  readonly retention: RetentionDefaults
  readonly hasClickHouse: boolean
  /** What deletions need of the rest of the instance. */
  readonly deletions: Pick<
    LocalDeletionsOptions,
    'tombstones' | 'positions' | 'settled' | 'letters'
  >
  readonly notifications: NotificationSettings
  readonly archive: ArchivePlace | null
  /** Of ClickHouse, for jobs. */
  readonly clickhouse: StoreAddress | null
  readonly semantic: SemanticConfig
  /** What was accepted is in it, until the exporters to Postgres have stored it. */
  readonly durable: Pick<DurableLog, 'id' | 'stats' | 'nextSequence' | 'erase'>
  readonly postgresExporters: readonly string[]
}

/** The control plane of others that the configuration names; null if it names none. */
export function followedControl(
  config: ObservaConfig,
  parts: Omit<FollowedParts, 'url' | 'hasPepper'>,
): FollowedControl | null {
  const url = config.control.url?.reveal()
  const hasPepper = (keysConfigOf(config)?.pepper ?? null) !== null
  return url === undefined ? null : new FollowedControl({ ...parts, url, hasPepper })
}

const RETRY_MS = 2000
/** Jobs that run when the instance stops get so long. */
const DRAIN_MS = 3000
const TIMEOUT_MS = 5000

interface LogPosition {
  readonly next: bigint
  readonly counted: bigint
}

/** The next record of the log, and the first that an exporter to Postgres has not stored yet. */
function positionOf({ durable, postgresExporters }: ControlPlaneOptions): LogPosition {
  const { nextSequence: next, consumers } = durable.stats()
  const all = postgresExporters.flatMap((id) => consumers[id] ?? [])
  return { next, counted: all.reduce((least, at) => (at < least ? at : least), next) }
}

export class ControlPlane {
  readonly keys: KeyDirectory
  readonly jobs: JobService
  readonly quotas: QuotaKeeper
  readonly deletions: LocalDeletions
  readonly #options: ControlPlaneOptions
  readonly #stopping = new AbortController()
  #later: Promise<unknown> = Promise.resolve()

  /** Makes the control plane that the configuration describes. */
  static of(
    config: ObservaConfig,
    deps: Pick<
      ControlPlaneOptions,
      | 'address'
      | 'clickhouse'
      | 'bootstrap'
      | 'clock'
      | 'metrics'
      | 'log'
      | 'onFirstKey'
      | 'durable'
      | 'deletions'
    >,
  ): ControlPlane {
    const { address, clickhouse, bootstrap, clock, metrics, log, onFirstKey, durable } = deps
    const { deletions } = deps
    const keys = keysConfigOf(config)
    return new ControlPlane({
      address,
      clickhouse,
      semantic: config.semantic,
      bootstrap,
      clock,
      metrics,
      log,
      onFirstKey,
      durable,
      deletions,
      postgresExporters: [...config.exporters]
        .filter(([, { factory }]) => factory.type === 'postgres')
        .map(([id]) => id),
      places: (keys?.keys ?? []).map((k) => ({ tenantId: k.tenant, projectId: k.project })),
      needsKey: config.auth === 'keys' && (keys?.keys.length ?? 0) === 0,
      pepper: keys?.pepper ?? null,
      isWorker: config.jobs.in_process,
      // Nobody else reaches an embedded engine.
      isStoreWorker: isEmbedded(config),
      retention: retentionDefaultsOf(config.retention),
      hasClickHouse: clickhouse !== null,
      notifications: notificationSettingsOf(config),
      archive: archivePlaceOf(config, clock),
    })
  }

  private constructor(options: ControlPlaneOptions) {
    this.#options = options
    const { clock, metrics, log } = options
    const hasPepper = options.pepper !== null
    const { url } = options.address
    this.keys = new KeyDirectory({ url, clock, metrics, log, hasPepper })
    const instance = options.durable.id.toString('hex')
    const life = randomUUID()
    const position = (): LogPosition => positionOf(options)
    this.quotas = new QuotaKeeper({ url, clock, metrics, log, instance, life, position })
    this.keys.onChange(() => this.quotas.forget())
    this.jobs = new JobService({ ...options, url })
    const { durable, deletions } = options
    this.deletions = new LocalDeletions({
      ...deletions,
      url,
      clock,
      metrics,
      log,
      instance,
      durable,
    })
    this.keys.onChange(() => this.deletions.look())
  }

  async start(): Promise<void> {
    const isDone = await this.#ensure()
    await this.keys.start()
    await this.quotas.start()
    await this.deletions.start()
    await this.jobs.start()
    if (!isDone) this.#later = this.#ensureLater()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#later
    await Promise.all([this.jobs.stop(DRAIN_MS), this.quotas.stop(), this.deletions.stop()])
    await this.keys.stop()
  }

  async #ensureLater(): Promise<void> {
    const { clock } = this.#options
    const { signal } = this.#stopping
    for (;;) {
      await clock.sleep(RETRY_MS, signal).catch(() => {})
      if (signal.aborted || (await this.#ensure())) return
    }
  }

  /** Returns false when the database does not respond or has not been migrated yet. */
  async #ensure(): Promise<boolean> {
    const { log, onFirstKey } = this.#options
    try {
      const key = await this.#withPool(async (pool) => {
        await withRole(pool, 'observa_control', (c) => writeDefaults(c, this.#options.retention))
        return await ensureControlPlane(pool, this.#options)
      })
      if (key !== null) onFirstKey(key)
      return true
    } catch (thrown) {
      log.warn(
        { code: errorCodeOf(thrown) },
        'the control plane is not ready; the next attempt follows',
      )
      return false
    }
  }

  async #withPool<T>(work: (pool: PostgresPool) => Promise<T>): Promise<T> {
    const pool = new PostgresPool({
      url: this.#options.address.url,
      max: 1,
      connectTimeoutMs: TIMEOUT_MS,
      statementTimeoutMs: TIMEOUT_MS,
      applicationName: 'observa/control',
    })
    try {
      return await work(pool)
    } finally {
      await pool.end()
    }
  }
}
