// The settings of judges: which rubrics are asked about which traces, at which endpoint and at what cost.

import type { EndpointSettings } from '../endpoint/endpoint-client.ts'
import type { Scoped } from '../sampling/trace-share.ts'
import type { Rubric } from './rubric.ts'

export interface JudgeRule extends Scoped {
  readonly name: string
  /** The share of traces that are judged, from 0 to 1. */
  readonly rate: number
  /** The names of the rubrics that are asked. */
  readonly use: readonly string[]
}

export interface JudgeSettings {
  readonly endpoint: EndpointSettings
  readonly model: string
  readonly usdPerDay: number
  readonly callsPerDay: number
  readonly concurrency: number
  readonly maxOutputTokens: number
  readonly highSeverity: boolean
  /** The names of the rubrics that are asked about traces with a signal of high severity. */
  readonly use: readonly string[]
  readonly rules: readonly JudgeRule[]
  readonly rubrics: readonly Rubric[]
  /** Computes the cost of a call in billionths of a dollar; 0 for a model without a known price. */
  readonly priceNano: (inputTokens: number, outputTokens: number) => number
}
