// What whoever runs an instance may ask of it beside its state: its configuration, its dead letters, and what it would make of a payload.
// The service has it, the REST API shows it.

import type { Evidence, Severity, Signal, SignalType } from './signals/signal.ts'
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

/** A rule as it is configured. */
export interface RuleInfo {
  readonly id: string
  readonly types: readonly string[]
  readonly severity: string
  /** What it looks at: event, trace, conversation, series or spending. */
  readonly over: string
  readonly finds: string
  /** Its limits, without those of a scope. */
  readonly limits: Readonly<Record<string, unknown>>
  /** False when no signal of its types is looked for. */
  readonly enabled: boolean
  /** Whether the configuration wrote it. */
  readonly own: boolean
}

export interface ReplayRequest {
  /** A rule by its id, with or without version, or a type of signals; null for all. */
  readonly rule: string | null
  /** Options of the `signals` processor instead of those that run; null for those. */
  readonly settings: unknown
  /** Stored events in the order of their start, as ClickHouse gives the columns. */
  readonly pages: AsyncIterable<readonly StoredEventRow[]>
}

/** Columns by field name with an underscore behind. */
export type StoredEventRow = Readonly<Record<string, unknown>>

export interface ReplayedIssue {
  readonly fingerprint: string
  readonly type: SignalType
  readonly severity: Severity
  readonly rule: string
  readonly count: number
  readonly first_at: string
  readonly last_at: string
  /** Of the newest signal. */
  readonly trace_id: string | null
  readonly span_id: string | null
  readonly value: number | null
  readonly threshold: number | null
  readonly evidence: Evidence
}

export interface Replay {
  readonly events: number
  readonly signals: number
  readonly superseded: number
  readonly rules: readonly {
    readonly rule: string
    readonly type: SignalType
    readonly severity: Severity
    readonly signals: number
    readonly issues: number
  }[]
  /** Those with most signals first. */
  readonly issues: readonly ReplayedIssue[]
  /** Whether there were more issues than are kept apart. */
  readonly is_cut: boolean
}

export interface Operations {
  /** All rules of the configuration that runs, the user's own last. */
  rules(): readonly RuleInfo[]
  /**
   * What the rules would have found in stored events. Nothing is stored; the same events give the same answer. Yields the number of
   * events so far, and returns the answer. Null when one runs already; a list of mistakes for settings that are wrong.
   */
  replayRules(request: ReplayRequest): AsyncGenerator<number, Replay> | readonly string[] | null
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
  /** Caps of a tenant in a day (UTC). */
  readonly usdPerDay: number
  readonly callsPerDay: number
  estimateUsd(bytes: number): { readonly usual: number; readonly worst: number }
}

/** The vector has length 1; `embedder` names what made it. Rejects when the endpoint gives no answer. */
export type EmbedText = (
  tenantId: string,
  text: string,
  signal: AbortSignal,
) => Promise<{ readonly embedder: string; readonly v: readonly number[] } | null>

/** A request for a new password. */
export interface ResetMail {
  /** As it was asked for, with which requests for the same one are told. */
  readonly email: string
  /** Null for an address that nobody has: then the same work is done, but no mail is sent. */
  readonly userId: string | null
  readonly ip: string | null
  readonly userAgent: string | null
  readonly requestId: string | null
}

export type MailReset = (wanted: ResetMail) => Promise<void>
