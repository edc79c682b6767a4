// The only place that knows pg-boss: how it is set up, and the connections it works with. Its own timers, listeners and
// schedules are left off but for the one that takes back jobs of dead workers and removes finished ones.

import { PgBoss } from 'pg-boss'
import { JOB_SCHEMA } from '../storage/migrations/job-queue.ts'
import { PostgresPool } from '../storage/postgres/pool.ts'
import type { JobKind } from './job-kind.ts'

const DAY_S = 86_400
/** A job whose worker was not heard of for so long is taken back. */
export const HEARTBEAT_S = 30
const CONNECTIONS = 4

export interface BossOptions {
  readonly url: string
  /** Takes back lost jobs and removes old ones; several processes share it. */
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

/** Makes the queue of a kind, or brings it to what the kind says now. */
export async function ensureQueue(boss: PgBoss, kind: JobKind): Promise<void> {
  const options = {
    retryLimit: kind.retries,
    // Together with the trigger of the migrations: exactly 2, 4, 8 s.
    retryDelay: 2,
    retryBackoff: true,
    expireInSeconds: Math.ceil(kind.timeoutMs / 1000) + HEARTBEAT_S,
    heartbeatSeconds: HEARTBEAT_S,
    retentionSeconds: 14 * DAY_S,
    // Of completed ones; the trigger makes seven days of it for failed ones.
    deleteAfterSeconds: DAY_S,
  }
  await boss.createQueue(kind.name, { policy: 'exclusive', ...options })
  await boss.updateQueue(kind.name, options)
}
