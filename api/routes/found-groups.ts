// Filters of lists in Postgres that need the events in ClickHouse: ClickHouse is asked for the ids first.

import type { FastifyRequest } from 'fastify'
import { groupsWith } from '../../storage/queries/events/found-groups.ts'
import type { Phrase } from '../../storage/queries/events/words.ts'
import { ApiError } from '../app.ts'
import { requireContent, tenantOf } from '../auth.ts'
import type { Stores } from '../stores.ts'
import { words } from './event-filters.ts'
import { word } from './query-parameters.ts'

export const foundFilters = {
  route: word.describe('Has a call of this route.'),
  provider: word.describe('Has a call of this provider.'),
  tool: word.describe('Has a call of this tool.'),
  agent: word,
  error_type: word.describe('Has an error of this type.'),
  text: words
    .optional()
    .describe('What the messages of one event have: words as in `GET /api/v1/search`.'),
}

interface FoundQuery {
  readonly from?: number | undefined
  readonly to?: number | undefined
  readonly route?: string | undefined
  readonly provider?: string | undefined
  readonly tool?: string | undefined
  readonly agent?: string | undefined
  readonly error_type?: string | undefined
  readonly text?: readonly Phrase[] | undefined
}

const DAY_MS = 86_400_000

/** Returns undefined when the request has no such filter. */
export async function foundIds(
  req: FastifyRequest,
  stores: Stores,
  kind: 'traces' | 'conversations' | 'sessions' | 'users',
  q: FoundQuery,
): Promise<readonly string[] | undefined> {
  const { route, provider, tool, agent, error_type: errorType, text } = q
  const given = { route, provider, tool, agent, errorType, words: text }
  if (Object.values(given).every((value) => value === undefined)) return undefined
  if (text !== undefined) requireContent(req)
  // A trace may have begun before the range, and its events may be outside of it, so the search covers one more day on each
  // side.
  const fromMs = q.from === undefined ? undefined : Math.max(0, q.from - DAY_MS)
  const toMs = q.to === undefined ? undefined : q.to + DAY_MS
  const filter = { ...given, fromMs, toMs }
  const found = await groupsWith(stores.clickhouse, tenantOf(req), kind, filter)
  if (found !== null) return found
  throw new ApiError(
    422,
    'QUERY_TOO_EXPENSIVE',
    `more ${kind} match than can be looked up: narrow the time range, or add filters`,
  )
}
