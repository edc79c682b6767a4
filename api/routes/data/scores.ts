// Scores: the evaluations of traces and spans by people, programs and end users.

import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { nameOf } from '../../../accounts/audited-change.ts'
import { withTenant } from '../../../storage/postgres/roles.ts'
import { addScore, listScores, SCORE_MAX, type ScoreRow } from '../../../storage/queries/scores.ts'
import { actorOf, tenantOf } from '../../auth.ts'
import type { Stores } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'
import {
  decimal,
  isSomething,
  nextCursor,
  paging,
  timeRange,
  traceId,
  word,
} from '../query-parameters.ts'

const TEXT_MAX = 10_000

const spanId = z
  .string()
  .regex(/^[0-9a-fA-F]{16}$/, 'expected 16 hex digits')
  .meta({ examples: ['00f067aa0ba902b7'] })

const name = z
  .string()
  .trim()
  .min(1)
  .max(255)
  .meta({ examples: ['helpfulness'] })
const value = z.union([z.number(), z.string().max(TEXT_MAX), z.boolean()])
const givenValue = z.union([
  z.number().min(-SCORE_MAX).max(SCORE_MAX),
  z.string().max(TEXT_MAX),
  z.boolean(),
])
/** A longer value is a text and not a category. */
const CATEGORY_MAX = 64

const scoreSchema = z.object({
  score_id: z.string(),
  project_id: z.string(),
  trace_id: z.string(),
  span_id: z.string().nullable().describe('Null for a score of the whole trace.'),
  name: z.string(),
  value: value
    .nullable()
    .describe(
      `Null without the scope content when it is a text of over ${CATEGORY_MAX} characters.`,
    ),
  comment: z.string().nullable().describe('Null without the scope content.'),
  source: z.string(),
  author: z.string().describe('The credential that sent it.'),
  at: z.date(),
})

export function scoreRoutes(app: Api, stores: Stores): void {
  addRoute(app, stores)
  listRoute(app, stores)
}

function addRoute(app: Api, stores: Stores): void {
  app.post(
    '/api/v1/scores',
    {
      config: {
        scope: 'ingest',
        freeText: { name: 255, value: TEXT_MAX, comment: TEXT_MAX, source: 255 },
      },
      schema: {
        tags: ['scores'],
        summary: 'Score a trace or a span; the trace may come later',
        description:
          'Whether the trace is there is not asked: scores often come before the spans that they are about. A score of a trace that never comes is in the list of scores and in no trace.',
        body: z.strictObject({
          trace_id: traceId.refine(isSomething, 'zeros are the id of no trace'),
          span_id: spanId.refine(isSomething, 'zeros are the id of no span').optional(),
          name,
          value: givenValue,
          comment: z.string().max(TEXT_MAX).optional(),
          source: z
            .string()
            .trim()
            .min(1)
            .max(255)
            .default('api')
            .describe('Who judged: user, annotator, test, ..'),
        }),
        response: { 201: scoreSchema },
      },
    },
    async (req, reply) => {
      const { body } = req
      const scope = tenantOf(req)
      const score = {
        traceId: body.trace_id,
        spanId: body.span_id?.toLowerCase() ?? null,
        name: body.name,
        value: body.value,
        comment: body.comment ?? null,
        source: body.source,
        author: nameOf(actorOf(req)),
      }
      const added = await withTenant(
        stores.postgres,
        scope.tenantId,
        (client) => addScore(client, scope, score),
        { readOnly: false },
      )
      void reply.code(201)
      return { ...added }
    },
  )
}

function listRoute(app: Api, stores: Stores): void {
  app.get(
    '/api/v1/scores',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['scores'],
        summary: 'Scores, newest first',
        querystring: z.strictObject({
          ...timeRange,
          trace_id: traceId.optional(),
          span_id: spanId.optional(),
          name: word,
          source: word,
          min_value: decimal(-SCORE_MAX, SCORE_MAX)
            .optional()
            .describe('Of scores that are numbers.'),
          max_value: decimal(-SCORE_MAX, SCORE_MAX).optional(),
          ...paging,
        }),
        response: { 200: z.object({ data: z.array(scoreSchema), next_cursor: nextCursor }) },
      },
    },
    async (req) => {
      const q = req.query
      const page = await listScores(stores.postgres, tenantOf(req), {
        fromMs: q.from,
        toMs: q.to,
        traceId: q.trace_id,
        spanId: q.span_id?.toLowerCase(),
        name: q.name,
        source: q.source,
        minValue: q.min_value,
        maxValue: q.max_value,
        limit: q.limit,
        cursor: q.cursor,
      })
      return { data: page.rows.map((row) => shown(row, req)), next_cursor: page.next }
    },
  )
}

/** A comment may repeat a prompt, and so may a value that is free text. */
const shown = (row: ScoreRow, req: FastifyRequest) =>
  req.mayReadContent
    ? { ...row }
    : { ...row, comment: null, value: isText(row.value) ? null : row.value }

const isText = (of: ScoreRow['value']): boolean =>
  typeof of === 'string' && of.length > CATEGORY_MAX
