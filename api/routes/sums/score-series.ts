// Scores over time, by name and source.

import { z } from 'zod'
import { scoreSeries } from '../../../storage/queries/analytics/score-series.ts'
import { tenantOf } from '../../auth.ts'
import type { Stores } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'
import { timeRange } from '../query-parameters.ts'
import { bucketOf, bucketParameter, rangeOf } from '../query-range.ts'

export function scoreSeriesRoutes(app: Api, stores: Stores): void {
  app.get(
    '/api/v1/analytics/scores',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['analytics'],
        summary: 'Scores over time: how many, and their mean, by name and source',
        querystring: z.strictObject({ ...timeRange, bucket: bucketParameter }),
        response: {
          200: z.object({
            from: z.date(),
            to: z.date(),
            bucket_s: z.number(),
            data: z.array(
              z.object({
                at: z.date(),
                name: z.string(),
                source: z.string(),
                scores: z.number().describe('How many were given.'),
                mean: z
                  .number()
                  .nullable()
                  .describe('Of numbers, and of yes and no as 1 and 0; null if all are texts.'),
              }),
            ),
          }),
        },
      },
    },
    async (req) => {
      const range = rangeOf(req.query)
      const bucketS = bucketOf(range, req.query.bucket)
      const points = await scoreSeries(stores.postgres, tenantOf(req), { ...range, bucketS })
      return {
        from: new Date(range.fromMs),
        to: new Date(range.toMs),
        bucket_s: bucketS,
        data: points.map((point) => ({ ...point, at: new Date(point.at) })),
      }
    },
  )
}
