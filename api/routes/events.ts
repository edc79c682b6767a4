// Canonical events over all traces.

import { z } from 'zod'
import { FIELDS, type Field } from '../../core/fields.ts'
import { listEvents } from '../../storage/queries/events.ts'
import { tenantOf } from '../auth.ts'
import type { Stores } from '../stores.ts'
import type { Api } from '../typed-fastify.ts'
import { eventPaging, nextCursor, timeRange, traceId, word } from './query-parameters.ts'

const TYPES: Readonly<Record<Field['type'], z.ZodType>> = {
  text: z.string(),
  json: z.unknown(),
  strings: z.array(z.string()),
  number: z.number(),
  int: z.number(),
  bool: z.boolean(),
  time: z.number(),
  id16: z.string(),
  id8: z.string(),
  map: z.record(z.string(), z.unknown()),
}

/** The canonical event as the API prints it, made from the table of its fields. */
export const eventSchema = z.object({
  ...Object.fromEntries(
    (FIELDS as readonly Field[]).map((field) => {
      const type = field.core ? TYPES[field.type].nullable() : TYPES[field.type].optional()
      return [field.name, type.describe(field.doc)]
    }),
  ),
  joined_from: z
    .array(z.string())
    .optional()
    .describe('Events of log records whose content or usage is shown in this span.'),
})

export function eventRoutes(app: Api, stores: Stores): void {
  app.get(
    '/api/v1/events',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['events'],
        summary: 'Canonical events, newest first',
        querystring: z.strictObject({
          ...timeRange,
          trace_id: traceId.optional(),
          kind: word.describe('llm, embedding, tool, agent, ...'),
          model: word.describe('Model asked for or answering.'),
          status: z.enum(['ok', 'error', 'unset']).optional(),
          user_id: word,
          session_id: word,
          conversation_id: word,
          text: z
            .string()
            .regex(/^[\p{L}\p{N}]+$/u, 'expected one word')
            .optional()
            .describe('A word in the messages.'),
          ...eventPaging,
        }),
        response: { 200: z.object({ data: z.array(eventSchema), next_cursor: nextCursor }) },
      },
    },
    async (req) => {
      const q = req.query
      const page = await listEvents(stores.clickhouse, tenantOf(req), {
        fromMs: q.from,
        toMs: q.to,
        traceId: q.trace_id,
        kind: q.kind,
        model: q.model,
        status: q.status,
        userId: stores.idForms(tenantOf(req), 'user_id', q.user_id),
        sessionId: stores.idForms(tenantOf(req), 'session_id', q.session_id),
        conversationId: stores.idForms(tenantOf(req), 'conversation_id', q.conversation_id),
        text: q.text,
        limit: q.limit,
        cursor: q.cursor,
      })
      return { data: [...page.rows], next_cursor: page.next }
    },
  )
}
