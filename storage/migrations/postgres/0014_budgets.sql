-- Budgets tell, quotas refuse. Both read what the exporter has counted: the usage of a day by model, that of an agent, and the sums of
-- a user's traces.

CREATE TABLE budgets (
  tenant_id text NOT NULL REFERENCES tenants ON DELETE CASCADE,
  budget_id text NOT NULL,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  scope text NOT NULL CHECK (scope IN ('tenant', 'project', 'user', 'agent', 'model')),
  -- Of one project, or of all.
  project_id text,
  -- The user, agent or model; null: each of them has this budget.
  subject text,
  unit text NOT NULL CHECK (unit IN ('usd', 'tokens')),
  amount double precision NOT NULL CHECK (amount > 0),
  -- Of the calendar, UTC; a week begins on Monday.
  per text NOT NULL CHECK (per IN ('day', 'week', 'month')),
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, budget_id),
  FOREIGN KEY (tenant_id, project_id) REFERENCES projects ON DELETE CASCADE,
  CHECK (scope <> 'project' OR project_id IS NOT NULL)
);

-- One for each budget, subject, window and share, so that each is told once.
CREATE TABLE budget_notices (
  tenant_id text NOT NULL,
  budget_id text NOT NULL,
  subject text NOT NULL,
  window_start date NOT NULL,
  percent integer NOT NULL CHECK (percent IN (80, 95, 100)),
  used double precision NOT NULL,
  amount double precision NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, budget_id, subject, window_start, percent),
  FOREIGN KEY (tenant_id, budget_id) REFERENCES budgets ON DELETE CASCADE
);

CREATE TABLE usage_by_agent (
  tenant_id text NOT NULL,
  project_id text NOT NULL,
  day date NOT NULL,
  agent text NOT NULL,
  total_tokens bigint NOT NULL,
  cost_usd double precision NOT NULL,
  PRIMARY KEY (tenant_id, project_id, day, agent)
);

ALTER TABLE quota_notices ADD COLUMN told_at timestamptz;

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['budgets', 'budget_notices', 'usage_by_agent']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY tenant ON %I TO observa_app USING (tenant_id = nullif(current_setting(''observa.tenant_id'', true), ''''))',
      name);
    EXECUTE format('GRANT SELECT ON %I TO observa_app', name);
  END LOOP;
  FOREACH name IN ARRAY ARRAY['budgets', 'budget_notices']
  LOOP
    EXECUTE format('CREATE POLICY control ON %I TO observa_control USING (true) WITH CHECK (true)', name);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO observa_control', name);
  END LOOP;
END
$$;
GRANT INSERT, UPDATE, DELETE ON budgets TO observa_app;
CREATE POLICY exporter ON usage_by_agent TO observa_exporter USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON usage_by_agent TO observa_exporter;
