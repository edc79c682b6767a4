-- Scores on their way into the log of an instance, from where exporters that pass scores on get them.

-- When an instance with such an exporter was last there. Without one nothing waits here.
CREATE TABLE score_readers (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  seen_at timestamptz NOT NULL
);
INSERT INTO score_readers (seen_at) VALUES ('-infinity');
GRANT SELECT ON score_readers TO observa_app;
GRANT SELECT, UPDATE ON score_readers TO observa_exporter;

-- The newest state of each changed score.
CREATE TABLE score_changes (
  tenant_id text NOT NULL,
  project_id text NOT NULL,
  score_id text NOT NULL,
  score jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, project_id, score_id)
);
CREATE INDEX score_changes_by_time ON score_changes (created_at);

ALTER TABLE score_changes ENABLE ROW LEVEL SECURITY;
ALTER TABLE score_changes FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON score_changes TO observa_app
  USING (tenant_id = nullif(current_setting('observa.tenant_id', true), ''))
  WITH CHECK (tenant_id = nullif(current_setting('observa.tenant_id', true), ''));
CREATE POLICY exporter ON score_changes TO observa_exporter USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON score_changes TO observa_app, observa_exporter;

-- Rows that retention removes are old, and consumers have an end of their own for them; what a person or a deletion of a tenant
-- removes, they are told.
CREATE FUNCTION score_changed() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  s scores%ROWTYPE;
  is_read boolean := EXISTS (SELECT FROM score_readers WHERE seen_at > now() - interval '1 day');
BEGIN
  IF TG_OP = 'DELETE' THEN
    s := OLD;
    is_read := is_read AND current_user = 'observa_app';
    IF NOT is_read THEN
      DELETE FROM score_changes AS c
        WHERE (c.tenant_id, c.project_id, c.score_id) = (s.tenant_id, s.project_id, s.score_id);
      RETURN NULL;
    END IF;
  ELSE
    s := NEW;
    IF NOT is_read OR (TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW) THEN
      RETURN NULL;
    END IF;
  END IF;
  INSERT INTO score_changes (tenant_id, project_id, score_id, score)
    VALUES (s.tenant_id, s.project_id, s.score_id,
      jsonb_build_object('score_id', s.score_id, 'tenant_id', s.tenant_id, 'project_id', s.project_id, 'trace_id', s.trace_id,
        'span_id', s.span_id, 'changed_at', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'deleted', TG_OP = 'DELETE') ||
      CASE WHEN TG_OP = 'DELETE' THEN '{}'::jsonb ELSE
        jsonb_build_object('name', s.name,
          'value', coalesce(to_jsonb(s.number_value), to_jsonb(s.text_value), to_jsonb(s.boolean_value)), 'comment', s.comment,
          'source', s.source, 'author', s.author, 'at', to_char(s.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')) END)
    ON CONFLICT (tenant_id, project_id, score_id) DO UPDATE SET score = excluded.score, created_at = now();
  RETURN NULL;
END
$$;
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON scores FOR EACH ROW EXECUTE FUNCTION score_changed();
