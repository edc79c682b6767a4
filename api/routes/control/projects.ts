// Projects of the tenant.

import { z } from 'zod'
import { anyId, displayName, environmentName } from '../../../accounts/input.ts'
import { changeProject, createProject } from '../../../accounts/tenants.ts'
import {
  findProject,
  listProjects,
  PROJECT_SORTS,
  type ProjectRow,
} from '../../../storage/control/tenants.ts'
import { ApiError } from '../../app.ts'
import type { Stores } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'
import { flag, namedPaging, nextCursor } from '../query-parameters.ts'
import { read, write } from './change.ts'

const projectSchema = z.object({
  tenant_id: z.string(),
  project_id: z.string(),
  name: z.string(),
  environments: z.array(z.string()),
  created_at: z.date(),
  updated_at: z.date(),
  archived_at: z.date().nullable().describe('Its keys are refused from then on.'),
})

const params = z.object({ id: anyId })
const shown = (row: ProjectRow) => ({ ...row, environments: [...row.environments] })

export function projectRoutes(app: Api, stores: Stores): void {
  app.get(
    '/api/v1/projects',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['control'],
        summary: 'Projects of the tenant, by default the newest first',
        querystring: z.strictObject({
          sort: z.enum(PROJECT_SORTS).default('-created_at'),
          ...namedPaging,
          archived: flag.describe('true: archived ones too.'),
        }),
        response: { 200: z.object({ data: z.array(projectSchema), next_cursor: nextCursor }) },
      },
    },
    async (req) => {
      const { limit, cursor, sort, archived: hasArchived } = req.query
      const page = await read(req, stores, (client, tenantId) =>
        listProjects(client, { tenantId, hasArchived, sort, limit, cursor }),
      )
      return { data: page.rows.map(shown), next_cursor: page.next }
    },
  )
  app.get(
    '/api/v1/projects/:id',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['control'],
        summary: 'One project',
        params,
        response: { 200: projectSchema },
      },
    },
    async (req) => {
      const found = await read(req, stores, (client, tenantId) =>
        findProject(client, tenantId, req.params.id),
      )
      if (found === null)
        throw new ApiError(404, 'NOT_FOUND', `There is no project ${req.params.id}.`)
      return shown(found)
    },
  )
  changeRoutes(app, stores)
}

function changeRoutes(app: Api, stores: Stores): void {
  app.post(
    '/api/v1/projects',
    {
      config: { scope: 'admin', freeText: { name: 200 }, names: ['environment'] },
      schema: {
        tags: ['control'],
        summary: 'Make a project',
        body: z.strictObject({
          name: displayName,
          environment: environmentName
            .optional()
            .describe('One to begin with; others come with keys.'),
        }),
        response: { 201: projectSchema },
      },
    },
    async (req, reply) => {
      const { name, environment } = req.body
      const environments = environment === undefined ? [] : [environment]
      const made = await write(req, stores, (change) =>
        createProject(change, { name, environments }),
      )
      void reply.code(201)
      return shown(made)
    },
  )
  app.patch(
    '/api/v1/projects/:id',
    {
      config: { scope: 'admin', freeText: { name: 200 }, names: ['environment'] },
      schema: {
        tags: ['control'],
        summary: 'Rename, archive or restore a project',
        params,
        body: z.strictObject({
          name: displayName.optional(),
          archived: z.boolean().optional().describe('true: its keys are refused from now on.'),
        }),
        response: { 200: projectSchema },
      },
    },
    async (req) => {
      const to = { name: req.body.name, isArchived: req.body.archived }
      return shown(await write(req, stores, (change) => changeProject(change, req.params.id, to)))
    },
  )
}
