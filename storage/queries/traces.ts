// Trace summaries from Postgres, where the exporter keeps them exact. The tenant is set for the transaction, so that
// row-level security protects the rows even if a WHERE is forgotten.

import { exactInstant, exactMs, nanosOf } from '../postgres/exact-time.ts'
import type { PostgresPool } from '../postgres/pool.ts'
import { type IdForms, type Page, type ProjectScope, pageOf } from './page.ts'
import { orderOf, type SortOf, sortsOf, WhereClause, withoutSort } from './where-clause.ts'

export const DURATION = exactMs('start_time', 'start_ns', 'end_time', 'end_ns')

/**
 * What traces can be sorted by, and the SQL of it. The name of the table keeps an ORDER BY from meaning the column of the answer,
 * which is the time as a text: no index has that, and a month of traces was read and formatted for each page.
 */
const SORTED_BY = {
  start_time: 'trace_summaries.start_time',
  duration_ms: DURATION,
  cost_usd: 'cost_usd',
  total_tokens: 'total_tokens::float8',
  events: 'spans::float8',
  llm_calls: 'llm_calls::float8',
  errors: 'errors::float8',
  signals: 'signals::float8',
} as const
export type TraceSort = SortOf<keyof typeof SORTED_BY>
export const TRACE_SORTS = sortsOf(SORTED_BY)

export interface TraceFilter {
  readonly fromMs?: number | undefined
  readonly toMs?: number | undefined
  readonly kind?: string | undefined
  readonly model?: string | undefined
  readonly hasErrors?: boolean | undefined
  readonly hasSignals?: boolean | undefined
  readonly userId?: IdForms | undefined
  readonly sessionId?: IdForms | undefined
  readonly conversationId?: IdForms | undefined
  readonly minCostUsd?: number | undefined
  readonly minDurationMs?: number | undefined
  /** A text in the name of the root. */
  readonly name?: string | undefined
  readonly environment?: string | undefined
  readonly service?: string | undefined
  readonly maxCostUsd?: number | undefined
  readonly maxDurationMs?: number | undefined
  /** Has a signal of this type, or of this severity. */
  readonly signalType?: string | undefined
  readonly severity?: string | undefined
  /** These traces and no others: what was found in the store of events. */
  readonly ids?: readonly string[] | undefined
  readonly sort?: TraceSort | undefined
  readonly limit: number
  readonly cursor?: string | undefined
}

export interface TraceRow {
  readonly trace_id: string
  readonly environment: string | null
  readonly name: string | null
  readonly kind: string | null
  readonly service_name: string | null
  readonly user_id: string | null
  readonly session_id: string | null
  readonly conversation_id: string | null
  /** RFC 3339 with nanoseconds, of which rows of older versions have only the microseconds. */
  readonly start_time: string
  readonly end_time: string
  readonly duration_ms: number
  readonly events: number
  readonly llm_calls: number
  readonly tool_calls: number
  readonly errors: number
  readonly input_tokens: number
  readonly output_tokens: number
  readonly total_tokens: number
  readonly cost_usd: number
  readonly unpriced: number
  readonly signals: number
  readonly kinds: readonly string[]
  readonly models: readonly string[]
}

const TRACE_COLUMNS = `trace_id, environment, root_name AS name, root_kind AS kind, service_name, user_id,
  session_id, conversation_id, ${exactInstant('start_time', 'start_ns')} AS start_time,
  ${exactInstant('end_time', 'end_ns')} AS end_time,
  ${DURATION} AS duration_ms,
  spans::float8 AS events, llm_calls::float8 AS llm_calls, tool_calls::float8 AS tool_calls,
  errors::float8 AS errors, input_tokens::float8 AS input_tokens, output_tokens::float8 AS output_tokens,
  total_tokens::float8 AS total_tokens, cost_usd, unpriced::float8 AS unpriced, signals::float8 AS signals, kinds, models`

const OWN_SIGNALS = `SELECT 1 FROM signals s WHERE s.tenant_id = trace_summaries.tenant_id
  AND s.project_id = trace_summaries.project_id AND s.trace_id = trace_summaries.trace_id`

/** The condition that a filter is, for the list and for what is counted over the same traces. */
export function tracesWhere(
  scope: ProjectScope,
  f: Omit<TraceFilter, 'sort' | 'limit' | 'cursor'>,
): WhereClause {
  const q = new WhereClause(scope)
  q.add(f.fromMs, (p) => `start_time >= to_timestamp(${p}::float8 / 1000)`)
  q.add(f.toMs, (p) => `start_time < to_timestamp(${p}::float8 / 1000)`)
  q.add(f.kind, (p) => `${p} = ANY(kinds)`)
  q.add(f.model, (p) => `${p} = ANY(models)`)
  q.add(f.userId, (p) => `user_id = ANY(${p})`)
  q.add(f.sessionId, (p) => `session_id = ANY(${p})`)
  q.add(f.conversationId, (p) => `conversation_id = ANY(${p})`)
  q.add(f.minCostUsd, (p) => `cost_usd >= ${p}`)
  q.add(f.minDurationMs, (p) => `${DURATION} >= ${p}`)
  q.add(f.name, (p) => `position(lower(${p}) IN lower(root_name)) > 0`)
  q.add(f.hasErrors, (p) => `(errors > 0) = ${p}`)
  q.add(f.hasSignals, (p) => `(signals > 0) = ${p}`)
  q.add(f.environment, (p) => `environment = ${p}`)
  q.add(f.service, (p) => `service_name = ${p}`)
  q.add(f.maxCostUsd, (p) => `cost_usd <= ${p}`)
  q.add(f.maxDurationMs, (p) => `${DURATION} <= ${p}`)
  q.add(f.signalType, (p) => `signals > 0 AND EXISTS (${OWN_SIGNALS} AND s.type = ${p})`)
  q.add(f.severity, (p) => `signals > 0 AND EXISTS (${OWN_SIGNALS} AND s.severity = ${p})`)
  q.add(f.ids, (p) => `trace_id = ANY(${p})`)
  return q
}

/** The order of traces that began in one microsecond: their nanoseconds, then their ids. */
const ID_BY_NANOS = `(to_char(${nanosOf('start_time', 'start_ns')}, 'FM000') || trace_id)`

/** Traces in the order that is asked for; without one, newest first. */
export async function listTraces(
  pool: PostgresPool,
  scope: ProjectScope,
  f: TraceFilter,
): Promise<Page<TraceRow>> {
  const q = tracesWhere(scope, f)
  const order = orderOf(f.sort ?? '-start_time', SORTED_BY)
  const id = order.sql === SORTED_BY.start_time ? ID_BY_NANOS : 'trace_id'
  q.after(f.cursor, order.sql, id, order)
  const inOrder = `ORDER BY ${order.sql} ${order.direction}, ${id} ${order.direction}`
  // The rows of the page come first, so that only their columns are computed and not those of all that had to be sorted.
  const ofPage = `SELECT * FROM trace_summaries WHERE ${q.sql} ${inOrder} LIMIT ${Math.floor(f.limit) + 1}`
  const rows = await q.rows<TraceRow & { sort_time: string; sort_id: string }>(
    pool,
    `SELECT ${TRACE_COLUMNS}, ${order.sql}::text AS sort_time, ${id} AS sort_id FROM (${ofPage}) AS trace_summaries ${inOrder}`,
    f.limit + 1,
  )
  const page = pageOf(rows, f.limit, (r) => ({ time: r.sort_time, id: r.sort_id }))
  const shown = page.rows.map((row) => {
    const { sort_id: _, ...rest } = row
    return withoutSort(rest)
  })
  return { rows: shown, next: page.next }
}

/** One trace, or null when the tenant has no such trace. */
export async function findTrace(
  pool: PostgresPool,
  scope: ProjectScope,
  traceId: string,
): Promise<TraceRow | null> {
  const q = new WhereClause(scope)
  q.add(traceId, (p) => `trace_id = ${p}`)
  const [row] = await q.rows<TraceRow & { sort_time: string }>(
    pool,
    `SELECT ${TRACE_COLUMNS}, '' AS sort_time FROM trace_summaries WHERE ${q.sql}`,
    1,
  )
  return row === undefined ? null : withoutSort(row)
}
