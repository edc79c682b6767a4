// Makes the topics of a project from a sample of its vectors, and names them. A topic that an earlier run also found keeps
// its id.

import { createHash } from 'node:crypto'
import type { ClickHouseClient } from '@clickhouse/client'
import { exchangesOf } from '../../storage/semantic/stored-exchanges.ts'
import type { Topic, TopicModel, TopicPlace, TopicVector } from '../../storage/semantic/topics.ts'
import { exchangeOf, lastQuestion } from '../quality/exchange.ts'
import {
  type Cluster,
  type Clusters,
  continuedTopics,
  findClusters,
  TOPIC_SIZE_MIN,
} from './clusters.ts'
import { duplicateThreshold } from './duplicate-groups.ts'
import { distinguishingWords, nameOf } from './topic-words.ts'
import type { Yielding } from './yielding.ts'

/** Number of texts from which the words of a topic are taken: those nearest to its centroid. */
const TEXTS_OF_TOPIC = 60
const TEXTS_AT_ONCE = 300
const TEXT_CHARS = 2000
const TOPICS_MAX = 64
const BORN_SIZE_MIN = 30
/** A new topic must have at least this share of the cohesion of the others. */
const BORN_COHESION = 0.8

/** Asks a model for the name of a topic; null if it gives none. */
export type NameByModel = (about: {
  readonly words: readonly string[]
  readonly texts: readonly string[]
  readonly traceId: string
}) => Promise<string | null>

export interface MadeTopics {
  readonly model: TopicModel
  readonly topics: readonly Topic[]
}

export interface MakeOptions {
  readonly place: TopicPlace
  readonly model: TopicModel | null
  /** The topics of the earlier run. */
  readonly known: readonly Topic[]
  readonly vectors: number
  readonly nowMs: number
  readonly nameByModel: NameByModel | null
}

export async function makeTopics(
  client: ClickHouseClient,
  sample: readonly TopicVector[],
  options: MakeOptions,
  yielding: Yielding,
): Promise<MadeTopics> {
  const { place, model, nowMs } = options
  const seed = seedOf(place)
  const before = model?.means ?? []
  const distinct = distinctOf(sample)
  const vectors = distinct.map((s) => s.v)
  const found = await findClusters(vectors, { seed, before }, yielding)
  const continued = continuedTopics(found, before)
  const ids = found.clusters.map((cluster, i) => {
    const old = continued[i]
    const kept = old === null || old === undefined ? undefined : model?.topicIds[old]
    return kept ?? newTopicId(place, cluster, distinct)
  })
  const topics = await namedTopics(client, distinct, found, ids, options)
  return {
    topics,
    model: {
      ...arraysOf(found.clusters, ids),
      center: found.center,
      duplicateThreshold: model?.duplicateThreshold ?? duplicateThreshold(vectors, seed),
      vectors: options.vectors,
      clusteredAtMs: nowMs,
    },
  }
}

/** Makes topics of vectors that are near no topic; null if they have nothing in common. All other topics stay as they are. */
export async function makeMoreTopics(
  client: ClickHouseClient,
  pool: readonly TopicVector[],
  options: MakeOptions & { readonly model: TopicModel },
  yielding: Yielding,
): Promise<MadeTopics | null> {
  const { place, model } = options
  const { center, cohesions } = model
  const seed = `${seedOf(place)} pool`
  const found = await findClusters(
    pool.map((p) => p.v),
    { seed, before: [], center },
    yielding,
  )
  const usual = cohesions.toSorted((a, b) => a - b)[cohesions.length >> 1] ?? 0
  const born = found.clusters
    .filter((c) => c.members.length >= BORN_SIZE_MIN && c.cohesion >= usual * BORN_COHESION)
    .slice(0, TOPICS_MAX - model.topicIds.length)
  if (born.length === 0) return null
  const ids = born.map((cluster) => newTopicId(place, cluster, pool))
  const topics = await namedTopics(client, pool, { center, clusters: born }, ids, options)
  const more = arraysOf(born, ids)
  return {
    topics,
    model: {
      ...model,
      topicIds: [...model.topicIds, ...more.topicIds],
      means: [...model.means, ...more.means],
      thresholds: [...model.thresholds, ...more.thresholds],
      cohesions: [...model.cohesions, ...more.cohesions],
    },
  }
}

/** If a sample has fewer different texts, each text is a topic of its own. */
const DISTINCT_MIN = 2 * TOPIC_SIZE_MIN

/**
 * The first vector of each text. Templates send equal texts again and again, and each text would look like a group of its
 * own. Vectors of equal texts can differ in the last digits.
 */
function distinctOf(sample: readonly TopicVector[]): readonly TopicVector[] {
  const byText = new Map<string, TopicVector>()
  for (const vector of sample) {
    const key = Buffer.from(Int8Array.from(vector.v, (x) => Math.round(x * 127)).buffer)
    const text = key.toString('latin1')
    if (!byText.has(text)) byText.set(text, vector)
  }
  return byText.size < DISTINCT_MIN ? sample : [...byText.values()]
}

const seedOf = ({ tenantId, projectId, embedder }: TopicPlace): string =>
  JSON.stringify([tenantId, projectId, embedder])

const arraysOf = (clusters: readonly Cluster[], topicIds: readonly string[]) => ({
  topicIds,
  means: clusters.map((c) => c.mean),
  thresholds: clusters.map((c) => c.threshold),
  cohesions: clusters.map((c) => c.cohesion),
})

/** The id is made from the vector nearest to the centroid, so that the same vectors give the same ids. */
function newTopicId(
  place: TopicPlace,
  { members }: Cluster,
  sample: readonly TopicVector[],
): string {
  const nearest = sample[members[0] ?? 0]?.event_id ?? ''
  return createHash('sha256')
    .update(`${seedOf(place)} ${nearest}`)
    .digest('hex')
    .slice(0, 16)
}

async function namedTopics(
  client: ClickHouseClient,
  sample: readonly TopicVector[],
  { clusters }: Clusters,
  ids: readonly string[],
  { place, known, nowMs, nameByModel }: MakeOptions,
): Promise<readonly Topic[]> {
  const members = clusters.map((c) =>
    c.members.slice(0, TEXTS_OF_TOPIC).flatMap((i) => sample[i] ?? []),
  )
  const texts = await textsOf(client, place, members.flat())
  const ofTopic = members.map((list) => list.flatMap((m) => texts.get(m.event_id) ?? []))
  const words = distinguishingWords(ofTopic)
  const before = new Map(known.map((topic) => [topic.topicId, topic]))
  const taken = new Set(known.filter((t) => !ids.includes(t.topicId)).map((t) => t.name))
  const topics: Topic[] = []
  for (const [i, topicId] of ids.entries()) {
    const own = words[i] ?? []
    const old = before.get(topicId)
    const kept = old !== undefined && isStillTrue(old, own) && !taken.has(old.name) ? old : null
    const asked =
      kept === null || kept.namedBy === 'words'
        ? ((await nameByModel?.({
            words: own,
            texts: (ofTopic[i] ?? []).slice(0, 3),
            traceId: members[i]?.[0]?.trace_id ?? '',
          })) ?? null)
        : null
    const isFree = asked !== null && !taken.has(asked)
    const name = isFree ? asked : (kept?.name ?? nameOf(own, taken))
    taken.add(name)
    topics.push({
      topicId,
      name,
      words: own,
      namedBy: isFree ? 'judge' : (kept?.namedBy ?? 'words'),
      bornAtMs: old?.bornAtMs ?? nowMs,
    })
  }
  return topics
}

/**
 * A name that was made of words is kept as long as the topic has these words, so that it does not change with their order.
 */
function isStillTrue({ name, namedBy }: Topic, words: readonly string[]): boolean {
  return namedBy === 'judge' || name.split(', ').every((word) => words.includes(word))
}

/** The last question of each exchange, or the answer where there is no question. */
async function textsOf(
  client: ClickHouseClient,
  place: TopicPlace,
  members: readonly TopicVector[],
): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>()
  for (let i = 0; i < members.length; i += TEXTS_AT_ONCE) {
    const events = members
      .slice(i, i + TEXTS_AT_ONCE)
      .map((m) => ({ event: m.event_id, trace: m.trace_id }))
    for (const row of await exchangesOf(client, place, events)) {
      const exchange = exchangeOf(row)
      const text = lastQuestion(exchange) || exchange.answer
      if (text !== '') texts.set(row.event_id, text.slice(0, TEXT_CHARS))
    }
  }
  return texts
}
