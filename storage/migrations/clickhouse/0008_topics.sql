-- Topics of the vectors of a project: names, the model that assigns vectors to them, and the assignments. Ids are hex.

-- One row a topic. A topic keeps its id and its row when the topics are made anew, also when it has no vectors any more.
CREATE TABLE IF NOT EXISTS topics
(
  tenant_id LowCardinality(String),
  project_id LowCardinality(String),
  embedder LowCardinality(String),
  topic_id String CODEC(ZSTD(1)),
  name String CODEC(ZSTD(1)),
  -- Words that are more frequent in this topic than in the others, the most distinguishing first.
  words Array(String) CODEC(ZSTD(1)),
  -- `words` or `judge`.
  named_by LowCardinality(String),
  born_at DateTime64(3, 'UTC'),
  made_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(made_at)
ORDER BY (tenant_id, project_id, embedder, topic_id);

-- One row a project and embedding model, replaced as a whole, so that centroids, thresholds and centre always belong together.
CREATE TABLE IF NOT EXISTS topic_models
(
  tenant_id LowCardinality(String),
  project_id LowCardinality(String),
  embedder LowCardinality(String),
  topic_ids Array(String),
  -- The mean of all vectors; it is taken away before vectors are compared with centroids.
  center Array(Float32) CODEC(NONE),
  -- The mean direction of the vectors of each topic, with the centre.
  means Array(Array(Float32)) CODEC(NONE),
  -- The least similarity to its centroid with which a vector belongs to a topic.
  thresholds Array(Float32),
  -- The mean similarity of the vectors of a topic to its centroid.
  cohesions Array(Float32),
  -- The similarity from which on two vectors are near duplicates.
  duplicate_threshold Float32,
  -- How many vectors the window had when the clusters were made, and when that was.
  vectors UInt64,
  clustered_at DateTime64(3, 'UTC'),
  made_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(made_at)
ORDER BY (tenant_id, project_id, embedder);

CREATE TABLE IF NOT EXISTS topic_assignments
(
  tenant_id LowCardinality(String),
  project_id LowCardinality(String),
  embedder LowCardinality(String),
  day Date,
  trace_id String CODEC(ZSTD(1)),
  event_id String CODEC(ZSTD(1)),
  at DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  environment LowCardinality(String),
  model LowCardinality(String),
  route LowCardinality(String),
  -- Empty where no topic is near enough.
  topic_id String CODEC(ZSTD(1)),
  -- Of the vector and the centroid, the centre taken away.
  similarity Float32,
  -- How many traces the sampled one stands for.
  weight Float32,
  -- Of the trace, when it was assigned.
  cost_usd Float64,
  has_error UInt8,
  has_signal UInt8,
  -- The first event of those that say nearly the same; its own id for an event that is like none before.
  duplicate_group String CODEC(ZSTD(1)),
  duplicate_similarity Float32,
  -- Of the vector: what was embedded later is still to be assigned.
  embedded_at DateTime64(3, 'UTC'),
  assigned_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(assigned_at)
PARTITION BY toYYYYMM(day)
ORDER BY (tenant_id, project_id, embedder, day, event_id)
SETTINGS ttl_only_drop_parts = 1;
