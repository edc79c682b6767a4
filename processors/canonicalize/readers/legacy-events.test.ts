// Calls that `track()` of the legacy SDK reports: a call that failed at the provider is an error, whatever the form
// of its response. Bodies are in the form that npm observa-sdk 0.0.9 sends (2026-11-29), with responses in the
// documented forms of providers.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runBatch, type TestEvent } from '../testing/run-batch.ts'

const TRACE = 'de3f023d-7407-4a72-962e-f6323e878b86'

interface Tracked {
  readonly output: string
  readonly outcome: 'success' | 'error'
  /** Further events of the trace. */
  readonly more?: readonly object[]
  readonly llm?: object
  readonly root?: string
}

function callOf({ output, outcome, more = [], llm = {}, root = TRACE }: Tracked): TestEvent {
  const event = (span: string, parent: string | null, type: string, own: object): object => ({
    tenant_id: '00000000-0000-4000-8000-000000000001',
    project_id: '00000000-0000-4000-8000-000000000002',
    environment: 'dev',
    trace_id: TRACE,
    span_id: span,
    parent_span_id: parent,
    timestamp: '2026-11-29T16:21:15.115Z',
    event_type: type,
    attributes: { [type]: own },
  })
  const call = { model: 'gpt-4o', input: 'hello', output, latency_ms: 4, ...llm }
  const body = JSON.stringify([
    event(root, null, 'trace_start', { metadata: null }),
    event('e50ff1dc-f5e6-4339-a6f4-ce9baeed1897', root, 'llm_call', call),
    event('cc54d7f8-f8fc-46ed-a1e1-214940efcf69', root, 'output', { final_output: output }),
    ...more,
    event(root, null, 'trace_end', { total_latency_ms: 4, outcome }),
  ])
  const { events } = runBatch([{ format: 'json-array', body }])
  return events.find((e) => e['event_type'] === 'llm_call') as TestEvent
}

const BODIES: readonly (readonly [body: unknown, type: string | null, message: string | null])[] = [
  [{ error: { message: 'had an error', type: 'server_error' } }, 'server_error', 'had an error'],
  [
    { error: { message: 'Rate limit', type: 'requests', code: 'rate_limit_exceeded' } },
    'requests',
    'Rate limit',
  ],
  [
    { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
    'overloaded_error',
    'Overloaded',
  ],
  [
    { error: { code: 429, message: 'Quota', status: 'RESOURCE_EXHAUSTED' } },
    'RESOURCE_EXHAUSTED',
    'Quota',
  ],
  [[{ error: { code: 400, message: 'Bad', status: 'INVALID' } }], 'INVALID', 'Bad'],
  [{ error: 'model not found' }, null, 'model not found'],
  [{ __type: 'ThrottlingException', message: 'slow down' }, 'ThrottlingException', 'slow down'],
  [{ type: 'error', message: 'broken' }, 'error', 'broken'],
]

for (const [body, type, message] of BODIES)
  test(`a provider's refusal in place of an answer is an error: ${JSON.stringify(body)}`, () => {
    const call = callOf({ output: JSON.stringify(body), outcome: 'error' })
    assert.deepEqual(
      [call['status'], call['error_type'], call['error_message']],
      ['error', type, message],
    )
  })

test('a body that says nothing makes an error when trace_end says that the call failed', () => {
  const failed = (more: Partial<Tracked> = {}): unknown =>
    callOf({ output: '<html>502 Bad Gateway</html>', outcome: 'error', ...more })['status']
  assert.equal(failed(), 'error')
  assert.equal(failed({ outcome: 'success' }), 'ok')
  assert.equal(failed({ llm: { finish_reason: 'stop' } }), 'ok', 'the provider answered')
  assert.equal(failed({ llm: { output_tokens: 3 } }), 'ok', 'the provider counted')
})

test('in a trace made by hand the failure may be elsewhere', () => {
  const root = 'aaaaaaaa-7407-4a72-962e-f6323e878b86'
  assert.equal(callOf({ output: 'fine', outcome: 'error', root })['status'], 'ok')
})

test('an answer that speaks of errors is an answer', () => {
  for (const output of [
    '{"error": {"message": "x"}, "choices": [{"message": {"role": "assistant", "content": "hi"}}]}',
    '{"error": null, "choices": [{"message": {"role": "assistant", "content": "hi"}}]}',
    '{"errors": []}',
    'error: {"error": {"message": "x"}}',
    '[{"error": 1}, {"error": 2}]',
  ])
    assert.equal(callOf({ output, outcome: 'success' })['status'], 'ok', output)
})
