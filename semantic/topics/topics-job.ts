// The job `topics.assign` assigns a topic and a group of near duplicates to each vector that was embedded since its last run.
// It makes the topics of a project when there are enough vectors, makes them again when there are many more, and adds topics
// for vectors that are near none. A killed run leaves vectors without an assignment, which the next run finds.

import type { ClickHouseClient } from '@clickhouse/client'
import { z } from 'zod'
import type { Clock } from '../../core/clock.ts'
import { labelValue, type Metrics } from '../../core/metrics.ts'
import { defineJobKind, type JobHandler } from '../../jobs/job-kind.ts'
import {
  type AssignedBefore,
  countVectors,
  eventsAssignedBefore,
  eventsWithoutTopic,
  factsOf,
  loadModel,
  loadTopics,
  placesWithNewVectors,
  sampledVectors,
  storeAssignments,
  storeModel,
  storeTopics,
  type TopicModel,
  type TopicPlace,
  type TopicVector,
  unassignedVectors,
  vectorsOf,
} from '../../storage/semantic/topics.ts'
import { TOPIC_RUNS, TOPIC_VECTORS, TOPICS_KNOWN } from '../semantic-metrics.ts'
import { Assigner } from './assigner.ts'
import { type DuplicateGroups, type Grouped, KnownGroups } from './duplicate-groups.ts'
import { type MadeTopics, makeMoreTopics, makeTopics, type NameByModel } from './make-topics.ts'
import { Yielding } from './yielding.ts'

/** Number of vectors from which on a project has topics. */
export const VECTORS_MIN = 24
/** Largest number of vectors from which topics are made: 24 MiB with 1,536 dimensions. */
const SAMPLE_MAX = 4000
const BATCH = 500
const PLACES_AT_ONCE = 200
/** Topics are made again when the number of vectors has grown by this factor, or once a day when it has grown by a tenth. */
const GROWN = 1.5
const GROWN_IN_A_DAY = 1.1
const DAY_MS = 86_400_000
/** Largest number of older vectors that are assigned to the new topics: the newest ones. */
const REASSIGNED_MAX = 20_000
const POOL_MIN = 30
const POOL_MAX = 1000
const PLACES_REMEMBERED_MAX = 1000

const ASSIGN_TOPICS = defineJobKind({
  name: 'topics.assign',
  payload: z.object({}),
  concurrency: 1,
  timeoutMs: 900_000,
  everySeconds: 30,
})

export interface TopicsDeps {
  readonly clickhouse: ClickHouseClient
  readonly clock: Clock
  readonly metrics: Metrics
  /** Names topics with a model; null when topics are named by their words only. */
  readonly nameByModel: ((place: TopicPlace, signal: AbortSignal) => NameByModel) | null
}

export function assignTopics(deps: TopicsDeps): JobHandler<object> {
  const state: State = { groups: new KnownGroups(), pools: new Map() }
  return {
    kind: ASSIGN_TOPICS,
    run: async ({ signal }) => {
      for (const place of await placesWithNewVectors(deps.clickhouse, PLACES_AT_ONCE)) {
        signal.throwIfAborted()
        await new PlaceRun(deps, state, place, signal).run()
        state.groups.trim()
      }
    },
  }
}

interface State {
  readonly groups: KnownGroups
  /** For each project, the number of vectors without a topic when new topics were last searched for. */
  readonly pools: Map<string, number>
}

/** One run of the job for one project. */
class PlaceRun {
  readonly #deps: TopicsDeps
  readonly #state: State
  readonly #place: TopicPlace
  readonly #signal: AbortSignal
  readonly #yielding: Yielding

  constructor(deps: TopicsDeps, state: State, place: TopicPlace, signal: AbortSignal) {
    this.#deps = deps
    this.#state = state
    this.#place = place
    this.#signal = signal
    this.#yielding = new Yielding(signal)
  }

  async run(): Promise<void> {
    const { clickhouse, clock } = this.#deps
    let model = await loadModel(clickhouse, this.#place)
    const vectors = await countVectors(clickhouse, this.#place)
    if (vectors < VECTORS_MIN) return
    if (model === null || isDue(model, vectors, clock.nowMs())) {
      const before = model
      const sample = await sampledVectors(clickhouse, this.#place, SAMPLE_MAX, BATCH)
      const options = await this.#options(vectors, before)
      const made = await makeTopics(clickhouse, sample, options, this.#yielding)
      model = await this.#store(made, 'clustered')
      if (before !== null) await this.#assignAgain(model)
    }
    const pooled = await this.#assignNew(model)
    if (pooled > 0) await this.#addTopics(model, vectors)
  }

  async #options(vectors: number, model: TopicModel | null) {
    const { clickhouse, clock, nameByModel } = this.#deps
    return {
      place: this.#place,
      known: await loadTopics(clickhouse, this.#place),
      model,
      vectors,
      nowMs: clock.nowMs(),
      nameByModel: nameByModel === null ? null : nameByModel(this.#place, this.#signal),
    }
  }

  async #store({ model, topics }: MadeTopics, outcome: string): Promise<TopicModel> {
    const { clickhouse, clock, metrics } = this.#deps
    // The topics are stored before the assignments, so that no assignment refers to a missing topic.
    await storeTopics(clickhouse, this.#place, topics, clock.nowMs())
    await storeModel(clickhouse, this.#place, model, clock.nowMs())
    metrics.add(TOPIC_RUNS, `outcome="${outcome}"`)
    const { tenantId, projectId } = this.#place
    metrics.set(
      TOPICS_KNOWN,
      `tenant="${labelValue(tenantId)}",project="${labelValue(projectId)}"`,
      model.topicIds.length,
    )
    return model
  }

  /** Assigns the new vectors. Resolves with the number of those that are near no topic. */
  async #assignNew(model: TopicModel): Promise<number> {
    const { clickhouse, clock } = this.#deps
    const assigner = new Assigner(model)
    const known = this.#state.groups
    const groups = await known.of(clickhouse, this.#place, assigner, model, clock.nowMs())
    let pooled = 0
    for (;;) {
      const vectors = await unassignedVectors(clickhouse, this.#place, BATCH)
      pooled += await this.#assign(assigner, vectors, groups)
      if (vectors.length < BATCH) return pooled
    }
  }

  /** Assigns the newest older vectors to the new topics. Their groups of duplicates stay. */
  async #assignAgain(model: TopicModel): Promise<void> {
    const { clickhouse } = this.#deps
    const assigner = new Assigner(model)
    const before = await eventsAssignedBefore(
      clickhouse,
      this.#place,
      model.clusteredAtMs,
      REASSIGNED_MAX,
    )
    for (let i = 0; i < before.length; i += BATCH) {
      const batch = before.slice(i, i + BATCH)
      const events = batch.map((b) => b.event_id)
      const vectors = await vectorsOf(clickhouse, this.#place, events)
      await this.#assign(assigner, vectors, groupsOf(batch))
    }
  }

  async #assign(
    assigner: Assigner,
    vectors: readonly TopicVector[],
    groups: DuplicateGroups | ReadonlyMap<string, Grouped>,
  ): Promise<number> {
    if (vectors.length === 0) return 0
    this.#signal.throwIfAborted()
    const { clickhouse, clock, metrics } = this.#deps
    const facts = await factsOf(clickhouse, this.#place, [
      ...new Set(vectors.map((v) => v.trace_id)),
    ])
    const assignments = []
    for (const { v, ...vector } of vectors) {
      const { topicId, similarity, nearest } = assigner.assign(v)
      if (this.#yielding.isDue(v.length * assigner.topics)) await this.#yielding.giveWay()
      const { group, similarity: duplicateSimilarity } =
        'join' in groups
          ? await groups.join(vector.event_id, v, nearest, this.#yielding)
          : (groups.get(vector.event_id) ?? { group: vector.event_id, similarity: 1 })
      assignments.push({
        ...vector,
        topicId,
        similarity,
        facts: facts.get(vector.trace_id) ?? { cost: 0, hasError: 0, hasSignal: 0 },
        duplicateGroup: group,
        duplicateSimilarity,
      })
    }
    await storeAssignments(clickhouse, this.#place, assignments, clock.nowMs())
    const pooled = assignments.filter((a) => a.topicId === '').length
    metrics.add(TOPIC_VECTORS, 'outcome="topic"', assignments.length - pooled)
    metrics.add(TOPIC_VECTORS, 'outcome="none"', pooled)
    return pooled
  }

  /**
   * Searches for new topics among the vectors that are near none, when there are many more of these than at the last search.
   */
  async #addTopics(model: TopicModel, vectors: number): Promise<void> {
    const { clickhouse } = this.#deps
    const { pools } = this.#state
    const key = JSON.stringify(this.#place)
    const events = await eventsWithoutTopic(clickhouse, this.#place, POOL_MAX)
    if (events.length < Math.max(POOL_MIN, Math.min(POOL_MAX, (pools.get(key) ?? 0) + POOL_MIN)))
      return
    if (pools.size >= PLACES_REMEMBERED_MAX) pools.clear()
    pools.set(key, events.length)
    const pool: TopicVector[] = []
    for (let i = 0; i < events.length; i += BATCH) {
      const ids = events.slice(i, i + BATCH).map((e) => e.event_id)
      pool.push(...(await vectorsOf(clickhouse, this.#place, ids)))
    }
    const options = { ...(await this.#options(vectors, model)), model }
    const made = await makeMoreTopics(clickhouse, pool, options, this.#yielding)
    if (made === null) return
    pools.delete(key)
    const more = await this.#store(made, 'born')
    const assigner = new Assigner(more)
    for (let i = 0; i < pool.length; i += BATCH)
      await this.#assign(assigner, pool.slice(i, i + BATCH), groupsOf(events))
  }
}

const groupsOf = (before: readonly AssignedBefore[]): ReadonlyMap<string, Grouped> =>
  new Map(
    before.map((b) => [b.event_id, { group: b.duplicateGroup, similarity: b.duplicateSimilarity }]),
  )

function isDue(model: TopicModel, vectors: number, nowMs: number): boolean {
  if (vectors >= model.vectors * GROWN) return true
  return nowMs - model.clusteredAtMs >= DAY_MS && vectors >= model.vectors * GROWN_IN_A_DAY
}
