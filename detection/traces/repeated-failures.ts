// Signals that workers raised about failures which only repeat the failure of a call inside them, or of the call around them. A worker
// sees the spans of one task, so it raises such a signal when the two came apart. One fault is one signal, so this one is superseded.

import { fingerprintOf } from '../../core/identity/fingerprint.ts'
import { signalId } from '../../core/identity/identity.ts'
import { CONTAINER_KINDS } from '../../core/kinds.ts'
import {
  errorIdentity,
  FAULT_TYPES,
  type FaultType,
  faultRuleOf,
  repeatsFailure,
} from '../../core/signals/same-fault.ts'
import type { Signal } from '../../core/signals/signal.ts'
import { atNs } from '../finding.ts'
import { TOLD } from '../observation.ts'
import { ancestorsOf, failuresOf } from './settled-rules.ts'
import type { TraceHead, TraceSpan, TraceView } from './trace.ts'

const ANY_TOLD = FAULT_TYPES.reduce((all, type) => all | TOLD[type], 0)

/** The new form of these signals. */
export function repeatedFailures(trace: TraceView): Signal[] {
  const failures = failuresOf(trace.spans)
  if (failures.size < 2 || ![...failures.keys()].some((s) => (s.flags & ANY_TOLD) !== 0)) return []
  const byId = new Map(trace.spans.map((s) => [s.span, s]))
  const isRepeating = new Set<TraceSpan>()
  for (const [inner, failure] of failures)
    for (const outer of ancestorsOf(inner, byId)) {
      const around = failures.get(outer)
      if (around === undefined) continue
      const isOuter = !CONTAINER_KINDS.has(inner.kind) || CONTAINER_KINDS.has(outer.kind)
      const repeating = isOuter ? outer : inner
      if ((repeating.flags & ANY_TOLD) === 0 || isRepeating.has(repeating)) continue
      if (repeatsFailure(around, failure)) isRepeating.add(repeating)
    }
  return [...isRepeating].flatMap((span) =>
    FAULT_TYPES.filter((type) => (span.flags & TOLD[type]) !== 0).map((type) =>
      superseded(trace, span, type),
    ),
  )
}

/** The signal as the worker made it, which the rules of workers and their evidence must agree with, and marked. */
function superseded(trace: TraceHead, span: TraceSpan, type: FaultType): Signal {
  const rule = faultRuleOf(type)
  const subject = [span.tool, span.model, span.responseModel, span.agent].find((s) => s !== '')
  return {
    signal_id: signalId(span.event, `${rule}:${type}`),
    type,
    severity: 'high',
    trace_id: trace.id,
    span_id: span.span,
    event_id: span.event,
    tenant_id: trace.tenant,
    project_id: trace.project,
    at: atNs(span.endMs),
    value: null,
    threshold: null,
    evidence: { ...evidenceOf(span), superseded: true },
    rule,
    fingerprint: fingerprintOf(
      trace.tenant,
      trace.project,
      type,
      type === 'context_overflow'
        ? [subject ?? span.name, span.route]
        : errorIdentity(span.kind, subject ?? span.name, span.errorType, span.errorMessage),
    ),
  }
}

function evidenceOf(span: TraceSpan): Signal['evidence'] {
  const orNull = (text: string): string | null => (text === '' ? null : text)
  const model = span.responseModel === '' ? span.model : span.responseModel
  const places = { service: span.service, route: span.route, provider: span.provider }
  return {
    error_type: orNull(span.errorType),
    error_message: orNull(span.errorMessage),
    tool_name: orNull(span.tool),
    model: orNull(model),
    ...Object.fromEntries(Object.entries(places).filter(([, text]) => text !== '')),
  }
}
