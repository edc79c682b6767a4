// Makes signals of what jobs find in stored events. The id is derived from event, rule and type, so a repeated job makes no new signal.

import { fingerprintOf } from '../../core/identity/fingerprint.ts'
import { signalId } from '../../core/identity/identity.ts'
import type {
  Evidence,
  Severity,
  Signal,
  SignalContext,
  SignalType,
} from '../../core/signals/signal.ts'

/** The signal types that only jobs raise. Rules in the chain and in the detection raise the others. */
export const DERIVED_TYPES = [
  'quality_degradation',
  'hallucination',
  'faithfulness',
  'context_relevance',
] as const satisfies readonly SignalType[]

export interface SignalOrigin {
  readonly tenantId: string
  readonly projectId: string
  /** The id of the event as hex digits; null for a signal about a series. */
  readonly traceId: string | null
  readonly spanId: string | null
  readonly eventId: string | null
  /** The time of the signal, in ns since the epoch. */
  readonly at: string
  readonly context?: SignalContext
}

export interface DerivedFinding {
  readonly type: (typeof DERIVED_TYPES)[number]
  readonly severity: Severity
  /** The id and version of the check or rubric that found it. */
  readonly rule: string
  /** Distinguishes several signals of the same rule about the same event. */
  readonly identity: readonly string[]
  /** The values that separate the issues of this type from each other. */
  readonly dimensions: readonly string[]
  readonly value: number | null
  readonly threshold: number | null
  readonly evidence: Evidence
}

export function derivedSignal(origin: SignalOrigin, finding: DerivedFinding): Signal {
  const { tenantId, projectId, traceId, spanId, eventId, at, context } = origin
  const { type, severity, rule, identity, dimensions, value, threshold, evidence } = finding
  const occurrence = [tenantId, projectId, eventId ?? '', ...identity].join('\0')
  return {
    signal_id: signalId(occurrence, `${rule}:${type}`),
    type,
    severity,
    trace_id: traceId,
    span_id: spanId,
    event_id: eventId,
    tenant_id: tenantId,
    project_id: projectId,
    at,
    value,
    threshold,
    evidence,
    rule,
    fingerprint: fingerprintOf(tenantId, projectId, type, dimensions),
    ...(context === undefined ? {} : { context }),
  }
}
