// Canonical events over all traces.

import { z } from 'zod'
import type { ServiceView } from '../../../core/component.ts'
import { FIELDS, type Field } from '../../../core/fields.ts'
import { EVENT_SORTS, findEvent, listEvents } from '../../../storage/queries/events.ts'
import { ApiError } from '../../app.ts'
import { requireContent, tenantOf } from '../../auth.ts'
import { shownEvent } from '../../content-fields.ts'
import type { Stores } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'
import { eventFilterOf, eventFilters, words } from '../event-filters.ts'
import { eventId, nextCursor, sortedEventPaging, traceId } from '../query-parameters.ts'

const TYPES: Readonly<Record<Field['type'], z.ZodType>> = {
  text: z.string(),
  json: z.unknown(),
  strings: z.array(z.string()),
  number: z.number(),
  int: z.number(),
  bool: z.boolean(),
  time: z.string(),
  id16: z.string(),
  id8: z.string(),
  map: z.record(z.string(), z.unknown()),
}

/** The canonical event as the API prints it, made from the table of fields. */
export const eventSchema = z.object({
  ...Object.fromEntries(
    (FIELDS as readonly Field[]).map((field) => {
      const type = field.core ? TYPES[field.type].nullable() : TYPES[field.type].optional()
      return [field.name, type.describe(field.doc)]
    }),
  ),
  content_omitted: z
    .boolean()
    .optional()
    .describe(
      'true: the credential lacks the scope content, so prompts and answers are not shown.',
    ),
  joined_from: z
    .array(z.string())
    .optional()
    .describe(
      'Events of log records, and of other reports of the call, whose content or usage is shown here.',
    ),
})

const explainedSchema = eventSchema.extend({
  explain: z
    .record(z.string(), z.object({ source: z.string(), rule: z.string() }))
    .describe(
      'For each field that is set: the attribute that filled it, and the rule that read it.',
    ),
})

export function eventRoutes(app: Api, stores: Stores, service: ServiceView): void {
  listRoute(app, stores)
  oneRoute(app, stores, service)
}

function oneRoute(app: Api, stores: Stores, service: ServiceView): void {
  app.get(
    '/api/v1/events/:id',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['events'],
        summary: 'One canonical event, with what filled its fields',
        params: z.object({ id: eventId }),
        response: { 200: explainedSchema },
      },
    },
    async (req) => {
      const found = await findEvent(stores.clickhouse, tenantOf(req), req.params.id)
      if (found === null) throw new ApiError(404, 'NOT_FOUND', 'no such event')
      const explain = Object.fromEntries(
        service.explainStored(found).map(({ field, source, rule }) => [field, { source, rule }]),
      )
      return { ...shownEvent(found, req.mayReadContent), explain }
    },
  )
}

function listRoute(app: Api, stores: Stores): void {
  app.get(
    '/api/v1/events',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['events'],
        summary: 'Canonical events, newest first',
        querystring: z.strictObject({
          ...eventFilters,
          trace_id: traceId.optional(),
          text: words
            .optional()
            .describe('What the messages have: words as in `GET /api/v1/search`.'),
          sort: z
            .enum(EVENT_SORTS)
            .optional()
            .describe('Default: newest first; of one trace always oldest first.'),
          ...sortedEventPaging,
        }),
        response: { 200: z.object({ data: z.array(eventSchema), next_cursor: nextCursor }) },
      },
    },
    async (req) => {
      const q = req.query
      if (q.text !== undefined) requireContent(req)
      const page = await listEvents(stores.clickhouse, tenantOf(req), {
        ...eventFilterOf(q, tenantOf(req), stores),
        traceId: q.trace_id,
        words: q.text,
        sort: q.sort,
        limit: q.limit,
        cursor: q.cursor,
        fields: req.listOptions?.fields ?? undefined,
      })
      return {
        data: page.rows.map((row) => shownEvent(row, req.mayReadContent)),
        next_cursor: page.next,
      }
    },
  )
}
