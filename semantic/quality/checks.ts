// Lists all quality checks and decides which of them are enabled. A check is enabled only if its precision on the held-out labels is at
// least 0.8. The measurements are in `measured.generated.json`, which `npm run generate` makes from the labelled texts.

import type { CheckResult, QualityCheck } from './check.ts'
import type { Exchange } from './exchange.ts'
import { formatViolation } from './format.ts'
import { frustration } from './frustration.ts'
import { ungrounded } from './grounding.ts'
import { languageSwitch } from './language.ts'
import measured from './measured.generated.json' with { type: 'json' }
import { refusal } from './refusal.ts'
import { repetition } from './repetition.ts'
import { truncation } from './truncation.ts'

export const QUALITY_CHECKS: readonly QualityCheck[] = [
  refusal,
  truncation,
  repetition,
  languageSwitch,
  formatViolation,
  ungrounded,
  frustration,
]

export const PRECISION_MIN = 0.8

export interface MeasuredCheck {
  readonly name: string
  readonly version: number
  readonly precision: number
  readonly recall: number
  readonly labels: number
}

export interface CheckState {
  readonly check: QualityCheck
  readonly measured: MeasuredCheck | null
  readonly isOn: boolean
  /** The reason why the check is disabled; null for an enabled check. */
  readonly reason: string | null
}

/** Returns the state of each check, which depends on the measurement of its present version. */
export function checkStates(
  figures: readonly MeasuredCheck[] = measured.checks,
): readonly CheckState[] {
  return QUALITY_CHECKS.map((check) => {
    const found = figures.find((m) => m.name === check.name && m.version === check.version) ?? null
    const isOn = found !== null && found.precision >= PRECISION_MIN
    const reason = isOn
      ? null
      : found === null
        ? `version ${check.version} of ${check.name} was not measured`
        : `measured precision ${found.precision} is below ${PRECISION_MIN}`
    return { check, measured: found, isOn, reason }
  })
}

export interface CheckedScore extends CheckResult {
  readonly check: QualityCheck
  readonly isFault: boolean
}

/** Runs all enabled checks that apply to the exchange. */
export function checked(
  exchange: Exchange,
  states: readonly CheckState[],
): readonly CheckedScore[] {
  return states.flatMap(({ check, isOn }) => {
    const result = isOn ? check.run(exchange) : null
    return result === null ? [] : [{ ...result, check, isFault: result.value >= check.threshold }]
  })
}
