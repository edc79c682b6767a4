-- What the postgres exporter keeps: signals, and sums by trace, conversation, session, user and day. All sums
-- come in the transaction that moves the exporter's cursor, so a repeated batch adds nothing.
--
-- Row-level security is forced: a session sees the rows of the tenant in `observa.tenant_id` alone, and
-- none without it. The exporter writes for all tenants and says so with '*'.

CREATE TABLE exporter_cursor (
  -- Instance and exporter: several instances may share a database, each with a log of its own.
  exporter text PRIMARY KEY,
  last_sequence bigint NOT NULL,
  batch_id text NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE signals (
  tenant_id text NOT NULL,
  project_id text NOT NULL,
  signal_id text NOT NULL,
  type text NOT NULL,
  severity text NOT NULL CHECK (severity IN ('high', 'medium', 'low')),
  trace_id text NOT NULL,
  span_id text NOT NULL,
  event_id text NOT NULL,
  conversation_id text,
  session_id text,
  user_id text,
  environment text,
  at timestamptz NOT NULL,
  value double precision,
  threshold double precision,
  evidence jsonb NOT NULL,
  rule text NOT NULL,
  status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'acknowledged', 'resolved', 'ignored')),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, project_id, signal_id)
);
CREATE INDEX signals_by_time ON signals (tenant_id, project_id, at DESC, signal_id DESC);
CREATE INDEX signals_by_kind ON signals (tenant_id, project_id, type, severity, at DESC);
CREATE INDEX signals_by_trace ON signals (tenant_id, project_id, trace_id);

CREATE TABLE trace_summaries (
  tenant_id text NOT NULL,
  project_id text NOT NULL,
  trace_id text NOT NULL,
  environment text,
  -- Of the span without a parent, once it has come.
  root_name text,
  root_kind text,
  root_at double precision,
  service_name text,
  user_id text,
  session_id text,
  conversation_id text,
  start_time timestamptz NOT NULL,
  end_time timestamptz NOT NULL,
  spans bigint NOT NULL,
  llm_calls bigint NOT NULL,
  tool_calls bigint NOT NULL,
  errors bigint NOT NULL,
  input_tokens bigint NOT NULL,
  output_tokens bigint NOT NULL,
  total_tokens bigint NOT NULL,
  cache_read_tokens bigint NOT NULL,
  cache_write_tokens bigint NOT NULL,
  reasoning_tokens bigint NOT NULL,
  cost_usd double precision NOT NULL,
  -- Calls with usage and without a price.
  unpriced bigint NOT NULL,
  signals bigint NOT NULL DEFAULT 0,
  high_signals bigint NOT NULL DEFAULT 0,
  kinds text[] NOT NULL,
  models text[] NOT NULL,
  -- First bits of the ids of the events in the sums, at most 2048: an event that comes again adds nothing.
  seen double precision[] NOT NULL,
  -- Sums of the events without a conversation, session or user of their own, where the other columns do not tell them.
  inherited jsonb,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, project_id, trace_id)
);
CREATE INDEX trace_summaries_by_time ON trace_summaries (tenant_id, project_id, start_time DESC, trace_id DESC);
CREATE INDEX trace_summaries_by_user ON trace_summaries (tenant_id, project_id, user_id, start_time DESC) WHERE user_id IS NOT NULL;
CREATE INDEX trace_summaries_by_session ON trace_summaries (tenant_id, project_id, session_id, start_time DESC) WHERE session_id IS NOT NULL;
CREATE INDEX trace_summaries_by_conversation ON trace_summaries (tenant_id, project_id, conversation_id, start_time DESC) WHERE conversation_id IS NOT NULL;

CREATE TABLE conversations (
  tenant_id text NOT NULL,
  project_id text NOT NULL,
  conversation_id text NOT NULL,
  user_id text,
  session_id text,
  first_at timestamptz NOT NULL,
  last_at timestamptz NOT NULL,
  events bigint NOT NULL,
  llm_calls bigint NOT NULL,
  errors bigint NOT NULL,
  -- Highest position a client gave, plus one; null when none gave any.
  message_count bigint,
  input_tokens bigint NOT NULL,
  output_tokens bigint NOT NULL,
  total_tokens bigint NOT NULL,
  cost_usd double precision NOT NULL,
  signals bigint NOT NULL DEFAULT 0,
  -- Beginning of the newest text, scrubbed.
  last_message text,
  last_message_at timestamptz,
  models text[] NOT NULL DEFAULT '{}',
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, project_id, conversation_id)
);
CREATE INDEX conversations_by_time ON conversations (tenant_id, project_id, last_at DESC, conversation_id DESC);
CREATE INDEX conversations_by_session ON conversations (tenant_id, project_id, session_id, last_at DESC) WHERE session_id IS NOT NULL;
CREATE INDEX conversations_by_user ON conversations (tenant_id, project_id, user_id, last_at DESC) WHERE user_id IS NOT NULL;

CREATE TABLE sessions (
  tenant_id text NOT NULL,
  project_id text NOT NULL,
  session_id text NOT NULL,
  user_id text,
  first_at timestamptz NOT NULL,
  last_at timestamptz NOT NULL,
  events bigint NOT NULL,
  llm_calls bigint NOT NULL,
  errors bigint NOT NULL,
  input_tokens bigint NOT NULL,
  output_tokens bigint NOT NULL,
  total_tokens bigint NOT NULL,
  cost_usd double precision NOT NULL,
  signals bigint NOT NULL DEFAULT 0,
  models text[] NOT NULL DEFAULT '{}',
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, project_id, session_id)
);
CREATE INDEX sessions_by_time ON sessions (tenant_id, project_id, last_at DESC, session_id DESC);
CREATE INDEX sessions_by_user ON sessions (tenant_id, project_id, user_id, last_at DESC) WHERE user_id IS NOT NULL;

CREATE TABLE end_users (
  tenant_id text NOT NULL,
  project_id text NOT NULL,
  user_id text NOT NULL,
  first_at timestamptz NOT NULL,
  last_at timestamptz NOT NULL,
  events bigint NOT NULL,
  llm_calls bigint NOT NULL,
  errors bigint NOT NULL,
  input_tokens bigint NOT NULL,
  output_tokens bigint NOT NULL,
  total_tokens bigint NOT NULL,
  cost_usd double precision NOT NULL,
  signals bigint NOT NULL DEFAULT 0,
  models text[] NOT NULL DEFAULT '{}',
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, project_id, user_id)
);
CREATE INDEX end_users_by_time ON end_users (tenant_id, project_id, last_at DESC, user_id DESC);

CREATE TABLE usage_daily (
  tenant_id text NOT NULL,
  project_id text NOT NULL,
  day date NOT NULL,
  environment text NOT NULL,
  provider text NOT NULL,
  model text NOT NULL,
  events bigint NOT NULL,
  llm_calls bigint NOT NULL,
  errors bigint NOT NULL,
  input_tokens bigint NOT NULL,
  output_tokens bigint NOT NULL,
  total_tokens bigint NOT NULL,
  cache_read_tokens bigint NOT NULL,
  cache_write_tokens bigint NOT NULL,
  reasoning_tokens bigint NOT NULL,
  cost_usd double precision NOT NULL,
  unpriced bigint NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, project_id, day, environment, provider, model)
);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['signals', 'trace_summaries', 'conversations', 'sessions', 'end_users', 'usage_daily']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY tenant ON %I USING (tenant_id = current_setting(''observa.tenant_id'', true) OR current_setting(''observa.tenant_id'', true) = ''*'')',
      name);
  END LOOP;
END
$$;
