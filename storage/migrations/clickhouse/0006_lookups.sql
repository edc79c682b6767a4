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
  changed_at SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
)
ENGINE = AggregatingMergeTree
ORDER BY (tenant_id, project_id, hour)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS event_hours_of_inserts TO event_hours AS
SELECT tenant_id, project_id, toStartOfHour(start_time) AS hour, count() AS inserted,
  countIf(startsWith(ifNull(event_type, ''), 'log:')) AS logs, now64(3) AS changed_at
FROM canonical_events
GROUP BY tenant_id, project_id, hour;

INSERT INTO trace_hours
SELECT tenant_id, project_id, trace_id, min(toStartOfHour(start_time)), max(toStartOfHour(start_time)),
  max(toDateTime(e.received_at, 'UTC'))
FROM canonical_events AS e
GROUP BY tenant_id, project_id, trace_id, toYYYYMM(e.received_at)
SETTINGS max_bytes_before_external_group_by = 268435456, max_execution_time = 3600;

INSERT INTO event_hours
SELECT tenant_id, project_id, toStartOfHour(start_time) AS hour, count(),
  countIf(startsWith(ifNull(event_type, ''), 'log:')), now64(3)
FROM canonical_events
GROUP BY tenant_id, project_id, hour
SETTINGS max_execution_time = 3600;
