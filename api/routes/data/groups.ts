// Conversations, sessions and end users with their sums.

import { z } from 'zod'
import {
  findGroup,
  GROUP_SORTS,
  type GroupFilter,
  type GroupSort,
  type Groups,
  listGroups,
} from '../../../storage/queries/groups.ts'
import { ApiError } from '../../app.ts'
import { tenantOf } from '../../auth.ts'
import type { Stores } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'
import { foundFilters, foundIds } from '../found-groups.ts'
import {
  figure,
  flag,
  groupId,
  instant,
  nextCursor,
  sortedPaging,
  timeRange,
  word,
} from '../query-parameters.ts'

const text = z.string().nullable()

const sums = {
  first_at: instant,
  last_at: instant,
  duration_ms: z.number(),
  traces: z.number(),
  events: z.number(),
  llm_calls: z.number(),
  errors: z.number(),
  input_tokens: z.number(),
  output_tokens: z.number(),
  total_tokens: z.number(),
  cost_usd: z.number(),
  signals: z.number(),
  models: z.array(z.string()),
}

const SCHEMAS = {
  conversations: z.object({
    conversation_id: z.string(),
    user_id: text,
    session_id: text,
    message_count: z
      .number()
      .nullable()
      .describe('Highest position a client gave, plus one, or the messages of the longest call.'),
    last_message: text.describe(
      'Beginning of the newest text, scrubbed; null without the scope content.',
    ),
    ...sums,
  }),
  sessions: z.object({
    session_id: z.string(),
    user_id: text,
    conversations: z.number(),
    ...sums,
  }),
  users: z.object({
    user_id: z.string(),
    conversations: z.number(),
    sessions: z.number(),
    ...sums,
  }),
} as const

const FILTERS = {
  from: timeRange.from.describe('Last event from this time, inclusive.'),
  to: timeRange.to,
  user_id: word,
  session_id: word,
  conversation_id: word,
  environment: word.describe('Of one of its traces.'),
  service: word.describe('Of one of its traces.'),
  kind: word.describe('One of its traces has an event of this kind.'),
  model: word.describe('Used this model.'),
  errors: flag.describe('true: only those with errors; false: only without.'),
  signals: flag.describe('true: only those with signals; false: only without.'),
  status: z
    .enum(['ok', 'error'])
    .optional()
    .describe('error: only those with errors; ok: only without.'),
  min_cost_usd: figure,
  max_cost_usd: figure,
  ...foundFilters,
  sort: z.enum(GROUP_SORTS).default('-last_at'),
  ...sortedPaging,
}

const QUERIES = {
  conversations: z.strictObject(FILTERS),
  sessions: z.strictObject(FILTERS).omit({ conversation_id: true }),
  users: z.strictObject(FILTERS).omit({ session_id: true, conversation_id: true }),
} as const

const NAMES = { conversations: 'conversation', sessions: 'session', users: 'user' } as const

const ID_FIELDS = {
  conversations: 'conversation_id',
  sessions: 'session_id',
  users: 'user_id',
} as const

/** The filters by id, which not every list has. */
interface IdQuery {
  readonly user_id?: string
  readonly session_id?: string
  readonly conversation_id?: string
}

export function groupRoutes(app: Api, stores: Stores): void {
  listAndOne(app, stores, 'conversations')
  listAndOne(app, stores, 'sessions')
  listAndOne(app, stores, 'users')
}

function listAndOne(app: Api, stores: Stores, kind: keyof Groups): void {
  app.get(
    `/api/v1/${kind}`,
    {
      config: { scope: 'query' },
      schema: {
        tags: [kind],
        summary: `${kind[0]?.toUpperCase()}${kind.slice(1)} with their sums`,
        querystring: QUERIES[kind],
        response: { 200: z.object({ data: z.array(SCHEMAS[kind]), next_cursor: nextCursor }) },
      },
    },
    async (req) => {
      const { user_id, session_id, conversation_id } = req.query as IdQuery
      const page = await listGroups(stores.postgres, tenantOf(req), kind, {
        ...filterOf(req.query),
        userId: stores.idForms(tenantOf(req), 'user_id', user_id),
        sessionId: stores.idForms(tenantOf(req), 'session_id', session_id),
        conversationId: stores.idForms(tenantOf(req), 'conversation_id', conversation_id),
        ids: await foundIds(req, stores, kind, req.query),
      })
      const data = page.rows.map((row) => shown(dated(row), req.mayReadContent))
      return { data, next_cursor: page.next }
    },
  )
  app.get(
    `/api/v1/${kind}/:id`,
    {
      config: { scope: 'query' },
      schema: {
        tags: [kind],
        summary: `One ${NAMES[kind]} with its sums`,
        params: z.object({ id: groupId }),
        response: { 200: SCHEMAS[kind] },
      },
    },
    async (req) => {
      const ids = stores.idForms(tenantOf(req), ID_FIELDS[kind], req.params.id)
      const found = await findGroup(stores.postgres, tenantOf(req), kind, ids)
      if (found === null) throw new ApiError(404, 'NOT_FOUND', `no such ${NAMES[kind]}`)
      return shown(dated(found), req.mayReadContent)
    },
  )
}

/** Builds the filter that the three lists share. A filter that a list does not have stays unset. */
function filterOf(q: {
  readonly from?: number | undefined
  readonly to?: number | undefined
  readonly environment?: string | undefined
  readonly service?: string | undefined
  readonly kind?: string | undefined
  readonly model?: string | undefined
  readonly status?: 'ok' | 'error' | undefined
  readonly errors?: boolean | undefined
  readonly signals?: boolean | undefined
  readonly min_cost_usd?: number | undefined
  readonly max_cost_usd?: number | undefined
  readonly sort: GroupSort
  readonly limit: number
  readonly cursor?: string | undefined
}): GroupFilter {
  return {
    fromMs: q.from,
    toMs: q.to,
    environment: q.environment,
    service: q.service,
    kind: q.kind,
    model: q.model,
    hasErrors: q.errors ?? (q.status === undefined ? undefined : q.status === 'error'),
    hasSignals: q.signals,
    minCostUsd: q.min_cost_usd,
    maxCostUsd: q.max_cost_usd,
    sort: q.sort,
    limit: q.limit,
    cursor: q.cursor,
  }
}

/** Turns arrays into those of the schema. */
function dated<Row extends Groups[keyof Groups]>(row: Row) {
  return {
    ...row,
    models: [...row.models],
  }
}

/** The last message is content. */
function shown<Row extends object>(row: Row, mayReadContent: boolean): Row {
  return mayReadContent || !('last_message' in row) ? row : { ...row, last_message: null }
}
