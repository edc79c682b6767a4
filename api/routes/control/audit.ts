// The audit log of the tenant.

import { z } from 'zod'
import { AUDIT_SORTS, listAudit } from '../../../storage/control/audit.ts'
import type { Stores } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'
import { nextCursor, paging, timeRange, word } from '../query-parameters.ts'
import { read } from './change.ts'

const text = z.string().nullable()

const entrySchema = z.object({
  audit_id: z.string(),
  at: z.date(),
  actor_kind: z.enum(['user', 'key', 'operator', 'system', 'anonymous']),
  actor: text.describe('Id of the user or key, login of the operator.'),
  action: z.string(),
  resource_kind: z.string(),
  resource: text,
  outcome: z.enum(['done', 'refused']),
  ip: text,
  user_agent: text,
  request_id: text,
  metadata: z.record(z.string(), z.unknown()),
})

const dateOf = (ms: number | undefined): Date | undefined =>
  ms === undefined ? undefined : new Date(ms)

export function auditRoutes(app: Api, stores: Stores): void {
  app.get(
    '/api/v1/audit',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['control'],
        summary: 'Who changed what, by default the newest first',
        querystring: z.strictObject({
          ...timeRange,
          sort: z.enum(AUDIT_SORTS).default('-at'),
          ...paging,
          action: word.describe('Such as key.create, key.revoke, member.role.'),
          actor: word,
          resource: word,
        }),
        response: { 200: z.object({ data: z.array(entrySchema), next_cursor: nextCursor }) },
      },
    },
    async (req) => {
      const { limit, cursor, sort, action, actor, resource } = req.query
      const range = { from: dateOf(req.query.from), to: dateOf(req.query.to) }
      const page = await read(req, stores, (client, tenantId) =>
        listAudit(client, { tenantId, action, actor, resource, ...range, sort, limit, cursor }),
      )
      return { data: [...page.rows], next_cursor: page.next }
    },
  )
}
