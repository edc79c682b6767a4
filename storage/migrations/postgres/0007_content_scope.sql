-- Prompts and answers are read with a scope of their own. Keys that could read before go on reading all.

ALTER TABLE api_keys DROP CONSTRAINT IF EXISTS api_keys_scopes_check;
ALTER TABLE api_keys ADD CONSTRAINT api_keys_scopes_check
  CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY['ingest', 'query', 'content', 'admin']);
-- The owner of the table sees the rows of all tenants for this one statement.
ALTER TABLE api_keys NO FORCE ROW LEVEL SECURITY;
UPDATE api_keys SET scopes = array_append(scopes, 'content') WHERE 'query' = ANY (scopes);
ALTER TABLE api_keys FORCE ROW LEVEL SECURITY;
