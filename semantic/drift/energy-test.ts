// Tests whether two samples of vectors come from one distribution, with the energy distance (Székely and Rizzo 2013) and permutations: if
// they do, the labels of the samples can be exchanged. It needs no assumption about how the vectors are distributed.

import { below, randomOf } from '../topics/random.ts'
import { centred, dot, meanOf } from '../topics/unit-vectors.ts'
import type { Yielding } from '../topics/yielding.ts'

export interface EnergyTest {
  /** The energy distance as a share of its largest possible value: 0 for equal samples, 1 for samples at two points. */
  readonly effect: number
  /** The share of permutations with at least this distance: how often chance alone gives it. */
  readonly pValue: number
  readonly permutations: number
  /** The indices of the vectors of each sample that are most typical of it and least of the other, the most typical first. */
  readonly typicalNow: readonly number[]
  readonly typicalBefore: readonly number[]
}

export interface EnergyOptions {
  readonly seed: string
  readonly permutations: number
}

/** `now` and `before` hold vectors of length 1, at least two each. */
export async function energyTest(
  now: readonly Float32Array[],
  before: readonly Float32Array[],
  { seed, permutations }: EnergyOptions,
  yielding: Yielding,
): Promise<EnergyTest> {
  // The mean of both sets together is subtracted. It does not depend on the labels, so the test stays exact; and differences
  // become visible where all vectors have much in common.
  const all = [...now, ...before]
  const center = meanOf(all)
  const distances = await Distances.of(
    all.map((v) => centred(v, center)),
    yielding,
  )
  const order = Int32Array.from({ length: distances.n }, (_, i) => i)
  const own = distances.between(order, now.length)
  const random = randomOf(seed)
  let asFar = 0
  for (let p = 0; p < permutations; p++) {
    shuffle(order, now.length, random)
    // Sums in another order differ in the last digits.
    if (distances.between(order, now.length).energy >= own.energy - 1e-9) asFar++
    if (yielding.isDue(now.length * now.length)) await yielding.giveWay()
  }
  const typical = distances.typical(now.length)
  return {
    effect: own.across > 0 ? Math.max(0, own.energy / (2 * own.across)) : 0,
    pValue: (asFar + 1) / (permutations + 1),
    permutations,
    typicalNow: typical.slice(0, now.length).toSorted(byScore).map(indexOf),
    typicalBefore: typical
      .slice(now.length)
      .toSorted((a, b) => byScore(b, a))
      .map((t) => t.index - now.length),
  }
}

interface Typical {
  readonly index: number
  /** How much nearer a vector is to the first sample than to the second. */
  readonly score: number
}

const byScore = (a: Typical, b: Typical): number => b.score - a.score || a.index - b.index
const indexOf = (t: Typical): number => t.index

/** The Euclidean distances between all vectors of both samples. */
class Distances {
  readonly n: number
  readonly #d: Float32Array
  readonly #rows: Float64Array
  readonly #all: number

  private constructor(n: number, d: Float32Array) {
    this.n = n
    this.#d = d
    this.#rows = new Float64Array(n)
    let all = 0
    for (let i = 0; i < n; i++) {
      let sum = 0
      for (let j = 0; j < n; j++) sum += d[i * n + j] ?? 0
      this.#rows[i] = sum
      all += sum
    }
    this.#all = all
  }

  static async of(vectors: readonly Float32Array[], yielding: Yielding): Promise<Distances> {
    const n = vectors.length
    const d = new Float32Array(n * n)
    for (const [i, v] of vectors.entries()) {
      for (let j = 0; j < i; j++) {
        const other = vectors[j] ?? v
        const distance = Math.sqrt(Math.max(0, 2 - 2 * dot(v, other)))
        d[i * n + j] = distance
        d[j * n + i] = distance
      }
      if (yielding.isDue(i * v.length)) await yielding.giveWay()
    }
    return new Distances(n, d)
  }

  /** The first `size` of the order are one sample, the others the second. The rest follows from the sum within the first. */
  between(order: Int32Array, size: number): { readonly energy: number; readonly across: number } {
    const { n } = this
    const other = n - size
    let rows = 0
    let within = 0
    for (let a = 0; a < size; a++) {
      const i = order[a] ?? 0
      rows += this.#rows[i] ?? 0
      const from = i * n
      for (let b = 0; b < a; b++) within += this.#d[from + (order[b] ?? 0)] ?? 0
    }
    const first = 2 * within
    const across = rows - first
    const second = this.#all - 2 * across - first
    const mean = across / (size * other)
    return {
      energy: 2 * mean - first / (size * size) - second / (other * other),
      across: mean,
    }
  }

  typical(size: number): readonly Typical[] {
    const { n } = this
    return Array.from({ length: n }, (_, index) => {
      let first = 0
      let second = 0
      for (let j = 0; j < n; j++) {
        const distance = this.#d[index * n + j] ?? 0
        if (j < size) first += distance
        else second += distance
      }
      return { index, score: second / (n - size) - first / size }
    })
  }
}

/** Draws which elements come first; the order among them does not matter. */
function shuffle(order: Int32Array, size: number, random: () => number): void {
  for (let i = 0; i < size; i++) {
    const j = i + below(random, order.length - i)
    const kept = order[i] ?? 0
    order[i] = order[j] ?? 0
    order[j] = kept
  }
}
