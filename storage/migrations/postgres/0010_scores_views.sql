-- What people and programs say about traces, lists that people keep, and answers to changes that were asked for with an
-- Idempotency-Key.

CREATE TABLE scores (
  tenant_id text NOT NULL,
  project_id text NOT NULL,
  score_id text NOT NULL,
  trace_id text NOT NULL CHECK (trace_id ~ '^[0-9a-f]{32}$'),
  span_id text CHECK (span_id ~ '^[0-9a-f]{16}$'),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
  -- One of these three.
  number_value double precision,
  text_value text CHECK (length(text_value) <= 10000),
  boolean_value boolean,
  comment text CHECK (length(comment) <= 10000),
  -- Who judged: a person, a program, an end user; a word of the sender.
  source text NOT NULL CHECK (length(source) BETWEEN 1 AND 255),
  author text NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, project_id, score_id),
  CHECK (num_nonnulls(number_value, text_value, boolean_value) = 1)
);
CREATE INDEX scores_by_time ON scores (tenant_id, project_id, at DESC, score_id DESC);
CREATE INDEX scores_by_name ON scores (tenant_id, project_id, name, at DESC, score_id DESC);
CREATE INDEX scores_by_trace ON scores (tenant_id, project_id, trace_id, at DESC, score_id DESC);

CREATE TABLE saved_views (
  tenant_id text NOT NULL,
  project_id text NOT NULL,
  view_id text NOT NULL,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
  -- The list, such as `traces`.
  page text NOT NULL CHECK (length(page) BETWEEN 1 AND 64),
  -- Its filters, order and columns by name, as they stand in an address.
  query jsonb NOT NULL CHECK (pg_column_size(query) <= 16384),
  owner text NOT NULL,
  is_shared boolean NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, project_id, view_id)
);
CREATE INDEX saved_views_by_time ON saved_views (tenant_id, project_id, created_at DESC, view_id DESC);

-- Answers are kept for a day. Neither the key of the client nor an answer that shows a credential is stored.
CREATE TABLE idempotent_requests (
  tenant_id text NOT NULL,
  caller text NOT NULL,
  key_hash text NOT NULL,
  request_hash text NOT NULL,
  -- Null while the request is being worked.
  status integer,
  -- Null as well when it must not be kept.
  answer jsonb,
  begun_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, caller, key_hash)
);
CREATE INDEX idempotent_requests_by_time ON idempotent_requests (tenant_id, begun_at);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['scores', 'saved_views', 'idempotent_requests']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY tenant ON %I TO observa_app USING (tenant_id = nullif(current_setting(''observa.tenant_id'', true), ''''))',
      name);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO observa_app', name);
  END LOOP;
END
$$;
