// Measures checks on labelled texts: precision and recall on one half of the split, and the precision-recall curve over thresholds.

import type { QualityCheck } from '../check.ts'
import type { MeasuredCheck } from '../checks.ts'
import { generated } from './generator.ts'
import { type Half, halfOf, type Label } from './label.ts'
import { WRITTEN } from './written.ts'

const SEED = 20261129
const PAIRS = 20

/** All labels, generated and handwritten, in a fixed order. */
export function allLabels(): readonly Label[] {
  return [...WRITTEN, ...generated(SEED, PAIRS)]
}

/** Returns one half of the labels of a check. A pair is never split, and both halves contain faults and similar-looking clean texts. */
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
  /** The labels that the check classified wrongly. */
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
