// The time range and buckets of a request for sums.

import { z } from 'zod'
import { ApiError } from '../app.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
const RANGE_DAYS_DEFAULT = 7
const RANGE_DAYS_MAX = 400
const BUCKETS_MAX = 10_000

export const BUCKETS = { minute: 60, hour: 3600, day: 86_400 } as const

export const bucketParameter = z
  .enum(['minute', 'hour', 'day'])
  .optional()
  .describe('Default: minutes up to three hours, hours up to three days, else days.')

export interface Range {
  readonly fromMs: number
  readonly toMs: number
}

/** The default is the last seven days from a full hour on, because sums by hour are stored. */
export function rangeOf(q: {
  readonly from?: number | undefined
  readonly to?: number | undefined
}): Range {
  const toMs = q.to ?? Date.now()
  const usual = Math.floor(toMs / HOUR_MS) * HOUR_MS - RANGE_DAYS_DEFAULT * DAY_MS
  const fromMs = q.from ?? Math.max(0, usual)
  if (fromMs >= toMs) throw new ApiError(400, 'VALIDATION_ERROR', 'from is not before to')
  if (toMs - fromMs > RANGE_DAYS_MAX * DAY_MS)
    throw new ApiError(400, 'VALIDATION_ERROR', `a range has at most ${RANGE_DAYS_MAX} days`)
  return { fromMs, toMs }
}

/** Length of a bucket, s. */
export function bucketOf({ fromMs, toMs }: Range, asked: keyof typeof BUCKETS | undefined): number {
  const lengthMs = toMs - fromMs
  const usual = lengthMs <= 3 * HOUR_MS ? 'minute' : lengthMs <= 3 * DAY_MS ? 'hour' : 'day'
  const bucketS = BUCKETS[asked ?? usual]
  if (lengthMs / 1000 / bucketS > BUCKETS_MAX)
    throw new ApiError(400, 'VALIDATION_ERROR', `a range has at most ${BUCKETS_MAX} buckets`)
  return bucketS
}
