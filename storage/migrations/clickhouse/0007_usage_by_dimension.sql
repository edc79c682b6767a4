-- Sums by hour and one dimension at a time, made with those of `usage_rollup` and valid for the same hours: a dashboard lists
-- kinds, services, tools and more beside each other, never their combinations, and a row for each value is far fewer than a
-- row for each combination. `dimension` is empty in the rows of all events.

CREATE TABLE IF NOT EXISTS usage_by_dimension
(
  tenant_id LowCardinality(String),
  project_id LowCardinality(String),
  dimension LowCardinality(String),
  hour DateTime('UTC'),
  environment LowCardinality(Nullable(String)),
  value LowCardinality(Nullable(String)),
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
  -- Events that count and say `usage_inconsistent`.
  inconsistent UInt64,
  traces AggregateFunction(uniqCombined64(16), FixedString(16)),
  call_ms AggregateFunction(quantilesTDigest(0.5, 0.95, 0.99), Float64),
  -- Of all events that took time, not of model calls alone.
  all_ms AggregateFunction(quantilesTDigest(0.5, 0.95, 0.99), Float64),
  made_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(made_at)
ORDER BY (tenant_id, project_id, dimension, hour, environment, value)
SETTINGS allow_nullable_key = 1, index_granularity = 1024;

-- Hours that were added up without these sums are added up again in the background; until then they are read from the events.
TRUNCATE TABLE rolled_hours;
