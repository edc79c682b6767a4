// For tests: makes a batch from plain objects, which are encoded as OTLP JSON and decoded by the real decoder.

import assert from 'node:assert/strict'
import { Arena } from '../core/arena.ts'
import { SpanBatch } from '../core/batch.ts'
import { DEFAULT_TENANT } from '../core/tenant.ts'
import { DEFAULT_LIMITS, decodeInto } from '../proto/decode.ts'

export type AttrValue = string | number | boolean

export interface TestSpan {
  readonly traceId?: string
  readonly spanId?: string
  readonly parentSpanId?: string
  readonly name?: string
  readonly attributes?: Readonly<Record<string, AttrValue>>
  /** ms after a fixed start. */
  readonly startMs?: number
  readonly durationMs?: number
  readonly error?: string
}

export const T0_MS = 1_790_000_000_000

function jsonValue(value: AttrValue): unknown {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
}

export const jsonAttributes = (a: Readonly<Record<string, AttrValue>>): unknown[] =>
  Object.entries(a).map(([key, v]) => ({ key, value: jsonValue(v) }))

/** An ExportTraceServiceRequest in OTLP JSON. */
export function otlpJson(
  spans: readonly TestSpan[],
  resource: Readonly<Record<string, AttrValue>> = { 'service.name': 'test' },
  scope = 'test-scope',
): string {
  const rows = spans.map((s, i) => {
    const start = BigInt(T0_MS + (s.startMs ?? 0)) * 1_000_000n
    const end = start + BigInt(Math.round((s.durationMs ?? 100) * 1e6))
    return {
      traceId: s.traceId ?? 'a'.repeat(32),
      spanId: s.spanId ?? (i + 1).toString(16).padStart(16, '0'),
      ...(s.parentSpanId === undefined ? {} : { parentSpanId: s.parentSpanId }),
      name: s.name ?? 'span',
      kind: 3,
      startTimeUnixNano: String(start),
      endTimeUnixNano: String(end),
      attributes: jsonAttributes(s.attributes ?? {}),
      ...(s.error === undefined ? {} : { status: { code: 2, message: s.error } }),
    }
  })
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: jsonAttributes(resource) },
        scopeSpans: [{ scope: { name: scope }, spans: rows }],
      },
    ],
  })
}

/** A decoded batch with these spans. */
export function spanBatch(...args: Parameters<typeof otlpJson>): SpanBatch {
  const batch = new SpanBatch(new Arena())
  const outcome = decodeInto(
    batch,
    {
      payload: new TextEncoder().encode(otlpJson(...args)),
      encoding: 'identity',
      format: 'otlp-json',
      telemetry: 'traces',
      tenant: DEFAULT_TENANT,
      receivedAtMs: T0_MS,
    },
    DEFAULT_LIMITS,
  )
  assert.equal(outcome.kind, 'ok')
  return batch
}
