-- Every event once more, by trace and as one text: what reads a trace opens one column instead of a hundred. The text
-- goes after eight days, and the trace is read from the events then; the keys stay, so that a trace of which some
-- texts are gone is known for one. Traces of before are not copied: `trace_events_since` says which they are, so that
-- an upgrade takes neither time nor disk at once.

CREATE TABLE IF NOT EXISTS trace_events
(
  tenant_id LowCardinality(String),
  project_id LowCardinality(String),
  trace_id FixedString(16),
  start_time DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  event_id FixedString(16) CODEC(NONE),
  version UInt64 CODEC(Delta(8), ZSTD(1)),
  received_at DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  -- A JSON array, in the order of `storage/queries/trace-events.ts`; empty when it is gone.
  event String CODEC(ZSTD(1)) TTL toDateTime(received_at) + INTERVAL 8 DAY
)
ENGINE = ReplacingMergeTree(version)
-- Few partitions to look into, and most texts of one go at once.
PARTITION BY toMonday(received_at)
PRIMARY KEY (tenant_id, project_id, trace_id)
-- The hour, so that rows collapse exactly where those of `canonical_events` do.
ORDER BY (tenant_id, project_id, trace_id, toStartOfHour(start_time), event_id)
SETTINGS index_granularity = 256, min_compress_block_size = 524288, max_compress_block_size = 524288,
  non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1;

-- The last hour that a project had events in before its traces were copied.
CREATE TABLE IF NOT EXISTS trace_events_since
(
  tenant_id LowCardinality(String),
  project_id LowCardinality(String),
  hour SimpleAggregateFunction(max, DateTime('UTC'))
)
ENGINE = AggregatingMergeTree
ORDER BY (tenant_id, project_id);

CREATE MATERIALIZED VIEW IF NOT EXISTS trace_events_of_inserts TO trace_events AS
SELECT tenant_id, project_id, trace_id, start_time, event_id, version, received_at,
  -- The number of the layout first.
  toJSONString(tuple(1,
    e.environment, lower(hex(e.span_id)), lower(hex(e.parent_span_id)), e.event_type, e.kind, e.operation, e.name,
    e.dialect, e.dialects, if(e.start_time_known, toString(toUnixTimestamp64Nano(e.start_time)), ''),
    ifNull(toString(toUnixTimestamp64Nano(e.end_time)), ''), e.duration_ms, e.time_to_first_chunk_ms, e.provider,
    e.request_model, e.response_model, e.response_id, e.route, e.input_messages, e.output_messages, e.system_instructions,
    e.tool_definitions, e.input, e.output, e.request_params, e.stream, e.input_tokens, e.output_tokens, e.total_tokens,
    e.cache_read_tokens, e.cache_write_tokens, e.reasoning_tokens, e.usage_details, e.usage_aggregate,
    lower(hex(e.usage_duplicate_of)), e.cost_usd, e.cost_input_usd, e.cost_output_usd, e.cost_source, e.price_ref,
    e.finish_reasons, e.status, e.error_type, e.error_message, e.error_stack, e.level, e.tool_name, e.tool_call_id,
    e.tool_type, e.tool_description, e.tool_arguments, e.tool_result, e.agent_name, e.agent_id, e.agent_version,
    e.workflow_name, e.conversation_id, e.session_id, e.user_id, e.message_index, e.prompt_name, e.prompt_version,
    e.prompt_variables, e.retrieval_query, e.retrieval_documents, e.retrieval_top_k, e.data_source_id,
    e.embedding_dimensions, e.evaluation_name, e.evaluation_score, e.evaluation_label, e.evaluation_explanation,
    e.guardrail_name, e.guardrail_triggered, e.mcp_method, e.mcp_session_id, e.mcp_resource_uri, e.server_address,
    e.server_port, e.service_name, e.service_version, e.sdk_language, e.scope_name, e.scope_version, e.tags, e.secrets,
    e.quality, e.metadata, e.attributes, e.attributes_json)) AS event
FROM canonical_events AS e
WHERE trace_id != toFixedString('', 16);

-- An hour more than now: what another program inserts meanwhile may be in neither.
INSERT INTO trace_events_since
SELECT tenant_id, project_id, greatest(max(hour), toStartOfHour(now('UTC')) + INTERVAL 1 HOUR)
FROM event_hours
GROUP BY tenant_id, project_id;
