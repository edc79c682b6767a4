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
