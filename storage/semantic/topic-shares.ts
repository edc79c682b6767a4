// Reads topics, their traces over time, and near duplicates: what the API shows.

import type { ClickHouseClient } from '@clickhouse/client'
import type { ProjectScope } from '../queries/page.ts'
import { rowsOf } from './clickhouse-rows.ts'
import type { Topic } from './topics.ts'

export interface TopicFilter {
  /** ms since the epoch. */
  readonly fromMs: number
  readonly toMs: number
  readonly model?: string | undefined
  readonly route?: string | undefined
  readonly environment?: string | undefined
}

const SCOPE = 'tenant_id = {tenant:String} AND project_id = {project:String}'
const WINDOW = `day >= toDate(fromUnixTimestamp64Milli({from:Int64}, 'UTC')) AND day <= toDate(fromUnixTimestamp64Milli({to:Int64}, 'UTC'))
  AND at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND at < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
  AND ({model:String} = '' OR model = {model:String}) AND ({route:String} = '' OR route = {route:String})
  AND ({environment:String} = '' OR environment = {environment:String})`

const paramsOf = ({ tenantId, projectId }: ProjectScope, f: TopicFilter) => ({
  tenant: tenantId,
  project: projectId,
  from: f.fromMs,
  to: f.toMs,
  model: f.model ?? '',
  route: f.route ?? '',
  environment: f.environment ?? '',
})

/** The model that embedded the newest trace of the window; null when nothing was embedded. */
export async function newestEmbedder(
  client: ClickHouseClient,
  scope: ProjectScope,
  table: 'topic_assignments' | 'vectors',
  f: TopicFilter,
): Promise<string | null> {
  const [row] = await rowsOf<{ embedder: string }>(
    client,
    `SELECT embedder FROM ${table} WHERE ${SCOPE} AND ${WINDOW} ORDER BY embedded_at DESC LIMIT 1`,
    paramsOf(scope, f),
  )
  return row?.embedder ?? null
}

export interface TopicSums {
  /** Empty for traces without a topic. */
  readonly topicId: string
  /** Number of sampled traces. */
  readonly sampled: number
  /** Number of traces that the sampled ones represent, in the whole window and in its second half. */
  readonly traces: number
  readonly tracesLate: number
  readonly costUsd: number
  readonly errors: number
  readonly withSignal: number
  /** Effective sample size: (Σw)² / Σw². */
  readonly effective: number
  readonly lastAt: string
}

/** Sums of the window by topic, the most frequent first. */
export async function topicSums(
  client: ClickHouseClient,
  scope: ProjectScope,
  embedder: string,
  f: TopicFilter,
): Promise<readonly TopicSums[]> {
  return await rowsOf<TopicSums>(
    client,
    `SELECT topic_id AS topicId, uniqExact(trace_id)::Float64 AS sampled, sum(weight)::Float64 AS traces,
       sumIf(weight, at >= fromUnixTimestamp64Milli({middle:Int64}, 'UTC'))::Float64 AS tracesLate, sum(cost_usd * weight) AS costUsd,
       sum(has_error * weight)::Float64 AS errors, sum(has_signal * weight)::Float64 AS withSignal,
       pow(sum(weight), 2) / sum(weight * weight) AS effective, toString(toUnixTimestamp64Nano(max(at))) AS lastAt
     FROM topic_assignments FINAL WHERE ${SCOPE} AND embedder = {embedder:String} AND ${WINDOW}
     GROUP BY topic_id ORDER BY traces DESC, topic_id`,
    { ...paramsOf(scope, f), embedder, middle: Math.floor((f.fromMs + f.toMs) / 2) },
  )
}

export interface TopicPoint {
  readonly topicId: string
  /** Beginning of the bucket, s since the epoch. */
  readonly at: number
  readonly traces: number
}

export async function topicSeries(
  client: ClickHouseClient,
  scope: ProjectScope,
  embedder: string,
  f: TopicFilter & { readonly bucketS: number; readonly topicIds: readonly string[] },
): Promise<readonly TopicPoint[]> {
  return await rowsOf<TopicPoint>(
    client,
    `SELECT topic_id AS topicId, intDiv(toUnixTimestamp(topic_assignments.at), {bucket:UInt32}) * {bucket:UInt32} AS bucket_at,
       toFloat64(bucket_at) AS at, sum(weight)::Float64 AS traces
     FROM topic_assignments FINAL WHERE ${SCOPE} AND embedder = {embedder:String} AND ${WINDOW.replaceAll(/\bat (>=|<) /g, 'topic_assignments.at $1 ')}
       AND topic_id IN {topics:Array(String)}
     GROUP BY topic_id, bucket_at ORDER BY topic_id, bucket_at`,
    { ...paramsOf(scope, f), embedder, bucket: f.bucketS, topics: f.topicIds },
  )
}

export async function topicsById(
  client: ClickHouseClient,
  { tenantId, projectId }: ProjectScope,
  topicIds: readonly string[],
): Promise<ReadonlyMap<string, Topic>> {
  const rows = await rowsOf<Topic>(
    client,
    `SELECT topic_id AS topicId, name, words, named_by AS namedBy, toUnixTimestamp64Milli(born_at)::Float64 AS bornAtMs
     FROM topics FINAL WHERE ${SCOPE} AND topic_id IN {topics:Array(String)}`,
    { tenant: tenantId, project: projectId, topics: topicIds },
  )
  return new Map(rows.map((topic) => [topic.topicId, topic]))
}

export interface NearTopic {
  readonly trace_id: string
  readonly event_id: string
  /** ns since the epoch. */
  readonly at: string
  readonly similarity: number
  readonly model: string
  readonly route: string
  readonly environment: string
}

/** The traces of a topic, the most typical first. */
export async function tracesOfTopic(
  client: ClickHouseClient,
  scope: ProjectScope,
  topicId: string,
  f: TopicFilter & { readonly limit: number },
): Promise<readonly NearTopic[]> {
  return await rowsOf<NearTopic>(
    client,
    `SELECT trace_id, event_id, toString(toUnixTimestamp64Nano(topic_assignments.at)) AS at, similarity, model, route, environment
     FROM topic_assignments FINAL WHERE ${SCOPE} AND topic_id = {topic:String}
       AND ${WINDOW.replaceAll(/\bat (>=|<) /g, 'topic_assignments.at $1 ')}
     ORDER BY similarity DESC, event_id LIMIT {limit:UInt32}`,
    { ...paramsOf(scope, f), topic: topicId, limit: f.limit },
  )
}

export interface DuplicateGroup {
  readonly groupId: string
  readonly sampled: number
  readonly traces: number
  readonly costUsd: number
  readonly leastSimilarity: number
  readonly firstAt: string
  readonly lastAt: string
  readonly topicId: string
  readonly traceIds: readonly string[]
  readonly eventIds: readonly string[]
}

const MEMBERS_MAX = 20

/** Groups of at least two near duplicates, the largest first. */
export async function duplicateGroups(
  client: ClickHouseClient,
  scope: ProjectScope,
  embedder: string,
  f: TopicFilter & {
    readonly similarityMin: number
    readonly offset: number
    readonly limit: number
  },
): Promise<readonly DuplicateGroup[]> {
  return await rowsOf<DuplicateGroup>(
    client,
    `SELECT duplicate_group AS groupId, uniqExact(trace_id)::Float64 AS sampled, sum(weight)::Float64 AS traces,
       sum(cost_usd * weight) AS costUsd, min(duplicate_similarity) AS leastSimilarity,
       toString(toUnixTimestamp64Nano(min(at))) AS firstAt, toString(toUnixTimestamp64Nano(max(at))) AS lastAt,
       anyHeavy(topic_id) AS topicId,
       arrayMap(x -> x.2, arraySlice(arrayReverseSort(groupArray(100)((at, trace_id))), 1, ${MEMBERS_MAX})) AS traceIds,
       arrayMap(x -> x.2, arraySlice(arrayReverseSort(groupArray(100)((at, event_id))), 1, ${MEMBERS_MAX})) AS eventIds
     FROM topic_assignments FINAL WHERE ${SCOPE} AND embedder = {embedder:String} AND ${WINDOW}
       AND duplicate_similarity >= {similarity:Float64}
     GROUP BY duplicate_group HAVING sampled > 1 ORDER BY traces DESC, groupId LIMIT {limit:UInt32} OFFSET {offset:UInt32}`,
    {
      ...paramsOf(scope, f),
      embedder,
      similarity: f.similarityMin,
      limit: f.limit,
      offset: f.offset,
    },
  )
}

export interface DrawnVector extends Omit<NearTopic, 'similarity'> {
  readonly v: Float32Array
}

/**
 * Draws vectors of a window with a seed. The probability of a trace grows with the number of traces that it represents
 * (Efraimidis and Spirakis 2006), so traces that are always sampled, such as those with errors, have the same share of the
 * drawing as of the traffic.
 */
export async function drawnVectors(
  client: ClickHouseClient,
  scope: ProjectScope,
  embedder: string,
  f: TopicFilter & { readonly seed: string; readonly limit: number },
): Promise<readonly DrawnVector[]> {
  const rows = await rowsOf<Omit<DrawnVector, 'v'> & { v: readonly number[] }>(
    client,
    `SELECT d.trace_id AS trace_id, d.event_id AS event_id, toString(toUnixTimestamp64Nano(d.at)) AS at, d.model AS model, d.route AS route,
       d.environment AS environment, d.v AS v
     FROM (SELECT * FROM vectors WHERE ${SCOPE} AND embedder = {embedder:String} AND ${WINDOW}
       AND event_id IN (SELECT w.event_id FROM (SELECT event_id, any(trace_id) AS trace_id FROM vectors
           WHERE ${SCOPE} AND embedder = {embedder:String} AND ${WINDOW} GROUP BY event_id) AS w
         LEFT JOIN (SELECT trace_id, max(rate) AS rate FROM sampled_traces WHERE ${SCOPE} GROUP BY trace_id) AS s ON s.trace_id = w.trace_id
         ORDER BY -log((sipHash64({seed:String}, w.event_id) + 1.) / 18446744073709551617.) * if(s.rate > 0, s.rate, 1), w.event_id
         LIMIT {limit:UInt32})
       ORDER BY event_id, embedded_at DESC LIMIT 1 BY event_id) AS d ORDER BY event_id`,
    { ...paramsOf(scope, f), embedder, seed: f.seed, limit: f.limit },
  )
  return rows.map(({ v, ...row }) => ({ ...row, v: Float32Array.from(v) }))
}
