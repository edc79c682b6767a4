// Loads the spans of a trace without their content, in most cases with one request, and single spans with all their fields.

import { call, type Lines, readLines } from '../../api/client.ts'
import type { RowOf } from '../../api/operations.ts'
import type { EventRow, SpanRow } from '../../api/types.ts'
import { preciseMs } from '../../parts/format.ts'

const PAGE = 20_000
/** The most spans that are loaded. Of a larger trace the view shows this many, with a note. */
export const SPANS_MAX = 100_000
/** The number of spans that fill the screen. They are shown while the others are loaded. */
const FIRST = 200

const FIELDS = [
  'event_id',
  'span_id',
  'parent_span_id',
  'event_type',
  'name',
  'kind',
  'status',
  'start_time',
  'duration_ms',
  'model',
  'tool_name',
  'agent_name',
  'service_name',
  'reported_input_tokens',
  'reported_output_tokens',
  'reported_tokens',
  'reported_cost_usd',
  'usage_aggregate',
  'usage_duplicate_of',
] as const
type SkeletonRow = Pick<RowOf<'GET /api/v1/traces/{id}/skeleton'>, (typeof FIELDS)[number]>

export interface LoadedSpans {
  readonly spans: readonly SpanRow[]
  readonly isWhole: boolean
}

/** `onPart` is told what has come so far: the first rows, and each page. */
export async function loadSpans(
  traceId: string,
  signal: AbortSignal,
  onPart: (loaded: LoadedSpans) => void,
): Promise<LoadedSpans> {
  const path = `/api/v1/traces/${encodeURIComponent(traceId)}/skeleton`
  const spans: SpanRow[] = []
  let cursor: string | null = null
  const tell = (): void => onPart({ spans: [...spans], isWhole: false })
  do {
    const parameters = { limit: PAGE, cursor, fields: FIELDS.join(',') }
    const read: Lines = await readLines<SkeletonRow>(path, { parameters, signal }, (row) => {
      spans.push(spanOf(row))
      if (spans.length === FIRST) tell()
    })
    cursor = read.nextCursor
    if (cursor !== null) tell()
  } while (cursor !== null && spans.length < SPANS_MAX)
  return { spans, isWhole: cursor === null }
}

/** A span whose usage repeats that of other spans shows its own tokens and cost, marked as not counted. */
const spanOf = (row: SkeletonRow): SpanRow => ({
  event_id: row.event_id,
  span_id: row.span_id,
  parent_span_id: row.parent_span_id,
  event_type: row.event_type,
  name: row.name,
  kind: row.kind,
  status: row.status,
  start_time: row.start_time,
  startMs: preciseMs(row.start_time),
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
