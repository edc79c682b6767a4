// The rows of a subject in Postgres: the stored forms of an owner, found by digests, and counts. All statements run as
// `observa_exporter`.

import type { OwnerKind } from '../../core/deletion/subject.ts'
import { digestInput } from '../../core/deletion/subject.ts'
import type { DeletionTrace } from '../control/deletion-traces.ts'
import type { Statements } from '../postgres/connection.ts'
import type { Subject } from './clickhouse-subject.ts'

const TABLES = {
  user: { table: 'end_users', id: 'user_id' },
  session: { table: 'sessions', id: 'session_id' },
  conversation: { table: 'conversations', id: 'conversation_id' },
} as const

export async function formsInPostgres(
  client: Statements,
  { tenant, project, kind }: Pick<Subject, 'tenant' | 'project'> & { readonly kind: OwnerKind },
  digests: readonly Buffer[],
): Promise<readonly string[]> {
  const { table, id } = TABLES[kind]
  const prefix = digestInput(kind, tenant, project ?? '', '')
  const found = await client.query<{ v: string }>(
    `SELECT DISTINCT ${id} AS v FROM ${table} WHERE tenant_id = $1 AND ($2::text IS NULL OR project_id = $2)
       AND sha256(convert_to($3 || ${id}, 'UTF8')) = ANY ($4)`,
    [tenant, project, prefix, digests],
  )
  return found.rows.map((row) => row.v)
}

export async function tracesInPostgres(
  client: Statements,
  { tenant, project, kind, forms, traceId }: Subject,
): Promise<readonly DeletionTrace[]> {
  if (kind === 'tenant') return []
  const column = kind === 'trace' ? 'trace_id' : TABLES[kind].id
  const found = await client.query<DeletionTrace>(
    `SELECT project_id, trace_id FROM trace_summaries WHERE tenant_id = $1 AND ($2::text IS NULL OR project_id = $2) AND ${column} = ANY ($3)`,
    [tenant, project, kind === 'trace' ? [traceId] : forms],
  )
  return found.rows
}

/** Counts the rows that name the subject: traces, sums and signals. */
export async function countInPostgres(
  client: Statements,
  { tenant, project, kind, forms, traceId }: Subject,
): Promise<number> {
  if (kind === 'tenant') return 0
  const column = kind === 'trace' ? 'trace_id' : TABLES[kind].id
  const tables = ['trace_summaries', 'signals', ...(kind === 'trace' ? [] : [TABLES[kind].table])]
  const counts = tables.map(
    (t) =>
      `(SELECT count(*) FROM ${t} WHERE tenant_id = $1 AND ($2::text IS NULL OR project_id = $2) AND ${column} = ANY ($3))`,
  )
  const found = await client.query<{ n: number }>(`SELECT (${counts.join(' + ')})::float8 AS n`, [
    tenant,
    project,
    kind === 'trace' ? [traceId] : forms,
  ])
  return found.rows[0]?.n ?? 0
}

/**
 * Deletes scores, and questions and verdicts of judges. Run it as `observa_app` of the tenant. Returns the number of deleted
 * rows.
 */
export async function deleteScores(
  client: Statements,
  traces: readonly DeletionTrace[],
): Promise<number> {
  let rows = 0
  for (const table of ['scores', 'judge_requests', 'judge_verdicts']) {
    const gone = await client.query(
      `DELETE FROM ${table} s USING unnest($1::text[], $2::text[]) AS x(p, t) WHERE s.project_id = x.p AND s.trace_id = x.t`,
      [traces.map((t) => t.project_id), traces.map((t) => t.trace_id)],
    )
    rows += gone.rowCount ?? 0
  }
  return rows
}
