// One trace: its sums and the tree of its spans as a waterfall, in pages, and the tree without content.

import { z } from 'zod'
import { type TraceTree, traceTree } from '../../../storage/queries/events/trace-tree.ts'
import { encodeCursor, type ProjectScope, placeOf } from '../../../storage/queries/page.ts'
import { findTrace } from '../../../storage/queries/traces.ts'
import { ApiError } from '../../app.ts'
import { tenantOf } from '../../auth.ts'
import { degradedBy, degradedSchema, type StoreName, unlessDown } from '../../degraded.ts'
import type { Stores } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'
import { nextCursor, placePaging, traceId, whole } from '../query-parameters.ts'
import { dated, traceSchema } from './traces.ts'

const text = z.string().nullable()
const nullable = z.number().nullable()

const spanSchema = z.object({
  event_id: z.string(),
  span_id: z.string(),
  parent_span_id: text,
  depth: z.number().describe('Number of spans above it.'),
  children: z.number(),
  has_parent: z.boolean().describe('false: its parent is named and has not come.'),
  name: text,
  kind: text,
  status: text,
  service_name: text,
  model: text,
  tool_name: text,
  offset_ms: z.number().describe('Since the first span of the trace began.'),
  duration_ms: nullable,
  input_tokens: nullable.describe('What counts: null where a span only repeats others.'),
  output_tokens: nullable,
  cost_usd: nullable,
})

const skeletonSchema = spanSchema.extend({
  agent_name: text,
  event_type: text,
  start_time: z.string(),
  reported_input_tokens: nullable.describe('What the span itself reports, also where it repeats.'),
  reported_output_tokens: nullable,
  reported_tokens: nullable,
  reported_cost_usd: nullable,
  usage_aggregate: z.boolean().describe('true: what it reports repeats others.'),
  usage_duplicate_of: text.describe('The event whose report of the same call counts.'),
})

/** Most spans in one response. The page of a browser draws a trace of this size at once. */
const SKELETON_MAX = 20_000

const limit = whole(0, 10_000).default(1000).describe('Spans of a page; 0: the sums alone.')

export function traceTreeRoutes(app: Api, stores: Stores): void {
  oneRoute(app, stores)
  skeletonRoute(app, stores)
}

function oneRoute(app: Api, stores: Stores): void {
  app.get(
    '/api/v1/traces/:id',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['traces'],
        summary: 'One trace with its sums, and its spans as a tree with waterfall data, in pages',
        params: z.object({ id: traceId }),
        querystring: z.strictObject({ ...placePaging, limit }),
        response: {
          200: traceSchema.extend({
            spans: z
              .array(spanSchema)
              .nullable()
              .describe('Depth first; null when the store of events does not answer.'),
            is_cut: z.boolean().describe('true: the trace has more spans than a tree shows.'),
            next_cursor: nextCursor,
            degraded: degradedSchema,
          }),
        },
      },
    },
    async (req) => {
      const { id } = req.params
      const scope = tenantOf(req)
      const missing: StoreName[] = []
      const [found, tree] = await Promise.all([
        findTrace(stores.postgres, scope, id),
        req.query.limit === 0 ? NO_TREE : treeOrNull(stores, scope, id, missing),
      ])
      if (found === null) throw new ApiError(404, 'NOT_FOUND', 'no such trace')
      const { spans, next } = pageOf(tree?.spans ?? [], req.query)
      return {
        ...dated(found),
        spans: tree === null ? null : spans,
        is_cut: tree?.isCut ?? false,
        next_cursor: next,
        ...degradedBy(missing),
      }
    },
  )
}

const NO_TREE: TraceTree = { spans: [], isCut: false }

/** The sums are shown even when the events are not available. */
async function treeOrNull(
  stores: Stores,
  scope: ProjectScope,
  id: string,
  missing: StoreName[],
): Promise<TraceTree | null> {
  const read = async (): Promise<TraceTree> =>
    (await traceTree(stores.clickhouse, scope, id)) ?? NO_TREE
  return await unlessDown<TraceTree | null>(missing, 'clickhouse', read, null)
}

function skeletonRoute(app: Api, stores: Stores): void {
  app.get(
    '/api/v1/traces/:id/skeleton',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['traces'],
        summary: 'The tree of a trace without any content, depth first',
        params: z.object({ id: traceId }),
        querystring: z.strictObject({
          ...placePaging,
          limit: whole(1, SKELETON_MAX).default(1000),
        }),
        response: { 200: z.object({ data: z.array(skeletonSchema), next_cursor: nextCursor }) },
      },
    },
    async (req, reply) => {
      // The rows of the query have exactly the form of the schema. Checking 20,000 of them again would take longer than
      // reading them.
      void reply.type('application/json; charset=utf-8').serializer(JSON.stringify)
      const tree = await traceTree(stores.clickhouse, tenantOf(req), req.params.id)
      if (tree === null) throw new ApiError(404, 'NOT_FOUND', 'no such trace')
      const { spans, next } = pageOf(tree.spans, req.query)
      return { data: spans, next_cursor: next }
    },
  )
}

/** Cuts a page out of a list that is complete in memory, from the position that the cursor names. */
export function pageOf<T>(
  all: readonly T[],
  q: { readonly limit: number; readonly cursor?: string | undefined },
): { readonly spans: T[]; readonly next: string | null } {
  const start = Number(placeOf(q.cursor, 'number')?.time ?? 0)
  const end = start + q.limit
  const isLast = q.limit === 0 || end >= all.length
  return {
    spans: all.slice(start, end),
    next: isLast ? null : encodeCursor({ time: String(end), id: '' }),
  }
}
