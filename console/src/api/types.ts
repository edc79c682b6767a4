// Short names for the response types that several views use. They are derived from the OpenAPI document (`openapi.generated.ts`).

import type { AnswerOf, RowOf } from './operations.ts'

export interface Page<T> {
  readonly data: readonly T[]
  readonly next_cursor: string | null
}

/** In the OpenAPI document every field of an event is nullable. These fields are never null. */
type Identified<Event> = Omit<Event, 'event_id' | 'span_id' | 'start_time'> & {
  readonly event_id: string
  readonly span_id: string
  /** RFC 3339 with nanoseconds. */
  readonly start_time: string
}

export type TraceRow = RowOf<'GET /api/v1/traces'>
/** A canonical event. The fields that are not listed here are read by name. */
export type EventRow = Identified<RowOf<'GET /api/v1/events'>> & {
  readonly [field: string]: unknown
}
/** The origin of a field of an event: the source key, and the rule that read it. */
export type Explained = AnswerOf<'GET /api/v1/events/{id}'>['explain'][string]

/** The fields of a span that the waterfall needs, without content. Tokens and cost are those that the span itself reports. */
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
  /** The same as ms since the epoch, with their fraction. */
  readonly startMs: number
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
/** The usage of a group, by the requested dimensions. */
export type GroupedUsage = Usage & { readonly by: Readonly<Record<string, string | null>> }

/** A conversation, session or user with its totals. */
export type GroupRow = Partial<
  RowOf<'GET /api/v1/conversations'> & RowOf<'GET /api/v1/sessions'> & RowOf<'GET /api/v1/users'>
> &
  Omit<RowOf<'GET /api/v1/users'>, 'user_id' | 'conversations' | 'sessions'>

export type Health = AnswerOf<'GET /health/detailed'>
export type Me = AnswerOf<'GET /api/v1/auth/me'>
export type SignInOptions = AnswerOf<'GET /api/v1/auth/options'>
/** Why an OpenID provider signed nobody in. */
export type OidcRefusal = NonNullable<SignInOptions['oidc']>['refusals'][number]
/** The health of the instance. Its counters start at the start of the instance; two responses give a rate. */
export type PipelineState = AnswerOf<'GET /api/v1/pipeline'>
export type ExporterState = PipelineState['exporters'][number]
/** An issue: the group of signals with one fingerprint, and its state. */
export type Issue = RowOf<'GET /api/v1/issues'>
export type IssueEntry = RowOf<'GET /api/v1/issues/{id}/history'>
