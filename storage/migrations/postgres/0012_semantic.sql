-- What jobs find out about texts: signals on their way into the log, and scores.

-- A signal of a job waits here until an instance has written it into its log, from where all exporters get it.
CREATE TABLE derived_signals (
  tenant_id text NOT NULL,
  project_id text NOT NULL,
  signal_id text NOT NULL,
  signal jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, project_id, signal_id)
);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['derived_signals']
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

-- Jobs show scores beside those that people send.
CREATE POLICY exporter ON scores TO observa_exporter USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON scores TO observa_exporter;
