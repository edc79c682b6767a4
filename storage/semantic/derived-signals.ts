// Signals that jobs found, and spans of calls that they made, on their way into the log of an instance.

import type { Signal } from '../../core/signals/signal.ts'
import type { QueryResultRow, Statements } from '../postgres/connection.ts'
import type { PostgresPool } from '../postgres/pool.ts'
import { withRole } from '../postgres/roles.ts'
import type { ProjectScope } from '../queries/page.ts'
import { takeWaiting } from './outbox.ts'

const AT_ONCE_MAX = 500

/** Call it within a transaction as `observa_exporter`. */
export async function deriveSignals(client: Statements, signals: readonly Signal[]): Promise<void> {
  if (signals.length === 0) return
  await client.query(
    `INSERT INTO derived_signals (tenant_id, project_id, signal_id, signal)
     SELECT s->>'tenant_id', s->>'project_id', s->>'signal_id', s FROM jsonb_array_elements($1::jsonb) AS s
     ON CONFLICT (tenant_id, project_id, signal_id) DO UPDATE SET signal = excluded.signal`,
    [JSON.stringify(signals)],
  )
}

export async function deriveSignalsOf(
  pool: PostgresPool,
  signals: readonly Signal[],
): Promise<void> {
  if (signals.length === 0) return
  await withRole(pool, 'observa_exporter', (client) => deriveSignals(client, signals))
}

/** Hands waiting signals to `take`, the oldest first, and deletes them when it resolves. Returns how many. */
export const takeDerivedSignals = (
  pool: PostgresPool,
  take: (signals: readonly Signal[]) => Promise<void>,
  signal: AbortSignal,
): Promise<number> =>
  takeWaiting(pool, { table: 'derived_signals', id: 'signal_id', value: 'signal' }, take, signal)

export interface DerivedSpan {
  readonly tenantId: string
  readonly projectId: string
  readonly spanId: string
  /** A span of OTLP in JSON. */
  readonly span: object
}

/** Stores spans of calls that jobs made. Call it within a transaction as `observa_exporter`. */
export async function deriveSpans(
  client: Statements,
  spans: readonly DerivedSpan[],
): Promise<void> {
  if (spans.length === 0) return
  await client.query(
    `INSERT INTO derived_spans (tenant_id, project_id, span_id, span)
     SELECT s->>'tenantId', s->>'projectId', s->>'spanId', s->'span' FROM jsonb_array_elements($1::jsonb) AS s
     ON CONFLICT (tenant_id, project_id, span_id) DO NOTHING`,
    [JSON.stringify(spans)],
  )
}

/** Hands waiting spans to `take`, those of one project together, and deletes them when it resolves. Returns how many. */
export async function takeDerivedSpans(
  pool: PostgresPool,
  take: (scope: ProjectScope, spans: readonly object[]) => Promise<void>,
  signal: AbortSignal,
): Promise<number> {
  return await withRole(
    pool,
    'observa_exporter',
    async (client) => {
      const found = await client.query<SpanRow>(
        `SELECT tenant_id, project_id, span_id, span FROM derived_spans
         WHERE (tenant_id, project_id) IN (SELECT tenant_id, project_id FROM derived_spans ORDER BY created_at LIMIT 1)
         LIMIT ${AT_ONCE_MAX} FOR UPDATE SKIP LOCKED`,
      )
      const [first] = found.rows
      if (first === undefined) return 0
      const scope = { tenantId: first.tenant_id, projectId: first.project_id }
      await take(
        scope,
        found.rows.map((row) => row.span),
      )
      await client.query(
        'DELETE FROM derived_spans WHERE tenant_id = $1 AND project_id = $2 AND span_id = ANY($3)',
        [scope.tenantId, scope.projectId, found.rows.map((row) => row.span_id)],
      )
      return found.rows.length
    },
    { signal },
  )
}

interface SpanRow extends QueryResultRow {
  readonly tenant_id: string
  readonly project_id: string
  readonly span_id: string
  readonly span: object
}
