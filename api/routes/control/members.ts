// Members of the tenant and their roles, in the tenant and by project.

import { z } from 'zod'
import { anyId, projectRole, role } from '../../../accounts/input.ts'
import { changeProjectRole, changeRole, removeMember } from '../../../accounts/people.ts'
import { listMembers, MEMBER_SORTS } from '../../../storage/control/people.ts'
import type { Stores } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'
import { namedPaging, nextCursor } from '../query-parameters.ts'
import { read, write } from './change.ts'

const memberSchema = z.object({
  tenant_id: z.string(),
  user_id: z.string(),
  email: z.string(),
  name: z.string().nullable(),
  role: z.string(),
  project_roles: z.record(z.string(), z.string()).describe('By project, where it is another one.'),
  created_at: z.date(),
  disabled_at: z.date().nullable(),
})

const params = z.object({ id: z.uuid() })
const inProject = z.object({ id: z.uuid(), project: anyId })

export function memberRoutes(app: Api, stores: Stores): void {
  app.get(
    '/api/v1/members',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['control'],
        summary: 'Members of the tenant, by default the newest first',
        querystring: z.strictObject({
          sort: z.enum(MEMBER_SORTS).default('-created_at'),
          ...namedPaging,
        }),
        response: { 200: z.object({ data: z.array(memberSchema), next_cursor: nextCursor }) },
      },
    },
    async (req) => {
      const page = await read(req, stores, (client, tenantId) =>
        listMembers(client, { tenantId, ...req.query }),
      )
      return { data: [...page.rows], next_cursor: page.next }
    },
  )
  app.patch(
    '/api/v1/members/:id',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['control'],
        summary: 'Give a member another role',
        params,
        body: z.strictObject({ role }),
        response: { 200: memberSchema },
      },
    },
    async (req) =>
      await write(req, stores, (change) => changeRole(change, req.params.id, req.body.role)),
  )
  app.delete(
    '/api/v1/members/:id',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['control'],
        summary: 'Remove a member from the tenant',
        params,
        response: { 204: z.null().describe('Gone.') },
      },
    },
    async (req, reply) => {
      await write(req, stores, (change) => removeMember(change, req.params.id))
      return await reply.code(204).send(null)
    },
  )
  projectRoleRoutes(app, stores)
}

function projectRoleRoutes(app: Api, stores: Stores): void {
  app.put(
    '/api/v1/members/:id/projects/:project',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['control'],
        summary: 'Give a member another role in one project; none shuts out',
        params: inProject,
        body: z.strictObject({ role: projectRole }),
        response: { 200: memberSchema },
      },
    },
    async (req) => {
      const { id, project } = req.params
      return await write(req, stores, (c) => changeProjectRole(c, id, project, req.body.role))
    },
  )
  app.delete(
    '/api/v1/members/:id/projects/:project',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['control'],
        summary: 'Let the role of the tenant hold in this project again',
        params: inProject,
        response: { 200: memberSchema },
      },
    },
    async (req) => {
      const { id, project } = req.params
      return await write(req, stores, (c) => changeProjectRole(c, id, project, null))
    },
  )
}
