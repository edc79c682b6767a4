// Measures the checks on labels: precision and recall on a half, and the curve over thresholds.

import type { QualityCheck } from '../check.ts'
import type { MeasuredCheck } from '../checks.ts'
import { generated } from './generator.ts'
import { type Half, halfOf, type Label } from './label.ts'
import { WRITTEN } from './written.ts'

const SEED = 20261129
const PAIRS = 20

/** Templates and written texts together, in a fixed order. */
export function allLabels(): readonly Label[] {
  return [...WRITTEN, ...generated(SEED, PAIRS)]
}

/** The half of the labels of a check. A pair of twins is never parted, and faults and looks-alikes stand in both halves. */
export function labelsOf(check: string, half: Half, labels = allLabels()): readonly Label[] {
  const own = labels.filter((label) => label.check === check)
  const written = own.filter((l) => l.origin === 'written').filter((_, i) => halfOf(i) === half)
  const template = own
    .filter((l) => l.origin === 'template')
    .filter((_, i) => halfOf(Math.floor(i / 2)) === half)
  return [...written, ...template]
}

export interface Point {
  readonly threshold: number
  readonly precision: number
  readonly recall: number
}

export interface Measure extends MeasuredCheck {
  readonly curve: readonly Point[]
  /** Labels that the check got wrong. */
  readonly missed: readonly Label[]
  readonly wrong: readonly Label[]
}

const round = (share: number): number => Math.round(share * 1000) / 1000
const THRESHOLDS = [0.3, 0.5, 0.7, 0.9, 1]

export function measured(check: QualityCheck, labels: readonly Label[]): Measure {
  const values = labels.map((label) => ({ label, value: check.run(label.exchange)?.value ?? 0 }))
  const at = (threshold: number): Point => {
    const found = values.filter(({ value }) => value >= threshold)
    const right = found.filter(({ label }) => label.isFault).length
    const faults = labels.filter((label) => label.isFault).length
    return {
      threshold,
      precision: round(found.length === 0 ? 0 : right / found.length),
      recall: round(faults === 0 ? 0 : right / faults),
    }
  }
  const { precision, recall } = at(check.threshold)
  return {
    name: check.name,
    version: check.version,
    precision,
    recall,
    labels: labels.length,
    curve: THRESHOLDS.map(at),
    missed: values
      .filter(({ label, value }) => label.isFault && value < check.threshold)
      .map(({ label }) => label),
    wrong: values
      .filter(({ label, value }) => !label.isFault && value >= check.threshold)
      .map(({ label }) => label),
  }
}
