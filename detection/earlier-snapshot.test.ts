// An instance that is updated goes on with a snapshot of the version before: the signals are those of a detector that saw everything.
// The snapshot was written by that version from `before` below.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { signalsSchema } from '../processors/signals/config.ts'
import { SignalDetector } from './detector.ts'
import { observed, type TestEvent } from './testing/observed.ts'

const MINUTE = 60_000
const START_MS = Date.UTC(2026, 10, 30)
const LEARNED_MINUTES = 70
const NOW_MS = START_MS + LEARNED_MINUTES * MINUTE
const OF_ALL = { tenant_id: 'default', project_id: 'default', service_name: 'shop' }

/** A call of a tool that asks for the same and gets the same. */
const repeated = (n: number): TestEvent => ({
  event: 10 + n,
  trace: 1,
  span: 10 + n,
  parent: 0,
  startMs: NOW_MS + n * 1000,
  endMs: NOW_MS + n * 1000 + 100,
  fields: {
    ...OF_ALL,
    kind: 'tool',
    tool_name: 'find',
    tool_arguments: '{"id":17}',
    tool_result: '{"found":false}',
  },
})

const turn = (n: number, tokens: number): TestEvent => ({
  event: 30 + n,
  trace: 2 + n,
  span: 30 + n,
  parent: 0,
  startMs: NOW_MS + n * 1000,
  endMs: NOW_MS + n * 1000 + 500,
  fields: {
    ...OF_ALL,
    kind: 'llm',
    request_model: 'gpt-5-mini',
    conversation_id: 'c-1',
    input_tokens: tokens,
    output_tokens: 10,
  },
})

/** A minute with calls of another tool, each of so many ms. */
const minute = (number: number, ms: number): TestEvent[] =>
  Array.from({ length: 60 }, (_, n) => {
    const endMs = START_MS + number * MINUTE + n * 900
    return {
      event: 0,
      trace: 0,
      span: 0,
      parent: 0,
      startMs: endMs - ms - (n % 7),
      endMs,
      fields: { ...OF_ALL, kind: 'tool', tool_name: 'pricing' },
    }
  })

function before(detector: SignalDetector): void {
  for (let n = 0; n < LEARNED_MINUTES; n++)
    detector.observe(observed(minute(n, 100)), START_MS + (n + 1) * MINUTE)
  const events = [repeated(0), repeated(1), repeated(2), turn(0, 9000)]
  detector.observe(observed(events), NOW_MS + 5000)
}

function after(detector: SignalDetector): string[] {
  const later = NOW_MS + 10 * MINUTE
  const out = [
    ...detector.observe(observed([repeated(3), turn(4, 1200)]), NOW_MS + 6000),
    ...detector.observe(observed(minute(LEARNED_MINUTES, 900)), NOW_MS + MINUTE),
    ...detector.observe(observed(minute(LEARNED_MINUTES + 1, 900)), NOW_MS + 2 * MINUTE),
    ...detector.advance(later),
    ...detector.finish(),
  ]
  return [...new Set(out.map((s) => `${s.type} ${s.signal_id}`))].toSorted()
}

test('a snapshot of version 4 is understood', () => {
  const file = new URL('./testdata/snapshot-4.json.gz', import.meta.url)
  const pieces: string[] = JSON.parse(gunzipSync(readFileSync(file)).toString('utf8'))
  const settings = signalsSchema.parse({})
  const updated = new SignalDetector(settings)
  assert.ok(updated.restore(pieces.map((piece) => Buffer.from(piece, 'base64'))))
  const whole = new SignalDetector(settings)
  before(whole)
  const found = after(whole)
  assert.deepEqual(after(updated), found)
  assert.deepEqual(
    [...new Set(found.map((signal) => signal.split(' ')[0]))],
    ['context_drop', 'latency_anomaly', 'loop_detected'],
  )
})
