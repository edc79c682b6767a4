// Signals: what the rules found, one occurrence each.

import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { SIGNAL_TYPES } from '../../../core/signals/signal.ts'
import {
  countSignals,
  findSignal,
  listSignals,
  SIGNAL_SORTS,
  type SignalRow,
} from '../../../storage/queries/signals.ts'
import { ApiError } from '../../app.ts'
import { tenantOf } from '../../auth.ts'
import { shownEvidence } from '../../shown-evidence.ts'
import type { Stores } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'
import { nextCursor, sortedPaging, timeRange, traceId, word } from '../query-parameters.ts'

export const signalSchema = z.object({
  signal_id: z.string(),
  type: z.string(),
  severity: z.string(),
  status: z
    .string()
    .describe('`superseded` when a correction has taken back what was found; the signal stays.'),
  trace_id: z
    .string()
    .nullable()
    .describe('Null, like span and event, for a signal about a series.'),
  span_id: z.string().nullable(),
  event_id: z.string().nullable(),
  tenant_id: z.string(),
  project_id: z.string(),
  at: z.string().describe('RFC 3339 with nanoseconds'),
  value: z.number().nullable(),
  threshold: z.number().nullable(),
  evidence: z
    .unknown()
    .describe('Without the scope content its texts are left out, which content_omitted says.'),
  rule: z.string(),
  fingerprint: z.string().nullable(),
})

/** Deprecated, because issues have a summary of their own with occurrences and states. */
const SUMMARY_GOES = {
  since: '2026-12-01',
  until: '2027-06-01',
  successor: '/api/v1/issues/summary',
} as const

const countSchema = z.object({ type: z.string(), severity: z.string(), count: z.number() })

export function signalRoutes(app: Api, stores: Stores): void {
  app.get(
    '/api/v1/signals',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['signals'],
        summary: 'Signals, by default the newest first',
        querystring: z.strictObject({
          ...timeRange,
          type: z.enum(SIGNAL_TYPES).optional(),
          severity: z.enum(['high', 'medium', 'low']).optional(),
          status: z.enum(['open', 'acknowledged', 'resolved', 'ignored', 'superseded']).optional(),
          trace_id: traceId.optional(),
          environment: word,
          user_id: word,
          session_id: word,
          conversation_id: word,
          sort: z.enum(SIGNAL_SORTS).default('-at'),
          ...sortedPaging,
        }),
        response: { 200: z.object({ data: z.array(signalSchema), next_cursor: nextCursor }) },
      },
    },
    async (req) => {
      const q = req.query
      const page = await listSignals(stores.postgres, tenantOf(req), {
        fromMs: q.from,
        toMs: q.to,
        type: q.type,
        severity: q.severity,
        status: q.status,
        traceId: q.trace_id,
        environment: q.environment,
        userId: stores.idForms(tenantOf(req), 'user_id', q.user_id),
        sessionId: stores.idForms(tenantOf(req), 'session_id', q.session_id),
        conversationId: stores.idForms(tenantOf(req), 'conversation_id', q.conversation_id),
        sort: q.sort,
        limit: q.limit,
        cursor: q.cursor,
      })
      return { data: page.rows.map((row) => shownSignal(row, req)), next_cursor: page.next }
    },
  )
  app.get(
    '/api/v1/signals/summary',
    {
      config: { scope: 'query', going: SUMMARY_GOES },
      schema: {
        tags: ['signals'],
        summary: 'Signals by type and severity, most first',
        querystring: z.strictObject(timeRange),
        response: { 200: z.object({ data: z.array(countSchema) }) },
      },
    },
    async (req) => {
      const range = { fromMs: req.query.from, toMs: req.query.to }
      return { data: [...(await countSignals(stores.postgres, tenantOf(req), range))] }
    },
  )
  app.get(
    '/api/v1/signals/:id',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['signals'],
        summary: 'One signal',
        params: z.object({ id: z.string().max(64) }),
        response: { 200: signalSchema },
      },
    },
    async (req) => {
      const found = await findSignal(stores.postgres, tenantOf(req), req.params.id)
      if (found === null) throw new ApiError(404, 'NOT_FOUND', 'no such signal')
      return shownSignal(found, req)
    },
  )
}

export const shownSignal = (row: SignalRow, { mayReadContent }: FastifyRequest) => ({
  ...row,
  evidence: shownEvidence(row.evidence, mayReadContent),
  trace_id: row.trace_id === '' ? null : row.trace_id,
  span_id: row.span_id === '' ? null : row.span_id,
  event_id: row.event_id === '' ? null : row.event_id,
})
