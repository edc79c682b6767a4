// The spans of a trace without their content, page by page, so that the first rows are there before the last have come; and one span
// with all that is known of it.

import { call } from '../../api/client.ts'
import type { EventRow, Page, SpanRow } from '../../api/types.ts'

const FIELDS = [
  'event_id',
  'span_id',
  'parent_span_id',
  'event_type',
  'name',
  'kind',
  'status',
  'start_time',
  'end_time',
  'duration_ms',
  'request_model',
  'response_model',
  'tool_name',
  'agent_name',
  'service_name',
  'input_tokens',
  'output_tokens',
  'total_tokens',
  'cost_usd',
  'usage_aggregate',
  'usage_duplicate_of',
  'usage_remainder',
].join(',')

const PAGE = 1000
/** Larger traces are shown up to here, and the view says so. */
export const SPANS_MAX = 100_000

export interface LoadedSpans {
  readonly spans: readonly SpanRow[]
  readonly isWhole: boolean
}

/** `onPage` is told what has come so far. */
export async function loadSpans(
  traceId: string,
  signal: AbortSignal,
  onPage: (loaded: LoadedSpans) => void,
): Promise<LoadedSpans> {
  const spans: SpanRow[] = []
  let cursor: string | null = null
  do {
    const parameters = { fields: FIELDS, limit: PAGE, cursor }
    const page: Page<SpanRow> = await call(`/api/v1/traces/${traceId}/events`, {
      parameters,
      signal,
    })
    spans.push(...page.data)
    cursor = page.next_cursor
    if (cursor !== null) onPage({ spans: [...spans], isWhole: false })
  } while (cursor !== null && spans.length < SPANS_MAX)
  return { spans, isWhole: cursor === null }
}

/** The whole event of a span, with what filled its fields. */
export async function loadEvent(span: SpanRow, signal: AbortSignal): Promise<EventRow> {
  return await call(`/api/v1/events/${span.event_id}`, { signal })
}
