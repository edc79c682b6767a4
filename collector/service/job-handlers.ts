// Every kind of job that there is, with what works it. A new kind is one more line here.

import { cleanSessions } from '../../jobs/clean-sessions.ts'
import type { AnyJobHandler } from '../../jobs/job-kind.ts'
import { quotaNotices } from '../../jobs/quota-notices.ts'
import type { PostgresPool } from '../../storage/postgres/pool.ts'

export interface JobHandlerDeps {
  /** For what jobs do; a plain role is taken on for each transaction. */
  readonly pool: PostgresPool
}

export function jobHandlers({ pool }: JobHandlerDeps): readonly AnyJobHandler[] {
  return [cleanSessions(pool), quotaNotices(pool)]
}
