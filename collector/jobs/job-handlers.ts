// Every kind of job that there is, with what works it. A new kind is one more line here.

import type { ClickHouseClient } from '@clickhouse/client'
import type { SemanticConfig } from '../../config/semantic-section.ts'
import type { Clock } from '../../core/clock.ts'
import type { Metrics } from '../../core/metrics.ts'
import { ERASED } from '../../jobs/archive/archive-expired.ts'
import { eraseArchived } from '../../jobs/archive/erase-archived.ts'
import { restoreArchives } from '../../jobs/archive/restore-archives.ts'
import { cleanSessions } from '../../jobs/clean-sessions.ts'
import { continueDeletions, runDeletion } from '../../jobs/deletions/deletions.ts'
import type { AnyJobHandler } from '../../jobs/job-kind.ts'
import type { JobQueue } from '../../jobs/job-queue.ts'
import { quotaNotices } from '../../jobs/quota-notices.ts'
import { applyRetention } from '../../jobs/retention/retention.ts'
import { budgetNotices } from '../../notifications/budgets/budget-notices.ts'
import { cleanNotifications, deliverNotifications } from '../../notifications/deliver.ts'
import { sendResets } from '../../notifications/password-reset-mail.ts'
import { judgeHandlers } from '../../semantic/judges/judge-handlers.ts'
import type { JudgeSettings } from '../../semantic/judges/judge-settings.ts'
import { scoreQuality } from '../../semantic/quality/quality-job.ts'
import { nameByJudge } from '../../semantic/topics/name-by-judge.ts'
import { assignTopics } from '../../semantic/topics/topics-job.ts'
import { embedSample } from '../../semantic/vectors/embed-job.ts'
import type { Embedder } from '../../semantic/vectors/embedder.ts'
import type { ArchivePlace } from '../../storage/archive/archive-place.ts'
import type { PostgresPool } from '../../storage/postgres/pool.ts'
import { samplingSettingsOf } from './judge-settings.ts'
import type { NotificationSettings } from './notification-settings.ts'

export interface JobHandlerDeps {
  /** For what jobs do; a plain role is taken on for each transaction. */
  readonly pool: PostgresPool
  /** Null where this process cannot reach it; then jobs that need it are left to others. */
  readonly clickhouse: ClickHouseClient | null
  readonly semantic: SemanticConfig
  /** Null where nothing is judged. */
  readonly judges: JudgeSettings | null
  /** Null where nothing is embedded. */
  readonly embedder: Embedder | null
  readonly notifications: NotificationSettings
  readonly clock: Clock
  readonly metrics: Metrics
  readonly queue: () => JobQueue
  /** Whether there is a ClickHouse at all, reachable from here or not. */
  readonly hasClickHouse: boolean
  /** Where data goes that retention removes; null where nothing is archived. */
  readonly archive: ArchivePlace | null
}

/** What any process can work. */
export function jobHandlers(deps: JobHandlerDeps): readonly AnyJobHandler[] {
  const { pool, metrics, notifications, queue } = deps
  return [
    cleanSessions(pool),
    quotaNotices(pool),
    deliverNotifications(pool, { ...notifications, metrics }),
    cleanNotifications(pool),
    sendResets(pool, notifications),
    continueDeletions(deps, queue),
    budgetNotices(pool),
  ]
}

/** What only a process can work that reaches the ClickHouse of the pipelines, if there is one. */
export function storeHandlers(deps: JobHandlerDeps): readonly AnyJobHandler[] {
  if (deps.clickhouse === null && deps.hasClickHouse) return []
  const { archive, pool, clickhouse, clock, metrics } = deps
  if (archive === null)
    return [runDeletion({ pool, clickhouse }), applyRetention(deps), ...semanticHandlers(deps)]
  const erasing = { pool, clickhouse, place: archive, nowMs: () => clock.nowMs() }
  return [
    runDeletion({
      pool,
      clickhouse,
      eraseArchived: async (subject, traces, signal) => {
        const erased = await eraseArchived(erasing, subject, traces, signal)
        metrics.add(ERASED, '', erased.rows)
        return erased
      },
    }),
    applyRetention(deps),
    restoreArchives({ pool, clickhouse, place: archive, clock, metrics }),
    ...semanticHandlers(deps),
  ]
}

function semanticHandlers(deps: JobHandlerDeps): AnyJobHandler[] {
  const { clickhouse, semantic, judges, embedder, pool, clock, metrics } = deps
  if (clickhouse === null) return []
  const shared = { pool, clickhouse, clock, metrics }
  return [
    ...(semantic.quality.enabled ? [scoreQuality(shared)] : []),
    ...(embedder === null
      ? []
      : [embedSample({ ...shared, embedder, sampling: samplingSettingsOf(semantic) })]),
    ...(embedder === null || !semantic.topics.enabled
      ? []
      : [assignTopics({ ...shared, nameByModel: topicNamesOf(deps) })]),
    ...(judges === null ? [] : judgeHandlers(judges, { ...shared, queue: deps.queue })),
  ]
}

/** Null where words name the topics. */
function topicNamesOf({ semantic, judges, pool, clock, metrics }: JobHandlerDeps) {
  if (semantic.topics.names === 'words' || judges === null) return null
  return nameByJudge(judges, { pool, clock, metrics })
}
