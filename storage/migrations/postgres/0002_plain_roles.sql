-- Row-level security by role: the API's role sees the tenant of the setting and no other, the exporter's role all of
-- them. Nothing is left that a setting could open: `''` and an unset setting are no tenant.

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['signals', 'trace_summaries', 'conversations', 'sessions', 'end_users', 'usage_daily']
  LOOP
    EXECUTE format('DROP POLICY tenant ON %I', name);
    EXECUTE format(
      'CREATE POLICY tenant ON %I TO observa_app USING (tenant_id = nullif(current_setting(''observa.tenant_id'', true), ''''))',
      name);
    EXECUTE format('CREATE POLICY exporter ON %I TO observa_exporter USING (true) WITH CHECK (true)', name);
    EXECUTE format('GRANT SELECT ON %I TO observa_app', name);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO observa_exporter', name);
  END LOOP;
  -- Before version 15 everybody may use the schema anyway; in a schema of one's own nobody may.
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO observa_app, observa_exporter, observa_control', current_schema());
END
$$;

GRANT SELECT, INSERT, UPDATE ON exporter_cursor TO observa_exporter;
