// Queries about the job queue that its library does not have. All run as `observa_jobs`.

import { JOB_SCHEMA } from '../migrations/job-queue.ts'
import type { Statements } from '../postgres/connection.ts'
import type { PostgresPool } from '../postgres/pool.ts'
import type { Page } from '../queries/page.ts'
import { Conditions, type PageWanted } from './rows.ts'

export interface WaitingJobs {
  /** The name of the kind. */
  readonly name: string
  readonly waiting: number
  /** For how long the oldest job could have run, s. */
  readonly oldest_s: number
}

/** The kinds that have jobs which could run now. */
export async function waitingJobs(pool: PostgresPool): Promise<readonly WaitingJobs[]> {
  const found = await pool.query<WaitingJobs>(
    `SELECT name, count(*)::int AS waiting, extract(epoch FROM now() - min(start_after))::float8 AS oldest_s
     FROM ${JOB_SCHEMA}.job WHERE state < 'active' AND start_after <= now() GROUP BY name`,
  )
  return found.rows
}

export const JOB_STATES = [
  'created',
  'retry',
  'active',
  'completed',
  'cancelled',
  'failed',
] as const

export interface JobRow {
  readonly job_id: string
  readonly kind: string
  readonly state: (typeof JOB_STATES)[number]
  readonly attempts: number
  readonly attempts_max: number
  readonly priority: number
  readonly created_at: Date
  readonly starts_after: Date
  readonly started_at: Date | null
  readonly finished_at: Date | null
  readonly error_code: string | null
}

/** Payload and error message are not selected, because both may name the person whom a job is about. */
const JOB = `id::text AS job_id, name AS kind, state::text AS state, retry_count AS attempts, retry_limit AS attempts_max, priority,
  created_on AS created_at, start_after AS starts_after, started_on AS started_at, completed_on AS finished_at,
  output ->> 'code' AS error_code`

/** Matches jobs whose payload names the tenant. */
const ofTenant = (p: string): string => `coalesce(data ->> 'tenantId', data ->> 'tenant_id') = ${p}`

export interface JobFilter extends PageWanted {
  /** Null selects the jobs of all tenants. */
  readonly tenantId: string | null
  readonly kind?: string | undefined
  readonly state?: string | undefined
}

/** Jobs, newest first. */
export async function listJobs(client: Statements, f: JobFilter): Promise<Page<JobRow>> {
  const where = new Conditions()
    .add(f.tenantId ?? undefined, ofTenant)
    .add(f.kind, (p) => `name = ${p}`)
    .add(f.state, (p) => `state::text = ${p}`)
  const sql = `${JOB} FROM ${JOB_SCHEMA}.job`
  return await where.page(client, sql, { time: 'created_on', id: 'id' }, f)
}

export async function findJob(
  client: Statements,
  tenantId: string | null,
  id: string,
): Promise<JobRow | null> {
  const found = await client.query<JobRow>(
    `SELECT ${JOB} FROM ${JOB_SCHEMA}.job WHERE id = $1 AND ($2::text IS NULL OR ${ofTenant('$2')})`,
    [id, tenantId],
  )
  return found.rows[0] ?? null
}
