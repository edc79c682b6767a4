// The statements that store signals and what they mean for issues.

import { rowOf } from './key-lookup.ts'

/** Signals of rules that see more than one event come again in their final form. */
const IS_FINAL_FORM = `s.rule ~ '^(trace|conversation|trend)[.]'`

/**
 * Inserts signals. Returns those that are new, and those that were replaced by their final form. A signal about a trace is
 * raised as soon as its condition holds and again when the trace is complete; one that was corrected, or whose level is usual
 * by now, says so. All other signals keep their first form; of one that was taken back, time and evidence stay. `added` is how
 * much more a signal costs than before: the last SELECT sees the rows as they were before the statement.
 */
export const SIGNALS = `
WITH stored AS (
INSERT INTO signals AS s (tenant_id, project_id, signal_id, type, severity, trace_id, span_id, event_id, at, at_ns, value,
  threshold, evidence, rule, conversation_id, session_id, user_id, environment, fingerprint, cost_usd)
SELECT tenant, project, id, type, severity, trace, span, event,
  to_timestamp(at / 1000.0) + make_interval(secs => coalesce(nanos, 0) / 1000 / 1e6),
  CASE WHEN at < 9e12 THEN at::bigint * 1000000 + coalesce(nanos, 0) END, value, threshold, evidence, rule,
  conversation, session, "user", environment, fingerprint, cost
FROM json_to_recordset($1::json) AS r(tenant text, project text, id text, type text, severity text, trace text,
  span text, event text, at double precision, nanos integer, value double precision, threshold double precision, evidence jsonb,
  rule text, conversation text, session text, "user" text, environment text, fingerprint text, cost double precision)
ORDER BY tenant, project, id
ON CONFLICT (tenant_id, project_id, signal_id) DO UPDATE SET
  severity = EXCLUDED.severity, value = EXCLUDED.value,
  at = CASE WHEN ${IS_FINAL_FORM} THEN EXCLUDED.at ELSE s.at END,
  at_ns = CASE WHEN ${IS_FINAL_FORM} THEN EXCLUDED.at_ns ELSE s.at_ns END,
  evidence = CASE WHEN ${IS_FINAL_FORM} THEN EXCLUDED.evidence ELSE EXCLUDED.evidence || s.evidence || '{"superseded": true}' END,
  span_id = EXCLUDED.span_id, event_id = EXCLUDED.event_id, cost_usd = EXCLUDED.cost_usd, updated_at = now()
WHERE CASE WHEN ${IS_FINAL_FORM}
  THEN (s.at, s.value, s.evidence, s.severity) IS DISTINCT FROM (EXCLUDED.at, EXCLUDED.value, EXCLUDED.evidence, EXCLUDED.severity)
  ELSE EXCLUDED.evidence ? 'superseded' AND NOT s.evidence ? 'superseded' END
RETURNING tenant_id AS tenant, project_id AS project, signal_id AS id, fingerprint, xmax = 0 AS "isNew", cost_usd
)
SELECT r.tenant, r.project, r.id, r.fingerprint, r."isNew", coalesce(r.cost_usd, 0) - coalesce((
  SELECT t.cost_usd FROM (SELECT) AS one ${rowOf('signals', 'signal_id', 'tenant_id, project_id, signal_id, cost_usd')}), 0) AS added
FROM stored AS r`

const RANK = (column: string): string =>
  `CASE ${column} WHEN 'high' THEN 3 WHEN 'medium' THEN 2 ELSE 1 END`
/** All occurrences before were taken back, and the issue was resolved for that. */
const IS_NEW_AGAIN = `i.status = 'resolved' AND i.is_taken_back`
/** The issue was resolved before this occurrence. */
const IS_BACK = `i.status = 'resolved' AND EXCLUDED.last_seen > i.status_at`
const HOURS = `greatest(extract(epoch FROM EXCLUDED.last_seen - i.status_at) / 3600, 1)`
const IS_WORSE = `i.status = 'snoozed' AND i.until_rate IS NOT NULL
  AND (i.count + EXCLUDED.count - i.snoozed_count) / ${HOURS} > i.until_rate * greatest(i.snoozed_rate, 1)`
const IS_AWAKE = `i.status = 'snoozed' AND (EXCLUDED.last_seen > i.until_at OR i.count + EXCLUDED.count >= i.until_count)`

/**
 * Adds occurrences to issues. A resolved issue that occurs again is opened, and so is a snoozed one whose condition is met.
 */
export const ISSUES = `
INSERT INTO issues AS i (tenant_id, project_id, issue_id, fingerprint, type, severity, title, substatus, count, first_seen,
  last_seen, cost_usd, environment, rule, evidence, trace_id)
SELECT tenant, project, id, fingerprint, type, severity, title, 'new', count, to_timestamp(first / 1000.0),
  to_timestamp(last / 1000.0), cost, environment, rule, evidence, trace
FROM json_to_recordset($1::json) AS r(tenant text, project text, id text, fingerprint text, type text, severity text,
  title text, count bigint, first double precision, last double precision, cost double precision, environment text,
  rule text, evidence jsonb, trace text)
ORDER BY tenant, project, id
ON CONFLICT (tenant_id, project_id, issue_id) DO UPDATE SET
  count = i.count + EXCLUDED.count,
  first_seen = least(i.first_seen, EXCLUDED.first_seen),
  last_seen = greatest(i.last_seen, EXCLUDED.last_seen),
  cost_usd = i.cost_usd + EXCLUDED.cost_usd,
  severity = CASE WHEN ${RANK('EXCLUDED.severity')} > ${RANK('i.severity')} THEN EXCLUDED.severity ELSE i.severity END,
  evidence = CASE WHEN EXCLUDED.last_seen >= i.last_seen THEN EXCLUDED.evidence ELSE i.evidence END,
  trace_id = CASE WHEN EXCLUDED.last_seen >= i.last_seen THEN EXCLUDED.trace_id ELSE i.trace_id END,
  status = CASE WHEN ${IS_NEW_AGAIN} OR ${IS_BACK} OR ${IS_WORSE} OR ${IS_AWAKE} THEN 'open' ELSE i.status END,
  substatus = CASE
    WHEN ${IS_NEW_AGAIN} THEN 'new'
    WHEN ${IS_BACK} THEN 'regressed'
    WHEN ${IS_WORSE} THEN 'escalating'
    WHEN ${IS_AWAKE} THEN 'ongoing'
    WHEN i.status = 'open' AND i.substatus = 'new' AND EXCLUDED.last_seen > i.first_seen + interval '1 day' THEN 'ongoing'
    ELSE i.substatus END,
  is_taken_back = false,
  status_at = CASE WHEN ${IS_NEW_AGAIN} OR ${IS_BACK} OR ${IS_WORSE} OR ${IS_AWAKE} THEN now() ELSE i.status_at END,
  until_at = CASE WHEN ${IS_WORSE} OR ${IS_AWAKE} THEN NULL ELSE i.until_at END,
  until_count = CASE WHEN ${IS_WORSE} OR ${IS_AWAKE} THEN NULL ELSE i.until_count END,
  until_rate = CASE WHEN ${IS_WORSE} OR ${IS_AWAKE} THEN NULL ELSE i.until_rate END,
  updated_at = now()`

/**
 * Records in the history which issues the statement before has opened again. It runs in the same transaction and so has the
 * same time.
 */
export const REOPENED = `
INSERT INTO issue_history (tenant_id, project_id, issue_id, actor, action, after)
SELECT i.tenant_id, i.project_id, i.issue_id, 'observa', CASE i.substatus WHEN 'regressed' THEN 'regressed' ELSE 'unsnoozed' END, 'open'
FROM issues AS i
JOIN json_to_recordset($1::json) AS r(tenant text, project text, id text)
  ON i.tenant_id = r.tenant AND i.project_id = r.project AND i.issue_id = r.id
WHERE i.status = 'open' AND i.status_at = now() AND i.substatus <> 'new'`

/** Counts each trace and user of an issue once. */
export const AFFECTED = `
WITH added AS (
  INSERT INTO issue_affected (tenant_id, project_id, issue_id, kind, id)
  SELECT tenant, project, id, kind, value
  FROM json_to_recordset($1::json) AS r(tenant text, project text, id text, kind text, value text)
  ORDER BY tenant, project, id, kind, value
  ON CONFLICT DO NOTHING
  RETURNING tenant_id, project_id, issue_id, kind
), sums AS (
  SELECT tenant_id, project_id, issue_id, count(*) FILTER (WHERE kind = 'trace') AS traces,
    count(*) FILTER (WHERE kind = 'user') AS users
  FROM added GROUP BY tenant_id, project_id, issue_id
)
UPDATE issues AS i SET traces = i.traces + s.traces, users = i.users + s.users
FROM sums AS s
WHERE i.tenant_id = s.tenant_id AND i.project_id = s.project_id AND i.issue_id = s.issue_id`

/**
 * Reads times and evidence of issues from their signals again, after some of these got their final form, and adds the
 * difference in cost. Only the first and the last signal are read, because a sum over all of them would take longer with each
 * new one.
 */
export const REFRESHED = `
UPDATE issues AS i SET first_seen = o.at, last_seen = n.at, cost_usd = greatest(i.cost_usd + r.added, 0), evidence = n.evidence
FROM json_to_recordset($1::json) AS r(tenant text, project text, fingerprint text, added double precision)
CROSS JOIN LATERAL (SELECT g.at FROM signals AS g
  WHERE g.tenant_id = r.tenant AND g.project_id = r.project AND g.fingerprint = r.fingerprint ORDER BY g.at, g.signal_id LIMIT 1) AS o
CROSS JOIN LATERAL (SELECT g.at,
    jsonb_strip_nulls(jsonb_build_object('value', g.value, 'threshold', g.threshold)) || g.evidence AS evidence
  FROM signals AS g WHERE g.tenant_id = r.tenant AND g.project_id = r.project AND g.fingerprint = r.fingerprint
  ORDER BY g.at DESC, g.signal_id DESC LIMIT 1) AS n
WHERE i.tenant_id = r.tenant AND i.project_id = r.project AND i.fingerprint = r.fingerprint`

/** Of an issue with more occurrences some will hold; looking at all of them would take long. */
const TAKEN_BACK_MAX = 1000

/**
 * Resolves open issues of which all occurrences were taken back, after their signals have got their final form, and says so in the
 * history.
 */
export const TAKEN_BACK = `
WITH resolved AS (
  UPDATE issues AS i SET status = 'resolved', substatus = NULL, status_at = now(), updated_at = now(), is_taken_back = true
  FROM json_to_recordset($1::json) AS r(tenant text, project text, fingerprint text)
  WHERE i.tenant_id = r.tenant AND i.project_id = r.project AND i.fingerprint = r.fingerprint
    AND i.status = 'open' AND i.count <= ${TAKEN_BACK_MAX}
    AND NOT EXISTS (SELECT FROM signals AS g WHERE g.tenant_id = r.tenant AND g.project_id = r.project
      AND g.fingerprint = r.fingerprint AND NOT g.evidence ? 'superseded')
  RETURNING i.tenant_id, i.project_id, i.issue_id
)
INSERT INTO issue_history (tenant_id, project_id, issue_id, actor, action, before, after, note)
SELECT tenant_id, project_id, issue_id, 'observa', 'status', 'open', 'resolved', 'Later events took all occurrences back.'
FROM resolved`
