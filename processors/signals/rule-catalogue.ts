// All rules with what each finds, its severity and its limits, for `observa rules`, the API and the generated page. A test checks
// that it agrees with the rules themselves.

import type { SignalType } from '../../core/signals/signal.ts'
import type { SignalsConfig } from './config.ts'

type Limit = Exclude<keyof SignalsConfig, 'overrides' | 'pauses' | 'rules' | 'disabled'>

export interface CatalogueRow {
  readonly id: string
  readonly types: readonly SignalType[]
  readonly severity: string
  /** What it looks at. */
  readonly over: 'event' | 'trace' | 'conversation' | 'series' | 'spending'
  readonly finds: string
  readonly limits: readonly Limit[]
}

const row = (
  over: CatalogueRow['over'],
  id: string,
  types: readonly SignalType[],
  severity: string,
  finds: string,
  ...limits: readonly Limit[]
): CatalogueRow => ({ id, types, severity, over, finds, limits })

const QUANTILE: readonly Limit[] = ['trend_calls', 'trend_deviations', 'trend_ratio']

export const RULE_CATALOGUE: readonly CatalogueRow[] = [
  row('event', 'latency@1', ['high_latency', 'medium_latency'], 'high, medium', 'a call that is longer than the limit', 'high_latency', 'medium_latency', 'latency_kinds'),
  row('event', 'error@1', ['tool_error', 'tool_timeout', 'llm_error', 'error'], 'high', 'a call that failed, by its kind'),
  row('event', 'cost.spike@1', ['cost_spike'], 'high', 'a call that costs more than the limit', 'cost_spike'),
  row('event', 'token.spike@1', ['token_spike'], 'high', 'a call with more tokens than the limit', 'token_spike'),
  row('event', 'context.overflow@1', ['context_overflow'], 'high', 'a prompt that did not fit, in the words of many providers'),
  row('event', 'secret@2', ['secret_detected'], 'high', 'credentials that the scrubber found'),
  row('event', 'pii@1', ['pii_detected'], 'low', 'personal data that the scrubber found'),
  row('event', 'output.empty@2', ['empty_output'], 'medium', 'an answered call with neither text nor tool calls'),
  row('event', 'injection@2', ['prompt_injection'], 'high, medium', 'markers of an attack in messages, results of tools and retrieved text'),
  row('trace', 'trace.loop@2', ['loop_detected'], 'high', 'equal calls with equal results, one after the other', 'loop_repeats'),
  row('trace', 'trace.cycle@1', ['loop_detected'], 'high', 'three repetitions of a cycle of up to 8 calls'),
  row('trace', 'trace.retries@1', ['retry_storm'], 'high, low', 'equal calls that fail, one after the other', 'retry_errors'),
  row('trace', 'trace.polling@1', ['polling'], 'low', 'many equal calls with changing results', 'polling_repeats'),
  row('trace', 'trace.error@1', ['error'], 'high', 'an agent, workflow, chain or plain span that failed by itself'),
  row('trace', 'trace.runaway@1', ['runaway'], 'medium', 'spans too deep inside each other, or too many children', 'depth_max', 'children_max'),
  row('trace', 'trace.waste@1', ['waste'], 'low', 'money for calls that failed or asked again what was answered', 'waste_usd', 'waste_share'),
  row('trace', 'trace.budget@1', ['budget_exceeded'], 'medium', 'a trace that costs more than its budget', 'trace_budget_usd', 'trace_budget_tokens'),
  row('conversation', 'conversation.context@1', ['context_drop'], 'medium', 'a turn that is sent much less than the one before, without a summary', 'context_drop'),
  row('spending', 'spending.budget@1', ['budget_exceeded'], 'medium', 'a conversation, session or user that costs more than its budget', 'conversation_budget_usd', 'conversation_budget_tokens', 'session_budget_usd', 'session_budget_tokens', 'user_budget_usd_per_day', 'user_budget_tokens_per_day'),
  row('series', 'trend.latency@2', ['latency_anomaly'], 'medium', 'latency above what is usual', ...QUANTILE),
  row('series', 'trend.cost@2', ['cost_anomaly'], 'medium', 'cost of a call above what is usual', ...QUANTILE),
  row('series', 'trend.tokens@2', ['token_anomaly'], 'low', 'tokens of a call above what is usual', ...QUANTILE),
  row('series', 'trend.output@2', ['output_drift'], 'low', 'answers twice as long or half as long as usual', ...QUANTILE),
  row('series', 'trend.errors@2', ['error_rate'], 'high', 'a rate of errors above what is usual', 'trend_calls', 'error_rate_difference'),
  row('series', 'trend.model@2', ['model_drift'], 'medium', 'a model answers that did so rarely before', 'trend_calls'),
  row('series', 'trend.finish@2', ['output_drift'], 'low', 'answers end for other reasons than before', 'trend_calls'),
] // biome-ignore format: a table
