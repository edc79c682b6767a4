// A step that finishes an event. It decides what needs the whole span.

import type { DetectedDialects } from '../rules/detected.ts'
import type { CurrentSpan } from '../span/current-span.ts'
import type { SpanOrigin } from '../span/origin.ts'

/** What a step knows besides the span. */
export interface StepContext {
  readonly dialects: DetectedDialects
  readonly origin: SpanOrigin
  /** Reports which attribute filled which field, for `explain`. */
  readonly filled: (attr: number, field: string) => void
  /** Adds to a counter of the worker. */
  readonly count: (metric: string, labels: string, by: number) => void
}

export interface Step {
  readonly name: string
  /** The names of the steps that must run before. */
  readonly needs: readonly string[]
  readonly run: (span: CurrentSpan, context: StepContext) => void
}

export interface Finishing {
  readonly steps: readonly Step[]
  /** Runs instead of the remaining steps when a step fails. */
  readonly afterFailure: (span: CurrentSpan, context: StepContext) => void
}
