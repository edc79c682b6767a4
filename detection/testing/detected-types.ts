// The types of signals that rules over traces, conversations and series raise.

import type { SignalType } from '../../core/signals/signal.ts'

export const DETECTED_TYPES: readonly SignalType[] = [
  'loop_detected',
  'retry_storm',
  'polling',
  'error',
  'runaway',
  'waste',
  'budget_exceeded',
  'context_drop',
  'latency_anomaly',
  'cost_anomaly',
  'token_anomaly',
  'error_rate',
  'model_drift',
  'output_drift',
]
