// The ratio of two things measured in pairs, as an estimate with its interval. Wilcoxon's signed ranks: no assumption about
// the shape of the noise, and one pair that a neighbour on the machine spoiled moves it little.

/** A ratio and the interval that holds the true one with at least the confidence asked for. */
export interface Interval {
  readonly estimate: number
  readonly low: number
  readonly high: number
}

/** Below this many pairs no interval of 95 % exists. */
export const PAIRS_MIN = 6

/**
 * Hodges-Lehmann estimate of the ratios' centre, on a logarithmic scale, so that twice as dear and half as dear weigh the
 * same. `confidence` is that of the interval, 0 to 1.
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

/** Means of all pairs of values, each with itself too, ascending. */
function walshAverages(values: readonly number[]): number[] {
  const averages: number[] = []
  for (const [i, a] of values.entries()) for (const b of values.slice(i)) averages.push((a + b) / 2)
  return averages.sort((a, b) => a - b)
}

/** How many of the outermost averages on each side the interval leaves out: the largest number that keeps `tail` a side. */
function rankCut(n: number, tail: number): number {
  const counts = signedRankCounts(n)
  const total = 2 ** n
  let below = 0
  let cut = 0
  while ((below + (counts[cut] ?? 0)) / total <= tail) {
    below += counts[cut] ?? 0
    cut++
  }
  return cut - 1
}

/** How many of the 2^n choices of signs give each sum of positive ranks. */
function signedRankCounts(n: number): number[] {
  const counts = [1, ...new Array<number>((n * (n + 1)) / 2).fill(0)]
  for (let rank = 1; rank <= n; rank++)
    for (let sum = counts.length - 1; sum >= rank; sum--)
      counts[sum] = (counts[sum] ?? 0) + (counts[sum - rank] ?? 0)
  return counts
}

export type Verdict = 'better' | 'equal' | 'worse' | 'cannot tell'

/**
 * What an interval of new ÷ old says of a cost. Equal: the true ratio is not above 1 + `margin`, as far as the confidence
 * goes. Worse: it is above 1, and may be above the margin. Better: it is below 1.
 */
export function verdictOf({ low, high }: Interval, margin: number): Verdict {
  if (high < 1) return 'better'
  if (high <= 1 + margin) return 'equal'
  return low > 1 ? 'worse' : 'cannot tell'
}
