// The SQL of one batch. Rows are passed as one JSON text for each table, which costs the client least. Trace rows replace the
// rows that were read in the same transaction; other sums are added to the stored ones.

import { nanosOf } from '../../storage/postgres/exact-time.ts'
import {
  CLAIM_EVENTS,
  type ClaimRow,
  type EventKey,
  READ_REVISED,
  type RevisedRow,
  STORE_REVISED,
} from './counted-events.ts'
import type { SignalRow } from './fact-document.ts'
import { AFFECTED, ISSUES, REFRESHED, REOPENED, SIGNALS, TAKEN_BACK } from './issue-statements.ts'
import { issueChanges } from './issues.ts'
import { PLAN_SETTINGS, rowOf } from './key-lookup.ts'
import type { Changes, Left } from './rollup.ts'

export const LOCK_CURSOR = 'SELECT pg_advisory_xact_lock(hashtextextended($1, 7362781411))'

export const LAST_SEQUENCE =
  'SELECT last_sequence, batch_id FROM exporter_cursor WHERE exporter = $1'

export const READ_CURSOR =
  'SELECT last_sequence, batch_id FROM exporter_cursor WHERE exporter = $1 FOR UPDATE'

export const MOVE_CURSOR = `
INSERT INTO exporter_cursor AS c (exporter, last_sequence, batch_id) VALUES ($1, $2, $3)
ON CONFLICT (exporter) DO UPDATE SET
  last_sequence = GREATEST(c.last_sequence, EXCLUDED.last_sequence), batch_id = EXCLUDED.batch_id, updated_at = now()`

/**
 * The exporter's role may write the rows of all tenants. The lock makes a batch that is sent again wait for its first
 * transaction, which the server may still be committing after the connection broke. Then the planner's choices that a batch
 * has no use for are switched off (`key-lookup.ts`).
 */
export const BEGIN_BATCH = `SELECT set_config('role', 'observa_exporter', true), pg_advisory_xact_lock(hashtextextended($1, 7362781411)),
  ${PLAN_SETTINGS}`

/**
 * Held until the end of the transaction, so that no other instance changes the rows of a project between reading and writing.
 */
export const LOCK_PLACES =
  'SELECT count(pg_advisory_xact_lock(hashtextextended(place, 7362781411))) FROM unnest($1::text[]) AS place'

const ms = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::float8`

export const READ_TRACES = `
SELECT t.tenant_id AS tenant, t.project_id AS project, t.trace_id AS trace, environment, root_name, root_kind, root_at,
  service_name AS service, user_id AS user, session_id AS session, conversation_id AS conversation,
  ${ms('start_time')} AS start, (${nanosOf('start_time', 'start_ns')})::float8 AS start_ns,
  ${ms('end_time')} AS end, (${nanosOf('end_time', 'end_ns')})::float8 AS end_ns, spans::float8, llm_calls::float8 AS llm,
  tool_calls::float8 AS tools, errors::float8, input_tokens::float8 AS in, output_tokens::float8 AS out,
  total_tokens::float8 AS total, cache_read_tokens::float8 AS cache_read, cache_write_tokens::float8 AS cache_write,
  reasoning_tokens::float8 AS reasoning, cost_usd AS cost, unpriced::float8, signals::float8, high_signals::float8, kinds,
  models, seen, added, inherited
FROM unnest($1::text[], $2::text[], $3::text[]) AS r(tenant, project, id)
${rowOf('trace_summaries', 'trace_id', '*')}`

const at = (column: string): string => `to_timestamp(${column} / 1000.0)`
/** Nanoseconds since the epoch, of ms and the nanoseconds below the microsecond. */
const exact = (msField: string, nsField: string): string =>
  `(${msField} * 1000)::bigint * 1000 + ${nsField}`

/** Column of the table and field of a row. All columns except the key are replaced. */
const TRACE_COLUMNS: readonly (readonly [column: string, field: string, type: string])[] = [
  ['environment', 'environment', 'text'],
  ['root_name', 'root_name', 'text'],
  ['root_kind', 'root_kind', 'text'],
  ['root_at', 'root_at', 'double precision'],
  ['service_name', 'service', 'text'],
  ['user_id', '"user"', 'text'],
  ['session_id', 'session', 'text'],
  ['conversation_id', 'conversation', 'text'],
  ['start_time', 'start', 'double precision'],
  ['start_ns', 'start_ns', 'bigint'],
  ['end_time', '"end"', 'double precision'],
  ['end_ns', 'end_ns', 'bigint'],
  ['spans', 'spans', 'bigint'],
  ['llm_calls', 'llm', 'bigint'],
  ['tool_calls', 'tools', 'bigint'],
  ['errors', 'errors', 'bigint'],
  ['input_tokens', '"in"', 'bigint'],
  ['output_tokens', 'out', 'bigint'],
  ['total_tokens', 'total', 'bigint'],
  ['cache_read_tokens', 'cache_read', 'bigint'],
  ['cache_write_tokens', 'cache_write', 'bigint'],
  ['reasoning_tokens', 'reasoning', 'bigint'],
  ['cost_usd', 'cost', 'double precision'],
  ['unpriced', 'unpriced', 'bigint'],
  ['signals', 'signals', 'bigint'],
  ['high_signals', 'high_signals', 'bigint'],
  ['kinds', 'kinds', 'text[]'],
  ['models', 'models', 'text[]'],
  ['seen', 'seen', 'double precision[]'],
  ['added', 'added', 'double precision[]'],
  ['inherited', 'inherited', 'jsonb'],
]
/** The value of those columns that are no fields of the row as they are. */
const TRACE_VALUES: Readonly<Record<string, string>> = {
  start_time: at('start'),
  start_ns: exact('start', 'start_ns'),
  end_time: at('"end"'),
  end_ns: exact('"end"', 'end_ns'),
}

const TRACES = `
INSERT INTO trace_summaries (tenant_id, project_id, trace_id, ${TRACE_COLUMNS.map(([c]) => c).join(', ')})
SELECT tenant, project, trace, ${TRACE_COLUMNS.map(([c, f]) => TRACE_VALUES[c] ?? f).join(', ')}
FROM json_to_recordset($1::json) AS r(tenant text, project text, trace text,
  ${TRACE_COLUMNS.map(([, f, type]) => `${f} ${type}`).join(', ')})
ON CONFLICT (tenant_id, project_id, trace_id) DO UPDATE SET
  ${TRACE_COLUMNS.map(([c]) => `${c} = EXCLUDED.${c}`).join(', ')}, updated_at = now()`

const COMMON =
  'tenant text, project text, events bigint, llm bigint, errors bigint, "in" bigint, out bigint, total bigint, cost double precision'
/** Union of both lists in order of name, limited to the smallest sixteen, as in `sums.ts`. */
const MODELS = `CASE WHEN EXCLUDED.models <@ t.models THEN t.models ELSE
    ARRAY(SELECT DISTINCT x COLLATE "C" AS x FROM unnest(t.models || EXCLUDED.models) AS x ORDER BY 1 LIMIT 16) END`

/** Sums that conversations, sessions and users have in common. */
const ADD_SUMS = `
  first_at = LEAST(t.first_at, EXCLUDED.first_at),
  last_at = GREATEST(t.last_at, EXCLUDED.last_at),
  first_ns = LEAST(t.first_ns, EXCLUDED.first_ns),
  last_ns = GREATEST(t.last_ns, EXCLUDED.last_ns),
  events = t.events + EXCLUDED.events,
  llm_calls = t.llm_calls + EXCLUDED.llm_calls,
  errors = t.errors + EXCLUDED.errors,
  input_tokens = t.input_tokens + EXCLUDED.input_tokens,
  output_tokens = t.output_tokens + EXCLUDED.output_tokens,
  total_tokens = t.total_tokens + EXCLUDED.total_tokens,
  cost_usd = t.cost_usd + EXCLUDED.cost_usd,
  signals = t.signals + EXCLUDED.signals,
  models = ${MODELS},
  updated_at = now()`
const GROUP_COLUMNS =
  'first_at, last_at, first_ns, last_ns, events, llm_calls, errors, input_tokens, output_tokens, total_tokens, cost_usd, signals, models'
/** Null in a row without events and signals, whose first time is too late for a bigint. */
const known = (value: string): string => `CASE WHEN first <= last THEN ${value} END`
const GROUP_VALUES = `${at('first')}, ${at('last')}, ${known(exact('first', 'first_ns'))}, ${known(exact('last', 'last_ns'))}, events, llm, errors, "in", out, total, cost, signals, models`
const GROUP_RECORD = `${COMMON}, signals bigint, id text, first double precision, last double precision, first_ns bigint, last_ns bigint, "user" text,
  session text, messages bigint, text text, text_at double precision, models text[]`

/** The same as `lesser` of `sums.ts`: compares by bytes, whatever the collation of the database. */
const lesser = (column: string): string =>
  `LEAST(t.${column} COLLATE "C", EXCLUDED.${column} COLLATE "C")`

/** Whether the new message is later. Of two messages at the same moment the greater text counts. */
const IS_LATER = `EXCLUDED.last_message IS NOT NULL AND (t.last_message IS NULL
    OR (EXCLUDED.last_message_at, EXCLUDED.last_message COLLATE "C") > (t.last_message_at, t.last_message COLLATE "C"))`

const CONVERSATIONS = `
INSERT INTO conversations AS t (tenant_id, project_id, conversation_id, user_id, session_id, message_count,
  last_message, last_message_at, ${GROUP_COLUMNS})
SELECT tenant, project, id, "user", session, NULLIF(messages, 0), text, CASE WHEN text IS NOT NULL THEN ${at('text_at')} END,
  ${GROUP_VALUES}
FROM json_to_recordset($1::json) AS r(${GROUP_RECORD})
ON CONFLICT (tenant_id, project_id, conversation_id) DO UPDATE SET
  user_id = ${lesser('user_id')},
  session_id = ${lesser('session_id')},
  message_count = GREATEST(t.message_count, EXCLUDED.message_count),
  last_message = CASE WHEN ${IS_LATER} THEN EXCLUDED.last_message ELSE t.last_message END,
  last_message_at = CASE WHEN ${IS_LATER} THEN EXCLUDED.last_message_at ELSE t.last_message_at END,${ADD_SUMS}`

const SESSIONS = `
INSERT INTO sessions AS t (tenant_id, project_id, session_id, user_id, ${GROUP_COLUMNS})
SELECT tenant, project, id, "user", ${GROUP_VALUES} FROM json_to_recordset($1::json) AS r(${GROUP_RECORD})
ON CONFLICT (tenant_id, project_id, session_id) DO UPDATE SET
  user_id = ${lesser('user_id')},${ADD_SUMS}`

const USERS = `
INSERT INTO end_users AS t (tenant_id, project_id, user_id, ${GROUP_COLUMNS})
SELECT tenant, project, id, ${GROUP_VALUES} FROM json_to_recordset($1::json) AS r(${GROUP_RECORD})
ON CONFLICT (tenant_id, project_id, user_id) DO UPDATE SET${ADD_SUMS}`

const USAGE = `
INSERT INTO usage_daily AS t (tenant_id, project_id, day, environment, provider, model, events, llm_calls, errors,
  input_tokens, output_tokens, total_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, cost_usd, unpriced)
SELECT tenant, project, day, environment, provider, model, events, llm, errors, "in", out, total, cache_read,
  cache_write, reasoning, cost, unpriced
FROM json_to_recordset($1::json) AS r(${COMMON}, day date, environment text, provider text, model text,
  cache_read bigint, cache_write bigint, reasoning bigint, unpriced bigint)
ON CONFLICT (tenant_id, project_id, day, environment, provider, model) DO UPDATE SET
  events = t.events + EXCLUDED.events,
  llm_calls = t.llm_calls + EXCLUDED.llm_calls,
  errors = t.errors + EXCLUDED.errors,
  input_tokens = t.input_tokens + EXCLUDED.input_tokens,
  output_tokens = t.output_tokens + EXCLUDED.output_tokens,
  total_tokens = t.total_tokens + EXCLUDED.total_tokens,
  cache_read_tokens = t.cache_read_tokens + EXCLUDED.cache_read_tokens,
  cache_write_tokens = t.cache_write_tokens + EXCLUDED.cache_write_tokens,
  reasoning_tokens = t.reasoning_tokens + EXCLUDED.reasoning_tokens,
  cost_usd = t.cost_usd + EXCLUDED.cost_usd,
  unpriced = t.unpriced + EXCLUDED.unpriced,
  updated_at = now()`

/** What a project has used of its quota. The month is that in which the rows are stored, UTC. */
const COUNTED = `
INSERT INTO project_usage AS t (tenant_id, project_id, month, events, cost_usd)
SELECT tenant, project, date_trunc('month', now() AT TIME ZONE 'UTC')::date, events, cost
FROM json_to_recordset($1::json) AS r(tenant text, project text, events bigint, cost double precision)
ON CONFLICT (tenant_id, project_id, month) DO UPDATE SET
  events = t.events + EXCLUDED.events,
  cost_usd = t.cost_usd + EXCLUDED.cost_usd`

const AGENTS = `
INSERT INTO usage_by_agent AS t (tenant_id, project_id, day, agent, total_tokens, cost_usd)
SELECT tenant, project, day, agent, total, cost
FROM json_to_recordset($1::json) AS r(tenant text, project text, day date, agent text, total bigint, cost double precision)
ON CONFLICT (tenant_id, project_id, day, agent) DO UPDATE SET
  total_tokens = t.total_tokens + EXCLUDED.total_tokens,
  cost_usd = t.cost_usd + EXCLUDED.cost_usd`

/** Deletes those of these groups that are empty, because their events have all moved to another one. */
const dropEmpty = (table: string, id: string): string => `
DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM json_to_recordset($1::json) AS r(tenant text, project text, id text)
  ${rowOf(table, id, `tenant_id, project_id, ${id}, events, signals, ctid`)} AND t.events = 0 AND t.signals = 0))`

const LEFT: readonly { readonly rows: keyof Left; readonly name: string; readonly sql: string }[] =
  [
    {
      rows: 'conversations',
      name: 'observa_drop_conversations',
      sql: dropEmpty('conversations', 'conversation_id'),
    },
    { rows: 'sessions', name: 'observa_drop_sessions', sql: dropEmpty('sessions', 'session_id') },
    { rows: 'users', name: 'observa_drop_users', sql: dropEmpty('end_users', 'user_id') },
  ]

const TABLES: readonly {
  readonly rows: Exclude<keyof Changes, 'left'>
  readonly name: string
  readonly sql: string
}[] = [
  { rows: 'traces', name: 'observa_traces_2', sql: TRACES },
  { rows: 'conversations', name: 'observa_conversations_2', sql: CONVERSATIONS },
  { rows: 'sessions', name: 'observa_sessions_2', sql: SESSIONS },
  { rows: 'users', name: 'observa_users_2', sql: USERS },
  { rows: 'usage', name: 'observa_usage', sql: USAGE },
  { rows: 'counted', name: 'observa_counted', sql: COUNTED },
  { rows: 'agents', name: 'observa_agents', sql: AGENTS },
]

export interface Prepared {
  readonly name: string
  readonly text: string
  readonly values: string[]
}

/** Most rows in one statement: a much longer JSON text would block the connection for long. */
const ROWS_MAX = 5000

/** The prepared statements that store `changes`, in order. */
export function statementsFor(changes: Changes): readonly Prepared[] {
  return TABLES.flatMap(({ rows, name, sql }) => inChunks(name, sql, changes[rows]))
}

/** The statements that delete the groups which events have left and which are empty now. */
export function dropStatements(left: Left): readonly Prepared[] {
  return LEFT.flatMap(({ rows, name, sql }) => inChunks(name, sql, left[rows]))
}

export function claimStatements(rows: readonly ClaimRow[]): readonly Prepared[] {
  return inChunks('observa_claim_events', CLAIM_EVENTS, rows)
}

export function readRevisedStatements(keys: readonly EventKey[]): readonly Prepared[] {
  return inChunks('observa_read_revised', READ_REVISED, keys)
}

export function revisedStatements(rows: readonly RevisedRow[]): readonly Prepared[] {
  return inChunks('observa_store_revised', STORE_REVISED, rows)
}

export function signalStatements(signals: readonly SignalRow[]): readonly Prepared[] {
  return inChunks('observa_signals_4', SIGNALS, signals)
}

/** The statements that store what new signals mean for issues, in order. */
export function issueStatements(fresh: readonly SignalRow[]): readonly Prepared[] {
  const { issues, affected } = issueChanges(fresh)
  const ids = issues.map(({ tenant, project, id }) => ({ tenant, project, id }))
  return [
    ...inChunks('observa_issues_2', ISSUES, issues),
    ...inChunks('observa_issues_reopened', REOPENED, ids),
    ...inChunks('observa_issues_affected', AFFECTED, affected),
  ]
}

/** For the issues of signals whose final form came after they had been counted. */
export function refreshStatements(changed: readonly StoredSignal[]): readonly Prepared[] {
  const byIssue = new Map<string, RefreshedIssue>()
  for (const { tenant, project, fingerprint, added } of changed) {
    const key = `${tenant}\n${project}\n${fingerprint}`
    const known = byIssue.get(key)
    if (known === undefined) byIssue.set(key, { tenant, project, fingerprint, added })
    else known.added += added
  }
  const issues = [...byIssue.values()]
  return [
    ...inChunks('observa_issues_refreshed_2', REFRESHED, issues),
    ...inChunks('observa_issues_taken_back', TAKEN_BACK, issues),
  ]
}

interface RefreshedIssue extends Pick<StoredSignal, 'tenant' | 'project' | 'fingerprint'> {
  added: number
}

/** A signal that was inserted or changed. */
export interface StoredSignal {
  readonly tenant: string
  readonly project: string
  readonly id: string
  readonly fingerprint: string | null
  readonly isNew: boolean
  /** USD that the signal costs more than before the statement. */
  readonly added: number
}

function inChunks(name: string, text: string, rows: readonly unknown[]): Prepared[] {
  const out: Prepared[] = []
  for (let i = 0; i < rows.length; i += ROWS_MAX)
    out.push({ name, text, values: [JSON.stringify(rows.slice(i, i + ROWS_MAX))] })
  return out
}
