// What the operators of an instance can read and do through the API: its configuration, its dead letters, and a trial run of
// a payload. The service implements it, and the REST API exposes it.

import type { Evidence, Severity, Signal, SignalType } from './signals/signal.ts'
import type { TenantContext } from './tenant.ts'

/** A request to the REST API whose answer was sent. */
export interface AnsweredRequest {
  readonly method: string
  /** Pattern of the route, such as `/api/v1/traces/:id`. */
  readonly route: string
  readonly status: number
  readonly durationMs: number
  readonly requestId: string
}

/** An error or a warning about a configuration. */
export interface ConfigurationProblem {
  readonly code: string
  /** Line number from 1; 0 when the problem has no line. */
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
  /** The configuration with all defaults. Secrets are masked, references are not expanded. */
  readonly effective: unknown
  /** The configuration as it was written, with all files merged. */
  readonly written: unknown
}

export interface DeadLetterInfo {
  /** The id, as `exporter:letter`. */
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
  /** False when the destination did not say which items it refused, so that there is nothing to send again. */
  readonly canRetry: boolean
}

export interface DeadLetterContent extends DeadLetterInfo {
  /** The scrubbed content: text if it is valid UTF-8, otherwise base64. */
  readonly content: string
  readonly encoding: 'utf8' | 'base64'
}

export interface DeadLetters {
  /** The dead letters of all exporters, each exporter's oldest position in the log first. */
  list(): Promise<readonly DeadLetterInfo[]>
  find(id: string): Promise<DeadLetterContent | null>
  /**
   * Appends it to the log again. Returns null when there is no such dead letter, false when there is nothing to send again.
   */
  retry(id: string): Promise<boolean | null>
  /** Returns false when there is no such dead letter. */
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
  /** What was found in the span and replaced. */
  readonly scrubbed: readonly unknown[]
}

export interface Explained {
  readonly events: readonly ExplainedEvent[]
  readonly signals: readonly Signal[]
  readonly rejected: readonly { readonly item: number | null; readonly reason: string }[]
  /** Number of spans that an action of scrubbing dropped. */
  readonly dropped: number
  /** True when there were more events than are shown. */
  readonly isCut: boolean
}

/** A rule as it is configured. */
export interface RuleInfo {
  readonly id: string
  readonly types: readonly string[]
  readonly severity: string
  /** What the rule looks at: event, trace, conversation, series or spending. */
  readonly over: string
  readonly finds: string
  /** The limits of the rule, without those that hold in some scopes only. */
  readonly limits: Readonly<Record<string, unknown>>
  /** False when all signal types of the rule are switched off. */
  readonly enabled: boolean
  /** Whether the rule comes from the configuration. */
  readonly own: boolean
}

export interface ReplayRequest {
  /** A rule by its id, with or without version, or a type of signals; null for all. */
  readonly rule: string | null
  /** Options of the `signals` processor with which the rules run; null for those of the running configuration. */
  readonly settings: unknown
  /** Stored events in the order of their start, as ClickHouse gives the columns. */
  readonly pages: AsyncIterable<readonly StoredEventRow[]>
}

/** The columns of a stored event, by field name with an underscore at the end. */
export type StoredEventRow = Readonly<Record<string, unknown>>

export interface ReplayedIssue {
  readonly fingerprint: string
  readonly type: SignalType
  readonly severity: Severity
  readonly rule: string
  readonly count: number
  readonly first_at: string
  readonly last_at: string
  /** The trace of the newest signal; null for a signal about a series. */
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
  /** The issues with the most signals come first. */
  readonly issues: readonly ReplayedIssue[]
  /** Whether there were more issues than the replay keeps apart. */
  readonly is_cut: boolean
}

export interface Operations {
  /** All rules of the running configuration; those that the user wrote come last. */
  rules(): readonly RuleInfo[]
  /**
   * Runs the rules over stored events and stores nothing; the same events always give the same result. Yields the number of
   * events so far and returns the result. Gives null while another replay runs, and a list of mistakes if the settings are
   * wrong.
   */
  replayRules(request: ReplayRequest): AsyncGenerator<number, Replay> | readonly string[] | null
  configuration(): EffectiveConfiguration
  /** Checks a text as if the instance started with it. Nothing is applied. */
  checkConfiguration(text: string): Promise<ConfigurationCheck>
  readonly deadLetters: DeadLetters
  /**
   * Runs a payload through the running chain, in a thread of its own, and stores nothing. Gives null when too many requests
   * are waiting. Throws an `ObservaError` when it takes too long.
   */
  explain(request: ExplainRequest): Promise<Explained | null>
  /** The tenants of the API keys that stand in the configuration. */
  configuredTenants(): readonly string[]
}

/** What judges can evaluate, and the cost of a judgement about a text of a given size. */
export interface JudgeOffer {
  readonly model: string
  readonly rubrics: readonly { readonly name: string; readonly version: number }[]
  /** Daily caps of a tenant (UTC days). */
  readonly usdPerDay: number
  readonly callsPerDay: number
  estimateUsd(bytes: number): { readonly usual: number; readonly worst: number }
}

/** The vector has length 1; `embedder` is the id of the model that made it. Rejects when the endpoint does not answer. */
export type EmbedText = (
  tenantId: string,
  text: string,
  signal: AbortSignal,
) => Promise<{ readonly embedder: string; readonly v: readonly number[] } | null>

/**
 * The address as it was entered. While a request for an address waits, another one for the same address makes no second job.
 */
export interface ResetMail {
  /** The address as it was entered. Equal addresses are recognised by it, to limit the number of requests. */
  readonly email: string
  /** Null when nobody has this address. The same work is then done, but no mail is sent, so that nobody can find out. */
  readonly userId: string | null
  readonly ip: string | null
  readonly userAgent: string | null
  readonly requestId: string | null
}

export type MailReset = (wanted: ResetMail) => Promise<void>
