// The stored calls that a run of a judge evaluates.

import type { ClickHouseClient } from '@clickhouse/client'
import type { ProjectScope } from '../queries/page.ts'
import { rowsOf } from './clickhouse-rows.ts'

export interface RunFilter {
  /** ms since the epoch, inclusive and exclusive. */
  readonly fromMs?: number | undefined
  readonly toMs?: number | undefined
  readonly model?: string | undefined
  readonly route?: string | undefined
  readonly environment?: string | undefined
  readonly limit: number
}

export interface RunCall {
  readonly event: string
  readonly trace: string
  /** Length of prompt and answer. */
  readonly bytes: number
}

/** Calls with an answer, the newest first. */
export async function answersOfRange(
  client: ClickHouseClient,
  { tenantId, projectId }: ProjectScope,
  f: RunFilter,
): Promise<readonly RunCall[]> {
  return await rowsOf<RunCall>(
    client,
    `SELECT lower(hex(e.event_id)) AS event, lower(hex(any(e.trace_id))) AS trace,
       max(length(ifNull(e.input_messages, ifNull(e.input, ''))) + length(ifNull(e.output_messages, ifNull(e.output, ''))))::Float64 AS bytes
     FROM canonical_events AS e
     WHERE e.tenant_id = {tenant:String} AND e.project_id = {project:String} AND e.kind = 'llm' AND e.usage_duplicate_of IS NULL
       AND (e.output_messages IS NOT NULL OR e.output IS NOT NULL)
       AND toStartOfHour(e.start_time) >= toStartOfHour(fromUnixTimestamp64Milli({from:Int64}, 'UTC'))
       AND e.start_time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND e.start_time < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
       AND ({environment:String} = '' OR ifNull(e.environment, '') = {environment:String})
       AND ({model:String} = '' OR ifNull(coalesce(e.response_model, e.request_model), '') = {model:String})
       AND ({route:String} = '' OR ifNull(e.route, '') = {route:String})
     GROUP BY e.event_id ORDER BY max(e.start_time) DESC LIMIT {limit:UInt32}`,
    {
      tenant: tenantId,
      project: projectId,
      from: f.fromMs ?? 0,
      to: f.toMs ?? 4_102_444_800_000,
      environment: f.environment ?? '',
      model: f.model ?? '',
      route: f.route ?? '',
      limit: f.limit,
    },
  )
}
