// Near duplicates. A vector that is nearer to an earlier one than random pairs are joins the group of that one; any other
// vector begins a group. Only vectors that share one of their two nearest topics are compared, because near duplicates always
// do.

import type { ClickHouseClient } from '@clickhouse/client'
import { duplicateLeaders, type TopicPlace, vectorsOf } from '../../storage/semantic/topics.ts'
import type { Assigned, Assigner } from './assigner.ts'
import { below, randomOf } from './random.ts'
import { dot, quantile } from './unit-vectors.ts'
import type { Yielding } from './yielding.ts'

/** Largest number of groups of a project with which new vectors are compared: the newest ones. */
const GROUPS_MAX = 3000
/** Largest total length of the vectors that all projects keep in memory between two runs, in numbers: 32 MiB. */
const NUMBERS_MAX = 8_000_000
const BATCH = 500
const PAIRS = 20_000
const RANDOM_PAIRS_BELOW = 0.999
/** Bounds of the threshold, whatever random pairs are like. */
const THRESHOLD_MIN = 0.93
const THRESHOLD_MAX = 0.985
/** Vectors this near belong to the same text. They do not show how near different texts are. */
const SAME_TEXT = 0.9995

/** Returns the similarity that 99.9 % of random pairs of different texts do not reach. */
export function duplicateThreshold(vectors: readonly Float32Array[], seed: string): number {
  const random = randomOf(`${seed} pairs`)
  const similarities: number[] = []
  for (let i = 0; i < PAIRS; i++) {
    const a = vectors[below(random, vectors.length)]
    const b = vectors[below(random, vectors.length)]
    if (a === undefined || b === undefined || a === b) continue
    const similarity = dot(a, b)
    if (similarity < SAME_TEXT) similarities.push(similarity)
  }
  const learnt = quantile(similarities, RANDOM_PAIRS_BELOW)
  return Math.min(THRESHOLD_MAX, Math.max(THRESHOLD_MIN, learnt))
}

interface Leader {
  readonly eventId: string
  readonly v: Float32Array
  readonly nearest: Assigned['nearest']
}

export interface Grouped {
  readonly group: string
  readonly similarity: number
}

/** The groups of one project. */
export class DuplicateGroups {
  readonly threshold: number
  /** Time of the last read, ms since the epoch. Groups that another job has stored since then are not known yet. */
  readAtMs = 0
  #leaders: Leader[] = []
  #byTopic: Leader[][] = []

  constructor(threshold: number) {
    this.threshold = threshold
  }

  /** Total length of the vectors in memory. */
  get numbers(): number {
    return this.#leaders.reduce((sum, leader) => sum + leader.v.length, 0)
  }

  add(eventId: string, v: Float32Array, nearest: Assigned['nearest']): void {
    if (this.#leaders.some((leader) => leader.eventId === eventId)) return
    this.#leaders.push({ eventId, v, nearest })
    if (this.#leaders.length > GROUPS_MAX) {
      this.#leaders = this.#leaders.slice(-Math.floor(GROUPS_MAX * 0.9))
      this.#byTopic = []
      for (const leader of this.#leaders) this.#index(leader)
      return
    }
    this.#index({ eventId, v, nearest })
  }

  #index(leader: Leader): void {
    for (const topic of new Set(leader.nearest)) {
      this.#byTopic[topic] ??= []
      this.#byTopic[topic].push(leader)
    }
  }

  /** Finds the group of a vector, or begins one with it. */
  async join(
    eventId: string,
    v: Float32Array,
    nearest: Assigned['nearest'],
    yielding: Yielding,
  ): Promise<Grouped> {
    let best: Leader | null = null
    let similarity = this.threshold
    for (const topic of new Set(nearest))
      for (const leader of this.#byTopic[topic] ?? []) {
        const cosine = dot(v, leader.v)
        if (cosine >= similarity) {
          similarity = cosine
          best = leader
        }
        if (yielding.isDue(v.length)) await yielding.giveWay()
      }
    if (best !== null) return { group: best.eventId, similarity: Math.min(1, similarity) }
    this.add(eventId, v, nearest)
    return { group: eventId, similarity: 1 }
  }
}

/**
 * The groups of the projects that were processed last, within a bound. The groups of other projects are read again when
 * needed.
 */
export class KnownGroups {
  readonly #known = new Map<string, DuplicateGroups>()

  /**
   * Resolves with the groups of a project, including those that other jobs have stored. `clusteredAtMs` identifies the topics
   * by which they are indexed.
   */
  async of(
    client: ClickHouseClient,
    place: TopicPlace,
    assigner: Assigner,
    model: { readonly duplicateThreshold: number; readonly clusteredAtMs: number },
    nowMs: number,
  ): Promise<DuplicateGroups> {
    const { tenantId, projectId, embedder } = place
    const key = JSON.stringify([tenantId, projectId, embedder, model.clusteredAtMs])
    const groups = this.#known.get(key) ?? new DuplicateGroups(model.duplicateThreshold)
    this.#known.delete(key)
    this.#known.set(key, groups)
    const ids = await duplicateLeaders(client, place, groups.readAtMs, GROUPS_MAX)
    for (let i = 0; i < ids.length; i += BATCH)
      for (const vector of await vectorsOf(client, place, ids.slice(i, i + BATCH)))
        groups.add(vector.event_id, vector.v, assigner.assign(vector.v).nearest)
    // Rows that are stored during this read may have an earlier time.
    groups.readAtMs = nowMs - 60_000
    return groups
  }

  /** Forgets the projects that were not used for the longest time. */
  trim(): void {
    let sum = 0
    for (const [key, groups] of [...this.#known].toReversed()) {
      sum += groups.numbers
      if (sum > NUMBERS_MAX) this.#known.delete(key)
    }
  }
}
