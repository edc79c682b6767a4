-- Quotas of projects: limits that people set, what was counted in each month, and what instances hold to spend.
--
-- For every project: counted + all leases <= limit, whenever a lease is granted. What an instance accepted stays in its lease
-- until the exporter has counted it, so nothing is counted nowhere in between, and a crash can only leave too much reserved.

CREATE TABLE project_quotas (
  tenant_id text NOT NULL,
  project_id text NOT NULL,
  events_per_month bigint CHECK (events_per_month >= 0),
  bytes_per_month bigint CHECK (bytes_per_month >= 0),
  usd_per_month double precision CHECK (usd_per_month >= 0),
  events_per_second integer CHECK (events_per_second > 0),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, project_id),
  FOREIGN KEY (tenant_id, project_id) REFERENCES projects ON DELETE CASCADE
);
-- Instances hold the limits in memory and are told of a change.
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON project_quotas FOR EACH STATEMENT EXECUTE FUNCTION sessions_changed();
ALTER TABLE project_quotas ENABLE ROW LEVEL SECURITY;
ALTER TABLE project_quotas FORCE ROW LEVEL SECURITY;
CREATE POLICY control ON project_quotas TO observa_control USING (true) WITH CHECK (true);
CREATE POLICY tenant ON project_quotas TO observa_app USING (tenant_id = nullif(current_setting('observa.tenant_id', true), ''));
GRANT SELECT, INSERT, UPDATE, DELETE ON project_quotas TO observa_control, observa_app;

-- Distinct events that were stored in a month (UTC), their cost, and the bytes that were accepted.
CREATE TABLE project_usage (
  tenant_id text NOT NULL,
  project_id text NOT NULL,
  month date NOT NULL,
  events bigint NOT NULL DEFAULT 0,
  bytes bigint NOT NULL DEFAULT 0,
  cost_usd double precision NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, project_id, month)
);

CREATE TABLE quota_leases (
  tenant_id text NOT NULL,
  project_id text NOT NULL,
  -- A log and one life of the process that writes it.
  instance text NOT NULL,
  life text NOT NULL,
  events bigint NOT NULL CHECK (events >= 0),
  bytes bigint NOT NULL CHECK (bytes >= 0),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, project_id, instance, life)
);

-- One for each limit, share and month, to be delivered once.
CREATE TABLE quota_notices (
  tenant_id text NOT NULL,
  project_id text NOT NULL,
  month date NOT NULL,
  quota text NOT NULL CHECK (quota IN ('events', 'bytes', 'usd')),
  percent integer NOT NULL CHECK (percent IN (80, 95, 100)),
  used double precision NOT NULL,
  quota_limit double precision NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, project_id, month, quota, percent)
);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['project_usage', 'quota_leases', 'quota_notices']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY tenant ON %I TO observa_app USING (tenant_id = nullif(current_setting(''observa.tenant_id'', true), ''''))',
      name);
    EXECUTE format('CREATE POLICY exporter ON %I TO observa_exporter USING (true) WITH CHECK (true)', name);
    EXECUTE format('GRANT SELECT ON %I TO observa_app', name);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO observa_exporter', name);
  END LOOP;
END
$$;
