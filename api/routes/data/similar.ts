// Semantic search: exchanges that are similar to a text, and traces that are similar to a trace. Results come from the sample
// that was embedded.

import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { ServiceView } from '../../../core/component.ts'
import { exchangeOf, lastQuestion } from '../../../semantic/quality/exchange.ts'
import { timeText } from '../../../storage/queries/select-events.ts'
import { exchangesOf } from '../../../storage/semantic/stored-exchanges.ts'
import {
  isTraceStored,
  type Near,
  type NearFilter,
  nearest,
  vectorOfTrace,
} from '../../../storage/semantic/vectors.ts'
import { ApiError } from '../../app.ts'
import { tenantOf } from '../../auth.ts'
import type { Stores } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'
import { instant, timeRange, traceId, whole } from '../query-parameters.ts'

const SNIPPET_CHARS = 240

export const nearSchema = z.object({
  trace_id: z.string(),
  event_id: z.string(),
  start_time: instant,
  similarity: z
    .number()
    .describe('Cosine: 1 is the same. What is near depends on the model that embeds.'),
  model: z.string(),
  route: z.string(),
  environment: z.string(),
  snippet: z
    .string()
    .nullable()
    .describe('Beginning of the question. Null without the scope content.'),
})

export const typicalSchema = nearSchema.omit({ similarity: true })

const filters = {
  ...timeRange,
  model: z.string().max(255).optional(),
  route: z.string().max(255).optional(),
  environment: z.string().max(255).optional(),
  limit: whole(1, 200).default(20).describe('The nearest so many.'),
}

const FILTERS = ['from', 'to', 'model', 'route', 'environment', 'q', 'mode', 'limit']

/** Returns exchanges of the sample that are similar to this text. Refuses filters that semantic search does not have. */
export async function nearText(
  req: FastifyRequest,
  stores: Stores,
  service: Pick<ServiceView, 'embedText'>,
  query: Filters & { readonly q: string },
): Promise<z.input<typeof nearSchema>[]> {
  const other = Object.entries(query).find(([k, v]) => v !== undefined && !FILTERS.includes(k))
  if (other !== undefined)
    throw new ApiError(400, 'VALIDATION_ERROR', `${other[0]} is no filter of mode=semantic`)
  const scope = tenantOf(req)
  const made = await service.embedText?.(scope.tenantId, query.q, AbortSignal.timeout(30_000))
  if (made === undefined)
    throw new ApiError(503, 'NO_EMBEDDINGS', 'semantic.embeddings names no endpoint')
  if (made === null)
    throw new ApiError(429, 'OVER_BUDGET', 'what embeddings may cost today is spent')
  const found = await nearest(stores.clickhouse, scope, made.embedder, made.v, filterOf(query))
  return await shownNear(req, stores, found)
}

export function similarRoutes(app: Api, stores: Stores): void {
  app.get(
    '/api/v1/traces/:id/similar',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['traces'],
        summary: 'Traces like this one, the nearest first',
        params: z.object({ id: traceId }),
        querystring: z.strictObject(filters),
        response: {
          200: z.object({
            is_sampled: z.boolean().describe('Only a trace that was embedded can be compared.'),
            data: z.array(nearSchema),
          }),
        },
      },
    },
    async (req) => {
      const scope = tenantOf(req)
      const { id } = req.params
      const own = await vectorOfTrace(stores.clickhouse, scope, id)
      if (own === null) {
        if (await isTraceStored(stores.clickhouse, scope, id))
          return { is_sampled: false, data: [] }
        throw new ApiError(404, 'NOT_FOUND', 'no such trace')
      }
      const filter = { ...filterOf(req.query), exceptTrace: id }
      const found = await nearest(stores.clickhouse, scope, own.embedder, own.v, filter)
      return { is_sampled: true, data: await shownNear(req, stores, found) }
    },
  )
}

interface Filters extends Pick<NearFilter, 'model' | 'route' | 'environment' | 'limit'> {
  readonly from?: number | undefined
  readonly to?: number | undefined
}

const filterOf = ({ from, to, model, route, environment, limit }: Filters): NearFilter => ({
  fromMs: from,
  toMs: to,
  model,
  route,
  environment,
  limit,
})

export async function shownNear(
  req: FastifyRequest,
  stores: Stores,
  found: readonly Near[],
): Promise<z.input<typeof nearSchema>[]> {
  const shown = await shownTypical(req, stores, found)
  return shown.map((row, i) => ({ ...row, similarity: found[i]?.similarity ?? 0 }))
}

/** Adds the beginning of its question to each exchange. */
export async function shownTypical(
  req: FastifyRequest,
  stores: Stores,
  found: readonly Omit<Near, 'similarity'>[],
): Promise<z.input<typeof typicalSchema>[]> {
  const events = found.map((n) => ({ event: n.event_id, trace: n.trace_id }))
  const snippets = await snippetsOf(req, stores, events)
  return found.map(({ trace_id, event_id, at, model, route, environment }) => ({
    trace_id,
    event_id,
    start_time: timeText(BigInt(at)),
    model,
    route,
    environment,
    snippet: snippets.get(event_id) ?? null,
  }))
}

/** The beginnings of questions by event id; empty when the credential may not read content. */
export async function snippetsOf(
  req: FastifyRequest,
  stores: Stores,
  events: readonly { readonly event: string; readonly trace: string }[],
): Promise<ReadonlyMap<string, string>> {
  const rows = req.mayReadContent ? await exchangesOf(stores.clickhouse, tenantOf(req), events) : []
  return new Map(
    rows.map((row) => [row.event_id, lastQuestion(exchangeOf(row)).slice(0, SNIPPET_CHARS)]),
  )
}
