// The job `vectors.embed` decides which traces of the hours with new events are in the sample, embeds their last exchange, and stores the
// vectors with the reason for the selection. A trace counts as sampled when its vector is stored, so a killed or failed run is repeated.

import type { ClickHouseClient } from '@clickhouse/client'
import { z } from 'zod'
import type { Clock } from '../../core/clock.ts'
import { labelValue, type Metrics } from '../../core/metrics.ts'
import { defineJobKind, type JobHandler } from '../../jobs/job-kind.ts'
import type { PostgresPool } from '../../storage/postgres/pool.ts'
import { tracesWithFeedback } from '../../storage/semantic/feedback.ts'
import {
  type ChangedHour,
  changedHours,
  exchangesOf,
  markSeen,
} from '../../storage/semantic/stored-exchanges.ts'
import {
  candidatesIn,
  type EmbeddingCandidate,
  type SampledTrace,
  sampledToday,
  storeSampled,
  storeVectors,
  type Vector,
} from '../../storage/semantic/vectors.ts'
import { lookAfterSpend } from '../endpoint/look-after-spend.ts'
import { completeExchanges } from '../quality/score-hour.ts'
import { applies } from '../sampling/trace-share.ts'
import { SAMPLED } from '../semantic-metrics.ts'
import type { SamplingSettings } from './embed-settings.ts'
import { type Embedder, embeddedText } from './embedder.ts'

const EMBED = defineJobKind({
  name: 'vectors.embed',
  payload: z.object({}),
  concurrency: 1,
  timeoutMs: 600_000,
  everySeconds: 15,
})

const WORK = 'embed'
const HOURS_AT_ONCE = 100
const DAYS_MAX = 2
const CANDIDATES_AT_ONCE = 512

export interface EmbedDeps {
  readonly pool: PostgresPool
  readonly clickhouse: ClickHouseClient
  readonly clock: Clock
  readonly metrics: Metrics
  readonly embedder: Embedder
  readonly sampling: SamplingSettings
}

export function embedSample(deps: EmbedDeps): JobHandler<object> {
  return {
    kind: EMBED,
    run: async ({ signal }) => {
      const hours = await changedHours(deps.clickhouse, WORK, {
        daysMax: DAYS_MAX,
        limit: HOURS_AT_ONCE,
      })
      for (const hour of hours) await embedHour(deps, hour, signal)
      await lookAfterSpend(deps)
    },
  }
}

async function embedHour(deps: EmbedDeps, hour: ChangedHour, signal: AbortSignal): Promise<void> {
  const { clickhouse, pool, sampling } = deps
  const kept = sampling.always.includes('feedback') ? await tracesWithFeedback(pool, hour) : []
  const rateMax = Math.max(sampling.rate, ...sampling.rules.map((rule) => rule.rate))
  let room = sampling.tracesPerDay - (await sampledToday(clickhouse, hour))
  let after: EmbeddingCandidate | null = null
  for (;;) {
    signal.throwIfAborted()
    const options = { rateMax, kept, after, limit: CANDIDATES_AT_ONCE }
    const candidates: readonly EmbeddingCandidate[] = await candidatesIn(clickhouse, hour, options)
    const sampled = candidates.flatMap((c) => sampledBy(sampling, hour, c, new Set(kept)))
    const taken = sampled.slice(0, Math.max(0, room))
    count(deps, sampled.length - taken.length, 'day_is_full')
    const isWhole = await embedTraces(deps, hour, taken, signal)
    room -= taken.length
    after = candidates.at(-1) ?? null
    if (!isWhole || room <= 0 || candidates.length < CANDIDATES_AT_ONCE) break
  }
  await markSeen(clickhouse, WORK, hour)
}

/** Returns the trace with the reason for its selection; an empty list if the trace is not in the sample. */
export function sampledBy(
  sampling: SamplingSettings,
  hour: Pick<ChangedHour, 'tenantId' | 'projectId'>,
  c: EmbeddingCandidate,
  kept: ReadonlySet<string>,
): readonly SampledTrace[] {
  const { tenantId, projectId } = hour
  const of = (reason: string, rate: number): readonly SampledTrace[] => [
    { tenantId, projectId, trace: c.trace, event: c.event, reason, rate },
  ]
  if (sampling.always.includes('errors') && c.hasError) return of('always:errors', 1)
  if (sampling.always.includes('high_severity') && c.hasHighSignal)
    return of('always:high_severity', 1)
  if (kept.has(c.trace)) return of('always:feedback', 1)
  const dimensions = { tenantId, projectId, ...c }
  const at = sampling.rules.findIndex((rule) => applies(rule, dimensions))
  const rate = sampling.rules[at]?.rate ?? sampling.rate
  return c.share < rate ? of(at < 0 ? 'rate' : `rule:${at + 1}`, rate) : []
}

/** Embeds the texts and stores the vectors. Resolves with false if the daily budget is spent. */
async function embedTraces(
  deps: EmbedDeps,
  hour: ChangedHour,
  sampled: readonly SampledTrace[],
  signal: AbortSignal,
): Promise<boolean> {
  const { clickhouse, embedder } = deps
  for (let i = 0; i < sampled.length; i += embedder.batch) {
    const batch = sampled.slice(i, i + embedder.batch)
    const rows = await exchangesOf(clickhouse, hour, batch, hour.hour)
    const exchanges = await completeExchanges(clickhouse, hour, rows)
    const subjects = rows.flatMap((row) => {
      const exchange = exchanges.get(row.event_id)
      const text = exchange === undefined ? '' : embeddedText(exchange)
      return text === '' ? [] : [{ row, text }]
    })
    // Traffic from templates repeats texts, so each text is embedded and paid only once per batch.
    const texts = [...new Set(subjects.map((s) => s.text))]
    const made = texts.length === 0 ? [] : await embedder.embed(hour.tenantId, texts, signal)
    if (made === null) {
      count(deps, sampled.length - i, 'over_budget')
      return false
    }
    const vectors = subjects.map(
      ({ row, text }): Vector => ({
        tenantId: hour.tenantId,
        projectId: hour.projectId,
        embedder: embedder.name,
        trace: row.trace_id,
        event: row.event_id,
        at: row.at,
        environment: row.environment,
        model: row.model,
        route: row.route,
        v: made[texts.indexOf(text)] ?? [],
      }),
    )
    await storeVectors(clickhouse, vectors)
    await storeSampled(clickhouse, batch)
    for (const { reason } of batch) count(deps, 1, reason)
  }
  return true
}

function count({ metrics }: EmbedDeps, n: number, reason: string): void {
  if (n > 0) metrics.add(SAMPLED, `reason="${labelValue(reason)}"`, n)
}
