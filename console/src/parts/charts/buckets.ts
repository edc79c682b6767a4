// Fills gaps in the buckets of a time range with zeros, so that a chart line drops to zero where there were no calls.

import type { Bucket } from '../../api/types.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** The most buckets. A range that would have more is not filled. */
const BUCKETS_MAX = 3000

export const MINUTE_MS = 60_000

/**
 * Fills the gaps. `from` and `to` are RFC 3339. If `stepMs` is null, the step is taken from the buckets, or else it is the API's
 * default for the range.
 */
export function withoutGaps(
  buckets: readonly Bucket[],
  from: string,
  to: string,
  stepMs: number | null = null,
): readonly Bucket[] {
  const [fromMs, toMs] = [Date.parse(from), Date.parse(to)]
  const step = stepMs ?? stepOf(buckets) ?? (toMs - fromMs <= 3 * DAY_MS ? HOUR_MS : DAY_MS)
  const first = Math.floor(fromMs / step) * step
  const length = Math.ceil((toMs - first) / step)
  if (!(length > 0 && length <= BUCKETS_MAX)) return buckets
  const known = new Map(buckets.map((b) => [Math.floor(Date.parse(b.at) / step) * step, b]))
  return Array.from(
    { length },
    (_, i) => known.get(first + i * step) ?? nothingAt(first + i * step),
  )
}

function stepOf(buckets: readonly Bucket[]): number | null {
  let step = Number.POSITIVE_INFINITY
  for (let i = 1; i < buckets.length; i++)
    step = Math.min(step, Date.parse(buckets[i]?.at ?? '') - Date.parse(buckets[i - 1]?.at ?? ''))
  // If most buckets are empty, the distance of two buckets may be larger than the step, so only steps that the API has are accepted.
  return step === HOUR_MS || step === DAY_MS || (step > 0 && step < HOUR_MS) ? step : null
}

const nothingAt = (ms: number): Bucket => ({
  at: new Date(ms).toISOString(),
  calls: 0,
  errors: 0,
  input_tokens: 0,
  output_tokens: 0,
  total_tokens: 0,
  cache_read_tokens: 0,
  cache_write_tokens: 0,
  reasoning_tokens: 0,
  cost_usd: 0,
  unpriced: 0,
  p50_ms: null,
  p95_ms: null,
})
