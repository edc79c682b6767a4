// The events of a trace from `trace_events`: a second copy of every event, by trace, as one text. A row of
// `canonical_events` has more than a hundred columns, and reading a few rows costs for each of them: planning, a file to
// open, half a granule to decompress. One column costs that once. Texts go after eight days; those traces, and traces of
// before the upgrade that brought the table (`trace_events_since`), are read from the events.

import type { ClickHouseClient } from '@clickhouse/client'
import { decodeCursor, type Position, type Scope } from './page.ts'
import { type EventRow, eventOf } from './select-events.ts'

/** What stands in the columns of the key, not in the text. */
export const KEY_FIELDS: ReadonlySet<string> = new Set([
  'event_id',
  'tenant_id',
  'project_id',
  'trace_id',
])

/**
 * What the text of layout 1 holds after the number of the layout, by the names of `eventSelect`. For ever:
 * rows are not rewritten. A new field needs a layout of its own, and a migration whose view writes it.
 */
// biome-ignore format: a list
export const LAYOUT_1: readonly string[] = ('environment span_id parent_span_id event_type kind operation name dialect dialects start_time end_time ' +
    'duration_ms time_to_first_chunk_ms provider request_model response_model response_id route input_messages ' +
    'output_messages system_instructions tool_definitions input output request_params stream input_tokens output_tokens ' +
    'total_tokens cache_read_tokens cache_write_tokens reasoning_tokens usage_details usage_aggregate usage_duplicate_of ' +
    'cost_usd cost_input_usd cost_output_usd cost_source price_ref finish_reasons status error_type error_message ' +
    'error_stack level tool_name tool_call_id tool_type tool_description tool_arguments tool_result agent_name agent_id ' +
    'agent_version workflow_name conversation_id session_id user_id message_index prompt_name prompt_version ' +
    'prompt_variables retrieval_query retrieval_documents retrieval_top_k data_source_id embedding_dimensions ' +
    'evaluation_name evaluation_score evaluation_label evaluation_explanation guardrail_name guardrail_triggered ' +
    'mcp_method mcp_session_id mcp_resource_uri server_address server_port service_name service_version sdk_language ' +
    'scope_name scope_version tags secrets quality metadata attributes attributes_json').split(' ')

/** An event and its place in the order. */
export interface TraceEvent extends Position {
  readonly event: EventRow
}

interface Row {
  readonly time: string
  readonly id: string
  readonly event: string
}

/**
 * Oldest first, `limit` at most, from after the cursor. Every event once: of its rows the first report. Null when the
 * text of one is gone: the trace has to be read from the events.
 */
export async function keptEvents(
  client: ClickHouseClient,
  scope: Scope,
  of: {
    readonly traceId: string
    readonly limit: number
    readonly cursor?: string | undefined
  },
): Promise<TraceEvent[] | null> {
  const after = of.cursor === undefined ? null : decodeCursor(of.cursor)
  const isLater =
    'AND (start_time, event_id) > (fromUnixTimestamp64Nano({after:Int64}), toFixedString(unhex({afterId:String}), 16))'
  const result = await client.query({
    query: `SELECT toString(toUnixTimestamp64Nano(start_time)) AS time, lower(hex(event_id)) AS id, event
      FROM trace_events
      WHERE tenant_id = {tenant:String} AND project_id = {project:String}
        AND trace_id = toFixedString(unhex({trace:String}), 16) ${after === null ? '' : isLater}
      ORDER BY start_time, event_id, version DESC
      LIMIT 1 BY event_id
      LIMIT {limit:UInt32}`,
    query_params: {
      tenant: scope.tenantId,
      project: scope.projectId,
      trace: of.traceId,
      limit: of.limit,
      ...(after === null ? {} : { after: after.time, afterId: after.id }),
    },
    format: 'JSONEachRow',
  })
  const key = { tenant_id_: scope.tenantId, project_id_: scope.projectId, trace_id_: of.traceId }
  const rows = await result.json<Row>()
  if (rows.some((row) => row.event === '')) return null
  return rows.map(({ time, id, event }) => ({
    time,
    id,
    event: eventOf({ ...key, event_id_: id, ...unpacked(event) }),
  }))
}

/** By connection and project; what is said there does not change after an upgrade. */
const marks = new WeakMap<ClickHouseClient, Map<string, number | null>>()
const MARKS_MAX = 10_000

/** s since the epoch: traces that have an event of this hour or an earlier one may not be there whole; null = all are. */
export async function keptSince(client: ClickHouseClient, scope: Scope): Promise<number | null> {
  const known = marks.get(client) ?? new Map<string, number | null>()
  marks.set(client, known)
  const name = JSON.stringify([scope.tenantId, scope.projectId])
  const mark = known.get(name)
  if (mark !== undefined) return mark
  const result = await client.query({
    query: `SELECT toUnixTimestamp(max(hour)) AS hour, count() AS rows FROM trace_events_since
      WHERE tenant_id = {tenant:String} AND project_id = {project:String}`,
    query_params: { tenant: scope.tenantId, project: scope.projectId },
    format: 'JSONEachRow',
  })
  const [row] = await result.json<{ hour: number; rows: string | number }>()
  const since = row === undefined || Number(row.rows) === 0 ? null : Number(row.hour)
  if (known.size >= MARKS_MAX) known.clear()
  known.set(name, since)
  return since
}

/** A row as `eventSelect` gives it. */
function unpacked(text: string): Record<string, unknown> {
  const [layout, ...values] = JSON.parse(text) as unknown[]
  if (layout !== 1)
    throw new Error(
      `trace_events has rows of layout ${String(layout)}: the program is too old for them`,
    )
  return Object.fromEntries(LAYOUT_1.map((name, i) => [`${name}_`, values[i] ?? null]))
}
