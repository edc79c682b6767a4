-- Notifications: where issues are told to, what keeps quiet, what is to be told, and what was told.
--
-- What happens to an issue is noted by a trigger in the transaction in which it happens, so nothing is lost by a kill and nothing is
-- told of what was rolled back. What counts is the state of the issue when the note is read.

CREATE TABLE notification_targets (
  tenant_id text NOT NULL REFERENCES tenants ON DELETE CASCADE,
  target_id text NOT NULL,
  -- Of one project, or of all.
  project_id text,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  kind text NOT NULL CHECK (kind IN ('email', 'webhook', 'slack', 'alertmanager_webhook', 'alertmanager', 'pagerduty')),
  settings jsonb NOT NULL,
  -- Keys and URLs that are keys. Nobody but the sender reads them.
  secrets jsonb NOT NULL DEFAULT '{}',
  filter jsonb NOT NULL DEFAULT '{}',
  timing jsonb NOT NULL DEFAULT '{}',
  is_enabled boolean NOT NULL DEFAULT true,
  disabled_reason text,
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, target_id),
  FOREIGN KEY (tenant_id, project_id) REFERENCES projects ON DELETE CASCADE
);

CREATE TABLE mutes (
  tenant_id text NOT NULL REFERENCES tenants ON DELETE CASCADE,
  mute_id text NOT NULL,
  project_id text,
  -- Labels with the values that are muted; all of them must fit.
  matchers jsonb NOT NULL,
  starts_at timestamptz NOT NULL,
  ends_at timestamptz,
  -- Hours of the week in which it holds; null: always.
  windows jsonb,
  time_zone text NOT NULL DEFAULT 'UTC',
  reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 1000),
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL,
  PRIMARY KEY (tenant_id, mute_id),
  FOREIGN KEY (tenant_id, project_id) REFERENCES projects ON DELETE CASCADE,
  CHECK (ends_at IS NULL OR ends_at > starts_at)
);

-- What happened to an issue and was not looked at yet.
CREATE TABLE issue_notices (
  notice_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id text NOT NULL,
  project_id text NOT NULL,
  issue_id text NOT NULL,
  change text NOT NULL CHECK (change IN ('opened', 'regressed', 'escalating', 'reopened', 'worse', 'acknowledged', 'resolved', 'quieted')),
  at timestamptz NOT NULL DEFAULT now()
);

-- Issues that are told together, for each target.
CREATE TABLE notification_groups (
  tenant_id text NOT NULL,
  target_id text NOT NULL,
  group_key text NOT NULL,
  labels jsonb NOT NULL,
  -- When something is to be told; null when there is nothing.
  due_at timestamptz,
  last_told_at timestamptz,
  PRIMARY KEY (tenant_id, target_id, group_key),
  FOREIGN KEY (tenant_id, target_id) REFERENCES notification_targets ON DELETE CASCADE
);
CREATE INDEX notification_groups_due ON notification_groups (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX notification_groups_told ON notification_groups (last_told_at) WHERE due_at IS NULL;

CREATE TABLE notification_members (
  tenant_id text NOT NULL,
  target_id text NOT NULL,
  group_key text NOT NULL,
  project_id text NOT NULL,
  issue_id text NOT NULL,
  -- What is to be told, and what was.
  pending text,
  told text CHECK (told IN ('firing', 'acknowledged', 'resolved')),
  told_at timestamptz,
  told_last_seen timestamptz,
  PRIMARY KEY (tenant_id, target_id, group_key, project_id, issue_id),
  FOREIGN KEY (tenant_id, target_id, group_key) REFERENCES notification_groups ON DELETE CASCADE
);
CREATE INDEX notification_members_by_issue ON notification_members (tenant_id, project_id, issue_id);

CREATE TABLE notification_deliveries (
  tenant_id text NOT NULL REFERENCES tenants ON DELETE CASCADE,
  -- The receiver gets it as the id of the message, the same one at each try.
  delivery_id text NOT NULL,
  target_id text NOT NULL,
  project_id text,
  group_key text NOT NULL DEFAULT '',
  labels jsonb NOT NULL DEFAULT '{}',
  reason text NOT NULL CHECK (reason IN ('issues', 'repeat', 'digest', 'budget', 'quota', 'test')),
  -- Which issues and why; their state is that of the moment of sending.
  issues jsonb NOT NULL DEFAULT '[]',
  -- Of what is no issue.
  notice jsonb,
  status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'delivered', 'failed', 'cancelled')),
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL DEFAULT now(),
  -- Until then a job for it is under way.
  queued_until timestamptz,
  response_status integer,
  error_code text,
  error text,
  created_at timestamptz NOT NULL DEFAULT now(),
  delivered_at timestamptz,
  PRIMARY KEY (tenant_id, delivery_id)
);
CREATE INDEX notification_deliveries_by_time ON notification_deliveries (tenant_id, created_at DESC, delivery_id DESC);
CREATE INDEX notification_deliveries_pending ON notification_deliveries (next_attempt_at) WHERE status = 'pending';
CREATE INDEX notification_deliveries_by_age ON notification_deliveries (created_at) WHERE status <> 'pending';

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['notification_targets', 'mutes', 'issue_notices', 'notification_groups', 'notification_members',
    'notification_deliveries']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY tenant ON %I TO observa_app USING (tenant_id = nullif(current_setting(''observa.tenant_id'', true), ''''))',
      name);
    EXECUTE format('CREATE POLICY control ON %I TO observa_control USING (true) WITH CHECK (true)', name);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO observa_control', name);
  END LOOP;
END
$$;
CREATE POLICY exporter ON issue_notices FOR INSERT TO observa_exporter WITH CHECK (true);
GRANT INSERT ON issue_notices TO observa_exporter, observa_app;
-- Never the secrets.
GRANT SELECT (tenant_id, target_id, project_id, name, kind, settings, filter, timing, is_enabled, disabled_reason, created_at,
  created_by, updated_at) ON notification_targets TO observa_app;
GRANT INSERT, UPDATE, DELETE ON notification_targets TO observa_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON mutes TO observa_app;
GRANT SELECT, INSERT ON notification_deliveries TO observa_app;
GRANT UPDATE (status, attempts, next_attempt_at, queued_until, error_code, error) ON notification_deliveries TO observa_app;

CREATE FUNCTION issue_noted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  what text;
BEGIN
  IF TG_OP = 'INSERT' THEN
    what := 'opened';
  ELSIF NEW.status IS DISTINCT FROM OLD.status THEN
    what := CASE
      WHEN NEW.status = 'open' AND NEW.substatus = 'regressed' THEN 'regressed'
      WHEN NEW.status = 'open' AND NEW.substatus = 'escalating' THEN 'escalating'
      WHEN NEW.status = 'open' THEN 'reopened'
      WHEN NEW.status = 'acknowledged' THEN 'acknowledged'
      WHEN NEW.status = 'resolved' THEN 'resolved'
      ELSE 'quieted' END;
  ELSIF NEW.status = 'open' AND NEW.substatus = 'escalating' AND OLD.substatus IS DISTINCT FROM 'escalating' THEN
    what := 'escalating';
  ELSIF NEW.status = 'open' AND NEW.severity = 'high' AND OLD.severity <> 'high' THEN
    what := 'worse';
  ELSE
    RETURN NULL;
  END IF;
  INSERT INTO issue_notices (tenant_id, project_id, issue_id, change)
  VALUES (NEW.tenant_id, NEW.project_id, NEW.issue_id, what);
  RETURN NULL;
END
$$;
CREATE TRIGGER noted AFTER INSERT OR UPDATE OF status, substatus, severity ON issues FOR EACH ROW EXECUTE FUNCTION issue_noted();
