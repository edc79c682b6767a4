// Search in prompts and answers, and the values that a field has.

import { z } from 'zod'
import type { ServiceView } from '../../../core/component.ts'
import { DIMENSION_NAMES } from '../../../storage/queries/analytics/dimensions.ts'
import { readReport } from '../../../storage/queries/analytics/usage-report.ts'
import { type Phrase, placeIn } from '../../../storage/queries/events/words.ts'
import { type EventRow, listEvents } from '../../../storage/queries/events.ts'
import { ApiError } from '../../app.ts'
import { requireContent, tenantOf } from '../../auth.ts'
import type { Stores } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'
import { eventFilterOf, eventFilters, words } from '../event-filters.ts'
import { eventPaging, nextCursor, whole } from '../query-parameters.ts'
import { rangeOf } from '../query-range.ts'
import { nearSchema, nearText } from './similar.ts'

const text = z.string().nullable()

const SNIPPET_BEFORE = 80
const SNIPPET_MAX = 240

const hitSchema = z.object({
  event_id: z.string(),
  trace_id: text,
  span_id: text,
  start_time: text,
  kind: text,
  name: text,
  model: text,
  user_id: text,
  conversation_id: text,
  field: z.enum(['input_messages', 'output_messages']),
  role: z.string(),
  snippet: z.string().describe('The text around the first word that was found.'),
})

const HIT_FIELDS = [
  'kind',
  'name',
  'request_model',
  'response_model',
  'input_messages',
  'output_messages',
]

export function searchRoutes(
  app: Api,
  stores: Stores,
  service: Pick<ServiceView, 'embedText'>,
): void {
  searchRoute(app, stores, service)
  valuesRoute(app, stores)
}

function searchRoute(app: Api, stores: Stores, service: Pick<ServiceView, 'embedText'>): void {
  app.get(
    '/api/v1/search',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['search'],
        summary:
          'Calls whose prompt or answer has all of these words, newest first; or those of the sample that mean something near, nearest first',
        querystring: z.strictObject({
          ...eventFilters,
          q: z
            .string()
            .trim()
            .min(1)
            .max(2000)
            .meta({ type: 'string', minLength: 1, maxLength: 2000, examples: ['refund policy'] })
            .describe(
              'With mode=words: words, all of them, whole, in any order and case; what is joined by other characters (`gpt-4o`, `ada@example.com`) or in quotation marks must stand together. At most 200 characters and 16 words. With mode=semantic any text; it is sent to the endpoint of embeddings.',
            ),
          mode: z
            .enum(['words', 'semantic'])
            .default('words')
            .describe(
              'semantic takes the filters from, to, model, route and environment, and has one page.',
            ),
          ...eventPaging,
        }),
        response: {
          200: z.object({
            data: z.array(z.union([hitSchema, nearSchema])),
            next_cursor: nextCursor,
          }),
        },
      },
    },
    async (req) => {
      requireContent(req)
      if (req.query.mode === 'semantic')
        return { data: await nearText(req, stores, service, req.query), next_cursor: null }
      const { limit, cursor } = req.query
      const q = wordsOf(req.query.q)
      const page = await listEvents(stores.clickhouse, tenantOf(req), {
        ...eventFilterOf(req.query, tenantOf(req), stores),
        words: q,
        fields: HIT_FIELDS,
        limit,
        cursor,
      })
      return { data: page.rows.map((row) => hitOf(row, q)), next_cursor: page.next }
    },
  )
}

function wordsOf(q: string): readonly Phrase[] {
  const parsed = words.safeParse(q)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new ApiError(400, 'VALIDATION_ERROR', `q: ${issue?.message ?? 'expected words'}`)
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)

function hitOf(row: EventRow, wanted: readonly Phrase[]): z.input<typeof hitSchema> {
  return {
    event_id: String(row['event_id']),
    trace_id: textOf(row['trace_id']),
    span_id: textOf(row['span_id']),
    start_time: textOf(row['start_time']),
    kind: textOf(row['kind']),
    name: textOf(row['name']),
    model: textOf(row['response_model']) ?? textOf(row['request_model']),
    user_id: textOf(row['user_id']),
    conversation_id: textOf(row['conversation_id']),
    ...placeOf(row, wanted),
  }
}

interface Place {
  readonly field: 'input_messages' | 'output_messages'
  readonly role: string
  readonly snippet: string
}

const textPart = z.looseObject({ type: z.literal('text'), content: z.string() })

/** What was said: texts as they are, and everything else, such as calls of tools, as JSON. */
function saidBy(parts: unknown): string {
  if (!Array.isArray(parts)) return JSON.stringify(parts ?? '')
  return parts
    .map((part: unknown) => {
      const text = textPart.safeParse(part)
      return text.success ? text.data.content.replace(/\s/g, ' ') : escaped(part)
    })
    .join(' ')
}

const escaped = (part: unknown): string => JSON.stringify(part).replace(/\\[nrt]/g, ' ')

/** The last message with one of the words, because earlier ones are repeated in each later call. */
function placeOf(row: EventRow, wanted: readonly Phrase[]): Place {
  for (const field of ['output_messages', 'input_messages'] as const) {
    const messages: unknown = row[field]
    for (const message of Array.isArray(messages) ? messages.toReversed() : []) {
      const { role, parts } = Object(message) as { role?: unknown; parts?: unknown }
      const said = saidBy(parts)
      const at = placeIn(said, wanted)
      if (at < 0) continue
      const start = Math.max(0, at - SNIPPET_BEFORE)
      return {
        field,
        role: typeof role === 'string' ? role : 'unknown',
        snippet: said.slice(start, start + SNIPPET_MAX),
      }
    }
  }
  return { field: 'input_messages', role: 'unknown', snippet: '' }
}

function valuesRoute(app: Api, stores: Stores): void {
  app.get(
    '/api/v1/fields/:name/values',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['search'],
        summary: 'Values that a field has, most frequent first: what a filter can be set to',
        params: z.object({ name: z.enum(DIMENSION_NAMES) }),
        querystring: z.strictObject({
          ...eventFilters,
          limit: whole(1, 1000).default(100),
        }),
        response: {
          200: z.object({ data: z.array(z.object({ value: text, events: z.number() })) }),
        },
      },
    },
    async (req) => {
      const { name } = req.params
      const filter = { ...eventFilterOf(req.query, tenantOf(req), stores), ...rangeOf(req.query) }
      const { lists } = await readReport(stores.clickhouse, tenantOf(req), filter, {
        by: [[name]],
        order: 'events',
        limit: req.query.limit,
      })
      const groups = lists[0]?.groups ?? []
      return {
        data: groups.map((group) => ({ value: group.by[name] ?? null, events: group.events })),
      }
    },
  )
}
