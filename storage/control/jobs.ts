// What is asked of the job queue beside its library: as `observa_jobs`.

import { JOB_SCHEMA } from '../migrations/job-queue.ts'
import type { PostgresPool } from '../postgres/pool.ts'

export interface WaitingJobs {
  /** Of the kind. */
  readonly name: string
  readonly waiting: number
  /** Since when the oldest could have run. */
  readonly oldest_s: number
}

/** Kinds with jobs that could run now. */
export async function waitingJobs(pool: PostgresPool): Promise<readonly WaitingJobs[]> {
  const found = await pool.query<WaitingJobs>(
    `SELECT name, count(*)::int AS waiting, extract(epoch FROM now() - min(start_after))::float8 AS oldest_s
     FROM ${JOB_SCHEMA}.job WHERE state < 'active' AND start_after <= now() GROUP BY name`,
  )
  return found.rows
}
