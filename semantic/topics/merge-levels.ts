// Groups vectors at several levels of detail. k-means makes many small groups, and then the two groups whose union is most
// coherent are merged, until two are left. This finds groups of unequal size more reliably than k-means with each number of
// groups, and takes less time.

import { sphericalKMeans } from './spherical-kmeans.ts'
import { dot, normalize } from './unit-vectors.ts'
import type { Yielding } from './yielding.ts'

export interface Level {
  readonly centroids: readonly Float32Array[]
  /** For each vector the index of its group. */
  readonly of: Int32Array
}

const SMALL_GROUPS_MAX = 100
const SMALL_GROUP_SIZE = 3
const ITERATIONS = 6

/** Returns the levels with these numbers of groups, without those that exceed the number of small groups. */
export async function mergeLevels(
  vectors: readonly Float32Array[],
  counts: readonly number[],
  seed: string,
  yielding: Yielding,
): Promise<ReadonlyMap<number, Level>> {
  const k = Math.min(SMALL_GROUPS_MAX, Math.floor(vectors.length / SMALL_GROUP_SIZE))
  const small = await sphericalKMeans(vectors, { k, seed, iterationsMax: ITERATIONS }, yielding)
  const merging = new Merging(vectors, small.of, k)
  const levels = new Map<number, Level>()
  for (let n = merging.groups; n >= 2; n--) {
    if (counts.includes(n)) levels.set(n, merging.level(small.of))
    merging.mergeOnce()
    if (yielding.isDue((vectors[0]?.length ?? 0) * n)) await yielding.giveWay()
  }
  return levels
}

class Merging {
  /** The sum of the vectors of each group, and the length of that sum. The more coherent a group, the longer its sum. */
  readonly #sums: Float32Array[]
  readonly #lengths: number[]
  /** The length that merging a pair of groups would lose, by the index of the first group. */
  readonly #losses: number[][]
  /** For each small group the group that it is part of. */
  readonly #partOf: number[]
  readonly #alive: Set<number>

  constructor(vectors: readonly Float32Array[], of: Int32Array, k: number) {
    const dimensions = vectors[0]?.length ?? 0
    this.#sums = Array.from({ length: k }, () => new Float32Array(dimensions))
    for (const [i, v] of vectors.entries()) addTo(this.#sums[of[i] ?? 0], v)
    this.#lengths = this.#sums.map(lengthOf)
    this.#partOf = Array.from({ length: k }, (_, i) => i)
    this.#alive = new Set(this.#partOf.filter((i) => (this.#lengths[i] ?? 0) > 0))
    this.#losses = this.#sums.map(() => [])
    for (const a of this.#alive) for (const b of this.#alive) if (a < b) this.#setLoss(a, b)
  }

  get groups(): number {
    return this.#alive.size
  }

  #setLoss(a: number, b: number): void {
    const [one, other] = [this.#sums[a], this.#sums[b]]
    if (one === undefined || other === undefined) return
    const [la, lb] = [this.#lengths[a] ?? 0, this.#lengths[b] ?? 0]
    const together = Math.sqrt(Math.max(0, la * la + lb * lb + 2 * dot(one, other)))
    const row = this.#losses[Math.min(a, b)]
    if (row !== undefined) row[Math.max(a, b)] = la + lb - together
  }

  /** Merges the pair that loses the least length. */
  mergeOnce(): void {
    let least = Number.POSITIVE_INFINITY
    let pair: readonly [number, number] | null = null
    for (const a of this.#alive)
      for (const b of this.#alive) {
        const loss = a < b ? (this.#losses[a]?.[b] ?? least) : least
        if (loss >= least) continue
        least = loss
        pair = [a, b]
      }
    if (pair === null) return
    const [a, b] = pair
    const gone = this.#sums[b]
    if (gone !== undefined) addTo(this.#sums[a], gone)
    this.#lengths[a] = lengthOf(this.#sums[a] ?? new Float32Array())
    this.#alive.delete(b)
    for (const [i, part] of this.#partOf.entries()) if (part === b) this.#partOf[i] = a
    for (const c of this.#alive) if (c !== a) this.#setLoss(a, c)
  }

  level(small: Int32Array): Level {
    const index = new Map([...this.#alive].map((group, i) => [group, i]))
    return {
      centroids: [...this.#alive].map((i) =>
        normalize((this.#sums[i] ?? new Float32Array()).slice()),
      ),
      of: small.map((group) => index.get(this.#partOf[group] ?? 0) ?? 0),
    }
  }
}

const lengthOf = (v: Float32Array): number => Math.sqrt(dot(v, v))

function addTo(sum: Float32Array | undefined, v: Float32Array): void {
  if (sum === undefined) return
  for (let i = 0; i < v.length; i++) sum[i] = (sum[i] ?? 0) + (v[i] ?? 0)
}
