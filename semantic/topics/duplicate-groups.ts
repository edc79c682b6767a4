// Near duplicates: a vector that is nearer to an earlier one than random pairs are joins its group; one that is near none begins a group.
// Compared are only vectors that share one of their two nearest topics, which near duplicates do.

import type { ClickHouseClient } from '@clickhouse/client'
import { duplicateLeaders, type TopicPlace, vectorsOf } from '../../storage/semantic/topics.ts'
import type { Assigned, Assigner } from './assigner.ts'
import type { Breathing } from './breathing.ts'
import { below, randomOf } from './random.ts'
import { dot, quantile } from './unit-vectors.ts'

/** The most groups of a project that new vectors are compared with, the newest. */
const GROUPS_MAX = 3000
/** The most numbers that all projects together keep in memory between two runs: 32 MiB. */
const NUMBERS_MAX = 8_000_000
const BATCH = 500
const PAIRS = 20_000
const RANDOM_PAIRS_BELOW = 0.999
/** Whatever random pairs are like, duplicates are at least and need be at most so near. */
const THRESHOLD_MIN = 0.93
const THRESHOLD_MAX = 0.985
/** Nearer ones are the same text. They say nothing about how near different texts are. */
const SAME_TEXT = 0.9995

/** The similarity that 99.9 % of random pairs of different texts do not reach. */
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
  /** Leaders that were stored after this time are not known yet; ms since the epoch. */
  readAtMs = 0
  #leaders: Leader[] = []
  #byTopic: Leader[][] = []

  constructor(threshold: number) {
    this.threshold = threshold
  }

  /** How many numbers are kept in memory. */
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

  /** Finds the group of a vector, or makes it the first of its own. */
  async join(
    eventId: string,
    v: Float32Array,
    nearest: Assigned['nearest'],
    breathing: Breathing,
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
        if (breathing.isDue(v.length)) await breathing.breathe()
      }
    if (best !== null) return { group: best.eventId, similarity: Math.min(1, similarity) }
    this.add(eventId, v, nearest)
    return { group: eventId, similarity: 1 }
  }
}

/** The groups of all projects that were worked lately, within a bound. What was let go is read again. */
export class KnownGroups {
  readonly #known = new Map<string, DuplicateGroups>()

  /** Resolves with the groups of a project, with those that others stored since. `clusteredAtMs` names the topics that index them. */
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
    // Rows that are being stored while these are read may carry an earlier time.
    groups.readAtMs = nowMs - 60_000
    return groups
  }

  /** Lets those go that were not used for the longest time. */
  trim(): void {
    let sum = 0
    for (const [key, groups] of [...this.#known].toReversed()) {
      sum += groups.numbers
      if (sum > NUMBERS_MAX) this.#known.delete(key)
    }
  }
}
