-- Signing in: passwords, sessions that can be revoked, invitations.

ALTER TABLE users
  -- bcrypt of a digest of the password; null for somebody who has none yet.
  ADD COLUMN password_hash text,
  ADD COLUMN password_changed_at timestamptz,
  ADD COLUMN last_login_at timestamptz;

CREATE TABLE login_sessions (
  session_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  -- SHA-256 of the token.
  token_hash bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz,
  ip text,
  user_agent text
);
CREATE INDEX login_sessions_by_user ON login_sessions (user_id);
CREATE INDEX login_sessions_by_expiry ON login_sessions (expires_at);

CREATE TABLE invitations (
  tenant_id text NOT NULL REFERENCES tenants ON DELETE CASCADE,
  invitation_id uuid NOT NULL DEFAULT gen_random_uuid(),
  email text NOT NULL,
  role text NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'viewer')),
  token_hash bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL,
  expires_at timestamptz NOT NULL,
  accepted_at timestamptz,
  revoked_at timestamptz,
  PRIMARY KEY (tenant_id, invitation_id)
);

-- What instances remember of sessions is forgotten when one ends, a person or a role changes. Keys are not read anew for it.
CREATE FUNCTION sessions_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  UPDATE control_revision SET revision = revision + 1;
  PERFORM pg_notify('observa_control', '');
  RETURN NULL;
END
$$;
CREATE TRIGGER ended AFTER UPDATE OF revoked_at ON login_sessions FOR EACH STATEMENT EXECUTE FUNCTION sessions_changed();
CREATE TRIGGER changed AFTER UPDATE OF disabled_at, password_hash ON users FOR EACH STATEMENT EXECUTE FUNCTION sessions_changed();
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON members FOR EACH STATEMENT EXECUTE FUNCTION sessions_changed();
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON projects FOR EACH STATEMENT EXECUTE FUNCTION sessions_changed();
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON project_roles FOR EACH STATEMENT EXECUTE FUNCTION sessions_changed();

ALTER TABLE login_sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE login_sessions FORCE ROW LEVEL SECURITY;
CREATE POLICY control ON login_sessions TO observa_control USING (true) WITH CHECK (true);
ALTER TABLE invitations ENABLE ROW LEVEL SECURITY;
ALTER TABLE invitations FORCE ROW LEVEL SECURITY;
CREATE POLICY control ON invitations TO observa_control USING (true) WITH CHECK (true);
CREATE POLICY tenant ON invitations TO observa_app USING (tenant_id = nullif(current_setting('observa.tenant_id', true), ''));

GRANT SELECT, INSERT, UPDATE, DELETE ON login_sessions, invitations TO observa_control;
-- The token of an invitation is written by the API and never read by it.
GRANT SELECT (tenant_id, invitation_id, email, role, created_at, created_by, expires_at, accepted_at, revoked_at) ON invitations TO observa_app;
GRANT INSERT ON invitations TO observa_app;
GRANT UPDATE (revoked_at) ON invitations TO observa_app;
