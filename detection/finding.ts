// A finding of a rule over a trace, a conversation or a series. Signals are made from findings.

import { fingerprintOf } from '../core/identity/fingerprint.ts'
import { signalId } from '../core/identity/identity.ts'
import type {
  Evidence,
  Severity,
  Signal,
  SignalContext,
  SignalType,
} from '../core/signals/signal.ts'

export interface Finding {
  readonly type: SignalType
  /** Id and version of the rule. */
  readonly rule: string
  readonly severity: Severity
  readonly tenant: string
  readonly project: string
  /** Identifies the occurrence together with rule and type: a trace, an agent and a tool, or a series and a time. */
  readonly identity: readonly string[]
  /** Distinguishes issues of this type. Findings with equal dimensions belong to one issue. */
  readonly dimensions: readonly string[]
  readonly atMs: number
  readonly trace: string | null
  readonly span: string | null
  readonly event: string | null
  readonly value: number | null
  readonly threshold: number | null
  readonly evidence: Evidence
  readonly context?: SignalContext
}

/** A time of an event as in signals, to the microsecond. */
export const atNs = (ms: number): string => String(BigInt(Math.round(ms * 1000)) * 1000n)

const ZEROS = /^0+$/

export function signalOf(f: Finding): Signal {
  const id = (text: string | null): string | null =>
    text === null || ZEROS.test(text) ? null : text
  return {
    signal_id: signalId([f.tenant, f.project, ...f.identity].join('\0'), `${f.rule}:${f.type}`),
    type: f.type,
    severity: f.severity,
    trace_id: id(f.trace),
    span_id: id(f.span),
    event_id: id(f.event),
    tenant_id: f.tenant,
    project_id: f.project,
    at: atNs(f.atMs),
    value: f.value,
    threshold: f.threshold,
    evidence: f.evidence,
    rule: f.rule,
    fingerprint: fingerprintOf(f.tenant, f.project, f.type, f.dimensions),
    ...(f.context === undefined ? {} : { context: f.context }),
  }
}
