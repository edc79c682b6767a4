-- The control plane: tenants and their projects, people and what they may do, keys, and the record of who changed what.
--
-- Ids of tenants and projects are opaque texts, so that `default` and the names that keys in a configuration use keep
-- their history; new ones are UUIDs. Telemetry names tenants without a foreign key: it is never held up by this.

CREATE TABLE tenants (
  tenant_id text PRIMARY KEY CHECK (tenant_id ~ '^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}$'),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE projects (
  tenant_id text NOT NULL REFERENCES tenants ON DELETE CASCADE,
  project_id text NOT NULL CHECK (project_id ~ '^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}$'),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  -- Its keys are refused from then on; what it sent stays until its retention has passed.
  archived_at timestamptz,
  PRIMARY KEY (tenant_id, project_id)
);

CREATE TABLE environments (
  tenant_id text NOT NULL,
  project_id text NOT NULL,
  environment text NOT NULL CHECK (environment ~ '^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$'),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, project_id, environment),
  FOREIGN KEY (tenant_id, project_id) REFERENCES projects ON DELETE CASCADE
);

-- A person, who may belong to several tenants.
CREATE TABLE users (
  user_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  email text NOT NULL CHECK (email ~ '^[^@\s]+@[^@\s]+$' AND length(email) <= 254),
  name text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  disabled_at timestamptz
);
CREATE UNIQUE INDEX users_by_email ON users (lower(email));

CREATE TABLE members (
  tenant_id text NOT NULL REFERENCES tenants ON DELETE CASCADE,
  user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  role text NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'viewer')),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, user_id)
);
CREATE INDEX members_by_user ON members (user_id);

-- Where a member has another role in one project than in the tenant; `none` shuts the member out of it.
CREATE TABLE project_roles (
  tenant_id text NOT NULL,
  project_id text NOT NULL,
  user_id uuid NOT NULL,
  role text NOT NULL CHECK (role IN ('admin', 'member', 'viewer', 'none')),
  PRIMARY KEY (tenant_id, project_id, user_id),
  FOREIGN KEY (tenant_id, project_id) REFERENCES projects ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, user_id) REFERENCES members ON DELETE CASCADE
);

CREATE TABLE api_keys (
  -- What may be shown of a key: kind, mode and eight characters.
  key_id text PRIMARY KEY CHECK (key_id ~ '^(sk|pk)_(live|test)_[0-9A-Za-z]{8}$'),
  tenant_id text NOT NULL,
  project_id text NOT NULL,
  environment text,
  name text CHECK (length(name) <= 200),
  -- HMAC-SHA-256 of the key with the pepper, or SHA-256 without one.
  digest bytea NOT NULL CHECK (length(digest) = 32),
  is_peppered boolean NOT NULL,
  last4 text NOT NULL CHECK (length(last4) = 4),
  scopes text[] NOT NULL CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY['ingest', 'query', 'admin']),
  origins text[] NOT NULL DEFAULT '{}',
  -- The key that this one is to replace.
  rotated_from text,
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL,
  expires_at timestamptz,
  revoked_at timestamptz,
  -- Written once a minute at most.
  last_used_at timestamptz,
  revision bigint NOT NULL,
  FOREIGN KEY (tenant_id, project_id) REFERENCES projects ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, project_id, environment) REFERENCES environments,
  CHECK (key_id NOT LIKE 'pk%' OR (scopes = ARRAY['ingest'] AND cardinality(origins) > 0))
);
CREATE INDEX api_keys_by_project ON api_keys (tenant_id, project_id, created_at DESC, key_id DESC);
CREATE INDEX api_keys_by_revision ON api_keys (revision);

-- Every change that instances must know of within seconds counts up here. The row stays locked until the change is
-- committed, so changes become visible in the order of their numbers, and who has seen one has seen all before it.
CREATE TABLE control_revision (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  revision bigint NOT NULL,
  -- The last one that cannot be told by rows, because rows went: everything is read anew.
  reload_at bigint NOT NULL
);
INSERT INTO control_revision (revision, reload_at) VALUES (1, 1);

-- A notice wakes listeners; it is sent for these rare changes alone, since it takes a lock of the whole server.
CREATE FUNCTION control_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  UPDATE control_revision SET revision = revision + 1 RETURNING revision INTO NEW.revision;
  PERFORM pg_notify('observa_control', NEW.revision::text);
  RETURN NEW;
END
$$;
CREATE FUNCTION control_removed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  UPDATE control_revision SET revision = revision + 1, reload_at = revision + 1;
  PERFORM pg_notify('observa_control', '');
  RETURN NULL;
END
$$;
-- A key of an archived project is refused: its rows change with the project.
CREATE FUNCTION project_archived() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  UPDATE control_revision SET revision = revision + 1, reload_at = revision + 1;
  PERFORM pg_notify('observa_control', '');
  RETURN NEW;
END
$$;

CREATE TRIGGER changed BEFORE INSERT OR UPDATE OF digest, is_peppered, tenant_id, project_id, environment, scopes, origins,
  expires_at, revoked_at ON api_keys FOR EACH ROW EXECUTE FUNCTION control_changed();
CREATE TRIGGER removed AFTER DELETE ON api_keys FOR EACH STATEMENT EXECUTE FUNCTION control_removed();
CREATE TRIGGER truncated AFTER TRUNCATE ON api_keys FOR EACH STATEMENT EXECUTE FUNCTION control_removed();
CREATE TRIGGER archived AFTER UPDATE OF archived_at ON projects FOR EACH ROW
  WHEN (OLD.archived_at IS DISTINCT FROM NEW.archived_at) EXECUTE FUNCTION project_archived();

-- Who did what, added to and never changed: no role may update or delete. It outlives what it speaks of.
CREATE TABLE audit_log (
  audit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id text NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  actor_kind text NOT NULL CHECK (actor_kind IN ('user', 'key', 'operator', 'system', 'anonymous')),
  -- Id of the user or key, login of the operator.
  actor text,
  action text NOT NULL,
  resource_kind text NOT NULL,
  resource text,
  outcome text NOT NULL CHECK (outcome IN ('done', 'refused')),
  ip text,
  user_agent text,
  request_id text,
  metadata jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_log_by_time ON audit_log (tenant_id, at DESC);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['tenants', 'projects', 'environments', 'members', 'project_roles', 'api_keys', 'audit_log', 'users']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY control ON %I TO observa_control USING (true) WITH CHECK (true)', name);
    CONTINUE WHEN name = 'users';
    EXECUTE format(
      'CREATE POLICY tenant ON %I TO observa_app USING (tenant_id = nullif(current_setting(''observa.tenant_id'', true), ''''))',
      name);
  END LOOP;
END
$$;
-- A tenant sees the people who are its members, without what they sign in with.
CREATE POLICY tenant ON users FOR SELECT TO observa_app USING (user_id IN (
  SELECT m.user_id FROM members m WHERE m.tenant_id = nullif(current_setting('observa.tenant_id', true), '')));

GRANT SELECT, INSERT, UPDATE, DELETE ON tenants, projects, environments, users, members, project_roles, api_keys TO observa_control;
GRANT SELECT ON control_revision TO observa_control;
GRANT SELECT, INSERT ON audit_log TO observa_control, observa_app;

GRANT SELECT ON tenants, environments TO observa_app;
GRANT UPDATE (name, updated_at) ON tenants TO observa_app;
GRANT SELECT, INSERT ON projects, environments TO observa_app;
GRANT UPDATE (name, updated_at, archived_at) ON projects TO observa_app;
GRANT SELECT (user_id, email, name, created_at, disabled_at) ON users TO observa_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON members, project_roles TO observa_app;
-- Never the digest.
GRANT SELECT (key_id, tenant_id, project_id, environment, name, is_peppered, last4, scopes, origins, rotated_from, created_at,
  created_by, expires_at, revoked_at, last_used_at) ON api_keys TO observa_app;
GRANT INSERT ON api_keys TO observa_app;
GRANT UPDATE (name, expires_at, revoked_at) ON api_keys TO observa_app;
