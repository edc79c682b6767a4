// Mutes: issues about which nobody is notified for some time, or in some hours of the week. Signals are still added to the
// issues.

import { z } from 'zod'
import { anyId } from '../../../accounts/input.ts'
import { timeZone, windowSchema } from '../../../core/signals/timetable.ts'
import { createMute, muteNamed, removeMute } from '../../../notifications/manage.ts'
import { matchersSchema } from '../../../notifications/matching.ts'
import { listMutes, type MuteRow } from '../../../storage/control/notification-targets.ts'
import type { Stores } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'
import { nextCursor, paging } from '../query-parameters.ts'
import { read, write } from './change.ts'

const muteSchema = z.object({
  mute_id: z.string(),
  project_id: z.string().nullable(),
  matchers: z.record(z.string(), z.array(z.string())),
  starts_at: z.date(),
  ends_at: z.date().nullable(),
  windows: z.unknown().describe('Hours of the week; null: always.'),
  time_zone: z.string(),
  reason: z.string(),
  created_at: z.date(),
  created_by: z.string(),
})

const params = z.object({ id: z.string().min(1).max(64) })
const time = z.iso.datetime({ offset: true })

export function muteRoutes(app: Api, stores: Stores): void {
  readRoutes(app, stores)
  changeRoutes(app, stores)
}

function readRoutes(app: Api, stores: Stores): void {
  app.get(
    '/api/v1/mutes',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['issues'],
        summary: 'Mutes, newest first',
        querystring: z.strictObject({
          ...paging,
          active: z.stringbool().optional().describe('Begun and not ended.'),
        }),
        response: { 200: z.object({ data: z.array(muteSchema), next_cursor: nextCursor }) },
      },
    },
    async (req) => {
      const { limit, cursor, active: isActive } = req.query
      const page = await read(req, stores, (client, tenantId) =>
        listMutes(client, { tenantId, limit, cursor, isActive }),
      )
      return { data: page.rows.map(shown), next_cursor: page.next }
    },
  )
  app.get(
    '/api/v1/mutes/:id',
    {
      config: { scope: 'query' },
      schema: { tags: ['issues'], summary: 'One mute', params, response: { 200: muteSchema } },
    },
    async (req) =>
      shown(
        await read(req, stores, (client, tenantId) =>
          muteNamed({ client, tenantId }, req.params.id),
        ),
      ),
  )
}

function changeRoutes(app: Api, stores: Stores): void {
  app.post(
    '/api/v1/mutes',
    {
      config: { scope: 'admin', freeText: { reason: 1000, matchers: 1000 } },
      schema: {
        tags: ['issues'],
        summary: 'Mute issues by their labels, until a time or in hours of the week',
        description:
          'Issues that still occur at the end are notified then. Values may end with `*`. Without ends_at, windows are needed.',
        body: z.strictObject({
          project_id: anyId.nullable().default(null).describe('null: all projects of the tenant.'),
          matchers: matchersSchema,
          starts_at: time.optional().describe('Now when absent.'),
          ends_at: time.nullable().default(null),
          windows: z.array(windowSchema).min(1).max(50).nullable().default(null),
          time_zone: timeZone.default('UTC'),
          reason: z.string().min(1).max(1000),
        }),
        response: { 201: muteSchema },
      },
    },
    async (req, reply) => {
      const { body } = req
      const made = await write(req, stores, (change) =>
        createMute(change, {
          projectId: body.project_id,
          matchers: given(body.matchers),
          startsAt: body.starts_at === undefined ? null : new Date(body.starts_at),
          endsAt: body.ends_at === null ? null : new Date(body.ends_at),
          windows: body.windows,
          timeZone: body.time_zone,
          reason: body.reason,
        }),
      )
      void reply.code(201)
      return shown(made)
    },
  )
  app.delete(
    '/api/v1/mutes/:id',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['issues'],
        summary: 'End a mute now; it stays in the list',
        params,
        response: { 204: z.null() },
      },
    },
    async (req, reply) => {
      await write(req, stores, (change) => removeMute(change, req.params.id))
      void reply.code(204)
      return null
    },
  )
}

function given(matchers: z.output<typeof matchersSchema>): Record<string, readonly string[]> {
  return Object.fromEntries(
    Object.entries(matchers).flatMap(([name, values]) =>
      values === undefined ? [] : [[name, values]],
    ),
  )
}

const shown = ({ tenant_id: _tenant, matchers, ...row }: MuteRow) => ({
  ...row,
  matchers: Object.fromEntries(
    Object.entries(matchers).map(([name, values]) => [name, [...values]]),
  ),
})
