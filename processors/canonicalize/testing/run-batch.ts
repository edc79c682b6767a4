// For tests: runs requests through decoder and processor to plain objects, with a small ledger like that of the main
// thread. Also builds OTLP JSON.

import { Arena } from '../../../core/arena.ts'
import { SpanBatch } from '../../../core/batch.ts'
import type { ChainContext, Processor } from '../../../core/component.ts'
import { EventTable } from '../../../core/event.ts'
import { R } from '../../../core/fields.ts'
import { CLAIM_STRIDE } from '../../../core/reports/claim-rows.ts'
import type { LedgerCorrection, PayloadFormat, TelemetryKind } from '../../../core/task.ts'
import { DEFAULT_TENANT, type TenantContext } from '../../../core/tenant.ts'
import { ByteWriter } from '../../../proto/byte-writer.ts'
import { DEFAULT_LIMITS, decodeInto } from '../../../proto/decode.ts'
import { writeEventJson } from '../../../proto/event-json.ts'
import { applyCorrections } from '../counting/double-count.ts'
import { type CanonicalizeConfig, canonicalize } from '../index.ts'

export type TestEvent = Record<string, unknown>

export interface TestRequest {
  readonly format: PayloadFormat
  readonly telemetry?: TelemetryKind
  readonly body: string | Uint8Array
  readonly tenant?: TenantContext
}

/** Claims with the event id of the first report, and the ids of all events. */
export interface TestLedger {
  readonly ledger: Map<string, string>
  readonly seen: Set<string>
}

export interface TestRun {
  readonly events: TestEvent[]
  readonly counters: Map<string, number>
  readonly explain: EventTable['explain']
  readonly table: EventTable
}

export function makeProcessor(config: Partial<CanonicalizeConfig> = {}): Processor {
  return canonicalize.create(canonicalize.schema.parse(config))
}

const shared = makeProcessor()

export function decodeBatch(requests: readonly TestRequest[], arena = new Arena()): SpanBatch {
  const batch = new SpanBatch(arena)
  for (const r of requests) {
    const outcome = decodeInto(
      batch,
      {
        payload: typeof r.body === 'string' ? Buffer.from(r.body) : Uint8Array.from(r.body),
        encoding: 'identity',
        format: r.format,
        telemetry: r.telemetry ?? 'traces',
        tenant: r.tenant ?? DEFAULT_TENANT,
        receivedAtMs: 1_780_000_000_000,
      },
      DEFAULT_LIMITS,
    )
    if (outcome.kind !== 'ok') throw new Error(`refused: ${outcome.message}`)
  }
  return batch
}

export interface RunOptions extends Partial<TestLedger> {
  readonly processor?: Processor
  readonly explain?: boolean
}

/**
 * Runs the requests of one task through the processor. With a ledger, the task runs again if the ledger has
 * corrections.
 */
export function runBatch(requests: readonly TestRequest[], options: RunOptions = {}): TestRun {
  return runOn(decodeBatch(requests), options)
}

export function runOn(batch: SpanBatch, options: RunOptions = {}): TestRun {
  const processor = options.processor ?? shared
  const table = new EventTable(batch)
  if (options.explain === true) table.explain = []
  const counters = new Map<string, number>()
  processor.process(batch, table, context(counters, options.explain === true))
  if (options.ledger !== undefined && options.seen !== undefined)
    applyCorrections(table, correctionsOf(table, { ledger: options.ledger, seen: options.seen }))
  return { events: eventsOf(table), counters, explain: table.explain, table }
}

export function context(counters: Map<string, number>, explain: boolean): ChainContext {
  return {
    count: (metric, labels, by) => {
      const name = `${metric}{${labels}}`
      counters.set(name, (counters.get(name) ?? 0) + by)
    },
    signal: () => {},
    signals: [],
    explain,
  }
}

/** The first report counts. An event id that came before is a re-send. */
function correctionsOf(table: EventTable, { ledger, seen }: TestLedger): LedgerCorrection[] {
  const corrections = new Map<number, LedgerCorrection>()
  const fresh: string[] = []
  for (let e = 0; e < table.count; e++) {
    const id = table.hex(e, R.event_id) as string
    if (seen.has(id)) corrections.set(e, { event: e, reason: 'resend', of: Buffer.from(id, 'hex') })
    else fresh.push(id)
  }
  for (const id of fresh) seen.add(id)
  for (const claim of claimsOf(table)) {
    const name = `${claim.h0}:${claim.h1}`
    const id = table.hex(claim.event, R.event_id) as string
    const owner = ledger.get(name)
    if (owner === undefined) continue
    if (owner !== id && !corrections.has(claim.event))
      corrections.set(claim.event, {
        event: claim.event,
        reason: 'duplicate',
        of: Buffer.from(owner, 'hex'),
      })
  }
  for (const claim of claimsOf(table)) {
    const name = `${claim.h0}:${claim.h1}`
    const correction = corrections.get(claim.event)
    const id = table.hex(claim.event, R.event_id) as string
    // All other claims of a duplicate belong to the first report, too.
    if (!ledger.has(name))
      ledger.set(
        name,
        correction?.reason === 'duplicate' ? Buffer.from(correction.of).toString('hex') : id,
      )
  }
  return [...corrections.values()]
}

function claimsOf({ claims }: EventTable): { event: number; h0: number; h1: number }[] {
  return Array.from({ length: claims.count }, (_, i) => {
    const [event = -1, h0 = 0, h1 = 0] = claims.ints.subarray(i * CLAIM_STRIDE)
    return { event, h0, h1 }
  })
}

export function eventsOf(table: EventTable): TestEvent[] {
  const out: TestEvent[] = []
  for (let e = 0; e < table.count; e++) {
    const writer = new ByteWriter()
    writeEventJson(writer, table, e)
    out.push(
      JSON.parse(Buffer.from(writer.bytes.subarray(0, writer.pos)).toString('utf8')) as TestEvent,
    )
  }
  return out
}

// ---------------------------------------------------------------- OTLP JSON

/** A span as samples and tests write it. */
export interface PlainSpan {
  readonly name: string
  readonly kind?: string | number
  readonly traceId?: string
  readonly spanId?: string
  readonly parentSpanId?: string
  readonly startTimeUnixNano?: string
  readonly endTimeUnixNano?: string
  readonly status?: { readonly code?: number | string; readonly message?: string }
  readonly attributes?: Readonly<Record<string, unknown>>
  readonly events?: readonly {
    readonly name: string
    readonly attributes?: Readonly<Record<string, unknown>>
  }[]
  readonly scope?: { readonly name: string; readonly version?: string }
  readonly resource?: Readonly<Record<string, unknown>>
}

export function sampleSpan(raw: unknown): PlainSpan {
  // Samples are JSON files of this form.
  return raw as PlainSpan
}

export function anyValue(v: unknown): Record<string, unknown> {
  if (typeof v === 'string') return { stringValue: v }
  if (typeof v === 'boolean') return { boolValue: v }
  if (typeof v === 'number')
    return Number.isSafeInteger(v) ? { intValue: String(v) } : { doubleValue: v }
  if (Array.isArray(v)) return { arrayValue: { values: v.map(anyValue) } }
  if (v === null || v === undefined) return {}
  return { kvlistValue: { values: keyValues(v as Record<string, unknown>) } }
}

export function keyValues(o: Readonly<Record<string, unknown>>): unknown[] {
  return Object.entries(o).map(([key, v]) => ({ key, value: anyValue(v) }))
}

const KINDS: Readonly<Record<string, number>> = {
  INTERNAL: 1,
  SERVER: 2,
  CLIENT: 3,
  PRODUCER: 4,
  CONSUMER: 5,
}

/** One export request, with one resource and scope for each span. */
export function otlpJsonOf(...spans: readonly PlainSpan[]): string {
  return JSON.stringify({
    resourceSpans: spans.map((s) => ({
      resource: { attributes: keyValues(s.resource ?? {}) },
      scopeSpans: [{ scope: s.scope ?? {}, spans: [spanJson(s)] }],
    })),
  })
}

let counter = 0

function spanJson(s: PlainSpan): unknown {
  const n = (++counter).toString(16)
  const code = s.status?.code
  return {
    traceId: s.traceId ?? n.padStart(32, 'a'),
    spanId: s.spanId ?? n.padStart(16, 'b'),
    parentSpanId: s.parentSpanId ?? '',
    name: s.name,
    kind: typeof s.kind === 'string' ? (KINDS[s.kind] ?? 0) : (s.kind ?? 0),
    startTimeUnixNano: s.startTimeUnixNano ?? '1770000000000000000',
    endTimeUnixNano: s.endTimeUnixNano ?? '1770000001000000000',
    attributes: keyValues(s.attributes ?? {}),
    events: (s.events ?? []).map((e) => ({
      timeUnixNano: '1770000000500000000',
      name: e.name,
      attributes: keyValues(e.attributes ?? {}),
    })),
    ...(s.status === undefined
      ? {}
      : {
          status: {
            message: s.status.message ?? '',
            code:
              code === 'ERROR' || code === 'STATUS_CODE_ERROR'
                ? 2
                : code === 'OK'
                  ? 1
                  : (code ?? 0),
          },
        }),
  }
}
