// Questions to judges and their verdicts in Postgres: the questions with their reasons, the next question of each tenant in
// turn, and the verdicts by content.

import type { Statements } from '../postgres/connection.ts'
import type { PostgresPool } from '../postgres/pool.ts'
import { withRole, withTenant } from '../postgres/roles.ts'
import type { ProjectScope } from '../queries/page.ts'

export interface JudgeRequest {
  readonly tenant_id: string
  readonly project_id: string
  readonly event_id: string
  readonly trace_id: string
  readonly rubric: string
  readonly rubric_version: number
  /** Such as `issue:tool_error`, `rule:checkout` or `run:ID`. */
  readonly reason: string
  readonly priority: number
}

/** Adds questions and returns how many are new. A question that was asked before is not asked again. */
export async function askJudges(
  client: Statements,
  requests: readonly JudgeRequest[],
): Promise<number> {
  if (requests.length === 0) return 0
  const made = await client.query(
    `INSERT INTO judge_requests (tenant_id, project_id, event_id, trace_id, rubric, rubric_version, reason, priority)
     SELECT * FROM jsonb_to_recordset($1::jsonb) AS r (tenant_id text, project_id text, event_id text, trace_id text, rubric text,
       rubric_version integer, reason text, priority integer)
     ON CONFLICT DO NOTHING`,
    [JSON.stringify(requests)],
  )
  return made.rowCount ?? 0
}

/** The waiting questions: tenants take turns, and the most urgent question of each tenant comes first. */
export async function waitingRequests(
  pool: PostgresPool,
  limit: number,
): Promise<readonly JudgeRequest[]> {
  return await withRole(pool, 'observa_exporter', async (client) => {
    const found = await client.query<JudgeRequest>(
      `SELECT tenant_id, project_id, event_id, trace_id, rubric, rubric_version, reason, priority
       FROM (SELECT *, row_number() OVER (PARTITION BY tenant_id ORDER BY priority DESC, created_at) AS turn
         FROM judge_requests WHERE state = 'waiting') AS w
       ORDER BY turn, priority DESC, tenant_id LIMIT $1`,
      [limit],
    )
    return found.rows
  })
}

export interface RubricCount {
  readonly rubric: string
  readonly state: string
  readonly n: number
}

/** The number of questions of a project by state and rubric. */
export async function questionsByRubric(
  pool: PostgresPool,
  { tenantId, projectId }: ProjectScope,
): Promise<readonly RubricCount[]> {
  const found = await withTenant(pool, tenantId, (client) =>
    client.query<RubricCount>(
      `SELECT rubric, state, count(*)::int AS n FROM judge_requests WHERE tenant_id = $1 AND project_id = $2
       GROUP BY rubric, state`,
      [tenantId, projectId],
    ),
  )
  return found.rows
}

export type RequestState = 'done' | 'skipped' | 'failed'

export async function endRequest(
  client: Statements,
  request: JudgeRequest,
  state: RequestState,
  outcome: string,
): Promise<void> {
  await client.query(
    `UPDATE judge_requests SET state = $6, outcome = $7, ended_at = now()
     WHERE tenant_id = $1 AND project_id = $2 AND event_id = $3 AND rubric = $4 AND rubric_version = $5`,
    [
      request.tenant_id,
      request.project_id,
      request.event_id,
      request.rubric,
      request.rubric_version,
      state,
      outcome,
    ],
  )
}

/** Whether the question still waits for a verdict. */
export async function isWaiting(pool: PostgresPool, request: JudgeRequest): Promise<boolean> {
  return await withRole(pool, 'observa_exporter', async (client) => {
    const found = await client.query(
      `SELECT 1 FROM judge_requests WHERE tenant_id = $1 AND project_id = $2 AND event_id = $3 AND rubric = $4
         AND rubric_version = $5 AND state = 'waiting'`,
      [
        request.tenant_id,
        request.project_id,
        request.event_id,
        request.rubric,
        request.rubric_version,
      ],
    )
    return found.rows.length > 0
  })
}

export interface StoredVerdict {
  readonly content_hash: string
  readonly rubric: string
  readonly rubric_version: number
  readonly model: string
  readonly verdict: unknown
  readonly input_tokens: number
  readonly output_tokens: number
  readonly cost_usd: number
}

/** The verdict on the same question about the same content, if it is not too old; null when there is none. */
export async function verdictOf(
  pool: PostgresPool,
  tenantId: string,
  contentHash: string,
  daysMax: number,
): Promise<StoredVerdict | null> {
  return await withRole(pool, 'observa_exporter', async (client) => {
    const found = await client.query<StoredVerdict>(
      `SELECT content_hash, rubric, rubric_version, model, verdict, input_tokens::float8 AS input_tokens,
         output_tokens::float8 AS output_tokens, cost_usd
       FROM judge_verdicts WHERE tenant_id = $1 AND content_hash = $2 AND created_at > now() - $3::int * interval '1 day'`,
      [tenantId, contentHash, daysMax],
    )
    return found.rows[0] ?? null
  })
}

/** Stores a verdict. Call it within the transaction that settles the call. */
export async function keepVerdict(
  client: Statements,
  scope: ProjectScope & { readonly traceId: string },
  verdict: StoredVerdict,
): Promise<void> {
  await client.query(
    `INSERT INTO judge_verdicts (tenant_id, content_hash, project_id, rubric, rubric_version, model, verdict, input_tokens,
       output_tokens, cost_usd, trace_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
     ON CONFLICT (tenant_id, content_hash) DO UPDATE SET verdict = excluded.verdict, model = excluded.model,
       input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens, cost_usd = excluded.cost_usd,
       created_at = now()`,
    [
      scope.tenantId,
      verdict.content_hash,
      scope.projectId,
      verdict.rubric,
      verdict.rubric_version,
      verdict.model,
      JSON.stringify(verdict.verdict),
      Math.round(verdict.input_tokens),
      Math.round(verdict.output_tokens),
      verdict.cost_usd,
      scope.traceId,
    ],
  )
}

export async function forgetVerdicts(pool: PostgresPool, daysMax: number): Promise<void> {
  await withRole(pool, 'observa_exporter', async (client) => {
    await client.query(
      "DELETE FROM judge_verdicts WHERE created_at < now() - $1::int * interval '1 day'",
      [daysMax],
    )
    await client.query(
      "DELETE FROM judge_requests WHERE state <> 'waiting' AND ended_at < now() - $1::int * interval '1 day'",
      [daysMax],
    )
  })
}

export interface HighSignal {
  readonly tenant_id: string
  readonly project_id: string
  readonly type: string
  readonly trace_id: string
  readonly event_id: string
  readonly signal_id: string
}

/** Signals of high severity about traces since a time, oldest first. Signals of judges are left out. */
export async function highSignals(
  pool: PostgresPool,
  sinceMs: number,
  limit: number,
): Promise<readonly HighSignal[]> {
  return await withRole(pool, 'observa_exporter', async (client) => {
    const found = await client.query<HighSignal>(
      `SELECT tenant_id, project_id, type, trace_id, event_id, signal_id FROM signals
       WHERE severity = 'high' AND trace_id <> '' AND project_id <> 'observa' AND created_at > to_timestamp($1::float8 / 1000)
         AND type NOT IN ('hallucination', 'faithfulness', 'context_relevance', 'quality_degradation')
         AND NOT EXISTS (SELECT 1 FROM judge_requests AS j WHERE j.tenant_id = signals.tenant_id
           AND j.project_id = signals.project_id AND j.trace_id = signals.trace_id)
       ORDER BY created_at LIMIT $2`,
      [sinceMs, limit],
    )
    return found.rows
  })
}
