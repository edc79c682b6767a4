-- Issues found by the deterministic rules, one row each; the triage state is in Postgres.

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
