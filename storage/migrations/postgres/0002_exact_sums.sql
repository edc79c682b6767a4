-- Sums that stay exact when events come again in other batches, in any order, and when the conversation,
-- session or user of a trace is named by a later event than those it holds for.

SELECT set_config('observa.tenant_id', '*', true);

-- First bits of the ids of the events in the sums, at most 2048. NULL: stored before this step, when it was
-- not kept.
ALTER TABLE trace_summaries ADD COLUMN seen double precision[];
-- Sums of the events without an id of their own, where the other columns do not tell them.
ALTER TABLE trace_summaries ADD COLUMN inherited jsonb;
ALTER TABLE trace_summaries ADD COLUMN root_at double precision;

ALTER TABLE conversations ADD COLUMN models text[] NOT NULL DEFAULT '{}';
ALTER TABLE conversations ADD COLUMN last_message_at timestamptz;
UPDATE conversations SET last_message_at = last_at WHERE last_message IS NOT NULL;
ALTER TABLE sessions ADD COLUMN models text[] NOT NULL DEFAULT '{}';
ALTER TABLE end_users ADD COLUMN models text[] NOT NULL DEFAULT '{}';

CREATE INDEX conversations_by_session ON conversations (tenant_id, project_id, session_id, last_at DESC) WHERE session_id IS NOT NULL;
CREATE INDEX sessions_by_user ON sessions (tenant_id, project_id, user_id, last_at DESC) WHERE user_id IS NOT NULL;
