// Cost and usage over time and by dimension, and the figures for the start page of a dashboard.

import { z } from 'zod'
import {
  readReport,
  type UsageBucket,
  type UsageReport,
} from '../../../storage/queries/analytics/usage-report.ts'
import {
  inconsistentBy,
  inconsistentByScope,
  keyOf,
} from '../../../storage/queries/inconsistent-usage.ts'
import type { ProjectScope } from '../../../storage/queries/page.ts'
import { countSignals } from '../../../storage/queries/signals.ts'
import {
  groupRows,
  type TotalsFilter,
  totalsOf,
  usageRowOf,
} from '../../../storage/queries/totals.ts'
import { BREAKDOWNS, type Breakdown } from '../../../storage/queries/usage-sums.ts'
import { ApiError } from '../../app.ts'
import { tenantOf } from '../../auth.ts'
import { degradedBy, degradedSchema, type StoreName, unlessDown } from '../../degraded.ts'
import type { Stores } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'
import { timeRange, whole, word } from '../query-parameters.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
const RANGE_DAYS_DEFAULT = 7
const RANGE_DAYS_MAX = 400
const BUCKETS = { hour: 3600, day: 86_400 } as const

const nullable = z.number().nullable()

const usage = {
  calls: z.number(),
  errors: z.number(),
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
  p50_ms: nullable,
  p95_ms: nullable,
}

const INCONSISTENT =
  'Events in these sums whose counts add up to the total that they reported in no reading.'

const bucketSchema = z.object({ at: z.coerce.date(), ...usage })

const breakdownSchema = z.object({
  provider: z.string().nullable().optional(),
  model: z.string().nullable().optional(),
  route: z.string().nullable().optional(),
  environment: z.string().nullable().optional(),
  ...usage,
  usage_inconsistent: z.number().describe(INCONSISTENT),
})

const totalsSchema = z.object({
  events: z.number(),
  traces: z.number().describe('Exact up to some thousands, then within one in a hundred.'),
  errors: z.number(),
  llm_calls: z.number(),
  input_tokens: z.number(),
  output_tokens: z.number(),
  total_tokens: z.number(),
  cost_usd: z.number(),
  unpriced: z.number(),
  p50_ms: nullable,
  p95_ms: nullable,
  p99_ms: nullable,
})

const inconsistentSchema = z.object({
  scope_name: z.string().nullable(),
  events: z.number(),
  input_tokens: z.number().describe('As they are in the sums.'),
  output_tokens: z.number(),
})

const range = { ...timeRange, environment: word }
const bucket = z.enum(['hour', 'day']).optional().describe('Default: hours up to three days.')
const limit = whole(1, 1000).default(100)

type BreakdownFilter = TotalsFilter & {
  readonly by: readonly Breakdown[]
  readonly limit: number
}

interface RangeQuery {
  readonly from?: number | undefined
  readonly to?: number | undefined
  readonly environment?: string | undefined
}

/** The default is the last seven days from a full hour on, because sums by hour are stored. */
function filterOf(q: RangeQuery): TotalsFilter {
  const toMs = q.to ?? Date.now()
  const usual = Math.floor(toMs / HOUR_MS) * HOUR_MS - RANGE_DAYS_DEFAULT * DAY_MS
  const fromMs = q.from ?? Math.max(0, usual)
  if (fromMs >= toMs) throw new ApiError(400, 'VALIDATION_ERROR', 'from is not before to')
  if (toMs - fromMs > RANGE_DAYS_MAX * DAY_MS)
    throw new ApiError(400, 'VALIDATION_ERROR', `a range has at most ${RANGE_DAYS_MAX} days`)
  return { fromMs, toMs, environment: q.environment }
}

function bucketOf(filter: TotalsFilter, asked: keyof typeof BUCKETS | undefined): number {
  return BUCKETS[asked ?? (filter.toMs - filter.fromMs <= 3 * DAY_MS ? 'hour' : 'day')]
}

export function usageRoutes(app: Api, stores: Stores): void {
  costRoutes(app, stores)
  overviewRoute(app, stores)
}

function costRoutes(app: Api, stores: Stores): void {
  app.get(
    '/api/v1/costs',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['costs'],
        summary: 'Cost and usage over time, with the total of the range',
        querystring: z.strictObject({ ...range, bucket }),
        response: {
          200: z.object({
            total: totalsSchema.extend({ usage_inconsistent: z.number().describe(INCONSISTENT) }),
            inconsistent: z
              .array(inconsistentSchema)
              .describe('Those events by instrumentation scope, the most frequent first.'),
            data: z.array(bucketSchema),
          }),
        },
      },
    },
    async (req) => {
      const filter = filterOf(req.query)
      const scope = tenantOf(req)
      const report = await readReport(stores.clickhouse, scope, filter, {
        bucketS: bucketOf(filter, req.query.bucket),
        withTraces: true,
      })
      // Few events are inconsistent, so their counts are read only when there are any.
      const inconsistent =
        report.inconsistent === 0 ? [] : await inconsistentByScope(stores.clickhouse, scope, filter)
      const events = inconsistent.reduce((sum, row) => sum + row.events, 0)
      return {
        total: { ...totalsOf(report.total), usage_inconsistent: events },
        inconsistent: [...inconsistent],
        data: report.overTime.map(bucketRow),
      }
    },
  )
  app.get(
    '/api/v1/costs/breakdown',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['costs'],
        summary: 'Cost and usage by model, provider, route or environment, dearest first',
        querystring: z.strictObject({
          ...range,
          by: z
            .string()
            .default('model')
            .transform((text) => text.split(','))
            .pipe(z.array(z.enum(BREAKDOWNS)).min(1).max(BREAKDOWNS.length))
            .meta({ type: 'string', examples: ['model', 'provider,model,route'] })
            .describe('One or several of provider, model, route, environment.'),
          limit,
        }),
        response: { 200: z.object({ data: z.array(breakdownSchema) }) },
      },
    },
    async (req) => {
      const { by, limit: rows } = req.query
      const filter = { ...filterOf(req.query), by: [...new Set(by)], limit: rows }
      return { data: await breakdown(stores, tenantOf(req), filter) }
    },
  )
}

function overviewRoute(app: Api, stores: Stores): void {
  app.get(
    '/api/v1/dashboard/overview',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['dashboard'],
        summary: 'Totals beside those of the time before, usage over time, models, signals',
        querystring: z.strictObject({ ...range, bucket }),
        response: {
          200: z.object({
            from: z.coerce.date(),
            to: z.coerce.date(),
            total: totalsSchema.extend({ usage_inconsistent: z.number().describe(INCONSISTENT) }),
            previous: totalsSchema.describe('Of as long a time just before.'),
            over_time: z.array(bucketSchema),
            models: z.array(breakdownSchema),
            signals: z.array(
              z.object({ type: z.string(), severity: z.string(), count: z.number() }),
            ),
            degraded: degradedSchema,
          }),
        },
      },
    },
    async (req) => {
      const filter = filterOf(req.query)
      const scope = tenantOf(req)
      const missing: StoreName[] = []
      const [report, signals] = await Promise.all([
        readReport(stores.clickhouse, scope, filter, {
          bucketS: bucketOf(filter, req.query.bucket),
          by: [['model']],
          limit: 10,
          previousFromMs: Math.max(0, filter.fromMs - (filter.toMs - filter.fromMs)),
          withTraces: true,
        }),
        unlessDown(
          missing,
          'postgres',
          async () => await countSignals(stores.postgres, scope, filter),
          [],
        ),
      ])
      const inconsistent = await inconsistentOf(stores, scope, filter, ['model'], report)
      const doubted = [...inconsistent.values()].reduce((sum, events) => sum + events, 0)
      return {
        from: new Date(filter.fromMs),
        to: new Date(filter.toMs),
        total: { ...totalsOf(report.total), usage_inconsistent: doubted },
        previous: totalsOf(report.previous ?? report.total),
        over_time: report.overTime.map(bucketRow),
        models: (report.lists[0]?.groups ?? [])
          .filter((group) => group.calls > 0)
          .map((group) => ({
            ...group.by,
            ...usageRowOf(group),
            usage_inconsistent: inconsistent.get(keyOf(group.by, ['model'])) ?? 0,
          })),
        signals: [...signals],
        ...degradedBy(missing),
      }
    },
  )
}

async function breakdown(stores: Stores, scope: ProjectScope, filter: BreakdownFilter) {
  const { by, limit: rowsMax, ...range } = filter
  const report = await readReport(stores.clickhouse, scope, range, { by: [by], limit: rowsMax })
  const inconsistent = await inconsistentOf(stores, scope, filter, by, report)
  return groupRows(report).map((row) => ({
    ...row,
    usage_inconsistent: inconsistent.get(keyOf(row, by)) ?? 0,
  }))
}

/** The counts of inconsistent events by these dimensions; read only when there may be any. */
async function inconsistentOf(
  stores: Stores,
  scope: ProjectScope,
  range: TotalsFilter,
  by: readonly Breakdown[],
  { inconsistent }: UsageReport,
): Promise<ReadonlyMap<string, number>> {
  return inconsistent === 0 ? new Map() : await inconsistentBy(stores.clickhouse, scope, range, by)
}

const bucketRow = (bucket: UsageBucket) => ({ at: new Date(bucket.at), ...usageRowOf(bucket) })
