// Scores of traces and spans: what a person, a program or an end user judged. Each is kept as it was sent.

import { randomUUID } from 'node:crypto'
import type { Statements } from '../postgres/connection.ts'
import type { PostgresPool } from '../postgres/pool.ts'
import { type Page, type ProjectScope, pageOf } from './page.ts'
import { WhereClause, withoutSort } from './where-clause.ts'

export type ScoreValue = number | string | boolean

/** Greatest number that is taken, also below zero, so that sums of scores stay numbers. */
export const SCORE_MAX = 1e15

export interface NewScore {
  /** 32 hex. */
  readonly traceId: string
  /** 16 hex; null for the trace as a whole. */
  readonly spanId: string | null
  readonly name: string
  readonly value: ScoreValue
  readonly comment: string | null
  readonly source: string
  readonly author: string
}

export interface ScoreRow {
  readonly score_id: string
  readonly project_id: string
  readonly trace_id: string
  readonly span_id: string | null
  readonly name: string
  readonly value: ScoreValue
  readonly comment: string | null
  readonly source: string
  readonly author: string
  readonly at: Date
}

export interface ScoreFilter {
  /** ms since the epoch, inclusive and exclusive. */
  readonly fromMs?: number | undefined
  readonly toMs?: number | undefined
  readonly traceId?: string | undefined
  readonly spanId?: string | undefined
  readonly name?: string | undefined
  readonly source?: string | undefined
  /** Of scores that are numbers. */
  readonly minValue?: number | undefined
  readonly maxValue?: number | undefined
  readonly limit: number
  readonly cursor?: string | undefined
}

const COLUMNS = `score_id, project_id, trace_id, span_id, name,
  coalesce(to_jsonb(number_value), to_jsonb(text_value), to_jsonb(boolean_value)) AS value, comment, source, author, at`

export async function addScore(
  client: Statements,
  scope: ProjectScope,
  score: NewScore,
): Promise<ScoreRow> {
  const { value } = score
  const of = (type: string): ScoreValue | null => (typeof value === type ? value : null)
  const added = await client.query<ScoreRow>(
    `INSERT INTO scores (tenant_id, project_id, score_id, trace_id, span_id, name, number_value, text_value, boolean_value, comment,
       source, author)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING ${COLUMNS}`,
    [
      scope.tenantId,
      scope.projectId,
      randomUUID(),
      score.traceId,
      score.spanId,
      score.name,
      of('number'),
      of('string'),
      of('boolean'),
      score.comment,
      score.source,
      score.author,
    ],
  )
  const [row] = added.rows
  if (row === undefined) throw new Error('an inserted score was not returned')
  return row
}

/** Scores, newest first. */
export async function listScores(
  pool: PostgresPool,
  scope: ProjectScope,
  f: ScoreFilter,
): Promise<Page<ScoreRow>> {
  const q = new WhereClause(scope)
  q.add(f.fromMs, (p) => `at >= to_timestamp(${p}::float8 / 1000)`)
  q.add(f.toMs, (p) => `at < to_timestamp(${p}::float8 / 1000)`)
  q.add(f.traceId, (p) => `trace_id = ${p}`)
  q.add(f.spanId, (p) => `span_id = ${p}`)
  q.add(f.name, (p) => `name = ${p}`)
  q.add(f.source, (p) => `source = ${p}`)
  q.add(f.minValue, (p) => `number_value >= ${p}`)
  q.add(f.maxValue, (p) => `number_value <= ${p}`)
  q.after(f.cursor, 'at', 'score_id')
  const rows = await q.rows<ScoreRow & { sort_time: string }>(
    pool,
    `SELECT ${COLUMNS}, at::text AS sort_time FROM scores WHERE ${q.sql} ORDER BY at DESC, score_id DESC`,
    f.limit + 1,
  )
  const page = pageOf(rows, f.limit, (row) => ({ time: row.sort_time, id: row.score_id }))
  return { rows: page.rows.map(withoutSort), next: page.next }
}
