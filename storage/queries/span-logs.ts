// Reads the log records that belong to spans, the spans that log records belong to, and the reports that repeat calls, for
// `joined-events.ts`.

import type { ClickHouseClient } from '@clickhouse/client'
import { isLog, JOINED_FIELDS, type TraceIds } from './joined-events.ts'
import type { ProjectScope } from './page.ts'
import { type EventRow, eventOf, eventSelect } from './select-events.ts'

/** The most log records and spans that are added to a page. Of a trace with more, the first are added. */
const COMPANIONS_MAX = 10_000
/** How many hours of one trace are read. */
const HOURS_MAX = 48

/** What joining reads of a companion: each column of a row costs about as much as reading the row. */
const COMPANION_SELECT = eventSelect(
  new Set(),
  new Set([
    ...JOINED_FIELDS,
    'event_id',
    'trace_id',
    'span_id',
    'event_type',
    'kind',
    'dialect',
    'start_time',
  ]),
)

/** All log records of a trace, and the spans that they belong to. */
export async function spansAndLogs(
  client: ClickHouseClient,
  scope: ProjectScope,
  traceId: string,
): Promise<EventRow[]> {
  const hours = await hoursOfTraces(client, scope, [traceId])
  return await companions(client, scope, hours, '')
}

/** The conversation, session, user and route of a trace. If there are several, the smallest is taken. */
export async function idsOfTrace(
  client: ClickHouseClient,
  scope: ProjectScope,
  traceId: string,
): Promise<TraceIds> {
  const hours = await hoursOfTraces(client, scope, [traceId])
  const none = { conversation_id: null, session_id: null, user_id: null, route: null }
  if (hours.length === 0) return none
  const result = await client.query({
    query: `SELECT min(nullIf(e.conversation_id, '')) AS conversation_id, min(nullIf(e.session_id, '')) AS session_id,
        min(nullIf(e.user_id, '')) AS user_id, min(nullIf(e.route, '')) AS route
      FROM canonical_events AS e
      WHERE e.tenant_id = {tenant:String} AND e.project_id = {project:String}
        AND (toStartOfHour(e.start_time), e.trace_id) IN (${hours.join(', ')})`,
    query_params: { tenant: scope.tenantId, project: scope.projectId },
    format: 'JSONEachRow',
  })
  const [ids] = await result.json<TraceIds>()
  return ids ?? none
}

/** For a page over many traces: the log records of its spans, and the spans of its log records. */
export async function logsOf(
  client: ClickHouseClient,
  scope: ProjectScope,
  events: readonly EventRow[],
): Promise<EventRow[]> {
  const traces = new Set<string>()
  const spans = new Set<string>()
  for (const { trace_id, span_id } of events) {
    if (typeof trace_id !== 'string' || typeof span_id !== 'string') continue
    traces.add(trace_id)
    spans.add(span_id)
  }
  if (traces.size === 0) return []
  const hours = await hoursOfTraces(client, scope, [...traces])
  const list = [...spans].map((span) => `unhex('${span}')`).join(', ')
  const isOfLogs = events.some(isLog)
  const ofLogs = isOfLogs
    ? ''
    : " AND match(ifNull(e.event_type, ''), '^log(:|$)') AND e.dialect IS NOT NULL"
  return await companions(client, scope, hours, `AND e.span_id IN (${list})${ofLogs}`)
}

/** Reports of one call begin within so many hours of each other. */
const REPEAT_HOURS = 1

/**
 * The reports that repeat the calls among `events` whose own report lacks messages, in whatever trace they are. `known` are events that
 * have been read.
 */
export async function repeatsOf(
  client: ClickHouseClient,
  scope: ProjectScope,
  events: readonly EventRow[],
  known: readonly EventRow[] = [],
): Promise<EventRow[]> {
  const repeated = new Set(known.map((event) => event['usage_duplicate_of']))
  const mute = events.filter((event) => isMute(event) && !repeated.has(event['event_id']))
  const hours = new Set<number>()
  for (const { start_time: time } of mute) {
    const hour = Math.floor(Date.parse(String(time)) / 3_600_000)
    for (let h = hour - REPEAT_HOURS; h <= hour + REPEAT_HOURS; h++) hours.add(h * 3600)
  }
  hours.delete(Number.NaN)
  if (hours.size === 0) return []
  const ids = mute.map((event) => `unhex('${String(event['event_id'])}')`).join(', ')
  const list = [...hours].map((hour) => `toDateTime(${hour}, 'UTC')`).join(', ')
  return await selected(
    client,
    scope,
    `toStartOfHour(e.start_time) IN (${list}) AND e.usage_duplicate_of IN (${ids})`,
  )
}

/** A call that counts and does not say all of what was said. */
function isMute(event: EventRow): boolean {
  if (event['usage_aggregate'] !== false || isLog(event)) return false
  const isCall = (event['kind'] ?? 'llm') === 'llm'
  return isCall && !(event['input_messages'] && event['output_messages'])
}

/** Positions in the sorting key: hour and trace, as SQL of values that were read from the store. */
export async function hoursOfTraces(
  client: ClickHouseClient,
  scope: ProjectScope,
  traces: readonly string[],
): Promise<string[]> {
  const result = await client.query({
    query: `SELECT lower(hex(trace_id)) AS trace, toUnixTimestamp(min(first_hour)) AS first,
        toUnixTimestamp(max(last_hour)) AS last
      FROM trace_hours
      WHERE tenant_id = {tenant:String} AND project_id = {project:String}
        AND trace_id IN (${traces.map((trace) => `unhex('${trace}')`).join(', ')})
      GROUP BY trace_id`,
    query_params: { tenant: scope.tenantId, project: scope.projectId },
    format: 'JSONEachRow',
  })
  const rows = await result.json<{ trace: string; first: number; last: number }>()
  return rows.flatMap(({ trace, first, last }) => {
    const count = Math.min((last - first) / 3600 + 1, HOURS_MAX)
    return Array.from(
      { length: count },
      (_, i) => `(toDateTime(${first + i * 3600}, 'UTC'), unhex('${trace}'))`,
    )
  })
}

async function companions(
  client: ClickHouseClient,
  scope: ProjectScope,
  hours: readonly string[],
  more: string,
): Promise<EventRow[]> {
  if (hours.length === 0) return []
  const place = `(toStartOfHour(e.start_time), e.trace_id) IN (${hours.join(', ')})`
  return await selected(client, scope, `${place} ${more}`)
}

async function selected(
  client: ClickHouseClient,
  scope: ProjectScope,
  where: string,
): Promise<EventRow[]> {
  const result = await client.query({
    query: `SELECT ${COMPANION_SELECT} FROM canonical_events AS e FINAL
      WHERE e.tenant_id = {tenant:String} AND e.project_id = {project:String} AND ${where}
      ORDER BY e.start_time, e.event_id
      LIMIT ${COMPANIONS_MAX}`,
    query_params: { tenant: scope.tenantId, project: scope.projectId },
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  })
  return (await result.json<Record<string, unknown>>()).map(eventOf)
}
