// What is sampled, and how it is embedded.

import type { EndpointSettings } from '../endpoint/endpoint-client.ts'
import type { Scoped } from '../sampling/trace-share.ts'

export interface SamplingSettings {
  /** Share of the traces, 0 to 1. */
  readonly rate: number
  /** The first one that applies counts. */
  readonly rules: readonly (Scoped & { readonly rate: number })[]
  readonly always: readonly ('errors' | 'high_severity' | 'feedback')[]
  readonly tracesPerDay: number
}

export interface EmbedSettings {
  readonly endpoint: EndpointSettings
  readonly model: string
  /** Null for what the model gives. */
  readonly dimensions: number | null
  /** Texts in one request. */
  readonly batch: number
  readonly usdPerDay: number
  /** Cost of so many tokens in billionths of a dollar; 0 for a model without a known price. */
  readonly priceNano: (tokens: number) => number
}
