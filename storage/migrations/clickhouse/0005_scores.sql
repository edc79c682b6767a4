-- Scores of answers, whoever gave them, and which events were looked at. Ids are hex. A score that comes again is the same row.

CREATE TABLE IF NOT EXISTS scores
(
  tenant_id LowCardinality(String),
  project_id LowCardinality(String),
  score_id String CODEC(ZSTD(1)),
  environment LowCardinality(String),
  trace_id String CODEC(ZSTD(1)),
  span_id String CODEC(ZSTD(1)),
  event_id String CODEC(ZSTD(1)),
  name LowCardinality(String),
  value Nullable(Float64) CODEC(ZSTD(1)),
  label LowCardinality(String),
  evidence String CODEC(ZSTD(1)),
  -- `quality`: a check without a model; `judge`; `sdk`: an evaluation that a client sent; else as the sender said.
  source LowCardinality(String),
  -- The check and its version, or the judge's model, rubric and version.
  evaluator LowCardinality(String),
  model LowCardinality(String),
  at DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  scored_at DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(Delta(8), ZSTD(1)),
  INDEX by_trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(scored_at)
PARTITION BY toYYYYMM(scored_at)
ORDER BY (tenant_id, project_id, name, toStartOfHour(at), score_id)
SETTINGS ttl_only_drop_parts = 1;

-- One row an event that the checks of quality have seen: every check that applied with its value, also where nothing is at fault.
CREATE TABLE IF NOT EXISTS scored_events
(
  tenant_id LowCardinality(String),
  project_id LowCardinality(String),
  hour DateTime('UTC'),
  event_id String CODEC(ZSTD(1)),
  model LowCardinality(String),
  route LowCardinality(String),
  checks Array(LowCardinality(String)) CODEC(ZSTD(1)),
  values Array(Float32) CODEC(ZSTD(1)),
  faults Array(LowCardinality(String)) CODEC(ZSTD(1)),
  scored_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(scored_at)
PARTITION BY toYYYYMM(scored_at)
ORDER BY (tenant_id, project_id, hour, event_id)
SETTINGS ttl_only_drop_parts = 1;

-- `changed_at` is that of `event_hours` when all events of the hour had been seen. `work` is what was done with them.
CREATE TABLE IF NOT EXISTS seen_hours
(
  tenant_id LowCardinality(String),
  project_id LowCardinality(String),
  work LowCardinality(String),
  hour DateTime('UTC'),
  changed_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(changed_at)
ORDER BY (tenant_id, project_id, work, hour);
