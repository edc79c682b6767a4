// A conversation out of its calls: histories that are sent again, calls that send only what is new, several events of one call.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { messagesOf, type SpokenEvent } from './conversation-messages.ts'

type Said = readonly [role: string, text: string]

let events = 0
function event(
  input: readonly Said[],
  output: readonly Said[],
  more: Partial<SpokenEvent> = {},
): SpokenEvent {
  const json = (list: readonly Said[]): string =>
    JSON.stringify(
      list.map(([role, content]) => ({
        role,
        parts: [{ type: 'text', content }],
        finish_reason: 'stop',
      })),
    )
  const id = String(++events)
  return {
    event_id: id,
    trace_id: `t${id}`,
    span_id: id,
    at: id,
    model: 'm',
    repeats: false,
    input: json(input),
    output: json(output),
    ...more,
  }
}

const texts = (list: readonly SpokenEvent[]): string[] =>
  messagesOf(list).map(({ role, parts }) => {
    const [part] = parts as { content: string }[]
    return `${role}: ${part?.content}`
  })

test('a history that every call sends again is shown once, in order', () => {
  const first = event(
    [
      ['system', 's'],
      ['user', 'hi'],
    ],
    [['assistant', 'hello']],
  )
  const second = event(
    [
      ['system', 's'],
      ['user', 'hi'],
      ['assistant', 'hello'],
      ['user', 'hi'],
    ],
    [['assistant', 'again?']],
  )
  assert.deepEqual(texts([first, second]), [
    'system: s',
    'user: hi',
    'assistant: hello',
    'user: hi',
    'assistant: again?',
  ])
})

test('calls that send only what is new: equal words of two turns are two messages', () => {
  const turn = (): SpokenEvent => event([['user', 'ok']], [['assistant', 'done']])
  assert.deepEqual(texts([turn(), turn()]), [
    'user: ok',
    'assistant: done',
    'user: ok',
    'assistant: done',
  ])
})

test('several events of one call say its messages once', () => {
  const trace = { trace_id: 'one' }
  const call = event([['user', 'q']], [['assistant', 'a']], trace)
  const wrapper = event([['user', 'q']], [['assistant', 'a']], { ...trace, repeats: true })
  const record = event([['user', 'q']], [], trace)
  for (const order of [
    [call, wrapper, record],
    [record, call, wrapper],
  ])
    assert.deepEqual(texts(order), ['user: q', 'assistant: a'])
})

test('what is no list of messages says nothing', () => {
  for (const input of ['{}', 'null', 'broken', '[1, {"role": "user"}]'])
    assert.deepEqual(messagesOf([event([], [], { input, output: null })]), [])
})
