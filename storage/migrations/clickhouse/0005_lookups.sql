-- Two small tables beside the events, filled with every insert: when a trace was, and which hours a project has
-- events in. Both keep the least and the greatest, or count too much when rows come again, and never too
-- little, so a repeated insert does no harm.

CREATE TABLE IF NOT EXISTS trace_hours
(
  tenant_id LowCardinality(String),
  project_id LowCardinality(String),
  trace_id FixedString(16),
  first_hour SimpleAggregateFunction(min, DateTime('UTC')),
  last_hour SimpleAggregateFunction(max, DateTime('UTC')),
  received_at SimpleAggregateFunction(max, DateTime('UTC'))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY (tenant_id, project_id, trace_id)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS trace_hours_of_inserts TO trace_hours AS
SELECT tenant_id, project_id, trace_id, min(toStartOfHour(start_time)) AS first_hour,
  max(toStartOfHour(start_time)) AS last_hour, max(toDateTime(e.received_at, 'UTC')) AS received_at
FROM canonical_events AS e
GROUP BY tenant_id, project_id, trace_id, toYYYYMM(e.received_at);

-- `changed_at` is the time of the last insert into the hour, by the clock of the store.
CREATE TABLE IF NOT EXISTS event_hours
(
  tenant_id LowCardinality(String),
  project_id LowCardinality(String),
  hour DateTime('UTC'),
  inserted SimpleAggregateFunction(sum, UInt64),
  -- Of them log records, which belong to spans.
  logs SimpleAggregateFunction(sum, UInt64),
  -- Which columns some event fills: bits in the order of `storage/queries/used-columns.ts`.
  used_1 SimpleAggregateFunction(groupBitOr, UInt64),
  used_2 SimpleAggregateFunction(groupBitOr, UInt64),
  changed_at SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
)
ENGINE = AggregatingMergeTree
ORDER BY (tenant_id, project_id, hour)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS event_hours_of_inserts TO event_hours AS
SELECT tenant_id, project_id, toStartOfHour(start_time) AS hour, count() AS inserted,
  countIf(startsWith(ifNull(event_type, ''), 'log:')) AS logs,
  bitShiftLeft(toUInt64(max(isNotNull(e.dialect))), 0) + bitShiftLeft(toUInt64(max(notEmpty(e.dialects))), 1)
    + bitShiftLeft(toUInt64(max(isNotNull(e.time_to_first_chunk_ms))), 2) + bitShiftLeft(toUInt64(max(isNotNull(e.provider))), 3)
    + bitShiftLeft(toUInt64(max(isNotNull(e.request_model))), 4) + bitShiftLeft(toUInt64(max(isNotNull(e.response_model))), 5)
    + bitShiftLeft(toUInt64(max(isNotNull(e.response_id))), 6) + bitShiftLeft(toUInt64(max(isNotNull(e.route))), 7)
    + bitShiftLeft(toUInt64(max(isNotNull(e.input_messages))), 8) + bitShiftLeft(toUInt64(max(isNotNull(e.output_messages))), 9)
    + bitShiftLeft(toUInt64(max(isNotNull(e.system_instructions))), 10) + bitShiftLeft(toUInt64(max(isNotNull(e.tool_definitions))), 11)
    + bitShiftLeft(toUInt64(max(isNotNull(e.input))), 12) + bitShiftLeft(toUInt64(max(isNotNull(e.output))), 13)
    + bitShiftLeft(toUInt64(max(isNotNull(e.request_params))), 14) + bitShiftLeft(toUInt64(max(isNotNull(e.stream))), 15)
    + bitShiftLeft(toUInt64(max(isNotNull(e.cache_read_tokens))), 16) + bitShiftLeft(toUInt64(max(isNotNull(e.cache_write_tokens))), 17)
    + bitShiftLeft(toUInt64(max(isNotNull(e.reasoning_tokens))), 18) + bitShiftLeft(toUInt64(max(isNotNull(e.usage_details))), 19)
    + bitShiftLeft(toUInt64(max(isNotNull(e.usage_duplicate_of))), 20) + bitShiftLeft(toUInt64(max(isNotNull(e.cost_input_usd))), 21)
    + bitShiftLeft(toUInt64(max(isNotNull(e.cost_output_usd))), 22) + bitShiftLeft(toUInt64(max(isNotNull(e.price_ref))), 23)
    + bitShiftLeft(toUInt64(max(notEmpty(e.finish_reasons))), 24) + bitShiftLeft(toUInt64(max(isNotNull(e.error_type))), 25)
    + bitShiftLeft(toUInt64(max(isNotNull(e.error_message))), 26) + bitShiftLeft(toUInt64(max(isNotNull(e.error_stack))), 27)
    + bitShiftLeft(toUInt64(max(isNotNull(e.level))), 28) + bitShiftLeft(toUInt64(max(isNotNull(e.tool_name))), 29)
    + bitShiftLeft(toUInt64(max(isNotNull(e.tool_call_id))), 30) + bitShiftLeft(toUInt64(max(isNotNull(e.tool_type))), 31)
    + bitShiftLeft(toUInt64(max(isNotNull(e.tool_description))), 32) + bitShiftLeft(toUInt64(max(isNotNull(e.tool_arguments))), 33)
    + bitShiftLeft(toUInt64(max(isNotNull(e.tool_result))), 34) + bitShiftLeft(toUInt64(max(isNotNull(e.agent_name))), 35)
    + bitShiftLeft(toUInt64(max(isNotNull(e.agent_id))), 36) + bitShiftLeft(toUInt64(max(isNotNull(e.agent_version))), 37)
    + bitShiftLeft(toUInt64(max(isNotNull(e.workflow_name))), 38) AS used_1,
  bitShiftLeft(toUInt64(max(isNotNull(e.conversation_id))), 0) + bitShiftLeft(toUInt64(max(isNotNull(e.session_id))), 1)
    + bitShiftLeft(toUInt64(max(isNotNull(e.user_id))), 2) + bitShiftLeft(toUInt64(max(isNotNull(e.message_index))), 3)
    + bitShiftLeft(toUInt64(max(isNotNull(e.prompt_name))), 4) + bitShiftLeft(toUInt64(max(isNotNull(e.prompt_version))), 5)
    + bitShiftLeft(toUInt64(max(isNotNull(e.prompt_variables))), 6) + bitShiftLeft(toUInt64(max(isNotNull(e.retrieval_query))), 7)
    + bitShiftLeft(toUInt64(max(isNotNull(e.retrieval_documents))), 8) + bitShiftLeft(toUInt64(max(isNotNull(e.retrieval_top_k))), 9)
    + bitShiftLeft(toUInt64(max(isNotNull(e.data_source_id))), 10) + bitShiftLeft(toUInt64(max(isNotNull(e.embedding_dimensions))), 11)
    + bitShiftLeft(toUInt64(max(isNotNull(e.evaluation_name))), 12) + bitShiftLeft(toUInt64(max(isNotNull(e.evaluation_score))), 13)
    + bitShiftLeft(toUInt64(max(isNotNull(e.evaluation_label))), 14) + bitShiftLeft(toUInt64(max(isNotNull(e.evaluation_explanation))), 15)
    + bitShiftLeft(toUInt64(max(isNotNull(e.guardrail_name))), 16) + bitShiftLeft(toUInt64(max(isNotNull(e.guardrail_triggered))), 17)
    + bitShiftLeft(toUInt64(max(isNotNull(e.mcp_method))), 18) + bitShiftLeft(toUInt64(max(isNotNull(e.mcp_session_id))), 19)
    + bitShiftLeft(toUInt64(max(isNotNull(e.mcp_resource_uri))), 20) + bitShiftLeft(toUInt64(max(isNotNull(e.server_address))), 21)
    + bitShiftLeft(toUInt64(max(isNotNull(e.server_port))), 22) + bitShiftLeft(toUInt64(max(isNotNull(e.service_name))), 23)
    + bitShiftLeft(toUInt64(max(isNotNull(e.service_version))), 24) + bitShiftLeft(toUInt64(max(isNotNull(e.sdk_language))), 25)
    + bitShiftLeft(toUInt64(max(isNotNull(e.scope_name))), 26) + bitShiftLeft(toUInt64(max(isNotNull(e.scope_version))), 27)
    + bitShiftLeft(toUInt64(max(notEmpty(e.tags))), 28) + bitShiftLeft(toUInt64(max(isNotNull(e.secrets))), 29)
    + bitShiftLeft(toUInt64(max(notEmpty(e.quality))), 30) + bitShiftLeft(toUInt64(max(notEmpty(e.metadata))), 31)
    + bitShiftLeft(toUInt64(max(notEmpty(e.attributes))), 32) + bitShiftLeft(toUInt64(max(notEmpty(e.attributes_json))), 33) AS used_2,
  now64(3) AS changed_at
FROM canonical_events AS e
GROUP BY tenant_id, project_id, hour;

INSERT INTO trace_hours
SELECT tenant_id, project_id, trace_id, min(toStartOfHour(start_time)), max(toStartOfHour(start_time)),
  max(toDateTime(e.received_at, 'UTC'))
FROM canonical_events AS e
GROUP BY tenant_id, project_id, trace_id, toYYYYMM(e.received_at)
SETTINGS max_bytes_before_external_group_by = 268435456, max_execution_time = 3600;

INSERT INTO event_hours
SELECT tenant_id, project_id, toStartOfHour(start_time) AS hour, count(),
  countIf(startsWith(ifNull(event_type, ''), 'log:')),
  bitShiftLeft(toUInt64(max(isNotNull(e.dialect))), 0) + bitShiftLeft(toUInt64(max(notEmpty(e.dialects))), 1)
    + bitShiftLeft(toUInt64(max(isNotNull(e.time_to_first_chunk_ms))), 2) + bitShiftLeft(toUInt64(max(isNotNull(e.provider))), 3)
    + bitShiftLeft(toUInt64(max(isNotNull(e.request_model))), 4) + bitShiftLeft(toUInt64(max(isNotNull(e.response_model))), 5)
    + bitShiftLeft(toUInt64(max(isNotNull(e.response_id))), 6) + bitShiftLeft(toUInt64(max(isNotNull(e.route))), 7)
    + bitShiftLeft(toUInt64(max(isNotNull(e.input_messages))), 8) + bitShiftLeft(toUInt64(max(isNotNull(e.output_messages))), 9)
    + bitShiftLeft(toUInt64(max(isNotNull(e.system_instructions))), 10) + bitShiftLeft(toUInt64(max(isNotNull(e.tool_definitions))), 11)
    + bitShiftLeft(toUInt64(max(isNotNull(e.input))), 12) + bitShiftLeft(toUInt64(max(isNotNull(e.output))), 13)
    + bitShiftLeft(toUInt64(max(isNotNull(e.request_params))), 14) + bitShiftLeft(toUInt64(max(isNotNull(e.stream))), 15)
    + bitShiftLeft(toUInt64(max(isNotNull(e.cache_read_tokens))), 16) + bitShiftLeft(toUInt64(max(isNotNull(e.cache_write_tokens))), 17)
    + bitShiftLeft(toUInt64(max(isNotNull(e.reasoning_tokens))), 18) + bitShiftLeft(toUInt64(max(isNotNull(e.usage_details))), 19)
    + bitShiftLeft(toUInt64(max(isNotNull(e.usage_duplicate_of))), 20) + bitShiftLeft(toUInt64(max(isNotNull(e.cost_input_usd))), 21)
    + bitShiftLeft(toUInt64(max(isNotNull(e.cost_output_usd))), 22) + bitShiftLeft(toUInt64(max(isNotNull(e.price_ref))), 23)
    + bitShiftLeft(toUInt64(max(notEmpty(e.finish_reasons))), 24) + bitShiftLeft(toUInt64(max(isNotNull(e.error_type))), 25)
    + bitShiftLeft(toUInt64(max(isNotNull(e.error_message))), 26) + bitShiftLeft(toUInt64(max(isNotNull(e.error_stack))), 27)
    + bitShiftLeft(toUInt64(max(isNotNull(e.level))), 28) + bitShiftLeft(toUInt64(max(isNotNull(e.tool_name))), 29)
    + bitShiftLeft(toUInt64(max(isNotNull(e.tool_call_id))), 30) + bitShiftLeft(toUInt64(max(isNotNull(e.tool_type))), 31)
    + bitShiftLeft(toUInt64(max(isNotNull(e.tool_description))), 32) + bitShiftLeft(toUInt64(max(isNotNull(e.tool_arguments))), 33)
    + bitShiftLeft(toUInt64(max(isNotNull(e.tool_result))), 34) + bitShiftLeft(toUInt64(max(isNotNull(e.agent_name))), 35)
    + bitShiftLeft(toUInt64(max(isNotNull(e.agent_id))), 36) + bitShiftLeft(toUInt64(max(isNotNull(e.agent_version))), 37)
    + bitShiftLeft(toUInt64(max(isNotNull(e.workflow_name))), 38) AS used_1,
  bitShiftLeft(toUInt64(max(isNotNull(e.conversation_id))), 0) + bitShiftLeft(toUInt64(max(isNotNull(e.session_id))), 1)
    + bitShiftLeft(toUInt64(max(isNotNull(e.user_id))), 2) + bitShiftLeft(toUInt64(max(isNotNull(e.message_index))), 3)
    + bitShiftLeft(toUInt64(max(isNotNull(e.prompt_name))), 4) + bitShiftLeft(toUInt64(max(isNotNull(e.prompt_version))), 5)
    + bitShiftLeft(toUInt64(max(isNotNull(e.prompt_variables))), 6) + bitShiftLeft(toUInt64(max(isNotNull(e.retrieval_query))), 7)
    + bitShiftLeft(toUInt64(max(isNotNull(e.retrieval_documents))), 8) + bitShiftLeft(toUInt64(max(isNotNull(e.retrieval_top_k))), 9)
    + bitShiftLeft(toUInt64(max(isNotNull(e.data_source_id))), 10) + bitShiftLeft(toUInt64(max(isNotNull(e.embedding_dimensions))), 11)
    + bitShiftLeft(toUInt64(max(isNotNull(e.evaluation_name))), 12) + bitShiftLeft(toUInt64(max(isNotNull(e.evaluation_score))), 13)
    + bitShiftLeft(toUInt64(max(isNotNull(e.evaluation_label))), 14) + bitShiftLeft(toUInt64(max(isNotNull(e.evaluation_explanation))), 15)
    + bitShiftLeft(toUInt64(max(isNotNull(e.guardrail_name))), 16) + bitShiftLeft(toUInt64(max(isNotNull(e.guardrail_triggered))), 17)
    + bitShiftLeft(toUInt64(max(isNotNull(e.mcp_method))), 18) + bitShiftLeft(toUInt64(max(isNotNull(e.mcp_session_id))), 19)
    + bitShiftLeft(toUInt64(max(isNotNull(e.mcp_resource_uri))), 20) + bitShiftLeft(toUInt64(max(isNotNull(e.server_address))), 21)
    + bitShiftLeft(toUInt64(max(isNotNull(e.server_port))), 22) + bitShiftLeft(toUInt64(max(isNotNull(e.service_name))), 23)
    + bitShiftLeft(toUInt64(max(isNotNull(e.service_version))), 24) + bitShiftLeft(toUInt64(max(isNotNull(e.sdk_language))), 25)
    + bitShiftLeft(toUInt64(max(isNotNull(e.scope_name))), 26) + bitShiftLeft(toUInt64(max(isNotNull(e.scope_version))), 27)
    + bitShiftLeft(toUInt64(max(notEmpty(e.tags))), 28) + bitShiftLeft(toUInt64(max(isNotNull(e.secrets))), 29)
    + bitShiftLeft(toUInt64(max(notEmpty(e.quality))), 30) + bitShiftLeft(toUInt64(max(notEmpty(e.metadata))), 31)
    + bitShiftLeft(toUInt64(max(notEmpty(e.attributes))), 32) + bitShiftLeft(toUInt64(max(notEmpty(e.attributes_json))), 33) AS used_2,
  now64(3)
FROM canonical_events AS e
GROUP BY tenant_id, project_id, hour
SETTINGS max_execution_time = 3600;
