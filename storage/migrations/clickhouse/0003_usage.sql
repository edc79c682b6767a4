-- Usage by hour and model, exact under replays: it reads through FINAL, so a row that came twice counts
-- once, and leaves out rows that repeat other rows' usage. Filters on tenant, project and hour reach the
-- sorting key of the table.

CREATE VIEW IF NOT EXISTS usage_hourly AS
SELECT
  tenant_id,
  project_id,
  toStartOfHour(start_time) AS hour,
  environment,
  provider,
  coalesce(response_model, request_model) AS model,
  route,
  count() AS calls,
  countIf(status = 'error') AS errors,
  sum(e.input_tokens) AS input_tokens,
  sum(e.output_tokens) AS output_tokens,
  sum(e.total_tokens) AS total_tokens,
  sum(e.cache_read_tokens) AS cache_read_tokens,
  sum(e.cache_write_tokens) AS cache_write_tokens,
  sum(e.reasoning_tokens) AS reasoning_tokens,
  sum(e.cost_usd) AS cost_usd,
  countIf(e.cost_usd IS NULL) AS unpriced
FROM canonical_events AS e FINAL
WHERE NOT usage_aggregate AND kind IN ('llm', 'embedding', 'rerank')
GROUP BY tenant_id, project_id, hour, environment, provider, model, route;
