// Saved views of lists. Everybody who may read may save views. A shared view is visible to the whole project; its owner and
// the owners and admins of the tenant can change it.

import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { nameOf } from '../../../accounts/audited-change.ts'
import { displayName } from '../../../accounts/input.ts'
import {
  addView,
  changeView,
  findView,
  listViews,
  removeView,
  VIEWS_MAX,
  type ViewRow,
} from '../../../storage/control/views.ts'
import type { Statements } from '../../../storage/postgres/connection.ts'
import { ApiError } from '../../app.ts'
import { actorOf, tenantOf } from '../../auth.ts'
import type { Stores } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'
import { nextCursor, paging } from '../query-parameters.ts'
import { read, write } from './change.ts'

const PAGES = [
  'traces',
  'events',
  'issues',
  'signals',
  'costs',
  'conversations',
  'sessions',
  'users',
  'scores',
] as const

const page = z.enum(PAGES).describe('The list that it is a view of.')
const query = z
  .record(z.string().min(1).max(64), z.string().max(1000))
  .refine((given) => Object.keys(given).length <= 50, 'expected at most 50 entries')
  .describe('Filters, order and columns by name, as they stand in an address.')
  .meta({ maxProperties: 50, examples: [{ model: 'gpt-4o', sort: '-cost_usd' }] })

const viewSchema = z.object({
  view_id: z.string(),
  name: z.string(),
  page: z.string(),
  query: z.record(z.string(), z.string()),
  owner: z.string(),
  is_own: z.boolean(),
  is_shared: z.boolean(),
  created_at: z.date(),
  updated_at: z.date(),
})

const params = z.object({ id: z.string().min(1).max(64) })

const meOf = (req: FastifyRequest): string => nameOf(actorOf(req))
const shown = (row: ViewRow, req: FastifyRequest) => ({
  ...row,
  query: { ...row.query },
  is_own: row.owner === meOf(req),
})

export function viewRoutes(app: Api, stores: Stores): void {
  readRoutes(app, stores)
  addRoute(app, stores)
  changeRoutes(app, stores)
}

function readRoutes(app: Api, stores: Stores): void {
  app.get(
    '/api/v1/views',
    {
      // The visible views depend on who asks.
      config: { scope: 'query', shared: false },
      schema: {
        tags: ['views'],
        summary: 'Saved views: own ones and those that are shared, newest first',
        querystring: z.strictObject({ page: page.optional(), ...paging }),
        response: { 200: z.object({ data: z.array(viewSchema), next_cursor: nextCursor }) },
      },
    },
    async (req) => {
      const found = await read(req, stores, (client) =>
        listViews(client, tenantOf(req), meOf(req), req.query),
      )
      return { data: found.rows.map((row) => shown(row, req)), next_cursor: found.next }
    },
  )
  app.get(
    '/api/v1/views/:id',
    {
      config: { scope: 'query', shared: false },
      schema: {
        tags: ['views'],
        summary: 'One saved view',
        params,
        response: { 200: viewSchema },
      },
    },
    async (req) =>
      shown(await read(req, stores, (client) => visible(client, req, req.params.id)), req),
  )
}

function addRoute(app: Api, stores: Stores): void {
  app.post(
    '/api/v1/views',
    {
      config: { scope: 'query', freeText: { name: 200, query: 1000 } },
      schema: {
        tags: ['views'],
        summary: 'Save a view',
        body: z.strictObject({
          name: displayName,
          page,
          query,
          is_shared: z.boolean().default(false).describe('true: all of the project see it.'),
        }),
        response: { 201: viewSchema },
      },
    },
    async (req, reply) => {
      const view = { ...req.body, owner: meOf(req) }
      const added = await write(req, stores, ({ client }) => addView(client, tenantOf(req), view))
      if (added === null)
        throw new ApiError(
          409,
          'CONFLICT',
          `A project has at most ${VIEWS_MAX} views: remove some.`,
        )
      void reply.code(201)
      return shown(added, req)
    },
  )
}

function changeRoutes(app: Api, stores: Stores): void {
  app.patch(
    '/api/v1/views/:id',
    {
      config: { scope: 'query', freeText: { name: 200, query: 1000 } },
      schema: {
        tags: ['views'],
        summary: 'Rename, change or share a view',
        params,
        body: z.strictObject({
          name: displayName.optional(),
          query: query.optional(),
          is_shared: z.boolean().optional(),
        }),
        response: { 200: viewSchema },
      },
    },
    async (req) => {
      const to = { name: req.body.name, query: req.body.query, isShared: req.body.is_shared }
      const changed = await write(req, stores, async ({ client }) => {
        await changeable(client, req, req.params.id)
        return await changeView(client, tenantOf(req), req.params.id, to)
      })
      if (changed === null) throw missing()
      return shown(changed, req)
    },
  )
  app.delete(
    '/api/v1/views/:id',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['views'],
        summary: 'Remove a view',
        params,
        response: { 200: viewSchema.describe('As it was.') },
      },
    },
    async (req) =>
      await write(req, stores, async ({ client }) => {
        const found = await changeable(client, req, req.params.id)
        await removeView(client, tenantOf(req), req.params.id)
        return shown(found, req)
      }),
  )
}

const missing = (): ApiError => new ApiError(404, 'NOT_FOUND', 'no such view')

async function visible(client: Statements, req: FastifyRequest, id: string): Promise<ViewRow> {
  const found = await findView(client, tenantOf(req), meOf(req), id)
  if (found === null) throw missing()
  return found
}

async function changeable(client: Statements, req: FastifyRequest, id: string): Promise<ViewRow> {
  const found = await visible(client, req, id)
  const isAdmin = ['owner', 'admin'].includes(req.signedIn?.role ?? '')
  if (found.owner !== meOf(req) && !isAdmin)
    throw new ApiError(
      403,
      'FORBIDDEN',
      'This view belongs to somebody else: save one of your own.',
    )
  return found
}
