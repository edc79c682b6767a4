// Short names for the answers of the API that several views show. They are made from its document (`openapi.generated.ts`).

import type { AnswerOf, RowOf } from './operations.ts'

export interface Page<T> {
  readonly data: readonly T[]
  readonly next_cursor: string | null
}

/** The document says of every field that is always there that it may be null. These of an event never are. */
type Identified<Event> = Omit<Event, 'event_id' | 'span_id' | 'start_time'> & {
  readonly event_id: string
  readonly span_id: string
  /** RFC 3339 with nanoseconds. */
  readonly start_time: string
}

export type TraceRow = RowOf<'GET /api/v1/traces'>
/** A canonical event. Its other fields are read by name. */
export type EventRow = Identified<RowOf<'GET /api/v1/events'>> & {
  readonly [field: string]: unknown
}
/** What filled a field of an event: the key of the source, and the rule that read it. */
export type Explained = AnswerOf<'GET /api/v1/events/{id}'>['explain'][string]

/** What a waterfall needs of a span: no content. Its figures are those that it reports itself. */
export interface SpanRow {
  readonly event_id: string
  readonly span_id: string
  readonly parent_span_id: string | null
  readonly event_type: string | null
  readonly name: string | null
  readonly kind: string | null
  readonly status: string | null
  /** RFC 3339 with nanoseconds. */
  readonly start_time: string
  readonly duration_ms: number | null
  readonly model: string | null
  readonly tool_name: string | null
  readonly agent_name: string | null
  readonly service_name: string | null
  readonly input_tokens: number | null
  readonly output_tokens: number | null
  readonly total_tokens: number | null
  readonly cost_usd: number | null
  readonly usage_aggregate: boolean
  readonly usage_duplicate_of: string | null
}

export type Signal = RowOf<'GET /api/v1/signals'>
export type Overview = AnswerOf<'GET /api/v1/dashboard/overview'>
export type SignalCount = Overview['signals'][number]
export type Totals = Omit<Overview['previous'], never>
export type Costs = AnswerOf<'GET /api/v1/costs'>
export type BreakdownRow = RowOf<'GET /api/v1/costs/breakdown'>
export type Bucket = Costs['data'][number]
export type Usage = Omit<Bucket, 'at'>
/** Usage of a group, by the dimensions that were asked for. */
export type GroupedUsage = Usage & { readonly by: Readonly<Record<string, string | null>> }

/** A conversation, session or user with its sums. */
export type GroupRow = Partial<
  RowOf<'GET /api/v1/conversations'> & RowOf<'GET /api/v1/sessions'> & RowOf<'GET /api/v1/users'>
> &
  Omit<RowOf<'GET /api/v1/users'>, 'user_id' | 'conversations' | 'sessions'>

export type Health = AnswerOf<'GET /health/detailed'>
export type Me = AnswerOf<'GET /api/v1/auth/me'>
/** Counts are since the start; two answers make a rate. */
export type PipelineState = AnswerOf<'GET /api/v1/pipeline'>
export type ExporterState = PipelineState['exporters'][number]
/** The group of signals with one fingerprint, and what people do about it. */
export type Issue = RowOf<'GET /api/v1/issues'>
export type IssueEntry = RowOf<'GET /api/v1/issues/{id}/history'>
