// Made from the document of the API by `npm run generate`; do not edit.

/* biome-ignore-all lint: generated */

export type DeleteKeysByIdAnswer = {
readonly key_id: string
readonly kind: 'secret' | 'publishable'
readonly project_id: string
readonly environment: string | null
readonly name: string | null
/** The last four characters of the key, to recognise it. */
readonly last4: string
readonly scopes: readonly string[]
readonly origins: readonly string[]
readonly state: 'active' | 'expired' | 'revoked'
/** The key that this one is to replace. */
readonly rotated_from: string | null
readonly created_at: string
readonly created_by: string
readonly expires_at: string | null
readonly revoked_at: string | null
/** Written once a minute. */
readonly last_used_at: string | null
/** Whether it works and nobody has sent with it for 90 days: revoke it. */
readonly is_unused: boolean
}

export type DeleteMembersByIdProjectsByProjectAnswer = {
readonly tenant_id: string
readonly user_id: string
readonly email: string
readonly name: string | null
readonly role: string
/** By project, where it is another one. */
readonly project_roles: Readonly<Record<string, string>>
readonly created_at: string
readonly disabled_at: string | null
}

export type DeleteViewsByIdAnswer = {
readonly view_id: string
readonly name: string
readonly page: string
readonly query: Readonly<Record<string, string>>
readonly owner: string
readonly is_own: boolean
readonly is_shared: boolean
readonly created_at: string
readonly updated_at: string
}

export type GetAnalyticsBreakdownRow = {
readonly by: Readonly<Record<string, string | null>>
readonly events: number
/** Of all events. */
readonly errors: number
/** Calls of models. */
readonly calls: number
readonly call_errors: number
readonly input_tokens: number
readonly output_tokens: number
readonly total_tokens: number
readonly cache_read_tokens: number
readonly cache_write_tokens: number
readonly reasoning_tokens: number
readonly cost_usd: number
/** Calls, and agents with usage of their own, whose price is not known. */
readonly unpriced: number
/** Distinct traces; null where they are not counted. */
readonly traces: number | null
readonly p50_ms: number | null
readonly p95_ms: number | null
readonly p99_ms: number | null
}

export type GetAnalyticsBreakdownAnswer = {
readonly total: {
readonly events: number
/** Of all events. */
readonly errors: number
/** Calls of models. */
readonly calls: number
readonly call_errors: number
readonly input_tokens: number
readonly output_tokens: number
readonly total_tokens: number
readonly cache_read_tokens: number
readonly cache_write_tokens: number
readonly reasoning_tokens: number
readonly cost_usd: number
/** Calls, and agents with usage of their own, whose price is not known. */
readonly unpriced: number
/** Distinct traces; null where they are not counted. */
readonly traces: number | null
readonly p50_ms: number | null
readonly p95_ms: number | null
readonly p99_ms: number | null
}
readonly data: readonly GetAnalyticsBreakdownRow[]
/** All that is in no group, without percentiles; null when nothing is. */
readonly others: {
readonly events: number
/** Of all events. */
readonly errors: number
/** Calls of models. */
readonly calls: number
readonly call_errors: number
readonly input_tokens: number
readonly output_tokens: number
readonly total_tokens: number
readonly cache_read_tokens: number
readonly cache_write_tokens: number
readonly reasoning_tokens: number
readonly cost_usd: number
/** Calls, and agents with usage of their own, whose price is not known. */
readonly unpriced: number
/** Distinct traces; null where they are not counted. */
readonly traces: number | null
readonly p50_ms: number | null
readonly p95_ms: number | null
readonly p99_ms: number | null
} | null
}

export type GetAnalyticsCompareRow = {
readonly by: Readonly<Record<string, string | null>>
readonly current: {
readonly events: number
/** Of all events. */
readonly errors: number
/** Calls of models. */
readonly calls: number
readonly call_errors: number
readonly input_tokens: number
readonly output_tokens: number
readonly total_tokens: number
readonly cache_read_tokens: number
readonly cache_write_tokens: number
readonly reasoning_tokens: number
readonly cost_usd: number
/** Calls, and agents with usage of their own, whose price is not known. */
readonly unpriced: number
/** Distinct traces; null where they are not counted. */
readonly traces: number | null
readonly p50_ms: number | null
readonly p95_ms: number | null
readonly p99_ms: number | null
}
readonly base: {
readonly events: number
/** Of all events. */
readonly errors: number
/** Calls of models. */
readonly calls: number
readonly call_errors: number
readonly input_tokens: number
readonly output_tokens: number
readonly total_tokens: number
readonly cache_read_tokens: number
readonly cache_write_tokens: number
readonly reasoning_tokens: number
readonly cost_usd: number
/** Calls, and agents with usage of their own, whose price is not known. */
readonly unpriced: number
/** Distinct traces; null where they are not counted. */
readonly traces: number | null
readonly p50_ms: number | null
readonly p95_ms: number | null
readonly p99_ms: number | null
} | null
}

export type GetAnalyticsCompareAnswer = {
readonly current: {
readonly events: number
/** Of all events. */
readonly errors: number
/** Calls of models. */
readonly calls: number
readonly call_errors: number
readonly input_tokens: number
readonly output_tokens: number
readonly total_tokens: number
readonly cache_read_tokens: number
readonly cache_write_tokens: number
readonly reasoning_tokens: number
readonly cost_usd: number
/** Calls, and agents with usage of their own, whose price is not known. */
readonly unpriced: number
/** Distinct traces; null where they are not counted. */
readonly traces: number | null
readonly p50_ms: number | null
readonly p95_ms: number | null
readonly p99_ms: number | null
}
readonly base: {
readonly events: number
/** Of all events. */
readonly errors: number
/** Calls of models. */
readonly calls: number
readonly call_errors: number
readonly input_tokens: number
readonly output_tokens: number
readonly total_tokens: number
readonly cache_read_tokens: number
readonly cache_write_tokens: number
readonly reasoning_tokens: number
readonly cost_usd: number
/** Calls, and agents with usage of their own, whose price is not known. */
readonly unpriced: number
/** Distinct traces; null where they are not counted. */
readonly traces: number | null
readonly p50_ms: number | null
readonly p95_ms: number | null
readonly p99_ms: number | null
}
readonly change: Readonly<Record<string, {
readonly difference: number | null
readonly ratio: number | null
}>>
readonly data: readonly GetAnalyticsCompareRow[]
}

export type GetAnalyticsHeatmapRow = {
/** Beginning of the step. */
readonly at: string
/** Traces that took at least so long */
readonly min_duration_ms: number
/** and less than this; twice as long. */
readonly max_duration_ms: number
readonly traces: number
/** Of them, those with errors. */
readonly errors: number
}

export type GetAnalyticsHeatmapAnswer = {
readonly from: string
readonly to: string
readonly step_s: number
/** How many were counted. */
readonly traces: number
/** true: there are more; the newest 200000 were counted. */
readonly is_cut: boolean
/** Begin of the oldest of them. */
readonly counted_from: string | null
/** Cells with traces, in order of time. */
readonly data: readonly GetAnalyticsHeatmapRow[]
}

export type GetAnalyticsScoresRow = {
readonly at: string
readonly name: string
readonly source: string
/** How many were given. */
readonly scores: number
/** Of numbers, and of yes and no as 1 and 0; null if all are texts. */
readonly mean: number | null
}

export type GetAnalyticsScoresAnswer = {
readonly from: string
readonly to: string
readonly bucket_s: number
readonly data: readonly GetAnalyticsScoresRow[]
}

export type GetAnalyticsTimeseriesRow = {
readonly at: string
/** Values of the attributes asked for; empty when a point has none. */
readonly by: Readonly<Record<string, string>>
/** Of histograms and summaries: values recorded. */
readonly count: number | null
/** Of histograms and summaries: their sum. */
readonly sum: number | null
/** Of counters: what was added; of gauges: the mean. */
readonly value: number | null
readonly p50: number | null
readonly p95: number | null
readonly p99: number | null
}

export type GetAnalyticsTimeseriesAnswer = {
readonly metric: string
/** Null when there are no points. */
readonly type: string | null
readonly unit: string | null
readonly data: readonly GetAnalyticsTimeseriesRow[]
}

export type GetArchivesRow = {
readonly project_id: string
readonly class: 'content' | 'events' | 'signals'
/** Of receipt, UTC; of lists and sums the day of the data. */
readonly day: string
readonly files: number
readonly rows: number
readonly bytes: number
readonly written_at: string
}

export type GetArchivesRestoresRow = {
readonly restore_id: string
readonly project_id: string
readonly class: 'content' | 'events' | 'signals'
readonly from: string
readonly to: string
readonly keep_days: number
/** waiting: until a job works it, and while something of the tenant is being deleted. */
readonly state: 'waiting' | 'done' | 'failed'
/** Days that were found in the archive. */
readonly units: number
/** Rows that came back; those that were still there are not counted. */
readonly rows: number
readonly error_code: string | null
readonly requested_by: string
readonly requested_at: string
readonly finished_at: string | null
/** Until then retention leaves these days alone. */
readonly kept_until: string | null
}

export type GetAuditRow = {
readonly audit_id: string
readonly at: string
readonly actor_kind: 'user' | 'key' | 'operator' | 'system' | 'anonymous'
/** Id of the user or key, login of the operator. */
readonly actor: string | null
readonly action: string
readonly resource_kind: string
readonly resource: string | null
readonly outcome: 'done' | 'refused'
readonly ip: string | null
readonly user_agent: string | null
readonly request_id: string | null
readonly metadata: Readonly<Record<string, unknown>>
}

export type GetAuthMeAnswer = {
readonly user_id: string
readonly email: string
readonly name: string | null
/** The first one is acted in, unless the header x-tenant-id names another. */
readonly tenants: readonly {
readonly tenant_id: string
readonly name: string
readonly role: string
}[]
/** When the session ends by itself. */
readonly expires_at: string
}

export type GetBudgetsRow = {
readonly budget_id: string
readonly name: string
readonly scope: 'tenant' | 'project' | 'user' | 'agent' | 'model'
readonly project_id: string | null
/** The user, agent or model; null: each has this budget. */
readonly subject: string | null
readonly unit: 'usd' | 'tokens'
readonly amount: number
/** Of the calendar, UTC. */
readonly per: 'day' | 'week' | 'month'
readonly created_at: string
readonly created_by: string
readonly updated_at: string
}

export type GetBudgetsRemainingRow = {
readonly budget_id: string
readonly name: string
readonly scope: 'tenant' | 'project' | 'user' | 'agent' | 'model'
readonly subject: string
readonly unit: 'usd' | 'tokens'
readonly per: 'day' | 'week' | 'month'
readonly amount: number
readonly used: number
readonly remaining: number
readonly percent: number
readonly exceeded: boolean
/** Null while nothing was spent. */
readonly resets_at: string | null
}

export type GetBudgetsRemainingAnswer = {
readonly data: readonly GetBudgetsRemainingRow[]
/** Whether any of them is spent. */
readonly exceeded: boolean
/** The least that is left; null without such a budget. */
readonly remaining_usd: number | null
readonly remaining_tokens: number | null
}

export type GetConfigEffectiveAnswer = {
/** With the defaults of every option. */
readonly effective: unknown
/** As it was written, its files merged. */
readonly written: unknown
/** `written` as YAML, to edit and to check. */
readonly yaml: string
}

export type GetConversationsRow = {
readonly conversation_id: string
readonly user_id: string | null
readonly session_id: string | null
/** Highest position a client gave, plus one, or the messages of the longest call. */
readonly message_count: number | null
/** Beginning of the newest text, scrubbed; null without the scope content. */
readonly last_message: string | null
/** RFC 3339 with nanoseconds. */
readonly first_at: string
/** RFC 3339 with nanoseconds. */
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

export type GetConversationsByIdMessagesRow = {
/** Place in the conversation, from 0. */
readonly index: number
readonly role: string
readonly parts: readonly unknown[]
/** Start of the call that has the message first. */
readonly at: string
readonly event_id: string
readonly trace_id: string
readonly span_id: string
readonly model: string | null
}

export type GetCostsRow = {
readonly at: string
readonly calls: number
readonly errors: number
readonly input_tokens: number
readonly output_tokens: number
readonly total_tokens: number
readonly cache_read_tokens: number
readonly cache_write_tokens: number
readonly reasoning_tokens: number
readonly cost_usd: number
/** Calls, and agents with usage of their own, whose price is not known. */
readonly unpriced: number
readonly p50_ms: number | null
readonly p95_ms: number | null
}

export type GetCostsAnswer = {
readonly total: {
readonly events: number
/** Exact up to some thousands, then within one in a hundred. */
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
/** Events in these sums whose counts add up to the total that they reported in no reading. */
readonly usage_inconsistent: number
}
/** Those events by instrumentation scope, the most frequent first. */
readonly inconsistent: readonly ({
readonly scope_name: string | null
readonly events: number
/** As they are in the sums. */
readonly input_tokens: number
readonly output_tokens: number
})[]
readonly data: readonly GetCostsRow[]
}

export type GetCostsBreakdownRow = {
readonly provider?: string | null
readonly model?: string | null
readonly route?: string | null
readonly environment?: string | null
readonly calls: number
readonly errors: number
readonly input_tokens: number
readonly output_tokens: number
readonly total_tokens: number
readonly cache_read_tokens: number
readonly cache_write_tokens: number
readonly reasoning_tokens: number
readonly cost_usd: number
/** Calls, and agents with usage of their own, whose price is not known. */
readonly unpriced: number
readonly p50_ms: number | null
readonly p95_ms: number | null
/** Events in these sums whose counts add up to the total that they reported in no reading. */
readonly usage_inconsistent: number
}

export type GetDashboardCostsAnswer = {
readonly from: string
readonly to: string
readonly total: {
readonly events: number
/** Of all events. */
readonly errors: number
/** Calls of models. */
readonly calls: number
readonly call_errors: number
readonly input_tokens: number
readonly output_tokens: number
readonly total_tokens: number
readonly cache_read_tokens: number
readonly cache_write_tokens: number
readonly reasoning_tokens: number
readonly cost_usd: number
/** Calls, and agents with usage of their own, whose price is not known. */
readonly unpriced: number
/** Distinct traces; null where they are not counted. */
readonly traces: number | null
readonly p50_ms: number | null
readonly p95_ms: number | null
readonly p99_ms: number | null
}
/** Of as long a time just before. */
readonly previous: {
readonly events: number
/** Of all events. */
readonly errors: number
/** Calls of models. */
readonly calls: number
readonly call_errors: number
readonly input_tokens: number
readonly output_tokens: number
readonly total_tokens: number
readonly cache_read_tokens: number
readonly cache_write_tokens: number
readonly reasoning_tokens: number
readonly cost_usd: number
/** Calls, and agents with usage of their own, whose price is not known. */
readonly unpriced: number
/** Distinct traces; null where they are not counted. */
readonly traces: number | null
readonly p50_ms: number | null
readonly p95_ms: number | null
readonly p99_ms: number | null
}
readonly rates: {
/** Of all events; null without any. */
readonly error_rate: number | null
readonly success_rate: number | null
/** Of model calls. */
readonly call_error_rate: number | null
readonly cost_per_call_usd: number | null
readonly cost_per_trace_usd: number | null
readonly cost_per_1k_tokens_usd: number | null
readonly tokens_per_call: number | null
/** Part of the input tokens that came from a cache. */
readonly cache_read_share: number | null
}
readonly over_time: readonly ({
readonly at: string
readonly events: number
/** Of all events. */
readonly errors: number
/** Calls of models. */
readonly calls: number
readonly call_errors: number
readonly input_tokens: number
readonly output_tokens: number
readonly total_tokens: number
readonly cache_read_tokens: number
readonly cache_write_tokens: number
readonly reasoning_tokens: number
readonly cost_usd: number
/** Calls, and agents with usage of their own, whose price is not known. */
readonly unpriced: number
/** Distinct traces; null where they are not counted. */
readonly traces: number | null
readonly p50_ms: number | null
readonly p95_ms: number | null
readonly p99_ms: number | null
})[]
readonly by: Readonly<Record<string, {
readonly data: readonly GetAnalyticsBreakdownRow[]
readonly others: {
readonly events: number
/** Of all events. */
readonly errors: number
/** Calls of models. */
readonly calls: number
readonly call_errors: number
readonly input_tokens: number
readonly output_tokens: number
readonly total_tokens: number
readonly cache_read_tokens: number
readonly cache_write_tokens: number
readonly reasoning_tokens: number
readonly cost_usd: number
/** Calls, and agents with usage of their own, whose price is not known. */
readonly unpriced: number
/** Distinct traces; null where they are not counted. */
readonly traces: number | null
readonly p50_ms: number | null
readonly p95_ms: number | null
readonly p99_ms: number | null
} | null
}>>
}

export type GetDashboardOverviewAnswer = {
readonly from: string
readonly to: string
readonly total: {
readonly events: number
/** Exact up to some thousands, then within one in a hundred. */
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
/** Events in these sums whose counts add up to the total that they reported in no reading. */
readonly usage_inconsistent: number
}
/** Of as long a time just before. */
readonly previous: {
readonly events: number
/** Exact up to some thousands, then within one in a hundred. */
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
readonly over_time: readonly GetCostsRow[]
readonly models: readonly GetCostsBreakdownRow[]
readonly signals: readonly GetSignalsSummaryRow[]
/** Stores that do not answer at present, so that their part of the answer is missing. */
readonly degraded?: readonly ('clickhouse' | 'postgres')[]
}

export type GetDeadLettersRow = {
readonly id: string
readonly exporter: string
/** What the exporter calls the kind of the items. */
readonly stream: string
readonly items: number
readonly code: string
/** What the destination said. */
readonly message: string
readonly attempts: number
readonly first_at: string
readonly last_at: string
readonly bytes: number
/** false: the destination did not say which items it refused, so none are kept. */
readonly can_retry: boolean
}

export type GetDeadLettersByIdAnswer = {
readonly id: string
readonly exporter: string
/** What the exporter calls the kind of the items. */
readonly stream: string
readonly items: number
readonly code: string
/** What the destination said. */
readonly message: string
readonly attempts: number
readonly first_at: string
readonly last_at: string
readonly bytes: number
/** false: the destination did not say which items it refused, so none are kept. */
readonly can_retry: boolean
readonly content: string
readonly encoding: 'utf8' | 'base64'
}

export type GetDeletionsRow = {
readonly deletion_id: string
/** null: in all projects of the tenant. */
readonly project_id: string | null
readonly subject_kind: 'tenant' | 'user' | 'session' | 'conversation' | 'trace'
/** Of traces and tenants. The id of whom was deleted is kept nowhere. */
readonly subject_id: string | null
/** waiting: until every instance keeps out what comes; deleting: from the stores; erasing: rows are gone, their bytes are being removed from files; done: counted again and proven; failed: a store refused at every try, stores says which, why and what remains; start it again with retry. */
readonly state: 'waiting' | 'deleting' | 'erasing' | 'done' | 'failed'
readonly stores: Readonly<Record<string, {
readonly state: 'waiting' | 'running' | 'done' | 'skipped' | 'failed'
/** Rows that were found. */
readonly before?: number
/** Rows that were found when it was done. */
readonly after?: number
readonly detail?: string
readonly at?: string
}>>
readonly proof: {
readonly sha256: string
/** HMAC-SHA-256 of the text. */
readonly hmac: string | null
readonly key_id: string | null
/** What was counted before and after in each store, as JSON. */
readonly text: string
} | null
readonly error_code: string | null
/** How often it was gone through: again when an instance comes back with data of before. */
readonly pass: number
readonly requested_by: string
readonly requested_at: string
readonly finished_at: string | null
/** Until then data of the subject is dropped when it comes. */
readonly keeps_out_until: string
}

export type GetDeliveriesRow = {
readonly delivery_id: string
readonly target_id: string
readonly project_id: string | null
readonly reason: 'issues' | 'repeat' | 'digest' | 'budget' | 'quota' | 'test'
readonly status: 'pending' | 'delivered' | 'failed' | 'cancelled'
readonly attempts: number
/** Of a pending one. */
readonly next_attempt_at: string | null
readonly response_status: number | null
readonly error_code: string | null
/** The beginning of what the target answered. */
readonly error: string | null
readonly issues: readonly {
readonly project_id: string
readonly issue_id: string
readonly change: string
}[]
readonly group: Readonly<Record<string, string>>
readonly created_at: string
readonly delivered_at: string | null
}

export type GetDriftAnswer = {
readonly from: string
readonly to: string
readonly base_from: string
readonly base_to: string
/** Null: nothing was embedded in either time. */
readonly embedder: string | null
/** Traces that were compared, 300 at most. */
readonly drawn: number
readonly base_drawn: number
/** p_value is below 0.01. Null: one of the times has fewer than 20 traces. */
readonly is_drift: boolean | null
/** Of the energy distance, by permutations. */
readonly p_value: number | null
/** Size of the difference: 0 for the same traffic, 1 for nothing in common. */
readonly effect: number | null
readonly permutations: number
/** Jensen-Shannon divergence of the shares of topics, from 0 to 1. */
readonly topic_divergence: number
/** The largest shifts first. */
readonly topics: readonly ({
/** Null: traces that are near no topic. */
readonly topic_id: string | null
readonly name: string | null
/** Of the traces of the time, from 0 to 1. */
readonly share: number
readonly base_share: number
/** How probable at least this difference is by chance. */
readonly p_value: number
/** Below 1 % also after a correction for the number of topics. */
readonly is_significant: boolean
})[]
/** Exchanges that are most typical of this time and least of the other. */
readonly typical: readonly ({
readonly trace_id: string
readonly event_id: string
/** RFC 3339 with nanoseconds. */
readonly start_time: string
readonly model: string
readonly route: string
readonly environment: string
/** Beginning of the question. Null without the scope content. */
readonly snippet: string | null
})[]
readonly base_typical: readonly ({
readonly trace_id: string
readonly event_id: string
/** RFC 3339 with nanoseconds. */
readonly start_time: string
readonly model: string
readonly route: string
readonly environment: string
/** Beginning of the question. Null without the scope content. */
readonly snippet: string | null
})[]
}

export type GetDuplicatesRow = {
/** The first event of the group. */
readonly group_id: string
/** Traces of the sample. */
readonly sampled: number
/** Estimated from the sample. */
readonly traces: number
/** Estimated from the sample. */
readonly cost_usd: number
/** Cosine of the least near one and the first. */
readonly least_similarity: number
/** RFC 3339 with nanoseconds. */
readonly first_seen: string
/** RFC 3339 with nanoseconds. */
readonly last_seen: string
readonly topic_id: string | null
/** The newest ones, at most 20. */
readonly trace_ids: readonly string[]
/** Beginning of a question. Null without the scope content. */
readonly snippet: string | null
}

export type GetEventsRow = {
/** Identity of the event: hash of project, trace, span and event type; the key for idempotent writes. */
readonly event_id: string | null
/** From the credential, never from the payload. */
readonly tenant_id: string | null
/** From the credential, never from the payload. */
readonly project_id: string | null
/** Deployment environment; `default` when nothing says otherwise. */
readonly environment: string | null
/** W3C trace id. */
readonly trace_id: string | null
/** W3C span id. */
readonly span_id: string | null
/** Parent span; null for a root. */
readonly parent_span_id: string | null
/** `span`, a legacy event type such as `llm_call`, or `log:<event name>` for a log record. */
readonly event_type?: string
/** llm, embedding, rerank, retrieval, tool, agent, workflow, chain, guardrail, evaluator, mcp or span. */
readonly kind: string | null
/** GenAI operation name (chat, embeddings, execute_tool, ...), open set. */
readonly operation: string | null
/** Span name, or the name of the component or tool. */
readonly name: string | null
/** Instrumentation dialect that was recognised; null when none was. */
readonly dialect: string | null
/** All dialects found on the span when there are several. */
readonly dialects?: readonly string[]
/** ns since the epoch, UTC. */
readonly start_time: string | null
/** ns since the epoch, UTC. */
readonly end_time: string | null
/** end - start in ms, never negative; null when the end is missing. */
readonly duration_ms: number | null
/** From request to first chunk, ms. */
readonly time_to_first_chunk_ms: number | null
/** GenAI provider; null for frameworks. */
readonly provider: string | null
/** Model asked for, provider prefix removed. */
readonly request_model: string | null
/** Model that answered. */
readonly response_model: string | null
/** The provider's id of the response. */
readonly response_id: string | null
/** http.route or legacy route. */
readonly route: string | null
/** Messages sent: [{role, parts: [{type, ...}], name?}]. */
readonly input_messages: unknown | null
/** Messages received: [{role, parts, finish_reason?}]. */
readonly output_messages: unknown | null
/** Array of message parts. */
readonly system_instructions?: unknown
/** [{type, name, description?, parameters?}]. */
readonly tool_definitions?: unknown
/** Input that is not messages (chain, tool, retrieval spans). */
readonly input: unknown | null
/** Output that is not messages. */
readonly output: unknown | null
/** temperature, top_p, max_tokens, seed, stop_sequences, service_tier, ... */
readonly request_params?: unknown
/** The response was streamed. */
readonly stream?: boolean
/** Inclusive of cache reads and writes. */
readonly input_tokens: number | null
/** Inclusive of reasoning. */
readonly output_tokens: number | null
/** As given, else input + output. */
readonly total_tokens: number | null
/** Subset of input_tokens. */
readonly cache_read_tokens: number | null
/** Subset of input_tokens. */
readonly cache_write_tokens: number | null
/** Subset of output_tokens. */
readonly reasoning_tokens: number | null
/** Further splits as a map of integers; never summed. */
readonly usage_details?: unknown
/** The numbers repeat other events: left out of every sum, price and signal. */
readonly usage_aggregate: boolean | null
/** The report of the same call that counts instead. */
readonly usage_duplicate_of?: string
/** A container that counts what the calls below it did not report; what it reported itself is in `usage_details.reported_*`. */
readonly usage_remainder?: boolean
/** No reading of the counts adds up to the reported total. */
readonly usage_inconsistent?: boolean
/** Number of the last correction after the event was stored. A later correction has a higher number. */
readonly revision?: number
/** Which rule filled which field, as short ids. */
readonly field_sources?: string
/** USD; null when no price is known. */
readonly cost_usd: number | null
/** USD. */
readonly cost_input_usd?: number
/** USD. */
readonly cost_output_usd?: number
/** given, computed, partial (a unit of the call has no price) or none. */
readonly cost_source: string | null
/** Price table version and model the price was taken from. */
readonly price_ref?: string
/** Units of the call that the price table has no price for, when cost_source is partial or none. */
readonly cost_unpriced?: readonly string[]
/** stop, length, tool_calls, content_filter, ... lower-case. */
readonly finish_reasons: readonly string[] | null
/** ok, error or unset. */
readonly status: string | null
/** Error class or code. */
readonly error_type: string | null
/**  */
readonly error_message: string | null
/**  */
readonly error_stack?: string
/** DEBUG, DEFAULT, WARNING or ERROR. */
readonly level?: string
/**  */
readonly tool_name: string | null
/**  */
readonly tool_call_id: string | null
/**  */
readonly tool_type?: string
/**  */
readonly tool_description?: string
/** Parsed JSON, or the raw string as JSON. */
readonly tool_arguments: unknown | null
/** Parsed JSON, or the raw string as JSON. */
readonly tool_result: unknown | null
/**  */
readonly agent_name: string | null
/**  */
readonly agent_id?: string
/**  */
readonly agent_version?: string
/**  */
readonly workflow_name?: string
/** Conversation or thread. */
readonly conversation_id: string | null
/** User session. */
readonly session_id: string | null
/** End user. */
readonly user_id: string | null
/** Position in the conversation. */
readonly message_index?: number
/**  */
readonly prompt_name: string | null
/**  */
readonly prompt_version: string | null
/**  */
readonly prompt_variables?: unknown
/**  */
readonly retrieval_query?: string
/** [{id, score, content?, metadata?}]. */
readonly retrieval_documents: unknown | null
/**  */
readonly retrieval_top_k?: number
/**  */
readonly data_source_id?: string
/**  */
readonly embedding_dimensions?: number
/**  */
readonly evaluation_name?: string
/**  */
readonly evaluation_score?: number
/**  */
readonly evaluation_label?: string
/**  */
readonly evaluation_explanation?: string
/**  */
readonly guardrail_name?: string
/**  */
readonly guardrail_triggered?: boolean
/**  */
readonly mcp_method?: string
/**  */
readonly mcp_session_id?: string
/**  */
readonly mcp_resource_uri?: string
/**  */
readonly server_address?: string
/**  */
readonly server_port?: number
/** Resource service.name. */
readonly service_name: string | null
/**  */
readonly service_version?: string
/**  */
readonly sdk_language?: string
/** Instrumentation scope. */
readonly scope_name?: string
/**  */
readonly scope_version?: string
/**  */
readonly tags: readonly string[] | null
/** Types and counts of what was scrubbed out: {"email": 1}. Never values. */
readonly secrets?: unknown
/** Repairs made on arrival: end_before_start, time_out_of_range, invalid_utf8, ... */
readonly quality?: readonly string[]
/** Everything user-supplied; string values. */
readonly metadata: Readonly<Record<string, unknown>> | null
/** Source attributes that no field took, scrubbed. */
readonly attributes?: Readonly<Record<string, unknown>>
/** true: the credential lacks the scope content, so prompts and answers are not shown. */
readonly content_omitted?: boolean
/** Events of log records, and of other reports of the call, whose content or usage is shown here. */
readonly joined_from?: readonly string[]
}

export type GetEventsByIdAnswer = {
/** Identity of the event: hash of project, trace, span and event type; the key for idempotent writes. */
readonly event_id: string | null
/** From the credential, never from the payload. */
readonly tenant_id: string | null
/** From the credential, never from the payload. */
readonly project_id: string | null
/** Deployment environment; `default` when nothing says otherwise. */
readonly environment: string | null
/** W3C trace id. */
readonly trace_id: string | null
/** W3C span id. */
readonly span_id: string | null
/** Parent span; null for a root. */
readonly parent_span_id: string | null
/** `span`, a legacy event type such as `llm_call`, or `log:<event name>` for a log record. */
readonly event_type?: string
/** llm, embedding, rerank, retrieval, tool, agent, workflow, chain, guardrail, evaluator, mcp or span. */
readonly kind: string | null
/** GenAI operation name (chat, embeddings, execute_tool, ...), open set. */
readonly operation: string | null
/** Span name, or the name of the component or tool. */
readonly name: string | null
/** Instrumentation dialect that was recognised; null when none was. */
readonly dialect: string | null
/** All dialects found on the span when there are several. */
readonly dialects?: readonly string[]
/** ns since the epoch, UTC. */
readonly start_time: string | null
/** ns since the epoch, UTC. */
readonly end_time: string | null
/** end - start in ms, never negative; null when the end is missing. */
readonly duration_ms: number | null
/** From request to first chunk, ms. */
readonly time_to_first_chunk_ms: number | null
/** GenAI provider; null for frameworks. */
readonly provider: string | null
/** Model asked for, provider prefix removed. */
readonly request_model: string | null
/** Model that answered. */
readonly response_model: string | null
/** The provider's id of the response. */
readonly response_id: string | null
/** http.route or legacy route. */
readonly route: string | null
/** Messages sent: [{role, parts: [{type, ...}], name?}]. */
readonly input_messages: unknown | null
/** Messages received: [{role, parts, finish_reason?}]. */
readonly output_messages: unknown | null
/** Array of message parts. */
readonly system_instructions?: unknown
/** [{type, name, description?, parameters?}]. */
readonly tool_definitions?: unknown
/** Input that is not messages (chain, tool, retrieval spans). */
readonly input: unknown | null
/** Output that is not messages. */
readonly output: unknown | null
/** temperature, top_p, max_tokens, seed, stop_sequences, service_tier, ... */
readonly request_params?: unknown
/** The response was streamed. */
readonly stream?: boolean
/** Inclusive of cache reads and writes. */
readonly input_tokens: number | null
/** Inclusive of reasoning. */
readonly output_tokens: number | null
/** As given, else input + output. */
readonly total_tokens: number | null
/** Subset of input_tokens. */
readonly cache_read_tokens: number | null
/** Subset of input_tokens. */
readonly cache_write_tokens: number | null
/** Subset of output_tokens. */
readonly reasoning_tokens: number | null
/** Further splits as a map of integers; never summed. */
readonly usage_details?: unknown
/** The numbers repeat other events: left out of every sum, price and signal. */
readonly usage_aggregate: boolean | null
/** The report of the same call that counts instead. */
readonly usage_duplicate_of?: string
/** A container that counts what the calls below it did not report; what it reported itself is in `usage_details.reported_*`. */
readonly usage_remainder?: boolean
/** No reading of the counts adds up to the reported total. */
readonly usage_inconsistent?: boolean
/** Number of the last correction after the event was stored. A later correction has a higher number. */
readonly revision?: number
/** Which rule filled which field, as short ids. */
readonly field_sources?: string
/** USD; null when no price is known. */
readonly cost_usd: number | null
/** USD. */
readonly cost_input_usd?: number
/** USD. */
readonly cost_output_usd?: number
/** given, computed, partial (a unit of the call has no price) or none. */
readonly cost_source: string | null
/** Price table version and model the price was taken from. */
readonly price_ref?: string
/** Units of the call that the price table has no price for, when cost_source is partial or none. */
readonly cost_unpriced?: readonly string[]
/** stop, length, tool_calls, content_filter, ... lower-case. */
readonly finish_reasons: readonly string[] | null
/** ok, error or unset. */
readonly status: string | null
/** Error class or code. */
readonly error_type: string | null
/**  */
readonly error_message: string | null
/**  */
readonly error_stack?: string
/** DEBUG, DEFAULT, WARNING or ERROR. */
readonly level?: string
/**  */
readonly tool_name: string | null
/**  */
readonly tool_call_id: string | null
/**  */
readonly tool_type?: string
/**  */
readonly tool_description?: string
/** Parsed JSON, or the raw string as JSON. */
readonly tool_arguments: unknown | null
/** Parsed JSON, or the raw string as JSON. */
readonly tool_result: unknown | null
/**  */
readonly agent_name: string | null
/**  */
readonly agent_id?: string
/**  */
readonly agent_version?: string
/**  */
readonly workflow_name?: string
/** Conversation or thread. */
readonly conversation_id: string | null
/** User session. */
readonly session_id: string | null
/** End user. */
readonly user_id: string | null
/** Position in the conversation. */
readonly message_index?: number
/**  */
readonly prompt_name: string | null
/**  */
readonly prompt_version: string | null
/**  */
readonly prompt_variables?: unknown
/**  */
readonly retrieval_query?: string
/** [{id, score, content?, metadata?}]. */
readonly retrieval_documents: unknown | null
/**  */
readonly retrieval_top_k?: number
/**  */
readonly data_source_id?: string
/**  */
readonly embedding_dimensions?: number
/**  */
readonly evaluation_name?: string
/**  */
readonly evaluation_score?: number
/**  */
readonly evaluation_label?: string
/**  */
readonly evaluation_explanation?: string
/**  */
readonly guardrail_name?: string
/**  */
readonly guardrail_triggered?: boolean
/**  */
readonly mcp_method?: string
/**  */
readonly mcp_session_id?: string
/**  */
readonly mcp_resource_uri?: string
/**  */
readonly server_address?: string
/**  */
readonly server_port?: number
/** Resource service.name. */
readonly service_name: string | null
/**  */
readonly service_version?: string
/**  */
readonly sdk_language?: string
/** Instrumentation scope. */
readonly scope_name?: string
/**  */
readonly scope_version?: string
/**  */
readonly tags: readonly string[] | null
/** Types and counts of what was scrubbed out: {"email": 1}. Never values. */
readonly secrets?: unknown
/** Repairs made on arrival: end_before_start, time_out_of_range, invalid_utf8, ... */
readonly quality?: readonly string[]
/** Everything user-supplied; string values. */
readonly metadata: Readonly<Record<string, unknown>> | null
/** Source attributes that no field took, scrubbed. */
readonly attributes?: Readonly<Record<string, unknown>>
/** true: the credential lacks the scope content, so prompts and answers are not shown. */
readonly content_omitted?: boolean
/** Events of log records, and of other reports of the call, whose content or usage is shown here. */
readonly joined_from?: readonly string[]
/** For each field that is set: the attribute that filled it, and the rule that read it. */
readonly explain: Readonly<Record<string, {
readonly source: string
readonly rule: string
}>>
}

export type GetInvitationsRow = {
readonly invitation_id: string
readonly email: string
readonly role: string
readonly created_at: string
readonly created_by: string
readonly expires_at: string
readonly accepted_at: string | null
readonly revoked_at: string | null
}

export type GetIssuesRow = {
readonly issue_id: string
readonly fingerprint: string
readonly type: string
readonly severity: string
readonly title: string
readonly status: string
readonly substatus: string | null
/** Occurrences. */
readonly count: number
readonly first_seen: string
readonly last_seen: string
readonly traces: number
readonly users: number
/** Of the calls that the occurrences are about. */
readonly cost_usd: number
readonly environment: string | null
readonly rule: string
/** Of the newest occurrence. */
readonly evidence: unknown
/** Of the newest occurrence. */
readonly trace_id: string | null
readonly assignee: string | null
/** Since when the status is what it is. */
readonly status_at: string
/** What ends the rest of a snoozed issue. */
readonly until: {
readonly time: string | null
readonly count: number | null
readonly rate_factor: number | null
} | null
readonly tenant_id: string
readonly project_id: string
}

export type GetIssuesSummaryRow = {
readonly type: string
readonly severity: string
readonly status: string
readonly issues: number
readonly occurrences: number
}

export type GetIssuesByIdCommentsRow = {
readonly at: string
readonly actor: string
readonly action: string
readonly before: string | null
readonly after: string | null
/** Null without the scope content. */
readonly note: string | null
}

export type GetIssuesByIdSignalsRow = {
readonly signal_id: string
readonly type: string
readonly severity: string
/** `superseded` when a correction has taken back what was found; the signal stays. */
readonly status: string
/** Null, like span and event, for a signal about a series. */
readonly trace_id: string | null
readonly span_id: string | null
readonly event_id: string | null
readonly tenant_id: string
readonly project_id: string
/** RFC 3339 with nanoseconds */
readonly at: string
readonly value: number | null
readonly threshold: number | null
/** Without the scope content its texts are left out, which content_omitted says. */
readonly evidence: unknown
readonly rule: string
readonly fingerprint: string | null
}

export type GetJobsRow = {
readonly job_id: string
readonly kind: string
readonly state: 'created' | 'retry' | 'active' | 'completed' | 'cancelled' | 'failed'
/** Attempts after the first. */
readonly attempts: number
readonly attempts_max: number
readonly priority: number
readonly created_at: string
readonly starts_after: string
readonly started_at: string | null
readonly finished_at: string | null
/** Of a job that failed. */
readonly error_code: string | null
}

export type GetJudgesRow = {
/** Name of the rubric. */
readonly judge_id: string
readonly version: number
readonly model: string
readonly waiting: number
readonly done: number
readonly skipped: number
readonly failed: number
}

export type GetMutesRow = {
readonly mute_id: string
readonly project_id: string | null
readonly matchers: Readonly<Record<string, readonly string[]>>
readonly starts_at: string
readonly ends_at: string | null
/** Hours of the week; null: always. */
readonly windows: unknown
readonly time_zone: string
readonly reason: string
readonly created_at: string
readonly created_by: string
}

export type GetPipelineAnswer = {
readonly at: string
readonly started_at: string
readonly pipelines: readonly {
readonly id: string
readonly receivers: readonly string[]
readonly processors: readonly string[]
readonly exporters: readonly string[]
}[]
readonly queue: {
/** Bytes of the log that an exporter still has to send. */
readonly bytes: number
/** Where senders are refused. */
readonly bytes_max: number
/** Items that the exporter furthest behind has not sent. */
readonly items: number
/** Age of the oldest of these, seconds. */
readonly oldest_s: number
}
readonly receivers: readonly {
readonly id: string
/** Spans, log records and metric points that were taken, since the start. */
readonly accepted: number
/** Those that were refused, since the start. */
readonly refused: number
}[]
readonly exporters: readonly ({
readonly id: string
readonly ok: boolean
readonly detail: string
/** Items that the destination accepted, since the start. */
readonly sent: number
/** Items that the destination refused for good, since the start. */
readonly failed: number
/** Attempts that failed and are repeated, since the start. */
readonly retries: number
/** Items among the dead letters, since the start. */
readonly dead_lettered: number
/** Items that were never sent because the exporter was too far behind, since the start. */
readonly skipped: number
/** Items in the log that are not sent yet. */
readonly queued: number
/** Age of the oldest of these, seconds. */
readonly oldest_s: number
readonly breaker: 'closed' | 'half-open' | 'open'
})[]
}

export type GetProjectsRow = {
readonly tenant_id: string
readonly project_id: string
readonly name: string
readonly environments: readonly string[]
readonly created_at: string
readonly updated_at: string
/** Its keys are refused from then on. */
readonly archived_at: string | null
}

export type GetProjectsByIdQuotaAnswer = {
readonly project_id: string
/** Distinct events; requests beyond are answered 429. null: no limit. */
readonly events_per_month: number | null
/** Bytes of accepted requests as they were sent, compressed or not. */
readonly bytes_per_month: number | null
/** Cost of model calls. It is known some seconds after a call, so it can be passed by as much. */
readonly usd_per_month: number | null
/** Rate for each instance; a larger request is taken and makes the next ones wait. */
readonly events_per_second: number | null
readonly used: {
readonly events: number
readonly bytes: number
readonly cost_usd: number
}
/** Held by instances: to spend, or accepted and not yet counted. */
readonly held: {
readonly events: number
readonly bytes: number
}
readonly resets_at: string
}

export type GetRetentionRow = {
/** null: the tenant, for projects that say nothing. */
readonly project_id: string | null
/** What it says itself; null: nothing. */
readonly own: {
/** Prompts, answers, what tools were given and gave. */
readonly content_days: number | null
/** Events, traces, conversations, sessions, users, scores. */
readonly events_days: number | null
/** Sums of usage by hour and day. */
readonly figures_days: number | null
/** Signals and issues. */
readonly signals_days: number | null
/** Points of metrics, which are kept for 30 days at most. */
readonly metrics_days: number | null
/** Classes that are written to the archive of the instance before they are removed (`content`, `events`, `signals`); null leaves the word to the tenant, then to the configuration. */
readonly archive: readonly ('content' | 'events' | 'signals')[] | null
}
/** What holds, in days from receipt; null: for ever. */
readonly kept: {
/** Prompts, answers, what tools were given and gave. */
readonly content_days: number | null
/** Events, traces, conversations, sessions, users, scores. */
readonly events_days: number | null
/** Sums of usage by hour and day. */
readonly figures_days: number | null
/** Signals and issues. */
readonly signals_days: number | null
/** Points of metrics, which are kept for 30 days at most. */
readonly metrics_days: number | null
readonly archive: readonly ('content' | 'events' | 'signals')[]
}
}

export type GetRulesRow = {
readonly id: string
/** Of its signals. */
readonly types: readonly string[]
readonly severity: string
/** What it looks at: event, trace, conversation, series or spending. */
readonly over: string
/** Of a rule of your own: its condition. */
readonly finds: string
/** Without those of a scope. */
readonly limits: Readonly<Record<string, unknown>>
readonly enabled: boolean
/** Whether the configuration wrote it. */
readonly own: boolean
}

export type GetScoresRow = {
readonly score_id: string
readonly project_id: string
readonly trace_id: string
/** Null for a score of the whole trace. */
readonly span_id: string | null
readonly name: string
/** Null without the scope content when it is a text of over 64 characters. */
readonly value: number | string | boolean | null
/** Null without the scope content. */
readonly comment: string | null
readonly source: string
/** The credential that sent it. */
readonly author: string
readonly at: string
}

export type GetSessionsRow = {
readonly session_id: string
readonly user_id: string | null
readonly conversations: number
/** RFC 3339 with nanoseconds. */
readonly first_at: string
/** RFC 3339 with nanoseconds. */
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

export type GetSignalsSummaryRow = {
readonly type: string
readonly severity: string
readonly count: number
}

export type GetTargetsRow = {
readonly target_id: string
/** null: all projects of the tenant. */
readonly project_id: string | null
readonly name: string
readonly kind: 'email' | 'webhook' | 'slack' | 'alertmanager_webhook' | 'alertmanager' | 'pagerduty'
/** Without secrets, which are never shown. Without the scope admin an address is shown as its origin, because the rest of it often lets anybody post. */
readonly settings: Readonly<Record<string, unknown>>
readonly filter: Readonly<Record<string, unknown>>
readonly timing: Readonly<Record<string, unknown>>
readonly enabled: boolean
readonly disabled_reason: string | null
readonly created_at: string
readonly created_by: string
readonly updated_at: string
}

export type GetTenantsRow = {
readonly tenant_id: string
readonly name: string
readonly created_at: string
readonly updated_at: string
}

export type GetTopicsRow = {
/** Null: traces that are near no topic. */
readonly topic_id: string | null
/** Null without the scope content, and for no topic. */
readonly name: string | null
/** Frequent here and rare in other topics. Empty without the scope content. */
readonly words: readonly string[]
readonly named_by: 'words' | 'judge' | null
/** When the topic was first found. */
readonly born_at: string | null
/** Traces of the sample. */
readonly sampled: number
/** Estimated from the sample: each stands for 1 / rate. */
readonly traces: number
/** Of all traces of the time, from 0 to 1. */
readonly share: number
/** Traces in the second half of the time relative to the first: 0.5 is half more. Null: none in the first. */
readonly change: number | null
/** Estimated from the sample, like the shares below. */
readonly cost_usd: number
/** Share of traces with an error. */
readonly error_share: number
/** Share of traces with a signal above low severity. */
readonly signal_share: number
/** RFC 3339 with nanoseconds. */
readonly last_seen: string
/** Buckets without traces are left out. */
readonly trend: readonly {
readonly at: string
readonly traces: number
}[]
}

export type GetTopicsAnswer = {
readonly from: string
readonly to: string
readonly bucket_s: number
/** Model whose vectors were grouped. Null: nothing was embedded in this time. */
readonly embedder: string | null
readonly sampled: number
readonly traces: number
readonly data: readonly GetTopicsRow[]
/** For the next page; null on the last. */
readonly next_cursor: string | null
}

export type GetTopicsByIdRow = {
readonly trace_id: string
readonly event_id: string
/** RFC 3339 with nanoseconds. */
readonly start_time: string
/** Cosine: 1 is the same. What is near depends on the model that embeds. */
readonly similarity: number
readonly model: string
readonly route: string
readonly environment: string
/** Beginning of the question. Null without the scope content. */
readonly snippet: string | null
}

export type GetTopicsByIdAnswer = {
readonly topic_id: string
readonly name: string | null
readonly words: readonly string[]
readonly named_by: 'words' | 'judge' | null
readonly born_at: string | null
readonly data: readonly GetTopicsByIdRow[]
}

export type GetTracesRow = {
readonly trace_id: string
readonly environment: string | null
/** Name of the root span, once it has come. */
readonly name: string | null
readonly kind: string | null
readonly service_name: string | null
readonly user_id: string | null
readonly session_id: string | null
readonly conversation_id: string | null
/** RFC 3339 with nanoseconds. */
readonly start_time: string
/** RFC 3339 with nanoseconds. */
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
/** Calls with usage whose price is not known. */
readonly unpriced: number
readonly signals: number
readonly kinds: readonly string[]
readonly models: readonly string[]
}

export type GetTracesByIdAnswer = {
readonly trace_id: string
readonly environment: string | null
/** Name of the root span, once it has come. */
readonly name: string | null
readonly kind: string | null
readonly service_name: string | null
readonly user_id: string | null
readonly session_id: string | null
readonly conversation_id: string | null
/** RFC 3339 with nanoseconds. */
readonly start_time: string
/** RFC 3339 with nanoseconds. */
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
/** Calls with usage whose price is not known. */
readonly unpriced: number
readonly signals: number
readonly kinds: readonly string[]
readonly models: readonly string[]
/** Depth first; null when the store of events does not answer. */
readonly spans: readonly ({
readonly event_id: string
readonly span_id: string
readonly parent_span_id: string | null
/** Number of spans above it. */
readonly depth: number
readonly children: number
/** false: its parent is named and has not come. */
readonly has_parent: boolean
readonly name: string | null
readonly kind: string | null
readonly status: string | null
readonly service_name: string | null
readonly model: string | null
readonly tool_name: string | null
/** Since the first span of the trace began. */
readonly offset_ms: number
readonly duration_ms: number | null
/** What counts: null where a span only repeats others. */
readonly input_tokens: number | null
readonly output_tokens: number | null
readonly cost_usd: number | null
})[] | null
/** true: the trace has more spans than a tree shows. */
readonly is_cut: boolean
/** For the next page; null on the last. */
readonly next_cursor: string | null
/** Stores that do not answer at present, so that their part of the answer is missing. */
readonly degraded?: readonly ('clickhouse' | 'postgres')[]
}

export type GetTracesByIdSkeletonRow = {
readonly event_id: string
readonly span_id: string
readonly parent_span_id: string | null
/** Number of spans above it. */
readonly depth: number
readonly children: number
/** false: its parent is named and has not come. */
readonly has_parent: boolean
readonly name: string | null
readonly kind: string | null
readonly status: string | null
readonly service_name: string | null
readonly model: string | null
readonly tool_name: string | null
/** Since the first span of the trace began. */
readonly offset_ms: number
readonly duration_ms: number | null
/** What counts: null where a span only repeats others. */
readonly input_tokens: number | null
readonly output_tokens: number | null
readonly cost_usd: number | null
readonly agent_name: string | null
readonly event_type: string | null
readonly start_time: string
/** What the span itself reports, also where it repeats. */
readonly reported_input_tokens: number | null
readonly reported_output_tokens: number | null
readonly reported_tokens: number | null
readonly reported_cost_usd: number | null
/** true: what it reports repeats others. */
readonly usage_aggregate: boolean
/** The event whose report of the same call counts. */
readonly usage_duplicate_of: string | null
}

export type GetUsersRow = {
readonly user_id: string
readonly conversations: number
readonly sessions: number
/** RFC 3339 with nanoseconds. */
readonly first_at: string
/** RFC 3339 with nanoseconds. */
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

export type GetViewsRow = {
readonly view_id: string
readonly name: string
readonly page: string
readonly query: Readonly<Record<string, string>>
readonly owner: string
readonly is_own: boolean
readonly is_shared: boolean
readonly created_at: string
readonly updated_at: string
}

export type GetDiagnosticsAnswer = {
readonly version: string
readonly node: string
readonly platform: string
readonly cores: number
readonly memory_bytes: number
readonly uptime_s: number
readonly rss_bytes: number
readonly heap_used_bytes: number
readonly cpu_s: number
readonly ready: boolean
readonly reasons: readonly string[]
readonly checks: Readonly<Record<string, {
readonly ok: boolean
readonly detail: string
}>>
readonly dead_letters: number
/** As it was written; secrets are masked. */
readonly configuration: unknown
/** As /metrics has them. */
readonly metrics: string
}

export type GetHealthDetailedAnswer = {
readonly status: 'ok' | 'degraded'
readonly uptime_s: number
readonly version: string
readonly checks: Readonly<Record<string, {
readonly ok: boolean
readonly detail: string
}>>
}

export type GetVersionAnswer = {
readonly version: string
readonly node: string
readonly git_sha: string | null
readonly environment: string
}

export type PostAuthLoginAnswer = {
readonly user_id: string
readonly email: string
readonly name: string | null
/** The first one is acted in, unless the header x-tenant-id names another. */
readonly tenants: readonly {
readonly tenant_id: string
readonly name: string
readonly role: string
}[]
/** When the session ends by itself. */
readonly expires_at: string
/** For scripts: Authorization: Bearer. Browsers get a cookie. */
readonly token: string
}

export type PostConfigValidateAnswer = {
readonly ok: boolean
readonly errors: readonly ({
readonly code: string
/** From 1; 0 where there is no line. */
readonly line: number
readonly column: number
/** Such as processors.scrub.rules[0]. */
readonly path: string
readonly message: string
readonly suggestion: string | null
})[]
readonly warnings: readonly ({
readonly code: string
/** From 1; 0 where there is no line. */
readonly line: number
readonly column: number
/** Such as processors.scrub.rules[0]. */
readonly path: string
readonly message: string
readonly suggestion: string | null
})[]
}

export type PostExplainAnswer = {
readonly events: readonly {
/** The canonical event, as GET /api/v1/events/{id} shows it. */
readonly event: Readonly<Record<string, unknown>>
/** For each field that is set: the attribute that filled it, and the rule. */
readonly explain: Readonly<Record<string, {
readonly source: string
readonly rule: string
}>>
/** What was found and replaced, of the span. */
readonly scrubbed: readonly unknown[]
}[]
readonly signals: readonly Readonly<Record<string, unknown>>[]
readonly rejected: readonly ({
/** Place in the payload; null for all of it. */
readonly item: number | null
readonly reason: string
})[]
/** Spans that an action of scrubbing removed. */
readonly dropped: number
/** true: there were more events than are shown. */
readonly is_cut: boolean
}

export type PostInvitationsAnswer = {
readonly invitation_id: string
readonly email: string
readonly role: string
readonly created_at: string
readonly created_by: string
readonly expires_at: string
readonly accepted_at: string | null
readonly revoked_at: string | null
readonly token: string
}

export type PostIssuesBulkAnswer = {
readonly changed: number
/** By issue id: its `status_at` now, of those that were changed. */
readonly status_at: Readonly<Record<string, string>>
readonly not_found: readonly string[]
/** Issues that were not changed, with their present status. */
readonly conflicts: readonly {
readonly issue_id: string
readonly status: string
readonly status_at: string
}[]
}

export type PostJudgesByIdRunsAnswer = {
/** Null for a dry run. The reason of its verdicts is run: and this. */
readonly run_id: string | null
/** Stored calls that the filter finds. */
readonly calls: number
/** Questions that wait now; a call that this version of the rubric was asked about is left out. */
readonly asked: number
/** What calls of this length usually cost. */
readonly usual_usd: number
/** What they cost at most if no call is repeated. The cap of the day holds whatever this says. */
readonly worst_usd: number
}

export type PostKeysAnswer = {
readonly key_id: string
readonly kind: 'secret' | 'publishable'
readonly project_id: string
readonly environment: string | null
readonly name: string | null
/** The last four characters of the key, to recognise it. */
readonly last4: string
readonly scopes: readonly string[]
readonly origins: readonly string[]
readonly state: 'active' | 'expired' | 'revoked'
/** The key that this one is to replace. */
readonly rotated_from: string | null
readonly created_at: string
readonly created_by: string
readonly expires_at: string | null
readonly revoked_at: string | null
/** Written once a minute. */
readonly last_used_at: string | null
/** Whether it works and nobody has sent with it for 90 days: revoke it. */
readonly is_unused: boolean
/** The whole key, shown this once. */
readonly key: string
}

export type PostReconcileRow = {
/** UTC. */
readonly day: string
readonly model: string
readonly key: string | null
readonly billed_models: readonly string[]
readonly counted_models: readonly string[]
/** Costs are equal within half a percent or a cent, everything else exactly. */
readonly status: 'equal' | 'different' | 'not_counted' | 'not_billed'
/** What the export says; what it does not say is left out. */
readonly billed: {
readonly calls?: number
readonly input_tokens?: number
readonly output_tokens?: number
readonly cache_read_tokens?: number
readonly cache_write_tokens?: number
readonly cost_usd?: number
}
readonly counted: {
readonly calls: number
readonly input_tokens: number
readonly output_tokens: number
readonly cache_read_tokens: number
readonly cache_write_tokens: number
readonly cost_usd: number
}
/** Counted less billed. */
readonly difference: {
readonly calls?: number
readonly input_tokens?: number
readonly output_tokens?: number
readonly cache_read_tokens?: number
readonly cache_write_tokens?: number
readonly cost_usd?: number
}
readonly events: readonly ({
readonly event_id: string
readonly trace_id: string
readonly span_id: string
readonly response_id: string | null
readonly model: string
readonly input_tokens: number
readonly output_tokens: number
readonly cost_usd: number | null
/** Why the difference may come from it. not_billed: The export has calls by id, and none of them is this one. duplicate: Taken for a second report of another call and not counted; two calls if both were billed. no_usage: A call without token counts: a stream that was cut, a client that does not report them. failed: Failed, and reports tokens all the same. inconsistent: Its counts do not add up to the total that it reports. remainder: Counted from a container, for calls that were not seen themselves. near_midnight: Within an hour of midnight UTC: the provider may have it on the other day. cached: Answered by a cache: nothing was paid. other_day: Of the day before or after, within an hour of midnight UTC. unpriced: Counted without a cost, or with a part of it. exact: Its tokens are the difference. */
readonly reasons: readonly ('not_billed' | 'duplicate' | 'no_usage' | 'failed' | 'inconsistent' | 'remainder' | 'near_midnight' | 'cached' | 'other_day' | 'unpriced' | 'exact')[]
})[]
readonly more_events: number
/** Ids of billed calls that no event has. */
readonly missing_calls: readonly string[]
}

export type PostReconcileAnswer = {
readonly provider: 'openai' | 'anthropic' | 'bedrock' | 'openrouter'
readonly from: string
readonly to: string
readonly equal: number
readonly different: number
readonly billed: {
readonly calls?: number
readonly input_tokens?: number
readonly output_tokens?: number
readonly cache_read_tokens?: number
readonly cache_write_tokens?: number
readonly cost_usd?: number
}
readonly counted: {
readonly calls: number
readonly input_tokens: number
readonly output_tokens: number
readonly cache_read_tokens: number
readonly cache_write_tokens: number
readonly cost_usd: number
}
/** Events counted although their counts add up to the total they reported in no reading. */
readonly usage_inconsistent: number
/** Those by instrumentation scope, the most frequent first. */
readonly inconsistent: readonly ({
readonly scope_name: string | null
readonly events: number
})[]
/** What of the export was not compared. */
readonly notes: readonly string[]
readonly data: readonly PostReconcileRow[]
}

export type PostRulesByIdReplayAnswer = {
readonly from: string
readonly to: string
readonly events: number
readonly signals: number
/** Those of them that later events took back. */
readonly superseded: number
readonly rules: readonly {
readonly rule: string
readonly type: string
readonly severity: string
readonly signals: number
readonly issues: number
}[]
/** Those with most signals, 100 at most. */
readonly issues: readonly ({
readonly fingerprint: string
readonly type: string
readonly severity: string
readonly title: string
readonly rule: string
readonly count: number
readonly first_at: string
readonly last_at: string
/** Of the newest signal. */
readonly trace_id: string | null
readonly span_id: string | null
readonly value: number | null
readonly threshold: number | null
readonly evidence: unknown
})[]
/** true: there were more issues than are shown. */
readonly is_cut: boolean
}

export type PostTargetsAnswer = {
readonly target_id: string
/** null: all projects of the tenant. */
readonly project_id: string | null
readonly name: string
readonly kind: 'email' | 'webhook' | 'slack' | 'alertmanager_webhook' | 'alertmanager' | 'pagerduty'
/** Without secrets, which are never shown. Without the scope admin an address is shown as its origin, because the rest of it often lets anybody post. */
readonly settings: Readonly<Record<string, unknown>>
readonly filter: Readonly<Record<string, unknown>>
readonly timing: Readonly<Record<string, unknown>>
readonly enabled: boolean
readonly disabled_reason: string | null
readonly created_at: string
readonly created_by: string
readonly updated_at: string
readonly secret: string | null
}

/** Every operation by its method and path. */
export interface Operations {
  'DELETE /api/v1/budgets/{id}': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: undefined
    readonly answer: undefined
  }
  'DELETE /api/v1/dead-letters/{id}': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: undefined
    readonly answer: {
readonly dropped: true
}
  }
  'DELETE /api/v1/invitations/{id}': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: undefined
    readonly answer: undefined
  }
  'DELETE /api/v1/keys/{id}': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: undefined
    readonly answer: DeleteKeysByIdAnswer
  }
  'DELETE /api/v1/members/{id}': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: undefined
    readonly answer: undefined
  }
  'DELETE /api/v1/members/{id}/projects/{project}': {
    readonly path: { readonly id: string; readonly project: string }
    readonly query: {}
    readonly body: undefined
    readonly answer: DeleteMembersByIdProjectsByProjectAnswer
  }
  'DELETE /api/v1/mutes/{id}': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: undefined
    readonly answer: undefined
  }
  'DELETE /api/v1/targets/{id}': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: undefined
    readonly answer: undefined
  }
  'DELETE /api/v1/views/{id}': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: undefined
    readonly answer: DeleteViewsByIdAnswer
  }
  'GET /api/v1/addresses': {
    readonly path: {}
    readonly query: {}
    readonly body: undefined
    readonly answer: {
/** OTEL_EXPORTER_OTLP_ENDPOINT, over HTTP. */
readonly otlp_http: string | null
/** The same over gRPC. */
readonly otlp_grpc: string | null
}
  }
  'GET /api/v1/analytics/breakdown': {
    readonly path: {}
    readonly query: { readonly from?: string; readonly to?: string; readonly environment?: string; readonly service?: string; readonly kind?: string; readonly model?: string; readonly provider?: string; readonly route?: string; readonly name?: string; readonly tool?: string; readonly agent?: string; readonly status?: 'ok' | 'error' | 'unset'; readonly error_type?: string; readonly user_id?: string; readonly session_id?: string; readonly conversation_id?: string; readonly min_cost_usd?: number; readonly max_cost_usd?: number; readonly min_duration_ms?: number; readonly max_duration_ms?: number; readonly by: string; readonly order?: 'cost_usd' | 'total_tokens' | 'calls' | 'events' | 'errors' | 'p95_ms'; readonly limit?: number; readonly latency_of?: 'calls' | 'events' }
    readonly body: undefined
    readonly answer: GetAnalyticsBreakdownAnswer
  }
  'GET /api/v1/analytics/compare': {
    readonly path: {}
    readonly query: { readonly from?: string; readonly to?: string; readonly environment?: string; readonly service?: string; readonly kind?: string; readonly model?: string; readonly provider?: string; readonly route?: string; readonly name?: string; readonly tool?: string; readonly agent?: string; readonly status?: 'ok' | 'error' | 'unset'; readonly error_type?: string; readonly user_id?: string; readonly session_id?: string; readonly conversation_id?: string; readonly min_cost_usd?: number; readonly max_cost_usd?: number; readonly min_duration_ms?: number; readonly max_duration_ms?: number; readonly base_from?: string; readonly base_to?: string; readonly base_environment?: string; readonly base_service?: string; readonly base_model?: string; readonly base_provider?: string; readonly base_route?: string; readonly base_name?: string; readonly base_agent?: string; readonly base_tool?: string; readonly by?: string; readonly order?: 'cost_usd' | 'total_tokens' | 'calls' | 'events' | 'errors' | 'p95_ms'; readonly limit?: number }
    readonly body: undefined
    readonly answer: GetAnalyticsCompareAnswer
  }
  'GET /api/v1/analytics/heatmap': {
    readonly path: {}
    readonly query: { readonly from?: string; readonly to?: string; readonly environment?: string; readonly service?: string; readonly kind?: string; readonly model?: string; readonly user_id?: string; readonly session_id?: string; readonly conversation_id?: string; readonly name?: string; readonly errors?: 'true' | 'false'; readonly status?: 'ok' | 'error'; readonly signals?: 'true' | 'false'; readonly type?: 'high_latency' | 'medium_latency' | 'tool_error' | 'llm_error' | 'error' | 'tool_timeout' | 'cost_spike' | 'token_spike' | 'secret_detected' | 'pii_detected' | 'loop_detected' | 'context_overflow' | 'prompt_injection' | 'empty_output' | 'retry_storm' | 'polling' | 'runaway' | 'waste' | 'context_drop' | 'budget_exceeded' | 'latency_anomaly' | 'cost_anomaly' | 'token_anomaly' | 'error_rate' | 'model_drift' | 'output_drift' | 'custom' | 'quality_degradation' | 'hallucination' | 'faithfulness' | 'context_relevance'; readonly severity?: 'high' | 'medium' | 'low'; readonly min_cost_usd?: number; readonly max_cost_usd?: number; readonly min_duration_ms?: number; readonly max_duration_ms?: number; readonly route?: string; readonly provider?: string; readonly tool?: string; readonly agent?: string; readonly error_type?: string; readonly text?: string; readonly steps?: number }
    readonly body: undefined
    readonly answer: GetAnalyticsHeatmapAnswer
  }
  'GET /api/v1/analytics/scores': {
    readonly path: {}
    readonly query: { readonly from?: string; readonly to?: string; readonly bucket?: 'minute' | 'hour' | 'day' }
    readonly body: undefined
    readonly answer: GetAnalyticsScoresAnswer
  }
  'GET /api/v1/analytics/timeseries': {
    readonly path: {}
    readonly query: { readonly from?: string; readonly to?: string; readonly environment?: string; readonly metric: string; readonly by?: string; readonly bucket?: 'minute' | 'hour' | 'day' }
    readonly body: undefined
    readonly answer: GetAnalyticsTimeseriesAnswer
  }
  'GET /api/v1/archives': {
    readonly path: {}
    readonly query: { readonly limit?: number; readonly cursor?: string; readonly project_id?: string; readonly class?: 'content' | 'events' | 'signals'; readonly fields?: string; readonly format?: 'json' | 'csv' | 'ndjson' }
    readonly body: undefined
    readonly answer: {
readonly data: readonly GetArchivesRow[]
/** For the next page; null on the last. */
readonly next_cursor: string | null
}
  }
  'GET /api/v1/archives/restores': {
    readonly path: {}
    readonly query: { readonly limit?: number; readonly cursor?: string; readonly fields?: string; readonly format?: 'json' | 'csv' | 'ndjson' }
    readonly body: undefined
    readonly answer: {
readonly data: readonly GetArchivesRestoresRow[]
/** For the next page; null on the last. */
readonly next_cursor: string | null
}
  }
  'GET /api/v1/audit': {
    readonly path: {}
    readonly query: { readonly from?: string; readonly to?: string; readonly sort?: '-at' | 'at'; readonly limit?: number; readonly cursor?: string; readonly action?: string; readonly actor?: string; readonly resource?: string; readonly fields?: string; readonly format?: 'json' | 'csv' | 'ndjson' }
    readonly body: undefined
    readonly answer: {
readonly data: readonly GetAuditRow[]
/** For the next page; null on the last. */
readonly next_cursor: string | null
}
  }
  'GET /api/v1/auth/me': {
    readonly path: {}
    readonly query: {}
    readonly body: undefined
    readonly answer: GetAuthMeAnswer
  }
  'GET /api/v1/auth/oidc/callback': {
    readonly path: {}
    readonly query: { readonly code?: string; readonly state?: string; readonly error?: string }
    readonly body: undefined
    readonly answer: undefined
  }
  'GET /api/v1/auth/oidc/start': {
    readonly path: {}
    readonly query: { readonly return_to?: string }
    readonly body: undefined
    readonly answer: undefined
  }
  'GET /api/v1/auth/options': {
    readonly path: {}
    readonly query: {}
    readonly body: undefined
    readonly answer: {
/** Who may make an account. */
readonly accounts: 'open' | 'mail' | 'invite' | 'closed'
/** The OpenID provider; null where people sign in with a password only. */
readonly oidc: {
/** For people: the name of the provider. */
readonly name: string
/** Where a browser begins; takes return_to. */
readonly start_url: string
/** Reasons that may come back to the sign-in page, as #oidc=reason. */
readonly refusals: readonly ('state' | 'denied' | 'unavailable' | 'provider' | 'clock' | 'email' | 'domain' | 'closed' | 'not_invited' | 'disabled' | 'taken' | 'insecure' | 'too_many' | 'accounts')[]
} | null
}
  }
  'GET /api/v1/budgets': {
    readonly path: {}
    readonly query: { readonly limit?: number; readonly cursor?: string; readonly scope?: 'tenant' | 'project' | 'user' | 'agent' | 'model'; readonly fields?: string; readonly format?: 'json' | 'csv' | 'ndjson' }
    readonly body: undefined
    readonly answer: {
readonly data: readonly GetBudgetsRow[]
/** For the next page; null on the last. */
readonly next_cursor: string | null
}
  }
  'GET /api/v1/budgets/remaining': {
    readonly path: {}
    readonly query: { readonly project_id?: string; readonly user_id?: string; readonly agent?: string; readonly model?: string }
    readonly body: undefined
    readonly answer: GetBudgetsRemainingAnswer
  }
  'GET /api/v1/budgets/{id}': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: undefined
    readonly answer: GetBudgetsRow
  }
  'GET /api/v1/config/effective': {
    readonly path: {}
    readonly query: {}
    readonly body: undefined
    readonly answer: GetConfigEffectiveAnswer
  }
  'GET /api/v1/conversations': {
    readonly path: {}
    readonly query: { readonly from?: string; readonly to?: string; readonly user_id?: string; readonly session_id?: string; readonly conversation_id?: string; readonly environment?: string; readonly service?: string; readonly kind?: string; readonly model?: string; readonly errors?: 'true' | 'false'; readonly signals?: 'true' | 'false'; readonly status?: 'ok' | 'error'; readonly min_cost_usd?: number; readonly max_cost_usd?: number; readonly route?: string; readonly provider?: string; readonly tool?: string; readonly agent?: string; readonly error_type?: string; readonly text?: string; readonly sort?: '-last_at' | '-first_at' | '-duration_ms' | '-cost_usd' | '-total_tokens' | '-events' | '-llm_calls' | '-errors' | '-signals' | 'last_at' | 'first_at' | 'duration_ms' | 'cost_usd' | 'total_tokens' | 'events' | 'llm_calls' | 'errors' | 'signals'; readonly limit?: number; readonly cursor?: string; readonly fields?: string; readonly format?: 'json' | 'csv' | 'ndjson' }
    readonly body: undefined
    readonly answer: {
readonly data: readonly GetConversationsRow[]
/** For the next page; null on the last. */
readonly next_cursor: string | null
}
  }
  'GET /api/v1/conversations/{id}': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: undefined
    readonly answer: GetConversationsRow
  }
  'GET /api/v1/conversations/{id}/messages': {
    readonly path: { readonly id: string }
    readonly query: { readonly limit?: number; readonly cursor?: string; readonly fields?: string; readonly format?: 'json' | 'csv' | 'ndjson' }
    readonly body: undefined
    readonly answer: {
readonly data: readonly GetConversationsByIdMessagesRow[]
/** For the next page; null on the last. */
readonly next_cursor: string | null
}
  }
  'GET /api/v1/costs': {
    readonly path: {}
    readonly query: { readonly from?: string; readonly to?: string; readonly environment?: string; readonly bucket?: 'hour' | 'day' }
    readonly body: undefined
    readonly answer: GetCostsAnswer
  }
  'GET /api/v1/costs/breakdown': {
    readonly path: {}
    readonly query: { readonly from?: string; readonly to?: string; readonly environment?: string; readonly by?: string; readonly limit?: number }
    readonly body: undefined
    readonly answer: {
readonly data: readonly GetCostsBreakdownRow[]
}
  }
  'GET /api/v1/dashboard/costs': {
    readonly path: {}
    readonly query: { readonly from?: string; readonly to?: string; readonly environment?: string; readonly service?: string; readonly kind?: string; readonly model?: string; readonly provider?: string; readonly route?: string; readonly name?: string; readonly tool?: string; readonly agent?: string; readonly status?: 'ok' | 'error' | 'unset'; readonly error_type?: string; readonly user_id?: string; readonly session_id?: string; readonly conversation_id?: string; readonly min_cost_usd?: number; readonly max_cost_usd?: number; readonly min_duration_ms?: number; readonly max_duration_ms?: number; readonly bucket?: 'minute' | 'hour' | 'day'; readonly limit?: number }
    readonly body: undefined
    readonly answer: GetDashboardCostsAnswer
  }
  'GET /api/v1/dashboard/errors': {
    readonly path: {}
    readonly query: { readonly from?: string; readonly to?: string; readonly environment?: string; readonly service?: string; readonly kind?: string; readonly model?: string; readonly provider?: string; readonly route?: string; readonly name?: string; readonly tool?: string; readonly agent?: string; readonly status?: 'ok' | 'error' | 'unset'; readonly error_type?: string; readonly user_id?: string; readonly session_id?: string; readonly conversation_id?: string; readonly min_cost_usd?: number; readonly max_cost_usd?: number; readonly min_duration_ms?: number; readonly max_duration_ms?: number; readonly bucket?: 'minute' | 'hour' | 'day'; readonly limit?: number }
    readonly body: undefined
    readonly answer: GetDashboardCostsAnswer
  }
  'GET /api/v1/dashboard/latency': {
    readonly path: {}
    readonly query: { readonly from?: string; readonly to?: string; readonly environment?: string; readonly service?: string; readonly kind?: string; readonly model?: string; readonly provider?: string; readonly route?: string; readonly name?: string; readonly tool?: string; readonly agent?: string; readonly status?: 'ok' | 'error' | 'unset'; readonly error_type?: string; readonly user_id?: string; readonly session_id?: string; readonly conversation_id?: string; readonly min_cost_usd?: number; readonly max_cost_usd?: number; readonly min_duration_ms?: number; readonly max_duration_ms?: number; readonly bucket?: 'minute' | 'hour' | 'day'; readonly limit?: number }
    readonly body: undefined
    readonly answer: GetDashboardCostsAnswer
  }
  'GET /api/v1/dashboard/metrics': {
    readonly path: {}
    readonly query: { readonly from?: string; readonly to?: string; readonly environment?: string; readonly service?: string; readonly kind?: string; readonly model?: string; readonly provider?: string; readonly route?: string; readonly name?: string; readonly tool?: string; readonly agent?: string; readonly status?: 'ok' | 'error' | 'unset'; readonly error_type?: string; readonly user_id?: string; readonly session_id?: string; readonly conversation_id?: string; readonly min_cost_usd?: number; readonly max_cost_usd?: number; readonly min_duration_ms?: number; readonly max_duration_ms?: number; readonly bucket?: 'minute' | 'hour' | 'day'; readonly limit?: number }
    readonly body: undefined
    readonly answer: GetDashboardCostsAnswer
  }
  'GET /api/v1/dashboard/overview': {
    readonly path: {}
    readonly query: { readonly from?: string; readonly to?: string; readonly environment?: string; readonly bucket?: 'hour' | 'day' }
    readonly body: undefined
    readonly answer: GetDashboardOverviewAnswer
  }
  'GET /api/v1/dead-letters': {
    readonly path: {}
    readonly query: { readonly exporter?: string; readonly code?: string; readonly limit?: number; readonly cursor?: string; readonly fields?: string; readonly format?: 'json' | 'csv' | 'ndjson' }
    readonly body: undefined
    readonly answer: {
readonly data: readonly GetDeadLettersRow[]
/** For the next page; null on the last. */
readonly next_cursor: string | null
}
  }
  'GET /api/v1/dead-letters/{id}': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: undefined
    readonly answer: GetDeadLettersByIdAnswer
  }
  'GET /api/v1/deletions': {
    readonly path: {}
    readonly query: { readonly limit?: number; readonly cursor?: string; readonly state?: 'waiting' | 'deleting' | 'erasing' | 'done' | 'failed'; readonly kind?: 'tenant' | 'user' | 'session' | 'conversation' | 'trace'; readonly fields?: string; readonly format?: 'json' | 'csv' | 'ndjson' }
    readonly body: undefined
    readonly answer: {
readonly data: readonly GetDeletionsRow[]
/** For the next page; null on the last. */
readonly next_cursor: string | null
}
  }
  'GET /api/v1/deletions/{id}': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: undefined
    readonly answer: GetDeletionsRow
  }
  'GET /api/v1/deliveries': {
    readonly path: {}
    readonly query: { readonly limit?: number; readonly cursor?: string; readonly target_id?: string; readonly status?: 'pending' | 'delivered' | 'failed' | 'cancelled'; readonly reason?: 'issues' | 'repeat' | 'digest' | 'budget' | 'quota' | 'test'; readonly fields?: string; readonly format?: 'json' | 'csv' | 'ndjson' }
    readonly body: undefined
    readonly answer: {
readonly data: readonly GetDeliveriesRow[]
/** For the next page; null on the last. */
readonly next_cursor: string | null
}
  }
  'GET /api/v1/deliveries/{id}': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: undefined
    readonly answer: GetDeliveriesRow
  }
  'GET /api/v1/drift': {
    readonly path: {}
    readonly query: { readonly from?: string; readonly to?: string; readonly base_from?: string; readonly base_to?: string; readonly model?: string; readonly route?: string; readonly environment?: string; readonly seed?: string }
    readonly body: undefined
    readonly answer: GetDriftAnswer
  }
  'GET /api/v1/duplicates': {
    readonly path: {}
    readonly query: { readonly from?: string; readonly to?: string; readonly model?: string; readonly route?: string; readonly environment?: string; readonly min_similarity?: number; readonly limit?: number; readonly cursor?: string; readonly fields?: string; readonly format?: 'json' | 'csv' | 'ndjson' }
    readonly body: undefined
    readonly answer: {
readonly data: readonly GetDuplicatesRow[]
/** For the next page; null on the last. */
readonly next_cursor: string | null
}
  }
  'GET /api/v1/events': {
    readonly path: {}
    readonly query: { readonly from?: string; readonly to?: string; readonly environment?: string; readonly service?: string; readonly kind?: string; readonly model?: string; readonly provider?: string; readonly route?: string; readonly name?: string; readonly tool?: string; readonly agent?: string; readonly status?: 'ok' | 'error' | 'unset'; readonly error_type?: string; readonly user_id?: string; readonly session_id?: string; readonly conversation_id?: string; readonly min_cost_usd?: number; readonly max_cost_usd?: number; readonly min_duration_ms?: number; readonly max_duration_ms?: number; readonly trace_id?: string; readonly text?: string; readonly sort?: '-start_time' | 'start_time' | '-duration_ms' | '-cost_usd' | '-total_tokens'; readonly limit?: number; readonly cursor?: string; readonly fields?: string; readonly format?: 'json' | 'csv' | 'ndjson' }
    readonly body: undefined
    readonly answer: {
readonly data: readonly GetEventsRow[]
/** For the next page; null on the last. */
readonly next_cursor: string | null
}
  }
  'GET /api/v1/events/{id}': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: undefined
    readonly answer: GetEventsByIdAnswer
  }
  'GET /api/v1/fields/{name}/values': {
    readonly path: { readonly name: 'provider' | 'model' | 'route' | 'environment' | 'kind' | 'operation' | 'name' | 'service' | 'service_version' | 'tool' | 'agent' | 'workflow' | 'prompt' | 'prompt_version' | 'status' | 'error_type' | 'dialect' | 'user' | 'session' | 'conversation' }
    readonly query: { readonly from?: string; readonly to?: string; readonly environment?: string; readonly service?: string; readonly kind?: string; readonly model?: string; readonly provider?: string; readonly route?: string; readonly name?: string; readonly tool?: string; readonly agent?: string; readonly status?: 'ok' | 'error' | 'unset'; readonly error_type?: string; readonly user_id?: string; readonly session_id?: string; readonly conversation_id?: string; readonly min_cost_usd?: number; readonly max_cost_usd?: number; readonly min_duration_ms?: number; readonly max_duration_ms?: number; readonly limit?: number }
    readonly body: undefined
    readonly answer: {
readonly data: readonly ({
readonly value: string | null
readonly events: number
})[]
}
  }
  'GET /api/v1/invitations': {
    readonly path: {}
    readonly query: { readonly limit?: number; readonly cursor?: string; readonly fields?: string; readonly format?: 'json' | 'csv' | 'ndjson' }
    readonly body: undefined
    readonly answer: {
readonly data: readonly GetInvitationsRow[]
/** For the next page; null on the last. */
readonly next_cursor: string | null
}
  }
  'GET /api/v1/issues': {
    readonly path: {}
    readonly query: { readonly from?: string; readonly to?: string; readonly type?: 'high_latency' | 'medium_latency' | 'tool_error' | 'llm_error' | 'error' | 'tool_timeout' | 'cost_spike' | 'token_spike' | 'secret_detected' | 'pii_detected' | 'loop_detected' | 'context_overflow' | 'prompt_injection' | 'empty_output' | 'retry_storm' | 'polling' | 'runaway' | 'waste' | 'context_drop' | 'budget_exceeded' | 'latency_anomaly' | 'cost_anomaly' | 'token_anomaly' | 'error_rate' | 'model_drift' | 'output_drift' | 'custom' | 'quality_degradation' | 'hallucination' | 'faithfulness' | 'context_relevance'; readonly severity?: 'high' | 'medium' | 'low'; readonly status?: 'open' | 'acknowledged' | 'snoozed' | 'resolved' | 'ignored'; readonly substatus?: 'new' | 'ongoing' | 'escalating' | 'regressed'; readonly assignee?: string; readonly environment?: string; readonly text?: string; readonly min_cost_usd?: number; readonly trace_id?: string; readonly user_id?: string; readonly sort?: '-last_seen' | '-first_seen' | '-count' | '-traces' | '-users' | '-cost_usd' | '-severity' | 'last_seen' | 'first_seen' | 'count' | 'traces' | 'users' | 'cost_usd' | 'severity'; readonly limit?: number; readonly cursor?: string; readonly fields?: string; readonly format?: 'json' | 'csv' | 'ndjson' }
    readonly body: undefined
    readonly answer: {
readonly data: readonly GetIssuesRow[]
/** For the next page; null on the last. */
readonly next_cursor: string | null
}
  }
  'GET /api/v1/issues/summary': {
    readonly path: {}
    readonly query: { readonly from?: string; readonly to?: string; readonly type?: 'high_latency' | 'medium_latency' | 'tool_error' | 'llm_error' | 'error' | 'tool_timeout' | 'cost_spike' | 'token_spike' | 'secret_detected' | 'pii_detected' | 'loop_detected' | 'context_overflow' | 'prompt_injection' | 'empty_output' | 'retry_storm' | 'polling' | 'runaway' | 'waste' | 'context_drop' | 'budget_exceeded' | 'latency_anomaly' | 'cost_anomaly' | 'token_anomaly' | 'error_rate' | 'model_drift' | 'output_drift' | 'custom' | 'quality_degradation' | 'hallucination' | 'faithfulness' | 'context_relevance'; readonly severity?: 'high' | 'medium' | 'low'; readonly status?: 'open' | 'acknowledged' | 'snoozed' | 'resolved' | 'ignored'; readonly substatus?: 'new' | 'ongoing' | 'escalating' | 'regressed'; readonly assignee?: string; readonly environment?: string; readonly text?: string; readonly min_cost_usd?: number; readonly trace_id?: string; readonly user_id?: string }
    readonly body: undefined
    readonly answer: {
readonly data: readonly GetIssuesSummaryRow[]
}
  }
  'GET /api/v1/issues/{id}': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: undefined
    readonly answer: GetIssuesRow
  }
  'GET /api/v1/issues/{id}/comments': {
    readonly path: { readonly id: string }
    readonly query: { readonly limit?: number }
    readonly body: undefined
    readonly answer: {
readonly data: readonly GetIssuesByIdCommentsRow[]
}
  }
  'GET /api/v1/issues/{id}/history': {
    readonly path: { readonly id: string }
    readonly query: { readonly limit?: number }
    readonly body: undefined
    readonly answer: {
readonly data: readonly GetIssuesByIdCommentsRow[]
}
  }
  'GET /api/v1/issues/{id}/signals': {
    readonly path: { readonly id: string }
    readonly query: { readonly from?: string; readonly to?: string; readonly limit?: number; readonly cursor?: string; readonly fields?: string; readonly format?: 'json' | 'csv' | 'ndjson' }
    readonly body: undefined
    readonly answer: {
readonly data: readonly GetIssuesByIdSignalsRow[]
/** For the next page; null on the last. */
readonly next_cursor: string | null
}
  }
  'GET /api/v1/jobs': {
    readonly path: {}
    readonly query: { readonly kind?: string; readonly state?: 'created' | 'retry' | 'active' | 'completed' | 'cancelled' | 'failed'; readonly limit?: number; readonly cursor?: string; readonly fields?: string; readonly format?: 'json' | 'csv' | 'ndjson' }
    readonly body: undefined
    readonly answer: {
readonly data: readonly GetJobsRow[]
/** For the next page; null on the last. */
readonly next_cursor: string | null
}
  }
  'GET /api/v1/jobs/{id}': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: undefined
    readonly answer: GetJobsRow
  }
  'GET /api/v1/judges': {
    readonly path: {}
    readonly query: {}
    readonly body: undefined
    readonly answer: {
readonly data: readonly GetJudgesRow[]
/** Null without an endpoint. */
readonly today: {
/** Of the tenant, since midnight UTC. */
readonly spent_usd: number
/** Worst cases of the calls under way. */
readonly reserved_usd: number
readonly calls: number
/** Calls whose end nobody saw; they count at their worst case. */
readonly lost: number
/** The caps of a day. */
readonly usd_per_day: number
readonly calls_per_day: number
} | null
}
  }
  'GET /api/v1/keys': {
    readonly path: {}
    readonly query: { readonly sort?: '-created_at' | '-last_used_at' | '-name' | 'created_at' | 'last_used_at' | 'name'; readonly limit?: number; readonly cursor?: string; readonly project_id?: string; readonly state?: 'active' | 'expired' | 'revoked'; readonly fields?: string; readonly format?: 'json' | 'csv' | 'ndjson' }
    readonly body: undefined
    readonly answer: {
readonly data: readonly DeleteKeysByIdAnswer[]
/** For the next page; null on the last. */
readonly next_cursor: string | null
}
  }
  'GET /api/v1/keys/{id}': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: undefined
    readonly answer: DeleteKeysByIdAnswer
  }
  'GET /api/v1/members': {
    readonly path: {}
    readonly query: { readonly sort?: '-created_at' | '-email' | '-name' | '-role' | 'created_at' | 'email' | 'name' | 'role'; readonly limit?: number; readonly cursor?: string; readonly fields?: string; readonly format?: 'json' | 'csv' | 'ndjson' }
    readonly body: undefined
    readonly answer: {
readonly data: readonly DeleteMembersByIdProjectsByProjectAnswer[]
/** For the next page; null on the last. */
readonly next_cursor: string | null
}
  }
  'GET /api/v1/mutes': {
    readonly path: {}
    readonly query: { readonly limit?: number; readonly cursor?: string; readonly active?: string; readonly fields?: string; readonly format?: 'json' | 'csv' | 'ndjson' }
    readonly body: undefined
    readonly answer: {
readonly data: readonly GetMutesRow[]
/** For the next page; null on the last. */
readonly next_cursor: string | null
}
  }
  'GET /api/v1/mutes/{id}': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: undefined
    readonly answer: GetMutesRow
  }
  'GET /api/v1/pipeline': {
    readonly path: {}
    readonly query: {}
    readonly body: undefined
    readonly answer: GetPipelineAnswer
  }
  'GET /api/v1/projects': {
    readonly path: {}
    readonly query: { readonly sort?: '-created_at' | '-name' | 'created_at' | 'name'; readonly limit?: number; readonly cursor?: string; readonly archived?: 'true' | 'false'; readonly fields?: string; readonly format?: 'json' | 'csv' | 'ndjson' }
    readonly body: undefined
    readonly answer: {
readonly data: readonly GetProjectsRow[]
/** For the next page; null on the last. */
readonly next_cursor: string | null
}
  }
  'GET /api/v1/projects/{id}': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: undefined
    readonly answer: GetProjectsRow
  }
  'GET /api/v1/projects/{id}/quota': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: undefined
    readonly answer: GetProjectsByIdQuotaAnswer
  }
  'GET /api/v1/retention': {
    readonly path: {}
    readonly query: {}
    readonly body: undefined
    readonly answer: {
readonly data: readonly GetRetentionRow[]
}
  }
  'GET /api/v1/rules': {
    readonly path: {}
    readonly query: {}
    readonly body: undefined
    readonly answer: {
readonly data: readonly GetRulesRow[]
}
  }
  'GET /api/v1/scores': {
    readonly path: {}
    readonly query: { readonly from?: string; readonly to?: string; readonly trace_id?: string; readonly span_id?: string; readonly name?: string; readonly source?: string; readonly min_value?: number; readonly max_value?: number; readonly limit?: number; readonly cursor?: string; readonly fields?: string; readonly format?: 'json' | 'csv' | 'ndjson' }
    readonly body: undefined
    readonly answer: {
readonly data: readonly GetScoresRow[]
/** For the next page; null on the last. */
readonly next_cursor: string | null
}
  }
  'GET /api/v1/search': {
    readonly path: {}
    readonly query: { readonly from?: string; readonly to?: string; readonly environment?: string; readonly service?: string; readonly kind?: string; readonly model?: string; readonly provider?: string; readonly route?: string; readonly name?: string; readonly tool?: string; readonly agent?: string; readonly status?: 'ok' | 'error' | 'unset'; readonly error_type?: string; readonly user_id?: string; readonly session_id?: string; readonly conversation_id?: string; readonly min_cost_usd?: number; readonly max_cost_usd?: number; readonly min_duration_ms?: number; readonly max_duration_ms?: number; readonly q: string; readonly mode?: 'words' | 'semantic'; readonly limit?: number; readonly cursor?: string; readonly fields?: string; readonly format?: 'json' | 'csv' | 'ndjson' }
    readonly body: undefined
    readonly answer: {
readonly data: readonly ({
readonly event_id: string
readonly trace_id: string | null
readonly span_id: string | null
readonly start_time: string | null
readonly kind: string | null
readonly name: string | null
readonly model: string | null
readonly user_id: string | null
readonly conversation_id: string | null
readonly field: 'input_messages' | 'output_messages'
readonly role: string
/** The text around the first word that was found. */
readonly snippet: string
} | GetTopicsByIdRow)[]
/** For the next page; null on the last. */
readonly next_cursor: string | null
}
  }
  'GET /api/v1/sessions': {
    readonly path: {}
    readonly query: { readonly from?: string; readonly to?: string; readonly user_id?: string; readonly session_id?: string; readonly environment?: string; readonly service?: string; readonly kind?: string; readonly model?: string; readonly errors?: 'true' | 'false'; readonly signals?: 'true' | 'false'; readonly status?: 'ok' | 'error'; readonly min_cost_usd?: number; readonly max_cost_usd?: number; readonly route?: string; readonly provider?: string; readonly tool?: string; readonly agent?: string; readonly error_type?: string; readonly text?: string; readonly sort?: '-last_at' | '-first_at' | '-duration_ms' | '-cost_usd' | '-total_tokens' | '-events' | '-llm_calls' | '-errors' | '-signals' | 'last_at' | 'first_at' | 'duration_ms' | 'cost_usd' | 'total_tokens' | 'events' | 'llm_calls' | 'errors' | 'signals'; readonly limit?: number; readonly cursor?: string; readonly fields?: string; readonly format?: 'json' | 'csv' | 'ndjson' }
    readonly body: undefined
    readonly answer: {
readonly data: readonly GetSessionsRow[]
/** For the next page; null on the last. */
readonly next_cursor: string | null
}
  }
  'GET /api/v1/sessions/{id}': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: undefined
    readonly answer: GetSessionsRow
  }
  'GET /api/v1/signals': {
    readonly path: {}
    readonly query: { readonly from?: string; readonly to?: string; readonly type?: 'high_latency' | 'medium_latency' | 'tool_error' | 'llm_error' | 'error' | 'tool_timeout' | 'cost_spike' | 'token_spike' | 'secret_detected' | 'pii_detected' | 'loop_detected' | 'context_overflow' | 'prompt_injection' | 'empty_output' | 'retry_storm' | 'polling' | 'runaway' | 'waste' | 'context_drop' | 'budget_exceeded' | 'latency_anomaly' | 'cost_anomaly' | 'token_anomaly' | 'error_rate' | 'model_drift' | 'output_drift' | 'custom' | 'quality_degradation' | 'hallucination' | 'faithfulness' | 'context_relevance'; readonly severity?: 'high' | 'medium' | 'low'; readonly status?: 'open' | 'acknowledged' | 'resolved' | 'ignored' | 'superseded'; readonly trace_id?: string; readonly environment?: string; readonly user_id?: string; readonly session_id?: string; readonly conversation_id?: string; readonly sort?: '-at' | '-severity' | 'at' | 'severity'; readonly limit?: number; readonly cursor?: string; readonly fields?: string; readonly format?: 'json' | 'csv' | 'ndjson' }
    readonly body: undefined
    readonly answer: {
readonly data: readonly GetIssuesByIdSignalsRow[]
/** For the next page; null on the last. */
readonly next_cursor: string | null
}
  }
  'GET /api/v1/signals/summary': {
    readonly path: {}
    readonly query: { readonly from?: string; readonly to?: string }
    readonly body: undefined
    readonly answer: {
readonly data: readonly GetSignalsSummaryRow[]
}
  }
  'GET /api/v1/signals/{id}': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: undefined
    readonly answer: GetIssuesByIdSignalsRow
  }
  'GET /api/v1/stream': {
    readonly path: {}
    readonly query: { readonly component?: string; readonly record?: 'event' | 'signal' | 'all'; readonly kind?: string; readonly status?: string; readonly service_name?: string; readonly environment?: string; readonly route?: string; readonly provider?: string; readonly request_model?: string; readonly tool_name?: string; readonly trace_id?: string; readonly type?: string; readonly severity?: string; readonly per_second?: number; readonly limit?: number; readonly seconds?: number }
    readonly body: undefined
    readonly answer: undefined
  }
  'GET /api/v1/targets': {
    readonly path: {}
    readonly query: { readonly limit?: number; readonly cursor?: string; readonly fields?: string; readonly format?: 'json' | 'csv' | 'ndjson' }
    readonly body: undefined
    readonly answer: {
readonly data: readonly GetTargetsRow[]
/** For the next page; null on the last. */
readonly next_cursor: string | null
}
  }
  'GET /api/v1/targets/{id}': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: undefined
    readonly answer: GetTargetsRow
  }
  'GET /api/v1/tenants': {
    readonly path: {}
    readonly query: { readonly limit?: number; readonly cursor?: string; readonly fields?: string; readonly format?: 'json' | 'csv' | 'ndjson' }
    readonly body: undefined
    readonly answer: {
readonly data: readonly GetTenantsRow[]
/** For the next page; null on the last. */
readonly next_cursor: string | null
}
  }
  'GET /api/v1/tenants/{id}': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: undefined
    readonly answer: GetTenantsRow
  }
  'GET /api/v1/topics': {
    readonly path: {}
    readonly query: { readonly from?: string; readonly to?: string; readonly model?: string; readonly route?: string; readonly environment?: string; readonly bucket?: 'minute' | 'hour' | 'day'; readonly fields?: string; readonly format?: 'json' | 'csv' | 'ndjson' }
    readonly body: undefined
    readonly answer: GetTopicsAnswer
  }
  'GET /api/v1/topics/{id}': {
    readonly path: { readonly id: string }
    readonly query: { readonly from?: string; readonly to?: string; readonly model?: string; readonly route?: string; readonly environment?: string; readonly limit?: number }
    readonly body: undefined
    readonly answer: GetTopicsByIdAnswer
  }
  'GET /api/v1/traces': {
    readonly path: {}
    readonly query: { readonly from?: string; readonly to?: string; readonly environment?: string; readonly service?: string; readonly kind?: string; readonly model?: string; readonly user_id?: string; readonly session_id?: string; readonly conversation_id?: string; readonly name?: string; readonly errors?: 'true' | 'false'; readonly status?: 'ok' | 'error'; readonly signals?: 'true' | 'false'; readonly type?: 'high_latency' | 'medium_latency' | 'tool_error' | 'llm_error' | 'error' | 'tool_timeout' | 'cost_spike' | 'token_spike' | 'secret_detected' | 'pii_detected' | 'loop_detected' | 'context_overflow' | 'prompt_injection' | 'empty_output' | 'retry_storm' | 'polling' | 'runaway' | 'waste' | 'context_drop' | 'budget_exceeded' | 'latency_anomaly' | 'cost_anomaly' | 'token_anomaly' | 'error_rate' | 'model_drift' | 'output_drift' | 'custom' | 'quality_degradation' | 'hallucination' | 'faithfulness' | 'context_relevance'; readonly severity?: 'high' | 'medium' | 'low'; readonly min_cost_usd?: number; readonly max_cost_usd?: number; readonly min_duration_ms?: number; readonly max_duration_ms?: number; readonly route?: string; readonly provider?: string; readonly tool?: string; readonly agent?: string; readonly error_type?: string; readonly text?: string; readonly sort?: '-start_time' | '-duration_ms' | '-cost_usd' | '-total_tokens' | '-events' | '-llm_calls' | '-errors' | '-signals' | 'start_time' | 'duration_ms' | 'cost_usd' | 'total_tokens' | 'events' | 'llm_calls' | 'errors' | 'signals'; readonly limit?: number; readonly cursor?: string; readonly fields?: string; readonly format?: 'json' | 'csv' | 'ndjson' }
    readonly body: undefined
    readonly answer: {
readonly data: readonly GetTracesRow[]
/** For the next page; null on the last. */
readonly next_cursor: string | null
}
  }
  'GET /api/v1/traces/{id}': {
    readonly path: { readonly id: string }
    readonly query: { readonly limit?: number; readonly cursor?: string }
    readonly body: undefined
    readonly answer: GetTracesByIdAnswer
  }
  'GET /api/v1/traces/{id}/events': {
    readonly path: { readonly id: string }
    readonly query: { readonly limit?: number; readonly cursor?: string; readonly fields?: string; readonly format?: 'json' | 'csv' | 'ndjson' }
    readonly body: undefined
    readonly answer: {
readonly data: readonly GetEventsRow[]
/** For the next page; null on the last. */
readonly next_cursor: string | null
}
  }
  'GET /api/v1/traces/{id}/similar': {
    readonly path: { readonly id: string }
    readonly query: { readonly from?: string; readonly to?: string; readonly model?: string; readonly route?: string; readonly environment?: string; readonly limit?: number }
    readonly body: undefined
    readonly answer: {
/** Only a trace that was embedded can be compared. */
readonly is_sampled: boolean
readonly data: readonly GetTopicsByIdRow[]
}
  }
  'GET /api/v1/traces/{id}/skeleton': {
    readonly path: { readonly id: string }
    readonly query: { readonly limit?: number; readonly cursor?: string; readonly fields?: string; readonly format?: 'json' | 'csv' | 'ndjson' }
    readonly body: undefined
    readonly answer: {
readonly data: readonly GetTracesByIdSkeletonRow[]
/** For the next page; null on the last. */
readonly next_cursor: string | null
}
  }
  'GET /api/v1/users': {
    readonly path: {}
    readonly query: { readonly from?: string; readonly to?: string; readonly user_id?: string; readonly environment?: string; readonly service?: string; readonly kind?: string; readonly model?: string; readonly errors?: 'true' | 'false'; readonly signals?: 'true' | 'false'; readonly status?: 'ok' | 'error'; readonly min_cost_usd?: number; readonly max_cost_usd?: number; readonly route?: string; readonly provider?: string; readonly tool?: string; readonly agent?: string; readonly error_type?: string; readonly text?: string; readonly sort?: '-last_at' | '-first_at' | '-duration_ms' | '-cost_usd' | '-total_tokens' | '-events' | '-llm_calls' | '-errors' | '-signals' | 'last_at' | 'first_at' | 'duration_ms' | 'cost_usd' | 'total_tokens' | 'events' | 'llm_calls' | 'errors' | 'signals'; readonly limit?: number; readonly cursor?: string; readonly fields?: string; readonly format?: 'json' | 'csv' | 'ndjson' }
    readonly body: undefined
    readonly answer: {
readonly data: readonly GetUsersRow[]
/** For the next page; null on the last. */
readonly next_cursor: string | null
}
  }
  'GET /api/v1/users/{id}': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: undefined
    readonly answer: GetUsersRow
  }
  'GET /api/v1/views': {
    readonly path: {}
    readonly query: { readonly page?: 'traces' | 'events' | 'issues' | 'signals' | 'costs' | 'conversations' | 'sessions' | 'users' | 'scores'; readonly limit?: number; readonly cursor?: string; readonly fields?: string; readonly format?: 'json' | 'csv' | 'ndjson' }
    readonly body: undefined
    readonly answer: {
readonly data: readonly GetViewsRow[]
/** For the next page; null on the last. */
readonly next_cursor: string | null
}
  }
  'GET /api/v1/views/{id}': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: undefined
    readonly answer: GetViewsRow
  }
  'GET /diagnostics': {
    readonly path: {}
    readonly query: {}
    readonly body: undefined
    readonly answer: GetDiagnosticsAnswer
  }
  'GET /health': {
    readonly path: {}
    readonly query: {}
    readonly body: undefined
    readonly answer: {
readonly status: 'ok'
}
  }
  'GET /health/detailed': {
    readonly path: {}
    readonly query: {}
    readonly body: undefined
    readonly answer: GetHealthDetailedAnswer
  }
  'GET /health/ready': {
    readonly path: {}
    readonly query: {}
    readonly body: undefined
    readonly answer: {
readonly status: 'ready'
}
  }
  'GET /version': {
    readonly path: {}
    readonly query: {}
    readonly body: undefined
    readonly answer: GetVersionAnswer
  }
  'PATCH /api/v1/budgets/{id}': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: {
readonly name?: string
readonly amount?: number
}
    readonly answer: GetBudgetsRow
  }
  'PATCH /api/v1/issues/{id}': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: {
readonly status?: 'open' | 'acknowledged' | 'snoozed' | 'resolved' | 'ignored'
/** For `snoozed`: what ends it. */
readonly until?: string | {
/** Until so many more occurrences. */
readonly count: number
} | {
/** Until it occurs so much more often. */
readonly rate_factor: number
}
readonly assignee?: string | null
readonly note?: string
/** The `status_at` of the issue as you know it. When the status was changed since, the answer is 409 and nothing is changed. */
readonly expected_status_at?: string
}
    readonly answer: GetIssuesRow
  }
  'PATCH /api/v1/members/{id}': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: {
readonly role: 'owner' | 'admin' | 'member' | 'viewer'
}
    readonly answer: DeleteMembersByIdProjectsByProjectAnswer
  }
  'PATCH /api/v1/projects/{id}': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: {
readonly name?: string
/** true: its keys are refused from now on. */
readonly archived?: boolean
}
    readonly answer: GetProjectsRow
  }
  'PATCH /api/v1/targets/{id}': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: {
readonly name?: string
readonly filter?: {
/** Lowest severity of issues about which the target is notified. */
readonly severity_min?: 'low' | 'medium' | 'high'
readonly type?: readonly ('high_latency' | 'medium_latency' | 'tool_error' | 'llm_error' | 'error' | 'tool_timeout' | 'cost_spike' | 'token_spike' | 'secret_detected' | 'pii_detected' | 'loop_detected' | 'context_overflow' | 'prompt_injection' | 'empty_output' | 'retry_storm' | 'polling' | 'runaway' | 'waste' | 'context_drop' | 'budget_exceeded' | 'latency_anomaly' | 'cost_anomaly' | 'token_anomaly' | 'error_rate' | 'model_drift' | 'output_drift' | 'custom' | 'quality_degradation' | 'hallucination' | 'faithfulness' | 'context_relevance')[]
readonly environment?: readonly string[]
readonly service?: readonly string[]
readonly route?: readonly string[]
readonly provider?: readonly string[]
readonly model?: readonly string[]
readonly tool?: readonly string[]
readonly rule?: readonly string[]
/** Whether the target is also notified about budgets and quotas. */
readonly notices?: boolean
}
readonly timing?: {
/** Issues with equal values of these labels are in one notification; `[]` puts all issues into one. */
readonly group_by?: readonly ('project_id' | 'type' | 'severity' | 'environment' | 'service' | 'route' | 'provider' | 'model' | 'tool' | 'rule' | 'issue_id')[]
/** Wait from the first issue of a group until its notification. */
readonly group_wait_ms?: number
/** Shortest time between two notifications of a group. */
readonly group_interval_ms?: number
/** Time after which the notification about an issue that still occurs is repeated. */
readonly repeat_interval_ms?: number
readonly send_resolved?: boolean
/** Issues of these severities are in one notification a day. */
readonly digest?: {
readonly severities?: readonly ('low' | 'medium' | 'high')[]
readonly at?: string
readonly time_zone?: string
} | null
/** Hours of the day in which notifications wait until the end of these hours. */
readonly quiet_hours?: {
readonly from: string
readonly to: string
readonly time_zone?: string
/** Severities that are notified nevertheless. */
readonly except?: readonly ('low' | 'medium' | 'high')[]
} | null
}
readonly enabled?: boolean
/** Of its kind. Settings that are not named stay; of secrets all are replaced. With another address a token or key that was sent to the old one must be given again, or is gone. */
readonly settings?: Readonly<Record<string, unknown>>
}
    readonly answer: GetTargetsRow
  }
  'PATCH /api/v1/tenants/{id}': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: {
readonly name: string
}
    readonly answer: GetTenantsRow
  }
  'PATCH /api/v1/views/{id}': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: {
readonly name?: string
/** Filters, order and columns by name, as they stand in an address. */
readonly query?: Readonly<Record<string, string>>
readonly is_shared?: boolean
}
    readonly answer: GetViewsRow
  }
  'POST /api/v1/archives/restores': {
    readonly path: {}
    readonly query: {}
    readonly body: {
readonly project_id: string
readonly class: 'content' | 'events' | 'signals'
/** The first day, UTC. */
readonly from: string
/** The last day, UTC. */
readonly to: string
/** How long retention leaves them alone. */
readonly keep_days?: number
}
    readonly answer: GetArchivesRestoresRow
  }
  'POST /api/v1/auth/login': {
    readonly path: {}
    readonly query: {}
    readonly body: {
readonly email: string
readonly password: string
}
    readonly answer: PostAuthLoginAnswer
  }
  'POST /api/v1/auth/logout': {
    readonly path: {}
    readonly query: {}
    readonly body: undefined
    readonly answer: undefined
  }
  'POST /api/v1/auth/password': {
    readonly path: {}
    readonly query: {}
    readonly body: {
readonly current: string
readonly password: string
}
    readonly answer: undefined
  }
  'POST /api/v1/auth/reset': {
    readonly path: {}
    readonly query: {}
    readonly body: {
readonly email: string
}
    readonly answer: {
readonly message: string
}
  }
  'POST /api/v1/auth/reset/confirm': {
    readonly path: {}
    readonly query: {}
    readonly body: {
/** From the mail, or from observa users reset. */
readonly token: string
readonly password: string
}
    readonly answer: undefined
  }
  'POST /api/v1/auth/signup': {
    readonly path: {}
    readonly query: {}
    readonly body: {
readonly email: string
readonly password: string
readonly name?: string
/** Of the new tenant; without an invitation. */
readonly tenant_name?: string
/** The token of an invitation. */
readonly invitation?: string
}
    readonly answer: PostAuthLoginAnswer
  }
  'POST /api/v1/budgets': {
    readonly path: {}
    readonly query: {}
    readonly body: {
readonly name: string
readonly scope: 'tenant' | 'project' | 'user' | 'agent' | 'model'
/** null: over all projects. */
readonly project_id?: string | null
/** The user, agent or model; null: each of them has this budget. */
readonly subject?: string | null
readonly unit?: 'usd' | 'tokens'
readonly amount: number
readonly per?: 'day' | 'week' | 'month'
}
    readonly answer: GetBudgetsRow
  }
  'POST /api/v1/config/validate': {
    readonly path: {}
    readonly query: {}
    readonly body: {
/** The text; files that it names are looked for only where the configuration that runs names them too. */
readonly yaml: string
}
    readonly answer: PostConfigValidateAnswer
  }
  'POST /api/v1/dead-letters/{id}/retry': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: Readonly<Record<string, unknown>> | null
    readonly answer: {
readonly retried: true
}
  }
  'POST /api/v1/deletions': {
    readonly path: {}
    readonly query: {}
    readonly body: {
/** As you know it, also where a pseudonym is stored. */
readonly user_id?: string
readonly session_id?: string
readonly conversation_id?: string
readonly trace_id?: string
/** Of the credential: everything, with projects, keys and members. Only an owner or a key may. */
readonly tenant_id?: string
/** Only in this project. Without it in all of the tenant. */
readonly project_id?: string
/** How long data of the subject that comes later is dropped. */
readonly keep_out_days?: number
}
    readonly answer: GetDeletionsRow
  }
  'POST /api/v1/deletions/{id}/retry': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: undefined
    readonly answer: GetDeletionsRow
  }
  'POST /api/v1/deliveries/{id}/retry': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: undefined
    readonly answer: GetDeliveriesRow
  }
  'POST /api/v1/events/ingest': {
    readonly path: {}
    readonly query: {}
    readonly body: readonly Readonly<Record<string, unknown>>[]
    readonly answer: Readonly<Record<string, unknown>>
  }
  'POST /api/v1/explain': {
    readonly path: {}
    readonly query: {}
    readonly body: {
/** OTLP JSON, NDJSON or legacy events as text or JSON; protobuf as base64. */
readonly payload: string | Readonly<Record<string, unknown>> | readonly unknown[]
/** Of a payload that is text. */
readonly encoding?: 'utf8' | 'base64'
readonly input?: 'auto' | 'otlp-proto' | 'otlp-json' | 'ndjson'
readonly telemetry?: 'auto' | 'traces' | 'logs'
}
    readonly answer: PostExplainAnswer
  }
  'POST /api/v1/invitations': {
    readonly path: {}
    readonly query: {}
    readonly body: {
readonly email: string
readonly role?: 'owner' | 'admin' | 'member' | 'viewer'
}
    readonly answer: PostInvitationsAnswer
  }
  'POST /api/v1/invitations/accept': {
    readonly path: {}
    readonly query: {}
    readonly body: {
readonly invitation: string
}
    readonly answer: {
readonly tenant_id: string
}
  }
  'POST /api/v1/issues/bulk': {
    readonly path: {}
    readonly query: {}
    readonly body: {
readonly issue_ids: readonly string[]
readonly status?: 'open' | 'acknowledged' | 'snoozed' | 'resolved' | 'ignored'
/** For `snoozed`: what ends it. */
readonly until?: string | {
/** Until so many more occurrences. */
readonly count: number
} | {
/** Until it occurs so much more often. */
readonly rate_factor: number
}
readonly assignee?: string | null
readonly note?: string
/** By issue id: its `status_at` as you know it. An issue whose status was changed since stays as it is, and is among the `conflicts`. */
readonly expected_status_at?: Readonly<Record<string, string>>
}
    readonly answer: PostIssuesBulkAnswer
  }
  'POST /api/v1/issues/{id}/comments': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: {
readonly note: string
}
    readonly answer: GetIssuesByIdCommentsRow
  }
  'POST /api/v1/judges/{id}/runs': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: {
/** From this time, inclusive: RFC 3339 or ms since the epoch. */
readonly from?: string
/** To this time, exclusive. */
readonly to?: string
readonly model?: string
readonly route?: string
readonly environment?: string
/** Most calls, the newest first. */
readonly limit?: number
/** Only the estimate; nothing is asked. */
readonly dry_run?: boolean
}
    readonly answer: PostJudgesByIdRunsAnswer
  }
  'POST /api/v1/keys': {
    readonly path: {}
    readonly query: {}
    readonly body: {
readonly project_id: string
/** publishable: for web pages; may send only, and only from its origins. */
readonly kind?: 'secret' | 'publishable'
/** Default: ingest, query and content, of a publishable key ingest. Without content, events come without prompts and answers. */
readonly scopes?: readonly ('ingest' | 'query' | 'content' | 'admin')[]
/** Of a publishable key: its pages, exactly. */
readonly origins?: readonly string[]
readonly environment?: string
/** What it is for. */
readonly name?: string
readonly expires_at?: string
}
    readonly answer: PostKeysAnswer
  }
  'POST /api/v1/keys/{id}/rotate': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: {
/** When the old key stops working; without it, when it is revoked. */
readonly old_expires_at?: string
} | null
    readonly answer: PostKeysAnswer
  }
  'POST /api/v1/mutes': {
    readonly path: {}
    readonly query: {}
    readonly body: {
/** null: all projects of the tenant. */
readonly project_id?: string | null
readonly matchers: {
readonly issue_id?: readonly string[]
readonly type?: readonly ('high_latency' | 'medium_latency' | 'tool_error' | 'llm_error' | 'error' | 'tool_timeout' | 'cost_spike' | 'token_spike' | 'secret_detected' | 'pii_detected' | 'loop_detected' | 'context_overflow' | 'prompt_injection' | 'empty_output' | 'retry_storm' | 'polling' | 'runaway' | 'waste' | 'context_drop' | 'budget_exceeded' | 'latency_anomaly' | 'cost_anomaly' | 'token_anomaly' | 'error_rate' | 'model_drift' | 'output_drift' | 'custom' | 'quality_degradation' | 'hallucination' | 'faithfulness' | 'context_relevance')[]
readonly severity?: readonly ('low' | 'medium' | 'high')[]
readonly rule?: readonly string[]
readonly environment?: readonly string[]
readonly service?: readonly string[]
readonly route?: readonly string[]
readonly provider?: readonly string[]
readonly model?: readonly string[]
readonly tool?: readonly string[]
readonly agent?: readonly string[]
}
/** Now when absent. */
readonly starts_at?: string
readonly ends_at?: string | null
readonly windows?: readonly ({
/** Days on which it begins. */
readonly days?: readonly ('mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun')[]
/** Begin, such as 22:00. */
readonly from: string
/** End; on the next day when it is not after the begin. */
readonly to: string
})[] | null
readonly time_zone?: string
readonly reason: string
}
    readonly answer: GetMutesRow
  }
  'POST /api/v1/projects': {
    readonly path: {}
    readonly query: {}
    readonly body: {
readonly name: string
/** One to begin with; others come with keys. */
readonly environment?: string
}
    readonly answer: GetProjectsRow
  }
  'POST /api/v1/reconcile': {
    readonly path: {}
    readonly query: {}
    readonly body: {
/** Default: told by the form of the export. */
readonly provider?: 'openai' | 'anthropic' | 'bedrock' | 'openrouter'
/** The export: the text of a CSV, JSON or JSON lines file, or JSON as it is. */
readonly content: string | readonly unknown[] | Readonly<Record<string, unknown>>
/** Where events name the provider's key, as the export does. Without it keys are added up. */
readonly key_field?: 'service_name' | 'environment' | 'agent_name' | 'user_id' | 'route' | string
}
    readonly answer: PostReconcileAnswer
  }
  'POST /api/v1/rules/{id}/replay': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: {
/** The last so many; 7 if nothing is said. */
readonly days?: number
readonly from?: string
readonly to?: string
/** Options of the `signals` processor to try, instead of those that run. `rules` needs the scope content, because their conditions may ask about prompts. */
readonly settings?: Readonly<Record<string, unknown>>
}
    readonly answer: PostRulesByIdReplayAnswer
  }
  'POST /api/v1/scores': {
    readonly path: {}
    readonly query: {}
    readonly body: {
readonly trace_id: string
readonly span_id?: string
readonly name: string
readonly value: number | string | boolean
readonly comment?: string
/** Who judged: user, annotator, test, .. */
readonly source?: string
}
    readonly answer: GetScoresRow
  }
  'POST /api/v1/targets': {
    readonly path: {}
    readonly query: {}
    readonly body: {
readonly kind: 'email'
readonly to: readonly string[]
readonly name: string
/** null: all projects. */
readonly project_id?: string | null
readonly filter?: {
/** Lowest severity of issues about which the target is notified. */
readonly severity_min?: 'low' | 'medium' | 'high'
readonly type?: readonly ('high_latency' | 'medium_latency' | 'tool_error' | 'llm_error' | 'error' | 'tool_timeout' | 'cost_spike' | 'token_spike' | 'secret_detected' | 'pii_detected' | 'loop_detected' | 'context_overflow' | 'prompt_injection' | 'empty_output' | 'retry_storm' | 'polling' | 'runaway' | 'waste' | 'context_drop' | 'budget_exceeded' | 'latency_anomaly' | 'cost_anomaly' | 'token_anomaly' | 'error_rate' | 'model_drift' | 'output_drift' | 'custom' | 'quality_degradation' | 'hallucination' | 'faithfulness' | 'context_relevance')[]
readonly environment?: readonly string[]
readonly service?: readonly string[]
readonly route?: readonly string[]
readonly provider?: readonly string[]
readonly model?: readonly string[]
readonly tool?: readonly string[]
readonly rule?: readonly string[]
/** Whether the target is also notified about budgets and quotas. */
readonly notices?: boolean
}
readonly timing?: {
/** Issues with equal values of these labels are in one notification; `[]` puts all issues into one. */
readonly group_by?: readonly ('project_id' | 'type' | 'severity' | 'environment' | 'service' | 'route' | 'provider' | 'model' | 'tool' | 'rule' | 'issue_id')[]
/** Wait from the first issue of a group until its notification. */
readonly group_wait_ms?: number
/** Shortest time between two notifications of a group. */
readonly group_interval_ms?: number
/** Time after which the notification about an issue that still occurs is repeated. */
readonly repeat_interval_ms?: number
readonly send_resolved?: boolean
/** Issues of these severities are in one notification a day. */
readonly digest?: {
readonly severities?: readonly ('low' | 'medium' | 'high')[]
readonly at?: string
readonly time_zone?: string
} | null
/** Hours of the day in which notifications wait until the end of these hours. */
readonly quiet_hours?: {
readonly from: string
readonly to: string
readonly time_zone?: string
/** Severities that are notified nevertheless. */
readonly except?: readonly ('low' | 'medium' | 'high')[]
} | null
}
} | {
readonly kind: 'webhook'
readonly url: string
/** Drawn when absent; shown once. */
readonly secret?: string
/** Signed with besides, while receivers move to the new one. */
readonly old_secret?: string
readonly name: string
/** null: all projects. */
readonly project_id?: string | null
readonly filter?: {
/** Lowest severity of issues about which the target is notified. */
readonly severity_min?: 'low' | 'medium' | 'high'
readonly type?: readonly ('high_latency' | 'medium_latency' | 'tool_error' | 'llm_error' | 'error' | 'tool_timeout' | 'cost_spike' | 'token_spike' | 'secret_detected' | 'pii_detected' | 'loop_detected' | 'context_overflow' | 'prompt_injection' | 'empty_output' | 'retry_storm' | 'polling' | 'runaway' | 'waste' | 'context_drop' | 'budget_exceeded' | 'latency_anomaly' | 'cost_anomaly' | 'token_anomaly' | 'error_rate' | 'model_drift' | 'output_drift' | 'custom' | 'quality_degradation' | 'hallucination' | 'faithfulness' | 'context_relevance')[]
readonly environment?: readonly string[]
readonly service?: readonly string[]
readonly route?: readonly string[]
readonly provider?: readonly string[]
readonly model?: readonly string[]
readonly tool?: readonly string[]
readonly rule?: readonly string[]
/** Whether the target is also notified about budgets and quotas. */
readonly notices?: boolean
}
readonly timing?: {
/** Issues with equal values of these labels are in one notification; `[]` puts all issues into one. */
readonly group_by?: readonly ('project_id' | 'type' | 'severity' | 'environment' | 'service' | 'route' | 'provider' | 'model' | 'tool' | 'rule' | 'issue_id')[]
/** Wait from the first issue of a group until its notification. */
readonly group_wait_ms?: number
/** Shortest time between two notifications of a group. */
readonly group_interval_ms?: number
/** Time after which the notification about an issue that still occurs is repeated. */
readonly repeat_interval_ms?: number
readonly send_resolved?: boolean
/** Issues of these severities are in one notification a day. */
readonly digest?: {
readonly severities?: readonly ('low' | 'medium' | 'high')[]
readonly at?: string
readonly time_zone?: string
} | null
/** Hours of the day in which notifications wait until the end of these hours. */
readonly quiet_hours?: {
readonly from: string
readonly to: string
readonly time_zone?: string
/** Severities that are notified nevertheless. */
readonly except?: readonly ('low' | 'medium' | 'high')[]
} | null
}
} | {
readonly kind: 'slack'
/** Address of the incoming webhook. */
readonly url: string
readonly name: string
/** null: all projects. */
readonly project_id?: string | null
readonly filter?: {
/** Lowest severity of issues about which the target is notified. */
readonly severity_min?: 'low' | 'medium' | 'high'
readonly type?: readonly ('high_latency' | 'medium_latency' | 'tool_error' | 'llm_error' | 'error' | 'tool_timeout' | 'cost_spike' | 'token_spike' | 'secret_detected' | 'pii_detected' | 'loop_detected' | 'context_overflow' | 'prompt_injection' | 'empty_output' | 'retry_storm' | 'polling' | 'runaway' | 'waste' | 'context_drop' | 'budget_exceeded' | 'latency_anomaly' | 'cost_anomaly' | 'token_anomaly' | 'error_rate' | 'model_drift' | 'output_drift' | 'custom' | 'quality_degradation' | 'hallucination' | 'faithfulness' | 'context_relevance')[]
readonly environment?: readonly string[]
readonly service?: readonly string[]
readonly route?: readonly string[]
readonly provider?: readonly string[]
readonly model?: readonly string[]
readonly tool?: readonly string[]
readonly rule?: readonly string[]
/** Whether the target is also notified about budgets and quotas. */
readonly notices?: boolean
}
readonly timing?: {
/** Issues with equal values of these labels are in one notification; `[]` puts all issues into one. */
readonly group_by?: readonly ('project_id' | 'type' | 'severity' | 'environment' | 'service' | 'route' | 'provider' | 'model' | 'tool' | 'rule' | 'issue_id')[]
/** Wait from the first issue of a group until its notification. */
readonly group_wait_ms?: number
/** Shortest time between two notifications of a group. */
readonly group_interval_ms?: number
/** Time after which the notification about an issue that still occurs is repeated. */
readonly repeat_interval_ms?: number
readonly send_resolved?: boolean
/** Issues of these severities are in one notification a day. */
readonly digest?: {
readonly severities?: readonly ('low' | 'medium' | 'high')[]
readonly at?: string
readonly time_zone?: string
} | null
/** Hours of the day in which notifications wait until the end of these hours. */
readonly quiet_hours?: {
readonly from: string
readonly to: string
readonly time_zone?: string
/** Severities that are notified nevertheless. */
readonly except?: readonly ('low' | 'medium' | 'high')[]
} | null
}
} | {
readonly kind: 'alertmanager_webhook'
readonly url: string
readonly bearer_token?: string
readonly name: string
/** null: all projects. */
readonly project_id?: string | null
readonly filter?: {
/** Lowest severity of issues about which the target is notified. */
readonly severity_min?: 'low' | 'medium' | 'high'
readonly type?: readonly ('high_latency' | 'medium_latency' | 'tool_error' | 'llm_error' | 'error' | 'tool_timeout' | 'cost_spike' | 'token_spike' | 'secret_detected' | 'pii_detected' | 'loop_detected' | 'context_overflow' | 'prompt_injection' | 'empty_output' | 'retry_storm' | 'polling' | 'runaway' | 'waste' | 'context_drop' | 'budget_exceeded' | 'latency_anomaly' | 'cost_anomaly' | 'token_anomaly' | 'error_rate' | 'model_drift' | 'output_drift' | 'custom' | 'quality_degradation' | 'hallucination' | 'faithfulness' | 'context_relevance')[]
readonly environment?: readonly string[]
readonly service?: readonly string[]
readonly route?: readonly string[]
readonly provider?: readonly string[]
readonly model?: readonly string[]
readonly tool?: readonly string[]
readonly rule?: readonly string[]
/** Whether the target is also notified about budgets and quotas. */
readonly notices?: boolean
}
readonly timing?: {
/** Issues with equal values of these labels are in one notification; `[]` puts all issues into one. */
readonly group_by?: readonly ('project_id' | 'type' | 'severity' | 'environment' | 'service' | 'route' | 'provider' | 'model' | 'tool' | 'rule' | 'issue_id')[]
/** Wait from the first issue of a group until its notification. */
readonly group_wait_ms?: number
/** Shortest time between two notifications of a group. */
readonly group_interval_ms?: number
/** Time after which the notification about an issue that still occurs is repeated. */
readonly repeat_interval_ms?: number
readonly send_resolved?: boolean
/** Issues of these severities are in one notification a day. */
readonly digest?: {
readonly severities?: readonly ('low' | 'medium' | 'high')[]
readonly at?: string
readonly time_zone?: string
} | null
/** Hours of the day in which notifications wait until the end of these hours. */
readonly quiet_hours?: {
readonly from: string
readonly to: string
readonly time_zone?: string
/** Severities that are notified nevertheless. */
readonly except?: readonly ('low' | 'medium' | 'high')[]
} | null
}
} | {
readonly kind: 'alertmanager'
/** Base address; `/api/v2/alerts` is added. */
readonly url: string
readonly bearer_token?: string
readonly name: string
/** null: all projects. */
readonly project_id?: string | null
readonly filter?: {
/** Lowest severity of issues about which the target is notified. */
readonly severity_min?: 'low' | 'medium' | 'high'
readonly type?: readonly ('high_latency' | 'medium_latency' | 'tool_error' | 'llm_error' | 'error' | 'tool_timeout' | 'cost_spike' | 'token_spike' | 'secret_detected' | 'pii_detected' | 'loop_detected' | 'context_overflow' | 'prompt_injection' | 'empty_output' | 'retry_storm' | 'polling' | 'runaway' | 'waste' | 'context_drop' | 'budget_exceeded' | 'latency_anomaly' | 'cost_anomaly' | 'token_anomaly' | 'error_rate' | 'model_drift' | 'output_drift' | 'custom' | 'quality_degradation' | 'hallucination' | 'faithfulness' | 'context_relevance')[]
readonly environment?: readonly string[]
readonly service?: readonly string[]
readonly route?: readonly string[]
readonly provider?: readonly string[]
readonly model?: readonly string[]
readonly tool?: readonly string[]
readonly rule?: readonly string[]
/** Whether the target is also notified about budgets and quotas. */
readonly notices?: boolean
}
readonly timing?: {
/** Issues with equal values of these labels are in one notification; `[]` puts all issues into one. */
readonly group_by?: readonly ('project_id' | 'type' | 'severity' | 'environment' | 'service' | 'route' | 'provider' | 'model' | 'tool' | 'rule' | 'issue_id')[]
/** Wait from the first issue of a group until its notification. */
readonly group_wait_ms?: number
/** Shortest time between two notifications of a group. */
readonly group_interval_ms?: number
/** Time after which the notification about an issue that still occurs is repeated. */
readonly repeat_interval_ms?: number
readonly send_resolved?: boolean
/** Issues of these severities are in one notification a day. */
readonly digest?: {
readonly severities?: readonly ('low' | 'medium' | 'high')[]
readonly at?: string
readonly time_zone?: string
} | null
/** Hours of the day in which notifications wait until the end of these hours. */
readonly quiet_hours?: {
readonly from: string
readonly to: string
readonly time_zone?: string
/** Severities that are notified nevertheless. */
readonly except?: readonly ('low' | 'medium' | 'high')[]
} | null
}
} | {
readonly kind: 'pagerduty'
readonly url?: string
readonly routing_key: string
readonly name: string
/** null: all projects. */
readonly project_id?: string | null
readonly filter?: {
/** Lowest severity of issues about which the target is notified. */
readonly severity_min?: 'low' | 'medium' | 'high'
readonly type?: readonly ('high_latency' | 'medium_latency' | 'tool_error' | 'llm_error' | 'error' | 'tool_timeout' | 'cost_spike' | 'token_spike' | 'secret_detected' | 'pii_detected' | 'loop_detected' | 'context_overflow' | 'prompt_injection' | 'empty_output' | 'retry_storm' | 'polling' | 'runaway' | 'waste' | 'context_drop' | 'budget_exceeded' | 'latency_anomaly' | 'cost_anomaly' | 'token_anomaly' | 'error_rate' | 'model_drift' | 'output_drift' | 'custom' | 'quality_degradation' | 'hallucination' | 'faithfulness' | 'context_relevance')[]
readonly environment?: readonly string[]
readonly service?: readonly string[]
readonly route?: readonly string[]
readonly provider?: readonly string[]
readonly model?: readonly string[]
readonly tool?: readonly string[]
readonly rule?: readonly string[]
/** Whether the target is also notified about budgets and quotas. */
readonly notices?: boolean
}
readonly timing?: {
/** Issues with equal values of these labels are in one notification; `[]` puts all issues into one. */
readonly group_by?: readonly ('project_id' | 'type' | 'severity' | 'environment' | 'service' | 'route' | 'provider' | 'model' | 'tool' | 'rule' | 'issue_id')[]
/** Wait from the first issue of a group until its notification. */
readonly group_wait_ms?: number
/** Shortest time between two notifications of a group. */
readonly group_interval_ms?: number
/** Time after which the notification about an issue that still occurs is repeated. */
readonly repeat_interval_ms?: number
readonly send_resolved?: boolean
/** Issues of these severities are in one notification a day. */
readonly digest?: {
readonly severities?: readonly ('low' | 'medium' | 'high')[]
readonly at?: string
readonly time_zone?: string
} | null
/** Hours of the day in which notifications wait until the end of these hours. */
readonly quiet_hours?: {
readonly from: string
readonly to: string
readonly time_zone?: string
/** Severities that are notified nevertheless. */
readonly except?: readonly ('low' | 'medium' | 'high')[]
} | null
}
}
    readonly answer: PostTargetsAnswer
  }
  'POST /api/v1/targets/{id}/test': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: undefined
    readonly answer: GetDeliveriesRow
  }
  'POST /api/v1/traces/ingest': {
    readonly path: {}
    readonly query: {}
    readonly body: Readonly<Record<string, unknown>>
    readonly answer: Readonly<Record<string, unknown>>
  }
  'POST /api/v1/views': {
    readonly path: {}
    readonly query: {}
    readonly body: {
readonly name: string
/** The list that it is a view of. */
readonly page: 'traces' | 'events' | 'issues' | 'signals' | 'costs' | 'conversations' | 'sessions' | 'users' | 'scores'
/** Filters, order and columns by name, as they stand in an address. */
readonly query: Readonly<Record<string, string>>
/** true: all of the project see it. */
readonly is_shared?: boolean
}
    readonly answer: GetViewsRow
  }
  'POST /mcp': {
    readonly path: {}
    readonly query: {}
    readonly body: unknown
    readonly answer: unknown
  }
  'POST /v1/logs': {
    readonly path: {}
    readonly query: {}
    readonly body: Readonly<Record<string, unknown>>
    readonly answer: Readonly<Record<string, unknown>>
  }
  'POST /v1/metrics': {
    readonly path: {}
    readonly query: {}
    readonly body: Readonly<Record<string, unknown>>
    readonly answer: Readonly<Record<string, unknown>>
  }
  'POST /v1/traces': {
    readonly path: {}
    readonly query: {}
    readonly body: Readonly<Record<string, unknown>>
    readonly answer: Readonly<Record<string, unknown>>
  }
  'PUT /api/v1/members/{id}/projects/{project}': {
    readonly path: { readonly id: string; readonly project: string }
    readonly query: {}
    readonly body: {
readonly role: 'admin' | 'member' | 'viewer' | 'none'
}
    readonly answer: DeleteMembersByIdProjectsByProjectAnswer
  }
  'PUT /api/v1/projects/{id}/quota': {
    readonly path: { readonly id: string }
    readonly query: {}
    readonly body: {
/** Distinct events; requests beyond are answered 429. null: no limit. */
readonly events_per_month?: number | null
/** Bytes of accepted requests as they were sent, compressed or not. */
readonly bytes_per_month?: number | null
/** Cost of model calls. It is known some seconds after a call, so it can be passed by as much. */
readonly usd_per_month?: number | null
/** Rate for each instance; a larger request is taken and makes the next ones wait. */
readonly events_per_second?: number | null
}
    readonly answer: GetProjectsByIdQuotaAnswer
  }
  'PUT /api/v1/retention': {
    readonly path: {}
    readonly query: {}
    readonly body: {
/** Without it: of the tenant. */
readonly project_id?: string
/** Prompts, answers, what tools were given and gave. */
readonly content_days?: number | null
/** Events, traces, conversations, sessions, users, scores. */
readonly events_days?: number | null
/** Sums of usage by hour and day. */
readonly figures_days?: number | null
/** Signals and issues. */
readonly signals_days?: number | null
/** Points of metrics, which are kept for 30 days at most. */
readonly metrics_days?: number | null
/** Classes that are written to the archive of the instance before they are removed (`content`, `events`, `signals`); null leaves the word to the tenant, then to the configuration. */
readonly archive?: readonly ('content' | 'events' | 'signals')[] | null
}
    readonly answer: {
readonly data: readonly GetRetentionRow[]
}
  }
}
