// The filters of events that lists, sums and searches have in common, as query parameters and as what the queries take.

import { z } from 'zod'
import type { TenantContext } from '../../core/tenant.ts'
import type { EventFilter } from '../../storage/queries/events/event-filter.ts'
import {
  PHRASES_MAX,
  type Phrase,
  phrasesOf,
  QUERY_MAX,
} from '../../storage/queries/events/words.ts'
import type { Stores } from '../stores.ts'
import { figure, timeRange, word } from './query-parameters.ts'

/** What messages are searched for, as it was typed. */
export const words = z
  .string()
  .max(QUERY_MAX)
  .transform((text, ctx): readonly Phrase[] => {
    const phrases = phrasesOf(text)
    if (phrases.length > 0 && phrases.length <= PHRASES_MAX) return phrases
    const message =
      phrases.length === 0
        ? 'expected a letter, a digit or a symbol'
        : `expected at most ${PHRASES_MAX} words`
    ctx.addIssue({ code: 'custom', message })
    return z.NEVER
  })
  .meta({ type: 'string', minLength: 1, maxLength: QUERY_MAX, examples: ['refund policy'] })

export const eventFilters = {
  ...timeRange,
  environment: word,
  service: word.describe('Name of the service that sent it.'),
  kind: word.describe('llm, embedding, tool, agent, ...'),
  model: word.describe('Model asked for or answering.'),
  provider: word,
  route: word,
  name: word.describe('Name of the span, exactly.'),
  tool: word,
  agent: word,
  status: z.enum(['ok', 'error', 'unset']).optional(),
  error_type: word,
  user_id: word,
  session_id: word,
  conversation_id: word,
  min_cost_usd: figure,
  max_cost_usd: figure,
  min_duration_ms: figure,
  max_duration_ms: figure,
}

const query = z.object(eventFilters)

/** The filter of a request. Ids in it are translated into their stored forms. */
export function eventFilterOf(
  q: z.output<typeof query>,
  tenant: TenantContext,
  stores: Stores,
): EventFilter {
  return {
    fromMs: q.from,
    toMs: q.to,
    environment: q.environment,
    service: q.service,
    kind: q.kind,
    model: q.model,
    provider: q.provider,
    route: q.route,
    name: q.name,
    tool: q.tool,
    agent: q.agent,
    status: q.status,
    errorType: q.error_type,
    userId: stores.idForms(tenant, 'user_id', q.user_id),
    sessionId: stores.idForms(tenant, 'session_id', q.session_id),
    conversationId: stores.idForms(tenant, 'conversation_id', q.conversation_id),
    minCostUsd: q.min_cost_usd,
    maxCostUsd: q.max_cost_usd,
    minDurationMs: q.min_duration_ms,
    maxDurationMs: q.max_duration_ms,
  }
}
