-- How long what is stored is kept, by class of data: for a project, for all projects of a tenant ('' as the project), and for the
-- instances as their configuration says. Null says nothing, so that the next of them decides; without any, it is kept.

CREATE TABLE retention_policies (
  tenant_id text NOT NULL REFERENCES tenants ON DELETE CASCADE,
  project_id text NOT NULL,
  content_days integer CHECK (content_days > 0),
  events_days integer CHECK (events_days > 0),
  figures_days integer CHECK (figures_days > 0),
  signals_days integer CHECK (signals_days > 0),
  metrics_days integer CHECK (metrics_days > 0),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, project_id)
);
ALTER TABLE retention_policies ENABLE ROW LEVEL SECURITY;
ALTER TABLE retention_policies FORCE ROW LEVEL SECURITY;
CREATE POLICY control ON retention_policies TO observa_control USING (true) WITH CHECK (true);
CREATE POLICY tenant ON retention_policies TO observa_app USING (tenant_id = nullif(current_setting('observa.tenant_id', true), ''));
GRANT SELECT, INSERT, UPDATE, DELETE ON retention_policies TO observa_control, observa_app;

CREATE TABLE retention_defaults (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  content_days integer,
  events_days integer,
  figures_days integer,
  signals_days integer,
  metrics_days integer
);
GRANT SELECT, INSERT, UPDATE ON retention_defaults TO observa_control;
GRANT SELECT ON retention_defaults TO observa_app;
