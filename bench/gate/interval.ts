// Estimates the ratio of two costs measured in pairs, with a confidence interval. Based on Wilcoxon's signed-rank test, which
// assumes nothing about the distribution of the noise and is hardly affected by one outlier.

/** A ratio, and the interval that contains the true ratio with at least the given confidence. */
export interface Interval {
  readonly estimate: number
  readonly low: number
  readonly high: number
}

/** With fewer pairs there is no interval of 95 % confidence. */
export const PAIRS_MIN = 6

/**
 * Hodges-Lehmann estimate of the centre of the ratios. It is computed on a logarithmic scale, so that twice and half as
 * expensive have equal weight. `confidence` is between 0 and 1.
 */
export function intervalOf(ratios: readonly number[], confidence = 0.95): Interval {
  if (ratios.length < PAIRS_MIN) throw new Error(`${ratios.length} pairs; ${PAIRS_MIN} are needed`)
  const averages = walshAverages(ratios.map(Math.log))
  const cut = rankCut(ratios.length, (1 - confidence) / 2)
  const at = (index: number): number => Math.exp(averages[index] ?? Number.NaN)
  const middle = (averages.length - 1) / 2
  return {
    estimate: Math.sqrt(at(Math.floor(middle)) * at(Math.ceil(middle))),
    low: at(cut),
    high: at(averages.length - 1 - cut),
  }
}

/** Averages of all pairs of values, including each value with itself, in ascending order (Walsh averages). */
function walshAverages(values: readonly number[]): number[] {
  const averages: number[] = []
  for (const [i, a] of values.entries()) for (const b of values.slice(i)) averages.push((a + b) / 2)
  return averages.sort((a, b) => a - b)
}

/**
 * How many averages to cut off on each side: the largest number for which the probability on each side is at most `tail`.
 */
function rankCut(pairs: number, tail: number): number {
  const counts = signedRankCounts(pairs)
  const total = 2 ** pairs
  let below = 0
  let cut = 0
  while ((below + (counts[cut] ?? 0)) / total <= tail) {
    below += counts[cut] ?? 0
    cut++
  }
  return cut - 1
}

/** For each possible sum of positive ranks, how many of the 2^n combinations of signs give it. */
function signedRankCounts(pairs: number): number[] {
  const counts = [1, ...Array.from({ length: (pairs * (pairs + 1)) / 2 }, () => 0)]
  for (let rank = 1; rank <= pairs; rank++)
    for (let sum = counts.length - 1; sum >= rank; sum--)
      counts[sum] = (counts[sum] ?? 0) + (counts[sum - rank] ?? 0)
  return counts
}

export type Verdict = 'better' | 'equal' | 'worse' | 'cannot tell'

/**
 * Verdict on an interval of new ÷ old. Better: the ratio is below 1. Equal: the ratio is at most 1 + `margin`, with the
 * confidence of the interval. Worse: the ratio is above 1 and may be above the margin.
 */
export function verdictOf({ low, high }: Interval, margin: number): Verdict {
  if (high < 1) return 'better'
  if (high <= 1 + margin) return 'equal'
  return low > 1 ? 'worse' : 'cannot tell'
}
