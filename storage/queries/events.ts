// Canonical events out of ClickHouse, in the JSON form that every other output has: the list by filters, and
// those of one trace. Every event is there once, however often it was written: of its rows the first report. Every value is a query
// parameter. Log records are shown in their spans as well: `joined-events.ts`.

import type { ClickHouseClient } from '@clickhouse/client'
import { conditionsOf, type EventFilter, readsRevised } from './events/event-filter.ts'
import { WORDS_SETTINGS } from './events/words.ts'
import {
  type Hour,
  lastKnownHours,
  type ProjectHours,
  projectHours,
} from './hours/project-hours.ts'
import { IN_HOURS_OF_TRACE, WITH_HOURS_OF_TRACE } from './hours/trace-hours.ts'
import { CONTENT_FIELDS, idsOf, inheritIds, JOINED_FIELDS, joinLogs } from './joined-events.ts'
import { type Page, type Position, type ProjectScope, pageOf, placeOf } from './page.ts'
import { EVENT_SELECT, type EventRow, eventOf, eventSelect } from './select-events.ts'
import { idsOfTrace, logsOf, repeatsOf, spansAndLogs } from './span-logs.ts'

export type { EventRow } from './select-events.ts'

export const EVENT_SORTS = [
  '-start_time',
  'start_time',
  '-duration_ms',
  '-cost_usd',
  '-total_tokens',
] as const
export type EventSort = (typeof EVENT_SORTS)[number]

export interface EventListing extends EventFilter {
  /** Default: newest first; of one trace oldest first. */
  readonly sort?: EventSort | undefined
  readonly limit: number
  readonly cursor?: string | undefined
  /** Fields that are wanted, and no others; all when not given. */
  readonly fields?: readonly string[] | undefined
}

/** A row of the answer with what its place in the order is. */
interface Placed extends Position {
  readonly event: EventRow
}

const READ_SETTINGS = {
  output_format_json_quote_64bit_integers: 0,
  // The sorting key leads to the rows; asking the indexes as well costs more than it saves.
  use_skip_indexes: 0,
} as const
/**
 * The columns of the order are read first, the others only of the rows of a page: half the CPU of reading all at once (17 against
 * 31 ms for fifty rows of 120 columns, 2026-11-29).
 */
const PAGE_SETTINGS = {
  ...READ_SETTINGS,
  query_plan_optimize_lazy_materialization: 1,
  query_plan_max_limit_for_lazy_materialization: 2000,
  max_threads: 2,
} as const

/** Events, newest first; those of one trace oldest first. */
export async function listEvents(
  client: ClickHouseClient,
  scope: ProjectScope,
  listing: EventListing,
): Promise<Page<EventRow>> {
  const { traceId } = listing
  if (traceId !== undefined) return await traceEvents(client, scope, listing, traceId)
  const hours = await projectHours(client, scope)
  const placed = await firstRows(client, scope, listing, hours)
  const page = pageOf(placed, listing.limit, (row) => row)
  const events = page.rows.map((row) => row.event)
  const [logs, repeats] = await Promise.all([
    needsLogs(listing, hours) ? logsOf(client, scope, events) : [],
    needsRepeats(listing, hours) ? repeatsOf(client, scope, events) : [],
  ])
  return { rows: joinLogs(events, [...logs, ...repeats]), next: page.next }
}

/** Some field of the answer may have come in a log record. */
function needsLogs({ fields }: EventListing, { hasLogs }: ProjectHours): boolean {
  return hasLogs && (fields === undefined || fields.some((field) => JOINED_FIELDS.has(field)))
}

/** Some field of the answer may have come in another report of the call. */
function needsRepeats({ fields }: EventListing, { unused }: ProjectHours): boolean {
  if (unused.has('usage_duplicate_of')) return false
  return fields === undefined || fields.some((field) => CONTENT_FIELDS.has(field))
}

/** The events of one trace: `trace_hours` says where they are in the sorting key. */
async function traceEvents(
  client: ClickHouseClient,
  scope: ProjectScope,
  listing: EventListing,
  traceId: string,
): Promise<Page<EventRow>> {
  const { placed, hours } = await traceRows(client, scope, listing)
  const page = pageOf(placed, listing.limit, (row) => row)
  const events = page.rows.map((row) => row.event)
  const isWhole = page.next === null && listing.cursor === undefined && isUnfiltered(listing)
  const others =
    isWhole || !needsLogs(listing, hours) ? events : await spansAndLogs(client, scope, traceId)
  const repeats = needsRepeats(listing, hours) ? await repeatsOf(client, scope, events, others) : []
  const ids = isWhole ? idsOf(events) : await idsOfTrace(client, scope, traceId)
  return { rows: inheritIds(joinLogs(events, [...others, ...repeats]), ids), next: page.next }
}

/**
 * Which columns are empty is asked at the same time as the rows, which are read with what was known before. Only when a column
 * has been filled since are they read again.
 */
async function traceRows(
  client: ClickHouseClient,
  scope: ProjectScope,
  listing: EventListing,
): Promise<{ readonly placed: readonly Placed[]; readonly hours: ProjectHours }> {
  const known = await lastKnownHours(client, scope)
  const asked = projectHours(client, scope)
  const before = known ?? (await asked)
  const [placed, hours] = await Promise.all([readTrace(client, scope, listing, before), asked])
  const isStale = [...before.unused].some((column) => !hours.unused.has(column))
  return { placed: isStale ? await readTrace(client, scope, listing, hours) : placed, hours }
}

async function readTrace(
  client: ClickHouseClient,
  scope: ProjectScope,
  listing: EventListing,
  hours: ProjectHours,
): Promise<readonly Placed[]> {
  const c = conditionsOf(scope, listing)
  const after = afterOf(listing, 'start_time')
  const result = await client.query({
    query: `${WITH_HOURS_OF_TRACE}
      SELECT ${columnsOf(listing, hours)}, toString(toUnixTimestamp64Nano(e.start_time)) AS sort_value
      FROM canonical_events AS e
      WHERE ${[...c.where, IN_HOURS_OF_TRACE, ...after.where].join(' AND ')}
      ORDER BY e.start_time, e.event_id, e.version DESC
      LIMIT 1 BY e.event_id
      LIMIT {limit:UInt32}`,
    query_params: { ...c.params, ...after.params, limit: listing.limit + 1 },
    format: 'JSONEachRow',
    clickhouse_settings: {
      ...READ_SETTINGS,
      query_plan_optimize_lazy_materialization: 0,
      // The rows of a trace stand in a granule or two: a second thread only costs.
      max_threads: 1,
    },
  })
  return (await result.json<Row>()).map(placedOf)
}

function isUnfiltered(listing: EventListing): boolean {
  const { traceId: _t, limit: _l, cursor: _c, sort: _s, ...rest } = listing
  return Object.values(rest).every((value) => value === undefined)
}

/** What joining log records and ids of a trace reads of an event. */
const ALWAYS_READ = ['event_id', 'trace_id', 'span_id', 'event_type', 'dialect', 'start_time']
const IDS = ['conversation_id', 'session_id', 'user_id']

function columnsOf(listing: EventListing, hours: ProjectHours): string {
  if (listing.fields === undefined) return eventSelect(hours.unused)
  const isJoined = needsLogs(listing, hours) || needsRepeats(listing, hours)
  const joined = isJoined ? [...JOINED_FIELDS, 'kind'] : []
  return eventSelect(hours.unused, new Set([...listing.fields, ...ALWAYS_READ, ...IDS, ...joined]))
}

type Row = Readonly<Record<string, unknown>>

const placedOf = (row: Row): Placed => ({
  time: String(row['sort_value']),
  id: String(row['event_id_']),
  event: eventOf(row),
})

/** What the rows are sorted by, as SQL, and as the text that a cursor has of it. */
const SORTED_BY = {
  start_time: { sql: 'e.start_time', text: 'toString(toUnixTimestamp64Nano(e.start_time))' },
  duration_ms: { sql: 'ifNull(e.duration_ms, -1)', text: 'toString(ifNull(e.duration_ms, -1))' },
  cost_usd: { sql: 'ifNull(e.cost_usd, -1)', text: 'toString(ifNull(e.cost_usd, -1))' },
  total_tokens: { sql: 'ifNull(e.total_tokens, -1)', text: 'toString(ifNull(e.total_tokens, -1))' },
} as const

function sortOf(sort: EventSort): {
  readonly by: keyof typeof SORTED_BY
  readonly isDescending: boolean
} {
  const isDescending = sort.startsWith('-')
  return { by: sort.replace('-', '') as keyof typeof SORTED_BY, isDescending }
}

/** The rows behind the cursor. */
function afterOf(
  listing: { readonly cursor?: string | undefined },
  sort: EventSort,
): { readonly where: readonly string[]; readonly params: Readonly<Record<string, unknown>> } {
  const { by, isDescending } = sortOf(sort)
  const isTime = by === 'start_time'
  const after = placeOf(listing.cursor, isTime ? 'ns' : 'number')
  if (after === null) return { where: [], params: {} }
  const value = isTime ? 'fromUnixTimestamp64Nano({after:Int64})' : '{after:Float64}'
  const than = isDescending ? '<' : '>'
  return {
    where: [
      `(${SORTED_BY[by].sql}, e.event_id) ${than} (${value}, toFixedString(unhex({afterId:String}), 16))`,
    ],
    params: { after: after.time, afterId: after.id },
  }
}

/**
 * The first events in the order, one more than the page has. By time it looks at the hours in their order, and at more of them
 * while they are not enough: sorting a month of events for fifty costs more.
 */
async function firstRows(
  client: ClickHouseClient,
  scope: ProjectScope,
  listing: EventListing,
  hours: ProjectHours,
): Promise<Placed[]> {
  const { by, isDescending } = sortOf(listing.sort ?? '-start_time')
  const inRange = hoursInRange(hours.hours, listing)
  const found = new Map<string, Placed>()
  const wanted = listing.limit + 1
  const firstRowsOf = by === 'start_time' ? firstWindow(listing) : Number.MAX_SAFE_INTEGER
  for (const window of windowsOf(isDescending ? inRange : inRange.toReversed(), firstRowsOf)) {
    let { cursor } = listing
    for (;;) {
      const limit = wanted - found.size + SLACK
      const rows = await windowRows(client, scope, { ...listing, cursor, limit }, hours, window)
      for (const row of rows) if (!found.has(row.id)) found.set(row.id, row)
      const last = rows.at(-1)
      if (found.size >= wanted) return [...found.values()].slice(0, wanted)
      if (last === undefined || rows.length < limit) break
      // Many rows that came twice: on from where these end.
      cursor = Buffer.from(JSON.stringify([last.time, last.id])).toString('base64url')
    }
  }
  return [...found.values()]
}

/** Rows of an event that came twice stand beside each other until they are merged. */
const SLACK = 8

async function windowRows(
  client: ClickHouseClient,
  scope: ProjectScope,
  listing: EventListing,
  hours: ProjectHours,
  window: { readonly first: number; readonly last: number },
): Promise<Placed[]> {
  const sort = listing.sort ?? '-start_time'
  const { by, isDescending } = sortOf(sort)
  const direction = isDescending ? 'DESC' : 'ASC'
  const c = conditionsOf(scope, listing)
  const after = afterOf(listing, sort)
  const isFinal = by === 'cost_usd' || by === 'total_tokens' || readsRevised(listing)
  const result = await client.query({
    query: `SELECT ${columnsOf(listing, hours)}, ${SORTED_BY[by].text} AS sort_value
      FROM canonical_events AS e ${isFinal ? 'FINAL' : ''}
      WHERE ${[...c.where, ...after.where].join(' AND ')}
        AND toStartOfHour(e.start_time) BETWEEN toDateTime({first:UInt32}, 'UTC') AND toDateTime({last:UInt32}, 'UTC')
      ORDER BY ${SORTED_BY[by].sql} ${direction}, e.event_id ${direction}, e.version DESC
      LIMIT {limit:UInt32}`,
    query_params: { ...c.params, ...after.params, ...window, limit: listing.limit },
    format: 'JSONEachRow',
    clickhouse_settings: {
      ...PAGE_SETTINGS,
      ...(hasIndex(listing) ? { use_skip_indexes: 1 } : {}),
      ...(listing.words === undefined ? {} : WORDS_SETTINGS),
    },
  })
  return (await result.json<Row>()).map(placedOf)
}

const MS_OF_HOUR = 3_600_000

/** Hours between the bounds of the filter and behind the cursor, newest first. */
function hoursInRange(hours: readonly Hour[], listing: EventListing): readonly Hour[] {
  const { by, isDescending } = sortOf(listing.sort ?? '-start_time')
  const after = by === 'start_time' ? placeOf(listing.cursor, 'ns') : null
  const afterMs = after === null ? null : Number(after.time) / 1e6
  let fromMs = listing.fromMs ?? 0
  let toMs = listing.toMs ?? Number.MAX_SAFE_INTEGER
  if (afterMs !== null && isDescending) toMs = Math.min(toMs, afterMs + 1)
  if (afterMs !== null && !isDescending) fromMs = Math.max(fromMs, afterMs - 1)
  return hours.filter(({ hour }) => hour * 1000 < toMs && hour * 1000 + MS_OF_HOUR > fromMs)
}

const FIRST_WINDOW_ROWS = 20_000
const WINDOW_GROWTH = 8

/** What has an index of its own is found in many hours at once. */
const hasIndex = (f: EventFilter): boolean =>
  f.sessionId !== undefined ||
  f.conversationId !== undefined ||
  f.userId !== undefined ||
  f.words !== undefined

/** Rows of the first stretch. Where every row counts, those of the page are enough. */
function firstWindow(f: EventListing): number {
  const { fromMs: _f, toMs: _t, limit, cursor: _c, sort: _s, fields: _i, ...filter } = f
  if (Object.values(filter).every((value) => value === undefined)) return limit * 2
  if (f.sessionId !== undefined || f.conversationId !== undefined) return Number.MAX_SAFE_INTEGER
  return f.userId === undefined ? FIRST_WINDOW_ROWS : FIRST_WINDOW_ROWS * WINDOW_GROWTH ** 2
}

/** Stretches of hours in their order, each with several times the rows of the one before. */
function* windowsOf(
  hours: readonly Hour[],
  firstRows: number,
): Generator<{ first: number; last: number }> {
  let rowsMax = firstRows
  let i = 0
  while (i < hours.length) {
    const start = (hours[i] as Hour).hour
    let end = start
    for (let rows = 0; i < hours.length && rows < rowsMax; i++) {
      const { hour, inserted } = hours[i] as Hour
      end = hour
      rows += inserted
    }
    yield { first: Math.min(start, end), last: Math.max(start, end) }
    rowsMax *= WINDOW_GROWTH
  }
}

/** One event joined with its log records, or null when the tenant has no such event. */
export async function findEvent(
  client: ClickHouseClient,
  scope: ProjectScope,
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
  const [logs, repeats] = await Promise.all([
    logsOf(client, scope, [event]),
    repeatsOf(client, scope, [event]),
  ])
  const [joined] = joinLogs([event], [...logs, ...repeats])
  const shown = joined ?? event
  if (typeof trace !== 'string') return shown
  return inheritIds([shown], await idsOfTrace(client, scope, trace))[0] ?? shown
}
