// The SQL of one batch. Rows come as one JSON text a table, because that costs our side least; every sum is
// added to what is there, in the transaction that moves the cursor.

import type { Deltas } from './deltas.ts'

export const READ_CURSOR =
  'SELECT last_sequence, batch_id FROM exporter_cursor WHERE exporter = $1 FOR UPDATE'

export const MOVE_CURSOR = `
INSERT INTO exporter_cursor AS c (exporter, last_sequence, batch_id) VALUES ($1, $2, $3)
ON CONFLICT (exporter) DO UPDATE SET
  last_sequence = GREATEST(c.last_sequence, EXCLUDED.last_sequence), batch_id = EXCLUDED.batch_id, updated_at = now()`

/** The exporter writes the rows of all tenants. */
export const ALL_TENANTS = "SELECT set_config('observa.tenant_id', '*', true)"

const at = (column: string): string => `to_timestamp(${column} / 1000.0)`
const COMMON =
  'tenant text, project text, events bigint, llm bigint, errors bigint, "in" bigint, out bigint, total bigint, cost double precision'

const TRACES = `
INSERT INTO trace_summaries AS t (tenant_id, project_id, trace_id, environment, root_name, root_kind, service_name,
  user_id, session_id, conversation_id, start_time, end_time, spans, llm_calls, tool_calls, errors, input_tokens,
  output_tokens, total_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, cost_usd, unpriced, kinds, models)
SELECT tenant, project, trace, environment, root_name, root_kind, service, "user", session, conversation,
  ${at('start')}, ${at('"end"')}, events, llm, tools, errors, "in", out, total, cache_read, cache_write, reasoning, cost,
  unpriced, kinds, models
FROM json_to_recordset($1::json) AS r(${COMMON}, trace text, environment text, root_name text, root_kind text,
  service text, "user" text, session text, conversation text, start double precision, "end" double precision,
  tools bigint, cache_read bigint, cache_write bigint, reasoning bigint, unpriced bigint, kinds text[], models text[])
ON CONFLICT (tenant_id, project_id, trace_id) DO UPDATE SET
  environment = COALESCE(t.environment, EXCLUDED.environment),
  root_name = COALESCE(t.root_name, EXCLUDED.root_name),
  root_kind = COALESCE(t.root_kind, EXCLUDED.root_kind),
  service_name = COALESCE(t.service_name, EXCLUDED.service_name),
  user_id = COALESCE(t.user_id, EXCLUDED.user_id),
  session_id = COALESCE(t.session_id, EXCLUDED.session_id),
  conversation_id = COALESCE(t.conversation_id, EXCLUDED.conversation_id),
  start_time = LEAST(t.start_time, EXCLUDED.start_time),
  end_time = GREATEST(t.end_time, EXCLUDED.end_time),
  spans = t.spans + EXCLUDED.spans,
  llm_calls = t.llm_calls + EXCLUDED.llm_calls,
  tool_calls = t.tool_calls + EXCLUDED.tool_calls,
  errors = t.errors + EXCLUDED.errors,
  input_tokens = t.input_tokens + EXCLUDED.input_tokens,
  output_tokens = t.output_tokens + EXCLUDED.output_tokens,
  total_tokens = t.total_tokens + EXCLUDED.total_tokens,
  cache_read_tokens = t.cache_read_tokens + EXCLUDED.cache_read_tokens,
  cache_write_tokens = t.cache_write_tokens + EXCLUDED.cache_write_tokens,
  reasoning_tokens = t.reasoning_tokens + EXCLUDED.reasoning_tokens,
  cost_usd = t.cost_usd + EXCLUDED.cost_usd,
  unpriced = t.unpriced + EXCLUDED.unpriced,
  kinds = ${union('kinds')},
  models = ${union('models')},
  updated_at = now()`

/** Members of both in order of name; bounded like the sets of a delta. */
function union(column: string): string {
  return `CASE WHEN EXCLUDED.${column} <@ t.${column} THEN t.${column} ELSE
    ARRAY(SELECT DISTINCT x FROM unnest(t.${column} || EXCLUDED.${column}) AS x ORDER BY x LIMIT 16) END`
}

/** Sums that conversations, sessions and users have in common. */
const ADD_SUMS = `
  first_at = LEAST(t.first_at, EXCLUDED.first_at),
  last_at = GREATEST(t.last_at, EXCLUDED.last_at),
  events = t.events + EXCLUDED.events,
  llm_calls = t.llm_calls + EXCLUDED.llm_calls,
  errors = t.errors + EXCLUDED.errors,
  input_tokens = t.input_tokens + EXCLUDED.input_tokens,
  output_tokens = t.output_tokens + EXCLUDED.output_tokens,
  total_tokens = t.total_tokens + EXCLUDED.total_tokens,
  cost_usd = t.cost_usd + EXCLUDED.cost_usd,
  updated_at = now()`
const GROUP_COLUMNS =
  'first_at, last_at, events, llm_calls, errors, input_tokens, output_tokens, total_tokens, cost_usd'
const GROUP_VALUES = `${at('first')}, ${at('last')}, events, llm, errors, "in", out, total, cost`
const GROUP_RECORD = `${COMMON}, id text, first double precision, last double precision, "user" text, session text,
  messages bigint, text text, text_at double precision`

const CONVERSATIONS = `
INSERT INTO conversations AS t (tenant_id, project_id, conversation_id, user_id, session_id, message_count, last_message, ${GROUP_COLUMNS})
SELECT tenant, project, id, "user", session, messages, text, ${GROUP_VALUES}
FROM json_to_recordset($1::json) AS r(${GROUP_RECORD})
ON CONFLICT (tenant_id, project_id, conversation_id) DO UPDATE SET
  user_id = COALESCE(t.user_id, EXCLUDED.user_id),
  session_id = COALESCE(t.session_id, EXCLUDED.session_id),
  message_count = GREATEST(t.message_count, EXCLUDED.message_count),
  last_message = CASE WHEN EXCLUDED.last_message IS NOT NULL AND (t.last_message IS NULL OR EXCLUDED.last_at >= t.last_at)
    THEN EXCLUDED.last_message ELSE t.last_message END,${ADD_SUMS}`

const SESSIONS = `
INSERT INTO sessions AS t (tenant_id, project_id, session_id, user_id, ${GROUP_COLUMNS})
SELECT tenant, project, id, "user", ${GROUP_VALUES} FROM json_to_recordset($1::json) AS r(${GROUP_RECORD})
ON CONFLICT (tenant_id, project_id, session_id) DO UPDATE SET
  user_id = COALESCE(t.user_id, EXCLUDED.user_id),${ADD_SUMS}`

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

/** An issue that is known stays as it is, triage included; only new ones are counted where they belong. */
const ISSUES = `
WITH added AS (
  INSERT INTO issues (tenant_id, project_id, signal_id, type, severity, trace_id, span_id, event_id, at, value,
    threshold, evidence, rule, conversation_id, session_id, user_id, environment)
  SELECT tenant, project, id, type, severity, trace, span, event, ${at('at')}, value, threshold, evidence, rule,
    conversation, session, "user", environment
  FROM json_to_recordset($1::json) AS r(tenant text, project text, id text, type text, severity text, trace text,
    span text, event text, at double precision, value double precision, threshold double precision, evidence jsonb,
    rule text, conversation text, session text, "user" text, environment text)
  ON CONFLICT (tenant_id, project_id, signal_id) DO NOTHING
  RETURNING tenant_id, project_id, severity, trace_id, conversation_id, session_id, user_id
), by_trace AS (
  SELECT tenant_id, project_id, trace_id, count(*) AS n, count(*) FILTER (WHERE severity = 'high') AS high
  FROM added GROUP BY 1, 2, 3
), traces AS (
  UPDATE trace_summaries t SET issues = t.issues + a.n, high_issues = t.high_issues + a.high
  FROM by_trace a WHERE t.tenant_id = a.tenant_id AND t.project_id = a.project_id AND t.trace_id = a.trace_id
), in_conversations AS (
  UPDATE conversations t SET issues = t.issues + a.n
  FROM (SELECT tenant_id, project_id, conversation_id AS id, count(*) AS n FROM added GROUP BY 1, 2, 3) a
  WHERE t.tenant_id = a.tenant_id AND t.project_id = a.project_id AND t.conversation_id = a.id
), in_sessions AS (
  UPDATE sessions t SET issues = t.issues + a.n
  FROM (SELECT tenant_id, project_id, session_id AS id, count(*) AS n FROM added GROUP BY 1, 2, 3) a
  WHERE t.tenant_id = a.tenant_id AND t.project_id = a.project_id AND t.session_id = a.id
)
UPDATE end_users t SET issues = t.issues + a.n
FROM (SELECT tenant_id, project_id, user_id AS id, count(*) AS n FROM added GROUP BY 1, 2, 3) a
WHERE t.tenant_id = a.tenant_id AND t.project_id = a.project_id AND t.user_id = a.id`

/** In this order: issues count themselves into rows that the others make. */
const TABLES: readonly {
  readonly rows: keyof Deltas
  readonly name: string
  readonly sql: string
}[] = [
  { rows: 'traces', name: 'observa_traces', sql: TRACES },
  { rows: 'conversations', name: 'observa_conversations', sql: CONVERSATIONS },
  { rows: 'sessions', name: 'observa_sessions', sql: SESSIONS },
  { rows: 'users', name: 'observa_users', sql: USERS },
  { rows: 'usage', name: 'observa_usage', sql: USAGE },
  { rows: 'issues', name: 'observa_issues', sql: ISSUES },
]

/** Rows of one statement; a JSON text of many more would hold up the connection for long. */
const ROWS_MAX = 5000

/** The prepared statements that store `deltas`, in order. */
export function statementsFor(
  deltas: Deltas,
): readonly { readonly name: string; readonly text: string; readonly values: readonly string[] }[] {
  return TABLES.flatMap(({ rows, name, sql }) => {
    const all: readonly unknown[] = deltas[rows]
    const out: { name: string; text: string; values: string[] }[] = []
    for (let i = 0; i < all.length; i += ROWS_MAX)
      out.push({ name, text: sql, values: [JSON.stringify(all.slice(i, i + ROWS_MAX))] })
    return out
  })
}
