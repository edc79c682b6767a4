// The messages of a conversation in order, each once. Most calls send the whole history again, some only what is new, and one
// call may be told by several events: what was said before is not repeated.

import type { ClickHouseClient } from '@clickhouse/client'
import type { IdForms, ProjectScope } from './page.ts'
import { hoursOfTraces } from './span-logs.ts'

export interface ConversationMessage {
  readonly role: string
  readonly parts: readonly unknown[]
  /** Start of the call that has it first: ns since the epoch. */
  readonly atNs: string
  readonly event_id: string
  readonly trace_id: string
  readonly span_id: string
  readonly model: string | null
}

export interface SpokenEvent {
  readonly event_id: string
  readonly trace_id: string
  readonly span_id: string
  readonly at: string
  readonly model: string | null
  /** Repeats another report of its call. */
  readonly repeats: boolean
  readonly input: string | null
  readonly output: string | null
}

/** Traces and events of one conversation that are looked at; a longer one shows its beginning. */
const TRACES_MAX = 1000
const EVENTS_MAX = 5000

export async function conversationMessages(
  client: ClickHouseClient,
  scope: ProjectScope,
  ids: IdForms,
): Promise<readonly ConversationMessage[]> {
  const place = {
    tenant: scope.tenantId,
    project: scope.projectId,
    ids,
  }
  const traces = await client.query({
    query: `SELECT lower(hex(trace_id)) AS trace FROM canonical_events
      WHERE tenant_id = {tenant:String} AND project_id = {project:String} AND conversation_id IN {ids:Array(String)}
      GROUP BY trace_id ORDER BY min(start_time) LIMIT ${TRACES_MAX}`,
    query_params: place,
    format: 'JSONEachRow',
  })
  const found = (await traces.json<{ trace: string }>()).map((row) => row.trace)
  if (found.length === 0) return []
  const hours = await hoursOfTraces(client, scope, found)
  if (hours.length === 0) return []
  // The id may stand on the root alone, and holds for all of its trace that name none.
  const result = await client.query({
    query: `SELECT lower(hex(e.event_id)) AS event_id, lower(hex(e.trace_id)) AS trace_id, lower(hex(e.span_id)) AS span_id,
        toString(toUnixTimestamp64Nano(e.start_time)) AS at, coalesce(e.response_model, e.request_model) AS model,
        e.usage_duplicate_of IS NOT NULL AS repeats, e.input_messages AS input, e.output_messages AS output
      FROM canonical_events AS e
      WHERE e.tenant_id = {tenant:String} AND e.project_id = {project:String}
        AND (toStartOfHour(e.start_time), e.trace_id) IN (${hours.join(', ')})
        AND (e.conversation_id IS NULL OR e.conversation_id IN {ids:Array(String)}) AND e.kind = 'llm'
        AND (e.input_messages IS NOT NULL OR e.output_messages IS NOT NULL)
      ORDER BY e.start_time, e.event_id, e.version DESC
      LIMIT 1 BY e.event_id
      LIMIT ${EVENTS_MAX}`,
    query_params: place,
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  })
  return messagesOf(await result.json<SpokenEvent>())
}

interface Said {
  readonly role: string
  readonly parts: readonly unknown[]
}

/** What was said in these events, which are in order of time. */
export function messagesOf(events: readonly SpokenEvent[]): readonly ConversationMessage[] {
  const messages: ConversationMessage[] = []
  /** Message -> how often it was said, in all and in one trace. */
  const said = new Map<string, number>()
  const inTrace = new Set<string>()
  const add = (event: SpokenEvent, { role, parts }: Said, key: string): void => {
    const { event_id, trace_id, span_id, model, at } = event
    messages.push({ role, parts, atNs: at, event_id, trace_id, span_id, model })
    said.set(key, (said.get(key) ?? 0) + 1)
    inTrace.add(trace_id + key)
  }
  for (const event of events) {
    const input = listOf(event.input)
    const isHistory = input.filter(({ role }) => role !== 'system').length > 1
    const here = new Map<string, number>()
    for (const message of input) {
      const key = keyOf(message)
      const times = (here.get(key) ?? 0) + 1
      here.set(key, times)
      const isKnown =
        isHistory || message.role === 'system'
          ? times <= (said.get(key) ?? 0)
          : inTrace.has(event.trace_id + key)
      if (!isKnown) add(event, message, key)
    }
    for (const message of listOf(event.output)) {
      const key = keyOf(message)
      if (!event.repeats || !inTrace.has(event.trace_id + key)) add(event, message, key)
    }
  }
  return messages
}

/** Role and what was said; ids and reasons of ending differ between the answer and the history that repeats it. */
function keyOf({ role, parts }: Said): string {
  const texts = parts.map((part) => {
    const { id: _, ...rest } = Object(part) as Record<string, unknown>
    return rest
  })
  return `${role} ${JSON.stringify(texts)}`
}

function listOf(json: string | null): readonly Said[] {
  if (json === null) return []
  try {
    const list: unknown = JSON.parse(json)
    return Array.isArray(list) ? list.flatMap(saidOf) : []
  } catch {
    // Not JSON after all: there is no list in it.
    return []
  }
}

function saidOf(x: unknown): readonly Said[] {
  const { role, parts } = Object(x) as { role?: unknown; parts?: unknown }
  return typeof role === 'string' && Array.isArray(parts) ? [{ role, parts }] : []
}
