// What crosses between the main thread and a worker: bytes, numbers and a small tenant context.

import type { TenantContext } from './tenant.ts'

/** What a request carries. Not to be confused with a signal, which is what a rule found. */
export type TelemetryKind = 'traces' | 'logs' | 'metrics'
export type PayloadFormat =
  | 'otlp-proto'
  | 'otlp-json'
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
}

/** What the usage ledger on the main thread knows about an event that the worker could not: applied when the task is run again. */
export interface LedgerCorrection {
  /** Ordinal of the event in the task, in order of creation. */
  readonly event: number
  /**
   * `resend`: this very event was accepted before. `duplicate`: another event reported the same usage.
   * `container`: it reports the sum of several that were counted.
   */
  readonly reason: 'resend' | 'duplicate' | 'container'
  /** event_id of the first report, 16 bytes; none for a container. */
  readonly of: Uint8Array
}

export interface Task {
  readonly requests: readonly TaskRequest[]
  readonly corrections: readonly LedgerCorrection[]
}

/** Outcome of one request of a task. `reasons` are English sentences without payload text. */
export type RequestVerdict =
  | {
      readonly kind: 'accepted'
      /** Items that went on (events made, before deduplication). */
      readonly accepted: number
      readonly rejected: number
      /** Items a processor dropped on purpose (filter, sample). */
      readonly dropped: number
      readonly reasons: readonly string[]
      /** Line numbers (1-based) of rejected NDJSON lines, or indexes of array elements, at most 100. */
      readonly rejectedItems: readonly { readonly item: number; readonly reason: string }[]
    }
  | {
      /** The whole request is refused; nothing of it went on. */
      readonly kind: 'refused'
      readonly code: 'malformed' | 'too_large' | 'unsupported' | 'internal'
      readonly message: string
      readonly details?: readonly { readonly field: string; readonly message: string }[]
    }

/** Bytes for one destination, made by an exporter's encoder in the worker. Rows of parts with equal keys may be concatenated. */
export interface EncodedPart {
  /** Exporter id of the config, e.g. `clickhouse` or `kafka/eu`. */
  readonly exporter: string
  /** What the bytes are within that exporter: `events`, `signals`, `traces`, ... */
  readonly stream: string
  /** Items in it, for exact accounting. */
  readonly items: number
  readonly bytes: Uint8Array
  /** CRC-32 (`zlib.crc32`) of `bytes`, when the worker computed it; else the log does, on the main thread. */
  readonly crc32?: number
}

/** Numbers for the ledger, by event: nothing of the payload. */
export interface EventFacts {
  readonly count: number
  /** event_id bytes, 16 each. */
  readonly eventIds: Uint8Array
  /** Rows of (event, h0, h1). */
  readonly claims: Int32Array
  /** Rows of `core/reports/report-rows.ts`. */
  readonly reports: Int32Array
}

export interface TaskResult {
  readonly verdicts: readonly RequestVerdict[]
  readonly parts: readonly EncodedPart[]
  readonly facts: EventFacts
  /** Counter increments by metric name and label text, e.g. `observa_scrub_findings_total{type="email",place="body"}`. */
  readonly counters: Readonly<Record<string, number>>
  /** Time spent in each stage, µs, by stage name (`decode`, `scrub`, .., `encode:clickhouse`). */
  readonly timingsUs: Readonly<Record<string, number>>
}
