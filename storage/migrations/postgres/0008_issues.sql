-- Issues: the groups of signals with one fingerprint, with a state that people change. Counts come in the transaction that stores
-- the signals, from signals that are new, so a replay changes nothing.

ALTER TABLE signals ADD COLUMN fingerprint text;
ALTER TABLE signals ADD COLUMN cost_usd double precision;
CREATE INDEX signals_by_fingerprint ON signals (tenant_id, project_id, fingerprint, at DESC, signal_id DESC) WHERE fingerprint IS NOT NULL;

CREATE TABLE issues (
  tenant_id text NOT NULL,
  project_id text NOT NULL,
  -- Of the fingerprint: an issue has the same id on every instance.
  issue_id text NOT NULL,
  fingerprint text NOT NULL,
  type text NOT NULL,
  severity text NOT NULL CHECK (severity IN ('high', 'medium', 'low')),
  title text NOT NULL,
  status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'acknowledged', 'snoozed', 'resolved', 'ignored')),
  substatus text CHECK (substatus IN ('new', 'ongoing', 'escalating', 'regressed')),
  count bigint NOT NULL,
  first_seen timestamptz NOT NULL,
  last_seen timestamptz NOT NULL,
  traces bigint NOT NULL DEFAULT 0,
  users bigint NOT NULL DEFAULT 0,
  cost_usd double precision NOT NULL DEFAULT 0,
  environment text,
  rule text NOT NULL,
  -- Of the newest occurrence.
  evidence jsonb NOT NULL,
  trace_id text,
  assignee text,
  -- Since when the status is what it is, by the time of the change; an occurrence before does not open a resolved issue again.
  status_at timestamptz NOT NULL DEFAULT now(),
  -- Until when an issue is snoozed: a time, a count of occurrences, or a rate that is so much higher.
  until_at timestamptz,
  until_count bigint,
  until_rate double precision,
  -- Occurrences an hour in the day before it was snoozed.
  snoozed_rate double precision,
  snoozed_count bigint,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, project_id, issue_id)
);
CREATE INDEX issues_by_time ON issues (tenant_id, project_id, last_seen DESC, issue_id DESC);

-- Which traces and users an issue concerns: each counts once.
CREATE TABLE issue_affected (
  tenant_id text NOT NULL,
  project_id text NOT NULL,
  issue_id text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('trace', 'user')),
  id text NOT NULL,
  PRIMARY KEY (tenant_id, project_id, issue_id, kind, id)
);

-- Who changed or said what. Append-only for the API.
CREATE TABLE issue_history (
  tenant_id text NOT NULL,
  project_id text NOT NULL,
  issue_id text NOT NULL,
  entry bigint GENERATED ALWAYS AS IDENTITY,
  at timestamptz NOT NULL DEFAULT now(),
  actor text NOT NULL,
  action text NOT NULL CHECK (action IN ('status', 'assignee', 'comment', 'regressed', 'unsnoozed')),
  before text,
  after text,
  note text CHECK (length(note) <= 10000),
  PRIMARY KEY (tenant_id, project_id, issue_id, entry)
);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['issues', 'issue_affected', 'issue_history']
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
GRANT UPDATE (status, substatus, assignee, status_at, until_at, until_count, until_rate, snoozed_rate, snoozed_count, updated_at) ON issues TO observa_app;
GRANT INSERT ON issue_history TO observa_app;
