// Makes signals of what jobs found about stored texts. The same event, rule and type give the same id, so a repeated job finds nothing new.

import { fingerprintOf } from '../../core/identity/fingerprint.ts'
import { signalId } from '../../core/identity/identity.ts'
import type {
  Evidence,
  Severity,
  Signal,
  SignalContext,
  SignalType,
} from '../../core/signals/signal.ts'

/** The types that jobs raise, as opposed to rules in the chain and in the detection. */
export const DERIVED_TYPES = [
  'quality_degradation',
  'hallucination',
  'faithfulness',
  'context_relevance',
] as const satisfies readonly SignalType[]

export interface Subject {
  readonly tenantId: string
  readonly projectId: string
  /** Hex; null for what concerns a series. */
  readonly traceId: string | null
  readonly spanId: string | null
  readonly eventId: string | null
  /** ns since the epoch. */
  readonly at: string
  readonly context?: SignalContext
}

export interface DerivedFinding {
  readonly type: (typeof DERIVED_TYPES)[number]
  readonly severity: Severity
  /** Id and version of what found it. */
  readonly rule: string
  /** What identifies the occurrence beside the event. */
  readonly identity: readonly string[]
  /** What tells issues of this type apart. */
  readonly dimensions: readonly string[]
  readonly value: number | null
  readonly threshold: number | null
  readonly evidence: Evidence
}

export function derivedSignal(subject: Subject, finding: DerivedFinding): Signal {
  const { tenantId, projectId, traceId, spanId, eventId, at, context } = subject
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
