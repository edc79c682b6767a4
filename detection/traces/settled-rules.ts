// Rules over a settled trace, whose results more spans could still change: errors of containers that no call below explains,
// runaway depth and fan-out, wasted money, budgets.

import { normalizedMessage } from '../../core/identity/fingerprint.ts'
import { CONTAINER_KINDS } from '../../core/kinds.ts'
import { FAILED_ANCESTORS_MAX, Failure, sharesMessage } from '../../core/signals/same-fault.ts'
import { FLAG } from '../observation.ts'
import type { DetectionSettings } from '../settings.ts'
import { cycleIn, findingOf, pollingIn } from './repeated-calls.ts'
import { inOrder, isFailed, type TraceSpan, type TraceView } from './trace.ts'
import { rounded, type TraceFinding } from './trace-finding.ts'

export function settledFindings(trace: TraceView, settings: DetectionSettings): TraceFinding[] {
  const spans = inOrder(trace.spans)
  const loops = new Map<string, TraceFinding>()
  for (const [name, calls] of trace.calls) {
    const found = findingOf(name, calls, settings)
    if (found !== null) keepGreatest(loops, found)
  }
  const out = [...loops.values()]
  if (!out.some((f) => f.type === 'loop_detected')) {
    const cycle = cycleIn(trace)
    if (cycle !== null) out.push(cycle)
  }
  out.push(...pollingIn(trace, settings), ...containerErrors(spans))
  for (const f of [runaway(spans, settings), waste(trace, spans, settings)])
    if (f !== null) out.push(f)
  out.push(...budgets(trace, spans, settings))
  return out
}

/** Keeps the finding with most calls for each agent and tool, because a tool that loops is one fault. */
export function keepGreatest(found: Map<string, TraceFinding>, f: TraceFinding): void {
  const id = `${f.type}\0${f.identity.join('\0')}`
  const known = found.get(id)
  const isGreater =
    known === undefined ||
    (f.value ?? 0) > (known.value ?? 0) ||
    (f.value === known.value && f.deciding.event < known.deciding.event)
  if (isGreater) found.set(id, f)
}

// ---------------------------------------------------------------- errors

/** Failed spans inside a container that its error is compared with: the last ones, for an error mostly comes from the last failure. */
const COMPARED_MAX = 100

/** Errors of containers that do not repeat an error below them, and of plain spans whose error no failed call around them reports. */
function containerErrors(spans: readonly TraceSpan[]): TraceFinding[] {
  const failures = failuresOf(spans)
  if (failures.size === 0) return []
  const byId = new Map(spans.map((s) => [s.span, s]))
  const children = Map.groupBy(spans, (s) => s.parent)
  const below = new Map<string, TraceSpan[]>()
  const isInsideFailedCall = new Set<TraceSpan>()
  for (const span of failures.keys())
    for (const above of ancestorsOf(span, byId)) {
      const list = below.get(above.span)
      if (list === undefined) below.set(above.span, [span])
      else list.push(span)
      if (isFailed(above) && !CONTAINER_KINDS.has(above.kind)) isInsideFailedCall.add(span)
    }
  const isExplained = (container: TraceSpan): boolean =>
    (below.get(container.span) ?? [])
      .slice(-COMPARED_MAX)
      .some((inner) => isRepeatedBy(container, inner, failures, children.get(container.span) ?? []))
  return [...failures.keys()]
    .filter((s) => CONTAINER_KINDS.has(s.kind) && !isInsideFailedCall.has(s) && !isExplained(s))
    .map(errorFinding)
}

/** What the failed spans say, in their order. */
export const failuresOf = (spans: readonly TraceSpan[]): ReadonlyMap<TraceSpan, Failure> =>
  new Map(
    spans
      .filter((s) => isFailed(s) && (s.flags & FLAG.REPEATED) === 0)
      .map((s) => [s, new Failure(s.errorType, s.errorMessage)]),
  )

/** The spans around a span, the nearest one first. */
export function* ancestorsOf(
  span: TraceSpan,
  byId: ReadonlyMap<string, TraceSpan>,
): Generator<TraceSpan> {
  const seen = new Set([span.span])
  let above = byId.get(span.parent)
  for (let n = 0; above !== undefined && n < FAILED_ANCESTORS_MAX && !seen.has(above.span); n++) {
    yield above
    seen.add(above.span)
    above = byId.get(above.parent)
  }
}

/** Whether the container's error comes from a span inside it: the message is equal or missing, or the last step failed. */
function isRepeatedBy(
  container: TraceSpan,
  inner: TraceSpan,
  failures: ReadonlyMap<TraceSpan, Failure>,
  steps: readonly TraceSpan[],
): boolean {
  const outer = failures.get(container)
  const below = failures.get(inner)
  if (outer === undefined || below === undefined) return false
  const isOwnType = outer.type !== below.type && outer.hasType
  if (outer.isSilent && !isOwnType) return true
  if (sharesMessage(outer, below)) return true
  if (outer.type !== '' && outer.type === below.type) return true
  if (below.type !== '' && outer.message.includes(below.type)) return true
  // The failed span was the last one in the container.
  return (
    inner.parent === container.span &&
    container.endMs - inner.endMs < PROPAGATION_MS &&
    !steps.some((s) => s !== inner && s !== container && s.startMs >= inner.endMs)
  )
}

const PROPAGATION_MS = 50

function errorFinding(span: TraceSpan): TraceFinding {
  return {
    type: 'error',
    rule: 'trace.error@1',
    severity: 'high',
    identity: [span.event],
    dimensions: [
      span.kind,
      span.agent === '' ? span.name : span.agent,
      span.errorType,
      normalizedMessage(span.errorMessage),
    ],
    deciding: span,
    value: null,
    threshold: null,
    evidence: {
      name: span.name,
      agent_name: span.agent === '' ? null : span.agent,
      error_type: span.errorType === '' ? null : span.errorType,
      error_message: span.errorMessage === '' ? null : span.errorMessage,
    },
    costUsd: 0,
  }
}

// ---------------------------------------------------------------- runaway

interface Extreme {
  readonly span: TraceSpan
  readonly n: number
}

function runaway(spans: readonly TraceSpan[], settings: DetectionSettings): TraceFinding | null {
  const deepest = deepestOf(spans, settings.depth_max)
  const found = deepest ?? widestOf(spans, settings.children_max)
  if (found === null) return null
  const what = deepest === null ? 'children' : 'depth'
  return {
    type: 'runaway',
    rule: 'trace.runaway@1',
    severity: 'medium',
    identity: [what],
    dimensions: [found.span.service, what, found.span.agent],
    deciding: found.span,
    value: found.n,
    threshold: deepest === null ? settings.children_max : settings.depth_max,
    evidence: {
      how: deepest === null ? 'children of one span' : 'spans inside each other',
      name: found.span.name,
      unit: deepest === null ? 'children' : 'levels',
    },
    costUsd: 0,
  }
}

/** The span with most children, if it has more than `most`. */
function widestOf(spans: readonly TraceSpan[], most: number): Extreme | null {
  const children = new Map<string, number>()
  for (const s of spans)
    if (s.parent !== '' && (s.flags & FLAG.REPEATED) === 0)
      children.set(s.parent, (children.get(s.parent) ?? 0) + 1)
  let widest: Extreme | null = null
  for (const span of spans) {
    const n = children.get(span.span) ?? 0
    if (n > Math.max(most, widest?.n ?? 0)) widest = { span, n }
  }
  return widest
}

function deepestOf(spans: readonly TraceSpan[], most: number): Extreme | null {
  const byId = new Map(spans.map((s) => [s.span, s]))
  const depths = new Map<string, number>()
  let deepest: Extreme | null = null
  for (const span of spans) {
    const n = depthOf(span, byId, depths)
    if (n > Math.max(most, deepest?.n ?? 0)) deepest = { span, n }
  }
  return deepest
}

/** Spans inside each other whose depth is counted. */
const PATH_MAX = 10_000

function depthOf(
  span: TraceSpan,
  byId: ReadonlyMap<string, TraceSpan>,
  depths: Map<string, number>,
): number {
  const path: TraceSpan[] = []
  let at: TraceSpan | undefined = span
  let base = 0
  while (at !== undefined && path.length < PATH_MAX) {
    const known = depths.get(at.span)
    if (known !== undefined) {
      base = known
      break
    }
    // Damaged telemetry may contain a circle of parents, which has no depth.
    depths.set(at.span, 0)
    path.push(at)
    at = byId.get(at.parent)
  }
  for (const s of path.toReversed()) depths.set(s.span, ++base)
  return depths.get(span.span) ?? 0
}

// ---------------------------------------------------------------- money

/** The cost of calls that failed, and of calls that repeat a model's request and get the same answer. */
function waste(
  trace: TraceView,
  spans: readonly TraceSpan[],
  settings: DetectionSettings,
): TraceFinding | null {
  const asked = new Set<string>()
  let usd = 0
  let failed = 0
  let repeated = 0
  let deciding: TraceSpan | null = null
  for (const s of spans) {
    if (s.costUsd <= 0 || (s.flags & (FLAG.AGGREGATE | FLAG.REPEATED)) !== 0) continue
    const id = `${s.model}\0${s.key} ${s.result}`
    const isRepeated = s.key !== 0 && s.result !== 0 && asked.has(id)
    asked.add(id)
    if (!isFailed(s) && !isRepeated) continue
    usd += s.costUsd
    if (isFailed(s)) failed++
    else repeated++
    deciding = s
  }
  const share = trace.costUsd > 0 ? usd / trace.costUsd : 0
  if (deciding === null || usd < settings.waste_usd || share < settings.waste_share) return null
  return {
    type: 'waste',
    rule: 'trace.waste@1',
    severity: 'low',
    identity: [],
    dimensions: [deciding.service, deciding.agent, deciding.model],
    deciding,
    value: rounded(usd),
    threshold: settings.waste_usd,
    evidence: {
      unit: 'USD',
      share: Math.round(share * 100) / 100,
      failed_calls: failed,
      repeated_calls: repeated,
      what: `${Math.round(share * 100)} % of the run, ${usd.toFixed(2)} USD`,
    },
    costUsd: usd,
  }
}

function budgets(
  trace: TraceView,
  spans: readonly TraceSpan[],
  settings: DetectionSettings,
): TraceFinding[] {
  const deciding = spans.at(-1)
  if (deciding === undefined) return []
  const rows: readonly (readonly [unit: string, value: number, limit: number | null])[] = [
    ['USD', trace.costUsd, settings.trace_budget_usd],
    ['tokens', trace.tokens, settings.trace_budget_tokens],
  ]
  return rows.flatMap(([unit, value, limit]): TraceFinding[] =>
    limit === null || rounded(value) <= limit
      ? []
      : [
          {
            type: 'budget_exceeded',
            rule: 'trace.budget@1',
            severity: 'medium',
            identity: [unit],
            dimensions: [deciding.service, 'trace', unit],
            deciding,
            value: rounded(value),
            threshold: limit,
            evidence: { unit, of: 'trace' },
            costUsd: trace.costUsd,
          },
        ],
  )
}
