// What whoever runs an instance may ask of it beside its state: its configuration, its dead letters, and what it would make of a payload.
// The service has it, the REST API shows it.

import type { Signal } from './signals/signal.ts'
import type { TenantContext } from './tenant.ts'

/** A mistake in a configuration, or a doubtful place. */
export interface ConfigurationProblem {
  readonly code: string
  /** From 1; 0 where there is no line. */
  readonly line: number
  readonly column: number
  readonly path: string
  /** The rule that is broken, what was expected and found, and what to do, as one text. */
  readonly message: string
  readonly suggestion: string | null
}

export interface ConfigurationCheck {
  readonly ok: boolean
  readonly errors: readonly ConfigurationProblem[]
  readonly warnings: readonly ConfigurationProblem[]
}

export interface EffectiveConfiguration {
  /** With all defaults. Secrets are masked, references are not expanded. */
  readonly effective: unknown
  /** As it was written, files merged. */
  readonly written: unknown
}

export interface DeadLetterInfo {
  /** `exporter:letter`. */
  readonly id: string
  readonly exporter: string
  /** What the exporter calls the kind of its items, such as `events`. */
  readonly stream: string
  readonly items: number
  readonly code: string
  readonly message: string
  readonly attempts: number
  /** ms since the epoch. */
  readonly firstAtMs: number
  readonly lastAtMs: number
  readonly bytes: number
  /** False: the destination did not say which items it refused, so there is nothing to send again. */
  readonly canRetry: boolean
}

export interface DeadLetterContent extends DeadLetterInfo {
  /** Scrubbed, like all that is stored; text where it is UTF-8, else base64. */
  readonly content: string
  readonly encoding: 'utf8' | 'base64'
}

export interface DeadLetters {
  /** The oldest place in the log first, of each exporter. */
  list(): Promise<readonly DeadLetterInfo[]>
  find(id: string): Promise<DeadLetterContent | null>
  /** Puts it into the log again. Null when there is none; false when there is nothing to send again. */
  retry(id: string): Promise<boolean | null>
  /** False when there is none. */
  drop(id: string): Promise<boolean>
}

export interface ExplainRequest {
  readonly payload: Uint8Array
  readonly input: 'auto' | 'otlp-proto' | 'otlp-json' | 'ndjson'
  readonly telemetry: 'auto' | 'traces' | 'logs'
  readonly tenant: TenantContext
}

export interface ExplainedEvent {
  readonly event: Readonly<Record<string, unknown>>
  /** For each field that is set: the attribute that filled it, and the rule that read it. */
  readonly explain: Readonly<Record<string, { readonly source: string; readonly rule: string }>>
  /** What was found and replaced, of the span. */
  readonly scrubbed: readonly unknown[]
}

export interface Explained {
  readonly events: readonly ExplainedEvent[]
  readonly signals: readonly Signal[]
  readonly rejected: readonly { readonly item: number | null; readonly reason: string }[]
  /** Spans that an action of scrubbing removed. */
  readonly dropped: number
  /** True when there were more events than are shown. */
  readonly isCut: boolean
}

export interface Operations {
  configuration(): EffectiveConfiguration
  /** Checks a text as if the instance started with it. Nothing is applied. */
  checkConfiguration(text: string): Promise<ConfigurationCheck>
  readonly deadLetters: DeadLetters
  /**
   * Runs a payload through the chain that runs, in a thread of its own, and stores nothing. Null when too many are waiting. Throws an
   * `ObservaError` when it takes too long.
   */
  explain(request: ExplainRequest): Promise<Explained | null>
  /** Tenants that the configuration names in its keys. */
  configuredTenants(): readonly string[]
}

/** What judges can be asked, and what a question about a text of so many bytes costs. */
export interface JudgeOffer {
  readonly model: string
  readonly rubrics: readonly { readonly name: string; readonly version: number }[]
  estimateUsd(bytes: number): { readonly usual: number; readonly worst: number }
}

/** The vector has length 1; `embedder` names what made it. Rejects when the endpoint gives no answer. */
export type EmbedText = (
  tenantId: string,
  text: string,
  signal: AbortSignal,
) => Promise<{ readonly embedder: string; readonly v: readonly number[] } | null>
