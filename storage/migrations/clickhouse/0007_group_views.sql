-- Conversations, sessions and end users, each event once: an event without an id of its own has that of its
-- trace (of several, the lesser). Exact under replays, because they read through FINAL; filter on tenant and
-- project. `conversations`, `sessions` and `end_users` in Postgres hold the same sums, ready made.

CREATE VIEW IF NOT EXISTS conversation_totals AS
SELECT tenant_id, project_id, id AS conversation_id, sum(n) AS events, sum(llm) AS llm_calls, sum(bad) AS errors,
  sum(t_in) AS input_tokens, sum(t_out) AS output_tokens, sum(t_all) AS total_tokens, sum(cost) AS cost_usd,
  sum(found) AS issues, minIf(first, n > 0) AS first_at, maxIf(last, n > 0) AS last_at,
  max(messages) AS message_count, arraySlice(arraySort(groupUniqArrayArray(used)), 1, 16) AS models
FROM
(
  SELECT *, coalesce(own, min(own) OVER (PARTITION BY tenant_id, project_id, trace_id)) AS id
  FROM
  (
    SELECT tenant_id, project_id, trace_id, nullIf(e.conversation_id, '') AS own, count() AS n,
      countIf(kind IN ('llm', 'embedding', 'rerank') AND NOT usage_aggregate) AS llm,
      countIf(status = 'error') AS bad, 0 AS found,
      sumIf(greatest(ifNull(e.input_tokens, 0), 0), NOT usage_aggregate) AS t_in,
      sumIf(greatest(ifNull(e.output_tokens, 0), 0), NOT usage_aggregate) AS t_out,
      sumIf(greatest(ifNull(e.total_tokens, 0), 0), NOT usage_aggregate) AS t_all,
      sumIf(ifNull(e.cost_usd, 0), NOT usage_aggregate) AS cost,
      min(start_time) AS first, max(greatest(start_time, ifNull(end_time, start_time))) AS last,
      max(message_index) + 1 AS messages,
      groupUniqArrayIf(ifNull(coalesce(response_model, request_model), ''), coalesce(response_model, request_model) != '') AS used
    FROM canonical_events AS e FINAL
    GROUP BY tenant_id, project_id, trace_id, own
    UNION ALL
    SELECT s.tenant_id, s.project_id, s.trace_id, nullIf(o.own, '') AS own, 0, 0, 0, count(), 0, 0, 0, 0,
      toDateTime64(0, 9, 'UTC'), toDateTime64(0, 9, 'UTC'), NULL, []
    FROM (SELECT tenant_id, project_id, trace_id, event_id FROM signals FINAL) AS s
    INNER JOIN (SELECT tenant_id, project_id, event_id, any(conversation_id) AS own FROM canonical_events
      WHERE event_id IN (SELECT event_id FROM signals) GROUP BY tenant_id, project_id, event_id) AS o
      USING (tenant_id, project_id, event_id)
    GROUP BY s.tenant_id, s.project_id, s.trace_id, own
  )
)
WHERE id IS NOT NULL
GROUP BY tenant_id, project_id, id;

CREATE VIEW IF NOT EXISTS session_totals AS
SELECT tenant_id, project_id, id AS session_id, sum(n) AS events, sum(llm) AS llm_calls, sum(bad) AS errors,
  sum(t_in) AS input_tokens, sum(t_out) AS output_tokens, sum(t_all) AS total_tokens, sum(cost) AS cost_usd,
  sum(found) AS issues, minIf(first, n > 0) AS first_at, maxIf(last, n > 0) AS last_at,
  max(messages) AS message_count, arraySlice(arraySort(groupUniqArrayArray(used)), 1, 16) AS models
FROM
(
  SELECT *, coalesce(own, min(own) OVER (PARTITION BY tenant_id, project_id, trace_id)) AS id
  FROM
  (
    SELECT tenant_id, project_id, trace_id, nullIf(e.session_id, '') AS own, count() AS n,
      countIf(kind IN ('llm', 'embedding', 'rerank') AND NOT usage_aggregate) AS llm,
      countIf(status = 'error') AS bad, 0 AS found,
      sumIf(greatest(ifNull(e.input_tokens, 0), 0), NOT usage_aggregate) AS t_in,
      sumIf(greatest(ifNull(e.output_tokens, 0), 0), NOT usage_aggregate) AS t_out,
      sumIf(greatest(ifNull(e.total_tokens, 0), 0), NOT usage_aggregate) AS t_all,
      sumIf(ifNull(e.cost_usd, 0), NOT usage_aggregate) AS cost,
      min(start_time) AS first, max(greatest(start_time, ifNull(end_time, start_time))) AS last,
      max(message_index) + 1 AS messages,
      groupUniqArrayIf(ifNull(coalesce(response_model, request_model), ''), coalesce(response_model, request_model) != '') AS used
    FROM canonical_events AS e FINAL
    GROUP BY tenant_id, project_id, trace_id, own
    UNION ALL
    SELECT s.tenant_id, s.project_id, s.trace_id, nullIf(o.own, '') AS own, 0, 0, 0, count(), 0, 0, 0, 0,
      toDateTime64(0, 9, 'UTC'), toDateTime64(0, 9, 'UTC'), NULL, []
    FROM (SELECT tenant_id, project_id, trace_id, event_id FROM signals FINAL) AS s
    INNER JOIN (SELECT tenant_id, project_id, event_id, any(session_id) AS own FROM canonical_events
      WHERE event_id IN (SELECT event_id FROM signals) GROUP BY tenant_id, project_id, event_id) AS o
      USING (tenant_id, project_id, event_id)
    GROUP BY s.tenant_id, s.project_id, s.trace_id, own
  )
)
WHERE id IS NOT NULL
GROUP BY tenant_id, project_id, id;

CREATE VIEW IF NOT EXISTS user_totals AS
SELECT tenant_id, project_id, id AS user_id, sum(n) AS events, sum(llm) AS llm_calls, sum(bad) AS errors,
  sum(t_in) AS input_tokens, sum(t_out) AS output_tokens, sum(t_all) AS total_tokens, sum(cost) AS cost_usd,
  sum(found) AS issues, minIf(first, n > 0) AS first_at, maxIf(last, n > 0) AS last_at,
  max(messages) AS message_count, arraySlice(arraySort(groupUniqArrayArray(used)), 1, 16) AS models
FROM
(
  SELECT *, coalesce(own, min(own) OVER (PARTITION BY tenant_id, project_id, trace_id)) AS id
  FROM
  (
    SELECT tenant_id, project_id, trace_id, nullIf(e.user_id, '') AS own, count() AS n,
      countIf(kind IN ('llm', 'embedding', 'rerank') AND NOT usage_aggregate) AS llm,
      countIf(status = 'error') AS bad, 0 AS found,
      sumIf(greatest(ifNull(e.input_tokens, 0), 0), NOT usage_aggregate) AS t_in,
      sumIf(greatest(ifNull(e.output_tokens, 0), 0), NOT usage_aggregate) AS t_out,
      sumIf(greatest(ifNull(e.total_tokens, 0), 0), NOT usage_aggregate) AS t_all,
      sumIf(ifNull(e.cost_usd, 0), NOT usage_aggregate) AS cost,
      min(start_time) AS first, max(greatest(start_time, ifNull(end_time, start_time))) AS last,
      max(message_index) + 1 AS messages,
      groupUniqArrayIf(ifNull(coalesce(response_model, request_model), ''), coalesce(response_model, request_model) != '') AS used
    FROM canonical_events AS e FINAL
    GROUP BY tenant_id, project_id, trace_id, own
    UNION ALL
    SELECT s.tenant_id, s.project_id, s.trace_id, nullIf(o.own, '') AS own, 0, 0, 0, count(), 0, 0, 0, 0,
      toDateTime64(0, 9, 'UTC'), toDateTime64(0, 9, 'UTC'), NULL, []
    FROM (SELECT tenant_id, project_id, trace_id, event_id FROM signals FINAL) AS s
    INNER JOIN (SELECT tenant_id, project_id, event_id, any(user_id) AS own FROM canonical_events
      WHERE event_id IN (SELECT event_id FROM signals) GROUP BY tenant_id, project_id, event_id) AS o
      USING (tenant_id, project_id, event_id)
    GROUP BY s.tenant_id, s.project_id, s.trace_id, own
  )
)
WHERE id IS NOT NULL
GROUP BY tenant_id, project_id, id;
