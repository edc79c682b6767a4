// All events of a time range in the order of their start, page by page, for readers that go through them once. One hour is read at
// a time, because the sorting key begins with it. Of the rows of one event the newest revision is taken.

import type { ClickHouseClient } from '@clickhouse/client'
import type { ProjectScope } from '../page.ts'
import { eventSelect } from '../select-events.ts'
import { OWN_ROWS } from './event-filter.ts'

export type StoredRow = Readonly<Record<string, unknown>>

const HOUR_MS = 3_600_000
const PAGE = 500
/** What nobody who reads events in order needs. */
const LEFT_OUT: ReadonlySet<string> = new Set(['metadata', 'attributes_json', 'explain'])

export interface Times {
  readonly fromMs: number
  readonly toMs: number
}

/** The hours that have events, and how many. */
export async function hoursWithEvents(
  client: ClickHouseClient,
  scope: ProjectScope,
  { fromMs, toMs }: Times,
): Promise<readonly { readonly hourMs: number; readonly events: number }[]> {
  const result = await client.query({
    query: `SELECT toUnixTimestamp(toStartOfHour(e.start_time)) AS hour, uniqExact(e.event_id) AS n FROM canonical_events AS e
      WHERE ${OWN_ROWS} AND e.start_time >= fromUnixTimestamp64Milli({from:Int64}) AND e.start_time < fromUnixTimestamp64Milli({to:Int64})
      GROUP BY hour ORDER BY hour`,
    query_params: {
      tenant: scope.tenantId,
      project: scope.projectId,
      from: Math.floor(fromMs),
      to: Math.floor(toMs),
    },
    format: 'JSONCompactEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0, use_skip_indexes: 0 },
  })
  const rows = await result.json<[number, number]>()
  return rows.map(([hour, n]) => ({ hourMs: hour * 1000, events: n }))
}

/** Pages of rows as `eventSelect` names their columns. */
export async function* eventsInOrder(
  client: ClickHouseClient,
  scope: ProjectScope,
  { fromMs, toMs }: Times,
  hours: readonly { readonly hourMs: number }[],
): AsyncGenerator<readonly StoredRow[]> {
  for (const { hourMs } of hours) {
    const from = Math.max(fromMs, hourMs)
    const to = Math.min(toMs, hourMs + HOUR_MS)
    let after: readonly [ns: string, id: string] = ['0', '']
    for (;;) {
      const rows = await pageOf(client, scope, { fromMs: from, toMs: to }, after)
      if (rows.length > 0) yield rows
      if (rows.length < PAGE) break
      const last = rows.at(-1)
      after = [String(last?.['place']), String(last?.['event_id_'])]
    }
  }
}

async function pageOf(
  client: ClickHouseClient,
  scope: ProjectScope,
  { fromMs, toMs }: Times,
  [ns, id]: readonly [ns: string, id: string],
): Promise<readonly StoredRow[]> {
  const result = await client.query({
    query: `SELECT ${eventSelect(LEFT_OUT)}, toString(toUnixTimestamp64Nano(e.start_time)) AS place
      FROM canonical_events AS e
      WHERE ${OWN_ROWS} AND e.start_time >= fromUnixTimestamp64Milli({from:Int64}) AND e.start_time < fromUnixTimestamp64Milli({to:Int64})
        AND (toUnixTimestamp64Nano(e.start_time), lower(hex(e.event_id))) > ({ns:Int64}, {id:String})
      ORDER BY e.start_time, lower(hex(e.event_id)), e.version DESC
      LIMIT 1 BY e.event_id
      LIMIT ${PAGE}`,
    query_params: {
      tenant: scope.tenantId,
      project: scope.projectId,
      from: Math.floor(fromMs),
      to: Math.floor(toMs),
      ns,
      id,
    },
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0, use_skip_indexes: 0 },
  })
  return await result.json<StoredRow>()
}
