-- Tokens with which a person who forgot the password sets a new one, and starting a failed deletion again.

CREATE TABLE password_resets (
  -- Of the job that sends the mail, so that its next try replaces the token and adds none.
  reset_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  -- SHA-256 of the token. The row goes when the token is used or the password changes.
  token_hash bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL
);
CREATE INDEX password_resets_by_user ON password_resets (user_id, created_at);
CREATE INDEX password_resets_by_expiry ON password_resets (expires_at);

ALTER TABLE password_resets ENABLE ROW LEVEL SECURITY;
ALTER TABLE password_resets FORCE ROW LEVEL SECURITY;
CREATE POLICY control ON password_resets TO observa_control USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON password_resets TO observa_control;

GRANT UPDATE (state, error_code, finished_at) ON deletions TO observa_app;
