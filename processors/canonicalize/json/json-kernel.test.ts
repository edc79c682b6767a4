// Compares the kernel with the plain reader and JSON.stringify, and the committed bytes with the source.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { Arena, Literal } from '../../../core/arena.ts'
import { documentsOf } from '../content/documents.ts'
import { toolsOf } from '../content/tool-definitions.ts'
import { generated, KERNELS } from '../kernel/scripts/generate.ts'
import { ANSWER, JsonKernel, KIND, MEMBER, MEMBER_STRIDE, SHAPE } from './json-kernel.ts'
import { JsonOut } from './json-writer.ts'
import {
  findString,
  foundStringLen,
  isCanonicalMessages,
  isCanonicalParts,
  isJson,
} from './testing/json-bytes.ts'

const arena = new Arena()
const kernel = new JsonKernel()
kernel.bind(arena)
const out = new JsonOut(kernel)

/** Places the text between others that would continue it, because a reader must not read outside its range. */
function place(text: string): { readonly off: number; readonly len: number } {
  arena.reset()
  arena.appendText('["x",{"')
  const off = arena.appendText(text)
  const len = arena.lastLen
  arena.appendText('"]}1')
  return { off, len }
}

const pieces = fc.constantFrom(
  '',
  '"',
  ',',
  '}',
  ']',
  '\\',
  '0',
  '-',
  'e',
  ' ',
  '\n',
  '\u0001',
  'é',
)
const json = fc.oneof(fc.json({ maxDepth: 5 }), fc.string({ unit: 'binary' }))
const broken = fc.tuple(json, fc.nat(), pieces).map(([text, at, piece]) => {
  const i = at % (text.length + 1)
  return text.slice(0, i) + piece + text.slice(i + 1)
})

test('valid JSON is what the plain reader calls so', () => {
  let valid = 0
  fc.assert(
    fc.property(fc.oneof(json, broken), (text) => {
      const { off, len } = place(text)
      const verdict = kernel.check(off, len, SHAPE.ANY)
      assert.equal(verdict === ANSWER.YES, isJson(arena.bytes, off, len), text)
      if (verdict !== ANSWER.NO) assert.doesNotThrow(() => JSON.parse(text) as unknown)
      valid += verdict === ANSWER.YES ? 1 : 0
    }),
    { numRuns: 5000 },
  )
  assert.ok(valid > 1000)
})

const part = fc.oneof(
  fc.record({
    type: fc.constantFrom('text', 'reasoning', 'blob', 'uri', 'weird'),
    content: fc.oneof(fc.string(), fc.constant(''), fc.integer()),
  }),
  fc.record({
    type: fc.constantFrom('tool_call', 'tool_call_response'),
    id: fc.string(),
    name: fc.string(),
    arguments: fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom('{"a":1}', '[', 'x')),
    response: fc.jsonValue({ maxDepth: 2 }),
    mime_type: fc.string(),
    modality: fc.constant('image'),
  }),
  fc.record({ type: fc.constant('text'), text: fc.string() }),
)
const message = fc.record(
  {
    role: fc.constantFrom('user', 'assistant', 'system', 'tool', 'human'),
    parts: fc.array(part, { maxLength: 3 }),
    finish_reason: fc.constantFrom(
      'stop',
      'length',
      'end_turn',
      'tool_calls',
      'content_filter',
      'x',
    ),
    name: fc.string(),
    other: fc.string(),
  },
  { requiredKeys: ['role', 'parts'] },
)

test('canonical messages and parts are what the plain reader calls so', () => {
  let canonical = 0
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 3 }),
      fc.boolean(),
      fc.nat(),
      pieces,
      (list, breaks, at, piece) => {
        const whole = JSON.stringify(list)
        const i = at % whole.length
        const text = breaks ? whole.slice(0, i) + piece + whole.slice(i + 1) : whole
        const { off, len } = place(text)
        const found = kernel.check(off, len, SHAPE.MESSAGES) === ANSWER.YES
        assert.equal(found, isCanonicalMessages(arena.bytes, off, len), text)
        canonical += found ? 1 : 0
        const parts = place(JSON.stringify(list[0]?.parts ?? []))
        assert.equal(
          kernel.check(parts.off, parts.len, SHAPE.PARTS) === ANSWER.YES,
          isCanonicalParts(arena.bytes, parts.off, parts.len),
        )
      },
    ),
    { numRuns: 3000 },
  )
  assert.ok(canonical > 300, `only ${canonical} canonical examples`)
})

const tool = fc.record(
  {
    type: fc.constantFrom('function', 'function', 'object', ''),
    name: fc.constantFrom('f', '', 'a name'),
    description: fc.oneof(fc.string(), fc.integer()),
    parameters: fc.oneof(
      fc.dictionary(fc.constantFrom('type', 'json', 'properties'), fc.jsonValue({ maxDepth: 1 })),
      fc.constantFrom(null, '{"a":1}'),
    ),
  },
  { requiredKeys: ['type', 'name'] },
)
const document = fc.record(
  {
    id: fc.oneof(fc.string(), fc.string(), fc.integer()),
    score: fc.oneof(fc.double(), fc.string()),
    content: fc.oneof(fc.string(), fc.constant(null)),
    metadata: fc.oneof(fc.dictionary(fc.constantFrom('id', 'k'), fc.string()), fc.string()),
  },
  { requiredKeys: ['content'] },
)

test('canonical tools and documents are what their normalisers leave alone', () => {
  let canonical = 0
  const check = (list: unknown[], shape: number, normalised: (v: unknown) => unknown): void => {
    const text = JSON.stringify(list)
    const { off, len } = place(text)
    if (list.length === 0 || kernel.check(off, len, shape) !== ANSWER.YES) return
    canonical++
    assert.deepEqual(normalised(JSON.parse(text)), JSON.parse(text), text)
  }
  fc.assert(
    fc.property(
      fc.array(tool, { maxLength: 2 }),
      fc.array(document, { maxLength: 2 }),
      (tools, documents) => {
        check(tools, SHAPE.TOOLS, toolsOf)
        check(documents, SHAPE.DOCUMENTS, documentsOf)
      },
    ),
    { numRuns: 8000 },
  )
  assert.ok(canonical > 60, `only ${canonical} canonical examples`)
})

test('text is escaped as JSON.stringify does it', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 80 }),
    fc.string({ maxLength: 80 }),
    fc.string({
      unit: fc.constantFrom('"', '\\', '\n', '\u0000', '\u001f', '\u007f', 'é', 'x', '𝄞'),
      maxLength: 60,
    }),
  )
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 40 }), (s, times) => {
      const long = s.repeat(times)
      const { off, len } = place(long)
      out.begin(arena)
      out.text(off, len)
      out.end()
      assert.equal(arena.text(out.off, out.len), JSON.stringify(arena.text(off, len)))
    }),
    { numRuns: 2000 },
  )
})

test('pieces are written one behind the other, also where the memory ends', () => {
  const piece = fc.oneof(
    fc.record({ how: fc.constant('text'), text: fc.string({ unit: 'binary', maxLength: 90 }) }),
    fc.record({ how: fc.constant('json'), text: fc.json({ maxDepth: 1 }) }),
    fc.record({ how: fc.constant('ascii'), text: fc.constantFrom('', '0.7', 'null') }),
    fc.record({ how: fc.constant('byte'), text: fc.constantFrom('{', '"', ',') }),
    fc.record({ how: fc.constant('literal'), text: fc.constantFrom('{"role":"user"', '":') }),
  )
  const literals = new Map(['{"role":"user"', '":'].map((text) => [text, new Literal(text)]))
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 300 }), fc.nat(400), (list, left) => {
      const own = new Arena(1)
      const writer = new JsonKernel()
      writer.bind(own)
      const to = new JsonOut(writer)
      const ranges = list.map(({ text }) => [own.appendText(text), own.lastLen] as const)
      own.top = Math.max(own.top, own.bytes.length - left)
      to.begin(own)
      to.byte(91)
      const kept = to.mark
      to.byte(93)
      to.back(kept)
      for (const [i, { how, text }] of list.entries()) {
        const [off, len] = ranges[i] as readonly [number, number]
        if (how === 'text') to.text(off, len)
        else if (how === 'json') to.copy(off, len)
        else if (how === 'ascii') to.ascii(text)
        else if (how === 'byte') to.byte(text.charCodeAt(0))
        else to.literal(literals.get(text) as Literal)
      }
      to.end()
      const expected = list.map(({ how, text }, i) => {
        const [off, len] = ranges[i] as readonly [number, number]
        return how === 'text' ? JSON.stringify(own.text(off, len)) : text
      })
      assert.equal(own.text(to.off, to.len), `[${expected.join('')}`)
    }),
    { numRuns: 300 },
  )
})

test('members are those that JSON.parse finds', () => {
  let read = 0
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ maxLength: 6 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 8 }),
      (object) => {
        const text = JSON.stringify(object)
        const parsed = JSON.parse(text) as Record<string, unknown>
        const { off, len } = place(text)
        const count = kernel.members(off, len)
        if (count < 0) {
          assert.match(text, /\\/)
          return
        }
        read++
        const found: Record<string, unknown> = {}
        for (let row = 0; row < count * MEMBER_STRIDE; row += MEMBER_STRIDE) {
          const cell = (column: number): number => kernel.rows[row + column] as number
          const value = arena.text(cell(MEMBER.OFF), cell(MEMBER.LEN))
          const kind = cell(MEMBER.KIND)
          const isString = kind === KIND.STRING || kind === KIND.ESCAPED
          if (kind === KIND.STRING) assert.doesNotMatch(value, /\\/)
          found[arena.text(cell(MEMBER.KEY_OFF), cell(MEMBER.KEY_LEN))] = JSON.parse(
            isString ? `"${value}"` : value,
          )
        }
        assert.deepEqual({ ...found }, { ...parsed })
      },
    ),
    { numRuns: 2000 },
  )
  assert.ok(read > 500)
})

test('members refuses what only a parser may decide', () => {
  for (const text of [
    '{"a":1,"a":2}',
    '{"\\u0061":1}',
    '{"a":1,\n"b":2}',
    '[1]',
    '{"a":1',
    '{"a":1}x',
    'x',
    '',
  ]) {
    const { off, len } = place(text)
    assert.equal(kernel.members(off, len), -1, text)
  }
  const many = place(`{${Array.from({ length: 65 }, (_, i) => `"k${i}":1`).join(',')}}`)
  assert.equal(kernel.members(many.off, many.len), -1)
})

test('a string member is where the plain reader finds it', () => {
  const named = fc.dictionary(
    fc.constantFrom('id', 'Id', 'model', 'choices', 'i"d'),
    fc.oneof(fc.string(), fc.jsonValue({ maxDepth: 2 }), fc.constant({ id: 'inner' })),
  )
  const damaged = fc.tuple(named, fc.nat(), pieces).map(([object, at, piece]) => {
    const text = JSON.stringify(object)
    const i = at % (text.length + 1)
    return text.slice(0, i) + piece + text.slice(i)
  })
  let found = 0
  fc.assert(
    fc.property(fc.oneof(damaged, json), (text) => {
      const { off, len } = place(text)
      const expected = findString(arena.bytes, off, len, 'id')
      assert.equal(kernel.stringMember(off, len, arena.literal('id')), expected, text)
      if (expected < 0) return
      found++
      assert.equal(kernel.foundLength(), foundStringLen(), text)
    }),
    { numRuns: 4000 },
  )
  assert.ok(found > 200, `only ${found} members found`)
})

test('a literal is found wherever it stands in the range, and only there', () => {
  const part = fc.constantFrom(
    '"finish',
    '_reason"',
    '"finish_reason"',
    '"',
    'f',
    'x',
    ' long enough to fill a block',
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      const text = parts.join('')
      const { off, len } = place(text)
      const literal = arena.literal('"finish_reason"')
      assert.equal(kernel.contains(off, len, literal), text.includes('"finish_reason"'), text)
    }),
    { numRuns: 3000 },
  )
})

test('what is known already is known only byte for byte, and only within its batch', () => {
  const one = '[{"type":"text","content":"the same again"}]'
  arena.reset()
  kernel.bind(arena)
  const place2 = (text: string): [number, number] => [arena.appendText(text), arena.lastLen]
  const first = place2(one)
  const again = place2(one)
  const other = place2(one.replace('text"', 'test"'))
  const tail = place2(one.replace('}]', '},'))
  assert.equal(kernel.isRepeatedly(...first, SHAPE.PARTS), true)
  assert.equal(kernel.isRepeatedly(...again, SHAPE.PARTS), true)
  assert.equal(kernel.isRepeatedly(...other, SHAPE.PARTS), false)
  assert.equal(kernel.isRepeatedly(...tail, SHAPE.PARTS), false)
  assert.equal(kernel.isRepeatedly(...again, SHAPE.TOOLS), false)
  kernel.bind(arena)
  arena.bytes[first[0]] = 120
  assert.equal(kernel.isRepeatedly(...first, SHAPE.PARTS), false)
})

test('a range at the very end of the memory is read without leaving it', () => {
  const small = new Arena(1)
  const own = new JsonKernel()
  own.bind(small)
  const text = Buffer.from('"abc"')
  small.top = small.bytes.length - text.length
  const off = small.append(text)
  assert.equal(off + text.length, small.bytes.length)
  assert.equal(own.isJson(off, text.length), true)
})

test('the committed kernels are what their sources compile to', async () => {
  for (const kernel of KERNELS) {
    const committed = readFileSync(
      new URL(`../kernel/${kernel}.generated.ts`, import.meta.url),
      'utf8',
    )
    assert.equal(committed, await generated(kernel))
  }
})
