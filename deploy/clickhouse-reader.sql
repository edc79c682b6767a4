-- A login for the REST API that sees the rows of one tenant at a time, as a second wall behind the conditions of its queries.
-- For a ClickHouse server; run it as an administrator after `observa migrate`, again after every upgrade that adds tables:
--
--     clickhouse-client --database observa --queries-file clickhouse-reader.sql
--     clickhouse-client --query "ALTER USER observa_reader IDENTIFIED WITH sha256_password BY '..' HOST ANY"
--
-- and give the login to the exporter: clickhouse: { url: .., reader: { username: observa_reader, password: "${env:READER_PASSWORD}" } }.
-- The server must allow settings that begin with SQL_, as its own configuration does (`custom_settings_prefixes`).
-- A query without the setting fails; one that names a tenant gets the rows of that tenant, whatever else it asks for.

CREATE SETTINGS PROFILE OR REPLACE observa_reader SETTINGS
  readonly = 2,
  max_execution_time = 20 MAX 60,
  max_memory_usage = 4000000000 MAX 8000000000,
  max_rows_to_read = 2000000000 MAX 10000000000;

-- Nobody can log in with it until it has a password, and a host to come from.
CREATE USER IF NOT EXISTS observa_reader HOST NONE;
ALTER USER observa_reader SETTINGS PROFILE 'observa_reader';

CREATE ROW POLICY OR REPLACE observa_tenant ON canonical_events, signals, metric_points, trace_hours, event_hours, rolled_hours,
  usage_rollup, usage_by_dimension, scores, scored_events, seen_hours, sampled_traces, vectors, topics, topic_models, topic_assignments
  FOR SELECT USING tenant_id = replaceAll(getSetting('SQL_tenant')::String, '''', '') TO observa_reader;

-- With any row policy on a table, a login that none is for sees no row: the exporter and administrators see all.
CREATE ROW POLICY OR REPLACE observa_all ON canonical_events, signals, metric_points, trace_hours, event_hours, rolled_hours,
  usage_rollup, usage_by_dimension, scores, scored_events, seen_hours, sampled_traces, vectors, topics, topic_models, topic_assignments
  FOR SELECT USING 1 TO ALL EXCEPT observa_reader;

-- Tables and views by name, never the whole database: a table that comes later is not seen until it has a policy.
GRANT SELECT ON canonical_events TO observa_reader;
GRANT SELECT ON signals TO observa_reader;
GRANT SELECT ON metric_points TO observa_reader;
GRANT SELECT ON trace_hours TO observa_reader;
GRANT SELECT ON event_hours TO observa_reader;
GRANT SELECT ON rolled_hours TO observa_reader;
GRANT SELECT ON usage_rollup TO observa_reader;
GRANT SELECT ON usage_by_dimension TO observa_reader;
GRANT SELECT ON scores TO observa_reader;
GRANT SELECT ON scored_events TO observa_reader;
GRANT SELECT ON seen_hours TO observa_reader;
GRANT SELECT ON sampled_traces TO observa_reader;
GRANT SELECT ON vectors TO observa_reader;
GRANT SELECT ON topics TO observa_reader;
GRANT SELECT ON topic_models TO observa_reader;
GRANT SELECT ON topic_assignments TO observa_reader;
-- Views read their tables as whoever asks, so the policies hold in them.
GRANT SELECT ON usage_hourly TO observa_reader;
GRANT SELECT ON conversation_totals TO observa_reader;
GRANT SELECT ON session_totals TO observa_reader;
GRANT SELECT ON user_totals TO observa_reader;
