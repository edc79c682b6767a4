-- Keys of the pseudonyms that stand for ids (`[email:4f1c...]`). All instances on this database use the same one, so that a
-- user is one user whichever instance heard of him. Not a tenant's: each tenant's key is derived from these.
CREATE TABLE pseudonym_keys (
  -- Digest of the key; pseudonyms begin with its first digits.
  key_id text PRIMARY KEY,
  -- Null for one that stands in the configuration of the instances.
  key text,
  created_at timestamptz NOT NULL DEFAULT now(),
  -- No longer used for what is new; kept for look-ups in what is stored.
  retired_at timestamptz
);
GRANT SELECT, INSERT, UPDATE, DELETE ON pseudonym_keys TO observa_control;
