// Jobs of the queue: those of the tenant, or all of them for tenants that operate the instance.

import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { findJob, JOB_STATES, type JobRow, listJobs } from '../../../storage/control/jobs.ts'
import { withRole } from '../../../storage/postgres/roles.ts'
import { ApiError } from '../../app.ts'
import { tenantOf } from '../../auth.ts'
import type { Stores } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'
import { nextCursor, paging, word } from '../query-parameters.ts'

const time = z.date().nullable()

const jobSchema = z.object({
  job_id: z.string(),
  kind: z.string(),
  state: z.enum(JOB_STATES),
  attempts: z.number().describe('Attempts after the first.'),
  attempts_max: z.number(),
  priority: z.number(),
  created_at: z.date(),
  starts_after: z.date(),
  started_at: time,
  finished_at: time,
  error_code: z.string().nullable().describe('Of a job that failed.'),
})

const shown = (row: JobRow) => ({ ...row })
const ofTenant = (req: FastifyRequest): string | null =>
  req.operatesInstance ? null : tenantOf(req).tenantId

export function jobRoutes(app: Api, stores: Stores): void {
  app.get(
    '/api/v1/jobs',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['jobs'],
        summary: 'Jobs, newest first: of the tenant, and of all for whoever operates the instance',
        querystring: z.strictObject({
          kind: word,
          state: z.enum(JOB_STATES).optional(),
          ...paging,
        }),
        response: { 200: z.object({ data: z.array(jobSchema), next_cursor: nextCursor }) },
      },
    },
    async (req) => {
      const { kind, state, limit, cursor } = req.query
      const page = await withRole(
        stores.postgres,
        'observa_jobs',
        (client) => listJobs(client, { tenantId: ofTenant(req), kind, state, limit, cursor }),
        { readOnly: true },
      )
      return { data: page.rows.map(shown), next_cursor: page.next }
    },
  )
  app.get(
    '/api/v1/jobs/:id',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['jobs'],
        summary: 'One job',
        params: z.object({ id: z.uuid() }),
        response: { 200: jobSchema },
      },
    },
    async (req) => {
      const found = await withRole(
        stores.postgres,
        'observa_jobs',
        (client) => findJob(client, ofTenant(req), req.params.id),
        { readOnly: true },
      )
      if (found === null) throw new ApiError(404, 'NOT_FOUND', 'no such job')
      return shown(found)
    },
  )
}
