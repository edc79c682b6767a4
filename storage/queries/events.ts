// Reads canonical events from ClickHouse in the JSON form that every output has: a list by filters, and the events of
// a trace. Every event is returned once, however often it was written: of its rows, the first report. All values are
// query parameters. `joined-events.ts` adds log records to their spans.

import type { ClickHouseClient } from '@clickhouse/client'
import { idsOf, inheritIds, joinLogs } from './joined-events.ts'
import { decodeCursor, type IdForms, type Page, type Position, pageOf, type Scope } from './page.ts'
import { EVENT_SELECT, type EventRow, eventOf, eventSelect } from './select-events.ts'
import { idsOfTrace, logsOf, spansAndLogs } from './span-logs.ts'
import { type TracePlace, traceHours } from './trace-hours.ts'
import { type ProjectFacts, projectFacts } from './used-columns.ts'

export type { EventRow } from './select-events.ts'

export interface EventFilter {
  /** In ms since the epoch. `fromMs` is inclusive, `toMs` exclusive. */
  readonly fromMs?: number | undefined
  readonly toMs?: number | undefined
  /** 32 hex digits. */
  readonly traceId?: string | undefined
  readonly kind?: string | undefined
  readonly model?: string | undefined
  readonly status?: string | undefined
  readonly userId?: IdForms | undefined
  readonly sessionId?: IdForms | undefined
  readonly conversationId?: IdForms | undefined
  /** A word in the messages. */
  readonly text?: string | undefined
  readonly limit: number
  readonly cursor?: string | undefined
}

/** A row of the response with its position in the order. */
interface Placed extends Position {
  readonly event: EventRow
}

const READ_SETTINGS = {
  output_format_json_quote_64bit_integers: 0,
  // The sorting key finds the rows. Checking the skip indexes too costs more than it saves.
  use_skip_indexes: 0,
  // The query reads all columns of a few rows of one granule, for which a second reading step is slower.
  query_plan_optimize_lazy_materialization: 0,
} as const
const MS_OF_HOUR = 3_600_000

/** Events, newest first. Those of one trace are oldest first. */
export async function listEvents(
  client: ClickHouseClient,
  scope: Scope,
  filter: EventFilter,
): Promise<Page<EventRow>> {
  if (filter.traceId !== undefined) return await traceEvents(client, scope, filter, filter.traceId)
  const [facts, keys] = await Promise.all([
    projectFacts(client, scope),
    newestKeys(client, scope, filter),
  ])
  const page = pageOf(keys, filter.limit, (key) => key)
  const rows = await fetchEvents(client, scope, filter, page.rows, facts)
  const events = rows.map((row) => row.event)
  const joined = joinLogs(events, facts.hasLogs ? await logsOf(client, scope, events) : [])
  return { rows: joined, next: page.next }
}

/** The events of one trace. `trace_hours` gives their position in the sorting key. */
async function traceEvents(
  client: ClickHouseClient,
  scope: Scope,
  filter: EventFilter,
  traceId: string,
): Promise<Page<EventRow>> {
  const place = await traceHours(client, scope, traceId)
  if (place === null) return { rows: [], next: null }
  const c = conditions(scope, filter, place)
  const result = await client.query({
    query: `SELECT ${eventSelect(place.facts.unused)}, toString(toUnixTimestamp64Nano(e.start_time)) AS sort_time
      FROM canonical_events AS e
      WHERE ${c.where.join(' AND ')}
      ORDER BY e.start_time, e.event_id, e.version DESC
      LIMIT 1 BY e.event_id
      LIMIT {limit:UInt32}`,
    query_params: { ...c.params, limit: filter.limit + 1 },
    format: 'JSONEachRow',
    clickhouse_settings: READ_SETTINGS,
  })
  const placed = placedRows(await result.json<Record<string, unknown>>())
  const page = pageOf(placed, filter.limit, (row) => row)
  const events = page.rows.map((row) => row.event)
  const isWhole = page.next === null && filter.cursor === undefined && isUnfiltered(filter)
  const others =
    isWhole || !place.facts.hasLogs ? events : await spansAndLogs(client, scope, traceId)
  const ids = isWhole ? idsOf(events) : await idsOfTrace(client, scope, traceId)
  return { rows: inheritIds(joinLogs(events, others), ids), next: page.next }
}

function isUnfiltered(f: EventFilter): boolean {
  const { traceId: _t, limit: _l, cursor: _c, ...rest } = f
  return Object.values(rest).every((value) => value === undefined)
}

const placedRows = (rows: readonly Record<string, unknown>[]): Placed[] =>
  rows.map((row) => ({
    time: String(row['sort_time']),
    id: String(row['event_id_']),
    event: eventOf(row),
  }))

/** The key by which an event's row is found, and its position in the order. */
interface Key extends Position {
  readonly trace: string
}

/**
 * The keys of the newest events that match the filter, one more than the page has. The newest hours are read first,
 * and more of them until there are enough, because sorting a month of events for fifty rows costs more.
 */
async function newestKeys(
  client: ClickHouseClient,
  scope: Scope,
  filter: EventFilter,
): Promise<Key[]> {
  const found: Key[] = []
  const wanted = filter.limit + 1
  for (const window of windowsOf(await hoursOf(client, scope, filter), firstWindow(filter))) {
    const c = conditions(scope, filter)
    const result = await client.query({
      query: `SELECT toString(toUnixTimestamp64Nano(e.start_time)) AS time, lower(hex(e.event_id)) AS id,
          lower(hex(e.trace_id)) AS trace
        FROM canonical_events AS e
        WHERE ${c.where.join(' AND ')}
          AND toStartOfHour(e.start_time) BETWEEN toDateTime({first:UInt32}, 'UTC') AND toDateTime({last:UInt32}, 'UTC')
        ORDER BY e.start_time DESC, e.event_id DESC
        LIMIT 1 BY e.event_id
        LIMIT {limit:UInt32}`,
      query_params: { ...c.params, ...window, limit: wanted - found.length },
      format: 'JSONEachRow',
    })
    found.push(...(await result.json<Key>()))
    if (found.length >= wanted) break
  }
  return found
}

interface Hour {
  /** Seconds since the epoch. */
  readonly hour: number
  readonly inserted: number
}

/** The hours with events within the bounds of the filter, newest first. */
async function hoursOf(
  client: ClickHouseClient,
  scope: Scope,
  filter: EventFilter,
): Promise<readonly Hour[]> {
  const after = filter.cursor === undefined ? null : decodeCursor(filter.cursor)
  const endMs = Math.min(
    filter.toMs ?? Number.MAX_SAFE_INTEGER,
    after === null ? Number.MAX_SAFE_INTEGER : Number(after.time) / 1e6 + 1,
  )
  const result = await client.query({
    query: `SELECT toUnixTimestamp(hour) AS hour, sum(inserted) AS inserted FROM event_hours
      WHERE tenant_id = {tenant:String} AND project_id = {project:String}
        AND toUnixTimestamp(hour) >= {from:Int64} AND toUnixTimestamp(hour) < {to:Int64}
      GROUP BY hour ORDER BY hour DESC`,
    query_params: {
      tenant: scope.tenantId,
      project: scope.projectId,
      from: Math.floor(Math.max(filter.fromMs ?? 0, 0) / MS_OF_HOUR) * 3600,
      to: Math.ceil(Math.min(endMs, 1e13) / 1000),
    },
    format: 'JSONEachRow',
    clickhouse_settings: READ_SETTINGS,
  })
  return await result.json<Hour>()
}

const FIRST_WINDOW_ROWS = 20_000
const WINDOW_GROWTH = 8

/**
 * How many rows the first range of hours has. If the filter uses an index of its own, many hours are searched at
 * once.
 */
function firstWindow(f: EventFilter): number {
  if (f.sessionId !== undefined || f.conversationId !== undefined) return Number.MAX_SAFE_INTEGER
  return f.userId === undefined ? FIRST_WINDOW_ROWS : FIRST_WINDOW_ROWS * WINDOW_GROWTH ** 2
}

/** Ranges of hours, newest first, each with several times the rows of the previous one. */
function* windowsOf(
  hours: readonly Hour[],
  firstRows: number,
): Generator<{ first: number; last: number }> {
  let rowsMax = firstRows
  let i = 0
  while (i < hours.length) {
    const last = (hours[i] as Hour).hour
    let first = last
    for (let rows = 0; i < hours.length && rows < rowsMax; i++) {
      const { hour, inserted } = hours[i] as Hour
      first = hour
      rows += inserted
    }
    yield { first, last }
    rowsMax *= WINDOW_GROWTH
  }
}

/** The rows of these keys in their order. A key has no row if its event was first reported under another key. */
async function fetchEvents(
  client: ClickHouseClient,
  scope: Scope,
  filter: EventFilter,
  keys: readonly Key[],
  facts: ProjectFacts,
): Promise<Placed[]> {
  if (keys.length === 0) return []
  const c = conditions(scope, { ...filter, cursor: undefined })
  // These times and hex ids were read from the store.
  const tuples = keys.map(({ time, trace, id }) => {
    const hour = Math.floor(Number(BigInt(time) / 1_000_000_000n) / 3600) * 3600
    return `(toDateTime(${hour}, 'UTC'), unhex('${trace}'), unhex('${id}'))`
  })
  const result = await client.query({
    query: `SELECT ${eventSelect(facts.unused)}, toString(toUnixTimestamp64Nano(e.start_time)) AS sort_time
      FROM canonical_events AS e
      WHERE ${c.where.join(' AND ')}
        AND (toStartOfHour(e.start_time), e.trace_id, e.event_id) IN (${tuples.join(', ')})
      ORDER BY e.start_time DESC, e.event_id DESC, e.version DESC
      LIMIT 1 BY e.event_id`,
    query_params: c.params,
    format: 'JSONEachRow',
    clickhouse_settings: READ_SETTINGS,
  })
  return placedRows(await result.json<Record<string, unknown>>())
}

/** One event joined with its log records, or null when the tenant has no such event. */
export async function findEvent(
  client: ClickHouseClient,
  scope: Scope,
  eventId: string,
): Promise<EventRow | null> {
  const result = await client.query({
    query: `SELECT ${EVENT_SELECT} FROM canonical_events AS e
      WHERE e.tenant_id = {tenant:String} AND e.project_id = {project:String}
        AND e.event_id = toFixedString(unhex({event:String}), 16)
      ORDER BY e.version DESC LIMIT 1`,
    query_params: { tenant: scope.tenantId, project: scope.projectId, event: eventId },
    format: 'JSONEachRow',
    clickhouse_settings: { ...READ_SETTINGS, use_skip_indexes: 1 },
  })
  const [row] = await result.json<Record<string, unknown>>()
  if (row === undefined) return null
  const event = eventOf(row)
  const { trace_id: trace } = event
  const [joined] = joinLogs([event], await logsOf(client, scope, [event]))
  const shown = joined ?? event
  if (typeof trace !== 'string') return shown
  return inheritIds([shown], await idsOfTrace(client, scope, trace))[0] ?? shown
}

/** True if the tenant has an event of the trace. */
export async function hasTrace(
  client: ClickHouseClient,
  scope: Scope,
  traceId: string,
): Promise<boolean> {
  return (await traceHours(client, scope, traceId)) !== null
}

/**
 * An id on one event of a trace applies to the events without one, because often only the root has it, and roots
 * often arrive last.
 */
function ofTrace(field: 'user_id' | 'session_id' | 'conversation_id', name: string): string {
  const of = (alias: string): string => `${alias}${field} IN {${name}:Array(String)}`
  return `(${of('e.')} OR (e.${field} IS NULL AND e.trace_id IN (SELECT trace_id FROM canonical_events
    WHERE tenant_id = {tenant:String} AND project_id = {project:String} AND ${of('')})))`
}

interface Conditions {
  readonly where: string[]
  readonly params: Record<string, unknown>
}

function conditions(scope: Scope, f: EventFilter, place?: TracePlace): Conditions {
  const where = ['e.tenant_id = {tenant:String}', 'e.project_id = {project:String}']
  const params: Record<string, unknown> = { tenant: scope.tenantId, project: scope.projectId }
  const add = (name: string, value: string | number | IdForms | undefined, sql: string): void => {
    if (value === undefined) return
    where.push(sql)
    params[name] = value
  }
  add('from', f.fromMs, 'e.start_time >= fromUnixTimestamp64Milli({from:Int64})')
  add('to', f.toMs, 'e.start_time < fromUnixTimestamp64Milli({to:Int64})')
  add('trace', f.traceId, 'e.trace_id = toFixedString(unhex({trace:String}), 16)')
  if (place !== undefined)
    where.push(
      `toStartOfHour(e.start_time) BETWEEN toDateTime(${place.first}, 'UTC') AND toDateTime(${place.last}, 'UTC')`,
    )
  add('kind', f.kind, 'e.kind = {kind:String}')
  add('model', f.model, '(e.response_model = {model:String} OR e.request_model = {model:String})')
  add('status', f.status, 'e.status = {status:String}')
  add('user', f.userId, ofTrace('user_id', 'user'))
  add('session', f.sessionId, ofTrace('session_id', 'session'))
  add('conversation', f.conversationId, ofTrace('conversation_id', 'conversation'))
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
