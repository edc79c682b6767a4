// What the worker writes of an event is what the detector reads.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FLAG, ID, Observations } from './observation.ts'
import { type Site, Sites } from './site.ts'
import { observed, type TestEvent } from './testing/observed.ts'

const CALL: TestEvent = {
  event: 1,
  trace: 2,
  span: 3,
  parent: 4,
  startMs: 1_795_000_000_000,
  endMs: 1_795_000_000_250,
  fields: {
    tenant_id: 'acme',
    project_id: 'shop',
    kind: 'llm',
    name: 'chat größe',
    service_name: 'web',
    request_model: 'm-1',
    response_model: 'm-1-2026',
    status: 'error',
    error_type: 'timeout',
    error_message: `late ${'x'.repeat(500)}`,
    conversation_id: 'c-1',
    user_id: 'u',
    finish_reasons: '["stop"]',
    input_messages: '[{"role":"user"},{"role":"tool"},{"role":"user"}]',
    output_messages: 'ok',
    input_tokens: 12,
    output_tokens: 3,
    cost_usd: 0.25,
  },
}
const PLAIN: TestEvent = {
  ...CALL,
  event: 9,
  parent: 0,
  trace: 0,
  endMs: CALL.startMs,
  fields: { tenant_id: 'acme', project_id: 'shop', kind: 'span', name: 'x'.repeat(300) },
}

function read(list: readonly TestEvent[]): Observations {
  const o = new Observations(observed(list))
  o.useSites(new Sites())
  return o
}

test('an observation has the names, figures and ids of its event, and hashes of what was said', () => {
  const o = read([CALL, PLAIN])
  assert.equal(o.count, 2)
  assert.ok(o.next())
  const { tenant, project, kind, name, service, model, responseModel, errorType } = o.site
  assert.deepEqual(
    [tenant, project, kind, name, service, model, responseModel, errorType],
    ['acme', 'shop', 'llm', 'chat größe', 'web', 'm-1', 'm-1-2026', 'timeout'],
  )
  assert.deepEqual([o.conversation, o.session, o.user, o.finish], ['c-1', '', 'u', '["stop"]'])
  assert.equal(o.errorMessage.length, 400)
  assert.equal(o.flags, FLAG.ERROR)
  assert.deepEqual([o.startMs, Math.round(o.endMs)], [CALL.startMs, CALL.endMs])
  assert.deepEqual([o.inputTokens, o.outputTokens, o.costUsd, o.messages], [12, 3, 0.25, 3])
  assert.ok(o.key > 0 && o.result > 0)
  assert.equal(o.idText(ID.EVENT, 16), '\x01'.repeat(16))
  assert.equal(o.idText(ID.PARENT, 8), '\x04'.repeat(8))
  assert.ok(o.hasTrace)
  assert.ok(o.next())
  assert.deepEqual([o.site.name.length, o.site.service, o.finish, o.key], [256, '', '', 0])
  assert.deepEqual([o.hasTrace, o.idText(ID.PARENT, 8)], [false, '\0'.repeat(8)])
  assert.ok(!o.next())
})

test('events that have all names in common share a site', () => {
  const list = Array.from({ length: 60 }, (_, i) => ({ ...CALL, event: i + 1 }))
  assert.equal(read(list).siteCount, 1)
  assert.equal(read([...list, PLAIN]).siteCount, 2)
})

test('more words than there is room for at first are all kept', () => {
  const list = Array.from({ length: 3000 }, (_, i) => ({
    ...CALL,
    fields: { ...CALL.fields, user_id: `user ${i}`, name: `name ${i % 7}` },
  }))
  const o = read(list)
  for (let i = 0; i < list.length; i++) {
    assert.ok(o.next())
    assert.deepEqual([o.user, o.site.name], [`user ${i}`, `name ${i % 7}`])
  }
})

test('what asks for the same has the same key, and what differs has another', () => {
  const keyOf = (fields: TestEvent['fields']): number => {
    const o = read([{ ...CALL, fields: { ...CALL.fields, ...fields } }])
    o.next()
    return o.key
  }
  const tool = { kind: 'tool', tool_name: 'find' }
  const base = keyOf({ ...tool, tool_arguments: '{"q":"blue shoes","limit":5}' })
  assert.equal(keyOf({ ...tool, tool_arguments: '{ "limit": 5, "q": " blue  shoes\\n" }' }), base)
  assert.equal(keyOf({ ...tool, tool_arguments: '{"q":"blue shoes","limit":5,"ts":17}' }), base)
  for (const other of ['{"q":"blue shoe","limit":5}', '{"q":"blue shoes","limit":6}', '{}'])
    assert.notEqual(keyOf({ ...tool, tool_arguments: other }), base, other)
  assert.equal(keyOf({}), keyOf({}))
  assert.notEqual(keyOf({}), keyOf({ input_messages: '[{"role":"user","x":1}]' }))
})

test('results that differ by a time stamp or an id of the request are the same, a clock is not', () => {
  const resultOf = (result: string): number => {
    const asked = { kind: 'tool', tool_name: 'status', tool_arguments: '{"id":"j1"}' }
    const o = read([{ ...CALL, fields: { ...CALL.fields, ...asked, tool_result: result } }])
    o.next()
    return o.result
  }
  const base = resultOf('{"state":"queued","checked_at":"2026-11-30T10:00:01Z","took_ms":3}')
  for (const same of [
    '{"state":"queued","checked_at":"2026-11-30T10:00:07Z","took_ms":12}',
    '{"state":"queued","checked_at":1764500000.5,"took_ms":0.4}',
  ])
    assert.equal(resultOf(same), base, same)
  for (const other of [
    '{"state":"done","checked_at":"2026-11-30T10:00:01Z","took_ms":3}',
    '{"state":"queued","progress":5,"took_ms":3}',
  ])
    assert.notEqual(resultOf(other), base, other)
  assert.notEqual(resultOf('{"timestamp":17}'), resultOf('{"timestamp":18}'))
  assert.notEqual(
    resultOf('{"now":"10:00","zone":"UTC"}'),
    resultOf('{"now":"10:01","zone":"UTC"}'),
  )
})

test('bytes of another form are refused', () => {
  assert.throws(() => new Observations(new Uint8Array(64)), /another form/)
})

test('a site is one object from task to task, also after so many others that all were forgotten', () => {
  const sites = new Sites()
  const siteOf = (name: string): Site => {
    const o = new Observations(observed([{ ...CALL, fields: { ...CALL.fields, name } }]))
    o.useSites(sites)
    o.next()
    return o.site
  }
  const first = siteOf('a')
  assert.equal(siteOf('a'), first)
  assert.notEqual(siteOf('b'), first)
  const many = Array.from({ length: 15_000 }, (_, i) => ({
    ...CALL,
    fields: { ...CALL.fields, name: `n ${i}` },
  }))
  const o = new Observations(observed(many))
  for (let round = 0; round < 2; round++) o.useSites(sites)
  assert.ok(sites.size <= 20_000)
  const again = siteOf('a')
  assert.deepEqual({ ...again, slot: first.slot }, first)
  assert.equal(siteOf('a'), again)
})
