// Which calls of a trace have an answer, and which calls of an hour are in the sample of a rule.

import type { ClickHouseClient } from '@clickhouse/client'
import type { ProjectScope } from '../queries/page.ts'
import { rowsOf } from './clickhouse-rows.ts'
import type { ChangedHour } from './stored-exchanges.ts'

/** The same as `shareOfTrace` of `semantic/sampling`, in SQL of ClickHouse. */
export const SHARE_OF_TRACE =
  "reinterpretAsUInt32(reverse(substring(SHA256(concat('observa-sample', lower(hex(e.trace_id)))), 1, 4))) / 4294967296"

export interface SampleRule {
  readonly rate: number
  readonly environment?: string | undefined
  readonly model?: string | undefined
  readonly route?: string | undefined
}

/** The calls of a trace that have an answer, the last ones first, as hex ids. */
export async function answersIn(
  client: ClickHouseClient,
  { tenantId, projectId }: ProjectScope,
  trace: string,
  limit: number,
): Promise<readonly string[]> {
  const rows = await rowsOf<{ event: string }>(
    client,
    `SELECT lower(hex(e.event_id)) AS event FROM canonical_events AS e
     WHERE e.tenant_id = {tenant:String} AND e.project_id = {project:String}
       AND e.trace_id = toFixedString(unhex({trace:String}), 16) AND e.kind = 'llm' AND e.usage_duplicate_of IS NULL
       AND (e.output_messages IS NOT NULL OR e.output IS NOT NULL)
     GROUP BY e.event_id ORDER BY max(e.start_time) DESC LIMIT {limit:UInt32}`,
    { tenant: tenantId, project: projectId, trace, limit },
  )
  return rows.map((row) => row.event)
}

/** Calls of an hour that have an answer and whose trace is in the sample of the rule. Every run gets the same ones. */
export async function sampledAnswers(
  client: ClickHouseClient,
  { tenantId, projectId, hour }: ChangedHour,
  rule: SampleRule,
  limit: number,
): Promise<readonly { readonly event: string; readonly trace: string }[]> {
  const { rate, environment, model, route } = rule
  return await rowsOf<{ event: string; trace: string }>(
    client,
    `SELECT lower(hex(e.event_id)) AS event, lower(hex(any(e.trace_id))) AS trace FROM canonical_events AS e
     WHERE e.tenant_id = {tenant:String} AND e.project_id = {project:String}
       AND toStartOfHour(e.start_time) = {hour:DateTime('UTC')} AND e.kind = 'llm' AND e.usage_duplicate_of IS NULL
       AND (e.output_messages IS NOT NULL OR e.output IS NOT NULL) AND ${SHARE_OF_TRACE} < {rate:Float64}
       AND ({environment:String} = '' OR ifNull(e.environment, '') = {environment:String})
       AND ({model:String} = '' OR ifNull(coalesce(e.response_model, e.request_model), '') = {model:String})
       AND ({route:String} = '' OR ifNull(e.route, '') = {route:String})
     GROUP BY e.event_id ORDER BY min(${SHARE_OF_TRACE}) LIMIT {limit:UInt32}`,
    {
      tenant: tenantId,
      project: projectId,
      hour,
      rate,
      environment: environment ?? '',
      model: model ?? '',
      route: route ?? '',
      limit,
    },
  )
}
