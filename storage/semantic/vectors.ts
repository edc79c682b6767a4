// Sampled traces and the vectors of their exchanges in ClickHouse: which traces of an hour are still to be sampled, and exact search
// inside a tenant, a project and a window. Every row of the window is compared, so that with a filter no match is missed.

import type { ClickHouseClient } from '@clickhouse/client'
import type { ProjectScope } from '../queries/page.ts'
import { insertRows, rowsOf } from './clickhouse-rows.ts'
import { SHARE_OF_TRACE } from './sampled-answers.ts'
import { timeOf } from './scores.ts'
import { type ChangedHour, partsSinceSeen } from './stored-exchanges.ts'

export interface EmbeddingCandidate {
  readonly trace: string
  /** The last call of the trace that has an answer. */
  readonly event: string
  readonly share: number
  readonly hasError: boolean
  readonly hasHighSignal: boolean
  readonly environment: string
  readonly model: string
  readonly route: string
}

/** Traces of an hour that are not sampled yet and may be, by their share or for a special reason. */
export async function candidatesIn(
  client: ClickHouseClient,
  changed: ChangedHour,
  options: {
    readonly rateMax: number
    readonly kept: readonly string[]
    /** The last candidate of the page before; null for the first page. */
    readonly after: Pick<EmbeddingCandidate, 'share' | 'trace'> | null
    readonly limit: number
  },
): Promise<readonly EmbeddingCandidate[]> {
  const { tenantId, projectId, hour, seenAt } = changed
  const parts = await partsSinceSeen(client, changed)
  return await rowsOf<EmbeddingCandidate>(
    client,
    `SELECT lower(hex(e.trace_id)) AS trace, any(${SHARE_OF_TRACE}) AS share,
       lower(hex(argMaxIf(e.event_id, e.start_time, ${HAS_ANSWER}))) AS event,
       max(ifNull(e.status, '') = 'error') AS hasError,
       e.trace_id IN (SELECT trace_id FROM signals WHERE tenant_id = {tenant:String} AND project_id = {project:String}
         AND severity = 'high' AND toStartOfHour(at) >= {hour:DateTime('UTC')} - INTERVAL 1 HOUR) AS hasHighSignal,
       anyIf(ifNull(e.environment, ''), ${HAS_ANSWER}) AS environment,
       anyIf(ifNull(coalesce(e.response_model, e.request_model), ''), ${HAS_ANSWER}) AS model,
       anyIf(ifNull(e.route, ''), ${HAS_ANSWER}) AS route
     FROM canonical_events AS e
     WHERE e.tenant_id = {tenant:String} AND e.project_id = {project:String}
       AND toStartOfHour(e.start_time) = {hour:DateTime('UTC')}
       AND e.trace_id IN (${chosenTraces(parts !== null)})
       AND lower(hex(e.trace_id)) NOT IN (SELECT trace_id FROM sampled_traces
         WHERE tenant_id = {tenant:String} AND project_id = {project:String})
     GROUP BY e.trace_id
     HAVING countIf(${HAS_ANSWER}) > 0
       AND (share < {rate:Float64} OR hasError OR hasHighSignal OR trace IN {kept:Array(String)})
       AND (share, trace) > ({share:Float64}, {after:String})
     ORDER BY share, trace LIMIT {limit:UInt32}`,
    {
      tenant: tenantId,
      project: projectId,
      hour,
      rate: options.rateMax,
      kept: options.kept,
      share: options.after?.share ?? -1,
      after: options.after?.trace ?? '',
      limit: options.limit,
      ...(parts === null ? {} : { parts, seen: seenAt }),
    },
  )
}

/**
 * Selects the few traces that can be candidates at all: those in the largest share, with an error, with a signal, and with feedback.
 * Everything else is read for these only, which costs a third of reading it for all. With `isSeen`, only traces with new data are
 * selected.
 */
function chosenTraces(isSeen: boolean): string {
  const scope = 'tenant_id = {tenant:String} AND project_id = {project:String}'
  const inHour = `${scope} AND toStartOfHour(start_time) = {hour:DateTime('UTC')}`
  const signalsSince = isSeen
    ? "received_at >= parseDateTimeBestEffort({seen:String}, 'UTC') - INTERVAL 10 MINUTE"
    : "toStartOfHour(at) >= {hour:DateTime('UTC')} - INTERVAL 1 HOUR"
  return `SELECT e.trace_id AS t FROM canonical_events AS e WHERE ${inHour} ${isSeen ? 'AND _part IN {parts:Array(String)}' : ''}
      AND (${SHARE_OF_TRACE} < {rate:Float64} OR e.trace_id IN (SELECT trace_id FROM canonical_events WHERE ${inHour} AND status = 'error'))
    UNION ALL SELECT trace_id AS t FROM signals WHERE ${scope} AND severity = 'high' AND ${signalsSince}
    UNION ALL SELECT toFixedString(unhex(arrayJoin({kept:Array(String)})), 16) AS t`
}

const HAS_ANSWER =
  "e.kind = 'llm' AND e.usage_duplicate_of IS NULL AND (e.output_messages IS NOT NULL OR e.output IS NOT NULL)"

export interface SampledTrace extends ProjectScope {
  readonly trace: string
  readonly event: string
  readonly reason: string
  readonly rate: number
}

export async function storeSampled(
  client: ClickHouseClient,
  traces: readonly SampledTrace[],
): Promise<void> {
  await insertRows(
    client,
    'sampled_traces',
    traces.map(({ tenantId, projectId, trace, event, reason, rate }) => ({
      tenant_id: tenantId,
      project_id: projectId,
      trace_id: trace,
      event_id: event,
      reason,
      rate,
    })),
  )
}

/** How many traces of a project were sampled today (UTC). */
export async function sampledToday(
  client: ClickHouseClient,
  { tenantId, projectId }: ProjectScope,
): Promise<number> {
  const [row] = await rowsOf<{ n: number }>(
    client,
    `SELECT uniqExact(trace_id)::Float64 AS n FROM sampled_traces WHERE tenant_id = {tenant:String} AND project_id = {project:String}
       AND sampled_at >= toStartOfDay(now('UTC'))`,
    { tenant: tenantId, project: projectId },
  )
  return row?.n ?? 0
}

export interface Vector extends ProjectScope {
  readonly embedder: string
  readonly trace: string
  readonly event: string
  /** ns since the epoch. */
  readonly at: string
  readonly environment: string
  readonly model: string
  readonly route: string
  readonly v: readonly number[]
}

export async function storeVectors(
  client: ClickHouseClient,
  vectors: readonly Vector[],
): Promise<void> {
  await insertRows(
    client,
    'vectors',
    vectors.map(({ tenantId, projectId, trace, event, at, ...rest }) => ({
      tenant_id: tenantId,
      project_id: projectId,
      trace_id: trace,
      event_id: event,
      at: timeOf(at),
      day: new Date(Number(BigInt(at) / 1_000_000n)).toISOString().slice(0, 10),
      ...rest,
    })),
  )
}

export interface NearFilter {
  /** ms since the epoch. */
  readonly fromMs?: number | undefined
  readonly toMs?: number | undefined
  readonly model?: string | undefined
  readonly route?: string | undefined
  readonly environment?: string | undefined
  /** A trace that is left out of the result, such as the one with which others are compared. */
  readonly exceptTrace?: string | undefined
  readonly limit: number
}

export interface Near {
  readonly trace_id: string
  readonly event_id: string
  readonly at: string
  readonly similarity: number
  readonly model: string
  readonly route: string
  readonly environment: string
}

/** The nearest exchanges, one for each trace, nearest first, up to the limit. `v` has length 1. */
export async function nearest(
  client: ClickHouseClient,
  scope: ProjectScope,
  embedder: string,
  v: readonly number[],
  f: NearFilter,
): Promise<readonly Near[]> {
  // A trace has several rows if it was embedded again and the table has not merged yet.
  for (let rowsMax = f.limit * 4 + 64; ; rowsMax *= 8) {
    const rows = await nearestRows(client, scope, embedder, v, f, rowsMax)
    const traces = new Map<string, Near>()
    for (const row of rows) if (!traces.has(row.trace_id)) traces.set(row.trace_id, row)
    if (traces.size >= f.limit || rows.length < rowsMax)
      return [...traces.values()].slice(0, f.limit)
  }
}

async function nearestRows(
  client: ClickHouseClient,
  { tenantId, projectId }: ProjectScope,
  embedder: string,
  v: readonly number[],
  f: NearFilter,
  rowsMax: number,
): Promise<readonly Near[]> {
  return await rowsOf<Near>(
    client,
    `SELECT trace_id, event_id, toString(toUnixTimestamp64Nano(at)) AS at, model, route, environment,
       arrayDotProduct(v, {v:Array(Float32)}) AS similarity
     FROM vectors
     WHERE tenant_id = {tenant:String} AND project_id = {project:String} AND embedder = {embedder:String}
       AND length(v) = {dimensions:UInt32}
       AND day >= toDate(fromUnixTimestamp64Milli({from:Int64}, 'UTC')) AND day <= toDate(fromUnixTimestamp64Milli({to:Int64}, 'UTC'))
       AND vectors.at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND vectors.at < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
       AND ({model:String} = '' OR model = {model:String}) AND ({route:String} = '' OR route = {route:String})
       AND ({environment:String} = '' OR environment = {environment:String}) AND trace_id != {except:String}
     ORDER BY similarity DESC LIMIT {rows:UInt32}`,
    {
      tenant: tenantId,
      project: projectId,
      embedder,
      v,
      dimensions: v.length,
      from: f.fromMs ?? 0,
      to: f.toMs ?? 4_102_444_800_000,
      model: f.model ?? '',
      route: f.route ?? '',
      environment: f.environment ?? '',
      except: f.exceptTrace ?? '',
      rows: rowsMax,
    },
  )
}

export interface OwnVector {
  readonly embedder: string
  readonly v: readonly number[]
}

/** The newest vector of a trace; null for a trace that is not in the sample. */
export async function vectorOfTrace(
  client: ClickHouseClient,
  { tenantId, projectId }: ProjectScope,
  trace: string,
): Promise<OwnVector | null> {
  const [row] = await rowsOf<OwnVector>(
    client,
    `SELECT embedder, v FROM vectors WHERE tenant_id = {tenant:String} AND project_id = {project:String}
       AND trace_id = {trace:String} ORDER BY embedded_at DESC LIMIT 1`,
    { tenant: tenantId, project: projectId, trace },
  )
  return row ?? null
}

/** Whether any event of this trace is stored. */
export async function isTraceStored(
  client: ClickHouseClient,
  { tenantId, projectId }: ProjectScope,
  trace: string,
): Promise<boolean> {
  const rows = await rowsOf<{ n: number }>(
    client,
    `SELECT 1 AS n FROM trace_hours WHERE tenant_id = {tenant:String} AND project_id = {project:String}
       AND trace_id = toFixedString(unhex({trace:String}), 16) LIMIT 1`,
    { tenant: tenantId, project: projectId, trace },
  )
  return rows.length > 0
}
