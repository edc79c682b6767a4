// Finds the position of a trace in the sorting key of `canonical_events` by the table `trace_hours`, which is written
// with every insert.

import type { ClickHouseClient } from '@clickhouse/client'
import type { Scope } from '../page.ts'
import { type ProjectHours, projectHours } from './project-hours.ts'

export interface TracePlace {
  /** The first and last hour, in seconds since the epoch. */
  readonly first: number
  readonly last: number
  readonly facts: ProjectHours
}

/** Returns null when the tenant has no event of the trace. */
export async function traceHours(
  client: ClickHouseClient,
  scope: Scope,
  traceId: string,
): Promise<TracePlace | null> {
  const [result, facts] = await Promise.all([
    client.query({
      query: `SELECT toUnixTimestamp(min(first_hour)) AS first, toUnixTimestamp(max(last_hour)) AS last, count() AS rows
        FROM trace_hours
        WHERE tenant_id = {tenant:String} AND project_id = {project:String}
          AND trace_id = toFixedString(unhex({trace:String}), 16)`,
      query_params: { tenant: scope.tenantId, project: scope.projectId, trace: traceId },
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    }),
    projectHours(client, scope),
  ])
  const [row] = await result.json<{ first: number; last: number; rows: number }>()
  if (row === undefined || row.rows === 0) return null
  return { first: row.first, last: row.last, facts }
}
