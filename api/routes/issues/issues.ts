// Issues: the groups of signals with one fingerprint, and the changes that people make to them.

import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { SIGNAL_TYPES } from '../../../core/signals/signal.ts'
import {
  changeIssue,
  countIssues,
  findIssue,
  ISSUE_SORTS,
  type IssueChange,
  IssueChanged,
  type IssueRow,
  listHistory,
  listIssues,
} from '../../../storage/queries/issues.ts'
import { listSignals } from '../../../storage/queries/signals.ts'
import { ApiError } from '../../app.ts'
import { actorOf, requireContent, tenantOf } from '../../auth.ts'
import { shownEvidence, shownTitle } from '../../shown-evidence.ts'
import type { Stores } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'
import {
  figure,
  nextCursor,
  paging,
  sortedPaging,
  timeRange,
  traceId,
  word,
} from '../query-parameters.ts'
import { shownSignal, signalSchema } from './signals.ts'

const STATUSES = ['open', 'acknowledged', 'snoozed', 'resolved', 'ignored'] as const
const NOTE_MAX = 10_000
const SUBSTATUSES = ['new', 'ongoing', 'escalating', 'regressed'] as const

const issueSchema = z.object({
  issue_id: z.string(),
  fingerprint: z.string(),
  type: z.string(),
  severity: z.string(),
  title: z.string(),
  status: z.string(),
  substatus: z.string().nullable(),
  count: z.number().describe('Occurrences.'),
  first_seen: z.date(),
  last_seen: z.date(),
  traces: z.number(),
  users: z.number(),
  cost_usd: z.number().describe('Of the calls that the occurrences are about.'),
  environment: z.string().nullable(),
  rule: z.string(),
  evidence: z.unknown().describe('Of the newest occurrence.'),
  trace_id: z.string().nullable().describe('Of the newest occurrence.'),
  assignee: z.string().nullable(),
  status_at: z.date().describe('Since when the status is what it is.'),
  until: z
    .object({
      time: z.date().nullable(),
      count: z.number().nullable(),
      rate_factor: z.number().nullable(),
    })
    .nullable()
    .describe('What ends the rest of a snoozed issue.'),
  tenant_id: z.string(),
  project_id: z.string(),
})

const filters = {
  ...timeRange,
  type: z.enum(SIGNAL_TYPES).optional(),
  severity: z.enum(['high', 'medium', 'low']).optional(),
  status: z.enum(STATUSES).optional(),
  substatus: z.enum(SUBSTATUSES).optional(),
  assignee: z.string().max(255).optional(),
  environment: word,
  text: z.string().min(1).max(200).optional().describe('Text in the title.'),
  min_cost_usd: figure,
  trace_id: traceId.optional(),
  user_id: word.describe('Concerns this user.'),
}
const params = z.object({ id: z.string().max(64) })

const changeBody = {
  status: z.enum(STATUSES).optional(),
  until: z
    .union([
      z.iso.datetime({ offset: true }).describe('Until this time.'),
      z.strictObject({
        count: z.number().int().positive().describe('Until so many more occurrences.'),
      }),
      z.strictObject({
        rate_factor: z.number().gt(1).max(1000).describe('Until it occurs so much more often.'),
      }),
    ])
    .optional()
    .describe('For `snoozed`: what ends it.'),
  assignee: z.string().min(1).max(255).nullable().optional(),
  note: z.string().min(1).max(NOTE_MAX).optional(),
}

const seen = z.iso.datetime({ offset: true })

const historySchema = z.object({
  at: z.date(),
  actor: z.string(),
  action: z.string(),
  before: z.string().nullable(),
  after: z.string().nullable(),
  note: z.string().nullable().describe('Null without the scope content.'),
})

type Filters = z.output<ReturnType<typeof z.object<typeof filters>>>

export function issueRoutes(app: Api, stores: Stores): void {
  readRoutes(app, stores)
  detailRoutes(app, stores)
  changeRoutes(app, stores)
  historyRoutes(app, stores)
}

function readRoutes(app: Api, stores: Stores): void {
  app.get(
    '/api/v1/issues',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['issues'],
        summary: 'Issues, by default the one with the newest occurrence first',
        querystring: z.strictObject({
          ...filters,
          sort: z.enum(ISSUE_SORTS).default('-last_seen'),
          ...sortedPaging,
        }),
        response: { 200: z.object({ data: z.array(issueSchema), next_cursor: nextCursor }) },
      },
    },
    async (req) => {
      const { limit, cursor, sort } = req.query
      const filter = { ...filterOf(req, stores, req.query), sort, limit, cursor }
      const page = await listIssues(stores.postgres, tenantOf(req), filter)
      return { data: page.rows.map((row) => shown(row, req)), next_cursor: page.next }
    },
  )
  app.get(
    '/api/v1/issues/summary',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['issues'],
        summary: 'Issues by type, severity and status, most first',
        querystring: z.strictObject(filters),
        response: {
          200: z.object({
            data: z.array(
              z.object({
                type: z.string(),
                severity: z.string(),
                status: z.string(),
                issues: z.number(),
                occurrences: z.number(),
              }),
            ),
          }),
        },
      },
    },
    async (req) => ({
      data: [
        ...(await countIssues(stores.postgres, tenantOf(req), filterOf(req, stores, req.query))),
      ],
    }),
  )
}

function detailRoutes(app: Api, stores: Stores): void {
  app.get(
    '/api/v1/issues/:id',
    {
      config: { scope: 'query' },
      schema: { tags: ['issues'], summary: 'One issue', params, response: { 200: issueSchema } },
    },
    async (req) => shown(await existing(stores, req, req.params.id), req),
  )
  app.get(
    '/api/v1/issues/:id/signals',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['issues'],
        summary: 'The occurrences of an issue, newest first',
        params,
        querystring: z.strictObject({ ...timeRange, ...paging }),
        response: { 200: z.object({ data: z.array(signalSchema), next_cursor: nextCursor }) },
      },
    },
    async (req) => {
      const { fingerprint } = await existing(stores, req, req.params.id)
      const { from, to, limit, cursor } = req.query
      const filter = { fingerprint, fromMs: from, toMs: to, limit, cursor }
      const page = await listSignals(stores.postgres, tenantOf(req), filter)
      return { data: page.rows.map((row) => shownSignal(row, req)), next_cursor: page.next }
    },
  )
}

function changeRoutes(app: Api, stores: Stores): void {
  app.patch(
    '/api/v1/issues/:id',
    {
      config: { scope: 'admin', freeText: { note: NOTE_MAX }, people: { assignee: 255 } },
      schema: {
        tags: ['issues'],
        summary: 'Acknowledge, snooze, resolve, ignore, open, assign or comment an issue',
        params,
        body: z.strictObject({
          ...changeBody,
          expected_status_at: seen
            .optional()
            .describe(
              'The `status_at` of the issue as you know it. When the status was changed since, the answer is 409 and nothing is changed.',
            ),
        }),
        response: { 200: issueSchema },
      },
    },
    async (req) => {
      const { expected_status_at: at, ...body } = req.body
      const to = { ...changeOf(body), ...(at === undefined ? {} : { seenMs: Date.parse(at) }) }
      const { id } = req.params
      const after = await changedOrConflict(stores, req, id, to)
      if (after instanceof IssueChanged)
        throw new ApiError(409, 'CONFLICT', `somebody was faster: ${after.message}`)
      if (after === null) throw noSuchIssue()
      return shown(after, req)
    },
  )
  bulkRoute(app, stores)
}

function bulkRoute(app: Api, stores: Stores): void {
  app.post(
    '/api/v1/issues/bulk',
    {
      config: { scope: 'admin', freeText: { note: NOTE_MAX }, people: { assignee: 255 } },
      schema: {
        tags: ['issues'],
        summary: 'The same change to several issues',
        body: z.strictObject({
          issue_ids: z.array(z.string().max(64)).min(1).max(1000),
          ...changeBody,
          expected_status_at: z
            .record(z.string().max(64), seen)
            .optional()
            .describe(
              'By issue id: its `status_at` as you know it. An issue whose status was changed since stays as it is, and is among the `conflicts`.',
            ),
        }),
        response: {
          200: z.object({
            changed: z.number(),
            status_at: z
              .record(z.string(), z.date())
              .describe('By issue id: its `status_at` now, of those that were changed.'),
            not_found: z.array(z.string()),
            conflicts: z
              .array(z.object({ issue_id: z.string(), status: z.string(), status_at: z.date() }))
              .describe('Issues that were not changed, with their present status.'),
          }),
        },
      },
    },
    async (req) => {
      const { issue_ids, expected_status_at: known = {}, ...body } = req.body
      const to = changeOf(body)
      const ids = new Set(issue_ids)
      const missing: string[] = []
      const statusAt: Record<string, Date> = {}
      const conflicts: { issue_id: string; status: string; status_at: Date }[] = []
      for (const id of ids) {
        const at = known[id]
        const change = { ...to, ...(at === undefined ? {} : { seenMs: Date.parse(at) }) }
        const after = await changedOrConflict(stores, req, id, change)
        if (after === null) missing.push(id)
        else if (after instanceof IssueChanged) {
          const { status, status_at } = after.now
          conflicts.push({ issue_id: id, status, status_at })
        } else statusAt[id] = after.status_at
      }
      const changed = Object.keys(statusAt).length
      return { changed, status_at: statusAt, not_found: missing, conflicts }
    },
  )
}

/** Returns what is there in place of a change whose issue was changed since it was looked at. */
async function changedOrConflict(
  stores: Stores,
  req: FastifyRequest,
  id: string,
  to: IssueChange,
): Promise<IssueRow | IssueChanged | null> {
  try {
    return await changeIssue(stores.postgres, tenantOf(req), id, nameOf(req), to)
  } catch (error) {
    if (error instanceof IssueChanged) return error
    throw error
  }
}

function historyRoutes(app: Api, stores: Stores): void {
  const querystring = z.strictObject({ limit: paging.limit })
  const response = { 200: z.object({ data: z.array(historySchema) }) }
  const listed = async (req: FastifyRequest, id: string, isComments: boolean, limit: number) => {
    await existing(stores, req, id)
    const rows = await listHistory(stores.postgres, tenantOf(req), id, isComments, limit)
    // A note may repeat a prompt, like the comment of a score.
    return { data: rows.map((row) => (req.mayReadContent ? row : { ...row, note: null })) }
  }
  app.get(
    '/api/v1/issues/:id/history',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['issues'],
        summary: 'What was done about an issue, newest first',
        params,
        querystring,
        response,
      },
    },
    (req) => listed(req, req.params.id, false, req.query.limit),
  )
  app.get(
    '/api/v1/issues/:id/comments',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['issues'],
        summary: 'What was said about an issue, newest first',
        params,
        querystring,
        response,
      },
    },
    (req) => listed(req, req.params.id, true, req.query.limit),
  )
  app.post(
    '/api/v1/issues/:id/comments',
    {
      config: { scope: 'admin', freeText: { note: NOTE_MAX } },
      schema: {
        tags: ['issues'],
        summary: 'Say something about an issue',
        params,
        body: z.strictObject({ note: z.string().min(1).max(NOTE_MAX) }),
        response: { 201: historySchema },
      },
    },
    async (req, reply) => {
      const { id } = req.params
      const { note } = req.body
      const done = await changeIssue(stores.postgres, tenantOf(req), id, nameOf(req), { note })
      if (done === null) throw noSuchIssue()
      const [entry] = await listHistory(stores.postgres, tenantOf(req), id, true, 1)
      if (entry === undefined) throw noSuchIssue()
      void reply.code(201)
      return entry
    },
  )
}

// ---------------------------------------------------------------- what goes in and out

const noSuchIssue = (): ApiError => new ApiError(404, 'NOT_FOUND', 'no such issue')

async function existing(stores: Stores, req: FastifyRequest, id: string): Promise<IssueRow> {
  const found = await findIssue(stores.postgres, tenantOf(req), id)
  if (found === null) throw noSuchIssue()
  return found
}

/** A credential that may not read prompts cannot search in texts that may repeat them. */
function filterOf(req: FastifyRequest, stores: Stores, q: Filters): IssueFilterOf {
  if (q.text !== undefined) requireContent(req)
  return {
    fromMs: q.from,
    toMs: q.to,
    type: q.type,
    severity: q.severity,
    status: q.status,
    substatus: q.substatus,
    assignee: q.assignee,
    traceId: q.trace_id,
    environment: q.environment,
    title: q.text,
    minCostUsd: q.min_cost_usd,
    userId: stores.idForms(tenantOf(req), 'user_id', q.user_id),
  }
}

type IssueFilterOf = Omit<Parameters<typeof listIssues>[2], 'limit' | 'cursor'>

function changeOf(body: z.output<ReturnType<typeof z.object<typeof changeBody>>>): IssueChange {
  const { status, until, assignee, note } = body
  if (status === undefined && assignee === undefined && note === undefined)
    throw new ApiError(
      400,
      'VALIDATION_ERROR',
      'the change is empty: status, assignee or note is needed',
    )
  if (until !== undefined && status !== 'snoozed')
    throw new ApiError(400, 'VALIDATION_ERROR', 'until belongs to the status snoozed')
  if (status === 'snoozed' && until === undefined)
    throw new ApiError(
      400,
      'VALIDATION_ERROR',
      'a snoozed issue needs until: a time, a count or a rate_factor',
    )
  return { status, assignee, note, until: untilOf(until) }
}

function untilOf(until: z.output<typeof changeBody.until>): IssueChange['until'] {
  if (until === undefined) return undefined
  if (typeof until !== 'string')
    return 'count' in until ? { count: until.count } : { rateFactor: until.rate_factor }
  const atMs = Date.parse(until)
  if (atMs <= Date.now()) throw new ApiError(400, 'VALIDATION_ERROR', 'until is in the past')
  return { atMs }
}

/** The name of the author of a change, for the history of the issue. */
function nameOf(req: FastifyRequest): string {
  const { kind, id } = actorOf(req)
  return id === null ? kind : `${kind} ${id}`
}

const shown = (
  { until_at, until_count, until_rate, ...row }: IssueRow,
  { mayReadContent }: FastifyRequest,
) => ({
  ...row,
  title: shownTitle(row, mayReadContent),
  evidence: shownEvidence(row.evidence, mayReadContent),
  until:
    until_at === null && until_count === null && until_rate === null
      ? null
      : { time: until_at, count: until_count, rate_factor: until_rate },
})
