// What a check of quality is: a deterministic function over one exchange that gives a score with evidence, without a model.

import type { Exchange } from './exchange.ts'

export interface CheckResult {
  /** 0 is fine, 1 is certainly at fault. */
  readonly value: number
  /** Why: a quote of the text and a reason, never a whole prompt. */
  readonly evidence: Readonly<Record<string, string | number>>
}

export interface QualityCheck {
  /** Name of the score, such as `refusal`. */
  readonly name: string
  /** Counts up with every change that may give another value. */
  readonly version: number
  /** From this value on the exchange is at fault. */
  readonly threshold: number
  /** One sentence for people. */
  readonly summary: string
  /** Null where the check does not apply, such as without retrieved documents. */
  run(exchange: Exchange): CheckResult | null
}

export const FINE: CheckResult = { value: 0, evidence: {} }
