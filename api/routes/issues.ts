// Issues found by the rules, with their triage state.

import { z } from 'zod'
import { SIGNAL_TYPES } from '../../core/signal.ts'
import { listIssues } from '../../storage/queries/traces.ts'
import type { Api } from '../app.ts'
import { tenantOf } from '../auth.ts'
import type { Stores } from '../stores.ts'
import { nextCursor, paging, timeRange, traceId } from './query-parameters.ts'

const issueSchema = z.object({
  signal_id: z.string(),
  type: z.string(),
  severity: z.string(),
  status: z.string(),
  trace_id: z.string(),
  span_id: z.string(),
  event_id: z.string(),
  tenant_id: z.string(),
  project_id: z.string(),
  at: z.coerce.date(),
  value: z.number().nullable(),
  threshold: z.number().nullable(),
  evidence: z.unknown(),
  rule: z.string(),
})

export function issueRoutes(app: Api, stores: Stores): void {
  app.get(
    '/api/v1/issues',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['issues'],
        summary: 'Issues, newest first',
        querystring: z.strictObject({
          ...timeRange,
          type: z.enum(SIGNAL_TYPES).optional(),
          severity: z.enum(['high', 'medium', 'low']).optional(),
          status: z.enum(['open', 'acknowledged', 'resolved', 'ignored']).optional(),
          trace_id: traceId.optional(),
          ...paging,
        }),
        response: { 200: z.object({ data: z.array(issueSchema), next_cursor: nextCursor }) },
      },
    },
    async (req) => {
      const q = req.query
      const page = await listIssues(stores.postgres, tenantOf(req), {
        fromMs: q.from,
        toMs: q.to,
        type: q.type,
        severity: q.severity,
        status: q.status,
        traceId: q.trace_id,
        limit: q.limit,
        cursor: q.cursor,
      })
      const data = page.rows.map((row) => ({ ...row, at: new Date(row.at) }))
      return { data, next_cursor: page.next }
    },
  )
}
