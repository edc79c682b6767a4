// A signal: one occurrence that a deterministic rule found. Its id is deterministic too, so that a replay writes the
// same signal again instead of a second one.

/** Every type of signal that some rule raises. The API and `signals.disabled` offer exactly these. */
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
  'pii_detected',
  'loop_detected',
  'context_overflow',
  'prompt_injection',
  'empty_output',
  'retry_storm',
  'polling',
  'runaway',
  'waste',
  'context_drop',
  'budget_exceeded',
  'latency_anomaly',
  'cost_anomaly',
  'token_anomaly',
  'error_rate',
  'model_drift',
  'output_drift',
  'custom',
  'quality_degradation',
  'hallucination',
  'faithfulness',
  'context_relevance',
] as const

export type SignalType = (typeof SIGNAL_TYPES)[number]
/** Severities from the least to the most severe. */
export const SEVERITIES = ['low', 'medium', 'high'] as const
export type Severity = (typeof SEVERITIES)[number]

export type Evidence = Readonly<
  Record<string, string | number | boolean | null | Readonly<Record<string, string>>>
>

/** Whom a signal concerns, for signals that are not stored with the ids of an event. */
export interface SignalContext {
  readonly environment: string | null
  readonly conversation_id: string | null
  readonly session_id: string | null
  readonly user_id: string | null
  readonly cost_usd: number
}

/** A signal as every output prints it. Ids are hex; `at` is ns since the epoch as a decimal string. */
export interface Signal {
  /** 32 hex digits. The same event and rule always give the same id. */
  readonly signal_id: string
  readonly type: SignalType
  readonly severity: Severity
  /** Null, like the span and the event, for a signal about a series. */
  readonly trace_id: string | null
  readonly span_id: string | null
  readonly event_id: string | null
  readonly tenant_id: string
  readonly project_id: string
  readonly at: string
  /** The measured value and the limit it crossed; null for a rule without a number. */
  readonly value: number | null
  readonly threshold: number | null
  /** Facts for a person who looks into the signal. They are scrubbed like the event and never contain a prompt. */
  readonly evidence: Evidence
  /** Rule id and version, e.g. `latency@1`. */
  readonly rule: string
  /** Signals with the same fingerprint are occurrences of one issue: `v1:` and 24 hex digits (`identity/fingerprint.ts`). */
  readonly fingerprint: string
  /** Set for signals about traces and conversations. A signal about one event is stored with the ids of that event. */
  readonly context?: SignalContext
}
