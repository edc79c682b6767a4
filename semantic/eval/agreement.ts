// Measures how well the results of a check or judge agree with human labels: precision and recall with confidence intervals, and Cohen's
// kappa, which corrects for agreement by chance.

export interface Pair {
  /** `label` is the human label, `found` is the result of the check or judge. */
  readonly isFault: boolean
  readonly isFound: boolean
}

export interface Agreement {
  readonly labels: number
  readonly faults: number
  readonly precision: number | null
  /** The 95 % Wilson score interval. */
  readonly precision_interval: readonly [number, number] | null
  readonly recall: number | null
  readonly recall_interval: readonly [number, number] | null
  readonly agreement: number
  readonly kappa: number | null
}

const round = (n: number): number => Math.round(n * 1000) / 1000

export function agreementOf(pairs: readonly Pair[]): Agreement {
  const n = pairs.length
  const both = pairs.filter((p) => p.isFault && p.isFound).length
  const faults = pairs.filter((p) => p.isFault).length
  const found = pairs.filter((p) => p.isFound).length
  const same = pairs.filter((p) => p.isFault === p.isFound).length
  const observed = n === 0 ? 0 : same / n
  const chance = n === 0 ? 0 : (faults * found + (n - faults) * (n - found)) / (n * n)
  return {
    labels: n,
    faults,
    precision: found === 0 ? null : round(both / found),
    precision_interval: wilson(both, found),
    recall: faults === 0 ? null : round(both / faults),
    recall_interval: wilson(both, faults),
    agreement: round(observed),
    kappa: chance === 1 ? null : round((observed - chance) / (1 - chance)),
  }
}

/** Returns the 95 % Wilson score interval of a proportion; null if there are no trials. */
export function wilson(hits: number, n: number): readonly [number, number] | null {
  if (n === 0) return null
  const z = 1.96
  const p = hits / n
  const middle = (p + (z * z) / (2 * n)) / (1 + (z * z) / n)
  const half = (z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n))) / (1 + (z * z) / n)
  return [round(Math.max(0, middle - half)), round(Math.min(1, middle + half))]
}
