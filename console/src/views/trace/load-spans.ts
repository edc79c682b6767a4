// Loads the spans of a trace without their content, in most cases with one request, and single spans with all their fields.

import { ask, call } from '../../api/client.ts'
import type { AnswerOf, RowOf } from '../../api/operations.ts'
import type { EventRow, SpanRow } from '../../api/types.ts'

const PAGE = 20_000
/** The most spans that are loaded. Of a larger trace the view shows this many, with a note. */
export const SPANS_MAX = 100_000

export interface LoadedSpans {
  readonly spans: readonly SpanRow[]
  readonly isWhole: boolean
}

/** Loads the spans. `onPage` is called with all spans that were loaded so far. */
export async function loadSpans(
  traceId: string,
  signal: AbortSignal,
  onPage: (loaded: LoadedSpans) => void,
): Promise<LoadedSpans> {
  const spans: SpanRow[] = []
  let cursor: string | null = null
  do {
    const asked = { path: { id: traceId }, query: { limit: PAGE, cursor } }
    const page: AnswerOf<'GET /api/v1/traces/{id}/skeleton'> = await ask(
      'GET /api/v1/traces/{id}/skeleton',
      asked,
      signal,
    )
    for (const row of page.data) spans.push(spanOf(row))
    cursor = page.next_cursor
    if (cursor !== null) onPage({ spans: [...spans], isWhole: false })
  } while (cursor !== null && spans.length < SPANS_MAX)
  return { spans, isWhole: cursor === null }
}

/** A span whose usage repeats that of other spans shows its own tokens and cost, marked as not counted. */
const spanOf = (row: RowOf<'GET /api/v1/traces/{id}/skeleton'>): SpanRow => ({
  event_id: row.event_id,
  span_id: row.span_id,
  parent_span_id: row.parent_span_id,
  event_type: row.event_type,
  name: row.name,
  kind: row.kind,
  status: row.status,
  start_time: row.start_time,
  duration_ms: row.duration_ms,
  model: row.model,
  tool_name: row.tool_name,
  agent_name: row.agent_name,
  service_name: row.service_name,
  input_tokens: row.reported_input_tokens,
  output_tokens: row.reported_output_tokens,
  total_tokens: row.reported_tokens,
  cost_usd: row.reported_cost_usd,
  usage_aggregate: row.usage_aggregate,
  usage_duplicate_of: row.usage_duplicate_of,
})

/** Loads the complete event of a span, with the origin of its fields. */
export async function loadEvent(span: SpanRow, signal: AbortSignal): Promise<EventRow> {
  return await call(`/api/v1/events/${span.event_id}`, { signal })
}
