// Finds the groups in a sample of vectors: their number, the similarity from which on a vector belongs to one, and the groups
// that continue one of an earlier run. The result depends only on the vectors, their order and the seed.

import { mergeLevels } from './merge-levels.ts'
import { assign, type Clustering, sphericalKMeans } from './spherical-kmeans.ts'
import { centred, dot, meanOf, normalize, quantile } from './unit-vectors.ts'
import type { Yielding } from './yielding.ts'

/** A smaller group is no topic. */
export const TOPIC_SIZE_MIN = 8
const TOPIC_COUNTS = [2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 26, 32, 40, 50, 64]
/**
 * The number of groups is chosen with this many vectors of the sample. With more, the choice hardly changes and takes longer.
 */
const CHOOSE_WITH = 2000
const ITERATIONS = 20
/** A number of groups must fit better by this share. Otherwise the number of the earlier run is kept. */
const BETTER_BY = 0.03
/**
 * The share of pairs within a group that must also be together in the other half of the vectors. Otherwise the group is
 * noise.
 */
const REPEATED_MIN = 0.6
/** The share of a group's vectors that may be farther from its centroid than the threshold. */
const OUTLIERS = 0.03
/** Vectors outside of the sample are a little farther away than those in it. */
const MARGIN = 0.02
/** Lowest similarity to a group with which a vector can belong to it. */
const SIMILARITY_MIN = 0.1

export interface Cluster {
  /** The mean direction of its vectors, before the centre is subtracted. */
  readonly mean: Float32Array
  readonly threshold: number
  readonly cohesion: number
  /** The indices of its vectors, the nearest to the centroid first. */
  readonly members: readonly number[]
}

export interface Clusters {
  readonly center: Float32Array
  readonly clusters: readonly Cluster[]
}

export interface ClusterOptions {
  readonly seed: string
  /** The means of the topics of an earlier run. */
  readonly before: readonly Float32Array[]
  /** Is subtracted from the vectors. The default is their own mean. */
  readonly center?: Float32Array
}

/** Groups vectors of length 1. Groups that are too small are left out, and their vectors belong to no group. */
export async function findClusters(
  vectors: readonly Float32Array[],
  { seed, before, ...options }: ClusterOptions,
  yielding: Yielding,
): Promise<Clusters> {
  const center = options.center ?? meanOf(vectors)
  const points = vectors.map((v) => centred(v, center))
  const old = before.map((mean) => centred(mean, center))
  const from = await bestStart(points.slice(0, CHOOSE_WITH), old, seed, yielding)
  if (from === null && options.center === undefined)
    return { center, clusters: [onlyOne(center, vectors)] }
  const start = from ?? [normalize(meanOf(points))]
  const found = await sphericalKMeans(
    points,
    { k: start.length, seed, iterationsMax: ITERATIONS, from: start },
    yielding,
  )
  return { center, clusters: clustersOf(vectors, points, center, found) }
}

/** One group with all vectors, for vectors in which no groups are found. */
const onlyOne = (center: Float32Array, vectors: readonly Float32Array[]): Cluster => ({
  mean: normalize(center.slice()),
  threshold: -1,
  cohesion: 0,
  members: Array.from(vectors.keys()),
})

/** The centroids of the number of groups that fits best; null if there are no groups. */
async function bestStart(
  points: readonly Float32Array[],
  old: readonly Float32Array[],
  seed: string,
  yielding: Yielding,
): Promise<readonly Float32Array[] | null> {
  const one = points.filter((_, i) => i % 2 === 0)
  const other = points.filter((_, i) => i % 2 === 1)
  const counts = TOPIC_COUNTS.filter((n) => n * TOPIC_SIZE_MIN <= points.length)
  const first = await mergeLevels(one, counts, `${seed} 1`, yielding)
  const second = await mergeLevels(other, counts, `${seed} 2`, yielding)
  let best: Candidate | null = null
  if (old.length > 1 && old.length * TOPIC_SIZE_MIN <= points.length) {
    const { of } = await refined(other, old, seed, yielding)
    const from = await refined(one, old, seed, yielding)
    best = await candidateOf(from.centroids, other, of, yielding)
  }
  for (const [k, { centroids }] of [...first].toReversed()) {
    const level = second.get(k)
    if (level === undefined) continue
    const found = await candidateOf(centroids, other, level.of, yielding)
    if (found !== null && found.fit > (best?.fit ?? 0) * (1 + BETTER_BY)) best = found
  }
  return best?.centroids ?? null
}

const refined = (
  points: readonly Float32Array[],
  from: readonly Float32Array[],
  seed: string,
  yielding: Yielding,
): Promise<Clustering> =>
  sphericalKMeans(points, { k: from.length, seed, iterationsMax: ITERATIONS, from }, yielding)

interface Candidate {
  readonly centroids: readonly Float32Array[]
  readonly fit: number
}

/**
 * Checks whether the groups of one half of the vectors are also found in the other half, which was grouped on its own (prediction
 * strength, Tibshirani and Walther 2005), and how well they are separated there. Groups of noise look separated only in the
 * half in which they were made; for them the result is null.
 */
async function candidateOf(
  centroids: readonly Float32Array[],
  other: readonly Float32Array[],
  own: Int32Array,
  yielding: Yielding,
): Promise<Candidate | null> {
  const predicted = await assign(other, centroids, yielding)
  const repeated = repeatedPairs(own, predicted.of, centroids.length)
  if (repeated < REPEATED_MIN) return null
  return { centroids, fit: repeated * separationOf(predicted) }
}

/** Of the pairs within the groups of `of`, the share that is also within one group of `predicted`. */
function repeatedPairs(of: Int32Array, predicted: Int32Array, groups: number): number {
  const both = new Map<number, number>()
  const sizes = new Map<number, number>()
  for (const [i, own] of of.entries()) {
    const pair = own * groups + (predicted[i] ?? 0)
    both.set(pair, (both.get(pair) ?? 0) + 1)
    sizes.set(own, (sizes.get(own) ?? 0) + 1)
  }
  const pairs = (counts: Iterable<number>): number =>
    [...counts].reduce((sum, n) => sum + n * (n - 1), 0)
  const all = pairs(sizes.values())
  return all === 0 ? 0 : pairs(both.values()) / all
}

/**
 * The simplified silhouette, from 0 to 1: how much nearer a vector is to its own centroid than to the second nearest, as the
 * mean over all vectors. The full silhouette would need the distances between all vectors.
 */
function separationOf({ near, second }: Clustering): number {
  let sum = 0
  for (let i = 0; i < near.length; i++) {
    const own = 1 - (near[i] ?? 0)
    const other = 1 - (second[i] ?? 0)
    sum += other > 0 ? Math.max(0, other - own) / other : 0
  }
  return near.length === 0 ? 0 : sum / near.length
}

function clustersOf(
  vectors: readonly Float32Array[],
  points: readonly Float32Array[],
  center: Float32Array,
  { of, near, centroids }: Clustering,
): Cluster[] {
  return centroids.flatMap((_, c) => {
    const own = Array.from(vectors.keys()).filter(
      (i) => of[i] === c && (near[i] ?? 0) >= SIMILARITY_MIN,
    )
    if (own.length < TOPIC_SIZE_MIN) return []
    const mean = normalize(meanOf(own.flatMap((i) => vectors[i] ?? [])))
    // Vectors are assigned by the mean, which differs a little from the centroid of the points. The threshold must come from
    // the same comparison.
    const centroid = centred(mean, center)
    const similarity = new Map(own.map((i) => [i, dot(points[i] ?? centroid, centroid)]))
    const similarities = [...similarity.values()]
    return [
      {
        mean,
        threshold: Math.max(SIMILARITY_MIN, quantile(similarities, OUTLIERS) - MARGIN),
        cohesion: similarities.reduce((sum, s) => sum + s, 0) / own.length,
        members: own.toSorted((a, b) => (similarity.get(b) ?? 0) - (similarity.get(a) ?? 0)),
      },
    ]
  })
}

/** From this similarity on, two groups of different runs are the same topic. */
const SAME_FROM = 0.7

/**
 * Finds the topic of the earlier run that each group continues. The nearest pairs are matched first, and each topic at most
 * once. The result has the index of that topic, or null for a new topic.
 */
export function continuedTopics(
  { center, clusters }: Clusters,
  before: readonly Float32Array[],
): readonly (number | null)[] {
  const now = clusters.map((c) => centred(c.mean, center))
  const old = before.map((mean) => centred(mean, center))
  const pairs = now.flatMap((a, i) => old.map((b, j) => ({ i, j, similarity: dot(a, b) })))
  const continued = new Map<number, number>()
  const taken = new Set<number>()
  for (const { i, j, similarity } of pairs.toSorted((a, b) => b.similarity - a.similarity)) {
    if (similarity < SAME_FROM || continued.has(i) || taken.has(j)) continue
    continued.set(i, j)
    taken.add(j)
  }
  return clusters.map((_, i) => continued.get(i) ?? null)
}
