// Rows of the API that the console shows, as its document (`/api/v1/openapi.json`) has them. Times are RFC 3339 texts, but those of
// events have nanoseconds.

export interface Page<T> {
  readonly data: readonly T[]
  readonly next_cursor: string | null
}

export interface TraceRow {
  readonly trace_id: string
  readonly environment: string | null
  readonly name: string | null
  readonly kind: string | null
  readonly service_name: string | null
  readonly user_id: string | null
  readonly session_id: string | null
  readonly conversation_id: string | null
  readonly start_time: string
  readonly end_time: string
  readonly duration_ms: number
  readonly events: number
  readonly llm_calls: number
  readonly tool_calls: number
  readonly errors: number
  readonly input_tokens: number
  readonly output_tokens: number
  readonly total_tokens: number
  readonly cost_usd: number
  readonly unpriced: number
  readonly signals: number
  readonly kinds: readonly string[]
  readonly models: readonly string[]
}

/** The fields that a waterfall needs: no content. */
export interface SpanRow {
  readonly event_id: string
  readonly span_id: string
  readonly parent_span_id: string | null
  readonly name: string | null
  readonly kind: string | null
  readonly event_type?: string
  readonly status: string | null
  /** RFC 3339 with nanoseconds. */
  readonly start_time: string
  readonly end_time: string | null
  readonly duration_ms: number | null
  readonly request_model: string | null
  readonly response_model: string | null
  readonly tool_name: string | null
  readonly agent_name: string | null
  readonly service_name: string | null
  readonly input_tokens: number | null
  readonly output_tokens: number | null
  readonly total_tokens: number | null
  readonly cost_usd: number | null
  readonly usage_aggregate: boolean | null
  readonly usage_duplicate_of?: string
  readonly usage_remainder?: boolean
}

/** What filled a field of an event: the key of the source, and the rule that read it. */
export interface Explained {
  readonly source: string
  readonly rule: string
}

/** A canonical event. Its other fields are read by name. */
export interface EventRow extends SpanRow {
  readonly [field: string]: unknown
}

export interface Signal {
  readonly signal_id: string
  readonly type: string
  readonly severity: string
  readonly status: string
  readonly trace_id: string | null
  readonly span_id: string | null
  readonly event_id: string | null
  readonly at: string
  readonly value: number | null
  readonly threshold: number | null
  readonly evidence: unknown
  readonly rule: string
}

export interface SignalCount {
  readonly type: string
  readonly severity: string
  readonly count: number
}

export interface Usage {
  readonly calls: number
  readonly errors: number
  readonly input_tokens: number
  readonly output_tokens: number
  readonly total_tokens: number
  readonly cache_read_tokens: number
  readonly cache_write_tokens: number
  readonly reasoning_tokens: number
  readonly cost_usd: number
  readonly unpriced: number
  readonly p50_ms: number | null
  readonly p95_ms: number | null
}

export interface Bucket extends Usage {
  readonly at: string
}

export interface Totals {
  readonly events: number
  readonly traces: number
  readonly errors: number
  readonly llm_calls: number
  readonly input_tokens: number
  readonly output_tokens: number
  readonly total_tokens: number
  readonly cost_usd: number
  readonly unpriced: number
  readonly p50_ms: number | null
  readonly p95_ms: number | null
  readonly p99_ms: number | null
}

export interface BreakdownRow extends Usage {
  readonly provider?: string | null
  readonly model?: string | null
  readonly route?: string | null
  readonly environment?: string | null
}

/** Usage of a group, by the dimensions that were asked for. */
export interface GroupedUsage extends Usage {
  readonly by: Readonly<Record<string, string | null>>
}

export interface Overview {
  readonly from: string
  readonly to: string
  readonly total: Totals
  readonly previous: Totals
  readonly over_time: readonly Bucket[]
  readonly models: readonly BreakdownRow[]
  readonly signals: readonly SignalCount[]
}

export interface Costs {
  readonly total: Totals
  readonly data: readonly Bucket[]
}

/** A conversation, session or user with its sums. */
export interface GroupRow {
  readonly conversation_id?: string | null
  readonly session_id?: string | null
  readonly user_id?: string | null
  readonly message_count?: number | null
  readonly last_message?: string | null
  readonly conversations?: number
  readonly sessions?: number
  readonly first_at: string
  readonly last_at: string
  readonly duration_ms: number
  readonly traces: number
  readonly events: number
  readonly llm_calls: number
  readonly errors: number
  readonly input_tokens: number
  readonly output_tokens: number
  readonly total_tokens: number
  readonly cost_usd: number
  readonly signals: number
  readonly models: readonly string[]
}

export interface Health {
  readonly status: 'ok' | 'degraded'
  readonly uptime_s: number
  readonly version: string
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly detail: string }>>
}

export interface Me {
  readonly user: { readonly user_id: string; readonly email: string }
  readonly memberships?: readonly unknown[]
}

/** Counts are since the start; two answers make a rate. */
export interface PipelineState {
  readonly at: string
  readonly started_at: string
  readonly pipelines: readonly {
    readonly id: string
    readonly receivers: readonly string[]
    readonly processors: readonly string[]
    readonly exporters: readonly string[]
  }[]
  readonly receivers: readonly {
    readonly id: string
    readonly accepted: number
    readonly refused: number
  }[]
  readonly exporters: readonly ExporterState[]
}

export interface ExporterState {
  readonly id: string
  readonly ok: boolean
  readonly detail: string
  readonly sent: number
  readonly failed: number
  readonly retries: number
  readonly dead_lettered: number
  readonly skipped: number
  readonly queued: number
  readonly oldest_s: number
  readonly breaker: 'closed' | 'half-open' | 'open'
}

/** The group of signals with one fingerprint, and what people do about it. */
export interface Issue {
  readonly issue_id: string
  readonly type: string
  readonly severity: string
  readonly title: string
  readonly status: string
  readonly substatus: string | null
  readonly count: number
  readonly first_seen: string
  readonly last_seen: string
  readonly traces: number
  readonly users: number
  readonly cost_usd: number
  readonly environment: string | null
  readonly rule: string
  readonly evidence: unknown
  readonly trace_id: string | null
  readonly assignee: string | null
}

export interface IssueEntry {
  readonly at: string
  readonly actor: string
  readonly action: string
  readonly before: string | null
  readonly after: string | null
  readonly note: string | null
}
