-- Which traces were sampled and why, and the vectors of their exchanges. Ids are hex.

CREATE TABLE IF NOT EXISTS sampled_traces
(
  tenant_id LowCardinality(String),
  project_id LowCardinality(String),
  trace_id String CODEC(ZSTD(1)),
  event_id String CODEC(ZSTD(1)),
  -- `always:errors`, `always:high_severity`, `always:feedback`, `rule:1`, `rate`.
  reason LowCardinality(String),
  -- The share of such traces that is sampled: each stands for 1 / rate.
  rate Float64,
  sampled_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(sampled_at)
PARTITION BY toYYYYMM(sampled_at)
ORDER BY (tenant_id, project_id, trace_id)
SETTINGS ttl_only_drop_parts = 1;

-- Exact search inside a project, a model and a window of days reads these rows and nothing else.
CREATE TABLE IF NOT EXISTS vectors
(
  tenant_id LowCardinality(String),
  project_id LowCardinality(String),
  -- The model that made the vector; vectors of different models are never compared.
  embedder LowCardinality(String),
  day Date,
  trace_id String CODEC(ZSTD(1)),
  event_id String CODEC(ZSTD(1)),
  at DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  environment LowCardinality(String),
  model LowCardinality(String),
  route LowCardinality(String),
  -- Of length 1, so that the scalar product is the cosine.
  v Array(Float32) CODEC(NONE),
  embedded_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(embedded_at)
PARTITION BY toYYYYMM(embedded_at)
ORDER BY (tenant_id, project_id, embedder, day, event_id)
SETTINGS ttl_only_drop_parts = 1;
