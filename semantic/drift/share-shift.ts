// How the shares of topics shifted between two time ranges.

export interface TopicCount {
  readonly topicId: string
  /** Number of traces that the sampled ones represent, in both ranges. */
  readonly now: number
  readonly before: number
}

export interface TopicShift {
  readonly topicId: string
  /** From 0 to 1. */
  readonly share: number
  readonly baseShare: number
  /** How probable a difference of at least this size is by chance; two-sided. */
  readonly pValue: number
  /** Whether it is less probable than 1 % after a correction for the number of topics (Bonferroni). */
  readonly isSignificant: boolean
}

/** The number of equally weighted traces that would be as informative as the weighted ones: (Σw)² / Σw². */
export interface SampleSizes {
  readonly now: number
  readonly before: number
}

const SIGNIFICANT_BELOW = 0.01

/** The largest shifts first. */
export function topicShifts(
  counts: readonly TopicCount[],
  sizes: SampleSizes,
): readonly TopicShift[] {
  const sum = (of: (c: TopicCount) => number): number => counts.reduce((n, c) => n + of(c), 0)
  const [all, allBefore] = [sum((c) => c.now), sum((c) => c.before)]
  if (all === 0 || allBefore === 0) return []
  return counts
    .map(({ topicId, now, before }) => {
      const share = now / all
      const baseShare = before / allBefore
      const pValue = pOfShares(share, baseShare, sizes)
      const isSignificant = pValue < SIGNIFICANT_BELOW / counts.length
      return { topicId, share, baseShare, pValue, isSignificant }
    })
    .toSorted((a, b) => Math.abs(b.share - b.baseShare) - Math.abs(a.share - a.baseShare))
}

/** The test of two proportions. One trace is added on each side, so that few traces prove nothing. */
function pOfShares(share: number, base: number, { now, before }: SampleSizes): number {
  const pooled = (share * now + base * before + 1) / (now + before + 2)
  const deviation = Math.sqrt(pooled * (1 - pooled) * (1 / now + 1 / before))
  return deviation > 0 ? erfc(Math.abs(share - base) / deviation / Math.SQRT2) : 1
}

/** The complementary error function, within 1.2e-7 (Numerical Recipes, section 6.2). */
function erfc(x: number): number {
  const t = 1 / (1 + 0.5 * Math.abs(x))
  const terms = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398,
    1.48851587, -0.82215223, 0.17087277,
  ]
  const exponent = terms.toReversed().reduce((sum, c) => sum * t + c, 0)
  return t * Math.exp(-x * x + exponent)
}

/** The Jensen-Shannon divergence of the shares, in bits: 0 for equal shares, 1 for shares of different topics only. */
export function divergenceOf(shifts: readonly TopicShift[]): number {
  const part = (p: number, q: number): number => (p > 0 ? p * Math.log2((2 * p) / (p + q)) : 0)
  const sum = shifts.reduce(
    (n, { share, baseShare }) => n + part(share, baseShare) + part(baseShare, share),
    0,
  )
  return Math.min(1, Math.max(0, sum / 2))
}
