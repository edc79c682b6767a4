// Signals: single occurrences that deterministic rules find, with the identity that makes a replay harmless.

/** Every type that some rule raises, and no other: what the API and `signals.disabled` offer. */
export const SIGNAL_TYPES = [
  'high_latency',
  'medium_latency',
  'tool_error',
  'llm_error',
  'error',
  'tool_timeout',
  'cost_spike',
  'token_spike',
  'secret_detected',
  'loop_detected',
  'context_overflow',
  'prompt_injection',
  'empty_output',
] as const

export type SignalType = (typeof SIGNAL_TYPES)[number]
export type Severity = 'high' | 'medium' | 'low'

/** A signal as every output prints it. Ids are hex; `at` is ns since the epoch as a decimal string. */
export interface Signal {
  /** Deterministic: the same event and rule always give the same id. 32 hex. */
  readonly signal_id: string
  readonly type: SignalType
  readonly severity: Severity
  readonly trace_id: string
  readonly span_id: string
  readonly event_id: string
  readonly tenant_id: string
  readonly project_id: string
  readonly at: string
  /** What was measured, and the limit it crossed; null where the rule has no number. */
  readonly value: number | null
  readonly threshold: number | null
  /** Facts for a person; scrubbed like the event, never a prompt. */
  readonly evidence: Readonly<Record<string, string | number | boolean | null>>
  /** Rule id and version, e.g. `latency@1`. */
  readonly rule: string
}
