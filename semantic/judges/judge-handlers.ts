// Creates the job handlers of judges from their settings.

import type { ClickHouseClient } from '@clickhouse/client'
import type { Clock } from '../../core/clock.ts'
import type { Metrics } from '../../core/metrics.ts'
import type { AnyJobHandler } from '../../jobs/job-kind.ts'
import type { JobQueue } from '../../jobs/job-queue.ts'
import type { PostgresPool } from '../../storage/postgres/pool.ts'
import { EndpointClient } from '../endpoint/endpoint-client.ts'
import { Judge } from './ask-judge.ts'
import type { JudgeSettings } from './judge-settings.ts'
import { askJudge, askJudgeKind } from './run-judge.ts'
import { selectQuestions } from './select-questions.ts'

export interface JudgeHandlerDeps {
  readonly pool: PostgresPool
  readonly clickhouse: ClickHouseClient
  readonly clock: Clock
  readonly metrics: Metrics
  readonly queue: () => Pick<JobQueue, 'enqueue'>
}

export function judgeHandlers(
  settings: JudgeSettings,
  deps: JudgeHandlerDeps,
): readonly AnyJobHandler[] {
  const { pool, clock, metrics } = deps
  const ask = askJudgeKind(settings.concurrency)
  const judge = new Judge(settings, {
    pool,
    clock,
    metrics,
    client: new EndpointClient(settings.endpoint, clock),
    capNano: Math.floor(settings.usdPerDay * 1e9),
    callsMax: settings.callsPerDay,
  })
  return [
    selectQuestions({ ...deps, settings, ask }),
    askJudge(ask, { ...deps, judge, rubrics: settings.rubrics }),
  ]
}
