// Every kind of job that there is, with what works it. A new kind is one more line here.

import type { Metrics } from '../../core/metrics.ts'
import { cleanSessions } from '../../jobs/clean-sessions.ts'
import type { AnyJobHandler } from '../../jobs/job-kind.ts'
import { quotaNotices } from '../../jobs/quota-notices.ts'
import { cleanNotifications, deliverNotifications } from '../../notifications/deliver.ts'
import type { PostgresPool } from '../../storage/postgres/pool.ts'
import type { NotificationSettings } from './notification-settings.ts'

export interface JobHandlerDeps {
  /** For what jobs do; a plain role is taken on for each transaction. */
  readonly pool: PostgresPool
  readonly metrics: Metrics
  readonly notifications: NotificationSettings
}

export function jobHandlers({
  pool,
  metrics,
  notifications,
}: JobHandlerDeps): readonly AnyJobHandler[] {
  return [
    cleanSessions(pool),
    quotaNotices(pool),
    deliverNotifications(pool, { ...notifications, metrics }),
    cleanNotifications(pool),
  ]
}
