// A quality check is a deterministic function over one exchange that returns a score with evidence. It uses no model.

import type { Exchange } from './exchange.ts'

export interface CheckResult {
  /** The score: 0 means that there is no fault, 1 that there certainly is one. */
  readonly value: number
  /** The evidence: a short quote and a reason, never a whole prompt. */
  readonly evidence: Readonly<Record<string, string | number>>
}

export interface QualityCheck {
  /** The name of the score, such as `refusal`. */
  readonly name: string
  /** The version of the check. It must be increased with every change that may change a score. */
  readonly version: number
  /** The exchange has the fault if its score is at least this value. */
  readonly threshold: number
  /** One sentence that describes the check to users. */
  readonly summary: string
  /** Runs the check. Returns null if it does not apply, for example if it needs retrieved documents and there are none. */
  run(exchange: Exchange): CheckResult | null
}

export const FINE: CheckResult = { value: 0, evidence: {} }
