// The limits of the rules over traces and trends. The options of the `signals` processor have this form.

import type { SignalType } from '../core/signal.ts'

export interface DetectionSettings {
  readonly disabled: readonly SignalType[]
  /** Equal calls with equal results, one after the other, that make a loop. */
  readonly loop_repeats: number
  /** Equal calls that fail, one after the other, that make a retry storm. */
  readonly retry_errors: number
  /** Equal calls with changing results that are reported as polling. */
  readonly polling_repeats: number
  readonly depth_max: number
  readonly children_max: number
  /** USD and tokens of one trace; null for no budget. */
  readonly trace_budget_usd: number | null
  readonly trace_budget_tokens: number | null
  /** Money spent in vain that is worth a word, USD, and its share of the trace's cost. */
  readonly waste_usd: number
  readonly waste_share: number
  /** Share of the input tokens that must be lost from one turn to the next. */
  readonly context_drop: number
  readonly trends: boolean
}
