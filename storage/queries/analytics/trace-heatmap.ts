// How long traces took, over time: counts by a step of time and a power of two of milliseconds, over the traces that a list with the same
// filters has.

import type { PostgresPool } from '../../postgres/pool.ts'
import type { ProjectScope } from '../page.ts'
import { DURATION, type TraceFilter, tracesWhere } from '../traces.ts'

export interface HeatmapCell {
  /** ms since the epoch of the beginning of the step. */
  readonly at: number
  /** Power of two of the milliseconds: 3 is from 8 to below 16 ms. 0 has everything below 2 ms. */
  readonly power: number
  readonly traces: number
  readonly errors: number
}

export interface Heatmap {
  readonly cells: readonly HeatmapCell[]
  /** How many traces were counted. */
  readonly traces: number
  /** True: there are more, and the newest were counted. */
  readonly isCut: boolean
  /** ms since the epoch of the oldest that was counted; null without any. */
  readonly oldest: number | null
}

/** Traces that are looked at. A picture of so many says what one of more would, and stays quick. */
export const HEATMAP_TRACES_MAX = 200_000
const CELLS_MAX = 10_000
/** 2^31 ms are 24 days. */
const POWER_MAX = 31

export async function traceHeatmap(
  pool: PostgresPool,
  scope: ProjectScope,
  filter: Omit<TraceFilter, 'sort' | 'limit' | 'cursor'>,
  stepMs: number,
): Promise<Heatmap> {
  const q = tracesWhere(scope, filter)
  const step = Math.floor(stepMs)
  const rows = await q.rows<{
    at: number
    power: number
    traces: number
    errors: number
    oldest: number
  }>(
    pool,
    `SELECT floor(ms / ${step}) * ${step} AS at,
        least(${POWER_MAX}, floor(log(2, greatest(1, taken)::numeric)))::float8 AS power,
        count(*)::float8 AS traces, (count(*) FILTER (WHERE failed))::float8 AS errors, min(ms) AS oldest
      FROM (SELECT (extract(epoch FROM start_time) * 1000)::float8 AS ms, ${DURATION} AS taken, errors > 0 AS failed
        FROM trace_summaries WHERE ${q.sql} ORDER BY start_time DESC LIMIT ${HEATMAP_TRACES_MAX}) AS newest
      GROUP BY 1, 2 ORDER BY 1, 2`,
    CELLS_MAX,
  )
  const traces = rows.reduce((n, row) => n + row.traces, 0)
  return {
    cells: rows.map(({ at, power, traces: n, errors }) => ({ at, power, traces: n, errors })),
    traces,
    isCut: traces >= HEATMAP_TRACES_MAX,
    oldest: rows.length === 0 ? null : Math.min(...rows.map((row) => row.oldest)),
  }
}
