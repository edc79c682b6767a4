// Topics of the embedded traces with their trend, the traces of one topic, and groups of near duplicates.

import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { encodeCursor, placeOf } from '../../../storage/queries/page.ts'
import { timeText } from '../../../storage/queries/select-events.ts'
import {
  type DuplicateGroup,
  duplicateGroups,
  newestEmbedder,
  type TopicFilter,
  type TopicPoint,
  type TopicSums,
  topicSeries,
  topicSums,
  topicsById,
  tracesOfTopic,
} from '../../../storage/semantic/topic-shares.ts'
import type { Topic } from '../../../storage/semantic/topics.ts'
import { ApiError } from '../../app.ts'
import { tenantOf } from '../../auth.ts'
import type { Stores } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'
import {
  decimal,
  instant,
  nextCursor,
  placePaging,
  timeRange,
  whole,
  word,
} from '../query-parameters.ts'
import { bucketOf, bucketParameter, rangeOf } from '../query-range.ts'
import { nearSchema, shownNear, snippetsOf } from './similar.ts'

const filters = { ...timeRange, model: word, route: word, environment: word }

type Query = { readonly [K in 'model' | 'route' | 'environment']?: string | undefined } & {
  readonly from?: number | undefined
  readonly to?: number | undefined
}

export const topicFilterOf = (query: Query): TopicFilter => ({
  ...rangeOf(query),
  model: query.model,
  route: query.route,
  environment: query.environment,
})

const topicSchema = z.object({
  topic_id: z.string().nullable().describe('Null: traces that are near no topic.'),
  name: z.string().nullable().describe('Null without the scope content, and for no topic.'),
  words: z
    .array(z.string())
    .describe('Frequent here and rare in other topics. Empty without the scope content.'),
  named_by: z.enum(['words', 'judge']).nullable(),
  born_at: instant.nullable().describe('When the topic was first found.'),
  sampled: z.number().describe('Traces of the sample.'),
  traces: z.number().describe('Estimated from the sample: each stands for 1 / rate.'),
  share: z.number().describe('Of all traces of the time, from 0 to 1.'),
  change: z
    .number()
    .nullable()
    .describe(
      'Traces in the second half of the time relative to the first: 0.5 is half more. Null: none in the first.',
    ),
  cost_usd: z.number().describe('Estimated from the sample, like the shares below.'),
  error_share: z.number().describe('Share of traces with an error.'),
  signal_share: z.number().describe('Share of traces with a signal above low severity.'),
  last_seen: instant,
  trend: z
    .array(z.object({ at: z.date(), traces: z.number() }))
    .describe('Buckets without traces are left out.'),
})

export function topicRoutes(app: Api, stores: Stores): void {
  listRoute(app, stores)
  tracesRoute(app, stores)
  duplicatesRoute(app, stores)
}

function listRoute(app: Api, stores: Stores): void {
  app.get(
    '/api/v1/topics',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['topics'],
        summary: 'Topics of the embedded traces with their trend, the most frequent first',
        querystring: z.strictObject({ ...filters, bucket: bucketParameter }),
        response: {
          200: z.object({
            from: z.date(),
            to: z.date(),
            bucket_s: z.number(),
            embedder: z
              .string()
              .nullable()
              .describe(
                'Model whose vectors were grouped. Null: nothing was embedded in this time.',
              ),
            sampled: z.number(),
            traces: z.number(),
            data: z.array(topicSchema),
            next_cursor: nextCursor,
          }),
        },
      },
    },
    async (req) => {
      const scope = tenantOf(req)
      const filter = topicFilterOf(req.query)
      const bucketS = bucketOf(filter, req.query.bucket)
      const embedder = await newestEmbedder(stores.clickhouse, scope, 'topic_assignments', filter)
      const sums =
        embedder === null ? [] : await topicSums(stores.clickhouse, scope, embedder, filter)
      const topicIds = sums.map((s) => s.topicId)
      const topics = await topicsById(stores.clickhouse, scope, topicIds)
      const points =
        embedder === null
          ? []
          : await topicSeries(stores.clickhouse, scope, embedder, { ...filter, bucketS, topicIds })
      const traces = sums.reduce((n, s) => n + s.traces, 0)
      const of = Map.groupBy(points, (point) => point.topicId)
      return {
        from: new Date(filter.fromMs),
        to: new Date(filter.toMs),
        bucket_s: bucketS,
        embedder,
        sampled: sums.reduce((n, s) => n + s.sampled, 0),
        traces,
        data: sums.map((s) =>
          topicOf(req, s, traces, topics.get(s.topicId), of.get(s.topicId) ?? []),
        ),
        next_cursor: null,
      }
    },
  )
}

function topicOf(
  req: FastifyRequest,
  s: TopicSums,
  all: number,
  topic: Topic | undefined,
  points: readonly TopicPoint[],
): z.input<typeof topicSchema> {
  const early = s.traces - s.tracesLate
  return {
    topic_id: s.topicId === '' ? null : s.topicId,
    ...namedOf(req, topic),
    sampled: s.sampled,
    traces: s.traces,
    share: s.traces / all,
    change: early > 0 ? s.tracesLate / early - 1 : null,
    cost_usd: s.costUsd,
    error_share: s.errors / s.traces,
    signal_share: s.withSignal / s.traces,
    last_seen: timeText(BigInt(s.lastAt)),
    trend: points.map(({ at, traces }) => ({ at: new Date(at * 1000), traces })),
  }
}

/** Words and names are made from texts of users, so they are content. */
function namedOf(req: FastifyRequest, topic: Topic | undefined) {
  const { mayReadContent } = req
  return {
    name: mayReadContent ? (topic?.name ?? null) : null,
    words: mayReadContent ? [...(topic?.words ?? [])] : [],
    named_by: topic?.namedBy ?? null,
    born_at: topic === undefined ? null : timeText(BigInt(topic.bornAtMs) * 1_000_000n),
  }
}

function tracesRoute(app: Api, stores: Stores): void {
  app.get(
    '/api/v1/topics/:id',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['topics'],
        summary: 'One topic with its traces, the most typical first',
        params: z.object({ id: z.string().regex(/^[0-9a-f]{16}$/, 'expected 16 hex digits') }),
        querystring: z.strictObject({
          ...filters,
          limit: whole(1, 200).default(20).describe('So many traces.'),
        }),
        response: {
          200: z.object({
            topic_id: z.string(),
            name: z.string().nullable(),
            words: z.array(z.string()),
            named_by: z.enum(['words', 'judge']).nullable(),
            born_at: instant.nullable(),
            data: z.array(nearSchema),
          }),
        },
      },
    },
    async (req) => {
      const scope = tenantOf(req)
      const { id } = req.params
      const topic = (await topicsById(stores.clickhouse, scope, [id])).get(id)
      if (topic === undefined) throw new ApiError(404, 'NOT_FOUND', 'no such topic')
      const filter = { ...topicFilterOf(req.query), limit: req.query.limit }
      const found = await tracesOfTopic(stores.clickhouse, scope, id, filter)
      return { topic_id: id, ...namedOf(req, topic), data: await shownNear(req, stores, found) }
    },
  )
}

const duplicateSchema = z.object({
  group_id: z.string().describe('The first event of the group.'),
  sampled: z.number().describe('Traces of the sample.'),
  traces: z.number().describe('Estimated from the sample.'),
  cost_usd: z.number().describe('Estimated from the sample.'),
  least_similarity: z.number().describe('Cosine of the least near one and the first.'),
  first_seen: instant,
  last_seen: instant,
  topic_id: z.string().nullable(),
  trace_ids: z.array(z.string()).describe('The newest ones, at most 20.'),
  snippet: z
    .string()
    .nullable()
    .describe('Beginning of a question. Null without the scope content.'),
})

function duplicatesRoute(app: Api, stores: Stores): void {
  app.get(
    '/api/v1/duplicates',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['topics'],
        summary: 'Groups of embedded exchanges that say nearly the same, the largest first',
        querystring: z.strictObject({
          ...filters,
          min_similarity: decimal(0, 1)
            .default(0)
            .describe(
              'Of each exchange and the first of its group. What is grouped has at least the threshold that was learnt.',
            ),
          ...placePaging,
        }),
        response: {
          200: z.object({ data: z.array(duplicateSchema), next_cursor: nextCursor }),
        },
      },
    },
    async (req) => {
      const scope = tenantOf(req)
      const filter = topicFilterOf(req.query)
      const { limit, cursor, min_similarity: similarityMin } = req.query
      const embedder = await newestEmbedder(stores.clickhouse, scope, 'topic_assignments', filter)
      if (embedder === null) return { data: [], next_cursor: null }
      const offset = offsetOf(cursor)
      const page = { ...filter, similarityMin, offset, limit: limit + 1 }
      const groups = await duplicateGroups(stores.clickhouse, scope, embedder, page)
      const rows = groups.slice(0, limit)
      const snippets = await snippetsOf(
        req,
        stores,
        rows.flatMap((g) => firstOf(g)),
      )
      return {
        data: rows.map((g) => ({
          group_id: g.groupId,
          sampled: g.sampled,
          traces: g.traces,
          cost_usd: g.costUsd,
          least_similarity: g.leastSimilarity,
          first_seen: timeText(BigInt(g.firstAt)),
          last_seen: timeText(BigInt(g.lastAt)),
          topic_id: g.topicId === '' ? null : g.topicId,
          trace_ids: [...new Set(g.traceIds)],
          snippet: snippets.get(g.eventIds[0] ?? '') ?? null,
        })),
        next_cursor:
          groups.length > limit ? encodeCursor({ time: String(offset + limit), id: '' }) : null,
      }
    },
  )
}

const OFFSET_MAX = 100_000

function offsetOf(cursor: string | undefined): number {
  const offset = Number(placeOf(cursor, 'number')?.time ?? 0)
  if (Number.isInteger(offset) && offset >= 0 && offset <= OFFSET_MAX) return offset
  throw new ApiError(400, 'VALIDATION_ERROR', 'the cursor is no cursor of this list')
}

const firstOf = ({ eventIds, traceIds }: DuplicateGroup) =>
  eventIds[0] === undefined ? [] : [{ event: eventIds[0], trace: traceIds[0] ?? '' }]
