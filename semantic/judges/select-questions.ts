// The job `judges.select` selects the calls to be judged: calls of traces with a signal of high severity, and a share of all calls as
// configured. It enqueues the waiting questions, one tenant after another in turn, and enqueues failed questions again.

import type { ClickHouseClient } from '@clickhouse/client'
import { z } from 'zod'
import type { Clock } from '../../core/clock.ts'
import type { Metrics } from '../../core/metrics.ts'
import { defineJobKind, type JobHandler, type JobKind } from '../../jobs/job-kind.ts'
import type { JobQueue } from '../../jobs/job-queue.ts'
import type { PostgresPool } from '../../storage/postgres/pool.ts'
import { withRole } from '../../storage/postgres/roles.ts'
import {
  askJudges,
  forgetVerdicts,
  highSignals,
  type JudgeRequest,
  waitingRequests,
} from '../../storage/semantic/judgements.ts'
import { answersIn, sampledAnswers } from '../../storage/semantic/sampled-answers.ts'
import { changedHours, markSeen } from '../../storage/semantic/stored-exchanges.ts'
import { lookAfterSpend } from '../endpoint/look-after-spend.ts'
import type { JudgeSettings } from './judge-settings.ts'
import type { Rubric } from './rubric.ts'
import type { JudgeQuestion } from './run-judge.ts'

const SELECT_QUESTIONS = defineJobKind({
  name: 'judges.select',
  payload: z.object({}),
  concurrency: 1,
  timeoutMs: 120_000,
  everySeconds: 15,
})

const WORK = 'judge rules'
const WAITING_AT_ONCE = 500
const SIGNALS_AT_ONCE = 200
const SIGNALS_AGE_MS = 24 * 3_600_000
/** The most calls of one trace that are judged. */
const ANSWERS_OF_TRACE_MAX = 3
const SAMPLED_OF_HOUR_MAX = 1000
const HOURS_AT_ONCE = 48
const DAYS_MAX = 2
const VERDICT_DAYS = 30
const HIGH_PRIORITY = 10

export interface SelectDeps {
  readonly pool: PostgresPool
  readonly clickhouse: ClickHouseClient
  readonly clock: Clock
  readonly metrics: Metrics
  readonly settings: JudgeSettings
  readonly ask: JobKind<JudgeQuestion>
  readonly queue: () => Pick<JobQueue, 'enqueue'>
}

export function selectQuestions(deps: SelectDeps): JobHandler<object> {
  return {
    kind: SELECT_QUESTIONS,
    run: async ({ signal }) => {
      if (deps.settings.highSeverity) await askAboutSignals(deps)
      for (const hour of await hoursOfRules(deps)) {
        signal.throwIfAborted()
        await askByRules(deps, hour)
      }
      await enqueueWaiting(deps)
      await forgetVerdicts(deps.pool, VERDICT_DAYS)
      await lookAfterSpend(deps)
    },
  }
}

async function askAboutSignals({ pool, clickhouse, clock, settings }: SelectDeps): Promise<void> {
  const since = clock.nowMs() - SIGNALS_AGE_MS
  for (const s of await highSignals(pool, since, SIGNALS_AT_ONCE)) {
    const scope = { tenantId: s.tenant_id, projectId: s.project_id }
    const answers = await answersIn(clickhouse, scope, s.trace_id, ANSWERS_OF_TRACE_MAX)
    const requests = answers.flatMap((event) =>
      rubricsOf(settings, settings.use).map((rubric) =>
        requestOf(scope, event, s.trace_id, rubric, `issue:${s.type}`, HIGH_PRIORITY),
      ),
    )
    await withRole(pool, 'observa_exporter', (client) => askJudges(client, requests))
  }
}

const hoursOfRules = ({ clickhouse, settings }: SelectDeps): ReturnType<typeof changedHours> =>
  settings.rules.length === 0
    ? Promise.resolve([])
    : changedHours(clickhouse, WORK, { daysMax: DAYS_MAX, limit: HOURS_AT_ONCE })

async function askByRules(
  { pool, clickhouse, settings }: SelectDeps,
  hour: Awaited<ReturnType<typeof changedHours>>[number],
): Promise<void> {
  for (const rule of settings.rules) {
    if (rule.tenant !== undefined && rule.tenant !== hour.tenantId) continue
    if (rule.project !== undefined && rule.project !== hour.projectId) continue
    const found = await sampledAnswers(clickhouse, hour, rule, SAMPLED_OF_HOUR_MAX)
    const requests = found.flatMap(({ event, trace }) =>
      rubricsOf(settings, rule.use).map((rubric) =>
        requestOf(hour, event, trace, rubric, `rule:${rule.name}`, 0),
      ),
    )
    await withRole(pool, 'observa_exporter', (client) => askJudges(client, requests))
  }
  await markSeen(clickhouse, WORK, hour)
}

export const rubricsOf = (settings: JudgeSettings, names: readonly string[]): readonly Rubric[] =>
  settings.rubrics.filter((rubric) => names.includes(rubric.name))

export function requestOf(
  scope: { readonly tenantId: string; readonly projectId: string },
  event: string,
  trace: string,
  rubric: Rubric,
  reason: string,
  priority: number,
): JudgeRequest {
  return {
    tenant_id: scope.tenantId,
    project_id: scope.projectId,
    event_id: event,
    trace_id: trace,
    rubric: rubric.name,
    rubric_version: rubric.version,
    reason,
    priority,
  }
}

async function enqueueWaiting({ pool, queue, ask }: SelectDeps): Promise<void> {
  const waiting = await waitingRequests(pool, WAITING_AT_ONCE)
  await Promise.all(
    waiting.map((question) => {
      const { tenant_id, project_id, event_id, rubric, rubric_version } = question
      const key = [tenant_id, project_id, event_id, rubric, rubric_version].join(' ').slice(-200)
      return queue().enqueue(ask, question, { key, priority: question.priority })
    }),
  )
}
