// How many events that count say `usage_inconsistent`: their counts are in the sums although no reading of them gives the total
// that they reported. Few events do, so they are counted beside the sums and not in the rolled hours.

import type { ClickHouseClient } from '@clickhouse/client'
import type { ProjectScope } from './page.ts'
import { type Breakdown, EVENT_KEYS, routesOfTraces } from './usage-sums.ts'

export interface InconsistentRange {
  /** ms since the epoch, inclusive and exclusive. */
  readonly fromMs: number
  readonly toMs: number
  readonly environment?: string | undefined
}

export interface InconsistentScope {
  /** Name of the instrumentation scope; null for events without one. */
  readonly scope_name: string | null
  readonly events: number
  readonly input_tokens: number
  readonly output_tokens: number
}

/** Scopes listed; a scope more is a program that nobody runs on purpose. */
const SCOPES_MAX = 100

/** By instrumentation scope, the most frequent first. */
export async function inconsistentByScope(
  client: ClickHouseClient,
  scope: ProjectScope,
  range: InconsistentRange,
): Promise<readonly InconsistentScope[]> {
  return await counted<InconsistentScope>(client, scope, range, {
    columns: `e.scope_name AS scope_name, toFloat64(sum(ifNull(e.input_tokens, 0))) AS input_tokens,
      toFloat64(sum(ifNull(e.output_tokens, 0))) AS output_tokens`,
    join: '',
    rest: `GROUP BY scope_name ORDER BY events DESC, scope_name LIMIT ${SCOPES_MAX}`,
  })
}

/** Events by the values of these dimensions, under `keyOf` of them. */
export async function inconsistentBy(
  client: ClickHouseClient,
  scope: ProjectScope,
  range: InconsistentRange,
  by: readonly Breakdown[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await counted<{ events: number } & Partial<Record<Breakdown, string | null>>>(
    client,
    scope,
    range,
    {
      columns: by.map((name) => `${EVENT_KEYS[name]} AS ${name}`).join(', '),
      join: by.includes('route') ? routesOfTraces(NEARBY) : '',
      rest: `GROUP BY ${by.join(', ')}`,
    },
  )
  return new Map(rows.map((row) => [keyOf(row, by), row.events]))
}

export function keyOf(
  row: Readonly<Partial<Record<Breakdown, string | null>>>,
  by: readonly Breakdown[],
): string {
  return JSON.stringify(by.map((name) => row[name] ?? null))
}

/** Roots may begin before their calls, and the range in between. */
const NEARBY = `start_time >= fromUnixTimestamp64Milli({from:Int64}) - INTERVAL 1 HOUR
  AND start_time < fromUnixTimestamp64Milli({to:Int64}) + INTERVAL 1 HOUR`

interface Parts {
  readonly columns: string
  readonly join: string
  readonly rest: string
}

async function counted<Row>(
  client: ClickHouseClient,
  scope: ProjectScope,
  range: InconsistentRange,
  { columns, join, rest }: Parts,
): Promise<Row[]> {
  const { environment } = range
  const result = await client.query({
    query: `SELECT ${columns}, toFloat64(count()) AS events
      FROM (
        SELECT * FROM canonical_events AS e
        WHERE e.tenant_id = {tenant:String} AND e.project_id = {project:String} AND e.usage_inconsistent
          AND e.start_time >= fromUnixTimestamp64Milli({from:Int64})
          AND e.start_time < fromUnixTimestamp64Milli({to:Int64})
          ${environment === undefined ? '' : 'AND e.environment = {environment:String}'}
        ORDER BY e.version DESC LIMIT 1 BY e.event_id
      ) AS e ${join}
      WHERE NOT e.usage_aggregate ${rest}`,
    query_params: {
      tenant: scope.tenantId,
      project: scope.projectId,
      from: range.fromMs,
      to: range.toMs,
      ...(environment === undefined ? {} : { environment }),
    },
    format: 'JSONEachRow',
    clickhouse_settings: { max_execution_time: 20 },
  })
  return await result.json<Row>()
}
