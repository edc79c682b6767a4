// What judges are told to do, ready for use.

import type { EndpointSettings } from '../endpoint/endpoint-client.ts'
import type { Scoped } from '../sampling/trace-share.ts'
import type { Rubric } from './rubric.ts'

export interface JudgeRule extends Scoped {
  readonly name: string
  /** Share of the traces, 0 to 1. */
  readonly rate: number
  /** Names of rubrics. */
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
  /** Names of rubrics for traces of high severity. */
  readonly use: readonly string[]
  readonly rules: readonly JudgeRule[]
  readonly rubrics: readonly Rubric[]
  /** Cost of a call in billionths of a dollar; 0 for a model without a known price. */
  readonly priceNano: (inputTokens: number, outputTokens: number) => number
}
