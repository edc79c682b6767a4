// Notification targets, and the deliveries to them.

import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { ServiceView } from '../../../core/component.ts'
import { ObservaError } from '../../../core/errors.ts'
import {
  changeTarget,
  createTarget,
  removeTarget,
  sendAgain,
  targetNamed,
  testTarget,
} from '../../../notifications/manage.ts'
import { filterSchema, newTargetSchema, timingSchema } from '../../../notifications/target.ts'
import {
  type DeliveryRow,
  findDelivery,
  listDeliveries,
} from '../../../storage/control/deliveries.ts'
import { listTargets, type TargetRow } from '../../../storage/control/notification-targets.ts'
import { ApiError } from '../../app.ts'
import type { Stores } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'
import { nextCursor, paging } from '../query-parameters.ts'
import { read, write } from './change.ts'

const KINDS = [
  'email',
  'webhook',
  'slack',
  'alertmanager_webhook',
  'alertmanager',
  'pagerduty',
] as const
const STATUSES = ['pending', 'delivered', 'failed', 'cancelled'] as const
const REASONS = ['issues', 'repeat', 'digest', 'budget', 'quota', 'test'] as const

const targetSchema = z.object({
  target_id: z.string(),
  project_id: z.string().nullable().describe('null: all projects of the tenant.'),
  name: z.string(),
  kind: z.enum(KINDS),
  settings: z
    .record(z.string(), z.unknown())
    .describe(
      'Without secrets, which are never shown. Without the scope admin an address is shown as its origin, because the rest of it often lets anybody post.',
    ),
  filter: z.record(z.string(), z.unknown()),
  timing: z.record(z.string(), z.unknown()),
  enabled: z.boolean(),
  disabled_reason: z.string().nullable(),
  created_at: z.date(),
  created_by: z.string(),
  updated_at: z.date(),
})

const deliverySchema = z.object({
  delivery_id: z.string(),
  target_id: z.string(),
  project_id: z.string().nullable(),
  reason: z.enum(REASONS),
  status: z.enum(STATUSES),
  attempts: z.number(),
  next_attempt_at: z.date().nullable().describe('Of a pending one.'),
  response_status: z.number().nullable(),
  error_code: z.string().nullable(),
  error: z.string().nullable().describe('The beginning of what the target answered.'),
  issues: z.array(z.object({ project_id: z.string(), issue_id: z.string(), change: z.string() })),
  group: z.record(z.string(), z.string()),
  created_at: z.date(),
  delivered_at: z.date().nullable(),
})

const params = z.object({ id: z.string().min(1).max(64) })
/** How long the test of a target waits for its outcome. A worker polls once a second. */
const TEST_WAIT_MS = 12_000
const TEST_LOOK_MS = 200

type Checks = Pick<ServiceView, 'checkTargetUrl'>

export function targetRoutes(app: Api, stores: Stores, service: Checks): void {
  readRoutes(app, stores)
  changeRoutes(app, stores, service)
  testRoute(app, stores)
  deliveryRoutes(app, stores)
}

function readRoutes(app: Api, stores: Stores): void {
  app.get(
    '/api/v1/targets',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['control'],
        summary: 'Notification targets, newest first',
        querystring: z.strictObject(paging),
        response: { 200: z.object({ data: z.array(targetSchema), next_cursor: nextCursor }) },
      },
    },
    async (req) => {
      const page = await read(req, stores, (client, tenantId) =>
        listTargets(client, { ...req.query, tenantId }),
      )
      return { data: page.rows.map((row) => shown(row, req)), next_cursor: page.next }
    },
  )
  app.get(
    '/api/v1/targets/:id',
    {
      config: { scope: 'query' },
      schema: { tags: ['control'], summary: 'One target', params, response: { 200: targetSchema } },
    },
    async (req) =>
      shown(
        await read(req, stores, (client, tenantId) =>
          targetNamed({ client, tenantId }, req.params.id),
        ),
        req,
      ),
  )
}

function changeRoutes(app: Api, stores: Stores, service: Checks): void {
  app.post(
    '/api/v1/targets',
    {
      config: { scope: 'admin', freeText: { name: 200, filter: 256 } },
      schema: {
        tags: ['control'],
        summary: 'Make a notification target',
        description:
          'Addresses of private networks are refused, unless the operator permits them, also when something is sent to a name that leads there by then. A webhook is signed after Standard Webhooks; its secret is shown this once.',
        body: newTargetSchema,
        response: { 201: targetSchema.extend({ secret: z.string().nullable() }) },
      },
    },
    async (req, reply) => {
      if ('url' in req.body) await refuseForbidden(service, req.body.url)
      const made = await write(req, stores, (change) => createTarget(change, req.body))
      void reply.code(201).header('cache-control', 'no-store')
      return { ...shown(made.target, req), secret: made.secret }
    },
  )
  app.patch(
    '/api/v1/targets/:id',
    {
      config: { scope: 'admin', freeText: { name: 200, filter: 256 } },
      schema: {
        tags: ['control'],
        summary: 'Change a target: name, filter, timing, settings, or switch it off and on',
        params,
        body: z.strictObject({
          name: z.string().min(1).max(200).optional(),
          filter: filterSchema.optional(),
          timing: timingSchema.optional(),
          enabled: z.boolean().optional(),
          settings: z
            .record(z.string(), z.unknown())
            .optional()
            .describe(
              'Of its kind. Settings that are not named stay; of secrets all are replaced. With another address a token or key that was sent to the old one must be given again, or is gone.',
            ),
        }),
        response: { 200: targetSchema },
      },
    },
    async (req) => {
      const url = req.body.settings?.['url']
      // Anything else is refused below, by the schema of its kind.
      if (typeof url === 'string' && URL.canParse(url)) await refuseForbidden(service, url)
      const row = await write(req, stores, (change) =>
        changed(() => changeTarget(change, req.params.id, req.body)),
      )
      return shown(row, req)
    },
  )
  app.delete(
    '/api/v1/targets/:id',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['control'],
        summary: 'Delete a target; what waits for it is not sent',
        params,
        response: { 204: z.null() },
      },
    },
    async (req, reply) => {
      await write(req, stores, (change) => removeTarget(change, req.params.id))
      void reply.code(204)
      return null
    },
  )
}

async function refuseForbidden(service: Checks, url: string): Promise<void> {
  try {
    await service.checkTargetUrl(url)
  } catch (thrown) {
    if (!(thrown instanceof ObservaError)) throw thrown
    throw new ApiError(400, 'VALIDATION_ERROR', `url: ${thrown.message}`)
  }
}

/**
 * The settings of each kind of target are checked below the schema of the body. Mistakes in them are reported as errors of
 * the client.
 */
async function changed<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    if (!(thrown instanceof z.ZodError)) throw thrown
    const [issue] = thrown.issues
    throw new ApiError(
      400,
      'VALIDATION_ERROR',
      `settings.${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`,
    )
  }
}

function testRoute(app: Api, stores: Stores): void {
  app.post(
    '/api/v1/targets/:id/test',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['control'],
        summary: 'Send a test to a target and wait for the outcome, for 12 s at most',
        description: 'The status is `pending` when nothing that works jobs has sent it by then.',
        params,
        response: { 200: deliverySchema },
      },
    },
    async (req) => {
      const id = await write(req, stores, (change) => testTarget(change, req.params.id))
      const end = Date.now() + TEST_WAIT_MS
      for (;;) {
        const found = await read(req, stores, (client, tenantId) =>
          findDelivery(client, tenantId, id),
        )
        if (found === null) throw noSuchDelivery()
        if (found.attempts > 0 && (found.status !== 'pending' || found.error_code !== null))
          return shownDelivery(found)
        if (Date.now() > end) return shownDelivery(found)
        await new Promise((resolve) => setTimeout(resolve, TEST_LOOK_MS))
      }
    },
  )
}

function deliveryRoutes(app: Api, stores: Stores): void {
  app.get(
    '/api/v1/deliveries',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['control'],
        summary: 'Notifications to targets, newest first; kept for 30 days',
        querystring: z.strictObject({
          ...paging,
          target_id: z.string().max(64).optional(),
          status: z.enum(STATUSES).optional(),
          reason: z.enum(REASONS).optional(),
        }),
        response: { 200: z.object({ data: z.array(deliverySchema), next_cursor: nextCursor }) },
      },
    },
    async (req) => {
      const { limit, cursor, target_id: targetId, status, reason } = req.query
      const page = await read(req, stores, (client, tenantId) =>
        listDeliveries(client, { tenantId, limit, cursor, targetId, status, reason }),
      )
      return { data: page.rows.map(shownDelivery), next_cursor: page.next }
    },
  )
  app.get(
    '/api/v1/deliveries/:id',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['control'],
        summary: 'One delivery',
        params,
        response: { 200: deliverySchema },
      },
    },
    async (req) => {
      const found = await read(req, stores, (client, tenantId) =>
        findDelivery(client, tenantId, req.params.id),
      )
      if (found === null) throw noSuchDelivery()
      return shownDelivery(found)
    },
  )
  app.post(
    '/api/v1/deliveries/:id/retry',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['control'],
        summary: 'Send a delivery again, under its id, with the state of its issues now',
        params,
        response: { 202: deliverySchema },
      },
    },
    async (req, reply) => {
      const found = await write(req, stores, async (change) => {
        await sendAgain(change, req.params.id)
        return await findDelivery(change.client, change.tenantId, req.params.id)
      })
      if (found === null) throw noSuchDelivery()
      void reply.code(202)
      return shownDelivery(found)
    },
  )
}

const noSuchDelivery = (): ApiError => new ApiError(404, 'NOT_FOUND', 'no such delivery')

const shown = (
  { tenant_id: _tenant, is_enabled, settings, ...row }: TargetRow,
  { mayAdminister }: FastifyRequest,
) => ({
  ...row,
  settings: mayAdminister ? settings : withoutPaths(settings),
  enabled: is_enabled,
})

/**
 * The settings with each address reduced to its origin, because user names, paths and queries of webhooks are credentials.
 */
const withoutPaths = (settings: TargetRow['settings']): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      name,
      name === 'url' && typeof value === 'string' ? `${new URL(value).origin}/...` : value,
    ]),
  )

const shownDelivery = ({ labels, next_attempt_at, issues, ...row }: DeliveryRow) => ({
  ...row,
  group: labels,
  issues: [...issues],
  next_attempt_at: row.status === 'pending' ? next_attempt_at : null,
})
