// Conversations, sessions and end users from Postgres, where the exporter keeps their exact sums.

import { exactInstant, exactMs } from '../postgres/exact-time.ts'
import type { PostgresPool } from '../postgres/pool.ts'
import { type IdForms, type Page, type ProjectScope, pageOf } from './page.ts'
import {
  orderOf,
  type SortOf,
  since,
  sortsOf,
  until,
  WhereClause,
  withoutSort,
} from './where-clause.ts'

const DURATION = exactMs('first_at', 'first_ns', 'last_at', 'last_ns')

/** What groups can be sorted by, and the SQL of it. */
const SORTED_BY = {
  last_at: 'last_at',
  first_at: 'first_at',
  duration_ms: DURATION,
  cost_usd: 'cost_usd',
  total_tokens: 'total_tokens::float8',
  events: 'events::float8',
  llm_calls: 'llm_calls::float8',
  errors: 'errors::float8',
  signals: 'signals::float8',
} as const
export type GroupSort = SortOf<keyof typeof SORTED_BY>
export const GROUP_SORTS = sortsOf(SORTED_BY)

export interface GroupFilter {
  /** The time of the last event, in ms since the epoch. `fromMs` is inclusive, `toMs` exclusive. */
  readonly fromMs?: number | undefined
  readonly toMs?: number | undefined
  readonly userId?: IdForms | undefined
  readonly sessionId?: IdForms | undefined
  readonly conversationId?: IdForms | undefined
  readonly model?: string | undefined
  readonly hasErrors?: boolean | undefined
  readonly hasSignals?: boolean | undefined
  readonly minCostUsd?: number | undefined
  readonly maxCostUsd?: number | undefined
  /** Of one of its traces. */
  readonly environment?: string | undefined
  readonly service?: string | undefined
  readonly kind?: string | undefined
  /** These groups and no others: what was found in the store of events. */
  readonly ids?: readonly string[] | undefined
  readonly sort?: GroupSort | undefined
  readonly limit: number
  readonly cursor?: string | undefined
}

interface GroupSums {
  /** RFC 3339 with nanoseconds, of which rows of older versions have only the microseconds. */
  readonly first_at: string
  readonly last_at: string
  readonly duration_ms: number
  readonly events: number
  readonly llm_calls: number
  readonly errors: number
  readonly input_tokens: number
  readonly output_tokens: number
  readonly total_tokens: number
  readonly cost_usd: number
  readonly signals: number
  readonly models: readonly string[]
  readonly traces: number
}

export interface ConversationRow extends GroupSums {
  readonly conversation_id: string
  readonly user_id: string | null
  readonly session_id: string | null
  /** The highest position that a client sent, plus one. */
  readonly message_count: number | null
  readonly last_message: string | null
}

export interface SessionRow extends GroupSums {
  readonly session_id: string
  readonly user_id: string | null
  readonly conversations: number
}

export interface UserRow extends GroupSums {
  readonly user_id: string
  readonly conversations: number
  readonly sessions: number
}

export interface Groups {
  readonly conversations: ConversationRow
  readonly sessions: SessionRow
  readonly users: UserRow
}

interface Source {
  readonly table: string
  readonly id: string
  /** Columns besides the sums. */
  readonly more: string
}

/** How many rows of another table belong to this row. It is read only for the rows of a page. */
const counted = (table: string, column: string): string =>
  `(SELECT count(*) FROM ${table} o WHERE o.tenant_id = t.tenant_id AND o.project_id = t.project_id AND o.${column} = t.${column})::float8`

const SOURCES: Readonly<Record<keyof Groups, Source>> = {
  conversations: {
    table: 'conversations',
    id: 'conversation_id',
    more: 'user_id, session_id, message_count::float8 AS message_count, last_message',
  },
  sessions: {
    table: 'sessions',
    id: 'session_id',
    more: `user_id, ${counted('conversations', 'session_id')} AS conversations`,
  },
  users: {
    table: 'end_users',
    id: 'user_id',
    more: `${counted('conversations', 'user_id')} AS conversations, ${counted('sessions', 'user_id')} AS sessions`,
  },
}

const SUMS = `${exactInstant('first_at', 'first_ns')} AS first_at, ${exactInstant('last_at', 'last_ns')} AS last_at,
  ${DURATION} AS duration_ms,
  events::float8 AS events, llm_calls::float8 AS llm_calls, errors::float8 AS errors, input_tokens::float8 AS input_tokens,
  output_tokens::float8 AS output_tokens, total_tokens::float8 AS total_tokens, cost_usd, signals::float8 AS signals, models`

/** Groups in the order that is asked for; without one, those with the newest activity first. */
export async function listGroups<Kind extends keyof Groups>(
  pool: PostgresPool,
  scope: ProjectScope,
  kind: Kind,
  f: GroupFilter,
): Promise<Page<Groups[Kind]>> {
  const { id, table } = SOURCES[kind]
  const traces = `SELECT 1 FROM trace_summaries o
    WHERE o.tenant_id = ${table}.tenant_id AND o.project_id = ${table}.project_id AND o.${id} = ${table}.${id}`
  const q = new WhereClause(scope)
  q.add(f.fromMs, (p) => since('last_at', p))
  q.add(f.toMs, (p) => until('last_at', p))
  q.add(f.userId, (p) => `user_id = ANY(${p})`)
  if (kind !== 'users') q.add(f.sessionId, (p) => `session_id = ANY(${p})`)
  if (kind === 'conversations') q.add(f.conversationId, (p) => `conversation_id = ANY(${p})`)
  q.add(f.model, (p) => `${p} = ANY(models)`)
  q.add(f.minCostUsd, (p) => `cost_usd >= ${p}`)
  q.add(f.hasErrors, (p) => `(errors > 0) = ${p}`)
  q.add(f.hasSignals, (p) => `(signals > 0) = ${p}`)
  q.add(f.maxCostUsd, (p) => `cost_usd <= ${p}`)
  q.add(f.environment, (p) => `EXISTS (${traces} AND o.environment = ${p})`)
  q.add(f.service, (p) => `EXISTS (${traces} AND o.service_name = ${p})`)
  q.add(f.kind, (p) => `EXISTS (${traces} AND ${p} = ANY(o.kinds))`)
  q.add(f.ids, (p) => `${id} = ANY(${p})`)
  const order = orderOf(f.sort ?? '-last_at', SORTED_BY)
  q.after(f.cursor, order.sql, id, order, hourFor(order))
  const rows = await q.rows<Groups[Kind] & { sort_time: string }>(
    pool,
    selectOf(kind, q.sql, f.limit + 1, order),
    f.limit + 1,
  )
  const page = pageOf(rows, f.limit, (row) => ({ time: row.sort_time, id: idOf(kind, row) }))
  return {
    rows: page.rows.map((row) => withoutSort(row) as unknown as Groups[Kind]),
    next: page.next,
  }
}

/** Of the groups with one of these ids, the one with the last activity. Null when the tenant has none. */
export async function findGroup<Kind extends keyof Groups>(
  pool: PostgresPool,
  scope: ProjectScope,
  kind: Kind,
  ids: IdForms,
): Promise<Groups[Kind] | null> {
  const q = new WhereClause(scope)
  q.add(ids, (p) => `${SOURCES[kind].id} = ANY(${p})`)
  const [row] = await q.rows<Groups[Kind] & { sort_time: string }>(
    pool,
    selectOf(kind, q.sql, 1, orderOf('-last_at', SORTED_BY)),
    1,
  )
  return row === undefined ? null : (withoutSort(row) as unknown as Groups[Kind])
}

/** Selects the rows of the page first, so that counts are computed only for them. */
function selectOf(
  kind: keyof Groups,
  where: string,
  limit: number,
  by: ReturnType<typeof orderOf>,
): string {
  const { table, id, more } = SOURCES[kind]
  const { sql, direction } = by
  const hour = hourFor(by)
  // Times in order have hours in order, so the hour before the time changes nothing but that an index gives the rows by hour.
  const order = `ORDER BY ${hour === null ? '' : `${hour} ${direction}, `}${sql} ${direction}, ${id} ${direction}`
  return `SELECT ${id}, ${SUMS}, ${more}, ${sql}::text AS sort_time, ${counted('trace_summaries', id)} AS traces
    FROM (SELECT * FROM ${table} WHERE ${where} ${order} LIMIT ${Math.floor(limit)}) AS t ${order}`
}

/** The column with the hour of what the rows are sorted by; null when it is no time of the last event. */
function hourFor({ sql }: { readonly sql: string }): string | null {
  return sql === 'last_at' ? 'last_hour' : null
}

function idOf<Kind extends keyof Groups>(kind: Kind, row: Groups[Kind]): string {
  return String((row as unknown as Record<string, unknown>)[SOURCES[kind].id])
}
