// Buckets of a time range without gaps: where nothing was called there is a zero, so that a line does not lead past it.

import type { Bucket } from '../api/types.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** A range that would have more is left as it is. */
const BUCKETS_MAX = 3000

export const MINUTE_MS = 60_000

/** `from` and `to` in RFC 3339. The step is what the buckets show, else what the API takes for such a range. */
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
  // Days may be far apart where most are empty; only a step that is one of the API's is believed.
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
