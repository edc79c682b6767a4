// The SQL of sums over events, shared by the reads of totals and the roll-up of hours.

export const BREAKDOWNS = ['provider', 'model', 'route', 'environment'] as const
export type Breakdown = (typeof BREAKDOWNS)[number]

const CALL = "(e.kind IN ('llm', 'embedding', 'rerank') AND NOT e.usage_aggregate)"
const sumIf = (column: string): string =>
  `ifNull(sumIf(greatest(e.${column}, 0), NOT e.usage_aggregate), 0) AS ${column}`

/** The sums over events: the columns of `usage_rollup` besides its key. */
export const EVENT_SUMS = `count() AS events, countIf(e.status = 'error') AS errors, countIf(${CALL}) AS calls,
  countIf(${CALL} AND e.status = 'error') AS call_errors, ${sumIf('input_tokens')}, ${sumIf('output_tokens')},
  ${sumIf('total_tokens')}, ${sumIf('cache_read_tokens')}, ${sumIf('cache_write_tokens')},
  ${sumIf('reasoning_tokens')}, ifNull(sumIf(e.cost_usd, NOT e.usage_aggregate), 0) AS cost_usd,
  countIf(NOT e.usage_aggregate AND (e.total_tokens > 0 OR e.input_tokens > 0) AND e.cost_usd IS NULL) AS unpriced`

/** Events whose counts contradict their total and are in the sums all the same. */
export const EVENT_INCONSISTENT =
  'countIf(ifNull(e.usage_inconsistent, false) AND NOT e.usage_aggregate) AS inconsistent'

/** The number of distinct traces in a form that can be added up further. */
export const EVENT_TRACES = 'uniqCombined64State(16)(e.trace_id) AS traces'
export const EVENT_MS = `quantilesTDigestStateIf(0.5, 0.95, 0.99)(ifNull(e.duration_ms, 0), ${CALL} AND e.duration_ms IS NOT NULL) AS call_ms`
/** The same of everything that took time: of tools, agents and whatever else is asked about. */
export const EVENT_MS_OF_ALL =
  'quantilesTDigestStateIf(0.5, 0.95, 0.99)(ifNull(e.duration_ms, 0), e.duration_ms IS NOT NULL) AS call_ms'

/** The dimensions of `usage_rollup` for events. */
export const EVENT_KEYS: Readonly<Record<Breakdown, string>> = {
  environment: 'e.environment',
  provider: 'e.provider',
  model: 'coalesce(e.response_model, e.request_model)',
  route: "coalesce(nullIf(e.route, ''), t.trace_route)",
}

/**
 * The route of each trace, to be joined to events `e` of one project wherever `EVENT_KEYS.route` is read. A call
 * without a route of its own belongs to the route of its trace; of several routes the smallest counts, as with ids.
 * `where` selects the events that are read for it.
 */
export function routesOfTraces(where: string): string {
  return `LEFT JOIN (SELECT trace_id, min(route) AS trace_route FROM canonical_events
    WHERE tenant_id = {tenant:String} AND project_id = {project:String} AND route != '' AND ${where} GROUP BY trace_id) AS t ON t.trace_id = e.trace_id`
}
