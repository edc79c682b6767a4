-- Deletions: who is to be forgotten, how far that is in each store, and what keeps data of theirs out that comes later. Of users,
-- sessions and conversations only digests stay when a deletion is done.

CREATE TABLE deletions (
  tenant_id text NOT NULL,
  deletion_id uuid NOT NULL DEFAULT gen_random_uuid(),
  -- Null: in all projects of the tenant.
  project_id text,
  subject_kind text NOT NULL CHECK (subject_kind IN ('tenant', 'user', 'session', 'conversation', 'trace')),
  -- Only of traces and tenants, whose ids name nobody.
  subject_id text,
  -- What is stored for a user, session or conversation: until the deletion is done, and for no tenant to read.
  forms text[],
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'deleting', 'erasing', 'done', 'failed')),
  -- Where the events are written before they are deleted; null: nowhere.
  archive text,
  -- By store: state, rows before and after.
  stores jsonb NOT NULL DEFAULT '{}',
  proof jsonb,
  error_code text,
  -- How often it was gone through: again when an instance comes back with data of before.
  pass integer NOT NULL DEFAULT 1,
  requested_by text NOT NULL,
  requested_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  -- Until then data of the subject is dropped when it comes.
  keeps_out_until timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, deletion_id)
);
CREATE INDEX deletions_by_time ON deletions (tenant_id, requested_at DESC, deletion_id DESC);
CREATE INDEX deletions_open ON deletions (requested_at) WHERE state NOT IN ('done', 'failed');

-- What is dropped at ingest. `kind` says of which field the digest is; `trace:user` is a trace of a user, of which spans that
-- name no user belong to the deletion.
CREATE TABLE tombstones (
  tenant_id text NOT NULL,
  deletion_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('tenant', 'user', 'session', 'conversation', 'trace', 'trace:user', 'trace:session', 'trace:conversation')),
  -- SHA-256 of kind, tenant, project ('' for all) and stored id.
  digest bytea NOT NULL CHECK (length(digest) = 32),
  keeps_out_until timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, deletion_id, kind, digest),
  FOREIGN KEY (tenant_id, deletion_id) REFERENCES deletions ON DELETE CASCADE
);
CREATE INDEX tombstones_by_time ON tombstones (created_at DESC);

-- The traces that a deletion takes, found before anything is deleted. `is_summed`: they are out of the sums in Postgres.
CREATE TABLE deletion_traces (
  tenant_id text NOT NULL,
  deletion_id uuid NOT NULL,
  project_id text NOT NULL,
  trace_id text NOT NULL,
  is_summed boolean NOT NULL DEFAULT false,
  is_deleted boolean NOT NULL DEFAULT false,
  PRIMARY KEY (tenant_id, deletion_id, project_id, trace_id),
  FOREIGN KEY (tenant_id, deletion_id) REFERENCES deletions ON DELETE CASCADE
);

-- Instances by the id of their log. What an instance has not confirmed may lie in its log still.
CREATE TABLE instances (
  instance text PRIMARY KEY,
  seen_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE deletion_instances (
  deletion_id uuid NOT NULL,
  instance text NOT NULL,
  -- Since then it drops what comes, and all that it took before is in the stores.
  settled_at timestamptz,
  -- Since then neither its log nor its dead letters hold anything.
  erased_at timestamptz,
  letters integer NOT NULL DEFAULT 0,
  PRIMARY KEY (deletion_id, instance)
);

CREATE TRIGGER changed AFTER INSERT OR UPDATE OF state ON deletions FOR EACH STATEMENT EXECUTE FUNCTION sessions_changed();

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['deletions', 'tombstones', 'deletion_traces']
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
GRANT SELECT, INSERT, UPDATE, DELETE ON deletions, tombstones, deletion_traces, instances, deletion_instances TO observa_control;
GRANT SELECT (tenant_id, deletion_id, project_id, subject_kind, subject_id, state, archive, stores, proof, error_code, pass, requested_by,
  requested_at, finished_at, keeps_out_until) ON deletions TO observa_app;
GRANT INSERT ON deletions TO observa_app;
GRANT SELECT, INSERT ON tombstones TO observa_app;
GRANT SELECT ON deletion_traces TO observa_app;
