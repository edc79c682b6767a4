// Compares the byte readers with JSON.parse and the normaliser.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { messagesOf } from '../../content/messages.ts'
import { partsOf } from '../../content/parts.ts'
import { toolsOf } from '../../content/tool-definitions.ts'
import {
  findString,
  foundStringLen,
  isCanonicalMessages,
  isCanonicalParts,
  isCanonicalTools,
  isJson,
} from './json-bytes.ts'

/** Places the text between other bytes, because a reader must not read outside its range. */
function within(text: string): { readonly b: Buffer; readonly off: number; readonly len: number } {
  const inner = Buffer.from(text, 'utf8')
  return {
    b: Buffer.concat([Buffer.from('["x",{'), inner, Buffer.from('"]}1')]),
    off: 6,
    len: inner.length,
  }
}

const check = (
  read: (b: Uint8Array, off: number, len: number) => boolean,
  text: string,
): boolean => {
  const { b, off, len } = within(text)
  return read(b, off, len)
}

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    // The result is false.
    return false
  }
}

test('isJson agrees with JSON.parse on whatever has no raw line break', () => {
  const broken = fc
    .tuple(
      fc.json({ maxDepth: 4 }),
      fc.nat(),
      fc.constantFrom('', '"', ',', '}', ']', '\\', '0', '-', 'e', ' ', '\u0001'),
    )
    .map(([json, at, piece]) => {
      const i = at % (json.length + 1)
      return json.slice(0, i) + piece + json.slice(i + 1)
    })
  fc.assert(
    fc.property(fc.oneof(fc.json({ maxDepth: 5 }), broken, fc.string()), (text) => {
      fc.pre(!/[\n\r]/.test(text) && Buffer.from(text, 'utf8').toString('utf8') === text)
      assert.equal(check(isJson, text), parses(text), text)
    }),
    { numRuns: 2000 },
  )
})

test('JSON with raw line breaks or beyond the depth is left to the parser', () => {
  assert.equal(check(isJson, '{\n"a": 1}'), false)
  assert.equal(check(isJson, `${'['.repeat(500)}${']'.repeat(500)}`), false)
})

const part = fc.oneof(
  fc.record({
    type: fc.constantFrom('text', 'reasoning', 'weird'),
    content: fc.oneof(fc.string(), fc.constant(''), fc.integer()),
  }),
  fc.record({
    type: fc.constant('tool_call'),
    id: fc.string({ minLength: 1 }),
    name: fc.string({ minLength: 1 }),
    arguments: fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom('{"a":1}', 'args', '')),
  }),
  fc.record({
    type: fc.constant('tool_call_response'),
    id: fc.string({ minLength: 1 }),
    response: fc.jsonValue({ maxDepth: 2 }),
  }),
  fc.record({
    type: fc.constant('tool_call_response'),
    id: fc.string({ minLength: 1 }),
    result: fc.string(),
  }),
)
const message = fc.record(
  {
    role: fc.constantFrom('user', 'assistant', 'system', 'tool', 'human', 'User'),
    parts: fc.array(part, { maxLength: 3 }),
    finish_reason: fc.constantFrom('stop', 'tool_call', 'STOP', 'length'),
    name: fc.string({ minLength: 1 }),
  },
  { requiredKeys: ['role', 'parts'] },
)

test('what is called canonical is what the normaliser would leave alone', () => {
  let canonical = 0
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 4 }), (list) => {
      const text = JSON.stringify(list)
      if (!check(isCanonicalMessages, text)) return
      canonical++
      // Only the normaliser rewrites a tool message without a call.
      if (list.some((m) => m.role === 'tool')) return
      assert.deepEqual(sorted(messagesOf(list, 'user')), sorted(list))
    }),
    { numRuns: 1500 },
  )
  assert.ok(canonical > 50, `only ${canonical} canonical examples`)
})

function sorted(v: unknown): unknown {
  return JSON.parse(
    JSON.stringify(v, (_k, x: unknown) =>
      typeof x === 'object' && x !== null && !Array.isArray(x)
        ? Object.fromEntries(Object.entries(x).sort(([a], [b]) => (a < b ? -1 : 1)))
        : x,
    ),
  ) as unknown
}

test('messages of the standard are taken as they are; anything to normalise is not', () => {
  const yes = [
    '[{"role":"user","parts":[{"type":"text","content":"Hi \\u00e5 å"}]}]',
    '[ {"parts": [{"content": "a", "type": "text"}], "role": "assistant", "finish_reason": "stop"} ]',
  ]
  const no = [
    '[{"role":"human","parts":[{"type":"text","content":"a"}]}]',
    '[{"role":"user","parts":[{"type":"text","content":""}]}]',
    '[{"role":"user","content":"a"}]',
    '[{"role":"user","parts":[{"type":"tool_call_response","id":"1","result":1}]}]',
    '[{"role":"user","parts":[{"type":"tool_call","id":"1","arguments":"{}"}]}]',
    '[{"role":"user","parts":[{"type":"text","content":"a"}],"tool_calls":[]}]',
    '[{"role":"user","parts":[{"type":"text","content":"a"}]}',
    '[{"role":"user","parts":[{"type":"text","content":"a"}],"finish_reason":"STOP"}]',
  ]
  for (const text of yes) assert.ok(check(isCanonicalMessages, text), text)
  for (const text of no) assert.ok(!check(isCanonicalMessages, text), text)
})

test('canonical parts and tools are left alone by their normalisers', () => {
  const parts = '[{"type":"text","content":"a"}]'
  assert.ok(check(isCanonicalParts, parts))
  assert.deepEqual(partsOf(JSON.parse(parts), 'system'), JSON.parse(parts))
  const tools = '[{"type":"function","name":"f","description":"d","parameters":{"type":"object"}}]'
  assert.ok(check(isCanonicalTools, tools))
  assert.deepEqual(toolsOf(JSON.parse(tools)), JSON.parse(tools))
  assert.ok(!check(isCanonicalTools, '[{"type":"function","function":{"name":"f"}}]'))
})

test('findString finds a top-level member and nothing deeper', () => {
  const find = (text: string): string | null => {
    const { b, off, len } = within(text)
    const at = findString(b, off, len, 'id')
    return at < 0 ? null : b.toString('utf8', at, at + foundStringLen())
  }
  assert.equal(find('{"choices":[{"id":"inner"}],"id":"outer"}'), 'outer')
  assert.equal(find('{"choices":[{"id":"inner"}]}'), null)
  assert.equal(find('{"id":5}'), null)
  assert.equal(find('not json'), null)
})
