// Drift: whether questions and answers of a time range differ from those of an earlier one.

import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import {
  compareTimes,
  DRAWN_MAX,
  DRAWN_MIN,
  DRIFT_BELOW,
} from '../../../semantic/drift/compare-times.ts'
import type { TopicShift } from '../../../semantic/drift/share-shift.ts'
import { topicsById } from '../../../storage/semantic/topic-shares.ts'
import { ApiError } from '../../app.ts'
import { tenantOf } from '../../auth.ts'
import type { Stores } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'
import { timeRange, word } from '../query-parameters.ts'
import { shownTypical, typicalSchema } from './similar.ts'

const DAY_MS = 86_400_000
const DAYS_MAX = 400
const TYPICAL = 5

const shiftSchema = z.object({
  topic_id: z.string().nullable().describe('Null: traces that are near no topic.'),
  name: z.string().nullable(),
  share: z.number().describe('Of the traces of the time, from 0 to 1.'),
  base_share: z.number(),
  p_value: z.number().describe('How probable at least this difference is by chance.'),
  is_significant: z
    .boolean()
    .describe('Below 1 % also after a correction for the number of topics.'),
})

const driftSchema = z.object({
  from: z.date(),
  to: z.date(),
  base_from: z.date(),
  base_to: z.date(),
  embedder: z.string().nullable().describe('Null: nothing was embedded in either time.'),
  drawn: z.number().describe(`Traces that were compared, ${DRAWN_MAX} at most.`),
  base_drawn: z.number(),
  is_drift: z
    .boolean()
    .nullable()
    .describe(
      `p_value is below ${DRIFT_BELOW}. Null: one of the times has fewer than ${DRAWN_MIN} traces.`,
    ),
  p_value: z.number().nullable().describe('Of the energy distance, by permutations.'),
  effect: z
    .number()
    .nullable()
    .describe('Size of the difference: 0 for the same traffic, 1 for nothing in common.'),
  permutations: z.number(),
  topic_divergence: z
    .number()
    .describe('Jensen-Shannon divergence of the shares of topics, from 0 to 1.'),
  topics: z.array(shiftSchema).describe('The largest shifts first.'),
  typical: z
    .array(typicalSchema)
    .describe('Exchanges that are most typical of this time and least of the other.'),
  base_typical: z.array(typicalSchema),
})

export function driftRoutes(app: Api, stores: Stores): void {
  app.get(
    '/api/v1/drift',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['topics'],
        summary:
          'Whether what is asked and answered differs from an earlier time by more than chance, and in what',
        querystring: z.strictObject({
          ...timeRange,
          base_from: timeRange.from.describe(
            'The time to compare with; default: as long before `from`.',
          ),
          base_to: timeRange.to,
          model: word,
          route: word,
          environment: word,
          seed: z.string().max(64).default('1').describe('The same seed draws the same traces.'),
        }),
        response: {
          200: driftSchema,
        },
      },
    },
    async (req) => {
      const scope = tenantOf(req)
      const times = timesOf(req.query)
      const { model, route, environment, seed } = req.query
      const shared = { model, route, environment }
      const filters = [
        { ...times.now, ...shared },
        { ...times.base, ...shared },
      ] as const
      const signal = AbortSignal.timeout(20_000)
      const found = await compareTimes(
        stores.clickhouse,
        scope,
        filters,
        { seed, typical: TYPICAL },
        signal,
      )
      return {
        from: new Date(times.now.fromMs),
        to: new Date(times.now.toMs),
        base_from: new Date(times.base.fromMs),
        base_to: new Date(times.base.toMs),
        embedder: found?.embedder ?? null,
        drawn: found?.drawn ?? 0,
        base_drawn: found?.baseDrawn ?? 0,
        is_drift: found?.test?.isDrift ?? null,
        p_value: found?.test?.pValue ?? null,
        effect: found?.test?.effect ?? null,
        permutations: found?.test?.permutations ?? 0,
        topic_divergence: found?.divergence ?? 0,
        topics: await shownShifts(req, stores, found?.shifts ?? []),
        typical: await shownTypical(req, stores, found?.typicalNow ?? []),
        base_typical: await shownTypical(req, stores, found?.typicalBefore ?? []),
      }
    },
  )
}

async function shownShifts(
  req: FastifyRequest,
  stores: Stores,
  shifts: readonly TopicShift[],
): Promise<z.input<typeof shiftSchema>[]> {
  const ids = shifts.map((s) => s.topicId)
  const topics = await topicsById(stores.clickhouse, tenantOf(req), ids)
  return shifts.map((s) => ({
    topic_id: s.topicId === '' ? null : s.topicId,
    name: req.mayReadContent ? (topics.get(s.topicId)?.name ?? null) : null,
    share: s.share,
    base_share: s.baseShare,
    p_value: s.pValue,
    is_significant: s.isSignificant,
  }))
}

interface Times {
  readonly from?: number | undefined
  readonly to?: number | undefined
  readonly base_from?: number | undefined
  readonly base_to?: number | undefined
}

/** The defaults are the last day and the day before it. */
function timesOf({ from, to, base_from, base_to }: Times) {
  const toMs = to ?? Date.now()
  const fromMs = from ?? Math.max(0, toMs - DAY_MS)
  const baseToMs = base_to ?? fromMs
  const baseFromMs = base_from ?? Math.max(0, baseToMs - (toMs - fromMs))
  if (fromMs >= toMs) throw new ApiError(400, 'VALIDATION_ERROR', 'from is not before to')
  if (baseFromMs >= baseToMs)
    throw new ApiError(400, 'VALIDATION_ERROR', 'base_from is not before base_to')
  if (Math.max(toMs - fromMs, baseToMs - baseFromMs) > DAYS_MAX * DAY_MS)
    throw new ApiError(400, 'VALIDATION_ERROR', `a range has at most ${DAYS_MAX} days`)
  return { now: { fromMs, toMs }, base: { fromMs: baseFromMs, toMs: baseToMs } }
}
