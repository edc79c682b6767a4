// Recorded traffic taken apart into requests of one span or log record each, to be sent in any order and
// grouping; and spans written by hand in the same form.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TaskRequest, TelemetryKind } from '../../core/task.ts'
import { DEFAULT_TENANT } from '../../core/tenant.ts'
import { oracleDecode, oracleEncode } from '../../proto/testing/oracle.ts'

interface KeyValue {
  readonly key: string
  readonly value?: Readonly<Record<string, unknown>>
}
interface Item {
  attributes?: KeyValue[]
  [field: string]: unknown
}
type Level = Record<string, unknown>

/** One span or log record with the resource and scope around it. */
export interface Piece {
  readonly telemetry: TelemetryKind
  readonly resource: unknown
  readonly scope: unknown
  readonly item: Item
}

export interface Truth {
  readonly input_tokens: number
  readonly output_tokens_accepted: readonly number[]
}

export interface Capture {
  readonly name: string
  readonly files: readonly string[]
  readonly pieces: readonly Piece[]
  readonly truth: Truth
}

const SHAPES = {
  traces: ['ExportTraceServiceRequest', 'resourceSpans', 'scopeSpans', 'spans'],
  logs: ['ExportLogsServiceRequest', 'resourceLogs', 'scopeLogs', 'logRecords'],
} as const
type Shaped = keyof typeof SHAPES

const root = join(import.meta.dirname, '../captures')

export function captures(): Capture[] {
  return readdirSync(root)
    .filter((name) => existsSync(join(root, name, 'truth.json')))
    .map((name) => {
      const files = readdirSync(join(root, name))
        .filter((f) => /\.(?:traces|logs)\.pb$/.test(f))
        .toSorted()
        .map((f) => join(root, name, f))
      return {
        name,
        files,
        pieces: files.flatMap(piecesOf),
        truth: JSON.parse(readFileSync(join(root, name, 'truth.json'), 'utf8')) as Truth,
      }
    })
}

function piecesOf(file: string): Piece[] {
  const telemetry: Shaped = file.includes('.logs.') ? 'logs' : 'traces'
  const [type, resources, scopes, items] = SHAPES[telemetry]
  const message = oracleDecode(type, readFileSync(file)) as Level
  return (message[resources] as Level[]).flatMap((r) =>
    (r[scopes] as Level[]).flatMap((s) =>
      (s[items] as Item[]).map((item) => ({
        telemetry,
        resource: r['resource'],
        scope: s['scope'],
        item,
      })),
    ),
  )
}

/** A span in the form of a piece. */
export interface SpanSpec {
  readonly span: number
  readonly parent?: number
  readonly trace?: number
  readonly scope?: string
  readonly name?: string
  /** Seconds after a fixed moment. */
  readonly from?: number
  readonly to?: number
  readonly attributes: Readonly<Record<string, string | number>>
}

const EPOCH_NS = 1_780_000_000_000_000_000n

export function span(s: SpanSpec): Piece {
  const at = (seconds: number): string =>
    (EPOCH_NS + BigInt(Math.round(seconds * 1e6)) * 1000n).toString()
  return {
    telemetry: 'traces',
    resource: { attributes: [] },
    scope: { name: s.scope ?? 'sdk' },
    item: {
      traceId: idBytes(s.trace ?? 1, 16),
      spanId: idBytes(s.span, 8),
      ...(s.parent === undefined ? {} : { parentSpanId: idBytes(s.parent, 8) }),
      name: s.name ?? 'chat gpt-4o',
      startTimeUnixNano: at(s.from ?? 0),
      endTimeUnixNano: at(s.to ?? 1),
      attributes: Object.entries(s.attributes).map(([key, v]) => ({
        key,
        value: typeof v === 'string' ? { stringValue: v } : { intValue: String(v) },
      })),
    },
  }
}

function idBytes(n: number, length: number): number[] {
  const b = Buffer.alloc(length)
  b.writeUInt32BE(n, length - 4)
  b[0] = 0xa1
  return [...b]
}

/** Pieces as one export request for each signal among them. */
export function requestsOf(pieces: readonly Piece[]): TaskRequest[] {
  return (['traces', 'logs'] as const).flatMap((telemetry) => {
    const own = pieces.filter((p) => p.telemetry === telemetry)
    if (own.length === 0) return []
    const [type, resources, scopes, items] = SHAPES[telemetry]
    const message = {
      [resources]: own.map((p) => ({
        resource: p.resource,
        [scopes]: [{ scope: p.scope, [items]: [p.item] }],
      })),
    }
    const request: TaskRequest = {
      payload: oracleEncode(type, message),
      encoding: 'identity',
      format: 'otlp-proto',
      telemetry,
      tenant: DEFAULT_TENANT,
      receivedAtMs: 1_780_000_100_000,
    }
    return [request]
  })
}

/** Without what names the provider's response, in attributes and in the JSON that some of them hold. */
export function withoutResponseIds(p: Piece): Piece {
  const attributes = (p.item.attributes ?? [])
    .filter((a) => !/(^|\.)response[._]id$/.test(a.key))
    .map(withoutIdsInside)
  return { ...p, item: { ...p.item, attributes } }
}

const PROVIDER_ID = /\b(?:chatcmpl|msg|resp|cmpl|run-)[-_]?[\w-]{4,}/g

function withoutIdsInside(a: KeyValue): KeyValue {
  const text = a.value?.['stringValue']
  if (typeof text !== 'string' || !/^[[{]/.test(text)) return a
  return { key: a.key, value: { ...a.value, stringValue: text.replace(PROVIDER_ID, '') } }
}
