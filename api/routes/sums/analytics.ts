// Sums over events by one or two dimensions, over time, and compared with another time range or with other filters.

import { z } from 'zod'
import { DIMENSION_NAMES } from '../../../storage/queries/analytics/dimensions.ts'
import type { SumsFilter } from '../../../storage/queries/analytics/sum-sources.ts'
import {
  ORDERS,
  readReport,
  type Usage,
  type UsageGroup,
} from '../../../storage/queries/analytics/usage-report.ts'
import { tenantOf } from '../../auth.ts'
import type { Stores } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'
import { eventFilterOf, eventFilters } from '../event-filters.ts'
import { timeRange, whole, word } from '../query-parameters.ts'
import { rangeOf } from '../query-range.ts'

const nullable = z.number().nullable()

const measures = {
  events: z.number(),
  errors: z.number().describe('Of all events.'),
  calls: z.number().describe('Calls of models.'),
  call_errors: z.number(),
  input_tokens: z.number(),
  output_tokens: z.number(),
  total_tokens: z.number(),
  cache_read_tokens: z.number(),
  cache_write_tokens: z.number(),
  reasoning_tokens: z.number(),
  cost_usd: z.number(),
  unpriced: z
    .number()
    .describe('Calls, and agents with usage of their own, whose price is not known.'),
  traces: nullable.describe('Distinct traces; null where they are not counted.'),
  p50_ms: nullable,
  p95_ms: nullable,
  p99_ms: nullable,
}

export const usageSchema = z.object(measures)
const by = z.record(z.string(), z.string().nullable())
export const groupSchema = z.object({ by, ...measures })
export const bucketSchema = z.object({ at: z.coerce.date(), ...measures })

const BY_MAX = 2

const dimensions = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(z.enum(DIMENSION_NAMES)).min(1).max(BY_MAX))
  .meta({ type: 'string', examples: ['model', 'service,kind'] })
  .describe(`One or two of ${DIMENSION_NAMES.join(', ')}.`)

const order = z.enum(ORDERS).default('cost_usd').describe('Largest first by this.')
const groups = whole(1, 1000).default(20)
const latencyOf = z
  .enum(['calls', 'events'])
  .default('calls')
  .describe('Percentiles of the durations of model calls, or of all events.')

export function analyticsRoutes(app: Api, stores: Stores): void {
  breakdownRoute(app, stores)
  compareRoute(app, stores)
}

function breakdownRoute(app: Api, stores: Stores): void {
  app.get(
    '/api/v1/analytics/breakdown',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['analytics'],
        summary:
          'Usage, errors and latency by any dimension or pair of dimensions, with all others',
        querystring: z.strictObject({
          ...eventFilters,
          by: dimensions,
          order,
          limit: groups.describe('Groups; all that is in none of them is in `others`.'),
          latency_of: latencyOf,
        }),
        response: {
          200: z.object({
            total: usageSchema,
            data: z.array(groupSchema),
            others: usageSchema
              .nullable()
              .describe('All that is in no group, without percentiles; null when nothing is.'),
          }),
        },
      },
    },
    async (req) => {
      const q = req.query
      const filter = { ...eventFilterOf(q, tenantOf(req), stores), ...rangeOf(q) }
      const names = [...new Set(q.by)]
      const report = await readReport(stores.clickhouse, tenantOf(req), filter, {
        by: [names],
        limit: q.limit,
        order: q.order,
        latencyOfAllEvents: q.latency_of === 'events',
      })
      const [list] = report.lists
      return {
        total: report.total,
        data: (list?.groups ?? []).map(shown),
        others: list?.others ?? null,
      }
    },
  )
}

export const shown = (group: UsageGroup) => ({
  ...group,
  by: { ...group.by } as Record<string, string | null>,
})

/** Filters that may differ on the other side of a comparison. */
const OTHERS = [
  'environment',
  'service',
  'model',
  'provider',
  'route',
  'name',
  'agent',
  'tool',
] as const

const changeSchema = z.object({ difference: nullable, ratio: nullable })

function compareRoute(app: Api, stores: Stores): void {
  const otherFilters = Object.fromEntries(
    OTHERS.map((name) => [`base_${name}`, word.describe(`The same as ${name} when not given.`)]),
  ) as Record<`base_${(typeof OTHERS)[number]}`, typeof word>
  app.get(
    '/api/v1/analytics/compare',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['analytics'],
        summary: 'The same sums of two times or two filters, and what changed',
        querystring: z.strictObject({
          ...eventFilters,
          base_from: timeRange.from.describe(
            'Begin of what is compared with; default: as long a time just before.',
          ),
          base_to: timeRange.to.describe('Its end.'),
          ...otherFilters,
          by: dimensions.optional(),
          order,
          limit: groups,
        }),
        response: {
          200: z.object({
            current: usageSchema,
            base: usageSchema,
            change: z.record(z.string(), changeSchema),
            data: z.array(z.object({ by, current: usageSchema, base: usageSchema.nullable() })),
          }),
        },
      },
    },
    async (req) => {
      const q = req.query
      const scope = tenantOf(req)
      const current = { ...eventFilterOf(q, scope, stores), ...rangeOf(q) }
      const base = baseOf(current, q)
      const options = {
        by: q.by === undefined ? [] : [[...new Set(q.by)]],
        order: q.order,
        withTraces: true,
      }
      const [now, before] = await Promise.all([
        readReport(stores.clickhouse, scope, current, { ...options, limit: q.limit }),
        // A group that leads now may have been far down in the base.
        readReport(stores.clickhouse, scope, base, { ...options, limit: 1000 }),
      ])
      const known = new Map((before.lists[0]?.groups ?? []).map((g) => [JSON.stringify(g.by), g]))
      return {
        current: now.total,
        base: before.total,
        change: changesOf(now.total, before.total),
        data: (now.lists[0]?.groups ?? []).map((group) => ({
          by: shown(group).by,
          current: group,
          base: known.get(JSON.stringify(group.by)) ?? null,
        })),
      }
    },
  )
}

type BaseQuery = Readonly<
  Partial<Record<`base_${(typeof OTHERS)[number]}`, string | undefined>>
> & {
  readonly base_from?: number | undefined
  readonly base_to?: number | undefined
}

/** The base has the same time range when its filters differ, otherwise the range before. */
function baseOf(current: SumsFilter, q: BaseQuery): SumsFilter {
  const given = OTHERS.flatMap((name) => {
    const value = q[`base_${name}`]
    return value === undefined ? [] : [[name, value] as const]
  })
  const others = Object.fromEntries(given)
  if (q.base_from === undefined && q.base_to === undefined && given.length > 0)
    return { ...current, ...others }
  const toMs = q.base_to ?? current.fromMs
  const fromMs = q.base_from ?? Math.max(0, toMs - (current.toMs - current.fromMs))
  return { ...current, ...others, ...rangeOf({ from: fromMs, to: toMs }) }
}

function changesOf(
  now: Usage,
  before: Usage,
): Record<string, { difference: number | null; ratio: number | null }> {
  const changes = Object.keys(measures).map((key) => {
    const name = key as keyof Usage
    const [a, b] = [now[name], before[name]]
    if (a === null || b === null) return [name, { difference: null, ratio: null }] as const
    return [name, { difference: a - b, ratio: b === 0 ? null : a / b }] as const
  })
  return Object.fromEntries(changes)
}
