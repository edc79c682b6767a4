// Which events a list or a sum is about, as conditions of ClickHouse over `canonical_events AS e`. Every value is a query
// parameter.

import type { IdForms, ProjectScope } from '../page.ts'
import { hasPhrases, type Phrase } from './words.ts'

export interface EventFilter {
  /** ms since the epoch, inclusive and exclusive. */
  readonly fromMs?: number | undefined
  readonly toMs?: number | undefined
  /** 32 hex. */
  readonly traceId?: string | undefined
  readonly environment?: string | undefined
  readonly service?: string | undefined
  readonly kind?: string | undefined
  readonly model?: string | undefined
  readonly provider?: string | undefined
  readonly route?: string | undefined
  readonly name?: string | undefined
  readonly tool?: string | undefined
  readonly agent?: string | undefined
  readonly status?: string | undefined
  readonly errorType?: string | undefined
  readonly userId?: IdForms | undefined
  readonly sessionId?: IdForms | undefined
  readonly conversationId?: IdForms | undefined
  readonly minCostUsd?: number | undefined
  readonly maxCostUsd?: number | undefined
  readonly minDurationMs?: number | undefined
  readonly maxDurationMs?: number | undefined
  /** What the messages have, all of it. */
  readonly words?: readonly Phrase[] | undefined
}

export interface Conditions {
  readonly where: string[]
  readonly params: Record<string, unknown>
}

type Value = string | number | IdForms

/** Whose rows: part of every read. */
export const OWN_ROWS = 'e.tenant_id = {tenant:String} AND e.project_id = {project:String}'

/** What a filter names by a single value. */
const ROWS: readonly (readonly [name: keyof EventFilter, sql: string])[] = [
  ['fromMs', 'e.start_time >= fromUnixTimestamp64Milli({fromMs:Int64})'],
  ['toMs', 'e.start_time < fromUnixTimestamp64Milli({toMs:Int64})'],
  ['traceId', 'e.trace_id = toFixedString(unhex({traceId:String}), 16)'],
  ['environment', 'e.environment = {environment:String}'],
  ['service', 'e.service_name = {service:String}'],
  ['kind', 'e.kind = {kind:String}'],
  ['model', '(e.response_model = {model:String} OR e.request_model = {model:String})'],
  ['provider', 'e.provider = {provider:String}'],
  ['route', 'e.route = {route:String}'],
  ['name', 'e.name = {name:String}'],
  ['tool', 'e.tool_name = {tool:String}'],
  ['agent', 'e.agent_name = {agent:String}'],
  ['status', 'e.status = {status:String}'],
  ['errorType', 'e.error_type = {errorType:String}'],
  ['userId', ofTrace('user_id', 'userId')],
  ['sessionId', ofTrace('session_id', 'sessionId')],
  ['conversationId', ofTrace('conversation_id', 'conversationId')],
  ['minCostUsd', 'e.cost_usd >= {minCostUsd:Float64}'],
  ['maxCostUsd', 'e.cost_usd <= {maxCostUsd:Float64}'],
  ['minDurationMs', 'e.duration_ms >= {minDurationMs:Float64}'],
  ['maxDurationMs', 'e.duration_ms <= {maxDurationMs:Float64}'],
]

export function conditionsOf(scope: ProjectScope, filter: EventFilter): Conditions {
  const where = [OWN_ROWS]
  const params: Record<string, unknown> = { tenant: scope.tenantId, project: scope.projectId }
  for (const [name, sql] of ROWS) {
    const value = filter[name] as Value | undefined
    if (value === undefined) continue
    where.push(sql)
    params[name] = value
  }
  where.push(...hasPhrases(filter.words ?? [], params))
  return { where, params }
}

/** An id that stands on one event of a trace holds for those that name none: a root often comes last, and alone has it. */
function ofTrace(field: 'user_id' | 'session_id' | 'conversation_id', name: string): string {
  const of = (alias: string): string => `${alias}${field} IN {${name}:Array(String)}`
  return `(${of('e.')} OR (e.${field} IS NULL AND e.trace_id IN (SELECT trace_id FROM canonical_events
    WHERE tenant_id = {tenant:String} AND project_id = {project:String} AND ${of('')})))`
}

/** Filters of what a later report may revise: an older row of the event must not answer for the newest. */
export function readsRevised(filter: EventFilter): boolean {
  return filter.minCostUsd !== undefined || filter.maxCostUsd !== undefined
}
