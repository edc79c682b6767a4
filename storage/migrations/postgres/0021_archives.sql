-- What is written to an archive before retention removes it, what is there, and what is to come back.

ALTER TABLE retention_policies ADD COLUMN archive text[] CHECK (archive <@ ARRAY['content', 'events', 'signals']);
ALTER TABLE retention_defaults ADD COLUMN archive text[];

-- A list for people: the manifests in the archive are what holds.
CREATE TABLE archive_units (
  tenant_id text NOT NULL REFERENCES tenants ON DELETE CASCADE,
  project_id text NOT NULL,
  class text NOT NULL CHECK (class IN ('content', 'events', 'signals')),
  -- Of receipt in ClickHouse, of the data itself in Postgres; UTC.
  day date NOT NULL,
  files integer NOT NULL,
  rows bigint NOT NULL,
  bytes bigint NOT NULL,
  -- The directory or URL, without credentials.
  place text NOT NULL,
  written_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, project_id, class, day)
);

CREATE TABLE archive_restores (
  tenant_id text NOT NULL REFERENCES tenants ON DELETE CASCADE,
  restore_id uuid NOT NULL DEFAULT gen_random_uuid(),
  project_id text NOT NULL,
  class text NOT NULL CHECK (class IN ('content', 'events', 'signals')),
  from_day date NOT NULL,
  to_day date NOT NULL,
  keep_days integer NOT NULL CHECK (keep_days BETWEEN 1 AND 3650),
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'failed')),
  units integer NOT NULL DEFAULT 0,
  rows bigint NOT NULL DEFAULT 0,
  error_code text,
  requested_by text NOT NULL,
  requested_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  -- Until then retention leaves these days alone. Set before the first row comes back.
  kept_until timestamptz,
  PRIMARY KEY (tenant_id, restore_id),
  CHECK (from_day <= to_day)
);
CREATE INDEX archive_restores_by_time ON archive_restores (tenant_id, requested_at DESC, restore_id DESC);
CREATE INDEX archive_restores_open ON archive_restores (requested_at) WHERE state = 'waiting';

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['archive_units', 'archive_restores']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY control ON %I TO observa_control USING (true) WITH CHECK (true)', name);
    EXECUTE format(
      'CREATE POLICY tenant ON %I TO observa_app USING (tenant_id = nullif(current_setting(''observa.tenant_id'', true), ''''))',
      name);
  END LOOP;
END
$$;
GRANT SELECT, INSERT, UPDATE, DELETE ON archive_units, archive_restores TO observa_control;
GRANT SELECT ON archive_units TO observa_app;
GRANT SELECT, INSERT ON archive_restores TO observa_app;
