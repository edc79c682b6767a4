// The ledger's correction of an event also applies to the events that the batch had linked to it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runBatch, type TestLedger, type TestRequest } from '../testing/run-batch.ts'

interface TestSpan {
  readonly spanId: string
  readonly parentSpanId?: string
  readonly scope: string
  readonly responseId?: string
}

const hex16 = (s: string): string => s.padStart(16, '0')
const text = (key: string, stringValue: string): object => ({ key, value: { stringValue } })
const int = (key: string, n: number): object => ({ key, value: { intValue: String(n) } })

function request(spans: readonly TestSpan[]): TestRequest {
  const scopeSpans = spans.map(({ spanId, parentSpanId, scope, responseId }) => ({
    scope: { name: scope },
    spans: [
      {
        traceId: '7'.padStart(32, '0'),
        spanId: hex16(spanId),
        ...(parentSpanId === undefined ? {} : { parentSpanId: hex16(parentSpanId) }),
        name: 'chat gpt-4o',
        kind: 3,
        startTimeUnixNano: '1780000000000000000',
        endTimeUnixNano: '1780000001000000000',
        attributes: [
          text('gen_ai.operation.name', 'chat'),
          text('gen_ai.request.model', 'gpt-4o'),
          int('gen_ai.usage.input_tokens', 104),
          int('gen_ai.usage.output_tokens', 26),
          ...(responseId === undefined ? [] : [text('gen_ai.response.id', responseId)]),
        ],
      },
    ],
  }))
  return { format: 'otlp-json', body: JSON.stringify({ resourceSpans: [{ scopeSpans }] }) }
}

test('a report tied to one that the ledger calls a duplicate points at the report that counts', () => {
  const ledger: TestLedger = { ledger: new Map(), seen: new Set() }
  const first = runBatch(
    [request([{ spanId: 'a3', scope: 'sdk.inner', responseId: 'r-1' }])],
    ledger,
  )
  const counted = first.events[0]?.['event_id']
  const { events } = runBatch(
    [
      request([
        { spanId: 'a1', scope: 'framework' },
        { spanId: 'a2', parentSpanId: 'a1', scope: 'sdk.outer', responseId: 'r-1' },
      ]),
    ],
    ledger,
  )
  assert.equal(first.events[0]?.['usage_aggregate'], false)
  assert.deepEqual(
    events.map((e) => [e['usage_aggregate'], e['usage_duplicate_of']]),
    [
      [true, counted],
      [true, counted],
    ],
  )
})
