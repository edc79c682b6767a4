// A trace as a tree: its spans depth first, each with its depth and its place in time. No content is read. A span whose parent has not
// come stands beside the roots; log records are not part of the tree.

import type { ClickHouseClient } from '@clickhouse/client'
import { hasTrace, IN_HOURS_OF_TRACE, WITH_HOURS_OF_TRACE } from '../hours/trace-hours.ts'
import type { ProjectScope } from '../page.ts'
import { timeText } from '../select-events.ts'

export interface TreeSpan {
  readonly event_id: string
  readonly span_id: string
  readonly parent_span_id: string | null
  /** Number of spans above it. */
  readonly depth: number
  readonly children: number
  /** False: its parent is named and not there. */
  readonly has_parent: boolean
  readonly name: string | null
  readonly kind: string | null
  readonly status: string | null
  readonly service_name: string | null
  readonly model: string | null
  readonly tool_name: string | null
  readonly agent_name: string | null
  readonly event_type: string | null
  /** RFC 3339 with nanoseconds. */
  readonly start_time: string
  /** ms since the first span of the trace began. */
  readonly offset_ms: number
  readonly duration_ms: number | null
  /** Tokens and cost that count; null where a span reports none or only repeats others. */
  readonly input_tokens: number | null
  readonly output_tokens: number | null
  readonly cost_usd: number | null
  /** What the span itself reports, also where it does not count. */
  readonly reported_input_tokens: number | null
  readonly reported_output_tokens: number | null
  readonly reported_tokens: number | null
  readonly reported_cost_usd: number | null
  readonly usage_aggregate: boolean
  /** The event whose report of the same call counts. */
  readonly usage_duplicate_of: string | null
}

export interface TraceTree {
  /** Depth first; children in order of their begin. */
  readonly spans: readonly TreeSpan[]
  /** True when the trace has more spans than are read. */
  readonly isCut: boolean
}

/** Spans of a tree; those that begin first. */
export const TREE_SPANS_MAX = 100_000

interface Row {
  readonly event_id: string
  readonly span_id: string
  readonly parent: string
  readonly name_: string | null
  readonly kind_: string | null
  readonly status_: string | null
  readonly service: string | null
  readonly model_: string | null
  readonly tool: string | null
  readonly at: string
  readonly ms: number | null
  readonly tin: number | null
  readonly tout: number | null
  readonly cost: number | null
  readonly agent: string | null
  readonly type: string | null
  readonly total: number | null
  readonly aggregate: boolean
  readonly duplicate: string | null
}

/** Null when the tenant has no such trace. */
export async function traceTree(
  client: ClickHouseClient,
  scope: ProjectScope,
  traceId: string,
): Promise<TraceTree | null> {
  const result = await client.query({
    query: `${WITH_HOURS_OF_TRACE}
      SELECT lower(hex(e.event_id)) AS event_id, lower(hex(e.span_id)) AS span_id, lower(hex(e.parent_span_id)) AS parent,
        e.name AS name_, e.kind AS kind_, e.status AS status_, e.service_name AS service,
        coalesce(e.response_model, e.request_model) AS model_, e.tool_name AS tool,
        toString(toUnixTimestamp64Nano(e.start_time)) AS at, e.duration_ms AS ms,
        toFloat64(e.input_tokens) AS tin, toFloat64(e.output_tokens) AS tout, toFloat64(e.total_tokens) AS total,
        e.cost_usd AS cost, e.agent_name AS agent, e.event_type AS type, e.usage_aggregate AS aggregate,
        lower(hex(e.usage_duplicate_of)) AS duplicate
      FROM canonical_events AS e
      WHERE e.tenant_id = {tenant:String} AND e.project_id = {project:String}
        AND e.trace_id = toFixedString(unhex({traceId:String}), 16) AND ${IN_HOURS_OF_TRACE}
        AND NOT match(ifNull(e.event_type, ''), '^log(:|$)')
      ORDER BY e.start_time, e.event_id, e.version DESC
      LIMIT 1 BY e.event_id
      LIMIT ${TREE_SPANS_MAX + 1}`,
    query_params: { tenant: scope.tenantId, project: scope.projectId, traceId },
    format: 'JSONEachRow',
    clickhouse_settings: {
      output_format_json_quote_64bit_integers: 0,
      use_skip_indexes: 0,
      max_threads: 2,
    },
  })
  const rows = await result.json<Row>()
  // A trace may consist of log records alone, which are no part of the tree.
  if (rows.length === 0 && !(await hasTrace(client, scope, traceId))) return null
  const isCut = rows.length > TREE_SPANS_MAX
  return { spans: depthFirst(rows.slice(0, TREE_SPANS_MAX)), isCut }
}

/** Without recursion: a chain of a hundred thousand spans is a tree too. */
function depthFirst(rows: readonly Row[]): readonly TreeSpan[] {
  const known = new Set(rows.map((row) => row.span_id))
  const childrenOf = Map.groupBy(rows, (row) => (hasParent(row, known) ? row.parent : ''))
  const startNs = rows.length === 0 ? 0n : BigInt((rows[0] as Row).at)
  const spans: TreeSpan[] = []
  const seen = new Set<string>()
  const waiting = (childrenOf.get('') ?? []).toReversed().map((row) => ({ row, depth: 0 }))
  const walk = (): void => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { row, depth } = next
      if (seen.has(row.event_id)) continue
      seen.add(row.event_id)
      const children = isFirstOf(row, spans) ? (childrenOf.get(row.span_id) ?? []) : []
      spans.push(spanOf(row, { depth, children: children.length, startNs, known }))
      for (const child of children.toReversed()) waiting.push({ row: child, depth: depth + 1 })
    }
  }
  walk()
  // Spans that name each other as parents have no root: each begins a tree of its own.
  for (const row of rows) {
    if (seen.has(row.event_id)) continue
    waiting.push({ row, depth: 0 })
    walk()
  }
  return spans
}

const NO_SPAN = /^0*$/

const hasParent = (row: Row, known: ReadonlySet<string>): boolean =>
  !NO_SPAN.test(row.parent ?? '') && row.parent !== row.span_id && known.has(row.parent)

/** Several legacy events may share a span: its children stand below the first of them. */
const isFirstOf = (row: Row, spans: readonly TreeSpan[]): boolean =>
  spans.at(-1)?.span_id !== row.span_id

function spanOf(
  row: Row,
  place: {
    readonly depth: number
    readonly children: number
    readonly startNs: bigint
    readonly known: ReadonlySet<string>
  },
): TreeSpan {
  const parent = NO_SPAN.test(row.parent ?? '') ? null : row.parent
  return {
    event_id: row.event_id,
    span_id: row.span_id,
    parent_span_id: parent,
    depth: place.depth,
    children: place.children,
    has_parent: parent === null || place.known.has(parent),
    name: row.name_,
    kind: row.kind_,
    status: row.status_,
    service_name: row.service,
    model: row.model_,
    tool_name: row.tool,
    offset_ms: Number(BigInt(row.at) - place.startNs) / 1e6,
    duration_ms: row.ms,
    agent_name: row.agent,
    event_type: row.type,
    start_time: timeText(BigInt(row.at)),
    input_tokens: row.aggregate ? null : row.tin,
    output_tokens: row.aggregate ? null : row.tout,
    cost_usd: row.aggregate ? null : row.cost,
    reported_input_tokens: row.tin,
    reported_output_tokens: row.tout,
    reported_tokens: row.total,
    reported_cost_usd: row.cost,
    usage_aggregate: row.aggregate,
    usage_duplicate_of: NO_SPAN.test(row.duplicate ?? '') ? null : row.duplicate,
  }
}
