// Sets up pg-boss and its connections. No other file knows how pg-boss is configured. Its timers, listeners and schedules are disabled,
// except for the maintenance timer, which returns the jobs of dead workers to the queue and removes finished jobs.

import { PgBoss } from 'pg-boss'
import { JOB_SCHEMA } from '../storage/migrations/job-queue.ts'
import { PostgresPool } from '../storage/postgres/pool.ts'
import type { JobKind } from './job-kind.ts'

const DAY_S = 86_400
/** A job returns to the queue if its worker sent no heartbeat for this time. */
export const HEARTBEAT_S = 30
const CONNECTIONS = 4

export interface BossOptions {
  readonly url: string
  /** True if this process returns lost jobs to the queue and removes old ones. Several processes may do so. */
  readonly isWorker: boolean
  readonly onError: (thrown: unknown) => void
}

export interface Boss {
  readonly boss: PgBoss
  readonly pool: PostgresPool
}

export function makeBoss({ url, isWorker, onError }: BossOptions): Boss {
  const pool = new PostgresPool({
    url,
    role: 'observa_jobs',
    max: CONNECTIONS,
    applicationName: 'observa/jobs',
  })
  const boss = new PgBoss({
    db: { executeSql: (text, values) => pool.query(text, values) },
    schema: JOB_SCHEMA,
    migrate: false,
    createSchema: false,
    supervise: isWorker,
    superviseIntervalSeconds: 15,
    monitorIntervalSeconds: 15,
    maintenanceIntervalSeconds: 600,
    schedule: false,
    registerInstance: false,
    reindex: false,
    monitorVacuum: false,
    flowIntervalSeconds: 3600,
  })
  boss.on('error', onError)
  return { boss, pool }
}

/** Makes the queue of a job kind, or updates the options of an existing queue. */
export async function ensureQueue(boss: PgBoss, kind: JobKind): Promise<void> {
  const options = {
    retryLimit: kind.retries,
    // pg-boss adds jitter to the delay. A trigger of the migrations replaces it by exactly 2, 4 and 8 s.
    retryDelay: 2,
    retryBackoff: true,
    expireInSeconds: Math.ceil(kind.timeoutMs / 1000) + HEARTBEAT_S,
    heartbeatSeconds: HEARTBEAT_S,
    retentionSeconds: 14 * DAY_S,
    // Completed jobs are kept for this time. The trigger makes it seven days for failed jobs.
    deleteAfterSeconds: DAY_S,
  }
  await boss.createQueue(kind.name, { policy: 'exclusive', ...options })
  await boss.updateQueue(kind.name, options)
}
