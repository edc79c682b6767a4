-- Judges: the questions that are asked and why, what they answered, what they may spend, and the spans of their calls.

-- One row a question to a judge: why it is asked and what became of it. What is skipped stays skipped.
CREATE TABLE judge_requests (
  tenant_id text NOT NULL,
  project_id text NOT NULL,
  event_id text NOT NULL,
  rubric text NOT NULL,
  rubric_version integer NOT NULL,
  trace_id text NOT NULL,
  reason text NOT NULL,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'skipped', 'failed')),
  -- Why it was skipped or failed.
  outcome text,
  priority integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz,
  PRIMARY KEY (tenant_id, project_id, event_id, rubric, rubric_version)
);
CREATE INDEX judge_requests_waiting ON judge_requests (tenant_id, priority DESC, created_at) WHERE state = 'waiting';

-- What a judge answered, by the content that it was asked about: the same question is not paid twice.
CREATE TABLE judge_verdicts (
  tenant_id text NOT NULL,
  content_hash text NOT NULL,
  project_id text NOT NULL,
  -- Whose text is quoted in it: it goes with that trace.
  trace_id text NOT NULL,
  rubric text NOT NULL,
  rubric_version integer NOT NULL,
  model text NOT NULL,
  verdict jsonb NOT NULL,
  input_tokens bigint NOT NULL,
  output_tokens bigint NOT NULL,
  cost_usd double precision NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, content_hash)
);
CREATE INDEX judge_verdicts_by_trace ON judge_verdicts (tenant_id, project_id, trace_id);
CREATE INDEX judge_verdicts_by_time ON judge_verdicts (created_at);

-- Money in billionths of a dollar. `reserved` is the worst case of the calls that are under way; reserved and settled together never pass
-- the cap.
CREATE TABLE semantic_spend (
  tenant_id text NOT NULL,
  -- What for: each has a cap of its own.
  budget text NOT NULL,
  day date NOT NULL,
  reserved bigint NOT NULL DEFAULT 0 CHECK (reserved >= 0),
  settled bigint NOT NULL DEFAULT 0 CHECK (settled >= 0),
  calls bigint NOT NULL DEFAULT 0,
  -- Calls whose end nobody saw, settled at the worst case.
  lost bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, budget, day)
);
CREATE TABLE semantic_reservations (
  tenant_id text NOT NULL,
  reservation_id uuid NOT NULL DEFAULT gen_random_uuid(),
  budget text NOT NULL,
  day date NOT NULL,
  -- What the call is for; a second reservation for it means that the first call was not seen to its end.
  purpose text NOT NULL,
  amount bigint NOT NULL CHECK (amount >= 0),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, reservation_id)
);
CREATE INDEX semantic_reservations_by_purpose ON semantic_reservations (tenant_id, purpose);
CREATE INDEX semantic_reservations_by_time ON semantic_reservations (created_at);

-- Calls of models that jobs made, as spans of OTLP, until an instance has taken them in like those of any client.
CREATE TABLE derived_spans (
  tenant_id text NOT NULL,
  project_id text NOT NULL,
  span_id text NOT NULL,
  span jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, project_id, span_id)
);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['derived_spans', 'judge_requests', 'judge_verdicts', 'semantic_spend', 'semantic_reservations']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY tenant ON %I TO observa_app USING (tenant_id = nullif(current_setting(''observa.tenant_id'', true), ''''))',
      name);
    EXECUTE format('CREATE POLICY exporter ON %I TO observa_exporter USING (true) WITH CHECK (true)', name);
    EXECUTE format('GRANT SELECT ON %I TO observa_app', name);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO observa_exporter', name);
  END LOOP;
END
$$;
-- Deletions of a tenant's own.
GRANT INSERT, DELETE ON judge_requests TO observa_app;
GRANT DELETE ON judge_verdicts TO observa_app;
