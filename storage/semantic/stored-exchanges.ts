// Reads stored calls for jobs: the hours with new calls, the next calls of an hour that a job has not processed, the
// documents that were retrieved in their traces, and the messages before them. Processed calls are known by their ids, so
// late events and repeated runs do no harm.

import type { ClickHouseClient } from '@clickhouse/client'
import type { ProjectScope } from '../queries/page.ts'
import { insertRows, rowsOf } from './clickhouse-rows.ts'

export interface ChangedHour extends ProjectScope {
  /** `2026-01-02 03:00:00`, UTC. */
  readonly hour: string
  readonly changedAt: string
  /** The value of `changedAt` when the job last finished the hour; 1970 for a new hour. */
  readonly seenAt: string
}

export interface ExchangeRow {
  readonly event_id: string
  readonly trace_id: string
  readonly span_id: string
  readonly at: string
  readonly environment: string
  readonly model: string
  readonly route: string
  readonly name: string
  readonly user_id: string | null
  readonly session_id: string | null
  readonly conversation_id: string | null
  readonly cost_usd: number
  readonly system_instructions: string | null
  readonly input_messages: string | null
  readonly output_messages: string | null
  readonly input: string | null
  readonly output: string | null
  readonly request_params: string | null
  readonly finish_reasons: readonly string[]
  readonly evaluation_name: string | null
  readonly evaluation_score: number | null
  readonly evaluation_label: string | null
  readonly evaluation_explanation: string | null
}

/** A call with content, or an evaluation that a client sent. Repeated reports of a call are left out. */
const IS_SUBJECT = `((e.kind = 'llm' AND (e.output_messages IS NOT NULL OR e.output IS NOT NULL)) OR e.evaluation_name IS NOT NULL)
  AND e.usage_duplicate_of IS NULL`
/** The project in which Observa stores traces of its own model calls. Jobs never process them. */
export const OWN_PROJECT = 'observa'
const TRACES_AT_ONCE_MAX = 1000

/** Hours that received events since the job last finished them, newest first. */
export async function changedHours(
  client: ClickHouseClient,
  work: string,
  options: { readonly daysMax: number; readonly limit: number },
): Promise<readonly ChangedHour[]> {
  return await rowsOf<ChangedHour>(
    client,
    `SELECT tenant_id AS tenantId, project_id AS projectId, toString(hour) AS hour, toString(changed) AS changedAt, toString(s.seen) AS seenAt
     FROM (SELECT tenant_id, project_id, hour, max(changed_at) AS changed FROM event_hours
       WHERE hour > now() - toIntervalDay({days:UInt32}) GROUP BY tenant_id, project_id, hour) AS h
     LEFT JOIN (SELECT tenant_id, project_id, hour, max(changed_at) AS seen FROM seen_hours
       WHERE work = {work:String} GROUP BY tenant_id, project_id, hour) AS s USING (tenant_id, project_id, hour)
     WHERE h.changed > s.seen AND project_id != {own:String}
     ORDER BY hour DESC LIMIT {limit:UInt32}`,
    { work, days: options.daysMax, limit: options.limit, own: OWN_PROJECT },
  )
}

export async function markSeen(
  client: ClickHouseClient,
  work: string,
  hour: ChangedHour,
): Promise<void> {
  const { tenantId, projectId, hour: at, changedAt } = hour
  await insertRows(client, 'seen_hours', [
    { tenant_id: tenantId, project_id: projectId, work, hour: at, changed_at: changedAt },
  ])
}

/** A part may be written a moment before or after the recorded time of its insert. */
const PART_MARGIN_S = 10

/**
 * The parts of the event table that were written since the hour was last finished. They contain everything inserted since,
 * and older rows only where parts were merged. So reading an hour that changes all the time costs in proportion to the new
 * rows. Null for an hour that was never finished.
 */
export async function partsSinceSeen(
  client: ClickHouseClient,
  { seenAt }: ChangedHour,
): Promise<readonly string[] | null> {
  if (seenAt.startsWith('1970')) return null
  const rows = await rowsOf<{ name: string }>(
    client,
    `SELECT name FROM system.parts WHERE database = currentDatabase() AND table = 'canonical_events' AND active
       AND modification_time >= parseDateTimeBestEffort({seen:String}, 'UTC') - toIntervalSecond({margin:UInt32})`,
    { seen: seenAt, margin: PART_MARGIN_S },
  )
  return rows.map((row) => row.name)
}

/** The next calls of an hour that have not been scored (`scored_events`). */
export async function unseenExchanges(
  client: ClickHouseClient,
  changed: ChangedHour,
  limit: number,
): Promise<readonly ExchangeRow[]> {
  const { tenantId, projectId, hour } = changed
  const parts = await partsSinceSeen(client, changed)
  const params = { tenant: tenantId, project: projectId, hour, limit, parts: parts ?? [] }
  const found = await rowsOf<{ event: string; trace: string }>(
    client,
    `SELECT lower(hex(e.event_id)) AS event, lower(hex(any(e.trace_id))) AS trace FROM canonical_events AS e
     WHERE e.tenant_id = {tenant:String} AND e.project_id = {project:String}
       AND toStartOfHour(e.start_time) = {hour:DateTime('UTC')} AND ${IS_SUBJECT}
       ${parts === null ? '' : 'AND _part IN {parts:Array(String)}'}
       AND e.event_id NOT IN (SELECT toFixedString(unhex(event_id), 16) FROM scored_events
         WHERE tenant_id = {tenant:String} AND project_id = {project:String} AND hour = {hour:DateTime('UTC')})
     GROUP BY e.event_id LIMIT {limit:UInt32}`,
    params,
  )
  return await exchangesOf(client, { tenantId, projectId }, found, hour)
}

/** The content of these events, in the order of their start. `hour` narrows the search if it is known. */
export async function exchangesOf(
  client: ClickHouseClient,
  { tenantId, projectId }: ProjectScope,
  events: readonly { readonly event: string; readonly trace: string }[],
  hour?: string,
): Promise<readonly ExchangeRow[]> {
  if (events.length === 0) return []
  const inHour =
    hour === undefined ? '' : `AND toStartOfHour(e.start_time) = {hour:DateTime('UTC')}`
  return await rowsOf<ExchangeRow>(
    client,
    `SELECT lower(hex(e.event_id)) AS event_id, lower(hex(e.trace_id)) AS trace_id, lower(hex(e.span_id)) AS span_id,
       toString(toUnixTimestamp64Nano(e.start_time)) AS at, ifNull(e.environment, '') AS environment,
       ifNull(coalesce(e.response_model, e.request_model), '') AS model, ifNull(e.route, '') AS route, ifNull(e.name, '') AS name,
       e.user_id AS user_id, e.session_id AS session_id, e.conversation_id AS conversation_id, ifNull(e.cost_usd, 0) AS cost_usd,
       e.system_instructions AS system_instructions, e.input_messages AS input_messages, e.output_messages AS output_messages,
       e.input AS input, e.output AS output, e.request_params AS request_params, e.finish_reasons AS finish_reasons,
       e.evaluation_name AS evaluation_name, e.evaluation_score AS evaluation_score, e.evaluation_label AS evaluation_label,
       e.evaluation_explanation AS evaluation_explanation
     FROM canonical_events AS e
     WHERE e.tenant_id = {tenant:String} AND e.project_id = {project:String} ${inHour}
       AND e.trace_id IN (SELECT toFixedString(unhex(arrayJoin({traces:Array(String)})), 16))
       AND e.event_id IN (SELECT toFixedString(unhex(arrayJoin({events:Array(String)})), 16))
     ORDER BY e.start_time, e.event_id, e.version DESC LIMIT 1 BY e.event_id`,
    {
      tenant: tenantId,
      project: projectId,
      events: events.map((e) => e.event),
      traces: [...new Set(events.map((e) => e.trace))],
      ...(hour === undefined ? {} : { hour }),
    },
  )
}

export interface RetrievedRow {
  readonly trace_id: string
  readonly at: string
  readonly documents: string
}

/** The documents that were retrieved in these traces, in order of time. */
export async function retrievedIn(
  client: ClickHouseClient,
  { tenantId, projectId }: ProjectScope,
  traces: readonly string[],
): Promise<readonly RetrievedRow[]> {
  if (traces.length === 0) return []
  return await rowsOf<RetrievedRow>(
    client,
    `SELECT lower(hex(e.trace_id)) AS trace_id, toString(toUnixTimestamp64Nano(e.start_time)) AS at,
       e.retrieval_documents AS documents
     FROM canonical_events AS e
     WHERE e.tenant_id = {tenant:String} AND e.project_id = {project:String} AND e.retrieval_documents IS NOT NULL
       AND toStartOfHour(e.start_time) IN (SELECT arrayJoin([first_hour, last_hour]) FROM trace_hours
         WHERE tenant_id = {tenant:String} AND project_id = {project:String}
           AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({traces:Array(String)})), 16)))
       AND e.trace_id IN (SELECT toFixedString(unhex(arrayJoin({traces:Array(String)})), 16))
     ORDER BY e.start_time, e.event_id, e.version DESC LIMIT 1 BY e.event_id`,
    { tenant: tenantId, project: projectId, traces: traces.slice(0, TRACES_AT_ONCE_MAX) },
  )
}

export interface SaidRow {
  readonly conversation_id: string
  readonly event_id: string
  readonly at: string
  readonly input_messages: string | null
  readonly output_messages: string | null
}

/** The earlier calls of these conversations in order of time, for clients that do not send the history. */
export async function saidIn(
  client: ClickHouseClient,
  { tenantId, projectId }: ProjectScope,
  conversations: readonly string[],
): Promise<readonly SaidRow[]> {
  if (conversations.length === 0) return []
  return await rowsOf<SaidRow>(
    client,
    `SELECT * FROM (SELECT e.conversation_id AS conversation_id, lower(hex(e.event_id)) AS event_id,
       toString(toUnixTimestamp64Nano(e.start_time)) AS at, e.input_messages AS input_messages, e.output_messages AS output_messages
     FROM canonical_events AS e
     WHERE e.tenant_id = {tenant:String} AND e.project_id = {project:String} AND e.kind = 'llm'
       AND e.conversation_id IN {conversations:Array(String)} AND e.start_time > now() - INTERVAL 2 DAY
       AND e.usage_duplicate_of IS NULL
     ORDER BY e.start_time, e.event_id, e.version DESC LIMIT 1 BY e.event_id)
     ORDER BY at LIMIT 50 BY conversation_id LIMIT 5000`,
    { tenant: tenantId, project: projectId, conversations },
  )
}
