-- Events that the row of their trace cannot tell: those without a trace, those of a trace beyond its 2048, and revised ones.
-- Several instances share a database, so that only here one can see that another has counted an event or revised it.

CREATE TABLE counted_events (
  tenant_id text NOT NULL,
  project_id text NOT NULL,
  -- '' for an event without a trace.
  trace_id text NOT NULL,
  -- First 53 bits of the event id, as in trace_summaries.seen.
  event bigint NOT NULL,
  -- Number of the last revision, and the usage that the event adds to the sums since; null until it is revised.
  revision integer,
  usage double precision[],
  -- Cursor of the exporter that revised it last: its next revision is later, whatever its number.
  revised_by text,
  counted_on date NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')::date,
  PRIMARY KEY (tenant_id, project_id, trace_id, event)
);
-- Old rows are deleted by day.
CREATE INDEX counted_events_by_day ON counted_events (counted_on);

ALTER TABLE counted_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE counted_events FORCE ROW LEVEL SECURITY;
CREATE POLICY exporter ON counted_events TO observa_exporter USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON counted_events TO observa_exporter;
