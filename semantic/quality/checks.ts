// All checks of quality, and which of them are on: a check whose precision was not measured at .8 or more on the held-out labels is off
// and says so. The figures are in `measured.generated.json`, made from the labelled texts by `npm run generate`.

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
  /** Why it is off; null for a check that is on. */
  readonly reason: string | null
}

/** The state of each check by what was measured of its present version. */
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

/** Runs the checks that are on and apply. */
export function checked(
  exchange: Exchange,
  states: readonly CheckState[],
): readonly CheckedScore[] {
  return states.flatMap(({ check, isOn }) => {
    const result = isOn ? check.run(exchange) : null
    return result === null ? [] : [{ ...result, check, isFault: result.value >= check.threshold }]
  })
}
