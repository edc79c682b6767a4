-- People at an OpenID provider: who signed in there is found by issuer and subject, which never change, and not by address.

CREATE TABLE user_identities (
  issuer text NOT NULL CHECK (length(issuer) <= 2048),
  subject text NOT NULL CHECK (length(subject) BETWEEN 1 AND 255),
  user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  last_login_at timestamptz,
  PRIMARY KEY (issuer, subject)
);
-- A second person of the provider with the address of the first does not get their account.
CREATE UNIQUE INDEX user_identities_by_user ON user_identities (user_id, issuer);

ALTER TABLE user_identities ENABLE ROW LEVEL SECURITY;
ALTER TABLE user_identities FORCE ROW LEVEL SECURITY;
CREATE POLICY control ON user_identities TO observa_control USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON user_identities TO observa_control;
