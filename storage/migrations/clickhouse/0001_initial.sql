-- The tables of the first release. Every statement may be run twice, for ClickHouse has no transactions for them.

-- Canonical events, one row each. A row comes again when a client sends it again or when an insert is
-- repeated after a lost answer: rows of one event collapse on merge and in every read through FINAL.

CREATE TABLE IF NOT EXISTS canonical_events
(
  event_id FixedString(16) CODEC(NONE),
  tenant_id LowCardinality(String),
  project_id LowCardinality(String),
  environment LowCardinality(Nullable(String)),
  trace_id FixedString(16) CODEC(ZSTD(1)),
  span_id FixedString(8) CODEC(NONE),
  parent_span_id Nullable(FixedString(8)),
  event_type LowCardinality(Nullable(String)),
  kind LowCardinality(Nullable(String)),
  operation LowCardinality(Nullable(String)),
  name LowCardinality(Nullable(String)),
  dialect LowCardinality(Nullable(String)),
  dialects Array(LowCardinality(String)) CODEC(ZSTD(1)),
  start_time DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  end_time Nullable(DateTime64(9, 'UTC')) CODEC(Delta(8), ZSTD(1)),
  duration_ms Nullable(Float64) CODEC(ZSTD(1)),
  time_to_first_chunk_ms Nullable(Float64) CODEC(ZSTD(1)),
  provider LowCardinality(Nullable(String)),
  request_model LowCardinality(Nullable(String)),
  response_model LowCardinality(Nullable(String)),
  response_id Nullable(String) CODEC(ZSTD(1)),
  route LowCardinality(Nullable(String)),
  input_messages Nullable(String) CODEC(ZSTD(1)),
  output_messages Nullable(String) CODEC(ZSTD(1)),
  system_instructions Nullable(String) CODEC(ZSTD(1)),
  tool_definitions Nullable(String) CODEC(ZSTD(1)),
  input Nullable(String) CODEC(ZSTD(1)),
  output Nullable(String) CODEC(ZSTD(1)),
  request_params Nullable(String) CODEC(ZSTD(1)),
  stream Nullable(Bool),
  input_tokens Nullable(Int64) CODEC(ZSTD(1)),
  output_tokens Nullable(Int64) CODEC(ZSTD(1)),
  total_tokens Nullable(Int64) CODEC(ZSTD(1)),
  cache_read_tokens Nullable(Int64) CODEC(ZSTD(1)),
  cache_write_tokens Nullable(Int64) CODEC(ZSTD(1)),
  reasoning_tokens Nullable(Int64) CODEC(ZSTD(1)),
  usage_details Nullable(String) CODEC(ZSTD(1)),
  usage_aggregate Bool,
  usage_duplicate_of Nullable(FixedString(16)) CODEC(ZSTD(1)),
  cost_usd Nullable(Float64) CODEC(ZSTD(1)),
  cost_input_usd Nullable(Float64) CODEC(ZSTD(1)),
  cost_output_usd Nullable(Float64) CODEC(ZSTD(1)),
  cost_source LowCardinality(Nullable(String)),
  price_ref LowCardinality(Nullable(String)),
  finish_reasons Array(LowCardinality(String)) CODEC(ZSTD(1)),
  status LowCardinality(Nullable(String)),
  error_type LowCardinality(Nullable(String)),
  error_message Nullable(String) CODEC(ZSTD(1)),
  error_stack Nullable(String) CODEC(ZSTD(1)),
  level LowCardinality(Nullable(String)),
  tool_name LowCardinality(Nullable(String)),
  tool_call_id Nullable(String) CODEC(ZSTD(1)),
  tool_type LowCardinality(Nullable(String)),
  tool_description Nullable(String) CODEC(ZSTD(1)),
  tool_arguments Nullable(String) CODEC(ZSTD(1)),
  tool_result Nullable(String) CODEC(ZSTD(1)),
  agent_name LowCardinality(Nullable(String)),
  agent_id Nullable(String) CODEC(ZSTD(1)),
  agent_version LowCardinality(Nullable(String)),
  workflow_name LowCardinality(Nullable(String)),
  conversation_id Nullable(String) CODEC(ZSTD(1)),
  session_id Nullable(String) CODEC(ZSTD(1)),
  user_id Nullable(String) CODEC(ZSTD(1)),
  message_index Nullable(Int64) CODEC(ZSTD(1)),
  prompt_name LowCardinality(Nullable(String)),
  prompt_version LowCardinality(Nullable(String)),
  prompt_variables Nullable(String) CODEC(ZSTD(1)),
  retrieval_query Nullable(String) CODEC(ZSTD(1)),
  retrieval_documents Nullable(String) CODEC(ZSTD(1)),
  retrieval_top_k Nullable(Int64) CODEC(ZSTD(1)),
  data_source_id LowCardinality(Nullable(String)),
  embedding_dimensions Nullable(Int64) CODEC(ZSTD(1)),
  evaluation_name LowCardinality(Nullable(String)),
  evaluation_score Nullable(Float64) CODEC(ZSTD(1)),
  evaluation_label LowCardinality(Nullable(String)),
  evaluation_explanation Nullable(String) CODEC(ZSTD(1)),
  guardrail_name LowCardinality(Nullable(String)),
  guardrail_triggered Nullable(Bool),
  mcp_method LowCardinality(Nullable(String)),
  mcp_session_id Nullable(String) CODEC(ZSTD(1)),
  mcp_resource_uri Nullable(String) CODEC(ZSTD(1)),
  server_address LowCardinality(Nullable(String)),
  server_port Nullable(Int64) CODEC(ZSTD(1)),
  service_name LowCardinality(Nullable(String)),
  service_version LowCardinality(Nullable(String)),
  sdk_language LowCardinality(Nullable(String)),
  scope_name LowCardinality(Nullable(String)),
  scope_version LowCardinality(Nullable(String)),
  tags Array(LowCardinality(String)) CODEC(ZSTD(1)),
  secrets Nullable(String) CODEC(ZSTD(1)),
  quality Array(LowCardinality(String)) CODEC(ZSTD(1)),
  metadata Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  attributes_json Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  start_time_known Bool,
  received_at DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  version UInt64 CODEC(Delta(8), ZSTD(1)),
  INDEX by_trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX by_event event_id TYPE bloom_filter(0.01) GRANULARITY 2,
  INDEX by_user user_id TYPE bloom_filter(0.01) GRANULARITY 4,
  INDEX by_session session_id TYPE bloom_filter(0.01) GRANULARITY 4,
  INDEX by_conversation conversation_id TYPE bloom_filter(0.01) GRANULARITY 4,
  INDEX by_word lower(concat(ifNull(input_messages, ''), ' ', ifNull(output_messages, ''))) TYPE tokenbf_v1(32768, 2, 0) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
-- By receipt, not by the time a client claims: one insert goes to one partition, whatever it holds, and
-- retention drops whole parts.
PARTITION BY toYYYYMM(received_at)
PRIMARY KEY (tenant_id, project_id, toStartOfHour(start_time), trace_id)
ORDER BY (tenant_id, project_id, toStartOfHour(start_time), trace_id, event_id)
-- Off by default on a table without replicas; without it a repeated insert would leave rows to collapse.
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1,
  -- A row has more than a hundred columns. As a wide part each is several files, and a merge holds buffers for
  -- all of them at once: with the default of 10 MiB a merge of small parts took 1 GiB of memory. Compact parts
  -- keep all columns in one file; large parts are merged column by column.
  min_bytes_for_wide_part = 536870912,
  vertical_merge_algorithm_min_rows_to_activate = 1,
  max_compress_block_size = 65536;

-- Signals: what the rules found, one row each.

CREATE TABLE IF NOT EXISTS signals
(
  signal_id FixedString(16) CODEC(NONE),
  type LowCardinality(String),
  severity LowCardinality(String),
  tenant_id LowCardinality(String),
  project_id LowCardinality(String),
  trace_id FixedString(16) CODEC(ZSTD(1)),
  span_id FixedString(8) CODEC(NONE),
  event_id FixedString(16) CODEC(NONE),
  at DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  value Nullable(Float64) CODEC(ZSTD(1)),
  threshold Nullable(Float64) CODEC(ZSTD(1)),
  evidence String CODEC(ZSTD(1)),
  rule LowCardinality(String),
  received_at DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(Delta(8), ZSTD(1)),
  INDEX by_trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY (tenant_id, project_id, toStartOfHour(at), type, signal_id)
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1;

-- Usage by hour and model, exact under replays: it reads through FINAL, so a row that came twice counts
-- once, and leaves out rows that repeat other rows' usage. Filters on tenant, project and hour reach the
-- sorting key of the table.

CREATE VIEW IF NOT EXISTS usage_hourly AS
SELECT
  tenant_id,
  project_id,
  toStartOfHour(start_time) AS hour,
  environment,
  provider,
  coalesce(response_model, request_model) AS model,
  route,
  count() AS calls,
  countIf(status = 'error') AS errors,
  sum(e.input_tokens) AS input_tokens,
  sum(e.output_tokens) AS output_tokens,
  sum(e.total_tokens) AS total_tokens,
  sum(e.cache_read_tokens) AS cache_read_tokens,
  sum(e.cache_write_tokens) AS cache_write_tokens,
  sum(e.reasoning_tokens) AS reasoning_tokens,
  sum(e.cost_usd) AS cost_usd,
  countIf(e.cost_usd IS NULL) AS unpriced
FROM canonical_events AS e FINAL
WHERE NOT usage_aggregate AND kind IN ('llm', 'embedding', 'rerank')
GROUP BY tenant_id, project_id, hour, environment, provider, model, route;

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

-- Sums by hour, made from the deduplicated events of hours that have been quiet for a while, and made again when
-- an hour changes. Whoever reads takes an hour from here only while `rolled_hours` says that nothing was
-- inserted into it since, and from the events otherwise: so sums are exact under replays and late data.

CREATE TABLE IF NOT EXISTS usage_rollup
(
  tenant_id LowCardinality(String),
  project_id LowCardinality(String),
  hour DateTime('UTC'),
  environment LowCardinality(Nullable(String)),
  provider LowCardinality(Nullable(String)),
  model LowCardinality(Nullable(String)),
  route LowCardinality(Nullable(String)),
  events UInt64,
  errors UInt64,
  calls UInt64,
  call_errors UInt64,
  input_tokens Int64,
  output_tokens Int64,
  total_tokens Int64,
  cache_read_tokens Int64,
  cache_write_tokens Int64,
  reasoning_tokens Int64,
  cost_usd Float64,
  unpriced UInt64,
  traces AggregateFunction(uniqCombined64(16), FixedString(16)),
  call_ms AggregateFunction(quantilesTDigest(0.5, 0.95, 0.99), Float64),
  made_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(made_at)
ORDER BY (tenant_id, project_id, hour, environment, provider, model, route)
SETTINGS allow_nullable_key = 1, index_granularity = 1024;

-- `changed_at` is that of `event_hours` when the hour was added up.
CREATE TABLE IF NOT EXISTS rolled_hours
(
  tenant_id LowCardinality(String),
  project_id LowCardinality(String),
  hour DateTime('UTC'),
  changed_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(changed_at)
ORDER BY (tenant_id, project_id, hour);

-- Conversations, sessions and end users, each event once: an event without an id of its own has that of its
-- trace (of several, the lesser). Exact under replays, because they read through FINAL; filter on tenant and
-- project. `conversations`, `sessions` and `end_users` in Postgres hold the same sums, ready made.

CREATE VIEW IF NOT EXISTS conversation_totals AS
SELECT tenant_id, project_id, id AS conversation_id, sum(n) AS events, sum(llm) AS llm_calls, sum(bad) AS errors,
  sum(t_in) AS input_tokens, sum(t_out) AS output_tokens, sum(t_all) AS total_tokens, sum(cost) AS cost_usd,
  sum(found) AS signals, minIf(first, n > 0) AS first_at, maxIf(last, n > 0) AS last_at,
  max(messages) AS message_count, arraySlice(arraySort(groupUniqArrayArray(used)), 1, 16) AS models
FROM
(
  SELECT *, coalesce(own, min(own) OVER (PARTITION BY tenant_id, project_id, trace_id)) AS id
  FROM
  (
    SELECT tenant_id, project_id, trace_id, nullIf(e.conversation_id, '') AS own, count() AS n,
      countIf(kind IN ('llm', 'embedding', 'rerank') AND NOT usage_aggregate) AS llm,
      countIf(status = 'error') AS bad, 0 AS found,
      sumIf(greatest(ifNull(e.input_tokens, 0), 0), NOT usage_aggregate) AS t_in,
      sumIf(greatest(ifNull(e.output_tokens, 0), 0), NOT usage_aggregate) AS t_out,
      sumIf(greatest(ifNull(e.total_tokens, 0), 0), NOT usage_aggregate) AS t_all,
      sumIf(ifNull(e.cost_usd, 0), NOT usage_aggregate) AS cost,
      min(start_time) AS first, max(greatest(start_time, ifNull(end_time, start_time))) AS last,
      max(message_index) + 1 AS messages,
      groupUniqArrayIf(ifNull(coalesce(response_model, request_model), ''), coalesce(response_model, request_model) != '') AS used
    FROM canonical_events AS e FINAL
    GROUP BY tenant_id, project_id, trace_id, own
    UNION ALL
    SELECT s.tenant_id, s.project_id, s.trace_id, nullIf(o.own, '') AS own, 0, 0, 0, count(), 0, 0, 0, 0,
      toDateTime64(0, 9, 'UTC'), toDateTime64(0, 9, 'UTC'), NULL, []
    FROM (SELECT tenant_id, project_id, trace_id, event_id FROM signals FINAL) AS s
    INNER JOIN (SELECT tenant_id, project_id, event_id, any(conversation_id) AS own FROM canonical_events
      WHERE event_id IN (SELECT event_id FROM signals) GROUP BY tenant_id, project_id, event_id) AS o
      USING (tenant_id, project_id, event_id)
    GROUP BY s.tenant_id, s.project_id, s.trace_id, own
  )
)
WHERE id IS NOT NULL
GROUP BY tenant_id, project_id, id;

CREATE VIEW IF NOT EXISTS session_totals AS
SELECT tenant_id, project_id, id AS session_id, sum(n) AS events, sum(llm) AS llm_calls, sum(bad) AS errors,
  sum(t_in) AS input_tokens, sum(t_out) AS output_tokens, sum(t_all) AS total_tokens, sum(cost) AS cost_usd,
  sum(found) AS signals, minIf(first, n > 0) AS first_at, maxIf(last, n > 0) AS last_at,
  max(messages) AS message_count, arraySlice(arraySort(groupUniqArrayArray(used)), 1, 16) AS models
FROM
(
  SELECT *, coalesce(own, min(own) OVER (PARTITION BY tenant_id, project_id, trace_id)) AS id
  FROM
  (
    SELECT tenant_id, project_id, trace_id, nullIf(e.session_id, '') AS own, count() AS n,
      countIf(kind IN ('llm', 'embedding', 'rerank') AND NOT usage_aggregate) AS llm,
      countIf(status = 'error') AS bad, 0 AS found,
      sumIf(greatest(ifNull(e.input_tokens, 0), 0), NOT usage_aggregate) AS t_in,
      sumIf(greatest(ifNull(e.output_tokens, 0), 0), NOT usage_aggregate) AS t_out,
      sumIf(greatest(ifNull(e.total_tokens, 0), 0), NOT usage_aggregate) AS t_all,
      sumIf(ifNull(e.cost_usd, 0), NOT usage_aggregate) AS cost,
      min(start_time) AS first, max(greatest(start_time, ifNull(end_time, start_time))) AS last,
      max(message_index) + 1 AS messages,
      groupUniqArrayIf(ifNull(coalesce(response_model, request_model), ''), coalesce(response_model, request_model) != '') AS used
    FROM canonical_events AS e FINAL
    GROUP BY tenant_id, project_id, trace_id, own
    UNION ALL
    SELECT s.tenant_id, s.project_id, s.trace_id, nullIf(o.own, '') AS own, 0, 0, 0, count(), 0, 0, 0, 0,
      toDateTime64(0, 9, 'UTC'), toDateTime64(0, 9, 'UTC'), NULL, []
    FROM (SELECT tenant_id, project_id, trace_id, event_id FROM signals FINAL) AS s
    INNER JOIN (SELECT tenant_id, project_id, event_id, any(session_id) AS own FROM canonical_events
      WHERE event_id IN (SELECT event_id FROM signals) GROUP BY tenant_id, project_id, event_id) AS o
      USING (tenant_id, project_id, event_id)
    GROUP BY s.tenant_id, s.project_id, s.trace_id, own
  )
)
WHERE id IS NOT NULL
GROUP BY tenant_id, project_id, id;

CREATE VIEW IF NOT EXISTS user_totals AS
SELECT tenant_id, project_id, id AS user_id, sum(n) AS events, sum(llm) AS llm_calls, sum(bad) AS errors,
  sum(t_in) AS input_tokens, sum(t_out) AS output_tokens, sum(t_all) AS total_tokens, sum(cost) AS cost_usd,
  sum(found) AS signals, minIf(first, n > 0) AS first_at, maxIf(last, n > 0) AS last_at,
  max(messages) AS message_count, arraySlice(arraySort(groupUniqArrayArray(used)), 1, 16) AS models
FROM
(
  SELECT *, coalesce(own, min(own) OVER (PARTITION BY tenant_id, project_id, trace_id)) AS id
  FROM
  (
    SELECT tenant_id, project_id, trace_id, nullIf(e.user_id, '') AS own, count() AS n,
      countIf(kind IN ('llm', 'embedding', 'rerank') AND NOT usage_aggregate) AS llm,
      countIf(status = 'error') AS bad, 0 AS found,
      sumIf(greatest(ifNull(e.input_tokens, 0), 0), NOT usage_aggregate) AS t_in,
      sumIf(greatest(ifNull(e.output_tokens, 0), 0), NOT usage_aggregate) AS t_out,
      sumIf(greatest(ifNull(e.total_tokens, 0), 0), NOT usage_aggregate) AS t_all,
      sumIf(ifNull(e.cost_usd, 0), NOT usage_aggregate) AS cost,
      min(start_time) AS first, max(greatest(start_time, ifNull(end_time, start_time))) AS last,
      max(message_index) + 1 AS messages,
      groupUniqArrayIf(ifNull(coalesce(response_model, request_model), ''), coalesce(response_model, request_model) != '') AS used
    FROM canonical_events AS e FINAL
    GROUP BY tenant_id, project_id, trace_id, own
    UNION ALL
    SELECT s.tenant_id, s.project_id, s.trace_id, nullIf(o.own, '') AS own, 0, 0, 0, count(), 0, 0, 0, 0,
      toDateTime64(0, 9, 'UTC'), toDateTime64(0, 9, 'UTC'), NULL, []
    FROM (SELECT tenant_id, project_id, trace_id, event_id FROM signals FINAL) AS s
    INNER JOIN (SELECT tenant_id, project_id, event_id, any(user_id) AS own FROM canonical_events
      WHERE event_id IN (SELECT event_id FROM signals) GROUP BY tenant_id, project_id, event_id) AS o
      USING (tenant_id, project_id, event_id)
    GROUP BY s.tenant_id, s.project_id, s.trace_id, own
  )
)
WHERE id IS NOT NULL
GROUP BY tenant_id, project_id, id;
