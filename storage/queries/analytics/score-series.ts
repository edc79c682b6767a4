// Scores over time: how many were given by each source under each name, and their mean.

import type { PostgresPool } from '../../postgres/pool.ts'
import type { ProjectScope } from '../page.ts'
import { SCORE_MAX } from '../scores.ts'
import { WhereClause } from '../where-clause.ts'

export interface ScorePoint {
  /** ms since the epoch of the beginning of the bucket. */
  readonly at: number
  readonly name: string
  readonly source: string
  readonly scores: number
  /** Of numbers, and of booleans as 0 and 1; null if all are texts. */
  readonly mean: number | null
}

/** Points of the names that were used most; more would be no picture. */
const NAMES_MAX = 12
const POINTS_MAX = 20_000

export async function scoreSeries(
  pool: PostgresPool,
  scope: ProjectScope,
  range: { readonly fromMs: number; readonly toMs: number; readonly bucketS: number },
): Promise<readonly ScorePoint[]> {
  const q = new WhereClause(scope)
  q.add(range.fromMs, (p) => `at >= to_timestamp(${p}::float8 / 1000)`)
  q.add(range.toMs, (p) => `at < to_timestamp(${p}::float8 / 1000)`)
  const step = Math.floor(range.bucketS)
  return await q.rows<{
    at: number
    name: string
    source: string
    scores: number
    mean: number | null
  }>(
    pool,
    `WITH chosen AS (SELECT at, name, source, coalesce(greatest(least(number_value, ${SCORE_MAX}), -${SCORE_MAX}), boolean_value::int::float8) AS value
        FROM scores WHERE ${q.sql}),
      names AS (SELECT name, source FROM chosen GROUP BY name, source ORDER BY count(*) DESC, name, source LIMIT ${NAMES_MAX})
    SELECT (floor(extract(epoch FROM at) / ${step}) * ${step} * 1000)::float8 AS at, name, source,
      count(*)::float8 AS scores, avg(value)::float8 AS mean
    FROM chosen JOIN names USING (name, source) GROUP BY 1, 2, 3 ORDER BY 2, 3, 1`,
    POINTS_MAX,
  )
}
