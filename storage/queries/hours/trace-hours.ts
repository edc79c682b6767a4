// Finds the position of a trace in the sorting key of `canonical_events` by the table `trace_hours`, which is written
// with every insert.

import type { ClickHouseClient } from '@clickhouse/client'
import type { ProjectScope } from '../page.ts'

/**
 * Begins a statement that reads the events of one trace, and what its WHERE says of their hours. The engine looks the hours up
 * first, within the statement: a statement of its own costs as much as a third of the read.
 */
export const WITH_HOURS_OF_TRACE = `WITH (SELECT (min(first_hour), max(last_hour)) FROM trace_hours
    WHERE tenant_id = {tenant:String} AND project_id = {project:String}
      AND trace_id = toFixedString(unhex({traceId:String}), 16)) AS place`
export const IN_HOURS_OF_TRACE = 'toStartOfHour(e.start_time) BETWEEN place.1 AND place.2'

/** True if the tenant has an event of the trace. */
export async function hasTrace(
  client: ClickHouseClient,
  scope: ProjectScope,
  traceId: string,
): Promise<boolean> {
  const result = await client.query({
    query: `SELECT 1 FROM trace_hours
      WHERE tenant_id = {tenant:String} AND project_id = {project:String}
        AND trace_id = toFixedString(unhex({traceId:String}), 16)
      LIMIT 1`,
    query_params: { tenant: scope.tenantId, project: scope.projectId, traceId },
    format: 'JSONEachRow',
  })
  return (await result.json()).length > 0
}
