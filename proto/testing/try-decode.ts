// For tests: decodes one body into one batch, and reads rows as plain values.

import { Arena } from '../../core/arena.ts'
import { ATTR, ATTR_STRIDE, SPAN, SPAN_STRIDE, SpanBatch, VALUE } from '../../core/batch.ts'
import type { ContentEncoding, PayloadFormat, TelemetryKind } from '../../core/task.ts'
import { DEFAULT_TENANT } from '../../core/tenant.ts'
import { ByteWriter } from '../byte-writer.ts'
import { DEFAULT_LIMITS, type DecodeLimits, type DecodeOutcome, decodeInto } from '../decode.ts'
import { writeAttrJson } from './value-json.ts'

/** All tests share one batch, because the memory of an earlier request must not matter. */
export const batch = new SpanBatch(new Arena())
export const ARRIVAL_MS = 1_790_000_000_000

export interface TryOptions {
  readonly encoding?: ContentEncoding
  readonly format?: PayloadFormat
  readonly telemetry?: TelemetryKind
  readonly limits?: Partial<DecodeLimits>
  /** Keeps what the batch has already. */
  readonly keep?: boolean
}

export function tryDecode(body: Uint8Array | string, options: TryOptions = {}): DecodeOutcome {
  if (options.keep !== true) batch.reset()
  return decodeInto(
    batch,
    {
      payload: typeof body === 'string' ? Buffer.from(body, 'utf8') : body,
      encoding: options.encoding ?? 'identity',
      format: options.format ?? 'otlp-proto',
      telemetry: options.telemetry ?? 'traces',
      tenant: DEFAULT_TENANT,
      receivedAtMs: ARRIVAL_MS,
    },
    { ...DEFAULT_LIMITS, ...options.limits },
  )
}

/** `200/2/1` for two accepted items and one refused, else the HTTP status of the refusal. */
export function verdictOf(outcome: DecodeOutcome): string {
  if (outcome.kind === 'ok') return `200/${outcome.items}/${outcome.rejected}`
  return outcome.code === 'too_large' ? '413' : '400'
}

export function hexAt(off: number, size: number): string | null {
  return off < 0 ? null : batch.arena.buf.toString('hex', off, off + size)
}

export interface ReadSpan {
  flags: number
  traceId: string | null
  spanId: string | null
  parentId: string | null
  name: string
  kind: number
  start: bigint | null
  end: bigint | null
  attributes: Record<string, unknown>
}

/** A row as plain values. Attributes are converted to JSON, as text so that large integers stay exact. */
export function readSpan(span: number): ReadSpan {
  const at = (column: number): number => batch.spans[span * SPAN_STRIDE + column] as number
  const time = (off: number): bigint | null =>
    off < 0 ? null : batch.arena.view.getBigUint64(off, true)
  return {
    flags: at(SPAN.FLAGS),
    traceId: hexAt(at(SPAN.TRACE_ID), 16),
    spanId: hexAt(at(SPAN.SPAN_ID), 8),
    parentId: hexAt(at(SPAN.PARENT_ID), 8),
    name: batch.arena.text(at(SPAN.NAME_OFF), at(SPAN.NAME_LEN)),
    kind: at(SPAN.KIND),
    start: time(at(SPAN.START)),
    end: time(at(SPAN.END)),
    attributes: readAttributes(at(SPAN.ATTR_FIRST), at(SPAN.ATTR_COUNT)),
  }
}

export function readAttributes(first: number, count: number): Record<string, unknown> {
  const out = new ByteWriter(16)
  const found: Record<string, unknown> = {}
  for (let i = first; i < first + count; i++) {
    const row = i * ATTR_STRIDE
    const a = batch.attrs
    const name = batch.arena.text(a[row + ATTR.KEY_OFF] as number, a[row + ATTR.KEY_LEN] as number)
    out.reset()
    writeAttrJson(out, batch, i)
    const json = Buffer.from(out.written()).toString('utf8')
    found[name] = a[row + ATTR.TYPE] === VALUE.INT ? BigInt(json) : (JSON.parse(json) as unknown)
  }
  return found
}
