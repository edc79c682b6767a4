// The data of the dashboard pages: metrics, latency, errors and costs, each in one response.

import { z } from 'zod'
import type { DimensionName } from '../../../storage/queries/analytics/dimensions.ts'
import {
  type Order,
  readReport,
  type UsageReport,
} from '../../../storage/queries/analytics/usage-report.ts'
import { tenantOf } from '../../auth.ts'
import type { Stores } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'
import { eventFilterOf, eventFilters } from '../event-filters.ts'
import { whole } from '../query-parameters.ts'
import { bucketOf, bucketParameter, rangeOf } from '../query-range.ts'
import { bucketSchema, groupSchema, shown, usageSchema } from './analytics.ts'

interface Dashboard {
  readonly name: string
  readonly summary: string
  readonly by: readonly DimensionName[]
  readonly order: Order
  /** True if latency percentiles are those of all events, false if those of model calls. */
  readonly latencyOfAllEvents: boolean
}

const DASHBOARDS: readonly Dashboard[] = [
  {
    name: 'metrics',
    summary:
      'Events, calls, traces, rates of error and success, tokens and cost, over time and by kind and service',
    by: ['kind', 'service'],
    order: 'events',
    latencyOfAllEvents: false,
  },
  {
    name: 'latency',
    summary: 'Percentiles of durations, over time and by kind, model, tool and route',
    by: ['kind', 'model', 'tool', 'route'],
    order: 'p95_ms',
    latencyOfAllEvents: true,
  },
  {
    name: 'errors',
    summary: 'Errors and their rate, over time and by type, kind, model and tool',
    by: ['error_type', 'kind', 'model', 'tool'],
    order: 'errors',
    latencyOfAllEvents: true,
  },
  {
    name: 'costs',
    summary:
      'Cost and tokens with what they buy, over time and by model, provider, route and environment',
    by: ['model', 'provider', 'route', 'environment'],
    order: 'cost_usd',
    latencyOfAllEvents: false,
  },
]

const nullable = z.number().nullable()

const ratesSchema = z.object({
  error_rate: nullable.describe('Of all events; null without any.'),
  success_rate: nullable,
  call_error_rate: nullable.describe('Of model calls.'),
  cost_per_call_usd: nullable,
  cost_per_trace_usd: nullable,
  cost_per_1k_tokens_usd: nullable,
  tokens_per_call: nullable,
  cache_read_share: nullable.describe('Part of the input tokens that came from a cache.'),
})

const answerSchema = z.object({
  from: z.coerce.date(),
  to: z.coerce.date(),
  total: usageSchema,
  previous: usageSchema.describe('Of as long a time just before.'),
  rates: ratesSchema,
  over_time: z.array(bucketSchema),
  by: z.record(
    z.string(),
    z.object({ data: z.array(groupSchema), others: usageSchema.nullable() }),
  ),
})

export function dashboardRoutes(app: Api, stores: Stores): void {
  for (const dashboard of DASHBOARDS) dashboardRoute(app, stores, dashboard)
}

function dashboardRoute(app: Api, stores: Stores, dashboard: Dashboard): void {
  app.get(
    `/api/v1/dashboard/${dashboard.name}`,
    {
      config: { scope: 'query' },
      schema: {
        tags: ['dashboard'],
        summary: dashboard.summary,
        querystring: z.strictObject({
          ...eventFilters,
          bucket: bucketParameter,
          limit: whole(1, 100).default(10).describe('Groups of a list.'),
        }),
        response: { 200: answerSchema },
      },
    },
    async (req) => {
      const q = req.query
      const range = rangeOf(q)
      const filter = { ...eventFilterOf(q, tenantOf(req), stores), ...range }
      const report = await readReport(stores.clickhouse, tenantOf(req), filter, {
        bucketS: bucketOf(range, q.bucket),
        by: dashboard.by.map((name) => [name]),
        limit: q.limit,
        order: dashboard.order,
        previousFromMs: Math.max(0, range.fromMs - (range.toMs - range.fromMs)),
        withTraces: true,
        latencyOfAllEvents: dashboard.latencyOfAllEvents,
      })
      return answerOf(report, range, dashboard.by)
    },
  )
}

function answerOf(
  report: UsageReport,
  range: { readonly fromMs: number; readonly toMs: number },
  names: readonly DimensionName[],
): z.output<typeof answerSchema> {
  const lists = names.map((name, i) => {
    const list = report.lists[i]
    return [name, { data: (list?.groups ?? []).map(shown), others: list?.others ?? null }] as const
  })
  return {
    from: new Date(range.fromMs),
    to: new Date(range.toMs),
    total: report.total,
    previous: report.previous ?? report.total,
    rates: ratesOf(report),
    over_time: report.overTime.map((bucket) => ({ ...bucket, at: new Date(bucket.at) })),
    by: Object.fromEntries(lists),
  }
}

function ratesOf({ total }: UsageReport): z.output<typeof ratesSchema> {
  const of = (part: number, whole: number | null): number | null =>
    whole === null || whole === 0 ? null : part / whole
  const errors = of(total.errors, total.events)
  return {
    error_rate: errors,
    success_rate: errors === null ? null : 1 - errors,
    call_error_rate: of(total.call_errors, total.calls),
    cost_per_call_usd: of(total.cost_usd, total.calls),
    cost_per_trace_usd: of(total.cost_usd, total.traces),
    cost_per_1k_tokens_usd: of(total.cost_usd * 1000, total.total_tokens),
    tokens_per_call: of(total.total_tokens, total.calls),
    cache_read_share: of(total.cache_read_tokens, total.input_tokens),
  }
}
