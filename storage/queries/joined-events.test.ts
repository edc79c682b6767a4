// Spans joined with their log records in small cases: what is filled in, what is not, and that usage is in one place.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { idsOf, inheritIds, joinLogs } from './joined-events.ts'
import type { EventRow } from './select-events.ts'

const user = { role: 'user', parts: [{ type: 'text', content: 'q' }] }
const assistant = { role: 'assistant', parts: [{ type: 'text', content: 'a' }] }

const base = { trace_id: 't', span_id: 's', usage_aggregate: false, input_tokens: null }
const span = (more: object = {}): EventRow => ({
  ...base,
  event_id: 'span',
  event_type: 'span',
  start_time: '2026-01-01T00:00:01.000000000Z',
  input_messages: null,
  output_messages: null,
  ...more,
})
const log = (id: string, start: number, more: object): EventRow => ({
  ...base,
  event_id: id,
  event_type: 'log:x',
  dialect: 'otel-genai',
  start_time: `2026-01-01T00:00:0${start}.000000000Z`,
  usage_aggregate: true,
  ...more,
})

test('messages of several log records are put together in order of time, whatever order they came in', () => {
  const logs = [
    log('c', 3, { output_messages: [assistant], finish_reasons: ['stop'] }),
    log('b', 2, { input_messages: [user, user] }),
    log('a', 1, { input_messages: [user] }),
  ]
  const [shown] = joinLogs([span()], logs)
  assert.deepEqual(shown?.['input_messages'], [user, user, user])
  assert.deepEqual(shown?.['output_messages'], [assistant])
  assert.deepEqual(shown?.['finish_reasons'], ['stop'])
  assert.deepEqual(shown?.['joined_from'], ['a', 'b', 'c'])
})

test('what the span says itself stays, and log records of other spans are not its own', () => {
  const own = span({ input_messages: [assistant] })
  const logs = [
    log('a', 1, { input_messages: [user] }),
    log('b', 2, { span_id: 'other', output_messages: [assistant] }),
  ]
  assert.deepEqual(joinLogs([own], logs), [own])
})

test('usage that only a log record has is shown in the span, and counts there alone', () => {
  const usage = { usage_aggregate: false, input_tokens: 10, total_tokens: 10, cost_usd: 1 }
  const logs = [log('a', 1, usage)]
  const [shown, record] = joinLogs([span(), ...logs], logs)
  assert.deepEqual([shown?.['input_tokens'], shown?.['cost_usd']], [10, 1])
  assert.equal(shown?.['usage_aggregate'], false)
  assert.deepEqual([record?.['usage_aggregate'], record?.['usage_duplicate_of']], [true, 'span'])
  // A page that has only the log record shows it in the same way.
  const [alone] = joinLogs(logs, [span(), ...logs])
  assert.deepEqual(alone, record)
})

test('a span shows all counts of the richer log record that counts for it', () => {
  const counts = { input_tokens: 300, output_tokens: 30, total_tokens: 330 }
  const rich = { ...counts, cache_read_tokens: 200, reasoning_tokens: 12, cost_usd: 1 }
  const logs = [log('a', 1, { ...rich, usage_aggregate: false })]
  for (const said of [counts, { input_tokens: 0, output_tokens: 0, total_tokens: 0 }]) {
    const poor = span({ ...said, usage_aggregate: true, usage_duplicate_of: 'a' })
    const [shown, record] = joinLogs([poor, ...logs], [])
    for (const [field, value] of Object.entries(rich)) assert.equal(shown?.[field], value, field)
    assert.equal(shown?.['usage_aggregate'], false)
    assert.equal(record?.['usage_aggregate'], true)
  }
})

test('calls that log records report within a span of the application stay calls of their own', () => {
  const usage = { usage_aggregate: false, input_tokens: 10, total_tokens: 10, kind: 'llm' }
  const logs = [log('a', 1, usage), log('b', 2, usage)]
  const [shown, ...records] = joinLogs([span({ kind: 'span' }), ...logs], [])
  assert.equal(shown?.['input_tokens'], null)
  assert.deepEqual(
    records.map((r) => [r['usage_aggregate'], r['input_tokens']]),
    [
      [false, 10],
      [false, 10],
    ],
  )
})

test('a span whose log record was first to report the usage takes it over', () => {
  const logs = [log('a', 1, { usage_aggregate: false, input_tokens: 10, cost_usd: 1 })]
  const late = span({
    usage_aggregate: true,
    usage_duplicate_of: 'a',
    input_tokens: 10,
    cost_usd: null,
  })
  const [shown, record] = joinLogs([late, ...logs], [])
  assert.deepEqual([shown?.['usage_aggregate'], shown?.['cost_usd']], [false, 1])
  assert.equal(shown?.['usage_duplicate_of'], undefined)
  assert.equal(record?.['usage_aggregate'], true)
})

test('a log record without its span stays as it is', () => {
  const record = log('a', 1, { input_messages: [user], usage_aggregate: false, input_tokens: 3 })
  assert.deepEqual(joinLogs([record], []), [record])
})

test('ids of one event hold for those that name none; of several the lesser', () => {
  const events = [
    span({ user_id: 'b', route: '/chat' }),
    span({ user_id: null }),
    span({ user_id: 'a', session_id: '' }),
  ]
  const ids = idsOf(events)
  assert.deepEqual(ids, {
    conversation_id: null,
    session_id: null,
    user_id: 'a',
    route: '/chat',
  })
  assert.deepEqual(
    inheritIds(events, ids).map((e) => e['user_id']),
    ['b', 'a', 'a'],
  )
  assert.ok(inheritIds(events, ids).every((e) => e['route'] === '/chat'))
})

test('a line of the app log beside a call neither speaks for its span nor takes its messages', () => {
  const line = log('line', 1, { event_type: 'log', dialect: null, input: 'GET /' })
  const record = log('record', 2, { input_messages: [user] })
  const nameless = log('nameless', 3, { event_type: 'log', output_messages: [assistant] })
  for (const others of [
    [line, record, nameless],
    [nameless, record, line],
  ]) {
    const [shown] = joinLogs([span()], others)
    assert.deepEqual(shown?.['input_messages'], [user])
    assert.deepEqual(shown?.['output_messages'], [assistant])
    assert.equal(shown?.['input'], undefined)
    const [shownLine] = joinLogs([line], [span(), record])
    assert.deepEqual(shownLine, line)
  }
})

test('a call whose own report has no messages shows those of the reports that repeat it', () => {
  const counted = span({ event_id: 'sdk', span_id: 'a' })
  const wrapper = span({
    event_id: 'wrapper',
    span_id: 'b',
    usage_aggregate: true,
    usage_duplicate_of: 'sdk',
    input_messages: [user],
    output_messages: [assistant],
  })
  const other = span({ event_id: 'other', span_id: 'c' })
  for (const order of [
    [counted, wrapper, other],
    [wrapper, other, counted],
  ]) {
    const events = joinLogs(order, [])
    const shown = events.find((e) => e['event_id'] === 'sdk')
    assert.deepEqual(shown?.['input_messages'], [user])
    assert.deepEqual(shown?.['output_messages'], [assistant])
    assert.deepEqual(shown?.['joined_from'], ['wrapper'])
    assert.equal(events.find((e) => e['event_id'] === 'other')?.['input_messages'], null)
  }
  const own = span({ event_id: 'sdk', span_id: 'a', input_messages: [assistant] })
  assert.deepEqual(joinLogs([own, wrapper], [])[0]?.['input_messages'], [assistant])
})
