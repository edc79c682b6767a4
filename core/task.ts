// The messages between the main thread and a worker: bytes, numbers and a small tenant context.

import type { TapRequest, TapSample } from './tap.ts'
import type { TenantContext } from './tenant.ts'

/** What kind of telemetry a request carries. A `Signal` is something else: what a rule found. */
export type TelemetryKind = 'traces' | 'logs' | 'metrics'
export type PayloadFormat =
  | 'otlp-proto'
  | 'otlp-json'
  /** Canonical events of another instance, one JSON object a line. */
  | 'events'
  /** Legacy Observa events, one JSON object a line. */
  | 'ndjson'
  /** Legacy Observa events, a JSON array. */
  | 'json-array'
  /** Legacy Observa v0: one camelCase object. */
  | 'trace-v0'
export type ContentEncoding = 'identity' | 'gzip' | 'deflate' | 'zstd'

/** One HTTP request on its way through a worker. */
export interface TaskRequest {
  readonly payload: Uint8Array
  readonly encoding: ContentEncoding
  readonly format: PayloadFormat
  readonly telemetry: TelemetryKind
  readonly tenant: TenantContext
  readonly receivedAtMs: number
  /** True when the request came in at another instance, which counted it against the quotas of its project. */
  readonly isMetered?: boolean
  /** True when another instance of Observa wrote the request, so that its notes about scrubbing are trusted. */
  readonly isFromEdge?: boolean
}

/** Token counts and cost, or the remainder of them when other events report the rest. */
export interface UsageCounts {
  readonly input: number
  readonly output: number
  readonly read: number
  readonly written: number
  readonly reasoning: number
}

/**
 * What the usage ledger on the main thread knows about an event and the worker did not. It is applied when the task is run
 * again. `event` is the ordinal of the event in the task, `of` the id of the event that counts instead, 16 bytes.
 */
export type LedgerCorrection =
  /** The same event was accepted before. */
  | { readonly event: number; readonly reason: 'resend'; readonly of: Uint8Array }
  /** Another event that reports the same call counts instead. */
  | ({ readonly event: number; readonly reason: 'duplicate'; readonly of: Uint8Array } & Known)
  /** The event is a container, and other events report all of its usage. */
  | ({ readonly event: number; readonly reason: 'container' } & Known)
  /** The event counts: a container with its remainder `rest`, any other event with all that it reports (`rest` null). */
  | ({
      readonly event: number
      readonly reason: 'counts'
      readonly rest: UsageCounts | null
    } & Known)

interface Known {
  /**
   * The number of reports from which it was decided, with the event's own; missing when the decision is that of a stored
   * event.
   */
  readonly known?: number
}

/**
 * The decision about a usage report: it counts (a container perhaps only with a remainder), it repeats another event, or it
 * is a container of what others report.
 */
export interface UsageState {
  readonly outcome: 'counts' | 'repeats' | 'contains'
  /** Id of the event that counts instead, 16 bytes; null when the event itself counts, or when several others do. */
  readonly of: Uint8Array | null
  readonly rest: UsageCounts | null
}

/** A stored event for which the decision has changed, because a task has another report of the same call. */
export interface Revision {
  /** What the event adds to the sums, in the form of `core/reports/usage-entries.ts`. */
  readonly entry: Uint8Array
  readonly before: UsageState
  readonly after: UsageState
  /** Grows with each revision of an event, and with the number of reports from which it was decided. */
  readonly revision: number
  /** The event as JSON as it was sent before, where an exporter needs it and the log has it. */
  readonly stored?: Uint8Array
}

export interface Task {
  readonly requests: readonly TaskRequest[]
  readonly corrections: readonly LedgerCorrection[]
  /** Events of earlier tasks that exporters must revise. */
  readonly revisions?: readonly Revision[]
  /** Set while the tap has viewers. */
  readonly tap?: TapRequest
}

/** Outcome of one request of a task. `reasons` are English sentences without payload text. */
export type RequestVerdict =
  | {
      readonly kind: 'accepted'
      /** Items that were processed further. They are counted before duplicates are found. */
      readonly accepted: number
      readonly rejected: number
      /** Items that a processor (filter, sample) dropped on purpose. */
      readonly dropped: number
      readonly reasons: readonly string[]
      /** Rejected items, at most 100: line numbers from 1 for NDJSON, or array indexes. */
      readonly rejectedItems: readonly { readonly item: number; readonly reason: string }[]
    }
  | {
      /** The whole request is refused; none of it was processed. */
      readonly kind: 'refused'
      readonly code: 'malformed' | 'too_large' | 'unsupported' | 'forbidden' | 'internal'
      readonly message: string
      readonly details?: readonly { readonly field: string; readonly message: string }[]
    }

/**
 * Bytes for one destination, made by an exporter's encoder in the worker. The bytes of parts with the same exporter and
 * stream may be concatenated.
 */
export interface EncodedPart {
  /** Exporter id of the config, e.g. `clickhouse` or `kafka/eu`. */
  readonly exporter: string
  /** Which of the exporter's streams the bytes belong to: `events`, `signals`, `traces`, ... */
  readonly stream: string
  /** Number of items in the part, for exact accounting. */
  readonly items: number
  readonly bytes: Uint8Array
  /** CRC-32 (`zlib.crc32`) of `bytes`, if the worker computed it. Otherwise the log does, on the main thread. */
  readonly crc32?: number
}

/** What the usage ledger is told about the events: ids, claims and reports, nothing else of the payload. */
export interface EventFacts {
  readonly count: number
  /** event_id bytes, 16 each. */
  readonly eventIds: Uint8Array
  /** Rows of (event, h0, h1). */
  readonly claims: Int32Array
  /** Rows of `core/reports/report-rows.ts`. */
  readonly reports: Int32Array
  /**
   * Rows of `core/reports/outcome-rows.ts`, when all reports of the task were decided together; otherwise the ledger decides
   * each of them.
   */
  readonly outcomes?: Int32Array
  /** Blocks of `core/reports/usage-entries.ts`. */
  readonly entries: Uint8Array
  /** The same facts without the outcomes, as the log stores them. If missing, they are packed when the record is written. */
  readonly packed?: Int32Array
}

export interface TaskResult {
  readonly verdicts: readonly RequestVerdict[]
  readonly parts: readonly EncodedPart[]
  readonly facts: EventFacts
  /** The memory that holds all parts and facts, and nothing else. Whoever keeps them last frees it. */
  readonly memory?: ArrayBuffer
  /** Counter increments by metric name and label text, e.g. `observa_scrub_findings_total{type="email",place="body"}`. */
  readonly counters: Readonly<Record<string, number>>
  /** Time spent in each stage in µs, by stage name (`decode`, `scrub`, ..., `encode:clickhouse`). */
  readonly timingsUs: Readonly<Record<string, number>>
  /** Set when the task asked for a sample. */
  readonly tap?: TapSample
}
