// Traces: the list with sums, one trace, and its events.

import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { SIGNAL_TYPES } from '../../../core/signals/signal.ts'
import { listEvents } from '../../../storage/queries/events.ts'
import { hasTrace } from '../../../storage/queries/hours/trace-hours.ts'
import { listTraces, TRACE_SORTS } from '../../../storage/queries/traces.ts'
import { ApiError } from '../../app.ts'
import { tenantOf } from '../../auth.ts'
import { shownEvent } from '../../content-fields.ts'
import type { Stores } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'
import { foundFilters, foundIds } from '../found-groups.ts'
import {
  decimal,
  eventPaging,
  figure,
  flag,
  instant,
  nextCursor,
  sortedPaging,
  timeRange,
  traceId,
  word,
} from '../query-parameters.ts'
import { eventSchema } from './events.ts'

const text = z.string().nullable()

/** A thousand years in ms. */
const DURATION_MS_MAX = 3e13
const durationMs = decimal(0, DURATION_MS_MAX).optional()

export const traceSchema = z.object({
  trace_id: z.string(),
  environment: text,
  name: text.describe('Name of the root span, once it has come.'),
  kind: text,
  service_name: text,
  user_id: text,
  session_id: text,
  conversation_id: text,
  start_time: instant,
  end_time: instant,
  duration_ms: z.number(),
  events: z.number(),
  llm_calls: z.number(),
  tool_calls: z.number(),
  errors: z.number(),
  input_tokens: z.number(),
  output_tokens: z.number(),
  total_tokens: z.number(),
  cost_usd: z.number(),
  unpriced: z.number().describe('Calls with usage whose price is not known.'),
  signals: z.number(),
  kinds: z.array(z.string()),
  models: z.array(z.string()),
})

/** The filters of a list of traces, and of counts over the same traces. */
export const traceFilters = {
  ...timeRange,
  environment: word,
  service: word.describe('Of the root span.'),
  kind: word.describe('Has an event of this kind.'),
  model: word.describe('Used this model.'),
  user_id: word,
  session_id: word,
  conversation_id: word,
  name: word.describe('Text in the name of the root span.'),
  errors: flag.describe('true: only traces with errors; false: only without.'),
  status: z
    .enum(['ok', 'error'])
    .optional()
    .describe('error: only traces with errors; ok: only without.'),
  signals: flag.describe('true: only traces with signals; false: only without.'),
  type: z.enum(SIGNAL_TYPES).optional().describe('Has a signal of this type.'),
  severity: z.enum(['high', 'medium', 'low']).optional().describe('Of a signal.'),
  min_cost_usd: figure,
  max_cost_usd: figure,
  min_duration_ms: durationMs,
  max_duration_ms: durationMs,
  ...foundFilters,
}

const filterQuery = z.object(traceFilters)

export function traceRoutes(app: Api, stores: Stores): void {
  listRoute(app, stores)
  eventsRoute(app, stores)
}

function listRoute(app: Api, stores: Stores): void {
  app.get(
    '/api/v1/traces',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['traces'],
        summary: 'Traces with their sums',
        querystring: z.strictObject({
          ...traceFilters,
          sort: z.enum(TRACE_SORTS).default('-start_time'),
          ...sortedPaging,
        }),
        response: { 200: z.object({ data: z.array(traceSchema), next_cursor: nextCursor }) },
      },
    },
    async (req) => {
      const q = req.query
      const page = await listTraces(stores.postgres, tenantOf(req), {
        ...(await traceFilterOf(req, stores, q)),
        sort: q.sort,
        limit: q.limit,
        cursor: q.cursor,
      })
      return { data: page.rows.map(dated), next_cursor: page.next }
    },
  )
}

/** The filter of a request. Ids in it are translated into their stored forms. */
export async function traceFilterOf(
  req: FastifyRequest,
  stores: Stores,
  q: z.output<typeof filterQuery>,
) {
  const tenant = tenantOf(req)
  return {
    fromMs: q.from,
    toMs: q.to,
    kind: q.kind,
    model: q.model,
    userId: stores.idForms(tenant, 'user_id', q.user_id),
    sessionId: stores.idForms(tenant, 'session_id', q.session_id),
    conversationId: stores.idForms(tenant, 'conversation_id', q.conversation_id),
    name: q.name,
    environment: q.environment,
    service: q.service,
    hasErrors: q.errors ?? (q.status === undefined ? undefined : q.status === 'error'),
    hasSignals: q.signals,
    signalType: q.type,
    severity: q.severity,
    minCostUsd: q.min_cost_usd,
    maxCostUsd: q.max_cost_usd,
    minDurationMs: q.min_duration_ms,
    maxDurationMs: q.max_duration_ms,
    ids: await foundIds(req, stores, 'traces', q),
  }
}

function eventsRoute(app: Api, stores: Stores): void {
  app.get(
    '/api/v1/traces/:id/events',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['traces'],
        summary: 'Canonical events of a trace, oldest first',
        params: z.object({ id: traceId }),
        querystring: z.strictObject(eventPaging),
        response: { 200: z.object({ data: z.array(eventSchema), next_cursor: nextCursor }) },
      },
    },
    async (req) => {
      const { limit, cursor } = req.query
      const fields = req.listOptions?.fields ?? undefined
      const filter = { traceId: req.params.id, limit, cursor, fields }
      const scope = tenantOf(req)
      const page = await listEvents(stores.clickhouse, scope, filter)
      if (page.rows.length === 0 && !(await hasTrace(stores.clickhouse, scope, req.params.id)))
        throw new ApiError(404, 'NOT_FOUND', 'no such trace')
      return {
        data: page.rows.map((row) => shownEvent(row, req.mayReadContent)),
        next_cursor: page.next,
      }
    },
  )
}

/** Turns arrays into those of the schema. */
export function dated<
  T extends {
    kinds: readonly string[]
    models: readonly string[]
  },
>(row: T) {
  return {
    ...row,
    kinds: [...row.kinds],
    models: [...row.models],
  }
}
