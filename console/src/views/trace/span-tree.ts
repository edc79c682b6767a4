// Builds the tree of a trace's spans: children in the order of their start, totals of subtrees, and the visible spans when some are
// collapsed. It uses arrays of indexes rather than objects, because a trace may have a hundred thousand spans.

import type { SpanRow } from '../../api/types.ts'

export interface SpanTree {
  readonly spans: readonly SpanRow[]
  /** Indexes into `spans`, with parents before their children. */
  readonly order: readonly number[]
  readonly level: Int32Array
  readonly parent: Int32Array
  readonly children: Int32Array
  /** The number of descendants of each span. */
  readonly below: Int32Array
  /** The totals of each span and its descendants. Usage that is not counted is left out. */
  readonly tokens: Float64Array
  readonly cost: Float64Array
  readonly errors: Int32Array
  /** The start of each span in ms since the epoch, with fractions. */
  readonly starts: Float64Array
  readonly startMs: number
  readonly endMs: number
  readonly byId: ReadonlyMap<string, number>
}

/** A log record is shown inside its span. It is listed separately only if its span is missing. */
const isLogOf = (span: SpanRow): boolean => span.event_type?.startsWith('log:') === true

export function treeOf(given: readonly SpanRow[]): SpanTree {
  const spans = withoutJoinedLogs(given)
  const n = spans.length
  const byId = new Map<string, number>()
  for (const [i, span] of spans.entries()) if (!byId.has(span.span_id)) byId.set(span.span_id, i)
  const parent = Int32Array.from(spans, (span, i) => {
    const up = span.parent_span_id === null ? undefined : byId.get(span.parent_span_id)
    return up === undefined || up === i ? -1 : up
  })
  const starts = Float64Array.from(spans, (span) => span.startMs)
  cutCycles(parent, starts)
  const kids: number[][] = Array.from({ length: n }, () => [])
  const roots: number[] = []
  for (const [i, up] of parent.entries()) (kids[up] ?? roots).push(i)
  const { order, level } = ordered(starts, roots, kids)
  const sums = summed(spans, order, parent)
  const children = Int32Array.from(kids, (k) => k.length)
  return {
    spans,
    order,
    level,
    parent,
    children,
    ...sums,
    starts,
    ...boundsOf(spans, starts),
    byId,
  }
}

function withoutJoinedLogs(given: readonly SpanRow[]): readonly SpanRow[] {
  const ids = new Set(given.filter((s) => !isLogOf(s)).map((s) => s.span_id))
  return given.filter((s) => !isLogOf(s) || !ids.has(s.span_id))
}

/** Of spans that are each other's ancestors the earliest becomes a root, so that each span stands once, below its parent. */
function cutCycles(parent: Int32Array, starts: Float64Array): void {
  // Which walk came past a span, 0 for none; a walk that meets itself has found a cycle.
  const walk = new Int32Array(parent.length)
  for (const from of parent.keys()) {
    let i = from
    for (; i >= 0 && walk[i] === 0; i = parent[i] ?? -1) walk[i] = from + 1
    if (i >= 0 && walk[i] === from + 1) parent[earliestOf(i, parent, starts)] = -1
  }
}

/** The span with the earliest start of the cycle that `first` is in. */
function earliestOf(first: number, parent: Int32Array, starts: Float64Array): number {
  let found = first
  for (let i = parent[first] ?? -1; i !== first && i >= 0; i = parent[i] ?? -1)
    if ((starts[i] ?? 0) < (starts[found] ?? 0)) found = i
  return found
}

/** Orders the spans without recursion, because the tree may be deeper than the stack. */
function ordered(
  starts: Float64Array,
  roots: readonly number[],
  kids: readonly (readonly number[])[],
): { readonly order: number[]; readonly level: Int32Array } {
  const byStart = (a: number, b: number): number => (starts[b] ?? 0) - (starts[a] ?? 0)
  const level = new Int32Array(starts.length)
  const order: number[] = []
  const stack = roots.toSorted(byStart)
  for (let i = stack.pop(); i !== undefined; i = stack.pop()) {
    order.push(i)
    const below = (kids[i] ?? []).toSorted(byStart)
    for (const kid of below) {
      level[kid] = (level[i] ?? 0) + 1
      stack.push(kid)
    }
  }
  return { order, level }
}

function summed(
  spans: readonly SpanRow[],
  order: readonly number[],
  parent: Int32Array,
): Pick<SpanTree, 'below' | 'tokens' | 'cost' | 'errors'> {
  const n = spans.length
  const below = new Int32Array(n)
  const tokens = new Float64Array(n)
  const cost = new Float64Array(n)
  const errors = new Int32Array(n)
  for (const i of order.toReversed()) {
    const span = spans[i]
    if (span === undefined) continue
    if (counts(span)) {
      tokens[i] = (tokens[i] ?? 0) + (span.total_tokens ?? 0)
      cost[i] = (cost[i] ?? 0) + (span.cost_usd ?? 0)
    }
    if (span.status === 'error') errors[i] = (errors[i] ?? 0) + 1
    const up = parent[i] ?? -1
    if (up < 0) continue
    below[up] = (below[up] ?? 0) + (below[i] ?? 0) + 1
    tokens[up] = (tokens[up] ?? 0) + (tokens[i] ?? 0)
    cost[up] = (cost[up] ?? 0) + (cost[i] ?? 0)
    errors[up] = (errors[up] ?? 0) + (errors[i] ?? 0)
  }
  return { below, tokens, cost, errors }
}

/** True if the usage of a span is counted. Usage that repeats that of other spans is not. */
export const counts = (span: { readonly usage_aggregate: boolean | null }): boolean =>
  span.usage_aggregate !== true

function boundsOf(
  spans: readonly SpanRow[],
  starts: Float64Array,
): { readonly startMs: number; readonly endMs: number } {
  let startMs = Number.POSITIVE_INFINITY
  let endMs = 0
  for (const [i, span] of spans.entries()) {
    const start = starts[i] ?? 0
    startMs = Math.min(startMs, start)
    endMs = Math.max(endMs, start + (span.duration_ms ?? 0))
  }
  return spans.length === 0 ? { startMs: 0, endMs: 0 } : { startMs, endMs }
}

/** Returns the indexes of the visible spans in order: all except the descendants of collapsed spans. */
export function inSight(tree: SpanTree, folded: ReadonlySet<number>): readonly number[] {
  if (folded.size === 0) return tree.order
  const shown: number[] = []
  let hiddenBelow = -1
  for (const i of tree.order) {
    const level = tree.level[i] ?? 0
    if (hiddenBelow >= 0 && level > hiddenBelow) continue
    hiddenBelow = folded.has(i) ? level : -1
    shown.push(i)
  }
  return shown
}

/** Finds the spans with these words in their name, model, tool or agent. */
export function matching(tree: SpanTree, words: string): ReadonlySet<number> {
  const wanted = words.toLowerCase()
  const found = new Set<number>()
  for (const [i, s] of tree.spans.entries()) {
    const texts = [s.name, s.model, s.tool_name, s.agent_name, s.kind, s.span_id]
    if (texts.some((text) => text?.toLowerCase().includes(wanted) === true)) found.add(i)
  }
  return found
}
