// Deletes what is stored about a tenant, user, session, conversation or trace. The response comes at once. A job does the
// work, and the state of each store is shown here.

import { z } from 'zod'
import {
  type DeletionWanted,
  KEEP_OUT_DAYS,
  KEEP_OUT_DAYS_MAX,
  requestDeletion,
  retryDeletion,
} from '../../../accounts/deletions.ts'
import { anyId } from '../../../accounts/input.ts'
import { SUBJECT_KINDS } from '../../../core/deletion/subject.ts'
import {
  type DeletionRow,
  findDeletion,
  listDeletions,
} from '../../../storage/control/deletions.ts'
import { ApiError } from '../../app.ts'
import type { Stores } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'
import { nextCursor, paging } from '../query-parameters.ts'
import { read, write } from './change.ts'

const STATES = ['waiting', 'deleting', 'erasing', 'done', 'failed'] as const

const storeState = z.object({
  state: z.enum(['waiting', 'running', 'done', 'skipped', 'failed']),
  before: z.number().optional().describe('Rows that were found.'),
  after: z.number().optional().describe('Rows that were found when it was done.'),
  detail: z.string().optional(),
  at: z.string().optional(),
})

const deletionSchema = z.object({
  deletion_id: z.string(),
  project_id: z.string().nullable().describe('null: in all projects of the tenant.'),
  subject_kind: z.enum(SUBJECT_KINDS),
  subject_id: z
    .string()
    .nullable()
    .describe('Of traces and tenants. The id of whom was deleted is kept nowhere.'),
  state: z
    .enum(STATES)
    .describe(
      'waiting: until every instance keeps out what comes; deleting: from the stores; erasing: rows are gone, their bytes are being removed from files; done: counted again and proven; failed: a store refused at every try, stores says which, why and what remains; start it again with retry.',
    ),
  stores: z.record(z.string(), storeState),
  proof: z
    .object({
      sha256: z.string(),
      hmac: z.string().nullable().describe('HMAC-SHA-256 of the text.'),
      key_id: z.string().nullable(),
      text: z.string().describe('What was counted before and after in each store, as JSON.'),
    })
    .nullable(),
  error_code: z.string().nullable(),
  pass: z
    .int()
    .describe(
      'How often it was gone through: again when an instance comes back with data of before.',
    ),
  requested_by: z.string(),
  requested_at: z.date(),
  finished_at: z.date().nullable(),
  keeps_out_until: z.date().describe('Until then data of the subject is dropped when it comes.'),
})

const subjectId = z.string().min(1).max(1000)

const bodySchema = z
  .strictObject({
    user_id: subjectId.optional().describe('As you know it, also where a pseudonym is stored.'),
    session_id: subjectId.optional(),
    conversation_id: subjectId.optional(),
    trace_id: subjectId.optional(),
    tenant_id: subjectId
      .optional()
      .describe(
        'Of the credential: everything, with projects, keys and members. Only an owner or a key may.',
      ),
    project_id: anyId.optional().describe('Only in this project. Without it in all of the tenant.'),
    keep_out_days: z
      .int()
      .min(1)
      .max(KEEP_OUT_DAYS_MAX)
      .default(KEEP_OUT_DAYS)
      .describe('How long data of the subject that comes later is dropped.'),
  })
  .refine((body) => idsIn(body).length === 1, {
    error: 'give one of user_id, session_id, conversation_id, trace_id, tenant_id',
  })

function idsIn(body: Readonly<Record<string, unknown>>): readonly DeletionWanted['kind'][] {
  return SUBJECT_KINDS.filter((kind) => body[`${kind}_id`] !== undefined)
}

type Shown = z.input<typeof deletionSchema>

function shown(row: DeletionRow): Shown {
  // The type is right: `jobs/deletions/proof.ts` wrote the proof.
  return { ...row, stores: { ...row.stores }, proof: row.proof as Shown['proof'] }
}

export function deletionRoutes(app: Api, stores: Stores): void {
  app.get(
    '/api/v1/deletions',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['control'],
        summary: 'Deletions of the tenant, newest first',
        querystring: z.strictObject({
          ...paging,
          state: z.enum(STATES).optional(),
          kind: z.enum(SUBJECT_KINDS).optional(),
        }),
        response: { 200: z.object({ data: z.array(deletionSchema), next_cursor: nextCursor }) },
      },
    },
    async (req) => {
      const page = await read(req, stores, (client, tenantId) =>
        listDeletions(client, { tenantId, ...req.query }),
      )
      return { data: page.rows.map(shown), next_cursor: page.next }
    },
  )
  app.get(
    '/api/v1/deletions/:id',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['control'],
        summary: 'One deletion: its state in each store, and its proof',
        params: z.object({ id: z.uuid() }),
        response: { 200: deletionSchema },
      },
    },
    async (req) => {
      const found = await read(req, stores, (client, tenantId) =>
        findDeletion(client, tenantId, req.params.id),
      )
      if (found === null)
        throw new ApiError(404, 'NOT_FOUND', `There is no deletion ${req.params.id}.`)
      return shown(found)
    },
  )
  app.post(
    '/api/v1/deletions',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['control'],
        summary: 'Delete a user, session, conversation, trace or the tenant',
        description:
          'Answers at once; follow the state. From then on data of the subject that comes late or again is dropped. In a trace of several users, spans that name no user go with the one who is deleted.',
        body: bodySchema,
        response: { 202: deletionSchema },
      },
    },
    async (req, reply) => {
      const { body } = req
      const [kind] = idsIn(body)
      if (kind === undefined) throw new ApiError(400, 'VALIDATION_ERROR', 'there is no id')
      const wanted = {
        kind,
        id: body[`${kind}_id`] ?? '',
        projectId: body.project_id ?? null,
        keepOutDays: body.keep_out_days,
      }
      const made = await write(req, stores, (change) =>
        requestDeletion(change, wanted, stores.storedIds),
      )
      void reply.code(202)
      return shown(made)
    },
  )
  retryRoute(app, stores)
}

function retryRoute(app: Api, stores: Stores): void {
  app.post(
    '/api/v1/deletions/:id/retry',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['control'],
        summary: 'Start a failed deletion again',
        params: z.object({ id: z.uuid() }),
        response: { 202: deletionSchema },
      },
    },
    async (req, reply) => {
      const row = await write(req, stores, (change) => retryDeletion(change, req.params.id))
      void reply.code(202)
      return shown(row)
    },
  )
}
