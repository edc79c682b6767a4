// A metric that clients sent, over time. Usage that was counted from events is in `usage.ts`. The two are never added up,
// because both may report the same call.

import { z } from 'zod'
import { metricOverTime } from '../../../storage/queries/metric-series.ts'
import { ApiError } from '../../app.ts'
import { tenantOf } from '../../auth.ts'
import type { Stores } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'
import { timeRange, word } from '../query-parameters.ts'

const HOUR_MS = 3_600_000
const BUCKETS = { minute: 60, hour: 3600, day: 86_400 } as const
const RANGE_MS_DEFAULT = 24 * HOUR_MS
/** Data points are kept for 30 days. A range of a whole month of 31 days is allowed too. */
const RANGE_MS_MAX = 31 * 24 * HOUR_MS
const BUCKETS_MAX = 3000
const BY_MAX = 3

const nullable = z.number().nullable()

const pointSchema = z.object({
  at: z.coerce.date(),
  by: z
    .record(z.string(), z.string())
    .describe('Values of the attributes asked for; empty when a point has none.'),
  count: nullable.describe('Of histograms and summaries: values recorded.'),
  sum: nullable.describe('Of histograms and summaries: their sum.'),
  value: nullable.describe('Of counters: what was added; of gauges: the mean.'),
  p50: nullable,
  p95: nullable,
  p99: nullable,
})

const query = z.strictObject({
  ...timeRange,
  environment: word,
  metric: z
    .string()
    .min(1)
    .max(255)
    .describe('Name of the metric.')
    .meta({ examples: ['gen_ai.client.operation.duration', 'gen_ai.client.token.usage'] }),
  by: z
    .string()
    .max(500)
    .optional()
    .transform((text) => (text === undefined ? [] : text.split(',')))
    .pipe(z.array(z.string().min(1).max(150)).max(BY_MAX))
    .meta({ type: 'string', examples: ['gen_ai.request.model,gen_ai.token.type'] })
    .describe(
      `Up to ${BY_MAX} attributes of points or resources, one series for each combination.`,
    ),
  bucket: z
    .enum(['minute', 'hour', 'day'])
    .optional()
    .describe('Default: minutes up to three hours, hours up to three days.'),
})

export function timeseriesRoutes(app: Api, stores: Stores): void {
  app.get(
    '/api/v1/analytics/timeseries',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['analytics'],
        summary: 'A metric that clients sent, over time: durations, tokens, anything',
        querystring: query,
        response: {
          200: z.object({
            metric: z.string(),
            type: z.string().nullable().describe('Null when there are no points.'),
            unit: z.string().nullable(),
            data: z.array(pointSchema),
          }),
        },
      },
    },
    async (req) => {
      const { metric, by, environment } = req.query
      const range = rangeOf(req.query)
      const filter = { ...range, metric, by: [...new Set(by)], environment }
      const series = await metricOverTime(stores.clickhouse, tenantOf(req), filter)
      if (series === null)
        throw new ApiError(
          400,
          'VALIDATION_ERROR',
          'too many series: narrow the range, or group less',
        )
      const data = series.data.map((point) => ({ ...point, at: new Date(point.at) }))
      return { metric, type: series.type, unit: series.unit, data }
    },
  )
}

interface Range {
  readonly fromMs: number
  readonly toMs: number
  readonly bucketS: number
}

/** The range of the query. The default is the last day. */
function rangeOf(q: z.output<typeof query>): Range {
  const toMs = q.to ?? Date.now()
  const fromMs = q.from ?? Math.max(0, toMs - RANGE_MS_DEFAULT)
  const lengthMs = toMs - fromMs
  if (lengthMs <= 0) throw new ApiError(400, 'VALIDATION_ERROR', 'from is not before to')
  if (lengthMs > RANGE_MS_MAX)
    throw new ApiError(
      400,
      'VALIDATION_ERROR',
      'metrics are kept for 30 days: a range has at most 31',
    )
  const usual = lengthMs <= 3 * HOUR_MS ? 'minute' : lengthMs <= 72 * HOUR_MS ? 'hour' : 'day'
  const bucketS = BUCKETS[q.bucket ?? usual]
  if (lengthMs / 1000 / bucketS > BUCKETS_MAX)
    throw new ApiError(400, 'VALIDATION_ERROR', `a range has at most ${BUCKETS_MAX} buckets`)
  // The range begins with a whole bucket, because a partial one would show less than there was.
  const bucketMs = bucketS * 1000
  return { fromMs: Math.floor(fromMs / bucketMs) * bucketMs, toMs, bucketS }
}
