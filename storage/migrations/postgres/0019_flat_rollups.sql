-- Rows that change with every batch stay flat: no index contains a value that changes with every update, so that an update
-- stays in its page (HOT), and pages keep room for it. Lists by time use the hour of the last event, which changes once an
-- hour at most, and sort by the exact time within it (docs/decisions/0015-flat-rollups.md).
--
-- Generated columns: a version of Observa that does not know them goes on writing these tables.

DROP INDEX conversations_by_time;
DROP INDEX conversations_by_session;
DROP INDEX conversations_by_user;
DROP INDEX sessions_by_time;
DROP INDEX sessions_by_user;
DROP INDEX end_users_by_time;
DROP INDEX issues_by_time;

-- Before the columns, because these rewrite the tables with the new share of free space.
ALTER TABLE conversations SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
ALTER TABLE sessions SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
ALTER TABLE end_users SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
-- Few rows, each changed by almost every batch.
ALTER TABLE usage_daily SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
ALTER TABLE usage_by_agent SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
ALTER TABLE exporter_cursor SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
ALTER TABLE issues SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
-- A trace is written once and changed a few times soon after.
ALTER TABLE trace_summaries SET (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.1);

ALTER TABLE conversations ADD COLUMN last_hour timestamptz NOT NULL
  GENERATED ALWAYS AS (date_bin('1 hour', last_at, '2000-01-01 00:00:00+00')) STORED;
ALTER TABLE sessions ADD COLUMN last_hour timestamptz NOT NULL
  GENERATED ALWAYS AS (date_bin('1 hour', last_at, '2000-01-01 00:00:00+00')) STORED;
ALTER TABLE end_users ADD COLUMN last_hour timestamptz NOT NULL
  GENERATED ALWAYS AS (date_bin('1 hour', last_at, '2000-01-01 00:00:00+00')) STORED;
ALTER TABLE issues ADD COLUMN last_hour timestamptz NOT NULL
  GENERATED ALWAYS AS (date_bin('1 hour', last_seen, '2000-01-01 00:00:00+00')) STORED;

CREATE INDEX conversations_by_hour ON conversations (tenant_id, project_id, last_hour DESC);
CREATE INDEX conversations_by_session ON conversations (tenant_id, project_id, session_id, last_hour DESC) WHERE session_id IS NOT NULL;
CREATE INDEX conversations_by_user ON conversations (tenant_id, project_id, user_id, last_hour DESC) WHERE user_id IS NOT NULL;
CREATE INDEX sessions_by_hour ON sessions (tenant_id, project_id, last_hour DESC);
CREATE INDEX sessions_by_user ON sessions (tenant_id, project_id, user_id, last_hour DESC) WHERE user_id IS NOT NULL;
CREATE INDEX end_users_by_hour ON end_users (tenant_id, project_id, last_hour DESC);
CREATE INDEX issues_by_hour ON issues (tenant_id, project_id, last_hour DESC);
-- Signals find their issue by it.
CREATE INDEX issues_by_fingerprint ON issues (tenant_id, project_id, fingerprint);
