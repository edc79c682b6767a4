// The part of `otlp_http` that runs in workers: which spans and log records it encodes, and how it counts them.

import assert from 'node:assert/strict'
import test from 'node:test'
import { Arena } from '../../core/arena.ts'
import { SpanBatch } from '../../core/batch.ts'
import { EventTable } from '../../core/event.ts'
import type { TelemetryKind } from '../../core/task.ts'
import { DEFAULT_TENANT } from '../../core/tenant.ts'
import { DEFAULT_LIMITS, decodeInto } from '../../proto/decode.ts'
import { oracleDecode, oracleEncode } from '../../proto/testing/oracle.ts'
import { hexId, quietChain } from '../../test/exporter-host.ts'
import { encoder } from './encode.ts'
import { halves } from './split.ts'

const ids = (n: number) => ({
  traceId: Buffer.from(hexId(n), 'hex'),
  spanId: Buffer.from(hexId(n, 16), 'hex'),
})

/** Three spans and a log record, each with an event. */
function batchOfBoth(): { batch: SpanBatch; events: EventTable } {
  const batch = new SpanBatch(new Arena())
  const add = (telemetry: TelemetryKind, name: string, message: object): void => {
    const outcome = decodeInto(
      batch,
      {
        payload: oracleEncode(name, message),
        encoding: 'identity',
        format: 'otlp-proto',
        telemetry,
        tenant: DEFAULT_TENANT,
        receivedAtMs: 0,
      },
      DEFAULT_LIMITS,
    )
    assert.equal(outcome.kind, 'ok')
  }
  const spans = [1, 2, 3].map((n) => ({ ...ids(n), name: `s${n}`, startTimeUnixNano: '1' }))
  add('traces', 'ExportTraceServiceRequest', { resourceSpans: [{ scopeSpans: [{ spans }] }] })
  const logRecords = [{ ...ids(4), timeUnixNano: '1', body: { stringValue: 'l' } }]
  add('logs', 'ExportLogsServiceRequest', { resourceLogs: [{ scopeLogs: [{ logRecords }] }] })
  const events = new EventTable(batch)
  for (let span = 0; span < batch.spanCount; span++) events.add(span)
  return { batch, events }
}

interface TraceRequest {
  resourceSpans: { scopeSpans: { spans: { name: string }[] }[] }[]
}

test('spans and log records are encoded separately, without re-sends and dropped ones', () => {
  const { batch, events } = batchOfBoth()
  batch.drop(2)
  const all = encoder('otlp_http/x', { telemetry: ['traces', 'logs', 'metrics'] })
  const parts = all.encode({ batch, events, signals: [] }, new Set([0]), quietChain)
  assert.deepEqual(
    parts.map((p) => [p.exporter, p.stream, p.items]),
    [
      ['otlp_http/x', 'traces', 1],
      ['otlp_http/x', 'logs', 1],
    ],
  )
  const request = oracleDecode(
    'ExportTraceServiceRequest',
    parts[0]?.bytes as Uint8Array,
  ) as TraceRequest
  assert.deepEqual(
    request.resourceSpans.flatMap((r) => r.scopeSpans.flatMap((s) => s.spans.map((x) => x.name))),
    ['s2'],
  )
})

test('a telemetry kind without an endpoint is not encoded', () => {
  const logs = encoder('x', { telemetry: ['logs'] })
  const parts = logs.encode({ ...batchOfBoth(), signals: [] }, new Set(), quietChain)
  assert.deepEqual(
    parts.map((p) => p.stream),
    ['logs'],
  )
  assert.deepEqual(
    logs.encodeMetrics?.({
      bytes: new Uint8Array([1]),
      dataPoints: 1,
      tenant: DEFAULT_TENANT,
      receivedAtMs: 0,
    }),
    [],
  )
})

test('halves of a metrics request are counted by data points', () => {
  const gauge = (points: number): object => ({
    dataPoints: Array.from({ length: points }, () => ({ timeUnixNano: '1', asDouble: 1 })),
  })
  const metrics = [
    { name: 'a', gauge: gauge(3) },
    { name: 'b', sum: gauge(2) },
  ]
  const bytes = oracleEncode('ExportMetricsServiceRequest', {
    resourceMetrics: [{ scopeMetrics: [{ metrics }] }],
  })
  assert.deepEqual(
    halves(bytes, 'metrics')?.map((h) => h.items),
    [3, 2],
  )
})
