// Canonical events out of ClickHouse, in the JSON form that every other output has. Reads through FINAL, so an
// event that was written twice is there once. Every value is a query parameter.

import type { ClickHouseClient } from '@clickhouse/client'
import { FIELDS, type Field } from '../../core/fields.ts'
import { decodeCursor, type Page, pageOf, type Scope } from './page.ts'

export interface EventFilter {
  /** ms since the epoch, inclusive and exclusive. */
  readonly fromMs?: number | undefined
  readonly toMs?: number | undefined
  /** 32 hex. */
  readonly traceId?: string | undefined
  readonly kind?: string | undefined
  readonly model?: string | undefined
  readonly status?: string | undefined
  readonly userId?: string | undefined
  readonly sessionId?: string | undefined
  readonly conversationId?: string | undefined
  /** A word in the messages. */
  readonly text?: string | undefined
  readonly limit: number
  readonly cursor?: string | undefined
}

export type EventRow = Readonly<Record<string, unknown>>

/** SELECT list for `canonical_events AS e`; `eventOf` reads the answer. */
export const EVENT_SELECT = (FIELDS as readonly Field[]).map(selectOf).join(', ')

function selectOf(field: Field): string {
  const { name, type } = field
  if (type === 'id16' || type === 'id8') return `lower(hex(e.${name})) AS ${name}_`
  if (name === 'start_time')
    return `if(e.start_time_known, toString(toUnixTimestamp64Nano(e.start_time)), '') AS start_time_`
  if (type === 'time') return `ifNull(toString(toUnixTimestamp64Nano(e.${name})), '') AS ${name}_`
  if (name === 'attributes')
    return 'e.attributes AS attributes_, e.attributes_json AS attributes_json_'
  return `e.${name} AS ${name}_`
}

/** Events, newest first; those of one trace oldest first. */
export async function listEvents(
  client: ClickHouseClient,
  scope: Scope,
  filter: EventFilter,
): Promise<Page<EventRow>> {
  const { where, params } = conditions(scope, filter)
  const order = filter.traceId === undefined ? 'DESC' : 'ASC'
  const result = await client.query({
    query: `SELECT ${EVENT_SELECT}, toString(toUnixTimestamp64Nano(e.start_time)) AS sort_time
      FROM canonical_events AS e FINAL
      WHERE ${where.join(' AND ')}
      ORDER BY e.start_time ${order}, e.event_id ${order}
      LIMIT {limit:UInt32}`,
    query_params: { ...params, limit: filter.limit + 1 },
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  })
  const rows = await result.json<Record<string, unknown>>()
  const page = pageOf(rows, filter.limit, (row) => ({
    time: String(row['sort_time']),
    id: String(row['event_id_']),
  }))
  return { rows: page.rows.map(eventOf), next: page.next }
}

/** How many events of a trace are there for this tenant. */
export async function countEvents(
  client: ClickHouseClient,
  scope: Scope,
  traceId: string,
): Promise<number> {
  const { where, params } = conditions(scope, { traceId, limit: 1 })
  const result = await client.query({
    query: `SELECT count() AS n FROM canonical_events AS e FINAL WHERE ${where.join(' AND ')}`,
    query_params: params,
    format: 'JSONEachRow',
  })
  const [row] = await result.json<{ n: string | number }>()
  return Number(row?.n ?? 0)
}

interface Conditions {
  readonly where: string[]
  readonly params: Record<string, unknown>
}

function conditions(scope: Scope, f: EventFilter): Conditions {
  const where = ['e.tenant_id = {tenant:String}', 'e.project_id = {project:String}']
  const params: Record<string, unknown> = { tenant: scope.tenantId, project: scope.projectId }
  const add = (name: string, value: string | number | undefined, sql: string): void => {
    if (value === undefined) return
    where.push(sql)
    params[name] = value
  }
  add('from', f.fromMs, 'e.start_time >= fromUnixTimestamp64Milli({from:Int64})')
  add('to', f.toMs, 'e.start_time < fromUnixTimestamp64Milli({to:Int64})')
  add('trace', f.traceId, 'e.trace_id = toFixedString(unhex({trace:String}), 16)')
  add('kind', f.kind, 'e.kind = {kind:String}')
  add('model', f.model, '(e.response_model = {model:String} OR e.request_model = {model:String})')
  add('status', f.status, 'e.status = {status:String}')
  add('user', f.userId, 'e.user_id = {user:String}')
  add('session', f.sessionId, 'e.session_id = {session:String}')
  add('conversation', f.conversationId, 'e.conversation_id = {conversation:String}')
  add(
    'text',
    f.text?.toLowerCase(),
    `hasToken(lower(concat(ifNull(e.input_messages, ''), ' ', ifNull(e.output_messages, ''))), {text:String})`,
  )
  const after = f.cursor === undefined ? null : decodeCursor(f.cursor)
  if (after !== null) {
    const than = f.traceId === undefined ? '<' : '>'
    where.push(
      `(e.start_time, e.event_id) ${than} (fromUnixTimestamp64Nano({after:Int64}), toFixedString(unhex({afterId:String}), 16))`,
    )
    params['after'] = after.time
    params['afterId'] = after.id
  }
  return { where, params }
}

/** A row of ClickHouse as the canonical event's JSON. */
export function eventOf(row: Readonly<Record<string, unknown>>): EventRow {
  const event: Record<string, unknown> = {}
  for (const field of FIELDS as readonly Field[]) {
    const value = valueOf(field, row)
    if (value !== null) event[field.name] = value
    else if (field.core) event[field.name] = null
  }
  return event
}

function valueOf(field: Field, row: Readonly<Record<string, unknown>>): unknown {
  const raw = row[`${field.name}_`]
  switch (field.type) {
    case 'id16':
    case 'id8':
      return typeof raw !== 'string' || /^0*$/.test(raw) ? null : raw
    case 'time':
      // A number: JSON of the other outputs has one too, and clients that need every digit read the text.
      return raw === '' ? null : Number(raw)
    case 'json':
      return typeof raw === 'string' ? parsed(raw) : null
    case 'strings':
      return Array.isArray(raw) && raw.length > 0 ? raw : null
    case 'map':
      return field.name === 'attributes' ? attributesOf(row) : raw
    default:
      return raw ?? null
  }
}

function attributesOf(row: Readonly<Record<string, unknown>>): Record<string, unknown> | null {
  const texts = row['attributes_'] as Record<string, string>
  const literals = Object.entries(row['attributes_json_'] as Record<string, string>)
  const all = { ...texts, ...Object.fromEntries(literals.map(([k, v]) => [k, parsed(v)])) }
  return Object.keys(all).length === 0 ? null : all
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    // Written by an older version as plain text: shown as it is.
    return text
  }
}
