// Signals from Postgres, where the exporter stores each once.

import { exactInstant } from '../postgres/exact-time.ts'
import type { PostgresPool } from '../postgres/pool.ts'
import { type IdForms, type Page, type ProjectScope, pageOf } from './page.ts'
import { orderOf, type SortOf, sortsOf, WhereClause, withoutSort } from './where-clause.ts'

/** High comes after medium, and medium after low. */
export const SEVERITY_RANK = `(CASE severity WHEN 'high' THEN 3 WHEN 'medium' THEN 2 ELSE 1 END)::float8`

/** What signals can be sorted by, and the SQL of it. */
const SORTED_BY = { at: 'signals.at', severity: SEVERITY_RANK } as const
export type SignalSort = SortOf<keyof typeof SORTED_BY>
export const SIGNAL_SORTS = sortsOf(SORTED_BY)

export interface SignalFilter {
  readonly fromMs?: number | undefined
  readonly toMs?: number | undefined
  readonly type?: string | undefined
  readonly severity?: string | undefined
  readonly status?: string | undefined
  readonly traceId?: string | undefined
  readonly fingerprint?: string | undefined
  readonly environment?: string | undefined
  readonly userId?: IdForms | undefined
  readonly sessionId?: IdForms | undefined
  readonly conversationId?: IdForms | undefined
  readonly sort?: SignalSort | undefined
  readonly limit: number
  readonly cursor?: string | undefined
}

export interface SignalRow {
  readonly signal_id: string
  readonly type: string
  readonly severity: string
  readonly status: string
  readonly trace_id: string
  readonly span_id: string
  readonly event_id: string
  readonly tenant_id: string
  readonly project_id: string
  /** RFC 3339 with nanoseconds, of which rows of older versions have only the milliseconds. */
  readonly at: string
  readonly value: number | null
  readonly threshold: number | null
  readonly evidence: unknown
  readonly rule: string
  readonly fingerprint: string | null
}

/** A signal that was corrected stays, and says so. */
const STATUS = `CASE WHEN evidence ? 'superseded' THEN 'superseded' ELSE status END`
const COLUMNS = `signal_id, type, severity, ${STATUS} AS status, trace_id, span_id, event_id, tenant_id, project_id,
  ${exactInstant('at', 'at_ns')} AS at, value, threshold, evidence, rule, fingerprint`

/** Signals in the order that is asked for; without one, newest first. */
export async function listSignals(
  pool: PostgresPool,
  scope: ProjectScope,
  f: SignalFilter,
): Promise<Page<SignalRow>> {
  const q = new WhereClause(scope)
  q.add(f.fromMs, (p) => `at >= to_timestamp(${p}::float8 / 1000)`)
  q.add(f.toMs, (p) => `at < to_timestamp(${p}::float8 / 1000)`)
  q.add(f.type, (p) => `type = ${p}`)
  q.add(f.severity, (p) => `severity = ${p}`)
  q.add(f.status, (p) => `${STATUS} = ${p}`)
  q.add(f.traceId, (p) => `trace_id = ${p}`)
  q.add(f.fingerprint, (p) => `fingerprint = ${p}`)
  q.add(f.environment, (p) => `environment = ${p}`)
  q.add(f.userId, (p) => `user_id = ANY(${p})`)
  q.add(f.sessionId, (p) => `session_id = ANY(${p})`)
  q.add(f.conversationId, (p) => `conversation_id = ANY(${p})`)
  const order = orderOf(f.sort ?? '-at', SORTED_BY)
  q.after(f.cursor, order.sql, 'signal_id', order)
  const rows = await q.rows<SignalRow & { sort_time: string }>(
    pool,
    `SELECT ${COLUMNS}, ${order.sql}::text AS sort_time
     FROM signals WHERE ${q.sql} ORDER BY ${order.sql} ${order.direction}, signal_id ${order.direction}`,
    f.limit + 1,
  )
  const page = pageOf(rows, f.limit, (r) => ({ time: r.sort_time, id: r.signal_id }))
  return { rows: page.rows.map(withoutSort), next: page.next }
}

/** One signal, or null when the tenant has no such signal. */
export async function findSignal(
  pool: PostgresPool,
  scope: ProjectScope,
  signalId: string,
): Promise<SignalRow | null> {
  const q = new WhereClause(scope)
  q.add(signalId, (p) => `signal_id = ${p}`)
  const [row] = await q.rows<SignalRow>(pool, `SELECT ${COLUMNS} FROM signals WHERE ${q.sql}`, 1)
  return row ?? null
}

export interface SignalCount {
  readonly type: string
  readonly severity: string
  readonly count: number
}

/** The number of signals of a range by type and severity, most frequent first. */
export async function countSignals(
  pool: PostgresPool,
  scope: ProjectScope,
  range: { readonly fromMs?: number | undefined; readonly toMs?: number | undefined },
): Promise<readonly SignalCount[]> {
  const q = new WhereClause(scope)
  q.add(range.fromMs, (p) => `at >= to_timestamp(${p}::float8 / 1000)`)
  q.add(range.toMs, (p) => `at < to_timestamp(${p}::float8 / 1000)`)
  return await q.rows<SignalCount>(
    pool,
    `SELECT type, severity, count(*)::float8 AS count FROM signals WHERE ${q.sql}
     GROUP BY type, severity ORDER BY count DESC, type, severity`,
    200,
  )
}
