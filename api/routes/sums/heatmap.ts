// The heat map of latency: the number of traces by duration and time. It has the filters of the list of traces, so that a
// cell links to its traces.

import { z } from 'zod'
import {
  HEATMAP_TRACES_MAX,
  traceHeatmap,
} from '../../../storage/queries/analytics/trace-heatmap.ts'
import { tenantOf } from '../../auth.ts'
import type { Stores } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'
import { traceFilterOf, traceFilters } from '../data/traces.ts'
import { whole } from '../query-parameters.ts'
import { rangeOf } from '../query-range.ts'

const STEPS_USUAL = 48
const STEPS_MAX = 200
const MINUTE_S = 60
/** Bucket widths that people read easily, s. */
const STEPS_S = [
  60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 604_800, 2_592_000,
] as const

const cellSchema = z.object({
  at: z.date().describe('Beginning of the step.'),
  min_duration_ms: z.number().describe('Traces that took at least so long'),
  max_duration_ms: z.number().describe('and less than this; twice as long.'),
  traces: z.number(),
  errors: z.number().describe('Of them, those with errors.'),
})

export function heatmapRoutes(app: Api, stores: Stores): void {
  app.get(
    '/api/v1/analytics/heatmap',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['analytics'],
        summary: 'Traces by time and duration, with the filters of the list of traces',
        querystring: z.strictObject({
          ...traceFilters,
          steps: whole(1, STEPS_MAX).default(STEPS_USUAL).describe('Steps of time at most.'),
        }),
        response: {
          200: z.object({
            from: z.date(),
            to: z.date(),
            step_s: z.number(),
            traces: z.number().describe('How many were counted.'),
            is_cut: z
              .boolean()
              .describe(`true: there are more; the newest ${HEATMAP_TRACES_MAX} were counted.`),
            counted_from: z.date().nullable().describe('Begin of the oldest of them.'),
            data: z.array(cellSchema).describe('Cells with traces, in order of time.'),
          }),
        },
      },
    },
    async (req) => {
      const { fromMs, toMs } = rangeOf(req.query)
      const stepS = stepOf(toMs - fromMs, req.query.steps)
      const filter = { ...(await traceFilterOf(req, stores, req.query)), fromMs, toMs }
      const found = await traceHeatmap(stores.postgres, tenantOf(req), filter, stepS * 1000)
      return {
        from: new Date(fromMs),
        to: new Date(toMs),
        step_s: stepS,
        traces: found.traces,
        is_cut: found.isCut,
        counted_from: found.oldest === null ? null : new Date(found.oldest),
        data: found.cells.map(({ at, power, traces, errors }) => ({
          at: new Date(at),
          min_duration_ms: power === 0 ? 0 : 2 ** power,
          max_duration_ms: 2 ** (power + 1),
          traces,
          errors,
        })),
      }
    },
  )
}

function stepOf(rangeMs: number, steps: number): number {
  const atLeast = Math.max(MINUTE_S, rangeMs / 1000 / steps)
  return STEPS_S.find((s) => s >= atLeast) ?? Math.ceil(atLeast / 86_400) * 86_400
}
