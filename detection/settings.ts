// The settings of the rules over traces and trends. They are options of the `signals` processor.

import type { Pause } from '../core/signals/rule-pauses.ts'
import type { SignalType } from '../core/signals/signal.ts'
import type { RuleScope } from '../core/signals/signal-scopes.ts'

/** What a scope may change. */
export interface DetectionLimits {
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
  /** Of one conversation or session, and of one user on a day (UTC). */
  readonly conversation_budget_usd: number | null
  readonly conversation_budget_tokens: number | null
  readonly session_budget_usd: number | null
  readonly session_budget_tokens: number | null
  readonly user_budget_usd_per_day: number | null
  readonly user_budget_tokens_per_day: number | null
  /** Money spent in vain that is worth a word, USD, and its share of the trace's cost. */
  readonly waste_usd: number
  readonly waste_share: number
  /** Share of the input tokens that must be lost from one turn to the next. */
  readonly context_drop: number
  readonly trends: boolean
  /** Calls without which a window says nothing. */
  readonly trend_calls: number
  /** Deviations (MAD) and factor by which a quantile must be above what is usual. */
  readonly trend_deviations: number
  readonly trend_ratio: number
  /** Share of the calls by which more of them must fail than before. */
  readonly error_rate_difference: number
}

export interface DetectionSettings extends DetectionLimits {
  readonly overrides: readonly ({ readonly match: RuleScope } & Partial<DetectionLimits>)[]
  readonly pauses: readonly Pause[]
}
