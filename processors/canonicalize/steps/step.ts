// A step that finishes an event: what can be said only with the whole span in view.

import type { DetectedDialects } from '../rules/detected.ts'
import type { CurrentSpan } from '../span/current-span.ts'
import type { SpanOrigin } from '../span/origin.ts'

/** What a step knows beside the span. */
export interface StepContext {
  readonly dialects: DetectedDialects
  readonly origin: SpanOrigin
  /** Says which attribute filled which field, for `explain`. */
  readonly filled: (attr: number, field: string) => void
  /** Adds to a counter of the worker. */
  readonly count: (metric: string, labels: string, by: number) => void
}

export interface Step {
  readonly name: string
  /** What must have happened before: names of steps. */
  readonly needs: readonly string[]
  readonly run: (span: CurrentSpan, context: StepContext) => void
}

export interface Finishing {
  readonly steps: readonly Step[]
  /** What is done instead of the remaining steps when one fails. */
  readonly afterFailure: (span: CurrentSpan, context: StepContext) => void
}
