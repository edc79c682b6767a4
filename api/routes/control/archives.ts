// What was archived before retention removed it, and asking for it to come back.

import { z } from 'zod'
import { anyId } from '../../../accounts/input.ts'
import { KEEP_DAYS, KEEP_DAYS_MAX, requestRestore } from '../../../accounts/retention.ts'
import { ARCHIVED_CLASSES } from '../../../core/deletion/retention.ts'
import {
  type ArchiveUnitRow,
  listRestores,
  listUnits,
  type RestoreRow,
} from '../../../storage/control/archives.ts'
import type { Stores } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'
import { nextCursor, paging } from '../query-parameters.ts'
import { read, write } from './change.ts'

const unitSchema = z.object({
  project_id: z.string(),
  class: z.enum(ARCHIVED_CLASSES),
  day: z.string().describe('Of receipt, UTC; of lists and sums the day of the data.'),
  files: z.int(),
  rows: z.number(),
  bytes: z.number(),
  written_at: z.date(),
})

const restoreSchema = z.object({
  restore_id: z.string(),
  project_id: z.string(),
  class: z.enum(ARCHIVED_CLASSES),
  from: z.string(),
  to: z.string(),
  keep_days: z.int(),
  state: z
    .enum(['waiting', 'done', 'failed'])
    .describe('waiting: until a job works it, and while something of the tenant is being deleted.'),
  units: z.int().describe('Days that were found in the archive.'),
  rows: z.number().describe('Rows that came back; those that were still there are not counted.'),
  error_code: z.string().nullable(),
  requested_by: z.string(),
  requested_at: z.date(),
  finished_at: z.date().nullable(),
  kept_until: z.date().nullable().describe('Until then retention leaves these days alone.'),
})

const unitOf = ({ tenant_id: _tenant, place: _place, ...unit }: ArchiveUnitRow) => unit
const restoreOf = ({ tenant_id: _tenant, from_day, to_day, ...row }: RestoreRow) => ({
  ...row,
  from: from_day,
  to: to_day,
})

export function archiveRoutes(app: Api, stores: Stores): void {
  app.get(
    '/api/v1/archives',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['control'],
        summary: 'Days that are in the archive, the newest first',
        querystring: z.strictObject({
          ...paging,
          project_id: anyId.optional(),
          class: z.enum(ARCHIVED_CLASSES).optional(),
        }),
        response: { 200: z.object({ data: z.array(unitSchema), next_cursor: nextCursor }) },
      },
    },
    async (req) => {
      const { project_id: projectId, class: what, limit, cursor } = req.query
      const page = await read(req, stores, (client, tenantId) =>
        listUnits(client, { tenantId, projectId, what, limit, cursor }),
      )
      return { data: page.rows.map(unitOf), next_cursor: page.next }
    },
  )
  restoreRoutes(app, stores)
}

function restoreRoutes(app: Api, stores: Stores): void {
  app.get(
    '/api/v1/archives/restores',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['control'],
        summary: 'What was asked to come back from the archive, newest first',
        querystring: z.strictObject(paging),
        response: { 200: z.object({ data: z.array(restoreSchema), next_cursor: nextCursor }) },
      },
    },
    async (req) => {
      const page = await read(req, stores, (client, tenantId) =>
        listRestores(client, { tenantId, ...req.query }),
      )
      return { data: page.rows.map(restoreOf), next_cursor: page.next }
    },
  )
  app.post(
    '/api/v1/archives/restores',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['control'],
        summary: 'Bring archived days back',
        description:
          'Answers at once; follow the state. What is there already is left as it is, so asking twice brings nothing twice.',
        body: z.strictObject({
          project_id: anyId,
          class: z.enum(ARCHIVED_CLASSES),
          from: z.iso.date().describe('The first day, UTC.'),
          to: z.iso.date().describe('The last day, UTC.'),
          keep_days: z
            .int()
            .min(1)
            .max(KEEP_DAYS_MAX)
            .default(KEEP_DAYS)
            .describe('How long retention leaves them alone.'),
        }),
        response: { 202: restoreSchema },
      },
    },
    async (req, reply) => {
      const { project_id: projectId, class: what, from, to, keep_days: keepDays } = req.body
      const row = await write(req, stores, (change) =>
        requestRestore(change, { projectId, what, from, to, keepDays }),
      )
      void reply.code(202)
      return restoreOf(row)
    },
  )
}
