// The traces that a deletion removes. They are stored before anything is deleted, so that an interrupted deletion continues
// where it was. All statements run as `observa_control`.

import type { Statements } from '../postgres/connection.ts'

interface Key {
  readonly tenant_id: string
  readonly deletion_id: string
}

export interface DeletionTrace {
  readonly project_id: string
  /** 32 hex digits. */
  readonly trace_id: string
}

/** Largest number of traces in one statement. */
const ROWS_MAX = 5000

/** Adds traces. A trace that exists is processed again. */
export async function addTraces(
  client: Statements,
  { tenant_id, deletion_id }: Key,
  traces: readonly DeletionTrace[],
): Promise<void> {
  for (let i = 0; i < traces.length; i += ROWS_MAX) {
    const some = traces.slice(i, i + ROWS_MAX)
    await client.query(
      `INSERT INTO deletion_traces (tenant_id, deletion_id, project_id, trace_id)
       SELECT $1, $2, p, t FROM unnest($3::text[], $4::text[]) AS x(p, t)
       ON CONFLICT (tenant_id, deletion_id, project_id, trace_id) DO UPDATE SET is_summed = false, is_deleted = false`,
      [tenant_id, deletion_id, some.map((t) => t.project_id), some.map((t) => t.trace_id)],
    )
  }
}

/** Traces of one project whose next step is due. Events are deleted only after they were subtracted from the sums. */
export async function nextTraces(
  client: Statements,
  { tenant_id, deletion_id }: Key,
  step: 'is_summed' | 'is_deleted',
  limit: number,
): Promise<readonly DeletionTrace[]> {
  const isOpen = step === 'is_summed' ? 'NOT is_summed' : 'is_summed AND NOT is_deleted'
  const found = await client.query<DeletionTrace>(
    `SELECT project_id, trace_id FROM deletion_traces
     WHERE tenant_id = $1 AND deletion_id = $2 AND ${isOpen}
       AND project_id = (SELECT min(project_id) FROM deletion_traces WHERE tenant_id = $1 AND deletion_id = $2 AND ${isOpen})
     ORDER BY trace_id LIMIT $3`,
    [tenant_id, deletion_id, limit],
  )
  return found.rows
}

export async function markTraces(
  client: Statements,
  { tenant_id, deletion_id }: Key,
  step: 'is_summed' | 'is_deleted',
  traces: readonly DeletionTrace[],
): Promise<void> {
  await client.query(
    `UPDATE deletion_traces t SET ${step} = true FROM unnest($3::text[], $4::text[]) AS x(p, t)
     WHERE t.tenant_id = $1 AND t.deletion_id = $2 AND t.project_id = x.p AND t.trace_id = x.t`,
    [tenant_id, deletion_id, traces.map((t) => t.project_id), traces.map((t) => t.trace_id)],
  )
}

export async function countTraces(
  client: Statements,
  { deletion_id, tenant_id }: Key,
): Promise<number> {
  const found = await client.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM deletion_traces WHERE tenant_id = $1 AND deletion_id = $2',
    [tenant_id, deletion_id],
  )
  return found.rows[0]?.n ?? 0
}

/** Counts the traces whose events may still exist. */
export async function countOpenTraces(
  client: Statements,
  { deletion_id, tenant_id }: Key,
): Promise<number> {
  const found = await client.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM deletion_traces WHERE tenant_id = $1 AND deletion_id = $2 AND NOT is_deleted',
    [tenant_id, deletion_id],
  )
  return found.rows[0]?.n ?? 0
}

/** The first trace ids in order, for a search in dead letters. */
export async function someTraces(
  client: Statements,
  { tenant_id, deletion_id }: Key,
  limit: number,
): Promise<readonly string[]> {
  const found = await client.query<{ trace_id: string }>(
    'SELECT DISTINCT trace_id FROM deletion_traces WHERE tenant_id = $1 AND deletion_id = $2 ORDER BY 1 LIMIT $3',
    [tenant_id, deletion_id, limit],
  )
  return found.rows.map((r) => r.trace_id)
}
