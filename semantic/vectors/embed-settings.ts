// The settings of sampling and embedding.

import type { EndpointSettings } from '../endpoint/endpoint-client.ts'
import type { Scoped } from '../sampling/trace-share.ts'

export interface SamplingSettings {
  /** The share of traces that are sampled, from 0 to 1. */
  readonly rate: number
  /** The sampling rules. The first rule that applies decides. */
  readonly rules: readonly (Scoped & { readonly rate: number })[]
  readonly always: readonly ('errors' | 'high_severity' | 'feedback')[]
  readonly tracesPerDay: number
}

export interface EmbedSettings {
  readonly endpoint: EndpointSettings
  readonly model: string
  /** The number of dimensions to request; null for the model's default. */
  readonly dimensions: number | null
  /** The most texts in one request. */
  readonly batch: number
  readonly usdPerDay: number
  /** Computes the cost of a number of tokens in billionths of a dollar; 0 for a model without a known price. */
  readonly priceNano: (tokens: number) => number
}
