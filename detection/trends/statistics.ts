// Statistical tests of the trend rules: whether a rate, a quantile or a distribution differs from an earlier one. They assume
// little about distributions.

/** The z value of a two-sided confidence of 99.9 %. */
const Z = 3.29
/** The factor from a median absolute deviation to the standard deviation of a normal distribution. */
const MAD_SCALE = 1.4826

/** The Wilson confidence interval of the rate of `k` in `n`. */
export function rateBounds(k: number, n: number, z = Z): readonly [low: number, high: number] {
  if (n === 0) return [0, 1]
  const p = k / n
  const z2 = (z * z) / n
  const centre = p + z2 / 2
  const spread = z * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n))
  return [Math.max(0, (centre - spread) / (1 + z2)), Math.min(1, (centre + spread) / (1 + z2))]
}

export function median(values: readonly number[]): number {
  if (values.length === 0) return 0
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] as number
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2
}

/** The standard deviation of values after their median absolute deviation from the median; that of nothing is 2 % of the median. */
export function deviation(values: readonly number[], centre: number): number {
  const mad = median(values.map((x) => Math.abs(x - centre)))
  return Math.max(mad * MAD_SCALE, Math.abs(centre) * 0.02, 1e-12)
}
