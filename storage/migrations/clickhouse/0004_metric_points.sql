-- Points of metrics, as clients sent them, for 30 days. They say again what events say, from another side: no sum is made of
-- both. A point that is sent again is the same row; a histogram of any kind has explicit bounds. `series_id` is a hash of all
-- that names a series.

CREATE TABLE IF NOT EXISTS metric_points
(
  tenant_id LowCardinality(String),
  project_id LowCardinality(String),
  environment LowCardinality(String),
  metric LowCardinality(String),
  type LowCardinality(String),
  unit LowCardinality(String),
  temporality LowCardinality(String),
  is_monotonic Bool,
  scope_name LowCardinality(String),
  resource Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  series_id FixedString(16) CODEC(ZSTD(1)),
  start_time DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  time DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  value Nullable(Float64) CODEC(ZSTD(1)),
  count Nullable(Float64) CODEC(ZSTD(1)),
  sum Nullable(Float64) CODEC(ZSTD(1)),
  min Nullable(Float64) CODEC(ZSTD(1)),
  max Nullable(Float64) CODEC(ZSTD(1)),
  bounds Array(Float64) CODEC(ZSTD(1)),
  buckets Array(Float64) CODEC(ZSTD(1)),
  quantiles Array(Float64) CODEC(ZSTD(1)),
  quantile_values Array(Float64) CODEC(ZSTD(1)),
  received_at DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  INDEX times time TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(received_at)
PARTITION BY toYYYYMM(received_at)
ORDER BY (tenant_id, project_id, metric, series_id, time, start_time)
TTL toDateTime(received_at) + INTERVAL 30 DAY
SETTINGS non_replicated_deduplication_window = 10000;
