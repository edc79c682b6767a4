// The tenant of the credential. The id of any other tenant gives 404, like an unknown id.

import { z } from 'zod'
import { anyId, displayName } from '../../../accounts/input.ts'
import { changeTenant } from '../../../accounts/tenants.ts'
import { findTenant, listTenants } from '../../../storage/control/tenants.ts'
import { ApiError } from '../../app.ts'
import { tenantOf } from '../../auth.ts'
import type { Stores } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'
import { nextCursor, paging } from '../query-parameters.ts'
import { read, write } from './change.ts'

const tenantSchema = z.object({
  tenant_id: z.string(),
  name: z.string(),
  created_at: z.date(),
  updated_at: z.date(),
})

const params = z.object({ id: anyId })

export function tenantRoutes(app: Api, stores: Stores): void {
  app.get(
    '/api/v1/tenants',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['control'],
        summary: 'The tenants that the credential may see: its own',
        querystring: z.strictObject(paging),
        response: { 200: z.object({ data: z.array(tenantSchema), next_cursor: nextCursor }) },
      },
    },
    async (req) => {
      const page = await read(req, stores, (client) => listTenants(client, req.query))
      return { data: [...page.rows], next_cursor: page.next }
    },
  )
  app.get(
    '/api/v1/tenants/:id',
    {
      config: { scope: 'query' },
      schema: { tags: ['control'], summary: 'One tenant', params, response: { 200: tenantSchema } },
    },
    async (req) => {
      const found = await read(req, stores, (client) => findTenant(client, req.params.id))
      if (found === null) throw noTenant(req.params.id)
      return found
    },
  )
  app.patch(
    '/api/v1/tenants/:id',
    {
      config: { scope: 'admin', freeText: { name: 200 } },
      schema: {
        tags: ['control'],
        summary: 'Rename the tenant',
        params,
        body: z.strictObject({ name: displayName }),
        response: { 200: tenantSchema },
      },
    },
    async (req) => {
      if (req.params.id !== tenantOf(req).tenantId) throw noTenant(req.params.id)
      return await write(req, stores, (change) => changeTenant(change, req.body.name))
    },
  )
}

const noTenant = (id: string): ApiError =>
  new ApiError(404, 'NOT_FOUND', `There is no tenant ${id}.`)
