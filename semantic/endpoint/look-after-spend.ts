// Settles calls whose end was not seen, and exports today's cost of calls as metrics. Every job that pays for calls does
// this, because a configuration may have embeddings without judges, or judges without embeddings.

import type { Clock } from '../../core/clock.ts'
import { labelValue, type Metrics } from '../../core/metrics.ts'
import type { PostgresPool } from '../../storage/postgres/pool.ts'
import { settleStranded, spendOfDay } from '../../storage/semantic/daily-cap.ts'
import { MODEL_LOST, MODEL_SPEND } from '../semantic-metrics.ts'

/** Age of a reservation whose call must have ended: longer than any call with its retries. */
const STRANDED_MS = 15 * 60_000

export async function lookAfterSpend({
  pool,
  clock,
  metrics,
}: {
  readonly pool: PostgresPool
  readonly clock: Clock
  readonly metrics: Metrics
}): Promise<void> {
  const lost = await settleStranded(pool, STRANDED_MS)
  if (lost > 0) metrics.add(MODEL_LOST, '', lost)
  const day = new Date(clock.nowMs()).toISOString().slice(0, 10)
  for (const s of await spendOfDay(pool, day)) {
    const tenant = `tenant="${labelValue(s.tenant_id)}",budget="${labelValue(s.budget)}"`
    metrics.set(MODEL_SPEND, `${tenant},state="settled"`, s.settled_usd)
    metrics.set(MODEL_SPEND, `${tenant},state="reserved"`, s.reserved_usd)
  }
}
