// Spherical k-means: groups vectors of length 1 by their direction. Equal vectors in the same order with the same seed give
// equal groups. `clusters.ts` decides how many groups there are.

import { below, randomOf } from './random.ts'
import { dot, normalize } from './unit-vectors.ts'
import type { Yielding } from './yielding.ts'

export interface Clustering {
  readonly centroids: readonly Float32Array[]
  /** For each vector the index of its centroid. */
  readonly of: Int32Array
  /** For each vector the cosine with its own centroid and with the second nearest. */
  readonly near: Float32Array
  readonly second: Float32Array
}

export interface KMeansOptions {
  readonly k: number
  readonly seed: string
  readonly iterationsMax: number
  /** The first centroids. By default they are drawn. */
  readonly from?: readonly Float32Array[]
}

export async function sphericalKMeans(
  vectors: readonly Float32Array[],
  options: KMeansOptions,
  yielding: Yielding,
): Promise<Clustering> {
  let centroids = options.from ?? (await drawnApart(vectors, options, yielding))
  let before: Int32Array | null = null
  for (let n = 0; n < options.iterationsMax; n++) {
    const assigned = await assign(vectors, centroids, yielding)
    if (before?.every((index, i) => index === assigned.of[i]) === true) return assigned
    before = assigned.of
    centroids = centroidsOf(vectors, assigned)
  }
  return await assign(vectors, centroids, yielding)
}

/**
 * Draws the first centroids (k-means++): the probability of each vector grows with its distance from the centroids drawn
 * before.
 */
async function drawnApart(
  vectors: readonly Float32Array[],
  { k, seed }: KMeansOptions,
  yielding: Yielding,
): Promise<Float32Array[]> {
  const random = randomOf(seed)
  const first = vectors[below(random, vectors.length)]
  if (first === undefined) return []
  const drawn = [first]
  const distance = new Float64Array(vectors.length).fill(Number.POSITIVE_INFINITY)
  while (drawn.length < Math.min(k, vectors.length)) {
    const last = drawn.at(-1) ?? first
    let sum = 0
    for (const [i, v] of vectors.entries()) {
      distance[i] = Math.min(distance[i] ?? 0, Math.max(0, 1 - dot(v, last)))
      sum += distance[i] ?? 0
      if (yielding.isDue(v.length)) await yielding.giveWay()
    }
    let rest = random() * sum
    const at = distance.findIndex((d) => (rest -= d) < 0)
    drawn.push(vectors[at < 0 ? drawn.length : at] ?? first)
  }
  return drawn.map((v) => v.slice())
}

/** Finds the nearest centroid of each vector. */
export async function assign(
  vectors: readonly Float32Array[],
  centroids: readonly Float32Array[],
  yielding: Yielding,
): Promise<Clustering> {
  const of = new Int32Array(vectors.length)
  const near = new Float32Array(vectors.length)
  const second = new Float32Array(vectors.length)
  for (const [i, v] of vectors.entries()) {
    let best = -2
    let next = -2
    for (const [c, centroid] of centroids.entries()) {
      const cosine = dot(v, centroid)
      if (cosine > best) {
        next = best
        best = cosine
        of[i] = c
      } else if (cosine > next) next = cosine
    }
    near[i] = best
    second[i] = next
    if (yielding.isDue(v.length * centroids.length)) await yielding.giveWay()
  }
  return { centroids, of, near, second }
}

/**
 * A centroid that lost all its vectors moves to the vector farthest from its own centroid, so that it can find a group there.
 */
function centroidsOf(
  vectors: readonly Float32Array[],
  { centroids, of, near }: Clustering,
): Float32Array[] {
  const sums = centroids.map((c) => new Float32Array(c.length))
  const sizes = new Int32Array(centroids.length)
  for (const [i, v] of vectors.entries()) {
    const sum = sums[of[i] ?? 0]
    if (sum === undefined) continue
    for (let d = 0; d < v.length; d++) sum[d] = (sum[d] ?? 0) + (v[d] ?? 0)
    sizes[of[i] ?? 0] = (sizes[of[i] ?? 0] ?? 0) + 1
  }
  const far = Array.from(vectors.keys()).toSorted((a, b) => (near[a] ?? 0) - (near[b] ?? 0))
  return sums.map((sum, c) => {
    if ((sizes[c] ?? 0) > 0) return normalize(sum)
    return (vectors[far.shift() ?? 0] ?? sum).slice()
  })
}
