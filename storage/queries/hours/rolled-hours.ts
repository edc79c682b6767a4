// Decides which hours of a range can be read from `usage_rollup`, and adds up the hours that no longer change. See
// `storage/migrations/clickhouse/0001_initial.sql`.

import type { ClickHouseClient } from '@clickhouse/client'
import type { ProjectScope } from '../page.ts'
import { EVENT_KEYS, EVENT_MS, EVENT_SUMS, EVENT_TRACES, routesOfTraces } from '../usage-sums.ts'
import { projectHours } from './project-hours.ts'
import { NO_FIGURES, NO_MS, NO_TRACES, rollDimensions } from './rolled-dimensions.ts'

export type Hours =
  /** The whole range is read from the events. */
  | { readonly kind: 'events' }
  | {
      readonly kind: 'mixed'
      /** The whole hours of the range, in seconds since the epoch. `first` is inclusive, the end exclusive. */
      readonly first: number
      readonly end: number
      /** Hours that must be read from the events. */
      readonly fromEvents: readonly number[]
    }

/** If more hours than this had to be listed, the whole range is read from the events. */
const LISTED_MAX = 500
const HOUR_S = 3600

export async function hoursOfRange(
  client: ClickHouseClient,
  scope: ProjectScope,
  range: { readonly fromMs: number; readonly toMs: number },
  canRoll: boolean,
  cutsMs: readonly number[] = [],
): Promise<Hours> {
  const first = Math.ceil(range.fromMs / 1000 / HOUR_S) * HOUR_S
  const end = Math.floor(range.toMs / 1000 / HOUR_S) * HOUR_S
  if (!canRoll || end <= first) return { kind: 'events' }
  const { hours } = await projectHours(client, scope)
  const open = hours
    .filter((h) => !h.isRolled && h.hour >= first && h.hour < end)
    .map((h) => h.hour)
  if (open.length > LISTED_MAX) return { kind: 'events' }
  // The parts of hours at both ends and at the cuts, where there is anything.
  const fromEvents = new Set(open)
  const known = new Set(hours.map((h) => h.hour))
  for (const ms of [range.fromMs, range.toMs, ...cutsMs]) {
    const hour = Math.floor(ms / 1000 / HOUR_S) * HOUR_S
    if (hour * 1000 < ms && known.has(hour)) fromEvents.add(hour)
  }
  return { kind: 'mixed', first, end, fromEvents: [...fromEvents] }
}

export interface RollOptions {
  /** How long nothing may have been inserted into an hour, in seconds. It is longer than any insert takes. */
  readonly quietS: number
  /** The most hours in one run. */
  readonly hoursMax: number
}

interface OpenHour {
  readonly tenant: string
  readonly project: string
  readonly hour: number
  readonly changed: string
}

/** Adds up hours that have changed and are quiet since then, oldest first. Returns how many. */
export async function rollHours(client: ClickHouseClient, options: RollOptions): Promise<number> {
  const result = await client.query({
    query: `SELECT h.tenant_id AS tenant, h.project_id AS project, toUnixTimestamp(h.hour) AS hour,
        toString(toUnixTimestamp64Milli(h.changed_at)) AS changed
      FROM (SELECT tenant_id, project_id, hour, max(changed_at) AS changed_at FROM event_hours GROUP BY ALL) AS h
      LEFT JOIN (SELECT tenant_id, project_id, hour, max(changed_at) AS changed_at FROM rolled_hours GROUP BY ALL) AS r
        ON r.tenant_id = h.tenant_id AND r.project_id = h.project_id AND r.hour = h.hour
      WHERE r.changed_at != h.changed_at AND h.changed_at <= now64(3) - toIntervalSecond({quiet:UInt32})
      ORDER BY tenant, project, hour LIMIT {limit:UInt32}`,
    query_params: { quiet: options.quietS, limit: options.hoursMax },
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  })
  const open = await result.json<OpenHour>()
  if (open.length === 0) return 0
  const places = Map.groupBy(open, (row) => `${row.tenant}\n${row.project}`)
  for (const hours of places.values()) await rollPlace(client, hours)
  return open.length
}

/**
 * Sums of nothing. They replace what an hour had before under values that no event of it has any more, such as no route
 * before the root came. They are a moment older than the new sums, which replace them.
 */
const NO_SUMS = `${NO_FIGURES}, ${NO_TRACES}, ${NO_MS} AS call_ms`

/** These hours, and those after them that were added up before: a root that came late gives its route to calls there. */
async function hoursToSum(
  client: ClickHouseClient,
  tenant: string,
  project: string,
  hours: readonly OpenHour[],
): Promise<readonly number[]> {
  const changed = hours.map((row) => row.hour)
  const result = await client.query({
    query: `SELECT DISTINCT toUnixTimestamp(hour) AS hour FROM rolled_hours
      WHERE tenant_id = {tenant:String} AND project_id = {project:String}
        AND hour IN (${changed.map((hour) => hour + HOUR_S).join(', ')})`,
    query_params: { tenant, project },
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  })
  const following = (await result.json<{ hour: number }>()).map((row) => row.hour)
  return [...new Set([...changed, ...following])]
}

async function rollPlace(client: ClickHouseClient, hours: readonly OpenHour[]): Promise<void> {
  const [first] = hours
  if (first === undefined) return
  const { tenant, project } = first
  const keys = Object.entries(EVENT_KEYS).map(([name, sql]) => `${sql} AS ${name}`)
  const names = Object.keys(EVENT_KEYS).join(', ')
  const summed = await hoursToSum(client, tenant, project, hours)
  const list = summed.join(', ')
  // A trace may have begun in the hour before, and its root has the route.
  const withRoots = [...new Set(summed.flatMap((hour) => [hour - HOUR_S, hour]))].join(', ')
  await client.command({
    query: `INSERT INTO usage_rollup (tenant_id, project_id, hour, ${names}, events, errors, calls, call_errors, input_tokens,
        output_tokens, total_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, cost_usd, unpriced, traces,
        call_ms, made_at)
      SELECT e.tenant_id AS tenant_id, e.project_id AS project_id, toStartOfHour(e.start_time) AS hour, ${keys.join(', ')}, ${EVENT_SUMS}, ${EVENT_TRACES}, ${EVENT_MS}, now64(3)
      FROM canonical_events AS e FINAL
      ${routesOfTraces(`toStartOfHour(start_time) IN (${withRoots})`)}
      WHERE e.tenant_id = {tenant:String} AND e.project_id = {project:String} AND toStartOfHour(e.start_time) IN (${list})
      GROUP BY tenant_id, project_id, hour, ${names}
      UNION ALL
      SELECT tenant_id, project_id, hour, ${names}, ${NO_SUMS}, now64(3) - toIntervalMillisecond(1)
      FROM usage_rollup AS r FINAL
      WHERE r.tenant_id = {tenant:String} AND r.project_id = {project:String} AND r.hour IN (${list}) AND r.events > 0
      GROUP BY tenant_id, project_id, hour, ${names}`,
    query_params: { tenant, project },
    // The query runs in the background beside ingest, so it uses one thread.
    clickhouse_settings: { max_threads: 1, max_execution_time: 300 },
  })
  await rollDimensions(client, { tenant, project, hours: list, withRoots })
  // This insert is the last step: until it is there, the hours are read from the events.
  await client.insert({
    table: 'rolled_hours',
    values: hours.map(({ hour, changed }) => ({
      tenant_id: tenant,
      project_id: project,
      hour,
      changed_at: new Date(Number(changed)).toISOString().replace('T', ' ').slice(0, -1),
    })),
    format: 'JSONEachRow',
  })
}
