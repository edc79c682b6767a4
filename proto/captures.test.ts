// Requests recorded from real SDKs (`test/captures`): each is accepted completely and means the same after decoding
// and encoding.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Arena } from '../core/arena.ts'
import { SpanBatch } from '../core/batch.ts'
import { DEFAULT_TENANT } from '../core/tenant.ts'
import { ByteWriter } from './byte-writer.ts'
import { DEFAULT_LIMITS, decodeInto } from './decode.ts'
import { encodeLogs, encodeTraces } from './otlp/encode.ts'
import { scrubMetrics } from './otlp/pass-metrics.ts'
import { oracleDecode, oracleEncode, oracleMeaning } from './testing/oracle.ts'

const ROOT = new URL('../test/captures/', import.meta.url)
const TYPES = { traces: 'ExportTraceServiceRequest', logs: 'ExportLogsServiceRequest' } as const
const files = readdirSync(ROOT).flatMap((client) =>
  readdirSync(new URL(`${client}/`, ROOT))
    .filter((name) => name.endsWith('.pb'))
    .map((name) => `${client}/${name}`),
)
const batch = new SpanBatch(new Arena())

test('the recorded requests are here', () => {
  assert.ok(files.length >= 35, `${files.length} files`)
})

for (const file of files) {
  const payload = readFileSync(new URL(file, ROOT))
  if (file.includes('.metrics.')) {
    test(`${file} is taken whole and goes on unchanged`, () => {
      const seen: string[] = []
      const outcome = scrubMetrics(payload, 'otlp-proto', 'identity', DEFAULT_LIMITS, (kind) => {
        seen.push(kind)
        return null
      })
      assert.ok(outcome.kind === 'ok')
      assert.ok(outcome.dataPoints > 0 && seen.length > 0)
      assert.deepEqual(Buffer.from(outcome.bytes), payload)
    })
    continue
  }
  const kind = file.includes('.logs.') ? 'logs' : 'traces'
  test(`${file} is taken whole and says the same afterwards`, () => {
    batch.reset()
    const outcome = decodeInto(
      batch,
      {
        payload,
        encoding: 'identity',
        format: 'otlp-proto',
        telemetry: kind,
        tenant: DEFAULT_TENANT,
        receivedAtMs: 0,
      },
      DEFAULT_LIMITS,
    )
    assert.ok(outcome.kind === 'ok')
    assert.equal(outcome.rejected, 0)
    assert.ok(outcome.items > 0)
    assert.deepEqual(batch.requests[0]?.reasons, [])
    const expected = oracleMeaning(TYPES[kind], payload)
    assert.equal(outcome.items, countItems(expected))
    for (const rows of [false, true]) {
      if (rows) for (let i = 0; i < batch.spanCount; i++) batch.markEdited(i)
      const out = new ByteWriter()
      const encode = kind === 'logs' ? encodeLogs : encodeTraces
      encode(out, batch, () => true)
      assert.deepEqual(oracleMeaning(TYPES[kind], out.written()), expected)
    }
  })
}

function countItems(decoded: unknown): number {
  const text = JSON.stringify(decoded)
  return text.split('"droppedEventsCount"').length - 1 || text.split('"severityNumber"').length - 1
}

test('the oracle reads what it wrote', () => {
  const message = { resourceSpans: [] }
  assert.deepEqual(oracleDecode(TYPES.traces, oracleEncode(TYPES.traces, message)), message)
})
