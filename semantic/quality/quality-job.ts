// The job `quality.score` runs the checks over all events that were stored since its last run, hour by hour, newest first, and raises a
// signal if the share of faults has risen. It may be killed at any point: finished events are recorded in the store, and the next run
// finds the others.

import type { ClickHouseClient } from '@clickhouse/client'
import { z } from 'zod'
import type { Clock } from '../../core/clock.ts'
import type { Metrics } from '../../core/metrics.ts'
import { defineJobKind, type JobHandler } from '../../jobs/job-kind.ts'
import type { PostgresPool } from '../../storage/postgres/pool.ts'
import { deriveSignalsOf } from '../../storage/semantic/derived-signals.ts'
import {
  faultExamples,
  faultShares,
  showScoresOf,
  storeScoredEvents,
  storeScores,
} from '../../storage/semantic/scores.ts'
import {
  type ChangedHour,
  changedHours,
  markSeen,
} from '../../storage/semantic/stored-exchanges.ts'
import {
  QUALITY_BEHIND,
  QUALITY_CHECK_ON,
  QUALITY_EVENTS,
  QUALITY_FAULTS,
} from '../semantic-metrics.ts'
import { checkStates } from './checks.ts'
import { DEGRADATION_DAYS, DEGRADATION_HOURS, degradationSignal, riseOf } from './degradation.ts'
import { scoreNext } from './score-hour.ts'

const WORK = 'quality'
const HOURS_AT_ONCE = 200
const EVENTS_AT_ONCE = 200
/** Events of hours older than this that arrive now are not checked. */
const DAYS_MAX = 7

const SCORE_QUALITY = defineJobKind({
  name: 'quality.score',
  payload: z.object({}),
  concurrency: 1,
  timeoutMs: 600_000,
  everySeconds: 15,
})

export interface QualityDeps {
  readonly pool: PostgresPool
  readonly clickhouse: ClickHouseClient
  readonly clock: Clock
  readonly metrics: Metrics
}

export function scoreQuality(deps: QualityDeps): JobHandler<object> {
  const states = checkStates()
  return {
    kind: SCORE_QUALITY,
    run: async ({ signal, log }) => {
      const { metrics, clickhouse } = deps
      for (const { check, isOn, reason } of states) {
        metrics.set(QUALITY_CHECK_ON, `check="${check.name}"`, isOn ? 1 : 0)
        if (reason !== null) log.warn({ check: check.name }, `a check of quality is off: ${reason}`)
      }
      const hours = await changedHours(clickhouse, WORK, {
        daysMax: DAYS_MAX,
        limit: HOURS_AT_ONCE,
      })
      for (const [done, hour] of hours.entries()) {
        metrics.set(QUALITY_BEHIND, '', hours.length - done)
        await scoreHour(deps, hour, states, signal)
      }
      metrics.set(QUALITY_BEHIND, '', 0)
      if (hours.length > 0) await raiseDegradations(deps)
    },
  }
}

async function scoreHour(
  { pool, clickhouse, metrics }: QualityDeps,
  hour: ChangedHour,
  states: ReturnType<typeof checkStates>,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    signal.throwIfAborted()
    const { events, scores } = await scoreNext(clickhouse, hour, states, EVENTS_AT_ONCE)
    if (events.length === 0) break
    // The record of finished events is written last. Until it exists, the next run repeats everything with the same ids.
    await storeScores(clickhouse, scores)
    await showScoresOf(pool, scores)
    await storeScoredEvents(clickhouse, events)
    metrics.add(QUALITY_EVENTS, '', events.length)
    for (const name of events.flatMap((e) => e.faults))
      metrics.add(QUALITY_FAULTS, `check="${name}"`)
  }
  await markSeen(clickhouse, WORK, hour)
}

async function raiseDegradations({ pool, clickhouse, clock }: QualityDeps): Promise<void> {
  const shares = await faultShares(clickhouse, {
    hours: DEGRADATION_HOURS,
    daysBefore: DEGRADATION_DAYS,
  })
  for (const share of shares) {
    const rise = riseOf(share)
    if (rise === null) continue
    const examples = await faultExamples(clickhouse, share, share.name, DEGRADATION_HOURS)
    await deriveSignalsOf(pool, [degradationSignal(share, rise, examples, clock.nowMs())])
  }
}
