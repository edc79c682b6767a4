// Tests of `sample`: whole traces are kept or dropped, in the configured share, errors are kept, and all instances decide
// alike.

import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import test from 'node:test'
import type { ChainContext } from '../../core/component.ts'
import { EventTable } from '../../core/event.ts'
import { spanBatch, type TestSpan } from '../../test/span-batch.ts'
import { sample, sampleSchema } from './index.ts'

const ctx: ChainContext = { count: () => {}, signal: () => {}, signals: [], explain: false }

function kept(config: unknown, spans: readonly TestSpan[]): boolean[] {
  const batch = spanBatch(spans)
  sample.create(sampleSchema.parse(config)).process(batch, new EventTable(batch), ctx)
  return spans.map((_, i) => !batch.isDropped(i))
}

const traces = (n: number): TestSpan[] =>
  Array.from({ length: n }, (_, i) => ({ traceId: hash('sha256', `trace${i}`).slice(0, 32) }))

test('the share of traces kept is the configured percentage', () => {
  const n = 4000
  const share = kept({ percentage: 25 }, traces(n)).filter(Boolean).length / n
  assert.ok(share > 0.21 && share < 0.29, `${share}`)
})

test('traces kept at a smaller percentage are also kept at a larger one', () => {
  const spans = traces(500)
  const few = kept({ percentage: 10 }, spans)
  const many = kept({ percentage: 50 }, spans)
  assert.ok(few.some(Boolean))
  assert.ok(few.every((k, i) => !k || many[i]))
})

test('all spans of a trace are kept or dropped together', () => {
  const spans = traces(50).flatMap((s) => [s, { ...s, spanId: '00000000000000ff' }])
  const k = kept({ percentage: 50 }, spans)
  for (let i = 0; i < k.length; i += 2) assert.equal(k[i], k[i + 1])
})

test('errors are kept at 0 per cent unless keep_errors is false', () => {
  const spans = [{ error: 'boom' }, {}]
  assert.deepEqual(kept({ percentage: 0 }, spans), [true, false])
  assert.deepEqual(kept({ percentage: 0, keep_errors: false }, spans), [false, false])
  assert.deepEqual(kept({ percentage: 100 }, spans), [true, true])
})
