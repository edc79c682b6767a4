// Topics in ClickHouse, as jobs read and write them: projects with vectors that have no topic, the vectors, the topics with
// their centroids, and the facts about traces that are stored with an assignment.

import type { ClickHouseClient } from '@clickhouse/client'
import type { ProjectScope } from '../queries/page.ts'
import { insertRows, rowsOf } from './clickhouse-rows.ts'
import { timeOf } from './scores.ts'

/** Age in days from which on vectors are neither clustered nor assigned. */
export const TOPIC_DAYS = 30

export interface TopicPlace extends ProjectScope {
  readonly embedder: string
}

const PLACE =
  'tenant_id = {tenant:String} AND project_id = {project:String} AND embedder = {embedder:String}'
const paramsOf = ({ tenantId, projectId, embedder }: TopicPlace) => ({
  tenant: tenantId,
  project: projectId,
  embedder,
})

/** Projects with vectors that were embedded after the last one that was assigned. */
export async function placesWithNewVectors(
  client: ClickHouseClient,
  limit: number,
): Promise<readonly TopicPlace[]> {
  return await rowsOf<TopicPlace>(
    client,
    `SELECT tenant_id AS tenantId, project_id AS projectId, embedder FROM (
       SELECT tenant_id, project_id, embedder, max(embedded_at) AS embedded FROM vectors
       WHERE day >= today() - {days:UInt32} GROUP BY tenant_id, project_id, embedder) AS v
     LEFT JOIN (SELECT tenant_id, project_id, embedder, max(embedded_at) AS assigned FROM topic_assignments
       WHERE day >= today() - {days:UInt32} GROUP BY tenant_id, project_id, embedder) AS a USING (tenant_id, project_id, embedder)
     WHERE v.embedded > a.assigned ORDER BY v.embedded LIMIT {limit:UInt32}`,
    { days: TOPIC_DAYS, limit },
  )
}

export interface TopicVector {
  readonly trace_id: string
  readonly event_id: string
  /** ns since the epoch. */
  readonly at: string
  readonly environment: string
  readonly model: string
  readonly route: string
  readonly embedded_at: string
  /** Number of traces that it represents. */
  readonly weight: number
  readonly v: Float32Array
}

const COLUMNS = `v.trace_id AS trace_id, v.event_id AS event_id, toString(toUnixTimestamp64Nano(v.at)) AS at, v.environment AS environment,
  v.model AS model, v.route AS route, toString(v.embedded_at) AS embedded_at, 1 / greatest(s.rate, 0.000001) AS weight, v.v AS v`
/** A trace whose sampling reason was deleted or is not stored yet represents itself only. */
const RATES = `LEFT JOIN (SELECT trace_id, if(max(rate) > 0, max(rate), 1) AS rate FROM sampled_traces
  WHERE tenant_id = {tenant:String} AND project_id = {project:String} GROUP BY trace_id) AS s ON s.trace_id = v.trace_id`
const ASSIGNED = `SELECT event_id FROM topic_assignments WHERE ${PLACE} AND day >= today() - {days:UInt32}`

type TopicVectorRow = Omit<TopicVector, 'v'> & { readonly v: readonly number[] }

async function vectorsBy(
  client: ClickHouseClient,
  place: TopicPlace,
  where: string,
  order: string,
  limit: number,
  more: Readonly<Record<string, unknown>> = {},
): Promise<readonly TopicVector[]> {
  const rows = await rowsOf<TopicVectorRow>(
    client,
    `SELECT ${COLUMNS} FROM (SELECT * FROM vectors WHERE ${PLACE} AND day >= today() - {days:UInt32} AND ${where}
       ORDER BY ${order}, embedded_at DESC LIMIT 1 BY event_id LIMIT {limit:UInt32}) AS v ${RATES}
     ORDER BY ${order.replaceAll('event_id', 'v.event_id')}`,
    { ...paramsOf(place), days: TOPIC_DAYS, limit, ...more },
  )
  return rows.map(({ v, weight, ...row }) => ({
    ...row,
    // A left join without a match gives a rate of zero.
    weight: weight > 100_000 ? 1 : weight,
    v: Float32Array.from(v),
  }))
}

/** Vectors that were not assigned, in the order of their ids. */
export const unassignedVectors = (
  client: ClickHouseClient,
  place: TopicPlace,
  limit: number,
): Promise<readonly TopicVector[]> =>
  vectorsBy(client, place, `event_id NOT IN (${ASSIGNED})`, 'event_id', limit)

/** A sample of all vectors of the window, those with the least hash of their id, so that every run gets the same ones. */
export async function sampledVectors(
  client: ClickHouseClient,
  place: TopicPlace,
  sampleMax: number,
  batch: number,
): Promise<readonly TopicVector[]> {
  const ids = await rowsOf<{ event_id: string }>(
    client,
    `SELECT DISTINCT event_id FROM vectors WHERE ${PLACE} AND day >= today() - {days:UInt32}
     ORDER BY sipHash64(event_id), event_id LIMIT {limit:UInt32}`,
    { ...paramsOf(place), days: TOPIC_DAYS, limit: sampleMax },
  )
  const vectors: TopicVector[] = []
  for (let i = 0; i < ids.length; i += batch) {
    const events = ids.slice(i, i + batch).map((row) => row.event_id)
    vectors.push(...(await vectorsOf(client, place, events)))
  }
  const order = new Map(ids.map((row, i) => [row.event_id, i]))
  return vectors.toSorted((a, b) => (order.get(a.event_id) ?? 0) - (order.get(b.event_id) ?? 0))
}

/** The vectors of these events. */
export const vectorsOf = (
  client: ClickHouseClient,
  place: TopicPlace,
  events: readonly string[],
): Promise<readonly TopicVector[]> =>
  vectorsBy(client, place, 'event_id IN {events:Array(String)}', 'event_id', events.length, {
    events,
  })

/** Number of vectors in the window of a project. */
export async function countVectors(client: ClickHouseClient, place: TopicPlace): Promise<number> {
  const [row] = await rowsOf<{ n: number }>(
    client,
    `SELECT uniqExact(event_id)::Float64 AS n FROM vectors WHERE ${PLACE} AND day >= today() - {days:UInt32}`,
    { ...paramsOf(place), days: TOPIC_DAYS },
  )
  return row?.n ?? 0
}

export interface AssignedBefore {
  readonly event_id: string
  readonly duplicateGroup: string
  readonly duplicateSimilarity: number
}

/** Events of the window, newest first, that were assigned before the clusters were made again. */
export async function eventsAssignedBefore(
  client: ClickHouseClient,
  place: TopicPlace,
  clusteredAtMs: number,
  limit: number,
): Promise<readonly AssignedBefore[]> {
  return await rowsOf<AssignedBefore>(
    client,
    `SELECT event_id, duplicate_group AS duplicateGroup, duplicate_similarity AS duplicateSimilarity
     FROM topic_assignments FINAL WHERE ${PLACE} AND day >= today() - {days:UInt32}
       AND assigned_at < fromUnixTimestamp64Milli({before:Int64}, 'UTC')
     ORDER BY at DESC LIMIT {limit:UInt32}`,
    { ...paramsOf(place), days: TOPIC_DAYS, before: clusteredAtMs, limit },
  )
}

/** The newest events of the window that began a group of duplicates, assigned after `afterMs`. */
export async function duplicateLeaders(
  client: ClickHouseClient,
  place: TopicPlace,
  afterMs: number,
  limit: number,
): Promise<readonly string[]> {
  const rows = await rowsOf<{ event_id: string }>(
    client,
    `SELECT event_id FROM topic_assignments WHERE ${PLACE} AND day >= today() - {days:UInt32} AND duplicate_group = event_id
       AND assigned_at > fromUnixTimestamp64Milli({after:Int64}, 'UTC')
     GROUP BY event_id ORDER BY max(at) DESC LIMIT {limit:UInt32}`,
    { ...paramsOf(place), days: TOPIC_DAYS, after: afterMs, limit },
  )
  return rows.map((row) => row.event_id)
}

/** Events of the window without a topic, the newest first. */
export async function eventsWithoutTopic(
  client: ClickHouseClient,
  place: TopicPlace,
  limit: number,
): Promise<readonly AssignedBefore[]> {
  return await rowsOf<AssignedBefore>(
    client,
    `SELECT event_id, duplicate_group AS duplicateGroup, duplicate_similarity AS duplicateSimilarity
     FROM topic_assignments FINAL WHERE ${PLACE} AND day >= today() - {days:UInt32} AND topic_id = ''
     ORDER BY at DESC LIMIT {limit:UInt32}`,
    { ...paramsOf(place), days: TOPIC_DAYS, limit },
  )
}

export interface TopicModel {
  readonly topicIds: readonly string[]
  readonly center: Float32Array
  readonly means: readonly Float32Array[]
  readonly thresholds: readonly number[]
  readonly cohesions: readonly number[]
  readonly duplicateThreshold: number
  readonly vectors: number
  readonly clusteredAtMs: number
}

interface ModelRow extends Omit<TopicModel, 'center' | 'means'> {
  readonly center: readonly number[]
  readonly means: readonly (readonly number[])[]
}

export async function loadModel(
  client: ClickHouseClient,
  place: TopicPlace,
): Promise<TopicModel | null> {
  const [row] = await rowsOf<ModelRow>(
    client,
    `SELECT topic_ids AS topicIds, center, means, thresholds, cohesions, duplicate_threshold AS duplicateThreshold,
       vectors::Float64 AS vectors, toUnixTimestamp64Milli(clustered_at)::Float64 AS clusteredAtMs
     FROM topic_models WHERE ${PLACE} ORDER BY made_at DESC LIMIT 1`,
    paramsOf(place),
  )
  if (row === undefined) return null
  return {
    ...row,
    center: Float32Array.from(row.center),
    means: row.means.map((mean) => Float32Array.from(mean)),
  }
}

export async function storeModel(
  client: ClickHouseClient,
  place: TopicPlace,
  model: TopicModel,
  nowMs: number,
): Promise<void> {
  await insertRows(client, 'topic_models', [
    {
      ...rowOfPlace(place),
      topic_ids: model.topicIds,
      center: Array.from(model.center),
      means: model.means.map((mean) => Array.from(mean)),
      thresholds: model.thresholds,
      cohesions: model.cohesions,
      duplicate_threshold: model.duplicateThreshold,
      vectors: model.vectors,
      clustered_at: timeText(model.clusteredAtMs),
      made_at: timeText(nowMs),
    },
  ])
}

export interface Topic {
  readonly topicId: string
  readonly name: string
  readonly words: readonly string[]
  readonly namedBy: 'words' | 'judge'
  readonly bornAtMs: number
}

export async function loadTopics(
  client: ClickHouseClient,
  place: TopicPlace,
): Promise<readonly Topic[]> {
  return await rowsOf<Topic>(
    client,
    `SELECT topic_id AS topicId, name, words, named_by AS namedBy, toUnixTimestamp64Milli(born_at)::Float64 AS bornAtMs
     FROM topics FINAL WHERE ${PLACE} ORDER BY topic_id`,
    paramsOf(place),
  )
}

export async function storeTopics(
  client: ClickHouseClient,
  place: TopicPlace,
  topics: readonly Topic[],
  nowMs: number,
): Promise<void> {
  const rows = topics.map(({ topicId, name, words, namedBy, bornAtMs }) => ({
    ...rowOfPlace(place),
    topic_id: topicId,
    name,
    words,
    named_by: namedBy,
    born_at: timeText(bornAtMs),
    made_at: timeText(nowMs),
  }))
  await insertRows(client, 'topics', rows)
}

export interface Assignment extends Omit<TopicVector, 'v'> {
  readonly topicId: string
  readonly similarity: number
  readonly facts: TraceFacts
  readonly duplicateGroup: string
  readonly duplicateSimilarity: number
}

export async function storeAssignments(
  client: ClickHouseClient,
  place: TopicPlace,
  assignments: readonly Assignment[],
  nowMs: number,
): Promise<void> {
  const rows = assignments.map((a) => ({
    ...rowOfPlace(place),
    day: new Date(Number(BigInt(a.at) / 1_000_000n)).toISOString().slice(0, 10),
    trace_id: a.trace_id,
    event_id: a.event_id,
    at: timeOf(a.at),
    environment: a.environment,
    model: a.model,
    route: a.route,
    topic_id: a.topicId,
    similarity: a.similarity,
    weight: a.weight,
    cost_usd: a.facts.cost,
    has_error: a.facts.hasError,
    has_signal: a.facts.hasSignal,
    duplicate_group: a.duplicateGroup,
    duplicate_similarity: a.duplicateSimilarity,
    embedded_at: a.embedded_at,
    assigned_at: timeText(nowMs),
  }))
  await insertRows(client, 'topic_assignments', rows)
}

export interface TraceFacts {
  readonly cost: number
  readonly hasError: number
  readonly hasSignal: number
}

/** Cost, errors and signals above low severity of these traces, as they are stored now. */
export async function factsOf(
  client: ClickHouseClient,
  { tenantId, projectId }: ProjectScope,
  traces: readonly string[],
): Promise<ReadonlyMap<string, TraceFacts>> {
  const params = { tenant: tenantId, project: projectId, traces }
  const rows = await rowsOf<TraceFacts & { trace: string }>(
    client,
    `SELECT lower(hex(t)) AS trace, sum(c) AS cost, max(e) AS hasError, t IN (SELECT s.trace_id FROM signals AS s
       WHERE s.tenant_id = {tenant:String} AND s.project_id = {project:String} AND s.severity != 'low'
         AND s.trace_id IN (SELECT toFixedString(unhex(arrayJoin({traces:Array(String)})), 16))) AS hasSignal
     FROM (SELECT e.trace_id AS t, if(e.usage_aggregate, 0, ifNull(e.cost_usd, 0)) AS c, ifNull(e.status, '') = 'error' AS e
       FROM canonical_events AS e
       WHERE e.tenant_id = {tenant:String} AND e.project_id = {project:String}
         AND toStartOfHour(e.start_time) IN (SELECT arrayJoin([first_hour, last_hour]) FROM trace_hours
           WHERE tenant_id = {tenant:String} AND project_id = {project:String}
             AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({traces:Array(String)})), 16)))
         AND e.trace_id IN (SELECT toFixedString(unhex(arrayJoin({traces:Array(String)})), 16))
       ORDER BY e.event_id, e.version DESC LIMIT 1 BY e.event_id)
     GROUP BY t`,
    params,
  )
  return new Map(rows.map(({ trace, ...facts }) => [trace, facts]))
}

const rowOfPlace = ({ tenantId, projectId, embedder }: TopicPlace) => ({
  tenant_id: tenantId,
  project_id: projectId,
  embedder,
})

const timeText = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').slice(0, 23)
