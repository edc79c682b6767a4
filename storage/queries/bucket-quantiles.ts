// Quantiles of values of which only histogram buckets are known, also over several histograms with different bounds.
// Values are assumed to be evenly distributed within a bucket.

export interface Histogram {
  /** The upper bounds of all buckets except the last. */
  readonly bounds: readonly number[]
  readonly buckets: readonly number[]
}

interface Interval {
  readonly low: number
  readonly high: number
  readonly count: number
}

const STEPS = 60

/** One value for each of `ranks`. Empty when nothing was counted. */
export function quantilesOf(
  histograms: readonly Histogram[],
  ranks: readonly number[],
): readonly number[] {
  const intervals = histograms.flatMap(intervalsOf)
  const total = intervals.reduce((n, interval) => n + interval.count, 0)
  if (total === 0) return []
  return ranks.map((rank) => quantile(intervals, rank * total))
}

/** The first and last buckets have only one bound, so their values count as equal to it. */
function intervalsOf({ bounds, buckets }: Histogram): Interval[] {
  return buckets.flatMap((count, i) => {
    if (count <= 0) return []
    const high = bounds[i] ?? bounds.at(-1) ?? 0
    const low = i === 0 ? Math.min(0, high) : (bounds[i - 1] ?? high)
    return [{ low: i === bounds.length ? high : low, high, count }]
  })
}

function quantile(intervals: readonly Interval[], wanted: number): number {
  let low = Math.min(...intervals.map((i) => i.low))
  let high = Math.max(...intervals.map((i) => i.high))
  for (let step = 0; step < STEPS && high > low; step++) {
    const middle = low + (high - low) / 2
    if (below(intervals, middle) >= wanted) high = middle
    else low = middle
  }
  return high
}

/** How many values are at most `x`. */
function below(intervals: readonly Interval[], x: number): number {
  let count = 0
  for (const { low, high, count: own } of intervals) {
    if (x >= high) count += own
    else if (x > low) count += own * ((x - low) / (high - low))
  }
  return count
}
